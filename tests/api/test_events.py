"""Server-sent events: the status, whenever it changes, until the job is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from flashreel.api import events as module
from flashreel.api import waiting
from flashreel.jobs import ending, leases, queue, retention
from flashreel.jobs.leases import Claim
from tests.api.conftest import Api
from tests.support.store import claimed, fail, get


@dataclass(frozen=True)
class Event:
    """One event as it was framed. `data` is its very text."""

    id: int
    kind: str
    data: str

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data)
        return found


class Stream:
    """An open stream: httpx's transport for applications only answers what has ended, so this speaks ASGI itself."""

    def __init__(self, api: Api, job_id: str, headers: dict[str, str]) -> None:
        self._headers = {"host": "api.test", "x-api-key": api.secret, **headers}
        self._path = f"/v2/requests/{job_id}/events"
        self._app: Any = api.client._transport.app  # type: ignore[attr-defined]  # httpx keeps the app it was given
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._text = ""
        self.start: dict[str, Any] = {}

    async def call(self) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await self._gone.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in self._headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("api.test", 80),
        }
        await self._app(scope, receive, self._sent.put)

    def hang_up(self) -> None:
        self._gone.set()

    async def status(self) -> int:
        self.start = await asyncio.wait_for(self._sent.get(), 60)
        return int(self.start["status"])

    async def block(self) -> str | None:
        """The next block of lines, without its empty line; None at the end of the stream."""
        while "\n\n" not in self._text:
            message = await asyncio.wait_for(self._sent.get(), 60)
            self._text += message["body"].decode()
            if not message.get("more_body"):
                assert self._text == "", "cut off in the middle"
                return None
        block, _, self._text = self._text.partition("\n\n")
        return block

    async def event(self) -> Event:
        block = await self.block()
        assert block is not None, "the stream has ended"
        lines = [line.partition(": ") for line in block.split("\n")]
        assert [name for name, _, _ in lines] == ["id", "event", "data"], block
        return Event(int(lines[0][2]), lines[1][2], lines[2][2])


@asynccontextmanager
async def opened(api: Api, job_id: str, **headers: str) -> AsyncIterator[Stream]:
    stream = Stream(api, job_id, {name.replace("_", "-"): value for name, value in headers.items()})
    call = asyncio.ensure_future(stream.call())
    assert await stream.status() == 200
    try:
        yield stream
    finally:
        stream.hang_up()
        await asyncio.wait_for(call, 60)


async def until(what: Callable[[], bool]) -> None:
    for _ in range(6000):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


def advance(api: Api, taken: Claim, stage: str, progress: float) -> None:
    with api.state.database.transaction() as connection:
        assert leases.renew(connection, taken, stage, progress) is not None


def test_every_change_is_an_event_and_the_last_one_is_terminal(api: Api) -> None:
    job_id = api.submit()

    async def follow() -> list[Event]:
        async with opened(api, job_id) as stream:
            headers = dict(stream.start["headers"])
            assert headers[b"content-type"].startswith(b"text/event-stream")
            assert headers[b"cache-control"] == b"no-store"
            found = [await stream.event()]
            taken = claimed(api.state.database)
            found.append(await stream.event())
            for stage, progress in (("rendering", 0.25), ("encoding", 0.95)):
                advance(api, taken, stage, progress)
                found.append(await stream.event())
            assert fail(api.state.database, taken)
            found.append(await stream.event())
            assert await stream.block() is None
            return found

    found = api.runner.run(follow())
    assert {event.kind for event in found} == {"status"}
    assert [(event.body["status"], event.body["stage"], event.body["progress"]) for event in found] == [
        ("QUEUED", "queued", 0.0),
        ("PROCESSING", "starting", 0.0),
        ("PROCESSING", "rendering", 0.25),
        ("PROCESSING", "encoding", 0.95),
        ("FAILED", "done", 0.95),
    ]
    ids = [event.id for event in found]
    assert ids == sorted(set(ids))
    assert ids[-1] == get(api.state.database, job_id).version


