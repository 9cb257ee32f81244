"""Every request's body is bounded in bytes and seconds, whichever route it goes to: uvicorn bounds neither."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flashreel.errors import InvalidRequest, TooLarge

_WITH_BODY = ("POST", "PUT", "PATCH")


class BoundedBodies:
    """ASGI. Reading a body raises TooLarge past `max_bytes` and InvalidRequest past `seconds`; an answer to a request
    whose body was not read to its end closes the connection, so that nobody goes on sending."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        whole = length in ("", "0") and "transfer-encoding" not in headers
        seen = 0
        end = asyncio.get_running_loop().time() + self._seconds

        async def bounded_receive() -> Message:
            nonlocal whole, seen
            # What comes then is the news that the caller has gone, whenever that is; the body of a GET, which no route
            # reads, must not break off its answer.
            if whole or scope["method"] not in _WITH_BODY:
                return await receive()
            if length.isascii() and length.isdigit() and int(length[:20]) > self._max_bytes:
                raise self._too_large()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise InvalidRequest(f"the request body did not arrive within {self._seconds:g} s") from None
            seen += len(message.get("body", b""))
            if seen > self._max_bytes:
                raise self._too_large()
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def closing_send(message: Message) -> None:
            if message["type"] == "http.response.start" and not whole:
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, bounded_receive, closing_send)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request body is larger than {self._max_bytes} bytes", limit=self._max_bytes)
