"""The process tree of `serve`: one api child, N workers, one keeper; restarted when they die, stopped in order.
That of `worker` has the workers alone.

SIGTERM drains: no new jobs, polls and files still answered, running jobs get `grace` seconds. SIGINT, or a second
SIGTERM: stop now; jobs in hand go back to the queue and all is over within five seconds.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

import sqlalchemy.exc
import structlog

from flashreel.errors import SetupError
from flashreel.fleet.local import local_workers, told
from flashreel.jobs import ending, leases, workers
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.database import Database
from flashreel.process import Child
from flashreel.sandbox import TemporaryFolder, make_private
from flashreel.settings import Settings
from flashreel.telemetry import events, exposition, metrics

_log = structlog.get_logger(__name__)

_TICK_SECONDS = 0.5
_SILENT_SECONDS = 60.0  # a worker may need to say its first word
_PAUSE_SECONDS = 10.0  # between two looks at the workers, where _TICK_SECONDS are meant
_STOP_SECONDS = 4.0  # for children to end by themselves; what is left is killed


def bind(host: str, port: int) -> socket.socket:
    """The listening socket. Raises SetupError, which names the port, when it is taken or cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SetupError(f"the host {host!r} cannot be listened on: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        # A port whose last connections still linger is free; one that somebody listens on is not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise SetupError(
            f"port {port} on {host} cannot be had ({error.strerror}); stop what uses it or choose another --port"
        ) from error
    return listener


