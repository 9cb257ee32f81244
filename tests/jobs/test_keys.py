"""Keys: who is let in, and that a secret is kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashreel.jobs import keys
from flashreel.jobs.database import Database
from flashreel.jobs.schema import keys as key_table
from tests.support.store import Clock


def test_a_secret_lets_its_key_in_and_nothing_else_does(database: Database) -> None:
    with database.transaction() as connection:
        key, secret = keys.create_key(connection, "ci", 5_000_000)
        other, _ = keys.create_key(connection, "other", 0)
    assert key.id != other.id
    assert secret.startswith("fr_")
    with database.reading() as connection:
        assert keys.authenticate(connection, secret) == key
        for wrong in (key.id, secret.upper(), secret + " ", secret[:-1], "", "\ud800", "\x00"):
            assert keys.authenticate(connection, wrong) is None


def test_the_secret_is_on_no_page_of_the_store(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.transaction() as connection:
        _, secret = keys.create_key(connection, "ci", 0)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert secret.encode() not in stored
    assert secret.removeprefix("fr_").encode() not in stored
    assert b"ci" in stored


def test_what_a_key_may_do_is_kept(database: Database) -> None:
    with database.transaction() as connection:
        plain, _ = keys.create_key(connection, "plain", 0)
        narrow, _ = keys.create_key(connection, "narrow", 0, scopes=("generate", "admin"), models=("tiny", "other"))
    assert (plain.scopes, plain.models) == (frozenset({"generate"}), None)
    assert (narrow.scopes, narrow.models) == (frozenset({"generate", "admin"}), frozenset({"tiny", "other"}))
    assert (plain.rate, plain.max_queued) == (None, None)


def test_a_revoked_key_is_out_and_revoking_twice_keeps_the_first_time(database: Database, clock: Clock) -> None:
    with database.transaction() as connection:
        key, secret = keys.create_key(connection, "ci", 0)
        assert keys.revoke_key(connection, key.id)
        first = clock.wall
        clock.advance(60)
        assert keys.revoke_key(connection, key.id)
        assert not keys.revoke_key(connection, "nobody")
        assert keys.authenticate(connection, secret) is None
        revoked = keys.get_key(connection, key.id)
    assert revoked is not None
    assert revoked.revoked_at == first


def test_an_expired_key_is_out_at_that_very_moment(database: Database, clock: Clock) -> None:
    with database.transaction() as connection:
        key, secret = keys.create_key(connection, "ci", 0)
        connection.execute(key_table.update().values(expires_at=clock.wall + 10))
        clock.advance(9.5)
        found = keys.authenticate(connection, secret)
        assert found is not None
        assert found.id == key.id
        clock.advance(0.5)
        assert keys.authenticate(connection, secret) is None


def test_keys_are_listed_oldest_first(database: Database, clock: Clock) -> None:
    with database.transaction() as connection:
        for name in ("one", "two", "three"):
            keys.create_key(connection, name, 0)
            clock.advance(1)
        assert [key.name for key in keys.list_keys(connection)] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("amount", "left"), [(1_000_000, 6_000_000), (-2_000_000, 3_000_000), (-9_000_000, -4_000_000)]
)
def test_a_grant_adds_or_takes_away(database: Database, amount: int, left: int) -> None:
    with database.transaction() as connection:
        key, _ = keys.create_key(connection, "ci", 5_000_000)
        granted = keys.grant(connection, key.id, amount)
        assert granted is not None
        assert granted.credits == left
        assert keys.grant(connection, "nobody", amount) is None
