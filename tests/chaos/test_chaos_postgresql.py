"""`make chaos POSTGRESQL=1`: four hosts over one PostgreSQL, which dies as well."""

from __future__ import annotations

import pytest

from tests.chaos.conftest import chaos


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_made_or_charged_twice_while_the_database_dies_too() -> None:
    assert chaos("--postgresql", seconds=45, seed=1) > 20


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_nothing_is_lost_or_made_or_charged_twice_in_ten_minutes_over_postgresql() -> None:
    assert chaos("--postgresql", seconds=600, seed=2) > 200
