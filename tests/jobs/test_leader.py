"""One keeper leads: whoever has the lock, on SQLite whose row is not over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
import sqlalchemy as sa

from flashreel.jobs.database import Database
from flashreel.jobs.leader import LEADER_SECONDS, Leader, lead, leader, resign
from tests.support.postgres import PostgreSQL, another
from tests.support.server import wait_for
from tests.support.store import Clock

# --- by a row


def test_one_leads_until_its_time_is_over(sqlite: Database, clock: Clock) -> None:
    def leads(holder: str) -> bool:
        with sqlite.transaction() as connection:
            return lead(connection, holder)

    assert leads("a")
    assert not leads("b")
    clock.advance(LEADER_SECONDS - 1)
    assert leads("a")  # and again from now
    clock.advance(LEADER_SECONDS)
    assert not leads("b")
    clock.advance(0.001)
    assert leads("b")
    assert not leads("a")
    clock.boot, clock.boot_name = 0.0, "boot-2"
    assert leads("a")


def test_who_resigns_lets_another_lead_at_once(sqlite: Database, clock: Clock) -> None:
    with sqlite.transaction() as connection:
        assert lead(connection, "a")
        resign(connection, "b")
        assert not lead(connection, "b")
        resign(connection, "a")
        assert lead(connection, "b")


def test_a_leader_writes_its_row_now_and_then_and_is_believed_in_between(sqlite: Database, clock: Clock) -> None:
    one, other = leader(sqlite, "a"), leader(sqlite, "b")
    for _ in range(40):
        assert one.leads()
        assert not other.leads()
        clock.advance(1)
    one.resign()
    clock.advance(LEADER_SECONDS / 2)
    assert other.leads()


# --- by a lock


@pytest.fixture
def stores(postgresql_url: str) -> Iterator[tuple[Database, Database]]:
    """The same store, opened by two processes, so to speak. Its locks are its own."""
    url = another(postgresql_url, "led")
    with ExitStack() as stack:
        yield stack.enter_context(closing(Database(url))), stack.enter_context(closing(Database(url)))


@pytest.fixture
def two(stores: tuple[Database, Database]) -> Iterator[tuple[Leader, Leader]]:
    one, other = leader(stores[0], "a"), leader(stores[1], "b")
    yield one, other
    one.resign()
    other.resign()


def cut(database: Database, *, holder: bool) -> None:
    """Ends the connection that has an advisory lock, or all others of its database."""
    has = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
    which = f"pid {'' if holder else 'NOT'} IN ({has}) AND pid <> pg_backend_pid() AND datname = current_database()"
    with database.transaction() as connection:
        ended = connection.scalar(
            sa.text(f"SELECT count(pg_terminate_backend(pid, 20000)) FROM pg_stat_activity WHERE {which}")
        )
    assert ended


def test_the_lock_is_one_holders_until_he_resigns(two: tuple[Leader, Leader]) -> None:
    one, other = two
    for _ in range(3):
        assert one.leads()
        assert not other.leads()
    one.resign()
    wait_for(other.leads)  # the server hears of it a moment later
    assert not one.leads()


def test_a_lock_goes_with_its_connection_and_its_holder_notices_before_he_works_on(
    two: tuple[Leader, Leader], stores: tuple[Database, Database]
) -> None:
    one, other = two
    assert one.leads()
    cut(stores[1], holder=True)
    assert other.leads()
    with pytest.raises(sa.exc.OperationalError):
        one.leads()
    assert not one.leads()  # he is one of those that wait now, with a new connection
    other.resign()
    wait_for(one.leads)


def test_one_that_waits_and_loses_its_connection_goes_on_waiting(
    two: tuple[Leader, Leader], stores: tuple[Database, Database]
) -> None:
    one, other = two
    assert one.leads()
    assert not other.leads()
    cut(stores[0], holder=False)
    with pytest.raises(sa.exc.OperationalError):
        other.leads()
    assert one.leads()
    assert not other.leads()


def test_nobody_leads_while_the_server_is_away_and_one_does_when_it_is_back(mortal: PostgreSQL) -> None:
    with closing(Database(mortal.url)) as database:
        both = [leader(database, name) for name in "ab"]
        assert [it.leads() for it in both] == [True, False]
        mortal.kill()
        for it in (*both, *both):
            with pytest.raises(sa.exc.OperationalError):
                it.leads()
        mortal.start()
        assert [it.leads() for it in reversed(both)] == [True, False]
        for it in both:
            it.resign()
