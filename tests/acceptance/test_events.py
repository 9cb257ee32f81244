"""Server-sent events as a browser reads them."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server, wait_for

STAGES = ["queued", "starting", "preparing", "rendering", "encoding", "storing", "done"]


@contextmanager
def stream(caller: Caller, request_id: str, **headers: str) -> Iterator[Iterator[tuple[int, dict[str, Any]]]]:
    """The events of a job, each as its id and its data."""
    with caller.http.stream("GET", f"/v2/requests/{request_id}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


def events(answer: httpx.Response) -> Iterator[tuple[int, dict[str, Any]]]:
    found: dict[str, str] = {}
    for line in answer.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            found[name] = value
        elif found:
            assert found["event"] == "status"
            yield int(found["id"]), json.loads(found["data"])
            found = {}


def test_stream_tells_the_whole_life_of_a_job(caller: Caller) -> None:
    request_id = caller.submit("a red fox in the snow", model="tiny")
    with stream(caller, request_id) as told:
        found = list(told)  # ends by itself
    ids = [number for number, _ in found]
    bodies = [body for _, body in found]
    assert ids == sorted(set(ids))
    assert bodies[-1] == caller.status(request_id)
    assert bodies[-1]["status"] == "COMPLETED"
    stages = [STAGES.index(body["stage"]) for body in bodies]
    assert stages == sorted(stages)
    assert [body["progress"] for body in bodies] == sorted(body["progress"] for body in bodies)
    assert bodies[-1]["progress"] == 1.0
    for body in bodies[:-1]:
        assert body["status"] in ("QUEUED", "PROCESSING")
        assert (body["queue_position"] is not None) == (body["status"] == "QUEUED")


def test_stream_taken_up_again_begins_with_the_present_state(caller: Caller) -> None:
    request_id = caller.submit("seconds=60")
    with stream(caller, request_id) as told:
        number = next(number for number, body in told if body["stage"] == "rendering")
    with stream(caller, request_id, **{"last-event-id": str(number)}) as told:
        first, body = next(told)
        assert first >= number
        assert body["stage"] == "rendering"
        caller.post(f"/v2/requests/{request_id}/cancel")
        *_, (_, last) = told
    assert (last["status"], last["error_code"]) == ("FAILED", "cancelled")


def test_open_streams_do_not_hold_up_the_end(strict: Server, make_caller: MakeCaller) -> None:
    caller, other = make_caller(at=strict), make_caller(at=strict)
    request_id = caller.submit("seconds=60")
    other_id = other.submit("seconds=60")
    left_behind = strict.data / "assets" / ("0" * 32) / "1" / "orphan.mp4"
    half = strict.data / "scratch" / "tmp-0" / "worker1" / f"{'0' * 32}-1.mp4"
    with stream(caller, request_id) as told, stream(other, other_id) as more:
        next(told)
        next(more)
        strict.signal(signal.SIGINT)
        assert strict.wait_end(60) == 0
        assert [body["status"] for _, body in told if body["status"] in ("COMPLETED", "FAILED")] == []
        list(more)
    for file in (left_behind, half):  # as if a worker had been killed long ago
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"half a video")
    strict.start()
    for who, job_id in ((caller, request_id), (other, other_id)):
        assert who.post(f"/v2/requests/{job_id}/cancel").status_code == 200
        assert who.wait_for_state(job_id, "FAILED")["error_code"] == "cancelled"
        assert who.credits() == 100.0
    wait_for(lambda: not left_behind.exists() and not half.exists())
