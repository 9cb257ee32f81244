"""What the SDKs of OpenAI and Luma send again on their own makes one job, and one hold."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import lumaai
import openai
import pytest

from flashreel.catalogue import MICRO
from tests.support.caller import Caller
from tests.support.cut import cutting
from tests.support.server import wait_for

PRICE = 0.375


def openai_create(caller: Caller, url: str) -> str:
    with openai.OpenAI(api_key=caller.secret, base_url=f"{url}/v1", max_retries=3) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made: str = client.videos.create(model="scripted", prompt="a red fox seconds=2", seconds="5").id  # type: ignore[arg-type]  # the SDK's type knows OpenAI's lengths only
        return made.removeprefix("video_")


def luma_create(caller: Caller, url: str) -> str:
    with lumaai.LumaAI(auth_token=caller.secret, base_url=f"{url}/dream-machine/v1", max_retries=3) as client:
        made = client.generations.create(model="scripted", prompt="a red fox seconds=2", duration="5s").id  # type: ignore[arg-type]  # the SDK's type knows Luma's models only
        assert made is not None
        return made


CREATES = [pytest.param(openai_create, id="openai"), pytest.param(luma_create, id="luma")]
Create = Callable[[Caller, str], str]


def holds(caller: Caller) -> float:
    """How many jobs the caller's credits are held for, or have paid."""
    return round((100.0 - caller.credits()) / PRICE, 6)


@pytest.mark.parametrize("create", CREATES)
def test_an_answer_cut_after_the_commit_is_one_job_and_one_hold(caller: Caller, create: Create) -> None:
    with cutting(caller.server.url, cuts=2) as cut:
        made = create(caller, cut.url)
    assert [headers["x-stainless-retry-count"] for headers in cut.seen] == ["0", "1", "2"]
    assert holds(caller) == 1
    assert caller.status(made)["status"] in ("QUEUED", "PROCESSING", "COMPLETED")


def test_an_api_killed_after_the_commit_is_one_job_and_one_hold(caller: Caller) -> None:
    server = caller.server
    with cutting(server.url, cuts=1, when_cut=lambda: server.kill("api")) as cut:
        made = openai_create(caller, cut.url)
    assert len(cut.seen) == 2
    wait_for(lambda: caller.http.get("/health/ready").status_code == 200)
    assert holds(caller) == 1
    assert caller.wait_for_state(made, "COMPLETED")["metrics"]["cost"] == PRICE


@pytest.mark.parametrize("create", CREATES)
def test_two_equal_creates_of_a_user_are_two_jobs(caller: Caller, create: Create) -> None:
    with cutting(caller.server.url, cuts=0) as cut:
        first, second = create(caller, cut.url), create(caller, cut.url)
    assert [headers["x-stainless-retry-count"] for headers in cut.seen] == ["0", "0"]
    assert first != second
    assert holds(caller) == 2


def test_a_repeat_after_the_first_was_asked_for_is_a_new_job(caller: Caller) -> None:
    body = {"prompt": "a red fox seconds=1", "model": "scripted"}
    first = caller.http.post("/v1/videos", json=body, headers={"x-stainless-retry-count": "0"}).json()["id"]
    assert caller.http.get(f"/v1/videos/{first}").status_code == 200
    again = caller.http.post("/v1/videos", json=body, headers={"x-stainless-retry-count": "1"}).json()["id"]
    assert again != first
    assert round(MICRO * holds(caller)) == 2 * MICRO
