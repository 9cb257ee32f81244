"""Strangers' images are decoded in a process of their own: a bomb or a crash costs one job, and no worker."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flashreel.errors import JobFailed
from flashreel.media.confined import command, environment
from flashreel.media.decode_protocol import CPU_SECONDS, BrokenAnswer, Request, read_answer
from flashreel.media.waiting import patiently

#: Of an answer. Well over what the processor time allows, for a machine that has much else to do.
WALL_SECONDS: Final = 60.0

_ENDS: Final = MappingProxyType(
    {
        "SIGXCPU": f"it takes more than {CPU_SECONDS} s of processor time",
        "SIGKILL": "the decoder was stopped",
    }
)


class Decoder:
    """A child process that decodes the images of one job. A context manager; the process is gone when it ends.

    It is ready some tenth of a second after it was made: make it before the image is fetched. Where the system can
    (Linux), it dies with the thread that made it. Raises JobFailed where no process can be had.
    """

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(
                command("flashreel.media.decode_child"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what a library says about a stranger's bytes is nobody's news
                env=environment(),
                start_new_session=True,  # a Ctrl-C in the terminal reaches us alone
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise JobFailed("out_of_memory", f"no process could be started to decode the image: {reason}") from error

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError, ValueError):  # what was not written yet is wanted by nobody now
                pipe.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def decode(
        self, data: bytes, field: str, width: int, height: int, check: Callable[[], None] = lambda: None
    ) -> NDArray[np.uint8]:
        """The image as RGB, decoded and fitted as `images.decode` does: (height, width, 3).

        `check` is called ten times a second and may raise to end the wait; the process is killed then. It is gone also
        after a failure of its own, unlike after a refusal.
        Raises JobFailed("image_invalid") naming `field` and the reason.
        """
        end = time.monotonic() + WALL_SECONDS

        def look() -> None:
            check()
            if time.monotonic() > end:
                raise _failed(field, f"it takes more than {WALL_SECONDS:g} s")

        try:
            answer = patiently(lambda: self._ask(Request(data, field, width, height)), look)
        except (BrokenAnswer, OSError) as error:
            raise _failed(field, self._end()) from error
        except BaseException:
            self._process.kill()  # which ends the thread that talks to it, too
            raise
        if isinstance(answer, str):
            raise JobFailed("image_invalid", answer)
        return np.frombuffer(answer, np.uint8).reshape(height, width, 3)

    def _ask(self, request: Request) -> bytearray | str:
        """The process's answer. Raises BrokenAnswer, or OSError where it is dead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request.write(self._process.stdin)
        return read_answer(self._process.stdout, request.width * request.height * 3)

    def _end(self) -> str:
        """How the process ended that gave no answer. One that has not is ended."""
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "the decoder gave no valid answer"
        if status >= 0:
            return f"the decoder ended with status {status}"
        name = signal.Signals(-status).name
        return _ENDS.get(name, f"the decoder crashed ({name})")


def _failed(field: str, reason: str) -> JobFailed:
    return JobFailed("image_invalid", f"{field} could not be decoded: {reason}")
