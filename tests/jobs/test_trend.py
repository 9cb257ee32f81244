"""What charts of a store show."""

from __future__ import annotations

import pytest

from flashreel.jobs import trend
from flashreel.jobs.database import Database
from flashreel.jobs.trend import Slot
from tests.support.store import Clock, claimed, complete, fail, new_key, submit

HOUR = 3600.0


@pytest.fixture
def hourly(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time stands at the beginning of an hour."""
    monkeypatch.setattr(trend, "wall_seconds", lambda: clock.wall)
    clock.advance(HOUR - clock.wall % HOUR)
    return clock


def test_what_ended_is_in_the_slot_of_its_end(database: Database, hourly: Clock) -> None:
    key, start = new_key(database), hourly.wall
    for wait, ends in ((10.0, complete), (30.0, complete), (500.0, fail)):
        submit(database, key)
        hourly.advance(wait)
        assert ends(database, claimed(database))
    hourly.advance(HOUR)
    submit(database, key)
    submit(database, key)
    assert complete(database, claimed(database))
    with database.reading() as connection:
        found = trend.trend(connection, HOUR, 3)
    assert found == [
        Slot(start - HOUR, 0, 0, None),
        Slot(start, 2, 1, 20.0),
        Slot(start + HOUR, 1, 0, 0.0),
    ]


def test_a_slot_begins_with_its_first_moment_and_ends_before_the_next(database: Database, hourly: Clock) -> None:
    key, start = new_key(database), hourly.wall
    submit(database, key)
    submit(database, key)
    assert complete(database, claimed(database))
    hourly.advance(HOUR - 0.001)
    assert complete(database, claimed(database))
    hourly.advance(0.001)
    with database.reading() as connection:
        counts = [(slot.start, slot.completed) for slot in trend.trend(connection, HOUR, 2)]
    assert counts == [(start, 2), (start + HOUR, 0)]


def test_what_is_longer_ago_is_not_counted(database: Database, hourly: Clock) -> None:
    submit(database, new_key(database))
    assert complete(database, claimed(database))
    hourly.advance(3 * HOUR)
    with database.reading() as connection:
        assert all(slot.completed == 0 for slot in trend.trend(connection, HOUR, 3))
        assert trend.trend(connection, HOUR, 4)[0].completed == 1
