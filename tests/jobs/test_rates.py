"""Buckets in the store: the same tokens whoever takes them, by the store's clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from flashreel.api.limits import Buckets
from flashreel.errors import RateLimited
from flashreel.jobs import rates
from flashreel.jobs.database import Database
from tests.support.store import Clock


def take(database: Database, key_id: str = "a", per_second: float = 1.0, burst: int = 5) -> bool:
    with database.transaction() as connection:
        return rates.take(connection, key_id, per_second, burst).taken


def taken(database: Database, key_id: str = "a", per_second: float = 1.0, burst: int = 5) -> int:
    """How many tokens there are to take."""
    count = 0
    while take(database, key_id, per_second, burst):
        count += 1
        assert count < 100
    return count


def test_a_burst_may_come_at_once_and_then_the_rate(database: Database, clock: Clock) -> None:
    assert taken(database) == 5
    clock.advance(3)
    assert taken(database) == 3
    clock.advance(0.5)
    assert taken(database) == 0
    clock.advance(0.5)
    assert taken(database) == 1
    clock.advance(86400)
    assert taken(database) == 5


def test_every_key_has_a_bucket_and_a_rate_of_its_own(database: Database, clock: Clock) -> None:
    assert (taken(database, "a"), taken(database, "b", 0.001)) == (5, 5)
    clock.advance(1)
    assert (taken(database, "a"), taken(database, "b", 2.0)) == (1, 2)  # a new rate holds at once


def test_two_servers_say_what_is_left_of_one_bucket(database: Database, clock: Clock) -> None:
    servers = [Buckets(rate=6, burst=3) for _ in range(2)]
    left = []
    for server in (*servers, servers[0]):
        with database.transaction() as connection:
            left.append(server.take("a", None, connection).left)
    assert left == [2, 1, 0]
    clock.advance(2.5)
    with (
        pytest.raises(RateLimited, match=r"may submit 6 jobs a minute") as caught,
        database.transaction() as connection,
    ):
        servers[1].take("a", None, connection)
    assert caught.value.headers["retry-after"] == "8"
    clock.advance(8)
    with database.transaction() as connection:
        assert servers[0].take("a", None, connection).left == 0


def test_a_clock_that_is_set_back_takes_no_tokens_away(database: Database, clock: Clock) -> None:
    assert take(database)
    clock.advance(-3600)
    assert taken(database) == 4


def test_a_bucket_fills_by_the_clock_of_the_database(postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        found = [rates.take(connection, "a", 0.001, 2) for _ in range(3)]
        assert connection.scalar(sa.text("SHOW synchronous_commit")) == "off"
    assert [bucket.taken for bucket in found] == [True, True, False]
    assert 0 <= found[2].tokens < 1
    with postgresql.transaction() as connection:
        connection.execute(sa.text("UPDATE rates SET counted_at_boot = counted_at_boot - 1500"))
        assert 0.5 <= rates.take(connection, "a", 0.001, 2).tokens < 1


def test_as_many_as_there_are_are_taken_at_once(postgresql: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: take(postgresql, "a", 0.0001, 5), range(24)))
    assert taken.count(True) == 5


def test_the_first_of_a_bucket_are_taken_whoever_makes_it(postgresql: Database) -> None:
    """Another server makes the row between our look for it and our next one."""
    others: list[bool] = []

    def come_between(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE rates") and not others:
            others.append(True)
            others.append(take(postgresql))

    sa.event.listen(postgresql._engine, "after_cursor_execute", come_between)
    try:
        assert take(postgresql)
    finally:
        sa.event.remove(postgresql._engine, "after_cursor_execute", come_between)
    assert others == [True, True]
