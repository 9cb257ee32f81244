"""How PostgreSQL is reached: what a connection to it may wait for, and what becomes of one that waits in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import psycopg
import sqlalchemy as sa
import structlog

T = TypeVar("T")

_of_thread = threading.local()

_log = structlog.get_logger(__name__)

BUSY_SECONDS: Final = 30  # the longest wait for another's lock
_GONE_SECONDS: Final = 5  # without a sign of the other host, in either direction
#: What somebody with callers of his own loses to a server that says nothing: once, then nobody waits any more.
READ_SECONDS: Final = 5.0
WRITE_SECONDS: Final = BUSY_SECONDS + 10.0  # longer than any lock is waited for
_ASK_SECONDS: Final = 0.25

#: Everything that a connection may be made to wait for ends: a host that is gone, another one's lock and, on the
#: server, a host of ours that is gone or stopped in the middle of a transaction. With its connection go its locks.
_LIMITS: Final[dict[str, Any]] = {
    "connect_timeout": _GONE_SECONDS,
    "tcp_user_timeout": _GONE_SECONDS * 1000,
    "keepalives_idle": _GONE_SECONDS,
    "keepalives_interval": 1,
    "keepalives_count": _GONE_SECONDS,
    "options": " ".join(
        f"-c {name}={value}"
        for name, value in {
            "lock_timeout": f"{BUSY_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{BUSY_SECONDS}s",
            "tcp_user_timeout": f"{2 * _GONE_SECONDS}s",
            "tcp_keepalives_idle": f"{_GONE_SECONDS}s",
            "tcp_keepalives_interval": "1s",
            "tcp_keepalives_count": str(_GONE_SECONDS),
        }.items()
    ),
}


def options(url: sa.URL) -> dict[str, Any]:
    """The arguments of the engine. What the URL says itself wins."""
    return {
        "connect_args": {name: value for name, value in _LIMITS.items() if name not in url.query},
        "pool_size": 4,
        "max_overflow": 12,
        # A connection that a restart of the server ended is replaced unseen. This costs a round trip for every
        # transaction; to send a read again instead would need the whole of what was read with the connection.
        "pool_pre_ping": True,
    }


class Outage:
    """Whether the server has kept somebody `patient` waiting in vain: a host or a network that is gone, a server that
    hangs. From then on everything is refused at once, until a thread has found the server answering again.

    A server that refuses connections is no such outage: that is said in no time, and so is that it takes them again.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._dial: Callable[[], psycopg.Connection[Any]] | None = None
        self._on = False
        self._over = threading.Event()
        self._lock = threading.Lock()
        sa.event.listen(engine, "do_connect", self._connect)

    @contextmanager
    def patient(self, *, writes: bool) -> Iterator[None]:
        """What this thread does inside waits READ_SECONDS or WRITE_SECONDS for a connection and for each answer of the
        server: then it is an outage, and OperationalError. During an outage that is raised at once."""
        self._check()
        before = _patience()
        _of_thread.patience = WRITE_SECONDS if writes else READ_SECONDS
        try:
            yield
        finally:
            _of_thread.patience = before

    def close(self) -> None:
        """Asks no more."""
        self._over.set()

    def _check(self) -> None:
        if self._on:
            raise sa.exc.OperationalError(None, None, psycopg.OperationalError("the server does not answer"))

    def begin(self, seconds: float) -> None:
        """Notes that the server did not answer for `seconds`."""
        with self._lock:
            if self._on:
                return
            self._on = True
        _log.error("PostgreSQL does not answer", seconds=seconds)
        threading.Thread(target=self._ask, name="outage", daemon=True).start()

    def _ask(self) -> None:
        assert self._dial is not None
        while not self._over.wait(_ASK_SECONDS):
            try:
                self._dial().close()
            except psycopg.Error:
                continue
            self._on = False
            _log.warning("PostgreSQL answers again")
            return

    def _connect(self, _dialect: object, _record: object, arguments: list[Any], more: dict[str, Any]) -> Any:
        def dial() -> psycopg.Connection[Any]:
            made = _Connection.connect(*arguments, **more)
            made.outage = self
            return made

        self._dial = dial
        if (patience := _patience()) is None:
            return dial()
        self._check()
        # In a thread: what takes its time may also be the look-up of the host's name, which nothing bounds.
        connecting: Future[psycopg.Connection[Any]] = Future()
        threading.Thread(target=_fulfil, args=(connecting, dial), name="connect", daemon=True).start()
        try:
            return connecting.result(patience)
        except TimeoutError:
            connecting.add_done_callback(_close_late)
            self.begin(patience)
            raise psycopg.OperationalError(f"no connection within {patience:g} s") from None


class _Connection(psycopg.Connection[Any]):
    """One that keeps nobody waiting for longer than his patience, and is closed then."""

    outage: Outage

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **more: Any) -> T:
        if (patience := _patience()) is None:
            return super().wait(gen, *arguments, **more)
        try:
            return super().wait(_bounded(gen, time.monotonic() + patience), *arguments, **more)
        except TimeoutError:
            self.outage.begin(patience)
            self.pgconn.finish()  # without a last word, which would have to be waited for
            raise psycopg.OperationalError(f"no answer within {patience:g} s") from None


def _bounded(gen: Generator[Any, Any, T], end: float) -> Generator[Any, Any, T]:
    """`gen`, which psycopg drives, asking it now and then also when nothing has come. Raises TimeoutError when that is
    so after `end`."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > end:
                raise TimeoutError
            wanted = gen.send(ready)
    except StopIteration as stop:
        value: T = stop.value
        return value


def _patience() -> float | None:
    seconds: float | None = getattr(_of_thread, "patience", None)
    return seconds


def _fulfil(future: Future[T], work: Callable[[], T]) -> None:
    try:
        result = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _close_late(connecting: Future[psycopg.Connection[Any]]) -> None:
    with suppress(psycopg.Error):
        connecting.result().close()


def mend_error(context: sa.engine.ExceptionContext) -> None:
    """Takes out of the driver's error what PostgreSQL quotes of the row in its DETAIL: errors are logged.

    And OperationalError is what callers take for an outage, and try again: also where the driver thinks otherwise of a
    server that has become a standby (25006) or ended a transaction for its idleness (25P03)."""
    orig, wrapped = context.original_exception, context.sqlalchemy_exception
    primary = getattr(getattr(orig, "diag", None), "message_primary", None)
    if primary and isinstance(wrapped, sa.exc.DBAPIError):
        wrapped.args = (f"({type(orig).__module__}.{type(orig).__name__}) {primary}",)
        orig.args = (primary,)
    if isinstance(wrapped, sa.exc.InternalError) and getattr(orig, "sqlstate", None) in ("25006", "25P03"):
        raise sa.exc.OperationalError(
            wrapped.statement, None, orig, hide_parameters=True, connection_invalidated=wrapped.connection_invalidated
        ) from orig
