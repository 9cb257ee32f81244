"""Who is told what happens in the store, without the store knowing them: logs and metrics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, Protocol

import sqlalchemy as sa

Happening = Literal["accepted", "started", "completed", "failed", "cancelled", "given back"]

_AFTERWARDS: Final = "flashreel_afterwards"


class Observer(Protocol):
    def transacted(self, kind: Literal["read", "write"], seconds: float) -> None:
        """A transaction ended, well or not, `seconds` after its begin."""

    def happened(self, what: Happening, job_id: str, facts: dict[str, Any]) -> None:
        """Something happened to a job, and is committed."""


#: Those of this process. Told on the thread that does the work: they are quick and raise nothing.
observers: Final[list[Observer]] = []


def open_transaction(connection: sa.Connection) -> list[Callable[[], None]]:
    """What is to be called once this transaction, which begins now, is committed."""
    waiting: list[Callable[[], None]] = []
    connection.info[_AFTERWARDS] = waiting
    return waiting


def waiting_in(connection: sa.Connection) -> list[Callable[[], None]]:
    """What `open_transaction` returned: whoever rolls back to a savepoint takes out what came since."""
    found: list[Callable[[], None]] = connection.info.get(_AFTERWARDS, [])
    return found


def happened(connection: sa.Connection, what: Happening, job_id: str, **facts: Any) -> None:
    """Tells all observers, once this transaction is committed."""
    if observers:
        waiting_in(connection).append(partial(_tell, what, job_id, facts))


def _tell(what: Happening, job_id: str, facts: dict[str, Any]) -> None:
    for observer in observers:
        observer.happened(what, job_id, facts)


def transacted(kind: Literal["read", "write"], seconds: float) -> None:
    for observer in observers:
        observer.transacted(kind, seconds)
