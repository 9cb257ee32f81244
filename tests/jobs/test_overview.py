"""What an operator is told of the whole store."""

from __future__ import annotations

import pytest

from flashreel.jobs import ending, keys, outbox, overview, retention, store, uploads, webhooks, workers
from flashreel.jobs.database import Database
from flashreel.jobs.overview import (
    DAY,
    HOUR,
    Backlog,
    Failures,
    Files,
    Kept,
    KeyUse,
    Mail,
    Post,
    Spread,
    Throughput,
    Timing,
)
from flashreel.jobs.webhooks import Hook, callback
from flashreel.jobs.workers import Worker
from tests.support.store import (
    CREDITS,
    PRICE,
    RESULT,
    RETENTION,
    Clock,
    a_spec,
    claim,
    claimed,
    complete,
    fail,
    new_key,
    submit,
)


def test_a_queue_is_told_by_model_with_the_age_of_its_oldest(database: Database, key: str, clock: Clock) -> None:
    with database.reading() as connection:
        assert overview.backlog(connection) == []
    submit(database, key)
    submit(database, key, model="other")
    clock.advance(10)
    submit(database, key)
    submit(database, key)
    clock.advance(5)
    claimed(database)
    claim(database, "w2", "other")
    with database.reading() as connection:
        assert overview.backlog(connection) == [Backlog("tiny", 2, 1, 5.0), Backlog("other", 0, 1, None)]


def test_jobs_are_counted_by_state_also_the_swept_ones(database: Database, key: str, clock: Clock) -> None:
    submit(database, key)
    taken = claimed(database)
    complete(database, taken)
    with database.transaction() as connection:
        retention.sweep(connection, [taken.id])
    clock.advance(HOUR)
    submit(database, key)
    with database.reading() as connection:
        everything = overview.count_by_state(connection)
        lately = overview.count_by_state(connection, 60.0)
    assert everything == {"QUEUED": 1, "PROCESSING": 0, "COMPLETED": 1, "FAILED": 0}
    assert lately == {"QUEUED": 1, "PROCESSING": 0, "COMPLETED": 0, "FAILED": 0}


def test_what_ended_is_told_for_a_window(database: Database, key: str, clock: Clock) -> None:
    for ends in (complete, complete, fail):
        submit(database, key)
        ends(database, claimed(database))
        clock.advance(HOUR)
    submit(database, key)
    with database.reading() as connection:
        hour, day = (overview.throughput(connection, window) for window in (HOUR, DAY))
    assert hour == Throughput(HOUR, 0, 1, 0, 0)
    assert day == Throughput(DAY, 2, 1, 10, 2 * PRICE)
    assert (hour.per_hour, day.per_hour) == (1.0, 3 / 24)


def test_times_are_told_by_phase(database: Database, key: str, clock: Clock) -> None:
    for waits, runs in ((1, 10), (2, 20), (3, 60)):
        submit(database, key)
        clock.advance(waits)
        taken = claimed(database)
        clock.advance(runs)
        complete(database, taken)
    submit(database, key)
    fail(database, claimed(database))  # how long it took says nothing of a video
    with database.reading() as connection:
        (timing,) = overview.timings(connection, HOUR)
        assert overview.timings(connection, 0.5) == [
            Timing("tiny", 1, {"waiting": Spread(3, 3, 3), "running": Spread(60, 60, 60)})
        ]
    assert timing == Timing("tiny", 3, {"waiting": Spread(2, 3, 3), "running": Spread(20, 60, 60)})


def test_nineteen_in_twenty_leaves_the_slowest_out(database: Database, key: str, clock: Clock) -> None:
    for seconds in range(1, 21):
        submit(database, key)
        taken = claimed(database)
        clock.advance(seconds)
        complete(database, taken)
    with database.reading() as connection:
        (timing,) = overview.timings(connection, HOUR)
    assert timing.phases["running"] == Spread(10.5, 19, 20)


def test_times_are_told_by_stage(database: Database, key: str, clock: Clock) -> None:
    for stages in ({"rendering": 4.0, "encoding": 1.0}, {"rendering": 6.0}):
        submit(database, key)
        taken = claimed(database)
        clock.advance(8)
        with database.transaction() as connection:
            ending.complete(connection, taken, RESULT, (), RETENTION, stages)
    with database.reading() as connection:
        (timing,) = overview.timings(connection, HOUR)
    assert timing.jobs == 2
    assert timing.phases == {
        "waiting": Spread(0, 0, 0),
        "running": Spread(8, 8, 8),
        "rendering": Spread(5, 6, 6),
        "encoding": Spread(1, 1, 1),
    }


