"""Money: a hold is taken once and ended once, and what a key can spend is the sum of its ledger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from flashreel.jobs import keys
from flashreel.jobs.database import Database
from flashreel.jobs.schema import keys as key_table
from flashreel.jobs.schema import ledger
from tests.support.store import CREDITS, PRICE, credits_of, ledger_of, new_key

End = Callable[[sa.Connection, str], None]


def _settle(connection: sa.Connection, key: str) -> None:
    keys.settle(connection, key, "job")


def _release(connection: sa.Connection, key: str) -> None:
    keys.release(connection, key, "job", PRICE)


def test_a_hold_takes_the_price(database: Database, key: str) -> None:
    with database.transaction() as connection:
        assert keys.hold(connection, key, "job", PRICE)
    assert credits_of(database, key) == CREDITS - PRICE
    assert ledger_of(database, "job") == [("hold", -PRICE)]


def test_a_hold_of_more_than_there_is_takes_nothing(database: Database) -> None:
    key = new_key(database, credits=PRICE - 1)
    with database.transaction() as connection:
        assert not keys.hold(connection, key, "job", PRICE)
        assert not keys.hold(connection, "nobody", "job", 0)
    assert credits_of(database, key) == PRICE - 1
    assert ledger_of(database, "job") == []


def test_the_last_credit_can_be_spent(database: Database) -> None:
    key = new_key(database, credits=PRICE)
    with database.transaction() as connection:
        assert keys.hold(connection, key, "job", PRICE)
    assert credits_of(database, key) == 0


@pytest.mark.parametrize(
    ("end", "left", "entries"),
    [
        (_settle, CREDITS - PRICE, [("hold", -PRICE), ("settle", 0)]),
        (_release, CREDITS, [("hold", -PRICE), ("release", PRICE)]),
    ],
)
def test_a_hold_ends_by_charging_or_by_giving_back(
    database: Database, key: str, end: End, left: int, entries: list[tuple[str, int]]
) -> None:
    with database.transaction() as connection:
        keys.hold(connection, key, "job", PRICE)
        end(connection, key)
    assert credits_of(database, key) == left
    assert ledger_of(database, "job") == entries


@pytest.mark.parametrize("first", [_settle, _release])
@pytest.mark.parametrize("second", [_settle, _release])
def test_a_second_end_of_a_hold_is_impossible(database: Database, key: str, first: End, second: End) -> None:
    with database.transaction() as connection:
        keys.hold(connection, key, "job", PRICE)
        first(connection, key)
    before = credits_of(database, key)
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        second(connection, key)
    assert credits_of(database, key) == before


def test_a_second_hold_for_a_job_is_impossible(database: Database, key: str) -> None:
    with database.transaction() as connection:
        keys.hold(connection, key, "job", PRICE)
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        keys.hold(connection, key, "job", PRICE)
    assert credits_of(database, key) == CREDITS - PRICE


def test_balances_that_are_the_sum_of_their_entries_are_right(database: Database, key: str) -> None:
    new_key(database, credits=0)  # without an entry
    with database.transaction() as connection:
        keys.hold(connection, key, "job", PRICE)
        assert keys.check_ledger(connection) == []
        _release(connection, key)
        assert keys.check_ledger(connection) == []


@pytest.mark.parametrize("by", [1, -1, PRICE])
def test_a_balance_that_is_not_is_named_with_both_numbers(database: Database, key: str, by: int) -> None:
    new_key(database)
    with database.transaction() as connection:
        connection.execute(key_table.update().where(key_table.c.id == key).values(credits=CREDITS + by))
        ((wrong, total),) = keys.check_ledger(connection)
    assert (wrong.id, wrong.credits, total) == (key, CREDITS + by, CREDITS)


def test_an_entry_that_was_taken_away_shows(database: Database) -> None:
    key = new_key(database)
    with database.transaction() as connection:
        connection.execute(ledger.delete())
        assert [(found.id, total) for found, total in keys.check_ledger(connection)] == [(key, 0)]
