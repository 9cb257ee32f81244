"""Slow and endless clients, on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from flashreel.api import connection
from flashreel.api.connection import BoundedConnection

PIECE = bytes(2**20)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers /small at once, everything else for ever."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0)  # as reading a file does
            yield PIECE

    answer = Response("ok") if scope["path"] == "/small" else StreamingResponse(endless())
    await answer(scope, receive, send)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[int]:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=BoundedConnection,
            lifespan="off",
            log_config=None,
            log_level="critical",
            port=0,
            timeout_graceful_shutdown=1,
        )
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]  # this process is pytest's
    task = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def talk(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """What the server says before it hangs up; raises TimeoutError when it does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            with contextlib.suppress(ConnectionError):
                writer.write(piece)
                await writer.drain()
            await asyncio.sleep(pause)
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(reader.read(10_000), 60)
        return b""
    finally:
        writer.close()


def test_a_head_that_does_not_end_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)

    async def run() -> None:
        async with serving() as port:
            assert await talk(port) == b""
            assert await talk(port, b"GET /small HTTP/1.1\r\nhost: x\r\n") == b""
            # Drop by drop does not help.
            assert await talk(port, *[b"GET /small HTTP/1.1\r\nhost: x\r\n", *[b"a: b\r\n"] * 8], pause=0.05) == b""
            whole = await talk(port, b"GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert whole.startswith(b"HTTP/1.1 200 OK")

    asyncio.run(run())


def test_a_head_without_end_is_431() -> None:
    async def run() -> None:
        async with serving() as port:
            said = await talk(port, b"GET /small HTTP/1.1\r\n", *[b"a: " + bytes([97]) * 8000 + b"\r\n"] * 10)
            assert said in (b"", connection._TOO_LARGE)  # the client may still be writing when it is hung up on
            long = b"GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" + b"a: " + b"b" * 8000 + b"\r\n\r\n"
            assert (await talk(port, long)).startswith(b"HTTP/1.1 200 OK")

    asyncio.run(run())


def test_a_second_request_on_the_same_connection_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)

    async def run() -> None:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(2):
                writer.write(b"GET /small HTTP/1.1\r\nhost: x\r\n\r\n")
                assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\nok"), 60)
                await asyncio.sleep(0.4)  # idle, as a kept connection may be
            writer.write(b"GET /small HTTP/1.1\r\n")
            rest = await asyncio.wait_for(reader.read(), 60)
            assert b"HTTP/1.1" not in rest
            writer.close()

    asyncio.run(run())


def test_a_reader_that_stands_still_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.2)

    async def run() -> None:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await reader.readline()
            await asyncio.sleep(1.0)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await asyncio.wait_for(reader.read(2**16), 60):
                    pass
            writer.close()

    asyncio.run(run())
