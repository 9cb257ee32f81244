"""Child processes: told by standard input, restarted with back-off, gone with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flashreel import process
from flashreel.process import Child
from tests.support.server import wait_for

Starter = Callable[[str], Child]


class Now:
    """The monotonic clock of the module, set by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    now = Now()

    class Time:
        @staticmethod
        def monotonic() -> float:
            return now.seconds

    monkeypatch.setattr(process, "time", Time)
    return now


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Starter]:
    """A child that runs these lines instead of a role of the server."""
    made: list[Child] = []
    popen = subprocess.Popen

    def start(code: str) -> Child:
        def run(_: list[str], **more: Any) -> subprocess.Popen[bytes]:
            return popen([sys.executable, "-c", textwrap.dedent(code)], **more)

        monkeypatch.setattr("flashreel.process.subprocess.Popen", run)
        made.append(Child(role="worker", payload={"name": "w", "size": "x" * 10}))
        return made[-1]

    yield start
    for one in made:
        one.signal(signal.SIGKILL)
        if one.process is not None:
            one.process.wait()
            one.reap()


def ended(child: Child) -> int:
    """Waits for the process to end and reaps it."""
    assert child.process is not None
    child.process.wait(60)
    status = child.reap()
    assert status is not None
    return status


def test_a_child_is_told_its_payload_and_who_its_parent_is(child: Starter, tmp_path: Path, now: Now) -> None:
    out = tmp_path / "said"
    one = child(f"import sys; open({str(out)!r}, 'w').write(sys.stdin.readline())")
    assert one.start_if_due()
    assert ended(one) == 0
    said = out.read_text()
    assert f'"name": "{one.name}"' in said
    assert f'"parent": {os.getpid()}' in said
    assert '"role": "worker"' in said
    assert '"starts": 1' in said


def test_a_running_child_is_not_started_twice(child: Starter, now: Now) -> None:
    one = child("import sys; sys.stdin.read()")
    assert one.start_if_due()
    assert not one.start_if_due()
    assert one.reap() is None
    one.signal(signal.SIGTERM)
    assert ended(one) == -signal.SIGTERM
    assert not one.alive
    assert one.reap() is None  # only once
    one.signal(signal.SIGTERM)  # to nobody


def test_one_that_keeps_dying_waits_longer_each_time_and_every_start_has_its_own_name(child: Starter, now: Now) -> None:
    one = child("")
    waits, names = [], set()
    for _ in range(10):
        assert one.start_if_due()
        names.add(one.name)
        ended(one)
        begun = now.seconds
        while not one._next_start <= now.seconds:
            assert not one.start_if_due()
            now.seconds = min(one._next_start, now.seconds + 60)
        waits.append(round(now.seconds - begun, 3))
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0]
    assert len(names) == 10


def test_one_that_lived_a_while_starts_again_at_once(child: Starter, now: Now) -> None:
    one = child("")
    for _ in range(3):
        one.start_if_due()
        ended(one)
        now.seconds += 10
    one.start_if_due()
    now.seconds += 11
    ended(one)
    assert one.start_if_due()
    ended(one)
    assert one._backoff == 0.1  # and counts from the beginning


def test_one_that_dies_before_it_has_read_its_message_is_reaped_like_any_other(child: Starter, now: Now) -> None:
    one = child("import os; os.close(0); os._exit(3)")
    one.payload = {"name": "w", "much": "x" * 2_000_000}  # more than a pipe holds
    assert one.start_if_due()
    assert ended(one) == 3


_PARENT = """
import subprocess, sys, time
from flashreel.process import Child
from flashreel import process
popen = subprocess.Popen
child = "import os, time; from flashreel.process import read_message; "
child += "read_message(); print(os.getpid(), flush=True); time.sleep(60)"
process.subprocess.Popen = lambda _, **more: popen([sys.executable, "-c", child], **more)
Child(role="keeper", payload={"name": "k"}).start_if_due()
time.sleep(60)
"""


def test_a_child_does_not_outlive_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)  # it lives
        parent.kill()
        wait_for(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    """Whether this process runs; a zombie that nobody has reaped does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_child_started_by_hand_says_so() -> None:
    run = [sys.executable, "-m", "flashreel.child"]
    done = subprocess.run(run, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "flashreel.child is started by flashreel serve, not by hand"
