from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from flashreel.media.urls import FetchPolicy, networks
from tests.support.server import SCRIPT, Server
from tests.support.site import serving

FIELD = "start_image_url"


class Canary:
    """Listens where nobody may go, on 127.0.0.1 and ::1, and counts who comes."""

    def __init__(self) -> None:
        self.touched = 0
        self._listeners = [socket.create_server(("127.0.0.1", 0))]
        self.port = int(self._listeners[0].getsockname()[1])
        if socket.has_dualstack_ipv6():
            self._listeners.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listener in self._listeners:
            threading.Thread(target=self._count, args=(listener,), daemon=True).start()

    def _count(self, listener: socket.socket) -> None:
        while True:
            try:
                caller = listener.accept()[0]
            except OSError:
                return
            self.touched += 1
            caller.close()

    def close(self) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


@pytest.fixture(scope="package")
def canary() -> Iterator[Canary]:
    with closing(Canary()) as canary:
        yield canary


@pytest.fixture(scope="package")
def site(canary: Canary) -> Iterator[str]:
    """A server where the policies `open_to_site` allow to go: the canary's port at another address."""
    with serving(host="127.0.0.2", port=canary.port):
        yield f"http://127.0.0.2:{canary.port}"


@pytest.fixture
def strict(canary: Canary) -> FetchPolicy:
    """What a server without settings allows, and the canary's port, so that it is not the port that saves it."""
    return FetchPolicy(allow_ports=frozenset({canary.port}))


@pytest.fixture
def open_to_site(canary: Canary, site: str) -> FetchPolicy:
    return FetchPolicy(
        allow_networks=networks(["127.0.0.2/32"]), allow_ports=frozenset({canary.port}), max_bytes=100_000, seconds=30
    )


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, canary: Canary, site: str) -> Iterator[Server]:
    """A real server of the scripted engine that may fetch from `site`."""
    flags = ("--engine", SCRIPT, "--fetch-networks", "127.0.0.2/32", "--fetch-ports", str(canary.port))
    with closing(Server(tmp_path_factory.mktemp("security") / "data", *flags).start()) as server:
        yield server
