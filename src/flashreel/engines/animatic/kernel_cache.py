"""The JIT cache on disk: filled at the first start by several processes at once, and marked when it is complete.

Numba compiles one kernel at a time in a process, some twenty seconds for all of them. Helpers (`compile_helper`) share
the work instead and leave what they make in the cache, from where the engine loads it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from flashreel.engines.animatic.jit import CACHE_FOLDER
from flashreel.engines.base import Report

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)

STAGE: Final = "compiling"

_HELPER: Final = (sys.executable, "-m", f"{__name__.rpartition('.')[0]}.compile_helper")

#: More helpers gain nothing: the largest kernel alone takes a third of the time.
_MOST_HELPERS: Final = 4
_LISTING: Final = 0.1  # share of the progress bar until the helpers know what there is to do
_POLL_SECONDS: Final = 0.1


def is_complete() -> bool:
    """Whether all kernels of these sources are in the cache."""
    return CACHE_FOLDER is not None and _marker(CACHE_FOLDER).exists()


def fill(report: Report, cpus: int) -> None:
    """Compiles what is missing, in as many processes as there are `cpus`; reports "compiling" from 0 to 1.

    Another process that fills the same cache is waited for. When this returns the cache may still lack kernels (a
    helper died, there is one CPU, or no cache folder): they are compiled when they are first called. What `report`
    raises passes through and ends the helpers.
    """
    report(STAGE, 0.0)
    if CACHE_FOLDER is not None and cpus > 1:
        with _alone(CACHE_FOLDER, report):
            if not is_complete() and _compile(min(cpus, _MOST_HELPERS), report):
                _marker(CACHE_FOLDER).touch()
    report(STAGE, 1.0)


def _marker(folder: Path) -> Path:
    return folder / "complete"


def _compile(helpers: int, report: Report) -> bool:
    """Whether the helpers have compiled everything."""
    begun = time.monotonic()
    work = _Work()
    drivers = [_Driver(work) for _ in range(helpers)]
    try:
        for driver in drivers:
            driver.start()
        while any(driver.is_alive() for driver in drivers):
            report(STAGE, work.progress)
            time.sleep(_POLL_SECONDS)
    finally:
        for driver in drivers:
            driver.stop()
    done = work.is_done
    if done:
        log.info("kernels compiled in %.1f s", time.monotonic() - begun)
    else:
        log.warning("the helpers that compile kernels failed; kernels are compiled one after another")
    return done


class _Work:
    """What is to be compiled, by index, the costliest first; handed out to several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._costs: list[int] = []
        self._next = 0
        self._finished = 0
        self._spent = 0

    def listed(self, costs: list[int]) -> None:
        """A helper's list. All helpers make the same one."""
        with self._lock:
            if self._costs and costs != self._costs:
                raise ValueError("the helpers do not agree on what is to be compiled")
            self._costs = costs

    def take(self) -> int | None:
        with self._lock:
            if self._next == len(self._costs):
                return None
            self._next += 1
            return self._next - 1

    def finish(self, index: int) -> None:
        with self._lock:
            self._finished += 1
            self._spent += self._costs[index]

    @property
    def progress(self) -> float:
        """By cost, 0 to 1."""
        with self._lock:
            if not self._costs:
                return 0.0
            return _LISTING + (1 - _LISTING) * self._spent / sum(self._costs)

    @property
    def is_done(self) -> bool:
        with self._lock:
            return bool(self._costs) and self._finished == len(self._costs)


class _Driver(threading.Thread):
    """Starts one helper and gives it one entry after another."""

    def __init__(self, work: _Work) -> None:
        super().__init__(name="compile-helper", daemon=True)
        self._work = work
        # Its own session: a Ctrl-C in the terminal reaches us alone. It ends with us, as its input does.
        self._process = subprocess.Popen(
            _HELPER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._work.listed(json.loads(self._process.stdout.readline()))
            while (index := self._work.take()) is not None:
                self._process.stdin.write(f"{index}\n")
                self._process.stdin.flush()
                self._work.finish(int(self._process.stdout.readline()))
        except (OSError, ValueError) as error:  # it died, or was stopped
            log.debug("a compile helper ended: %s", error)
        finally:
            self._process.kill()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self.is_alive():
            self.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what it no longer read
                if pipe is not None:
                    pipe.close()


@contextmanager
def _alone(folder: Path, report: Report) -> Iterator[None]:
    """Holds the cache's lock, which the system lets go of if this process dies."""
    if sys.platform == "win32":  # no such locks: two processes may do the same work, which harms nothing
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                report(STAGE, 0.0)
                time.sleep(_POLL_SECONDS)
        yield
