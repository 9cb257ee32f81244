"""The order jobs are taken in: priority, then turns, then age; and what is told of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from flashreel.jobs import ending, history, keys, leases, listing, queue, repeats, retention, store
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS
from tests.support.store import MODEL, Clock, claim, claimed, complete, fail, get, new_key, submit


@pytest.fixture(autouse=True)
def _two_clocks(clock: Clock) -> None:
    """Time moves only when a test says so."""


def submit_some(database: Database, clock: Clock, key_id: str, count: int) -> list[str]:
    ids = []
    for _ in range(count):
        ids.append(submit(database, key_id).id)
        clock.advance(1)
    return ids


def set_limits(database: Database, key_id: str, **limits: float | int | None) -> None:
    with database.transaction() as connection:
        assert keys.set_limits(connection, key_id, limits) is not None


def positions(database: Database, *models: str) -> list[str]:
    with database.reading() as connection:
        return queue.positions(connection, models or (MODEL,))


def take_all(database: Database) -> list[str]:
    """The ids in the order they are taken, each finished at once."""
    order = []
    while (taken := claim(database)) is not None:
        order.append(taken.id)
        complete(database, taken)
    return order


def test_keys_take_turns_however_many_jobs_one_has(database: Database, clock: Clock) -> None:
    greedy, modest = new_key(database), new_key(database)
    many = submit_some(database, clock, greedy, 4)
    few = submit_some(database, clock, modest, 2)
    told = positions(database)
    assert told == take_all(database) == [many[0], few[0], many[1], few[1], many[2], many[3]]


def test_whoever_was_served_longest_ago_is_next(database: Database, clock: Clock) -> None:
    first, second, third = (new_key(database) for _ in range(3))
    for key_id in (first, second, third):
        submit(database, key_id)
        clock.advance(1)
    take_all(database)
    late = [submit_some(database, clock, key_id, 1)[0] for key_id in (third, second, first)]
    assert positions(database) == late[::-1]  # though those of the third are older
    assert take_all(database) == late[::-1]


def test_one_that_waited_without_jobs_has_saved_up_one_turn_and_no_more(database: Database, clock: Clock) -> None:
    busy, rested = new_key(database), new_key(database)
    submit_some(database, clock, busy, 5)
    take_all(database)
    many = submit_some(database, clock, busy, 3)
    few = submit_some(database, clock, rested, 3)
    assert take_all(database) == [few[0], many[0], few[1], many[1], few[2], many[2]]


def test_priority_goes_before_turns(database: Database, clock: Clock) -> None:
    plain, urgent = new_key(database), new_key(database)
    set_limits(database, urgent, priority=1)
    later = submit_some(database, clock, plain, 2)
    first = submit_some(database, clock, urgent, 2)
    assert positions(database) == take_all(database) == [*first, *later]


def test_jobs_above_max_running_wait_and_others_pass_them(database: Database, clock: Clock) -> None:
    bounded, other = new_key(database), new_key(database)
    set_limits(database, bounded, max_running=2)
    mine = submit_some(database, clock, bounded, 4)
    running = [claimed(database), claimed(database)]
    assert [taken.id for taken in running] == mine[:2]
    with database.reading() as connection:
        assert not leases.has_claimable(connection, [MODEL])
    assert claim(database) is None
    theirs = submit(database, other)
    assert claimed(database).id == theirs.id
    assert claim(database) is None
    assert get(database, mine[2]).state == "QUEUED"  # not refused, not failed: it waits
    complete(database, running[0])
    assert claimed(database).id == mine[2]
    assert claim(database) is None
    fail(database, running[1])
    assert claimed(database).id == mine[3]


def test_an_abandoned_job_is_taken_over_though_its_key_is_at_its_limit(database: Database, clock: Clock) -> None:
    key_id = new_key(database)
    set_limits(database, key_id, max_running=1)
    abandoned, waiting = submit_some(database, clock, key_id, 2)
    assert claimed(database, "w1").id == abandoned
    clock.advance(LEASE_SECONDS + 1)
    assert claimed(database, "w2").id == abandoned
    assert claim(database, "w3") is None
    assert get(database, waiting).state == "QUEUED"


def test_limits_are_set_one_by_one_and_taken_back(database: Database) -> None:
    key_id = new_key(database)
    set_limits(database, key_id, rate=5.5, max_queued=7)
    set_limits(database, key_id, max_running=3, priority=-2)
    with database.transaction() as connection:
        key = keys.get_key(connection, key_id)
        assert key is not None
        assert (key.rate, key.max_queued, key.max_running, key.priority) == (5.5, 7, 3, -2)
        plain = keys.set_limits(connection, key_id, {"max_running": None, "rate": None})
        assert plain is not None
        assert (plain.rate, plain.max_queued, plain.max_running) == (None, 7, None)
        assert keys.set_limits(connection, "nobody", {"rate": 1.0}) is None


def test_positions_are_of_queued_jobs_for_these_models_only(database: Database, clock: Clock) -> None:
    key_id = new_key(database)
    submit_some(database, clock, key_id, 3)
    other = submit(database, key_id, model="other")
    running = claimed(database)
    complete(database, claimed(database))
    assert len(positions(database)) == 1
    assert running.id not in positions(database)
    assert positions(database, "other") == [other.id]
    assert set(positions(database, MODEL, "other")) > {other.id}


def test_the_typical_time_is_the_median_of_the_latest_completed(database: Database, clock: Clock) -> None:
    key_id = new_key(database)

    def typical(model: str = MODEL, duration: int = 5) -> float | None:
        with database.reading() as connection:
            return queue.typical_seconds(connection, model, duration)

    def run(seconds: float, **changes: object) -> None:
        submit(database, key_id, price=0, **changes)
        clock.advance(100)  # the wait is no part of it
        taken = claimed(database)
        clock.advance(seconds)
        complete(database, taken)

    assert typical() is None
    for seconds in (2, 50, 4):
        run(seconds)
    run(1000, duration=9)
    submit(database, key_id)
    taken = claimed(database)
    clock.advance(500)
    fail(database, taken)
    assert typical() == pytest.approx(4)
    assert typical(duration=9) == pytest.approx(1000)
    assert typical("other") is None
    for _ in range(20):
        run(7)
    assert typical() == pytest.approx(7)  # of the latest twenty
    with database.transaction() as connection:
        retention.sweep(connection, [taken.id])
    assert typical() == pytest.approx(7)


def test_what_is_asked_often_reads_no_slim_record(sqlite: Database) -> None:
    """A month of finished jobs lies in the same table: each of these must have its index."""
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        if statement != "BEGIN":
            asked.append((statement, parameters))

    with sqlite.reading() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        leases.has_claimable(connection, [MODEL])
        queue.count_unfinished(connection)
        queue.count_unfinished(connection, "k")
        queue.count_by_state(connection)
        leases.running(connection, ["w1"])
        ending.to_cancel(connection)
        queue.versions(connection, ["0" * 32])
        store.get(connection, "0" * 32)
        retention.due(connection)
        retention.over_quota(connection, 10)
        retention.known_attempts(connection, ["0" * 32])
        queue.positions(connection, [MODEL])
        queue.typical_seconds(connection, MODEL, 5)
        listing.page(connection, "k", 10)
        listing.page(connection, "k", 10, newest_first=False)
        repeats.find(connection, "k", "openai", "h", 1)
        history.find(connection, "k", "0" * 32)
        history.page(connection, "k", history.Wanted(1.0, 2.0, "m", "m", ("FAILED",)), 10, order="model")
        sa.event.remove(connection, "before_cursor_execute", note)
        assert len(asked) == 23  # two of them ask for what is needed, too
        for statement, parameters in asked:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            # Nor is the month walked along an index of all of it.
            month = ("SCAN jobs", "SCAN jobs USING INDEX jobs_by_age", "SCAN jobs USING INDEX jobs_by_end")
            assert not {step.detail for step in steps} & {*month, "SCAN keys", "SCAN specs"}, statement
