"""How tables say times and sizes."""

from __future__ import annotations

import pytest

from flashreel.cli import tables


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((None, ""), (-3, "0.0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (99.4, "99 s"), (99.6, "1.7 min")),
        *((600, "10 min"), (5940, "99 min"), (6000, "1.7 h"), (47.9 * 3600, "48 h"), (48 * 3600, "2 d")),
    ],
)
def test_spans(seconds: float | None, said: str) -> None:
    assert tables.span(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        *((None, ""), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9960, "10 kB"), (999_600, "1.0 MB")),
        *((3_200_000_000, "3.2 GB"), (5 * 10**12, "5.0 TB"), (5 * 10**15, "5000.0 TB")),
    ],
)
def test_sizes(count: int | None, said: str) -> None:
    assert tables.size(count) == said
