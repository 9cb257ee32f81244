"""The buckets: a burst at once, then the rate, one key never at another's cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from flashreel.api.limits import Buckets, rate_limited
from flashreel.errors import RateLimited
from flashreel.jobs import keys
from tests.api.conftest import ApiMaker
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


# --- over HTTP


def reset_at(answer: httpx.Response) -> datetime:
    text = answer.headers["x-rate-limit-reset-at-utc"]
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_an_accepted_submit_says_what_is_left(make_api: ApiMaker) -> None:
    api = make_api(rate=1, burst=3)
    before = datetime.now(UTC)
    answers = [api.post("/v2/tiny", {"prompt": "a fox"}) for _ in range(2)]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["2", "1"]
    two_minutes, some = timedelta(minutes=2), timedelta(seconds=1)  # a token a minute
    assert before + two_minutes - some < reset_at(answers[1]) < datetime.now(UTC) + two_minutes + some


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"rate": 0.1, "burst": 1}, "may submit 0.1 jobs a minute"),
        ({"max_queued": 1}, "already has 1 unfinished jobs"),
        ({"max_queue": 1}, "the queue is full with 1 jobs"),
    ],
)
def test_every_limit_is_a_429_that_says_when_to_come_again(
    make_api: ApiMaker, settings: dict[str, Any], reason: str
) -> None:
    api = make_api(**settings)
    api.submit()
    answer = api.post("/v2/tiny", {"prompt": "a fox"})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert reason in answer.json()["error"]
    assert answer.headers["x-rate-limit-remaining"] == "0"
    wait = int(answer.headers["retry-after"])
    assert wait >= 1
    assert f"try again in {wait} s" in answer.json()["error"]
    assert reset_at(answer) > datetime.now(UTC)
    assert api.get("/v1/get-user-credits").json() == {"credits": 9.625, "free-credits": 0.0}


def test_a_key_may_have_limits_of_its_own(make_api: ApiMaker) -> None:
    api = make_api(max_queued=1, burst=100)
    key_id, other = api.new_key()
    with api.state.database.transaction() as connection:
        keys.set_limits(connection, key_id, {"max_queued": 3, "max_running": 1})
    statuses = [api.post("/v2/tiny", {"prompt": "a fox"}, key=other).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]  # what may not run yet is not refused for it: it waits
    assert [api.post("/v2/tiny", {"prompt": "a fox"}).status_code for _ in range(2)] == [200, 429]


def test_polls_events_files_and_cancels_do_not_count(make_api: ApiMaker) -> None:
    api = make_api(rate=0.001, burst=2)
    job_id = api.submit()
    path = api.finish()
    for _ in range(5):
        for place in (f"/v2/requests/{job_id}/status", f"/v2/requests/{job_id}/events", f"/assets/{path}"):
            assert api.get(place).status_code == 200
        assert api.get("/v1/get-user-credits").status_code == 200
        assert api.post(f"/v2/requests/{job_id}/cancel").status_code == 200
    api.submit()
    assert api.post("/v2/tiny", {"prompt": "a fox"}).status_code == 429
    assert api.get(f"/v2/requests/{job_id}/status").status_code == 200