def test_failures_are_counted_by_code_for_a_window(database: Database, key: str, clock: Clock) -> None:
    submit(database, key)
    fail(database, claimed(database))
    clock.advance(DAY)
    for _ in range(2):
        job = submit(database, key)
        with database.transaction() as connection:
            ending.cancel(connection, job.id, None, RETENTION)
    first = clock.wall
    clock.advance(60)
    submit(database, key)
    fail(database, claimed(database))
    with database.reading() as connection:
        assert overview.failures(connection, HOUR) == [
            Failures("cancelled", 2, first),
            Failures("engine_failed", 1, clock.wall),
        ]
        assert overview.failures(connection, 2 * DAY)[1] == Failures("engine_failed", 2, clock.wall)


def test_keys_are_told_with_what_they_hold(database: Database, clock: Clock, key: str) -> None:
    for price in (PRICE, 5, 7):
        submit(database, key, price=price)
        clock.advance(1)
    complete(database, claimed(database))
    claimed(database)
    idle = new_key(database, credits=1)
    with database.reading() as connection:
        assert overview.key_uses(connection) == [
            KeyUse(_key(database, key), 12, 1, 1),
            KeyUse(_key(database, idle), 0, 0, 0),
        ]
    assert _key(database, key).credits == CREDITS - PRICE - 12


def _key(database: Database, key_id: str) -> keys.Key:
    with database.reading() as connection:
        found = keys.get_key(connection, key_id)
    assert found is not None
    return found


def test_workers_are_told_with_their_jobs(database: Database, key: str, clock: Clock) -> None:
    submit(database, key)
    with database.transaction() as connection:
        workers.report(connection, "w1", 17, "animatic", "busy", "rendering", 0.5)
        workers.report(connection, "w2", 18, "animatic", "idle", "", 0.0)
    taken = claimed(database, "w1")
    clock.advance(3)
    with database.reading() as connection:
        assert overview.posts(connection) == [
            Post(Worker("w1", 17, "animatic", "busy", "rendering", 0.5, 3.0), taken.id, "tiny", 3.0),
            Post(Worker("w2", 18, "animatic", "idle", "", 0.0, 3.0), None, None, None),
        ]


def test_messages_are_counted_by_what_became_of_them(database: Database, key: str, clock: Clock) -> None:
    with database.reading() as connection:
        assert overview.mail(connection) == Mail(0, 0, 0, None)
    hooks = (Hook("https://hooks.example/a", "segmind"), Hook("https://hooks.example/b", "segmind"))
    for _ in range(2):
        with database.transaction() as connection:
            told = callback("https://api.example", hooks)
            store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=0, callback=told)
        complete(database, claimed(database))
        clock.advance(20)
    with database.transaction() as connection:
        limits = outbox.Limits(all=1, of_host=1, of_key=1)
        (delivery,) = outbox.claim(connection, (), limits, 30.0, lambda draft: draft.event)
        outbox.ended(connection, delivery, outbox.Outcome(200, None, 0.5))
    with database.reading() as connection:
        assert overview.mail(connection) == Mail(3, 1, 0, 40.0)
    for _ in range(3 * (len(outbox.BACK_OFF) + 1)):
        clock.advance(DAY)
        with database.transaction() as connection:
            for delivery in outbox.claim(connection, (), limits, 30.0, lambda draft: draft.event):
                outbox.ended(connection, delivery, outbox.Outcome(500, None, 0.5))
    with database.reading() as connection:
        assert overview.mail(connection) == Mail(0, 1, 3, None)


def test_standing_webhooks_of_all_keys_are_told(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        first = webhooks.add(connection, key, "https://hooks.example/1", ("PIXELFLOW",))
        over = webhooks.add(connection, key, "https://hooks.example/2", ("PIXELFLOW",))
        webhooks.end(connection, key, over.id)
    clock.advance(1)
    other = new_key(database)
    with database.transaction() as connection:
        second = webhooks.add(connection, other, "https://hooks.example/3", ("REQUEST_FAILED",))
        assert webhooks.standing(connection) == [first, second]


@pytest.mark.parametrize("stills", [0, 2])
def test_files_are_counted_by_kind_until_they_are_swept(
    database: Database, key: str, clock: Clock, stills: int
) -> None:
    still = {f"still{index}": {"path": f"{index}.jpg", "file_size": 3} for index in range(stills)}
    submit(database, key)
    taken = claimed(database)
    complete(database, taken, stills=still)
    submit(database, key)
    with database.transaction() as connection:
        uploads.add(
            connection,
            uploads.new_id(),
            key,
            path="uploads/fox.png",
            name="fox.png",
            content_type="image/png",
            size=11,
            sha256="0" * 64,
            life=60.0,
            quota=2**20,
        )
        assert overview.kept(connection) == Kept(Files(1, 5), Files(stills, 3 * stills), Files(1, 11))
        retention.sweep(connection, [taken.id])
        assert overview.kept(connection) == Kept(Files(0, 0), Files(0, 0), Files(1, 11))
