"""The ports, and the URLs in answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import httpx

from flashreel.api.headers import is_allowed
from flashreel.doctor.finding import Finding
from flashreel.settings import Settings

_ANSWER_SECONDS: Final = 30.0


def check_port(settings: Settings) -> Iterator[Finding]:
    yield _port("port", settings.host, settings.port, "/health/ready", _judge_health)
    if settings.metrics_port:
        yield _port("metrics_port", settings.metrics_host, settings.metrics_port, "/metrics", _judge_metrics)


def _port(check: str, host: str, port: int, path: str, judge: Callable[[str, str], Finding | None]) -> Finding:
    """Whether the port is free or ours: `judge` says of what answers there, by its URL and what it says at `path`, what
    to think of it, None where that is nobody of ours."""
    if port == 0:
        return Finding(check, "ok", "any free one")
    try:
        reason = _refusal(host, port)
    except socket.gaierror as error:
        said = f"the host {host!r} cannot be listened on: {error.strerror}"
        return Finding(check, "fail", said, "set it to an address of this machine, or to 0.0.0.0 for all of them")
    if reason is None:
        return Finding(check, "ok", f"port {port} on {host} is free")
    reached = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # it is compared
    url = f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"
    found = None
    with suppress(httpx.HTTPError), httpx.Client(trust_env=False, timeout=_ANSWER_SECONDS) as client:
        found = judge(url, client.get(f"{url}{path}").text)
    said = f"port {port} on {host} cannot be had ({reason}), and no flashreel answers there"
    return found or Finding(check, "fail", said, "stop what uses it, or choose another port")


def _refusal(host: str, port: int) -> str | None:
    """Why the port cannot be listened on; None where it can. Raises socket.gaierror for a host that is not here."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    with closing(socket.socket(family, kind, protocol)) as listener:
        # Bound but not listening: a server that starts just now gets it all the same.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            return error.strerror or str(error)
    return None


def _judge_health(url: str, said: str) -> Finding | None:
    try:
        body = json.loads(said)
    except ValueError:
        return None
    if not isinstance(body, dict) or not {"status", "reason", "workers", "queue"} <= set(body):
        return None
    if body["status"] == "ready":
        return Finding("port", "ok", f"a flashreel is ready at {url}")
    said = f"the flashreel at {url} is not ready: {body['reason']}"
    return Finding("port", "warn", said, "wait if it has just been started; otherwise see its log")


def _judge_metrics(url: str, said: str) -> Finding | None:
    return Finding("metrics_port", "ok", f"a flashreel answers at {url}/metrics") if "flashreel_info" in said else None


def check_urls(settings: Settings) -> Iterator[Finding]:
    public = settings.public_url
    url = urlsplit(public or "")
    name = (url.hostname or "").lower()
    found = []
    if public and settings.allowed_hosts and not is_allowed(name, [host.lower() for host in settings.allowed_hosts]):
        said = f"allowed_hosts has no {name}, so that whoever follows the public_url is refused"
        found.append(Finding("urls", "fail", said, f"add {name} to allowed_hosts"))
    if public and _is_loopback(name) and not _is_loopback(settings.host):
        said = f"answers name {public}, which only this machine can open, though {settings.host} is listened on"
        found.append(Finding("urls", "warn", said, "set public_url to the URL that callers use"))
    if url.scheme == "http" and not _is_loopback(name):
        said = f"{public} is no https: keys and videos go over the network in clear"
        found.append(Finding("urls", "warn", said, "put a proxy that ends TLS before it, and name its https URL"))
    if any(ip_network(network, strict=False).prefixlen == 0 for network in settings.trusted_proxies):
        said = "trusted_proxies has everybody: any caller says by X-Forwarded-* what host answers name"
        found.append(Finding("urls", "warn", said, "name the addresses of your proxies alone"))
    yield from found or [Finding("urls", "ok", f"answers name {public or 'the host that was asked'}")]


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
