"""One writer for a process that has many callers: gathers what waits, commits it together, then yields.

SQLite has one write lock for all processes. Callers that each take it make the workers' heartbeats wait (up to 3 s
were measured); one thread that commits in groups and then leaves the lock alone for a moment does not.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from flashreel.jobs.database import Database

T = TypeVar("T")

_GROUP = 64
_YIELD_SECONDS = 0.001  # at least, and
_LONGEST_YIELD_SECONDS = 0.02


class Writer:
    """Runs callables in write transactions, many to a commit. A future is done only once its commit is on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[tuple[Callable[[sa.Connection], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[sa.Connection], T]) -> Future[T]:
        """`work(connection)` inside a savepoint: its exception undoes it alone and comes out of the future.

        Where the store itself fails, its whole group is undone and hears so."""
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return future

    def close(self) -> None:
        """Commits what waits, then ends."""
        self._waiting.put(None)
        self._thread.join()

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

    def _commit(self, group: list[tuple[Callable[[sa.Connection], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._database.transaction() as connection:
                for work, future in group:
                    savepoint = connection.begin_nested()
                    try:
                        result = work(connection)
                        savepoint.commit()
                    except sa.exc.DBAPIError as error:
                        if not isinstance(error, sa.exc.IntegrityError):
                            # A full disk, say. SQLite may have rolled back the whole transaction, savepoints and all:
                            # nothing of the group is kept, and none of it may be said to be.
                            raise
                        savepoint.rollback()
                        done.append((future, error))
                    except Exception as error:
                        savepoint.rollback()
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
