"""A real `flashreel serve` for tests: the supervisor, its children, its store."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import httpx
import psutil
import sqlalchemy as sa

from flashreel.jobs.database import Database
from tests.support.web import client

T = TypeVar("T")

ROOT: Final = Path(__file__).parents[2]
MODELS: Final = Path(__file__).with_name("models.toml")
SCRIPT: Final = "tests.support.engines:Script"

#: Marks every process of one server in its environment, so that also an orphan is found.
_MARK: Final = "SERVER_UNDER_TEST"


def environment(**more: str) -> dict[str, str]:
    """The environment of a process under test: the caller's (its JIT cache too), without the settings in it."""
    # Without bytecode on disk every one of a server's processes compiles all that it imports: seconds, each time.
    dropped = ("FLASHREEL_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def wait_for(what: Callable[[], T | None], seconds: float = 100.0, step: float = 0.05) -> T:
    """What `what` returns once it is neither None nor False. Raises TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found is not None and found is not False:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(step)


class Server:
    """One data folder and the `serve` that runs on it now. `start` again after an end keeps the port."""

    def __init__(
        self,
        data: Path,
        *flags: str,
        env: Mapping[str, str] | None = None,
        config: Path | None = MODELS,
        command: str = "serve",
    ) -> None:
        self.data = data
        self._command = command
        self._store = (env or {}).get("FLASHREEL_DATABASE_URL") or data / "flashreel.db"
        self.port = 0  # 0 until the first start has taken a free one
        self._flags = flags if config is None else ("--config", str(config), *flags)
        self._token = secrets.token_hex(8)
        seen = ",".join((_MARK, *(env or {})))  # by the workers too, which get little else
        self._env = environment(**{_MARK: self._token, "FLASHREEL_WORKER_ENV": seen}, **(env or {}))
        self._out = data.parent / f"{data.name}.{command}.out"
        self._err = data.parent / f"{data.name}.{command}.err"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """What the last start printed."""
        return self._out.read_text(encoding="utf-8")

    @property
    def log(self) -> str:
        """What all starts logged."""
        return self._err.read_text(encoding="utf-8")

    @property
    def first_key(self) -> str:
        """The key that the first start printed."""
        found = re.search(r"^API key +(\S+)", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]

    def launch(self) -> Server:
        """Starts the process and does not wait for it."""
        own = ("--data", str(self.data), "--port", str(self.port))
        command = [sys.executable, "-m", "flashreel", self._command, *own]
        with self._out.open("wb") as out, self._err.open("ab") as err:
            self._process = subprocess.Popen([*command, *self._flags], cwd=ROOT, env=self._env, stdout=out, stderr=err)
        return self

    def is_listening(self) -> bool:
        """Whether it has printed its URL; its port is known from then on. Workers alone print that they are there."""
        if self._command == "worker":
            return self.said.endswith("\n")
        found = re.search(r" on http://127\.0\.0\.1:([0-9]+) ", self.said)
        if found is not None:
            self.port = int(found[1])
        return found is not None

    def listening(self) -> Server:
        """Waits until it has printed its URL."""

        def is_listening() -> bool:
            assert self._running.poll() is None, self.log
            return self.is_listening()

        wait_for(is_listening)
        return self

    def ready(self) -> Server:
        """Waits until /health/ready says so."""
        self.listening()

        def is_ready() -> bool:
            try:
                return http.get("/health/ready").status_code == 200
            except httpx.TransportError:
                return False

        with client(self.url) as http:
            try:
                wait_for(is_ready)
            except TimeoutError as late:
                raise TimeoutError(f"{late}\n{self.log[-5000:]}") from None
        return self

    def start(self) -> Server:
        """One that does not get ready is ended: nobody else has it yet to close it."""
        try:
            return self.launch().ready()
        except BaseException:
            self.close()
            raise

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "never started"
        return self._process

    def signal(self, number: signal.Signals) -> None:
        """To the supervisor alone, as a process manager does."""
        self._running.send_signal(number)

    def wait_end(self, seconds: float = 60.0) -> int:
        """The supervisor's exit status. Raises subprocess.TimeoutExpired when it does not end."""
        return self._running.wait(seconds)

    def processes(self) -> dict[str, psutil.Process]:
        """Every process of this server that is alive, by name: serve, api, keeper, worker1, ..."""
        found = {}
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE or process.environ().get(_MARK) != self._token:
                    continue
                words = process.cmdline()
            except psutil.Error:
                continue  # gone, or not ours to look at
            if process.pid == self._running.pid:
                name = "serve"
            elif "flashreel.child" in words:
                name = words[-1].partition("-")[0]
            else:
                name = f"unknown-{process.pid}"
            found[name] = process
        return found

    def child(self, name: str) -> psutil.Process:
        """The child of this name, as soon as there is one."""
        return wait_for(lambda: self.processes().get(name))

    def kill(self, name: str) -> psutil.Process:
        """SIGKILL to one process of the tree; the process, which is dead by now."""
        process = self.child(name)
        process.kill()
        wait_for(lambda: not is_alive(process))
        return process

    def close(self) -> None:
        """Ends everything. Raises AssertionError when the supervisor's end leaves a process behind."""
        if self._process is None:
            return
        left: dict[str, psutil.Process] = {}
        try:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
            with suppress(TimeoutError):  # what a child had started goes a moment after it
                wait_for(lambda: not self.processes(), 20)
            left = self.processes()
        finally:
            self._process.kill()
            self._process.wait()
            for process in self.processes().values():
                process.kill()
        assert not left, f"left behind: {left}\n{self.log}"

    def open_store(self) -> Database:
        """The server's own database, to be closed."""
        return Database(self._store)

    @contextmanager
    def store(self) -> Iterator[sa.Connection]:
        """A write transaction on the server's own database."""
        with closing(self.open_store()) as database, database.transaction() as connection:
            yield connection


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that nobody has buried yet does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
