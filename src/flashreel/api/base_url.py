"""The absolute base of the URLs in an answer. It only ever affects the caller's own answer; rows keep paths."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from flashreel.api.state import state_of
from flashreel.errors import InvalidRequest
from flashreel.parameters import printable

_HOST = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[(?P<v6>[0-9A-Fa-f:.]{2,45})\])(?::(?P<port>[0-9]{1,5}))?")


def base_url(request: Request) -> str:
    """`--public-url`, else what the request itself says of host and scheme; X-Forwarded-* only from trusted proxies."""
    settings = state_of(request).settings
    if settings.public_url is not None:
        return settings.public_url
    host = request.headers.get("host", "")
    scheme = request.scope["scheme"]
    if _is_trusted(request, settings.trusted_proxies):
        host = _first(request, "x-forwarded-host") or host
        scheme = _first(request, "x-forwarded-proto").lower() or scheme
    if not _is_host(host):
        said = f"is {printable(host)!r}" if host else "is missing"
        raise InvalidRequest(
            f"the Host header {said}; it must be a host name or an address, with a port or without",
            field="host",
            value=printable(host),
            allowed="a host name or an address, with a port or without",
        )
    if scheme not in ("http", "https"):
        raise InvalidRequest(
            f"the X-Forwarded-Proto header is {printable(scheme)!r}; allowed are http and https",
            field="x-forwarded-proto",
            value=printable(scheme),
            allowed=["http", "https"],
        )
    return f"{scheme}://{host}"


def _is_host(text: str) -> bool:
    """Whether it is a host as a URL has it: our own URLs are taken apart again (`own.py`)."""
    match = _HOST.fullmatch(text)
    if match is None or int(match["port"] or 0) > 65535:
        return False
    try:
        return match["v6"] is None or IPv6Address(match["v6"]).version == 6
    except ValueError:
        return False


def _first(request: Request, header: str) -> str:
    return request.headers.get(header, "").split(",")[0].strip()


def _is_trusted(request: Request, networks: tuple[str, ...]) -> bool:
    if not networks or request.client is None:
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:  # no address at all: a Unix socket
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address  # an IPv4 caller on a socket that listens on ::
    return any(address in ip_network(network, strict=False) for network in networks)
