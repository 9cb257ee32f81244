"""Servers that are there to be killed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.caller import Caller
from tests.support.server import ROOT, SCRIPT, Server, environment


class MakeServer(Protocol):
    def __call__(self, *flags: str, env: dict[str, str] | None = None) -> Server: ...


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Launches servers with the scripted engine; their end must leave no process behind."""
    with ExitStack() as stack:

        def make(*flags: str, env: dict[str, str] | None = None) -> Server:
            number = len(list(tmp_path.glob("*.err")))
            made = Server(tmp_path / f"server{number}", "--engine", SCRIPT, *flags, env=env)
            return stack.enter_context(closing(made.launch()))

        yield make


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that only ever kill its children."""
    with closing(Server(tmp_path_factory.mktemp("lasting") / "server", "--engine", SCRIPT).start()) as server:
        yield server


@pytest.fixture
def caller(lasting: Server) -> Iterator[Caller]:
    with closing(Caller.create(lasting)) as caller:
        yield caller


def chaos(*flags: str, seconds: int, seed: int) -> int:
    """Runs it; how many jobs it accepted. Its table is what a failure shows."""
    command = [sys.executable, "-m", "tools.chaos", "--seconds", str(seconds), "--seed", str(seed), *flags]
    ran = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = re.search(r"^\s*accepted +([0-9]+)", ran.stdout, re.MULTILINE)
    assert found is not None
    return int(found[1])
