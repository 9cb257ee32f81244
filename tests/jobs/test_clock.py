"""The clocks: one that only goes forward, and a name for the boot it counts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashreel.jobs import clock


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
