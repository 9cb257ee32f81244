"""A store that goes away: every request is refused in its dialect's words, and nothing is said that is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import httpx
import pytest
import sqlalchemy as sa

from flashreel.jobs import queue, store
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs
from tests.api.conftest import Api, ApiMaker
from tests.api.surface import Surface
from tests.api.test_events import opened, until
from tests.support.store import claimed, fail

#: What asks no store.
_WITHOUT = ("/docs", "/playground/", "/health/live", "/openapi.json")


def gone(*, at_commit: bool = False) -> sa.exc.OperationalError:
    """What a transaction raises whose connection is lost, and names what no caller is to know."""
    reason = ConnectionError("db.internal as user me")
    return sa.exc.OperationalError(None, None, reason, connection_invalidated=at_commit)


def away(*_: object) -> NoReturn:
    raise gone()


class Away:
    """A store that nothing can be read from any more, once `begin` is called; counts who tries."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.looks = 0

    def begin(self, target: object = Database, name: str = "reading") -> None:
        self._patch.setattr(target, name, self._fails)

    def begin_after_a_submit(self) -> None:
        transaction = Database.transaction

        @contextmanager
        def then_gone(database: Database) -> Iterator[sa.Connection]:
            with transaction(database) as connection:
                yield connection
                submitted = connection.scalar(sa.select(sa.func.count()).select_from(jobs))
            if submitted:
                self.begin()

        self._patch.setattr(Database, "transaction", then_gone)

    async def is_noticed(self) -> None:
        """Waits until several have looked in vain."""
        before = self.looks
        await until(lambda: self.looks > before + 3)

    def _fails(self, *_: object) -> NoReturn:
        self.looks += 1
        raise gone()


def test_every_operation_is_refused_as_described_and_says_when_to_try_again(
    make_api: ApiMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    surface = Surface(make_api)
    operations = [(operation, surface.parameters(operation)) for operation in surface.document.operations]
    with monkeypatch.context() as patch:
        for name in ("reading", "transaction"):
            patch.setattr(Database, name, away)
        for operation, parameters in operations:
            answer = surface.call(operation, parameters)
            if operation.path in ("/", "/admin") or operation.path.startswith(_WITHOUT):
                assert answer.status in (200, 404), operation  # 404 where there is no page of that name
                continue
            assert answer.status == 503, operation
            assert b"db.internal" not in answer.body
            if not operation.path.startswith("/health/"):
                assert int(answer.headers["retry-after"]) > 0
                surface._check_error(operation.path, answer)
    assert surface.api.get("/v1/get-user-credits").status_code == 200


def test_a_path_that_is_nowhere_is_refused_alike(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Database, "reading", away)
        assert api.get("/v2/nowhere/at/all").status_code == 503
    assert api.get("/v2/nowhere/at/all").status_code == 404


def test_a_submit_whose_commit_was_not_heard_of_says_so_and_is_found_again_by_its_token(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = Database.transaction

    @contextmanager
    def unheard(database: Database) -> Iterator[sa.Connection]:
        with transaction(database) as connection:
            yield connection
        raise gone(at_commit=True)

    def send() -> tuple[int, str]:
        answer = api.post("/v2/tiny", {"prompt": "a fox"}, headers={"idempotency-key": "token"})
        return answer.status_code, answer.text

    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", unheard)
        status, text = send()
    assert status == 503
    assert "it is not known whether this was kept" in text
    assert "Idempotency-Key" in text
    status, text = send()
    assert status == 200
    with api.state.database.reading() as connection:
        (job_id,) = connection.scalars(sa.select(jobs.c.id))
    assert job_id in text


def test_a_submit_that_was_not_kept_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", away)
        answer = api.post("/v2/tiny", {"prompt": "a fox"})
    assert answer.status_code == 503
    assert "nothing was kept" in answer.json()["error"]


def test_health_says_what_is_wrong(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database, "reading", away)
    ready, workers = api.get("/health/ready", key=None), api.get("/health/workers", key=None)
    assert (ready.status_code, workers.status_code) == (503, 503)
    assert ready.json()["reason"] == "the store cannot be written: OperationalError"
    assert workers.json() == {
        "status": "the store cannot be read",
        "workers": {"warming": 0, "idle": 0, "busy": 0, "draining": 0},
        "list": [],
    }
    assert api.get("/health/live", key=None).status_code == 200


def test_a_poll_is_answered_by_a_store_that_can_be_read_and_not_written(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"x-stainless-retry-count": "0"}
    made = [
        api.post("/v1/videos", {"prompt": "a fox"}, headers=counts),
        api.post("/v1/predictions", {"version": "tiny", "input": {"prompt": "a fox"}}, headers=counts),
        api.post("/dream-machine/v1/generations", {"prompt": "a fox", "model": "tiny"}, headers=counts),
    ]
    assert [answer.status_code for answer in made] == [200, 201, 201]
    video, prediction, generation = (answer.json()["id"] for answer in made)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", away)
        for path in (
            *("/v1/videos", f"/v1/videos/{video}", "/v1/predictions", f"/v1/predictions/{prediction}"),
            *("/dream-machine/v1/generations", f"/dream-machine/v1/generations/{generation}"),
        ):
            assert api.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/videos", {"prompt": "a fox"}),
        ("/v1/predictions", {"version": "tiny", "input": {"prompt": "a fox"}}),
        ("/dream-machine/v1/generations", {"prompt": "a fox", "model": "tiny"}),
    ],
)
def test_what_was_kept_is_said_though_the_store_goes_away_with_its_commit(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, object]
) -> None:
    with monkeypatch.context() as patch:
        Away(patch).begin_after_a_submit()
        answer = api.post(path, body)
    assert answer.status_code in (200, 201), answer.text
    assert api.get(f"{path}/{answer.json()['id']}").status_code == 200