def end_not(api: Api) -> None:
    pass


def end_completed(api: Api) -> None:
    api.finish()


def end_failed(api: Api) -> None:
    with api.state.database.transaction() as connection:
        taken = leases.claim(connection, "w1", ["tiny"], max_attempts=3, retention=60.0)
        assert taken is not None
        ending.fail(connection, taken, "image_invalid", "caf\xe9\nevent: forged\r\ndata: {}\u2028", 60.0)


@pytest.mark.parametrize("end", [end_not, end_completed, end_failed])
def test_its_data_is_the_very_body_of_status(api: Api, end: Callable[[Api], None]) -> None:
    job_id = api.submit()
    end(api)

    async def first() -> Event:
        async with opened(api, job_id) as stream:
            return await stream.event()

    event = api.runner.run(first())
    assert event.data == api.get(f"/v2/requests/{job_id}/status").text
    assert event.id == get(api.state.database, job_id).version


@pytest.mark.parametrize("last", ["1", "999999", "nonsense"])
def test_a_stream_taken_up_again_begins_with_the_present_state(api: Api, last: str) -> None:
    job_id = api.submit()
    taken = claimed(api.state.database)
    advance(api, taken, "rendering", 0.5)

    async def first() -> Event:
        async with opened(api, job_id, last_event_id=last) as stream:
            return await stream.event()

    event = api.runner.run(first())
    assert (event.body["stage"], event.body["progress"]) == ("rendering", 0.5)
    assert event.id == get(api.state.database, job_id).version


def test_a_stream_of_a_finished_job_is_one_event(api: Api) -> None:
    job_id = api.submit()
    api.finish()
    answer = api.get(f"/v2/requests/{job_id}/events")
    assert answer.status_code == 200
    assert answer.text.count("event: status") == 1
    assert '"COMPLETED"' in answer.text


