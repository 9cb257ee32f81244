"""What happens to the processes and the disk of a server in a bad hour, in an order said by the seed."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psutil

from flashreel.jobs.database import Database
from tests.support.chaos.disk import Disk
from tests.support.server import Server, is_alive, wait_for

#: One bag of deeds; it is emptied in random order, then filled again.
_BAG: Final = (
    *("kill worker",) * 3,
    *("stop worker",) * 4,
    *("kill api",) * 2,
    *("stop api", "kill keeper", "stop keeper", "kill serve", "stop serve", "end serve", "full disk", "little disk"),
)
#: Seconds until the next; what nobody can be served through is followed by time to be busy in.
_PAUSE: Final = {"api": (1.5, 4.0), "serve": (2.5, 5.0)}
_SHORT_PAUSE: Final = (0.3, 1.5)


class Takeovers(threading.Thread):
    """Measures how long the jobs of dead workers wait until another attempt begins, or they end."""

    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._open: dict[tuple[str, int], tuple[float, str]] = {}  # job and attempt: since when, and who died
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.worst: dict[str, float] = {}

    def held(self, worker: str | None = None) -> list[tuple[str, int]]:
        """The jobs and attempts in this worker's hands, or in any."""
        query = "SELECT id, attempt FROM jobs WHERE state = 'PROCESSING' AND coalesce(?, worker) = worker"
        with self._database.reading() as connection:
            return [(row.id, row.attempt) for row in connection.exec_driver_sql(query, (worker,))]

    def died(self, whose: str, held: list[tuple[str, int]]) -> None:
        """Their worker is dead since now; `whose` death that was is kept apart."""
        now = time.monotonic()
        with self._lock:
            self._open.update({job: (now, whose) for job in held if job not in self._open})

    def run(self) -> None:
        while not self._over.wait(0.05):
            with self._lock:
                waiting = dict(self._open)
            for (job_id, attempt), (since, whose) in waiting.items():
                with self._database.reading() as connection:
                    query = "SELECT attempt, finished_at FROM jobs WHERE id = ?"
                    row = connection.exec_driver_sql(query, (job_id,)).first()
                if row is None or row.attempt > attempt or row.finished_at is not None:
                    self.worst[whose] = max(self.worst.get(whose, 0.0), time.monotonic() - since)
                    with self._lock:
                        del self._open[job_id, attempt]

    def close(self) -> None:
        self._over.set()
        self.join()


class Killer:
    def __init__(self, server: Server, disk: Disk, takeovers: Takeovers, *, seed: int, longest_stop: float) -> None:
        self.done: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._server = server
        self._disk = disk
        self._takeovers = takeovers
        self._random = random.Random(seed)
        self._longest_stop = longest_stop
        self._bag: list[str] = []
        self._healing: list[tuple[float, Callable[[], None]]] = []

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self._bag:
                self._bag = self._random.sample(_BAG, len(_BAG))
            what = self._bag.pop()
            deed, _, whom = what.partition(" ")
            self.done[what] += 1
            if whom == "disk":
                self._fill(whole=deed == "full")
            elif deed == "stop":
                self._stop(whom)
            elif deed == "end":
                self._end()
            elif whom == "serve":
                self._kill_serve()
            else:
                self._kill(whom)
            self._sleep(self._random.uniform(*_PAUSE.get(whom, _SHORT_PAUSE)))

    def heal(self) -> None:
        """Undoes what can be undone, at once, and sees that the server runs."""
        for _, undo in self._healing:
            undo()
        self._healing.clear()
        if "serve" not in self._server.processes():
            self._start()

    # --- deeds

    def _kill(self, whom: str) -> None:
        if (process := self._pick(whom)) is None:
            return
        with suppress(psutil.NoSuchProcess):
            held = self._takeovers.held(process.cmdline()[-1]) if whom == "worker" else []
            process.kill()
            self._takeovers.died("worker", held)

    def _stop(self, whom: str) -> None:
        if (process := self._pick(whom)) is None:
            return

        def go_on() -> None:
            with suppress(psutil.NoSuchProcess):
                process.resume()

        with suppress(psutil.NoSuchProcess):
            process.suspend()
            self._later(self._random.uniform(2.0, self._longest_stop), go_on)

    def _kill_serve(self) -> None:
        before = self._server.processes()
        if "serve" not in before:
            return
        held = self._takeovers.held()
        self._server.signal(signal.SIGKILL)
        self._server.wait_end()
        self._takeovers.died("serve", held)
        try:
            wait_for(lambda: not any(is_alive(process) for process in before.values()), 5)
        except TimeoutError:
            left = [name for name, process in before.items() if is_alive(process)]
            self.complaints.append(f"left behind by a killed supervisor: {left}")
        self._sleep(self._random.uniform(0.0, 1.0))
        self._start()

    def _end(self) -> None:
        """SIGTERM or SIGINT and the next start, as a deploy does."""
        if (serve := self._pick("serve")) is None:
            return
        serve.resume()
        self._server.signal(self._random.choice([signal.SIGTERM, signal.SIGINT]))
        end = time.monotonic() + 20
        while is_alive(serve):
            self._sleep(0.1)
            if time.monotonic() > end:
                self.complaints.append("serve did not end within 20 s")
                self._server.signal(signal.SIGKILL)
                break
        if (status := self._server.wait_end()) not in (0, -signal.SIGKILL):
            self.complaints.append(f"serve ended with status {status}")
        self._start()

    def _fill(self, *, whole: bool) -> None:
        try:
            self._disk.free()  # from the last time, perhaps
            self._disk.fill(whole=whole)
        except OSError as error:
            self.complaints.append(f"the disk could not be filled: {error}")
        self._later(self._random.uniform(2.0, 4.0), self._disk.free)

    # --- means

    def _pick(self, whom: str) -> psutil.Process | None:
        """One of them; of the workers one that has a job, where there is one."""
        found = [process for name, process in sorted(self._server.processes().items()) if name.startswith(whom)]
        with suppress(psutil.NoSuchProcess):
            busy = [process for process in found if whom == "worker" and self._takeovers.held(process.cmdline()[-1])]
            found = busy or found
        return self._random.choice(found) if found else None

    def _later(self, seconds: float, undo: Callable[[], None]) -> None:
        self._healing.append((time.monotonic() + seconds, undo))

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            for due, undo in list(self._healing):
                if due <= now:
                    undo()
                    self._healing.remove((due, undo))
            if now >= end:
                return
            time.sleep(min(0.05, end - now))

    def _start(self) -> None:
        """Starts the server, again and again where a full disk ends it."""
        end = time.monotonic() + 60
        while True:
            self._server.launch()
            while not self._server.is_listening():
                self._sleep(0.05)
                with suppress(subprocess.TimeoutExpired):
                    self._server.wait_end(0.01)
                    break
            else:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"the server does not start\n{self._server.log[-2000:]}")
            self._sleep(0.3)
