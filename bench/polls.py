"""`python -m bench.polls`: polls a second of one server, and what the database has to do for them, when each poll reads
for itself and when polls share snapshots (`api/snapshots.py`); on SQLite and on PostgreSQL.

The application is called in this process, without a network: what a poll costs beyond it is the same either way. Every
caller polls a job of its own, again and again, `--pause` seconds after each answer. What one read of all live jobs
costs is printed too: a server that kept them all in memory would have to do that twice a second.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from tests.support.postgres import postgres
from tests.support.store import a_spec

from flashreel.api.app import create_app
from flashreel.api.snapshots import Poll, Seen, Snapshots, read
from flashreel.api.state import Life, State
from flashreel.jobs import keys, store
from flashreel.jobs.database import Database
from flashreel.jobs.schema import LIVE
from flashreel.settings import load_settings

_MODEL = {"ratios": {"16:9": [160, 90]}}


class Alone(Snapshots):
    """Every poll reads a snapshot of its own, at once."""

    async def see(self, poll: Poll) -> Seen:
        return read(self._database, [poll])[poll]


class Counted:
    """Counts what a Database is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0
        sa.event.listen(database._engine, "begin", self._count)

    def _count(self, _connection: sa.Connection) -> None:
        self.transactions += 1

    def active_ms(self) -> float:
        """PostgreSQL's own count, written down by each session once it is idle for a second."""
        if not self._database.is_shared:
            return 0.0
        time.sleep(1.5)
        with self._database.transaction() as connection:
            query = "SELECT active_time FROM pg_stat_database WHERE datname = current_database()"
            return float(connection.scalar(sa.text(query)) or 0.0)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--jobs", type=int, default=2000, help="live jobs (default 2000)")
    arguments.add_argument("--callers", type=int, default=200, help="callers at once (default 200)")
    arguments.add_argument("--pause", type=float, default=0.0, help="seconds between a caller's polls (default 0)")
    arguments.add_argument("--seconds", type=float, default=5.0, help="length of each run (default 5)")
    given = arguments.parse_args()
    print(f"{'store':<12}{'polls':<12}{'polls/s':>9}{'ms, median':>12}{'ms, 99 %':>10}{'transactions/s':>16}", end="")
    print(f"{'database ms/s':>15}{'our CPU ms/s':>14}")
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        for name, place in (("SQLite", ""), ("PostgreSQL", url)):
            bench(name, Path(folder), place, given)


def bench(name: str, folder: Path, url: str, given: argparse.Namespace) -> None:
    settings = load_settings(
        flags={"data": folder, "models": {"tiny": _MODEL}, "workers": 0, "database_url": url, "max_queue": 10**6}
    )
    with closing(Database(settings.database)) as database:
        database.migrate()
        with database.transaction() as connection:
            key, secret = keys.create_key(connection, "bench", 10**15)
            spec = a_spec()
            made = [
                store.submit(connection, key.id, spec, dialect="segmind", engine="animatic", price=1)
                for _ in range(given.jobs)
            ]
    ids = [job.id for job in made if job is not None]
    app = create_app(settings, life=Life(), warmed_up=True)
    state: State = app.state.flashreel
    counted = Counted(state.database)
    for way, snapshots in (("alone", Alone(state.database)), ("shared", Snapshots(state.database))):
        state.snapshots = snapshots
        before = counted.active_ms()
        begun, times, cpu = counted.transactions, list[float](), _cpu()
        start = time.perf_counter()
        asyncio.run(_poll(app, ids, secret, given, times))
        seconds = time.perf_counter() - start
        cpu, done = _cpu() - cpu, counted.transactions - begun
        active = counted.active_ms() - before
        times.sort()
        print(f"{name:<12}{way:<12}{len(times) / seconds:>9.0f}{times[len(times) // 2] * 1e3:>12.1f}", end="")
        print(f"{times[len(times) * 99 // 100] * 1e3:>10.1f}{done / seconds:>16.0f}", end="")
        print(f"{active / seconds if url else float('nan'):>15.0f}{cpu / seconds * 1e3:>14.0f}", flush=True)
    with _timed() as spent, state.database.reading() as connection:
        rows = [store.read_job(row) for row in connection.execute(store.select_jobs().where(LIVE))]
    print(f"{name}: all {len(rows)} live jobs read at once: {spent[0] * 1e3:.0f} ms")
    state.writer.close()
    state.database.close()


async def _poll(app: FastAPI, ids: list[str], secret: str, given: argparse.Namespace, times: list[float]) -> None:
    end = time.perf_counter() + given.seconds

    async def caller(number: int) -> None:
        job_id = ids[number % len(ids)]
        await asyncio.sleep(given.pause * number / given.callers)
        while (begun := time.perf_counter()) < end:
            await _status(app, job_id, secret)
            times.append(time.perf_counter() - begun)
            await asyncio.sleep(given.pause)

    await asyncio.gather(*(caller(number) for number in range(given.callers)))


async def _status(app: FastAPI, job_id: str, secret: str) -> None:
    statuses: list[int] = []
    path = f"/v2/requests/{job_id}/status"
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "scheme": "http", "query_string": b""}
    headers = [(b"host", b"127.0.0.1"), (b"x-api-key", secret.encode())]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    whence = {"raw_path": path.encode(), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "http_version": "1.1"}
    await app({**scope, **whence, "headers": headers}, receive, send)
    assert statuses == [200]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextmanager
def _timed() -> Iterator[list[float]]:
    spent = [0.0]
    start = time.perf_counter()
    yield spent
    spent[0] = time.perf_counter() - start


if __name__ == "__main__":
    main()
