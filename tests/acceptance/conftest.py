"""Two servers for all of these tests, started side by side; every test has a key of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest

from tests.support.caller import Caller
from tests.support.cli import Run, runner
from tests.support.receiver import Receiver, receiving
from tests.support.server import SCRIPT, Server

#: Small enough to be reached by a test, large enough for the others.
BURST = 20
MAX_BODY = 100_000
#: Bytes of the strict server's files: a few of the scripted engine's.
QUOTA = 40_000


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Takes the webhooks of the strict server."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("servers")
    limits = ("--burst", str(BURST), "--rate", "1", "--max-body", str(MAX_BODY))
    bounds = ("--stall", "7", "--deadline", "12", "--body-seconds", "2", "--sync-wait", "0.5", "--webhook-timeout", "3")
    quota = ("--storage-quota", str(QUOTA))
    hooks = ("--fetch-hosts", "localhost", "--fetch-ports", str(receiver.port))
    proxy = ("--trusted-proxies", "127.0.0.1")  # the tests' own front that ends TLS
    flags = ("--engine", SCRIPT, "--workers", "2", *bounds, *quota, *hooks, *proxy)
    with ExitStack() as stack:
        patient = stack.enter_context(closing(Server(folder / "patient", *limits).launch()))
        strict = stack.enter_context(closing(Server(folder / "strict", *flags).launch()))
        patient.ready()
        strict.ready()
        yield patient, strict


@pytest.fixture
def server(servers: tuple[Server, Server]) -> Server:
    """Keeps results for their hour and waits long; `scripted` is the scripted engine, all else the built-in one."""
    return servers[0]


@pytest.fixture
def strict(servers: tuple[Server, Server]) -> Server:
    """Two workers of the scripted engine, under limits that are soon reached; a v1 call waits half a second."""
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
            made = stack.enter_context(
                closing(Caller.create(at or server, credits, scopes=scopes, models=models, **columns))
            )
            stack.callback(made.cancel_all)  # the next test's jobs wait for nobody
            return made

        yield make


@pytest.fixture
def caller(make_caller: MakeCaller) -> Caller:
    return make_caller()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys)