def test_a_call_that_waits_outlives_an_outage(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait() -> httpx.Response:
        with monkeypatch.context() as patch:
            store_away = Away(patch)
            store_away.begin_after_a_submit()
            headers = {"x-api-key": api.secret}
            call = asyncio.ensure_future(api.client.post("/v1/tiny", json={"prompt": "a fox"}, headers=headers))
            await store_away.is_noticed()
            assert not call.done()
        api.finish(b"the video")
        return await asyncio.wait_for(call, 60)

    answer = api.runner.run(wait())
    assert (answer.status_code, answer.content) == (200, b"the video")


def test_a_call_whose_time_is_over_in_an_outage_says_where_the_job_is(
    make_api: ApiMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = make_api(sync_wait=0.3)
    with monkeypatch.context() as patch:
        Away(patch).begin_after_a_submit()
        answer = api.post("/v1/tiny", {"prompt": "a fox"})
    assert (answer.status_code, answer.json()["code"]) == (504, "timeout")
    assert (answer.json()["queue_position"], answer.json()["eta"]) == (None, None)
    assert api.get(answer.json()["status_url"]).json()["queue_position"] == 1


def test_a_stream_outlives_an_outage(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = api.submit()

    async def follow() -> list[str]:
        async with opened(api, job_id) as stream:
            said = [(await stream.event()).body["status"]]
            with monkeypatch.context() as patch:
                store_away = Away(patch)
                store_away.begin()
                await store_away.is_noticed()
            taken = claimed(api.state.database)
            said.append((await stream.event()).body["status"])
            with monkeypatch.context() as patch:  # the job has changed, and cannot be read
                patch.setattr(queue, "versions", lambda *_: {job_id: -1})
                store_away = Away(patch)
                store_away.begin(store, "get")
                await store_away.is_noticed()
            assert fail(api.state.database, taken)
            said.append((await stream.event()).body["status"])
            assert await stream.block() is None
            return said

    assert api.runner.run(follow()) == ["QUEUED", "PROCESSING", "FAILED"]
