"""Jobs are found by what an operator knows of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from flashreel.jobs import ending, outbox, retention, search, store
from flashreel.jobs.database import Database
from flashreel.jobs.listing import Echo
from flashreel.jobs.search import Booking, Entry, Found, Sought
from flashreel.jobs.webhooks import Hook, callback
from tests.support.store import PRICE, RESULT, RETENTION, Clock, a_spec, claimed, fail, new_key, submit


def find(database: Database, limit: int = 50, after: str | None = None, **sought: Any) -> Found:
    with database.reading() as connection:
        return search.search(connection, Sought(**sought), limit, after=after)


def ids(found: Found) -> list[str]:
    return [entry.id for entry in found.entries]


def test_pages_put_together_are_all_jobs_once(database: Database, key: str, clock: Clock) -> None:
    made = []
    for index in range(5):
        clock.advance(0 if index in (2, 3) else 1)  # three of the very same moment
        made.append(submit(database, key))
    wanted = [job.id for job in sorted(made, key=lambda job: (job.created_at, job.id), reverse=True)]
    for limit in (1, 2, 5):
        seen: list[str] = []
        while True:
            page = find(database, limit, seen[-1] if seen else None)
            seen += ids(page)
            if not page.has_more:
                break
            assert len(page.entries) == limit
        assert seen == wanted
    assert find(database, after="0" * 32) == Found((), False)


def test_jobs_are_found_by_key_model_state_code_and_time(database: Database, key: str, clock: Clock) -> None:
    other = new_key(database)
    begun = clock.wall
    failed = submit(database, key).id
    fail(database, claimed(database))
    clock.advance(10)
    cancelled, queued, foreign = submit(database, key).id, submit(database, key, model="other").id, ""
    with database.transaction() as connection:
        ending.cancel(connection, cancelled, None, RETENTION)
    clock.advance(10)
    foreign = submit(database, other).id

    def found(**sought: Any) -> set[str]:
        return set(ids(find(database, **sought)))

    assert found() == {failed, cancelled, queued, foreign}
    assert found(key_id=key) == {failed, cancelled, queued}
    assert found(model="other") == {queued}
    assert found(states=("QUEUED",)) == {queued, foreign}
    assert found(states=("QUEUED", "FAILED"), key_id=key) == {failed, cancelled, queued}
    assert found(error_code="cancelled") == {cancelled}
    assert found(since=begun + 10) == {cancelled, queued, foreign}
    assert found(since=begun + 10, until=begun + 20) == {cancelled, queued}
    assert found(prefix=failed[:12]) == {failed}
    assert found(prefix=failed[:12], key_id=other) == set()


@pytest.mark.parametrize("prefix", ["", "F", "g", "%", "a_", "\0", "0" * 33, "'"])
def test_what_is_no_beginning_of_an_id_finds_nothing(database: Database, key: str, prefix: str) -> None:
    submit(database, key)
    assert find(database, prefix=prefix) == Found((), False)
    with database.reading() as connection:
        assert search.ids(connection, prefix, 2) == []
        assert search.detail(connection, prefix) is None


def test_a_beginning_finds_every_id_that_begins_so(database: Database, key: str) -> None:
    made = {submit(database, key).id for _ in range(20)}
    with database.reading() as connection:
        for digit in "0123456789abcdef":
            begun = {job_id for job_id in made if job_id.startswith(digit)}
            assert set(search.ids(connection, digit, 50)) == begun
        assert set(search.ids(connection, next(iter(made)), 2)) <= made
        assert search.detail(connection, next(iter(made))[:31]) is None  # a whole id, or nothing


def test_a_job_is_told_with_its_money_and_its_messages_also_after_its_sweep(
    database: Database, key: str, clock: Clock
) -> None:
    echo = Echo("a fox", width=160, height=90)
    with database.transaction() as connection:
        job = store.submit(
            connection,
            key,
            a_spec(),
            dialect="luma",
            engine="animatic",
            price=PRICE,
            warnings=("heard",),
            echo=asdict(echo),
            callback=callback("https://api.example", (Hook("https://hooks.example/a", "segmind"),)),
        )
    assert job is not None
    begun = clock.wall
    clock.advance(2)
    taken = claimed(database)
    with database.reading() as connection:
        running = search.detail(connection, job.id)
    assert running is not None
    assert (running.entry.state, running.entry.worker, running.entry.attempt) == ("PROCESSING", "w1", 1)
    clock.advance(3)
    with database.transaction() as connection:
        ending.complete(connection, taken, RESULT, (), RETENTION, {"rendering": 2.5})
    with database.reading() as connection:
        told = search.detail(connection, job.id)
        messages = outbox.messages(connection, 9)
    assert told is not None
    assert told.entry == Entry(
        id=job.id,
        key_id=key,
        key_name="test",
        dialect="luma",
        model="tiny",
        engine="animatic",
        aspect_ratio="16:9",
        duration=5,
        seed=7,
        state="COMPLETED",
        stage="done",
        progress=1.0,
        cancel=False,
        worker=None,
        attempt=1,
        lost=0,
        stages={"rendering": 2.5},
        error_code=None,
        error=None,
        warnings=("heard",),
        price=PRICE,
        cost=PRICE,
        file_size=5,
        created_at=begun,
        started_at=begun + 2,
        finished_at=begun + 5,
        expires_at=begun + 5 + RETENTION,
        swept_at=None,
    )
    assert told.echo == echo
    assert told.bookings == (Booking("hold", -PRICE, begun), Booking("settle", 0, begun + 5))
    assert list(told.messages) == messages
    assert len(messages) == 1

    with database.transaction() as connection:
        retention.sweep(connection, [job.id])
        swept = search.detail(connection, job.id)
    assert swept is not None
    assert (swept.echo, swept.entry.warnings, swept.entry.swept_at) == (None, (), clock.wall)
    assert swept.bookings == told.bookings
