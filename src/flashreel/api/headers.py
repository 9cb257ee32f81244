"""The host that a request must name, and the headers that make an answer safe to show in a browser."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flashreel.api.dialects import refusal
from flashreel.errors import InvalidRequest
from flashreel.parameters import printable

#: Where an answer says nothing else. Assets say how long they may be kept, and what they may do.
SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


class SafeHeaders:
    """ASGI. Adds SAFE_HEADERS to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, add if scope["type"] == "http" else send)


class AllowedHosts:
    """ASGI. Refuses requests whose Host is none of `hosts` (`*.example.com` is every name below): a page whose own name
    is pointed at this machine (DNS rebinding) gets nothing. /health answers all, since probes often use an address;
    /metrics has rules of its own."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = tuple(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] != "http" or scope["path"].startswith("/health/") or scope["path"] == "/metrics"
        if not is_open:
            said = Headers(scope=scope).get("host", "")
            name = said.rpartition(":")[0] if said.rpartition(":")[2].isdigit() else said
            if not is_allowed(name.lower(), self._hosts):
                error = InvalidRequest(
                    f"the Host header is {printable(said)!r}, which this server does not answer to", field="host"
                )
                await refusal(scope["path"], error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_allowed(name: str, hosts: Collection[str]) -> bool:
    """Whether the host `name` is one of `hosts`, both in lower case; `*.example.com` is every name below."""
    return any(name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in hosts)
