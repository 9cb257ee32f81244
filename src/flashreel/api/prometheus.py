"""GET /metrics: for whoever is on this machine, or shows a key with the scope admin."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flashreel.api.auth import authenticate, require, secret_of
from flashreel.api.state import state_of
from flashreel.jobs.database import Database
from flashreel.settings import Settings
from flashreel.telemetry import exposition
from flashreel.telemetry.exposition import Stock

#: What a proxy adds: with any of them the caller is somebody behind it.
_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via")


def metrics_route(settings: Settings, database: Database) -> Route:
    registry: CollectorRegistry = exposition.registry(Stock(database, settings.data))

    async def metrics(request: Request) -> Response:
        if secret_of(request) or not is_local(request):
            require(authenticate(request), "admin")
        body, content_type = await asyncio.to_thread(
            exposition.expose, registry, request.headers.get("accept", "text/plain")
        )
        return Response(body, headers={"content-type": content_type})

    return Route("/metrics", metrics)


def is_local(request: Request) -> bool:
    """Whether the caller is on this machine. Behind a trusted proxy that is whom it names; what anybody else
    says of forwarding is not believed, but is reason enough to ask for a key. So is a host by name: a page anywhere can
    have its own name lead here (DNS rebinding)."""
    host = request.headers.get("host", "").lower()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name != "localhost" and _address(name.strip("[]")) is None:
        return False
    peer = _address("" if request.client is None else request.client.host)
    trusted = state_of(request).settings.trusted_proxies
    if peer is not None and _is_in(peer, trusted):
        # All of them: the first may be what the caller wrote, and what the proxy saw is among them.
        said = [_address(part.strip()) for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
        return all(one is not None and one.is_loopback for one in said)
    if any(name in request.headers for name in _FORWARDED):
        return False
    return peer is not None and peer.is_loopback


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:  # none at all: a Unix socket, a name
        return None
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found


def _is_in(address: IPv4Address | IPv6Address, networks: tuple[str, ...]) -> bool:
    return any(address in ip_network(network, strict=False) for network in networks)
