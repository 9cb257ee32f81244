"""What is put under load: one host over a file, or several hosts over one PostgreSQL and one folder of assets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flashreel.jobs.database import Database
from flashreel.settings import Settings
from tests.support.chaos.disk import Disk
from tests.support.postgres import PostgreSQL
from tests.support.receiver import Receiver, receiving
from tests.support.server import ROOT, SCRIPT, Server

_SUPPORT: Final = ROOT / "tests" / "support"
_FLAGS: Final = {
    "engine": SCRIPT,
    "retention": 4 * 3600,  # more than the hour that one clock is ahead
    "deadline": 15,
    "grace": 2,
    "webhook-timeout": 2,
}
#: What the deaths of a database are about is on: nothing that was committed may be lost with it.
_DURABLE: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}

_DEATHS: Final = (
    *("kill worker",) * 3,
    *("stop worker",) * 4,
    *("kill api",) * 2,
    *("stop api", "kill keeper", "stop keeper", "kill serve", "stop serve", "end serve"),
)


#: Of a site over PostgreSQL: name, command, workers.
_HOSTS: Final = (("one", "serve", 0), ("other", "serve", 0), ("fleet", "worker", 2), ("reserve", "worker", 2))


@dataclass(frozen=True)
class Stage:
    """Hosts, those that answer first, and what they share. `bag` is what may be done to them."""

    name: str
    hosts: Sequence[Server]
    urls: Sequence[str]
    database: Database
    bag: Sequence[str]
    disk: Disk | None = None
    postgresql: PostgreSQL | None = None
    receiver: Receiver | None = None

    @property
    def settings(self) -> list[Settings]:
        """Of each host: where its files are."""
        return [Settings(data=host.data) for host in self.hosts]

    @property
    def log(self) -> str:
        return "\n".join(host.log for host in self.hosts)


@contextmanager
def over_a_file(folder: Path, lease: int) -> Iterator[Stage]:
    """One `serve` with three workers, the clock of one of them an hour ahead, on a disk that can be filled."""
    with ExitStack() as stack:
        disk = stack.enter_context(closing(Disk(folder / "disk")))
        flags = _flags(lease, **{"workers": 3, "min-free": disk.min_free})
        env = _environment(lease, SKEWED="worker2-")
        server = Server(disk.folder / "data", *flags, env=env, config=_SUPPORT / "chaos" / "models.toml")
        database = stack.enter_context(closing(server.open_store()))
        stack.enter_context(closing(server.start()))
        yield Stage(
            f"one host, {'a disk of its own' if disk.is_own else 'no disk of its own'}",
            [server],
            [server.url],
            database,
            (*_DEATHS, "full disk", "little disk"),
            disk=disk,
        )


@contextmanager
def over_postgresql(folder: Path, lease: int) -> Iterator[Stage]:
    """Two hosts that answer, two with two workers each, and one that is told by webhooks."""
    with ExitStack() as stack:
        postgresql = stack.enter_context(closing(PostgreSQL(**_DURABLE)))
        postgresql.start()
        database = stack.enter_context(closing(Database(postgresql.url)))
        database.migrate()
        receiver = stack.enter_context(receiving())
        (folder / "assets").mkdir()
        flags = {"fetch-hosts": "localhost", "fetch-ports": receiver.port, "min-free": 0}
        hosts = []
        for name, command, workers in _HOSTS:
            data = folder / name
            data.mkdir(mode=0o700)
            (data / "assets").symlink_to(folder / "assets")
            host = Server(
                data,
                *_flags(lease, **flags, workers=workers),
                env=_environment(lease, FLASHREEL_DATABASE_URL=postgresql.url),
                config=_SUPPORT / "chaos" / "models.toml",
                command=command,
            )
            hosts.append(stack.enter_context(closing(host.launch())))
        urls = [host.ready().url for host in hosts[:2]]
        yield Stage(
            "four hosts over PostgreSQL",
            hosts,
            urls,
            database,
            (*_DEATHS, *("kill database", "cut all", "cut some") * 2, "end database", "stop database", "end serve"),
            postgresql=postgresql,
            receiver=receiver,
        )


def _flags(lease: int, **more: object) -> list[str]:
    """Some stops of a worker outlast its lease, and some of those the patience of the supervisor."""
    flags = {**_FLAGS, "stall": max(15, lease + 3), **more}
    return [word for name, value in flags.items() for word in (f"--{name}", str(value))]


def _environment(lease: int, **more: str) -> dict[str, str]:
    return {"PYTHONPATH": f"{ROOT}:{_SUPPORT / 'skew'}", "LEASE": str(lease), **more}
