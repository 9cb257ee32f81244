"""The supervisor's own parts. The tree itself is tested with real processes, in tests/chaos."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest
import sqlalchemy as sa

from flashreel import process
from flashreel import supervisor as supervisor_module
from flashreel.errors import SetupError
from flashreel.jobs import leases, workers
from flashreel.jobs.database import Database
from flashreel.jobs.leases import Claim
from flashreel.jobs.schema import jobs
from flashreel.jobs.workers import WorkerState
from flashreel.settings import load_settings
from flashreel.supervisor import Supervisor, bind
from tests.support.store import (
    CREDITS,
    Clock,
    claim,
    claimed,
    complete,
    credits_of,
    get,
    new_key,
    open_database,
    submit,
)


def test_a_free_port_is_listened_on() -> None:
    with bind("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        with socket.create_connection((host, port), timeout=60):
            pass


def test_a_port_that_is_taken_is_named() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SetupError, match=rf"^port {port} on 127\.0\.0\.1 cannot be had .* choose another --port$"):
            bind("127.0.0.1", port)


def test_a_port_is_free_again_once_it_is_closed() -> None:
    host = "127.0.0.9"  # where nobody else takes it meanwhile
    with bind(host, 0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((host, port), timeout=60):
            listener.accept()[0].close()
    bind(host, port).close()


def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(SetupError, match=r"^the host '256\.1\.1\.1' cannot be listened on"):
        bind("256.1.1.1", 0)


def test_what_a_dead_worker_held_is_given_back(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    job_id = submit(database, new_key(database)).id
    claimed(database, "w1")
    with bind("127.0.0.1", 0) as listener:
        supervisor = Supervisor(load_settings(flags={"data": tmp_path}), listener)
        supervisor._give_back("w1", lost=True)
    assert get(database, job_id).state == "QUEUED"
    database.close()


def test_a_store_that_fails_does_not_end_the_process_tree(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as listener:
        supervisor = Supervisor(load_settings(flags={"data": tmp_path / "nowhere"}), listener)
        supervisor._give_back("w1", lost=True)


def test_what_a_dead_worker_was_writing_goes_and_what_others_write_stays(watch: Watch) -> None:
    supervisor = watch.supervisor
    with supervisor._temporary.opened():
        half, others = supervisor._temporary.path / "worker1", supervisor._temporary.path / "worker2"
        for folder in (half, others):
            folder.mkdir()
            (folder / f"{'0' * 32}-1.mp4").write_bytes(b"half a video")
        assert watch.worker.process is not None
        watch.worker.process.kill()
        watch.worker.process.wait()
        supervisor._reap()
        assert list(half.iterdir()) == []
        assert half.stat().st_mode & 0o777 == 0o700
        assert len(list(others.iterdir())) == 1


# --- the watchdog


class Watch:
    """A supervisor whose only worker is a process that sleeps, and the clocks it looks at."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.database = open_database(folder)
        self.key = new_key(self.database)
        self._listener = bind("127.0.0.1", 0)
        settings = load_settings(flags={"data": folder, "deadline": 100, "stall": 20})
        self.supervisor = Supervisor(settings, self._listener)
        self.worker = self.supervisor._workers[0]
        self._start()

    def _start(self) -> None:
        self.worker.starts += 1
        self.worker._started = self.clock.boot
        self.worker.process = subprocess.Popen(["sleep", "600"], stdin=subprocess.PIPE)

    def passes(self, seconds: float) -> None:
        """Time passes, and the watchdog looks all the while."""
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.supervisor._watch()

    def lives(self) -> bool:
        return self.worker.alive

    def says(self, state: WorkerState, progress: float = 0.0) -> None:
        with self.database.transaction() as connection:
            workers.report(connection, self.worker.name, 1, "animatic", state, "stage", progress)

    def works(self, taken: Claim, progress: float) -> None:
        self.says("busy")
        with self.database.transaction() as connection:
            assert leases.renew(connection, taken, "rendering", progress) is not None

    def close(self) -> None:
        if self.worker.process is not None:
            assert self.worker.process.stdin is not None
            self.worker.process.stdin.close()
            self.worker.process.kill()
            self.worker.process.wait()
        self._listener.close()
        self.database.close()


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    clock = Clock()
    clock.install(monkeypatch)
    monkeypatch.setattr(supervisor_module, "boot_seconds", lambda: clock.boot)
    # The age of a child too: what a test itself takes is nothing.
    monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: clock.boot))
    watch = Watch(tmp_path, clock)
    yield watch
    watch.close()


