"""One request straight to the app, as uvicorn would hand it over: no client in between that minds what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer: its status, its headers, its whole body."""

    status: int
    headers: Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


def scope_of(method: str, target: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Scope:
    """`target` is path and query as they stand in the request line, in ASCII; names of headers are in lower case."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def send(app: ASGIApp, scope: Scope, body: bytes = b"") -> Raw:
    """Raises whatever the app raises, which uvicorn would log as a crash. A caller stays on the line until it has its
    answer."""
    sent = False
    started: Message = {}
    pieces: list[bytes] = []

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.get_running_loop().create_future()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, answer)
    return Raw(started["status"], Headers(raw=started["headers"]), b"".join(pieces))
