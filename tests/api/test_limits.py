"""The buckets: a burst at once, then the rate, one key never at another's cost."""

from __future__ import annotations

import pytest

from flashreel.api.limits import Buckets, rate_limited
from flashreel.errors import RateLimited
from tests.support.store import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.install(monkeypatch)
    return clock


def taken(buckets: Buckets, key: str = "a", rate: float | None = None) -> int:
    """How many tokens there are to take."""
    count = 0
    while count < 1000:
        try:
            buckets.take(key, rate)
        except RateLimited:
            return count
        count += 1
    raise AssertionError("there is no limit")


def test_a_burst_may_come_at_once_and_then_the_rate(clock: Clock) -> None:
    buckets = Buckets(rate=60, burst=5)
    assert taken(buckets) == 5
    clock.advance(3)
    assert taken(buckets) == 3
    clock.advance(0.5)
    assert taken(buckets) == 0
    clock.advance(0.5)
    assert taken(buckets) == 1


def test_a_bucket_fills_up_to_the_burst_and_no_further(clock: Clock) -> None:
    buckets = Buckets(rate=60, burst=5)
    assert taken(buckets) == 5
    clock.advance(86400)
    assert taken(buckets) == 5


def test_a_refused_caller_is_not_set_back_by_asking(clock: Clock) -> None:
    buckets = Buckets(rate=6, burst=1)
    assert taken(buckets) == 1
    for _ in range(9):
        clock.advance(1)
        assert taken(buckets) == 0
    clock.advance(1.001)
    assert taken(buckets) == 1


def test_every_key_has_its_own_bucket_and_may_have_its_own_rate(clock: Clock) -> None:
    buckets = Buckets(rate=60, burst=2)
    assert (taken(buckets, "a"), taken(buckets, "b")) == (2, 2)
    clock.advance(1)
    assert (taken(buckets, "a"), taken(buckets, "b", rate=120)) == (1, 2)


def test_wall_time_moves_no_bucket(clock: Clock) -> None:
    buckets = Buckets(rate=60, burst=1)
    assert taken(buckets) == 1
    clock.wall += 3600
    assert taken(buckets) == 0


def test_the_refusal_says_when_to_come_again(clock: Clock) -> None:
    buckets = Buckets(rate=6, burst=1)
    buckets.take("a", None)
    clock.advance(2.5)
    with pytest.raises(RateLimited, match=r"may submit 6 jobs a minute .* try again in 8 s") as caught:
        buckets.take("a", None)
    assert caught.value.headers["retry-after"] == "8"
    assert caught.value.headers["x-rate-limit-remaining"] == "0"
    clock.advance(8)
    buckets.take("a", None)


@pytest.mark.parametrize(("seconds", "said"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.01, "2"), (30.0, "30")])
def test_the_wait_is_whole_seconds_and_never_none(seconds: float, said: str) -> None:
    assert rate_limited("no", seconds).headers["retry-after"] == said
