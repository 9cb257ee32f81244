"""One writer for a process that has many callers: gathers what waits, commits it together, then yields.

SQLite has one write lock for all processes. Callers that each take it make the workers' heartbeats wait (up to 3 s
were measured); one thread that commits in groups and then leaves the lock alone for a moment does not.
On PostgreSQL a few threads commit one by one: it gathers commits itself, and a group would hold the rows of all.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from flashreel.jobs.database import Database, is_conflict
from flashreel.jobs.observers import waiting_in

T = TypeVar("T")

_GROUP = 64
_YIELD_SECONDS = 0.001  # at least, and
_LONGEST_YIELD_SECONDS = 0.02

_SIDE_BY_SIDE = 4  # transactions on PostgreSQL
_TRIES = 5  # of a transaction that met another one
_AGAIN_SECONDS = 0.02


class Writer:
    """Runs callables in write transactions. A future is done only once its commit is on disk. On SQLite they run in the
    order they came, many to a commit; on PostgreSQL side by side, and again where one met another's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[tuple[Callable[[sa.Connection], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._pause = threading.Event()
        run, count = (self._run_alone, _SIDE_BY_SIDE) if database.is_shared else (self._run, 1)
        self._threads = [threading.Thread(target=run, name="writer", daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def write(self, work: Callable[[sa.Connection], T]) -> Future[T]:
        """`work(connection)`: its exception undoes it alone and comes out of the future.

        Where SQLite itself fails, the work's whole group is undone and hears so."""
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return future

    def close(self) -> None:
        """Commits what waits, then ends."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            last = False
            while len(group) < _GROUP:
                try:
                    item = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    last = True
                    break
                group.append(item)
            # From here on nobody can cancel them.
            begun = time.monotonic()
            self._commit([item for item in group if item[1].set_running_or_notify_cancel()])
            if last:
                return
            # As long as the commit took: whoever waits for the lock looks only now and then whether it is free.
            self._pause.wait(min(_LONGEST_YIELD_SECONDS, max(_YIELD_SECONDS, time.monotonic() - begun)))

    def _run_alone(self) -> None:
        while (item := self._waiting.get()) is not None:
            work, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = self._commit_alone(work)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

    def _commit_alone(self, work: Callable[[sa.Connection], T]) -> T:
        tries = 1
        while True:
            try:
                with self._database.transaction() as connection:
                    return work(connection)
            except sa.exc.OperationalError as error:
                if tries == _TRIES or not is_conflict(error):
                    raise
            time.sleep(random.uniform(0.5, 1.0) * tries * _AGAIN_SECONDS)  # let the other through
            tries += 1

    def _commit(self, group: list[tuple[Callable[[sa.Connection], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._database.transaction() as connection:
                afterwards = waiting_in(connection)
                for work, future in group:
                    savepoint = connection.begin_nested()
                    before = len(afterwards)
                    try:
                        result = work(connection)
                        savepoint.commit()
                    except sa.exc.DBAPIError as error:
                        if not isinstance(error, sa.exc.IntegrityError):
                            # A full disk, say. SQLite may have rolled back the whole transaction, savepoints and all:
                            # nothing of the group is kept, and none of it may be said to be.
                            raise
                        savepoint.rollback()
                        del afterwards[before:]
                        done.append((future, error))
                    except Exception as error:
                        savepoint.rollback()
                        del afterwards[before:]
                        # Also a refusal is said only after the commit: it may rest on what its group wrote.
                        done.append((future, error))
                    else:
                        done.append((future, result))
        except Exception as error:
            for _, future in group:
                with suppress(Exception):
                    future.set_exception(error)
            return
        for future, result in done:
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
