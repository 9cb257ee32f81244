"""Child processes of `serve`: started with their settings on standard input, gone when their parent goes."""

from __future__ import annotations

import ctypes
import json
import math
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["api", "worker", "keeper"]

_PR_SET_PDEATHSIG = 1
_MAX_BACKOFF = 10.0


@dataclass(slots=True)
class Child:
    """One place in the process tree, refilled with back-off when its process dies.

    `payload` is what the process is told; it reads it from standard input, which stays open as its watch on us.
    `env` is its whole environment.
    """

    role: Role
    payload: Mapping[str, Any]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    pass_fds: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _tag: str = field(default_factory=lambda: secrets.token_hex(4))
    _started: float = 0.0
    _next_start: float = 0.0
    _backoff: float = 0.0

    @property
    def name(self) -> str:
        """Unique to this start of this child. Process ids are not: in a container ours is always the same."""
        return f"{self.payload['name']}-{self._tag}-{self.starts}"

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since its last start."""
        return time.monotonic() - self._started

    @property
    def due_in(self) -> float:
        """Seconds until it may start; infinite while it runs."""
        return math.inf if self.process is not None else max(0.0, self._next_start - time.monotonic())

    def start_if_due(self) -> bool:
        """Starts the process unless it runs or its back-off is not over. Whether it was started."""
        if self.process is not None or time.monotonic() < self._next_start:
            return False
        self.starts += 1
        # Its own session: a Ctrl-C in the terminal reaches us alone, and we decide what the children hear.
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flashreel.child", self.name],  # the name is for whoever reads `ps`
                stdin=subprocess.PIPE,
                env=self.env,
                pass_fds=tuple(self.pass_fds),
                start_new_session=True,
            )
        except OSError:  # no memory or no process to be had: it may be had later
            self._back_off(0.0)
            return False
        self._started = time.monotonic()
        message = {**self.payload, "role": self.role, "name": self.name, "parent": os.getpid(), "starts": self.starts}
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # died at once: `reap` sees it
        return True

    def reap(self) -> int | None:
        """The exit status of a process that has ended since the last call (negative: the signal), else None."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it died before it had read its message
            self.process.stdin.close()
        self.process = None
        self._back_off(self.age)
        return status

    def _back_off(self, lived: float) -> None:
        # One that lived a while starts again at once; one that keeps dying waits longer each time.
        self._backoff = 0.0 if lived > _MAX_BACKOFF else min(_MAX_BACKOFF, max(0.1, self._backoff * 2))
        self._next_start = time.monotonic() + self._backoff

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def read_message() -> dict[str, Any]:
    """In the child: what the parent tells it. From here on this process does not outlive its parent."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)  # unbuffered, so that the watch below reads from the same place
        if not byte:
            raise SystemExit("flashreel.child is started by flashreel serve, not by hand")
        line += byte
    message: dict[str, Any] = json.loads(line)
    _die_with(message["parent"])
    return message


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
    threading.Thread(target=_watch_parent, name="parent-watch", daemon=True).start()


def _watch_parent() -> None:
    # The parent never writes again: this returns when its end is closed, that is when it is gone.
    os.read(0, 1)
    os._exit(1)
