"""Two servers for all of these tests, started side by side; every test has a key of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest

from tests.support.caller import Caller
from tests.support.receiver import Receiver, receiving
from tests.support.server import SCRIPT, Server

#: Small enough to be reached by a test, large enough for the others.
BURST = 20
MAX_BODY = 100_000
#: Bytes of the strict server's files: a few of the scripted engine's.
QUOTA = 40_000


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Takes the webhooks of the hasty server."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("servers")
    limits = ("--burst", str(BURST), "--rate", "1", "--max-body", str(MAX_BODY))
    with ExitStack() as stack:
        patient = stack.enter_context(closing(Server(folder / "patient", *limits).launch()))
        times = ("--sync-wait", "1", "--retention", "2", "--webhook-timeout", "1")
        hooks = ("--fetch-hosts", "localhost", "--fetch-ports", str(receiver.port))
        hasty = stack.enter_context(closing(Server(folder / "hasty", "--engine", SCRIPT, *times, *hooks).launch()))
        patient.ready()
        hasty.ready()
        yield patient, hasty


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers of the scripted engine, under limits that are soon reached."""
    flags = ("--workers", "2", "--stall", "5", "--deadline", "7", "--storage-quota", str(QUOTA), "--body-seconds", "1")
    proxy = ("--trusted-proxies", "127.0.0.1")  # the tests' own front that ends TLS
    folder = tmp_path_factory.mktemp("strict") / "data"
    with closing(Server(folder, "--engine", SCRIPT, *flags, *proxy).start()) as server:
        yield server


@pytest.fixture
def server(servers: tuple[Server, Server]) -> Server:
    """Keeps results for their hour and waits long; `scripted` is the scripted engine, all else the built-in one."""
    return servers[0]


@pytest.fixture
def hasty(servers: tuple[Server, Server]) -> Server:
    """Keeps results for two seconds, lets a v1 call wait one and a webhook's receiver too; the scripted engine only."""
    return servers[1]


class MakeCaller(Protocol):
    def __call__(
        self,
        credits: float = 100.0,
        *,
        at: Server | None = None,
        scopes: tuple[str, ...] = ("generate",),
        models: tuple[str, ...] = (),
        **columns: object,
    ) -> Caller: ...


@pytest.fixture
def make_caller(server: Server) -> Iterator[MakeCaller]:
    """Makes callers, each with a key of its own; `columns` are set on the key's row besides."""
    with ExitStack() as stack:

        def make(
            credits: float = 100.0,
            *,
            at: Server | None = None,
            scopes: tuple[str, ...] = ("generate",),
            models: tuple[str, ...] = (),
            **columns: object,
        ) -> Caller:
            made = Caller.create(at or server, credits, scopes=scopes, models=models, **columns)
            return stack.enter_context(closing(made))

        yield make


@pytest.fixture
def caller(make_caller: MakeCaller) -> Caller:
    return make_caller()
