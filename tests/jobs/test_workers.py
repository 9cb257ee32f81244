"""Workers are believed as long as they speak."""

from __future__ import annotations

import sqlalchemy as sa

from flashreel.jobs import workers
from flashreel.jobs.database import Database
from flashreel.jobs.schema import workers as table
from flashreel.jobs.workers import SEEN_SECONDS, Worker, WorkerState
from tests.support.store import Clock


def report(database: Database, name: str, state: WorkerState = "idle", stage: str = "", progress: float = 0.0) -> None:
    with database.transaction() as connection:
        workers.report(connection, name, 17, "animatic", state, stage, progress)


def alive(database: Database) -> list[Worker]:
    with database.reading() as connection:
        return workers.list_workers(connection)


def test_a_worker_is_what_it_said_last(database: Database, clock: Clock) -> None:
    report(database, "w1", "warming", "loading", 0.5)
    report(database, "w1", "busy", "job")
    assert alive(database) == [Worker("w1", 17, "animatic", "busy", "job", 0.0, 0.0)]


def test_how_long_it_has_not_moved_is_told(database: Database, clock: Clock) -> None:
    def still() -> float:
        (worker,) = alive(database)
        return worker.still

    report(database, "w1", "warming", "loading", 0.5)
    clock.advance(4)
    report(database, "w1", "warming", "loading", 0.5)  # it speaks, and is where it was
    clock.advance(3)
    assert still() == 7
    report(database, "w1", "warming", "loading", 0.6)
    assert still() == 0
    clock.advance(1)
    report(database, "w1", "warming", "compiling", 0.6)
    assert still() == 0


def test_a_silent_worker_is_not_alive_and_is_forgotten(database: Database, clock: Clock) -> None:
    report(database, "w1")
    clock.advance(5)
    report(database, "w2")
    clock.advance(SEEN_SECONDS - 5)
    assert [worker.id for worker in alive(database)] == ["w1", "w2"]
    clock.advance(0.001)
    assert [worker.id for worker in alive(database)] == ["w2"]
    with database.transaction() as connection:
        workers.remove_unseen(connection)
        assert list(connection.scalars(sa.select(table.c.id))) == ["w2"]


def test_a_worker_of_another_boot_is_not_alive(database: Database, clock: Clock) -> None:
    report(database, "w1")
    clock.boot, clock.boot_name = 1.0, "boot-2"
    assert alive(database) == []


def test_a_worker_that_leaves_is_gone(database: Database, clock: Clock) -> None:
    report(database, "w1")
    report(database, "w2")
    with database.transaction() as connection:
        workers.remove(connection, "w1")
        workers.remove(connection, "nobody")
    assert [worker.id for worker in alive(database)] == ["w2"]


def test_only_who_is_idle_or_busy_can_take_jobs(database: Database, clock: Clock) -> None:
    states: list[WorkerState] = ["warming", "idle", "busy", "draining"]
    for state in states:
        report(database, state, state)
    assert {worker.id for worker in alive(database) if worker.can_take_jobs} == {"idle", "busy"}
