"""The clocks: one that only goes forward, and a name for the boot it counts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel.jobs import clock, leases, workers
from flashreel.jobs.database import Database
from tests.support.store import claim, claimed, new_key, submit


@pytest.fixture(autouse=True)
def _boot_is_read_again() -> Iterator[None]:
    clock.boot_id.cache_clear()
    yield
    clock.boot_id.cache_clear()


def test_boot_seconds_never_go_back() -> None:
    read = [clock.boot_seconds() for _ in range(100)]
    assert read == sorted(read)
    assert read[0] > 0


def test_without_a_boot_clock_the_monotonic_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("time.CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr("time.monotonic", lambda: 12.5)
    assert clock.boot_seconds() == 12.5


def test_the_boot_has_one_name() -> None:
    first = clock.boot_id()
    clock.boot_id.cache_clear()
    assert clock.boot_id() == first != ""


def test_without_a_boot_id_the_time_of_the_boot_is_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "none")
    monkeypatch.setattr(clock, "boot_seconds", lambda: 1000.0)
    monkeypatch.setattr("time.time", lambda: 51_000.0)
    assert clock.boot_id() == "boot-5000"


@pytest.fixture
def far_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose own clock says something quite different from everybody else's."""
    monkeypatch.setattr(clock, "boot_seconds", lambda: 1e12)
    monkeypatch.setattr(clock, "boot_id", lambda: "another-boot")


def test_statements_mean_this_hosts_clock_on_sqlite(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in (17.5, 18.5):  # the second one from the cache of compiled statements
        monkeypatch.setattr(clock, "boot_seconds", lambda now=seconds: now)
        monkeypatch.setattr(clock, "boot_id", lambda now=seconds: f"boot-{now}")
        with sqlite.reading() as connection:
            told = connection.execute(sa.select(clock.lease_clock() + 1, clock.lease_boot())).one()
        assert tuple(told) == (seconds + 1, f"boot-{seconds}")


@pytest.mark.usefixtures("far_off")
def test_statements_mean_the_databases_clock_on_postgresql(postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        began = connection.scalar(sa.select(sa.extract("epoch", sa.func.now()).cast(sa.Float)))
        first = connection.scalar(sa.select(clock.lease_clock()))
        second = connection.scalar(sa.select(clock.lease_clock()))
        boot = connection.scalar(sa.select(clock.lease_boot()))
    assert began is not None
    assert first is not None
    assert second is not None
    assert began < first < second < began + 600  # of the moment, not of the transaction's begin
    assert boot == "postgresql"


def test_hosts_with_clocks_of_their_own_agree_on_leases_on_postgresql(
    postgresql: Database, request: pytest.FixtureRequest
) -> None:
    submit(postgresql, new_key(postgresql))
    taken = claimed(postgresql, "w1")
    with postgresql.transaction() as connection:
        workers.report(connection, "w1", 1, "animatic", "busy", "", 0.0)
    request.getfixturevalue("far_off")
    assert claim(postgresql, "w2") is None  # nothing has lapsed
    with postgresql.transaction() as connection:
        (held,) = leases.running(connection, ["w1"])
        (worker,) = workers.list_workers(connection)
        assert leases.renew(connection, taken, "rendering", 0.5) is not None
    assert 0 <= held.age < 600
    assert 0 <= worker.still < 600