def test_a_stream_with_nothing_to_say_says_that_it_is_there(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEEP_ALIVE_SECONDS", 0.0)
    job_id = api.submit()

    async def follow() -> None:
        async with opened(api, job_id) as stream:
            await stream.event()
            for _ in range(2):
                block = await stream.block()
                assert block is not None
                assert block.startswith(":")  # a comment, which no client takes for an event
            claimed(api.state.database)
            while (block := await stream.block()) is not None and block.startswith(":"):
                pass
            assert block is not None
            assert '"PROCESSING"' in block

    api.runner.run(follow())


def test_a_stopping_server_ends_every_stream(api: Api) -> None:
    job_id = api.submit()

    async def follow() -> None:
        async with opened(api, job_id) as one, opened(api, job_id) as two:
            await one.event()
            await two.event()
            api.life.stopping.set()
            assert await one.block() is None
            assert await two.block() is None

    api.runner.run(follow())


def test_the_stream_of_a_job_that_is_deleted_meanwhile_ends(api: Api) -> None:
    job_id = api.submit()

    async def follow() -> None:
        async with opened(api, job_id) as stream:
            await stream.event()
            assert fail(api.state.database, claimed(api.state.database))
            with api.state.database.transaction() as connection:
                retention.expire(connection, [job_id])
            assert await stream.block() is None

    api.runner.run(follow())


def test_of_an_unknown_job_and_of_another_keys_there_is_no_stream(api: Api) -> None:
    job_id = api.submit()
    _, other = api.new_key()
    assert api.get(f"/v2/requests/{job_id}/events", key=other).status_code == 404
    assert api.get(f"/v2/requests/{'0' * 32}/events").status_code == 404
    assert api.get(f"/v2/requests/{job_id}/events", key=None).status_code == 401


def unfinished(api: Api) -> int:
    with api.state.database.reading() as connection:
        return queue.count_unfinished(connection)


def test_streams_and_waiting_calls_are_bounded_together(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_MAX_WAITING", 3)
    job_id = api.submit()
    headers = {"x-api-key": api.secret}

    async def crowd() -> None:
        async with opened(api, job_id) as one, opened(api, job_id):
            call = asyncio.ensure_future(api.client.post("/v1/tiny", json={"prompt": "a fox"}, headers=headers))
            await until(lambda: api.state.waiting._connections.total() == 3 and unfinished(api) == 2)
            before = await api.client.get("/v1/get-user-credits", headers=headers)
            for method, path in (("GET", f"/v2/requests/{job_id}/events"), ("POST", "/v1/tiny")):
                refused = await api.client.request(method, path, json={"prompt": "a fox"}, headers=headers)
                assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
                assert int(refused.headers["retry-after"]) >= 1
                assert "x-rate-limit-remaining" in refused.headers
            # Refused before anything was accepted; and who only polls is not refused.
            assert (await api.client.get("/v1/get-user-credits", headers=headers)).json() == before.json()
            assert (await api.client.get(f"/v2/requests/{job_id}/status", headers=headers)).status_code == 200
            assert (await api.client.post("/v2/tiny", json={"prompt": "a fox"}, headers=headers)).status_code == 200
            # A refusal that comes first by the order of the checks still does.
            assert (await api.client.post("/v1/tiny", json={"prompt": "a fox"})).status_code == 401
            assert (await api.client.post("/v1/tiny", json={"prompt": ""}, headers=headers)).status_code == 400
            one.hang_up()
            await until(lambda: api.state.waiting._connections.total() == 2)
            async with opened(api, job_id) as again:
                await again.event()
            api.life.stopping.set()
            assert (await call).status_code == 504

    api.runner.run(crowd())
    assert api.state.waiting._connections.total() == 0
    assert not api.state.waiting._jobs


def test_of_those_that_may_wait_one_key_has_a_share(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_MAX_OF_KEY", 1)
    job_id = api.submit()
    _, other = api.new_key()

    async def crowd() -> None:
        async with opened(api, job_id):
            for method, path in (("GET", f"/v2/requests/{job_id}/events"), ("POST", "/v1/tiny")):
                refused = await api.client.request(
                    method, path, json={"prompt": "a fox"}, headers={"x-api-key": api.secret}
                )
                assert refused.status_code == 429
                assert refused.json()["error"].startswith("1 connections of this key are waiting for their jobs")
            call = asyncio.ensure_future(
                api.client.post("/v1/tiny", json={"prompt": "a fox"}, headers={"x-api-key": other})
            )
            await until(lambda: api.state.waiting._connections.total() == 2)
            api.life.stopping.set()
            assert (await call).status_code == 504

    api.runner.run(crowd())
    assert not api.state.waiting._connections


def test_a_head_is_answered_at_once_and_waits_for_nothing(api: Api) -> None:
    job_id = api.submit()
    answer = api.call("HEAD", f"/v2/requests/{job_id}/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in answer.headers
    assert api.call("HEAD", f"/v2/requests/{'0' * 32}/events").status_code == 404


def test_however_many_wait_one_query_tells_what_has_changed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [api.submit() for _ in range(3)]
    read: list[list[str]] = []
    versions = queue.versions

    def note(connection: Any, job_ids: list[str]) -> dict[str, int]:
        read.append(sorted(job_ids))
        return versions(connection, job_ids)

    monkeypatch.setattr(queue, "versions", note)

    async def follow() -> None:
        async with opened(api, jobs[0]), opened(api, jobs[1]), opened(api, jobs[2]), opened(api, jobs[2]) as stream:
            await stream.event()
            await until(lambda: bool(read) and read[-1] == sorted(jobs))
            with api.state.database.transaction() as connection:
                ending.cancel(connection, jobs[2], None, 60.0)
            assert (await stream.event()).body["error_code"] == "cancelled"

    api.runner.run(follow())