class Supervisor:
    """Owns the socket and the children. Knows no engine and no web framework."""

    def __init__(self, settings: Settings, listener: socket.socket | None) -> None:
        """Without a `listener` it has workers alone: API and keeper are elsewhere."""
        self._settings = settings
        self._listener = listener
        self._database = Database(settings.database)
        self._temporary = TemporaryFolder(settings.scratch)
        said = told(settings, self._temporary.path)
        env = {**os.environ, "TMPDIR": str(self._temporary.path)}
        self._apis: list[Child] = []
        self._keepers: list[Child] = []
        if listener is not None:
            socket_fd = listener.fileno()
            payload = {"name": "api", "socket": socket_fd, **said}
            self._apis.append(Child(role="api", payload=payload, env=env, pass_fds=(socket_fd,)))
            self._keepers.append(Child(role="keeper", payload={"name": "keeper", **said}, env=env))
        self._workers = local_workers(settings, self._temporary.path)
        self._interrupts = 0
        self._terms = 0
        self._watched_at = boot_seconds()
        self._patient_until = 0.0
        self._blind = False
        """Whether the store could not be reached when the workers were looked at last."""

    @property
    def _children(self) -> list[Child]:
        return [*self._apis, *self._keepers, *self._workers]

    def run(self) -> None:
        """Runs until a signal says otherwise; afterwards no child is left."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop
        make_private(self._settings.data)
        try:
            with self._temporary.opened():
                self._count()
                if self._listener is not None:  # what is offered is the API's to say
                    self._fail_unservable()
                for child in self._workers:
                    self._temporary.renew(child.payload["name"])
                self._run(lambda seconds: _sleep(wake_read, seconds))
        finally:
            for child in self._children:
                child.signal(signal.SIGKILL)
            signal.set_wakeup_fd(-1)
            os.close(wake_read)
            os.close(wake_write)
            if self._listener is not None:
                self._listener.close()

    def _count(self) -> None:
        """Metrics and job events of this process; and those of all, where they have a port of their own."""
        metrics.begin(self._temporary.path / "metrics", "serve")
        events.begin(with_texts=self._settings.log_prompts)
        if self._settings.metrics_port:
            # A process of workers alone leaves it to the servers to say what is in the store that they share.
            stock = None if self._listener is None else exposition.Stock(self._database, self._settings.data)
            exposition.serve(self._settings, stock)

    def _fail_unservable(self) -> None:
        offered = [model.name for model in self._settings.catalogue]
        try:
            with self._database.transaction() as connection:
                ended = ending.fail_unservable(connection, offered, self._settings.retention)
        except sqlalchemy.exc.SQLAlchemyError as error:
            _log.warning("jobs for models no longer offered were not ended", error=str(error))
        else:
            if ended:
                _log.warning("jobs failed: their models are no longer offered", jobs=ended)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self._interrupts += 1
        else:
            self._terms += 1

    def _run(self, sleep: Callable[[float], None]) -> None:
        while not (self._interrupts or self._terms):
            for child in self._children:
                if child.start_if_due():
                    _log.info("started", child=child.name)
            sleep(min(_TICK_SECONDS, *(child.due_in for child in self._children)))
            self._reap()
            self._watch()
        if not self._interrupts and self._terms < 2:
            self._drain(sleep)
        self._stop(sleep)

    def _drain(self, sleep: Callable[[float], None]) -> None:
        _log.info("draining", grace=self._settings.grace)
        for child in (*self._apis, *self._workers):
            child.signal(signal.SIGTERM)
        end = time.monotonic() + self._settings.grace
        while any(child.alive for child in self._workers) and time.monotonic() < end:
            if self._interrupts or self._terms > 1:
                return
            sleep(min(_TICK_SECONDS, max(0.0, end - time.monotonic())))
            self._reap()
            self._watch()

    def _stop(self, sleep: Callable[[float], None]) -> None:
        _log.info("stopping")
        for child in self._children:
            child.signal(signal.SIGINT)
        end = time.monotonic() + _STOP_SECONDS
        while any(child.alive for child in self._children) and time.monotonic() < end:
            sleep(min(_TICK_SECONDS, max(0.0, end - time.monotonic())))
            self._reap()
        for child in self._children:
            if child.process is not None:
                child.signal(signal.SIGKILL)
                child.process.wait()
        self._reap(killed=True)
        _log.info("stopped")

    def _reap(self, *, killed: bool = False) -> None:
        """Notices children that ended. What a dead worker held goes back to the queue at once; unless it ended in good
        order, or `killed` by us because the time to stop was over, that was a lost attempt."""
        for child in self._children:
            status = child.reap()
            if status is None:
                continue
            if status:
                _log.warning("died", child=child.name, status=status)
            if not (self._interrupts or self._terms):
                metrics.DEATHS.labels(child.role).inc()
            if child.role == "worker":
                self._temporary.renew(child.payload["name"])
                self._give_back(child.name, lost=status != 0 and not killed)

    def _watch(self) -> None:
        """Ends workers that are past their job's deadline or have not moved for too long: a thread of their own could
        not, since nothing in a process stops native code."""
        settings = self._settings
        now = boot_seconds()
        if now - self._watched_at > _PAUSE_SECONDS:  # this host slept, and so did they: they are let wake up first
            self._patient_until = now + workers.SEEN_SECONDS
        self._watched_at = now
        if now < self._patient_until:
            return
        ours = {child.name: child for child in self._workers if child.alive}
        try:
            with self._database.reading() as connection:
                held = leases.running(connection, list(ours))
                seen = {worker.id: worker for worker in workers.list_workers(connection)}
            if self._blind:  # nor could they say that they moved: first they are let do that
                self._blind = False
                self._patient_until = now + workers.SEEN_SECONDS
                return
            for job in held:
                if job.age > settings.deadline:
                    self._kill(ours[job.worker], "its job is past its deadline")
                    message = f"the video was not finished within {settings.deadline:g} s"
                    with self._database.transaction() as connection:
                        ending.fail(connection, job.hold, "deadline_exceeded", message, settings.retention)
                elif job.still > settings.stall:
                    self._kill(ours[job.worker], "its job has not moved")
            for name, child in ours.items():
                worker = seen.get(name)
                if not child.alive:
                    continue  # killed just above
                if worker is not None and worker.state == "warming" and worker.still > settings.stall:
                    self._kill(child, "its warm-up has not moved")
                elif worker is None and child.age > max(settings.stall, _SILENT_SECONDS):
                    self._database.check_writable()  # a store that takes nothing is not the worker's fault
                    self._kill(child, "it has said nothing")
        except sqlalchemy.exc.SQLAlchemyError as error:
            _log.warning("workers not watched", error=str(error))
            self._blind = True

    def _kill(self, child: Child, reason: str) -> None:
        _log.warning("killed", child=child.name, reason=reason)
        assert child.process is not None
        child.signal(signal.SIGKILL)
        child.process.wait()  # nothing of it may write when its job is given to another

    def _give_back(self, worker: str, *, lost: bool) -> None:
        try:
            with self._database.transaction() as connection:
                given_back = leases.give_back_all(connection, worker, lost=lost)
                workers.remove(connection, worker)
        except sqlalchemy.exc.SQLAlchemyError as error:
            # A full disk must not end the process tree: the lease lapses by itself.
            _log.warning("its job could not be given back; its lease will lapse", child=worker, error=str(error))
        else:
            if given_back:
                _log.warning("its job went back to the queue", child=worker)


def _sleep(wake_fd: int, seconds: float) -> None:
    """Sleeps until a signal comes, at most `seconds`."""
    if select.select([wake_fd], [], [], seconds)[0]:
        os.read(wake_fd, 4096)