def lost(database: Database, job_id: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(sa.select(jobs.c.lost).where(jobs.c.id == job_id)).scalar_one())


def test_a_worker_past_its_jobs_deadline_is_killed_and_the_job_fails(watch: Watch) -> None:
    job_id = submit(watch.database, watch.key).id
    taken = claimed(watch.database, watch.worker.name)
    for step in range(11):
        assert watch.lives()
        watch.works(taken, step / 11)
        watch.passes(10)
    assert not watch.lives()
    job = get(watch.database, job_id)
    assert (job.state, job.error_code, job.cost) == ("FAILED", "deadline_exceeded", 0)
    assert job.error == "the video was not finished within 100 s"
    watch.supervisor._reap()
    assert credits_of(watch.database, watch.key) == CREDITS
    assert claim(watch.database) is None


def test_a_worker_whose_job_does_not_move_is_killed_and_the_job_is_made_elsewhere(watch: Watch) -> None:
    job_id = submit(watch.database, watch.key).id
    taken = claimed(watch.database, watch.worker.name)
    watch.works(taken, 0.3)
    for _ in range(2):
        watch.passes(9)
        watch.works(taken, 0.3)  # its lease is kept: only the work stands still
    assert watch.lives()
    watch.passes(3)
    assert not watch.lives()
    watch.supervisor._reap()
    assert get(watch.database, job_id).state == "QUEUED"
    assert lost(watch.database, job_id) == 1
    again = claimed(watch.database, "another")
    assert again.attempt == 2
    assert complete(watch.database, again)


def test_a_worker_that_moves_is_left_alone(watch: Watch) -> None:
    submit(watch.database, watch.key)
    taken = claimed(watch.database, watch.worker.name)
    for step in range(9):
        watch.works(taken, step / 10)
        watch.passes(10)
    assert watch.lives()


def test_a_warm_up_that_does_not_move_is_killed(watch: Watch) -> None:
    for progress in (0.1, 0.2, 0.3):
        watch.says("warming", progress)
        watch.passes(10)
    watch.says("warming", 0.3)
    watch.passes(9)
    assert watch.lives()
    watch.says("warming", 0.3)
    watch.passes(3)
    assert not watch.lives()


def test_an_idle_worker_may_be_idle_for_ever(watch: Watch) -> None:
    for _ in range(10):
        watch.says("idle")
        watch.passes(10)
    assert watch.lives()


def test_a_worker_that_says_nothing_at_all_is_killed(watch: Watch) -> None:
    """Stopped by a signal, or hung before its first word."""
    watch.passes(55)  # to start takes its time, however little `stall` is
    assert watch.lives()
    watch.passes(6)
    assert not watch.lives()


def test_a_store_that_takes_nothing_is_not_the_workers_fault(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(watch.supervisor._database, "check_writable", full)
    watch.passes(100)
    assert watch.lives()


def test_after_a_sleep_of_the_host_workers_are_let_wake_up_first(watch: Watch) -> None:
    watch.says("idle")
    watch.passes(2)
    watch.clock.advance(3600)
    watch.supervisor._watch()
    watch.passes(10)
    assert watch.lives()
    watch.says("idle")
    watch.passes(10)
    assert watch.lives()


def test_after_an_outage_of_the_store_workers_may_first_say_that_they_moved(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> NoReturn:
        raise sa.exc.OperationalError(None, None, ConnectionError("away"))

    submit(watch.database, watch.key)
    taken = claimed(watch.database, watch.worker.name)
    watch.works(taken, 0.3)
    with monkeypatch.context() as patch:
        patch.setattr(watch.supervisor._database, "reading", away)
        watch.passes(30)
    watch.passes(10)
    assert watch.lives()
    watch.works(taken, 0.4)
    watch.passes(19)
    assert watch.lives()
    watch.passes(3)
    assert not watch.lives()


def test_a_worker_that_is_not_ours_is_not_watched(watch: Watch) -> None:
    submit(watch.database, watch.key)
    claimed(watch.database, "somebody-elses")
    for _ in range(20):
        watch.says("idle")
        watch.passes(10)
    assert watch.lives()
