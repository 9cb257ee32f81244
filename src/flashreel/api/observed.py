"""Every request, seen from outside: counted, logged in one line, and a span where traces are sent."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Literal

from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flashreel.api.dialects import dialect_of
from flashreel.telemetry import metrics, traces
from flashreel.telemetry.logs import RequestLog

_NOTES: Final = "flashreel.notes"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"))
_UNMATCHED: Final = "unmatched"
_GONE: Final = 499  # nginx's: the caller hung up before there was an answer
#: Asked every few seconds by machines: they would be most of the spans.
_UNTRACED: Final = ("/health/", "/metrics")

Lines = Literal["all", "no-polls", "none"]


def note(request: Request, *, key: str | None = None, request_id: str | None = None) -> None:
    """Remembers whose request it is, and which job it is about, by their ids: nothing that the caller made up."""
    notes = request.scope.get(_NOTES)
    if notes is not None:
        if key is not None:
            notes["key"] = key
        if request_id is not None:
            notes["request_id"] = request_id


def route_of(request: Request) -> str:
    """The template of the route that was taken."""
    route: str = request.scope.get(_NOTES, {}).get("route", _UNMATCHED)
    return route


def name_routes(routes: Iterable[BaseRoute]) -> None:
    """Has every route say its template to `Observed`: Starlette tells nobody which one it took."""
    for route in routes:
        if isinstance(route, Route):
            route.app = _named(route.app, route.path)


def _named(app: ASGIApp, template: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        notes = scope.get(_NOTES)
        if notes is not None:
            notes["route"] = template
        await app(scope, receive, send)

    return named


class Observed:
    """ASGI, outside of all others."""

    def __init__(self, app: ASGIApp, *, log: RequestLog, lines: Lines) -> None:
        self._app = app
        self._log = log
        self._lines = lines
        #: Found once: to look a label up costs more than to count. As many as there are labels: bounded.
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif traces.are_on() and not scope["path"].startswith(_UNTRACED):
            await self._trace(scope, receive, send)
        else:
            await self._observe(scope, receive, send)

    async def _trace(self, scope: Scope, receive: Receive, send: Send) -> None:
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        method = _method(scope)
        # Not url.path, which the conventions want too: an asset's path is its secret.
        about = {"http.request.method": method, "url.scheme": scope["scheme"]}
        with traces.span(method, "server", about, parent=parent) as span:
            notes, status = await self._observe(scope, receive, send)
            assert span is not None
            if (route := notes.get("route")) is not None:
                span.update_name(f"{method} {route}")
            facts = {"http.route": route, "http.response.status_code": status}
            ours = {"flashreel.request_id": notes.get("request_id"), "flashreel.dialect": dialect_of(scope["path"])}
            traces.describe(span, {**facts, **ours})
            if status >= 500:
                traces.fail(span, str(status))

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> tuple[dict[str, Any], int]:
        notes: dict[str, Any] = {}
        scope[_NOTES] = notes
        begun = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
            status = status or _GONE
        except Exception:
            status = status or 500  # Starlette's outermost layer, outside of this one, answers so
            raise
        finally:
            self._note(scope, notes, status or _GONE, time.perf_counter() - begun)
        return notes, status

    def _note(self, scope: Scope, notes: dict[str, Any], status: int, seconds: float) -> None:
        method = _method(scope)
        route = notes.get("route", _UNMATCHED)
        found = self._counters.get((method, route, status))
        if found is None:
            found = metrics.HTTP_REQUESTS.labels(method, route, str(status)), metrics.HTTP_SECONDS.labels(route)
            self._counters[method, route, status] = found
        found[0].inc()
        found[1].observe(seconds)
        if self._lines == "all" or (self._lines == "no-polls" and (status >= 400 or method not in ("GET", "HEAD"))):
            about = {"method": method, "route": route, "status": status, "ms": round(seconds * 1e3, 1)}
            whose = {"dialect": dialect_of(scope["path"]), "key": notes.get("key")}
            self._log.write({**about, **whose, "request_id": notes.get("request_id")})


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "_OTHER"  # as the conventions call it
