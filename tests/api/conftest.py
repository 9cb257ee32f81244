"""The application over a fresh data folder, called in this process. There is no worker: tests play its part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from flashreel.api.app import create_app
from flashreel.api.state import Life, State
from flashreel.jobs import keys
from flashreel.settings import Settings, load_settings
from flashreel.storage import Storage
from tests.support.store import claimed, complete, open_database

TINY = {"ratios": {"16:9": [160, 90], "1:1": [128, 128]}}


@dataclass
class Api:
    """The app, its state, and one good key that is sent unless a test says otherwise."""

    state: State
    life: Life
    client: httpx.AsyncClient
    runner: asyncio.Runner
    key_id: str
    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, *, key: str | None = "", **more: Any) -> httpx.Response:
        """One request. `key` None sends none; headers of the test win."""
        headers = {} if key is None else {"x-api-key": key or self.secret}
        headers.update(more.pop("headers", {}))
        return self.runner.run(self.client.request(method, path, headers=headers, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Mapping[str, object] | bytes | None = None, **more: Any) -> httpx.Response:
        """`body` as JSON, or its very bytes, called JSON unless the headers say otherwise."""
        if isinstance(body, bytes):
            more["headers"] = {"content-type": "application/json", **more.get("headers", {})}
            return self.call("POST", path, content=body, **more)
        return self.call("POST", path, json=body, **more) if body is not None else self.call("POST", path, **more)

    def submit(self, **fields: object) -> str:
        """The id of a job that was accepted."""
        answer = self.post("/v2/tiny", {"prompt": "a fox", **fields})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["request_id"])

    def finish(self, video: bytes = b"0123456789") -> str:
        """Plays the worker: completes the next job with `video` and returns the path of its file."""
        taken = claimed(self.state.database)
        file = self.state.settings.data / "made.mp4"
        file.write_bytes(video)
        path = Storage(self.state.settings.assets).put(taken, file)
        assert complete(self.state.database, taken, path=path, file_size=len(video))
        return path

    def request(self, host: str = "api.test", scheme: str = "http") -> Request:
        """A request to the app, for what takes one and is no route."""
        transport = self.client._transport
        assert isinstance(transport, httpx.ASGITransport)
        headers = [(b"host", host.encode())]
        scope = {"type": "http", "app": transport.app, "scheme": scheme, "path": "/", "query_string": b""}
        return Request({**scope, "headers": headers})

    def new_key(self, credits: int = 10_000_000, **more: Any) -> tuple[str, str]:
        """Another key: its id and its secret."""
        with self.state.database.transaction() as connection:
            key, secret = keys.create_key(connection, "other", credits, **more)
        return key.id, secret


class ApiMaker:
    """Makes the app with settings of a test's own."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._made: list[Api] = []

    def __call__(self, *, warmed_up: bool = True, client: tuple[str, int] = ("127.0.0.1", 1), **flags: object) -> Api:
        settings: Settings = load_settings(
            flags={"data": self._data, "models": {"tiny": TINY}, "workers": 0, "log_requests": "none", **flags}
        )
        database = open_database(settings.data)
        with database.transaction() as connection:
            key, secret = keys.create_key(connection, "test", 10_000_000)
        database.close()
        life = Life()
        app = create_app(settings, life=life, warmed_up=warmed_up)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
        caller = httpx.AsyncClient(transport=transport, base_url="http://api.test", trust_env=False)
        api = Api(app.state.flashreel, life, caller, asyncio.Runner(), key.id, secret)
        self._made.append(api)
        return api

    def close(self) -> None:
        for api in self._made:
            api.runner.run(api.client.aclose())
            api.runner.close()
            api.state.writer.close()
            api.state.database.close()


@pytest.fixture
def make_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiMaker]:
    for name in ("FLASHREEL_DATA", "FLASHREEL_ENGINE", "FLASHREEL_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    maker = ApiMaker(tmp_path)
    yield maker
    maker.close()


@pytest.fixture
def api(make_api: ApiMaker) -> Api:
    return make_api()


async def in_pieces(*pieces: bytes, pause: float = 0.0) -> AsyncIterator[bytes]:
    """A body without a length, which arrives piece by piece."""
    for piece in pieces:
        await asyncio.sleep(pause)
        yield piece
