"""A network backend for httpcore that dials only addresses it has checked, and stops everything at one deadline."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from flashreel.media.urls import Address, FetchPolicy, parse_address

#: Host name to addresses in text. May raise OSError.
Resolver = Callable[[str], Sequence[str]]


class AddressRefused(Exception):
    """The host has an address that may not be dialled. Neither is named: that would map a stranger's network."""


class Unresolved(Exception):
    """The name has no address."""


class Deadline:
    """A moment on the monotonic clock. httpcore's timeouts count from each read anew, so a drip never meets one."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0; raises httpcore.TimeoutException when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException
        return left


def system_resolver(host: str) -> list[str]:
    """Every address the operating system knows for `host`."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves, checks and dials in one place, so there is no second lookup whose answer could differ."""

    def __init__(self, policy: FetchPolicy, resolve: Resolver, deadline: Deadline) -> None:
        self._policy = policy
        self._resolve = resolve
        self._deadline = deadline
        self._tcp = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._checked(host)
        for remaining, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # The last one gets all the time there is left, the others an even share.
            share = self._deadline.left() / remaining
            try:
                stream = self._tcp.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if remaining == 1:
                    raise
                continue
            return _DeadlineStream(stream, self._deadline)
        raise Unresolved

    def _checked(self, host: str) -> list[Address]:
        """The addresses of `host`; one bad address condemns the name."""
        try:
            addresses = [parse_address(host)]
        except ValueError:
            addresses = [parse_address(text) for text in self._lookup(host)]
        if not addresses:
            raise Unresolved
        if not all(self._policy.allows(host, address) for address in addresses):
            raise AddressRefused
        return addresses

    def _lookup(self, host: str) -> Sequence[str]:
        """The resolver's answer. It runs on a thread of its own: getaddrinfo knows no timeout."""
        answer: list[Sequence[str]] = []

        def ask() -> None:
            try:
                answer.append(self._resolve(host))
            except (OSError, UnicodeError):
                answer.append(())

        thread = threading.Thread(target=ask, name="resolve", daemon=True)
        thread.start()
        thread.join(self._deadline.left())
        if not answer:
            self._deadline.left()  # raises, unless the resolver itself broke
            raise Unresolved
        return answer[0]


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose every step may take what is left of the deadline, whatever timeout the caller gives."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
