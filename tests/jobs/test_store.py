"""The life of a job's row: who may change it, when, and what happens to its money."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from flashreel.jobs import ending, leases, queue, store
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS, Claim
from flashreel.jobs.schema import jobs, specs
from tests.support.store import (
    CREDITS,
    MODEL,
    PRICE,
    RESULT,
    RETENTION,
    Clock,
    a_spec,
    claim,
    claimed,
    complete,
    credits_of,
    fail,
    find,
    get,
    ledger_of,
    new_key,
    submit,
)


def renew(database: Database, taken: Claim, stage: str = "rendering", progress: float = 0.5) -> leases.Renewal | None:
    with database.transaction() as connection:
        return leases.renew(connection, taken, stage, progress)


def give_back(database: Database, taken: Claim) -> bool:
    with database.transaction() as connection:
        return leases.give_back(connection, taken)


def lost_count(database: Database, job_id: str) -> int:
    with database.reading() as connection:
        lost: int = connection.execute(sa.select(jobs.c.lost).where(jobs.c.id == job_id)).scalar_one()
    return lost


# --- submit and get


def test_a_submitted_job_waits_and_its_price_is_held(database: Database, key: str, clock: Clock) -> None:
    job = get(database, submit(database, key).id)
    assert (job.state, job.stage, job.progress, job.attempt, job.version) == ("QUEUED", "queued", 0.0, 0, 1)
    assert (job.key_id, job.model, job.duration, job.seed, job.price) == (key, MODEL, 5, 7, PRICE)
    assert (job.cost, job.started_at, job.finished_at, job.expires_at) == (None, None, None, None)
    assert job.created_at == clock.wall
    assert not job.is_terminal
    assert credits_of(database, key) == CREDITS - PRICE


def test_a_key_that_cannot_pay_gets_no_job(database: Database) -> None:
    key = new_key(database, credits=PRICE - 1)
    with database.transaction() as connection:
        refused = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE)
        assert refused is None
        assert queue.count_unfinished(connection) == 0
    assert credits_of(database, key) == PRICE - 1


def test_ids_are_32_hex_digits_and_never_the_same(database: Database, key: str) -> None:
    ids = {submit(database, key).id for _ in range(5)}
    assert len(ids) == 5
    assert all(len(job_id) == 32 and int(job_id, 16) >= 0 for job_id in ids)


@pytest.mark.parametrize(
    "job_id", ["", "x", "0" * 32, "\x00", "\ud800", "' OR 1=1 --", "0" * 31 + "G", "0" * 32 + "\n"]
)
def test_an_unknown_id_is_no_job(database: Database, key: str, job_id: str) -> None:
    submit(database, key)
    assert find(database, job_id) is None


def test_another_keys_job_is_not_found(database: Database, key: str) -> None:
    job = submit(database, key)
    other = new_key(database)
    with database.reading() as connection:
        assert store.get(connection, job.id, key) == job
        assert store.get(connection, job.id, other) is None


@pytest.mark.parametrize("end", [complete, fail])
def test_an_expired_job_is_not_found_though_nobody_swept_it(
    database: Database, key: str, clock: Clock, end: Callable[[Database, Claim], bool]
) -> None:
    job = submit(database, key)
    assert end(database, claimed(database))
    clock.advance(RETENTION - 1)
    assert find(database, job.id) is not None
    clock.advance(1)
    assert find(database, job.id) is None


def test_an_unfinished_job_never_expires(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    clock.advance(100 * 86400)
    assert get(database, job.id).state == "QUEUED"


# --- claim


def test_a_claim_takes_the_job_and_carries_its_spec(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key, prompt="a sailboat", seed=11)
    clock.advance(3)
    taken = claimed(database)
    assert taken == Claim(job.id, 1, a_spec(prompt="a sailboat", seed=11))
    now = get(database, job.id)
    assert (now.state, now.stage, now.attempt, now.started_at) == ("PROCESSING", "starting", 1, clock.wall)
    assert now.version > job.version
    assert claim(database, "w2") is None


def test_the_oldest_is_claimed_first(database: Database, key: str, clock: Clock) -> None:
    order = []
    for _ in range(4):
        order.append(submit(database, key).id)
        clock.advance(0.001)
    assert [claimed(database).id for _ in order] == order


def test_priority_goes_before_age(database: Database, key: str, clock: Clock) -> None:
    early = submit(database, key)
    clock.advance(1)
    urgent = submit(database, new_key(database, priority=5))
    clock.advance(1)
    patient = submit(database, new_key(database, priority=-1))
    assert [claimed(database).id for _ in range(3)] == [urgent.id, early.id, patient.id]


def test_only_the_workers_models_are_claimed(database: Database, key: str) -> None:
    submit(database, key)
    with database.reading() as connection:
        assert leases.has_claimable(connection, [MODEL, "other"])
        assert not leases.has_claimable(connection, ["other"])
        assert not leases.has_claimable(connection, [])
    assert claim(database, "w1", "other") is None
    assert claim(database, "w1", "other", MODEL) is not None


def test_a_finished_job_is_never_claimed_again(database: Database, key: str, clock: Clock) -> None:
    for end in (complete, fail):
        submit(database, key)
        end(database, claimed(database))
    clock.advance(LEASE_SECONDS * 10)
    assert claim(database) is None


# --- leases


def test_a_lapsed_lease_is_claimed_by_the_claiming_statement(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    first = claimed(database, "w1")
    clock.advance(LEASE_SECONDS)
    assert claim(database, "w2") is None
    clock.advance(0.001)
    second = claimed(database, "w2")
    assert (second.id, second.attempt) == (job.id, first.attempt + 1)
    assert lost_count(database, job.id) == 1
    assert get(database, job.id).progress == 0.0


def test_a_renewed_lease_does_not_lapse(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    taken = claimed(database)
    for step in range(4):
        clock.advance(LEASE_SECONDS - 1)
        assert renew(database, taken, "rendering", step / 10) == leases.Renewal(cancel=False)
        assert claim(database, "w2") is None
    assert (get(database, job.id).stage, get(database, job.id).progress) == ("rendering", 0.3)


def test_a_lease_of_another_boot_has_lapsed_whatever_its_number(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    claimed(database)
    clock.boot, clock.boot_name = 1.0, "boot-2"
    assert claimed(database, "w2").id == job.id
    assert lost_count(database, job.id) == 1


def test_wall_time_set_forward_ends_no_lease(database: Database, key: str, clock: Clock) -> None:
    submit(database, key)
    claimed(database)
    clock.wall += 86400
    assert claim(database, "w2") is None


def test_the_cancel_flag_is_seen_by_renew_and_by_look(database: Database, key: str) -> None:
    job = submit(database, key)
    taken = claimed(database)
    with database.transaction() as connection:
        assert leases.look(connection, taken) == leases.Renewal(cancel=False)
        connection.execute(jobs.update().where(jobs.c.id == job.id).values(cancel=True))
        assert leases.look(connection, taken) == leases.Renewal(cancel=True)
    assert renew(database, taken) == leases.Renewal(cancel=True)


def test_what_workers_hold_is_told_with_its_age_and_since_when_it_is_still(
    database: Database, key: str, clock: Clock
) -> None:
    submit(database, key)
    taken = claimed(database, "w1")
    submit(database, key)
    claimed(database, "w2")

    def held(*names: str) -> list[leases.Running]:
        with database.reading() as connection:
            return leases.running(connection, names)

    clock.advance(5)
    assert held("w1") == [leases.Running(ending.Hold(taken.id, 1), "w1", 5.0, 5.0)]
    renew(database, taken, "rendering", 0.5)
    clock.advance(2)
    renew(database, taken, "rendering", 0.5)  # alive, and where it was
    clock.advance(2)
    assert [(job.age, job.still) for job in held("w1")] == [(9.0, 4.0)]
    renew(database, taken, "rendering", 0.6)
    assert [(job.age, job.still) for job in held("w1")] == [(9.0, 0.0)]
    assert len(held("w1", "w2", "w3")) == 2
    give_back(database, taken)
    assert held("w1", "nobody") == []
    again = claimed(database, "w1")
    assert (again.id, again.attempt) == (taken.id, 2)
    assert [(job.hold.attempt, job.age, job.still) for job in held("w1")] == [(2, 0.0, 0.0)]


def test_only_what_a_caller_sees_grows_the_version_of_a_running_job(database: Database, key: str) -> None:
    job = submit(database, key)
    taken = claimed(database)
    renew(database, taken, "rendering", 0.5)
    before = get(database, job.id).version
    renew(database, taken, "rendering", 0.5)
    assert get(database, job.id).version == before
    renew(database, taken, "encoding", 0.5)
    renew(database, taken, "encoding", 0.6)
    assert get(database, job.id).version == before + 2
    with database.reading() as connection:
        assert queue.versions(connection, [job.id, "0" * 32]) == {job.id: before + 2}


# --- the fence


def _taken_over(database: Database, key: str, clock: Clock) -> tuple[Claim, Claim]:
    """A stale claim, and the one that has the job now."""
    submit(database, key)
    stale = claimed(database, "w1")
    clock.advance(LEASE_SECONDS + 1)
    return stale, claimed(database, "w2")


@pytest.mark.parametrize("act", [renew, give_back, complete, fail])
def test_a_stale_claim_changes_nothing(
    database: Database, key: str, clock: Clock, act: Callable[[Database, Claim], object]
) -> None:
    stale, fresh = _taken_over(database, key, clock)
    before = get(database, stale.id)
    assert not act(database, stale)
    assert get(database, stale.id) == before
    assert ledger_of(database, stale.id) == [("hold", -PRICE)]
    with database.reading() as connection:
        assert leases.look(connection, stale) is None
    assert complete(database, fresh)


@pytest.mark.parametrize("end", [complete, fail])
@pytest.mark.parametrize("act", [renew, give_back, complete, fail])
def test_a_finished_job_changes_no_more(
    database: Database,
    key: str,
    end: Callable[[Database, Claim], bool],
    act: Callable[[Database, Claim], object],
) -> None:
    submit(database, key)
    taken = claimed(database)
    assert end(database, taken)
    before, money = get(database, taken.id), ledger_of(database, taken.id)
    assert not act(database, taken)
    assert get(database, taken.id) == before
    assert ledger_of(database, taken.id) == money


def test_a_claim_given_back_is_stale_even_for_the_worker_that_had_it(database: Database, key: str) -> None:
    submit(database, key)
    first = claimed(database)
    assert give_back(database, first)
    assert not complete(database, first)
    second = claimed(database)
    assert second.attempt == first.attempt + 1
    assert not complete(database, first)
    assert complete(database, second)


# --- the end of it


def test_completed_publishes_the_result_and_charges(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        job = store.submit(
            connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE, warnings=["about a field"]
        )
    assert job is not None
    taken = claimed(database)
    clock.advance(4)
    with database.transaction() as connection:
        assert ending.complete(connection, taken, RESULT, ["about a word"], RETENTION)
    done = get(database, job.id)
    assert (done.state, done.stage, done.progress, done.is_terminal) == ("COMPLETED", "done", 1.0, True)
    assert done.result == RESULT
    assert done.warnings == ("about a field", "about a word")
    assert (done.cost, done.finished_at, done.expires_at) == (PRICE, clock.wall, clock.wall + RETENTION)
    assert (done.error, done.error_code) == (None, None)
    assert credits_of(database, key) == CREDITS - PRICE


def test_failed_keeps_the_reason_and_gives_the_money_back(database: Database, key: str) -> None:
    job = submit(database, key)
    taken = claimed(database)
    renew(database, taken, "rendering", 0.4)
    assert fail(database, taken)
    done = get(database, job.id)
    assert (done.state, done.error_code, done.error) == ("FAILED", "engine_failed", "the engine failed")
    assert (done.cost, done.progress, done.result, done.is_terminal) == (0, 0.4, None, True)
    assert credits_of(database, key) == CREDITS


def test_a_job_given_back_keeps_its_count_and_its_place(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    clock.advance(1)
    submit(database, key)
    for _ in range(5):
        taken = claimed(database)
        assert taken.id == job.id
        renew(database, taken)
        assert give_back(database, taken)
    back = get(database, job.id)
    assert (back.state, back.stage, back.progress, back.started_at) == ("QUEUED", "queued", 0.0, None)
    assert lost_count(database, job.id) == 0


def test_what_a_dead_worker_held_goes_back_at_once_and_counts_if_it_was_lost(database: Database, key: str) -> None:
    mine, others = submit(database, key), submit(database, key)
    held = {claimed(database, "dead").id, claimed(database, "alive").id}
    assert held == {mine.id, others.id}
    with database.transaction() as connection:
        assert leases.give_back_all(connection, "dead", lost=True) == 1
        assert leases.give_back_all(connection, "nobody", lost=True) == 0
    again = claimed(database, "next")
    assert lost_count(database, again.id) == 1
    with database.transaction() as connection:
        assert leases.give_back_all(connection, "next", lost=False) == 1
    assert lost_count(database, again.id) == 1


@pytest.mark.parametrize("how", ["lapse", "death"])
def test_a_job_lost_max_attempts_times_fails_and_costs_nothing(
    database: Database, key: str, clock: Clock, how: str
) -> None:
    poison = submit(database, key)
    for _ in range(3):
        assert claimed(database).id == poison.id
        if how == "lapse":
            clock.advance(LEASE_SECONDS + 1)
        else:
            with database.transaction() as connection:
                leases.give_back_all(connection, "w1", lost=True)
    clock.advance(1)
    good = submit(database, key)
    assert claimed(database).id == good.id  # the same statement goes on to the next job
    done = get(database, poison.id)
    assert (done.state, done.error_code, done.cost) == ("FAILED", "worker_lost", 0)
    assert done.error is not None
    assert "3 times" in done.error
    assert credits_of(database, key) == CREDITS - PRICE


def test_a_job_that_no_code_here_can_read_fails_and_holds_up_nobody(database: Database, key: str, clock: Clock) -> None:
    newer = submit(database, key)
    clock.advance(1)
    good = submit(database, key)
    with database.transaction() as connection:
        connection.execute(specs.update().where(specs.c.job_id == newer.id).values(spec='{"of": "tomorrow"}'))
    assert claimed(database).id == good.id
    done = get(database, newer.id)
    assert (done.state, done.error_code) == ("FAILED", "engine_failed")
    assert credits_of(database, key) == CREDITS - PRICE


def test_unfinished_jobs_are_counted_by_key_and_by_state(database: Database, key: str) -> None:
    other = new_key(database)
    for owner in (key, key, other):
        submit(database, owner)
    claimed(database)
    complete(database, claimed(database))
    with database.reading() as connection:
        assert queue.count_by_state(connection) == {"QUEUED": 1, "PROCESSING": 1}
        assert queue.count_unfinished(connection) == 2
        assert queue.count_unfinished(connection, key) + queue.count_unfinished(connection, other) == 2


def test_a_rolled_back_transaction_leaves_neither_job_nor_hold(database: Database, key: str) -> None:
    with pytest.raises(RuntimeError), database.transaction() as connection:
        store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE)
        raise RuntimeError
    assert claim(database) is None
    assert credits_of(database, key) == CREDITS


def test_every_state_change_grows_the_version(database: Database, key: str) -> None:
    versions = [submit(database, key).version]
    taken = claimed(database)
    for change in (lambda: None, lambda: renew(database, taken), lambda: complete(database, taken)):
        change()
        versions.append(get(database, taken.id).version)
    assert versions == sorted(set(versions))
