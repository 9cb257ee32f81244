"""What happens to the processes, the disk and the database of servers in a bad hour, in an order said by the seed."""

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
import sqlalchemy as sa

from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs
from tests.support.chaos.stage import Stage
from tests.support.server import Server, is_alive, wait_for

#: Seconds until the next; what nobody can be served through is followed by time to be busy in.
_PAUSE: Final = {"api": (1.5, 4.0), "serve": (2.5, 5.0), "database": (2.5, 5.0)}
_SHORT_PAUSE: Final = (0.3, 1.5)
#: The longest that a database hangs: what waits for it is to go on, not to give up.
_LONGEST_HANG: Final = 6.0


class Takeovers(threading.Thread):
    """Measures how long the jobs of dead workers wait until another attempt begins, or they end."""

    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._open: dict[tuple[str, int], tuple[float, str]] = {}  # job and attempt: since when, and who died
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.worst: dict[str, float] = {}

    def held(self, worker: str) -> list[tuple[str, int]]:
        """The jobs and attempts in this worker's hands."""
        query = sa.select(jobs.c.id, jobs.c.attempt).where(jobs.c.state == "PROCESSING", jobs.c.worker == worker)
        with suppress(sa.exc.OperationalError), self._database.reading() as connection:
            return [(row.id, row.attempt) for row in connection.execute(query)]
        return []  # it is away, or was just now

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
                query = sa.select(jobs.c.attempt, jobs.c.finished_at).where(jobs.c.id == job_id)
                try:
                    with self._database.reading() as connection:
                        row = connection.execute(query).first()
                except sa.exc.OperationalError:  # it is away
                    break
                if row is None or row.attempt > attempt or row.finished_at is not None:
                    self.worst[whose] = max(self.worst.get(whose, 0.0), time.monotonic() - since)
                    with self._lock:
                        del self._open[job_id, attempt]

    def close(self) -> None:
        self._over.set()
        self.join()


class Killer:
    """One deed after another out of the stage's bag, which is emptied in random order, then filled again."""

    def __init__(self, stage: Stage, takeovers: Takeovers, *, seed: int, longest_stop: float) -> None:
        self.done: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._stage = stage
        self._database_is_away = False
        self._takeovers = takeovers
        self._random = random.Random(seed)
        self._longest_stop = longest_stop
        self._bag: list[str] = []
        self._healing: list[tuple[float, Callable[[], None]]] = []

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self._bag:
                self._bag = self._random.sample(self._stage.bag, len(self._stage.bag))
            what = self._bag.pop()
            deed, _, whom = what.partition(" ")
            self.done[what] += 1
            if whom == "disk":
                self._fill(whole=deed == "full")
            elif deed == "cut":
                self._cut(some=whom == "some")
            elif whom == "database":
                self._take_away(deed)
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
        """Undoes what can be undone, at once, and sees that all hosts run."""
        for _, undo in self._healing:
            undo()
        self._healing.clear()
        for host in self._stage.hosts:
            if "serve" not in host.processes():
                self._start(host)

    # --- deeds

    def _kill(self, whom: str) -> None:
        if (process := self._pick(whom)) is None:
            return
        with suppress(psutil.NoSuchProcess):
            held = self._held(process) if whom == "worker" else []
            process.kill()
            self._takeovers.died("worker", held)

    def _stop(self, whom: str) -> None:
        if (process := self._pick(whom)) is not None:
            self._suspend([process], self._longest_stop)

    def _suspend(self, processes: list[psutil.Process], longest: float) -> None:
        def go_on() -> None:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        self._later(self._random.uniform(2.0, longest), go_on)

    def _kill_serve(self) -> None:
        host = self._random.choice(self._stage.hosts)
        before = host.processes()
        if "serve" not in before:
            return
        held = [job for name, process in before.items() if name.startswith("worker") for job in self._held(process)]
        host.signal(signal.SIGKILL)
        host.wait_end()
        self._takeovers.died("serve", held)
        try:
            wait_for(lambda: not any(is_alive(process) for process in before.values()), 30)
        except TimeoutError:
            left = [name for name, process in before.items() if is_alive(process)]
            self.complaints.append(f"left behind by a killed supervisor: {left}")
        self._sleep(self._random.uniform(0.0, 1.0))
        self._start(host)

    def _end(self) -> None:
        """SIGTERM or SIGINT and the next start, as a deploy does, host by host."""
        host = self._random.choice(self._stage.hosts)
        processes = host.processes()
        if "serve" not in processes or len(processes) == 1:  # before it has children it has no handlers either
            return
        serve = processes["serve"]
        serve.resume()
        host.signal(self._random.choice([signal.SIGTERM, signal.SIGINT]))
        end = time.monotonic() + 60
        while is_alive(serve):
            self._sleep(0.1)
            if time.monotonic() > end:
                self.complaints.append("serve did not end within 60 s")
                host.signal(signal.SIGKILL)
                break
        if (status := host.wait_end()) not in (0, -signal.SIGKILL):
            self.complaints.append(f"serve ended with status {status}")
        self._start(host)

    def _fill(self, *, whole: bool) -> None:
        disk = self._stage.disk
        assert disk is not None
        try:
            disk.free()  # from the last time, perhaps
            disk.fill(whole=whole)
        except OSError as error:
            self.complaints.append(f"the disk could not be filled: {error}")
        self._later(self._random.uniform(2.0, 4.0), disk.free)

    def _take_away(self, deed: str) -> None:
        """The database: killed, ended in one of its own ways, or stopped, and back after a while."""
        database = self._stage.postgresql
        assert database is not None
        if self._database_is_away:
            return
        self._database_is_away = True
        if deed == "stop":
            self._suspend([database.process, *database.process.children()], _LONGEST_HANG)
        else:
            {"kill": database.kill, "end": self._random.choice([database.stop, database.crash])}[deed]()
            self._later(self._random.uniform(0.0, 4.0), database.launch)
        self._later(_LONGEST_HANG, self._is_back)

    def _is_back(self) -> None:
        self._database_is_away = False

    def _cut(self, *, some: bool) -> None:
        """Connections to the database: all of them, or each with even odds."""
        database = self._stage.postgresql
        assert database is not None
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        ended += " AND pid <> pg_backend_pid()" + " AND random() < 0.5" * some
        if not self._database_is_away:
            with suppress(sa.exc.OperationalError), database.administrator() as connection:  # it still recovers
                connection.execute(sa.text(ended))

    # --- means

    def _pick(self, whom: str) -> psutil.Process | None:
        """One of them, of any host; of the workers one that has a job, where there is one."""
        names = [(name, process) for host in self._stage.hosts for name, process in sorted(host.processes().items())]
        found = [process for name, process in names if name.startswith(whom)]
        busy = [process for process in found if whom == "worker" and self._held(process)]
        return self._random.choice(busy or found) if found else None

    def _held(self, worker: psutil.Process) -> list[tuple[str, int]]:
        """What it has in hand; nothing is known of that while the database is away, which may be stopped by us."""
        if self._database_is_away:
            return []
        with suppress(psutil.NoSuchProcess):
            return self._takeovers.held(worker.cmdline()[-1])
        return []

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

    def _start(self, host: Server) -> None:
        """Starts the host, again and again where a full disk or a database that is away ends it."""
        end = time.monotonic() + 60
        while True:
            host.launch()
            while not host.is_listening():
                self._sleep(0.05)
                with suppress(subprocess.TimeoutExpired):
                    host.wait_end(0.01)
                    break
            else:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"the server does not start\n{host.log[-2000:]}")
            self._sleep(0.3)
