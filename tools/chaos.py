"""`make chaos`: a real server under load while its processes are killed and stopped and its disk fills up.

Prints what was done, what was answered, and one table with what must be nought. Exit status 1 where it is not.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table
from tests.support.chaos.audit import Audit, audit
from tests.support.chaos.customers import Customer, Poison
from tests.support.chaos.disk import Disk, enter_namespace
from tests.support.chaos.killer import Killer, Takeovers
from tests.support.chaos.witness import Witness
from tests.support.server import ROOT, SCRIPT, Server
from tests.support.web import client

from flashreel.catalogue import MICRO
from flashreel.jobs import keys, queue
from flashreel.jobs.database import Database
from flashreel.jobs.schema import keys as key_table
from flashreel.settings import Settings

_SUPPORT = ROOT / "tests" / "support"
_WORKERS = 3
#: The keys: credits, and what is set on their rows besides.
_KEYS: dict[str, tuple[float, dict[str, float | int]]] = {
    "plain": (10_000, {"rate": 1e6}),
    "urgent": (10_000, {"rate": 1e6, "priority": 5}),
    "narrow": (10_000, {"rate": 1e6, "max_running": 1, "max_queued": 8}),
    "slow": (10_000, {"rate": 60.0}),
    "poor": (15, {"rate": 1e6}),
}
_SETTLE_SECONDS = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the killing lasts (default 300)")
    parser.add_argument("--seed", type=int, default=None, help="of the killer and the clients (default: by the clock)")
    parser.add_argument("--keep", type=Path, default=None, help="an empty folder to keep the server's log in")
    arguments = parser.parse_args()
    enter_namespace()
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        return _run(folder, arguments.seconds, seed, arguments.keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, seconds: float, seed: int, keep: Path | None) -> int:
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 160)
    with closing(Disk(folder / "disk")) as disk:
        data = disk.folder / "data"
        long = seconds > 100
        server = _server(data, disk, lease=15 if long else 3)
        database = server.open_store()
        witness, stop = Witness(), threading.Event()
        with closing(server), closing(database):
            server.start()
            customers = _customers(server, database, witness, stop, seed, seconds)
            takeovers = Takeovers(database)
            killer = Killer(server, disk, takeovers, seed=seed, longest_stop=20.0 if long else 6.0)
            takeovers.start()
            for customer in customers:
                customer.start()
            killer.run(seconds)
            stop.set()
            killer.heal()
            for customer in customers:
                customer.join(30)
            settled = _settle(database)
            takeovers.close()
            _ask_again(server, witness, customers)
            left = _end(server)
            found = audit(database, Settings(data=data), witness, server.log)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / "chaos.log").write_text(server.log, encoding="utf-8")
    console.print(f"seed {seed}, {seconds:g} s, {'a disk of its own' if disk.is_own else 'no disk of its own'}")
    console.print("done to it: " + ", ".join(f"{what} {count}" for what, count in sorted(killer.done.items())))
    console.print("answers: " + ", ".join(f"{what} {count}" for what, count in sorted(witness.answers.items())))
    complaints = [*witness.wrong, *killer.complaints, *left]
    for complaint in complaints[:20]:
        console.print(f"wrong: {complaint}", markup=False)
    bad = _report(console, found, witness, complaints, settled, takeovers)
    return int(bad)


def _server(data: Path, disk: Disk, lease: int) -> Server:
    """Some stops of a worker outlast its lease, and some of those the patience of the supervisor."""
    flags = {
        "engine": SCRIPT,
        "workers": _WORKERS,
        "retention": 4 * 3600,  # more than the hour that one clock is ahead
        "min-free": disk.min_free,
        "stall": max(15, lease + 3),
        "deadline": 15,
        "grace": 2,
    }
    path = f"{ROOT}:{_SUPPORT / 'skew'}"
    return Server(
        data,
        *[word for name, value in flags.items() for word in (f"--{name}", str(value))],
        env={"PYTHONPATH": path, "SKEWED": "worker2-", "LEASE": str(lease)},
        config=_SUPPORT / "chaos" / "models.toml",
    )


def _customers(
    server: Server, database: Database, witness: Witness, stop: threading.Event, seed: int, seconds: float
) -> list[Customer]:
    poison = Poison(max(1, round(seconds / 20)))
    customers = []
    for name, (credits, columns) in _KEYS.items():
        with database.transaction() as connection:
            key, secret = keys.create_key(connection, name, round(credits * MICRO))
            connection.execute(key_table.update().where(key_table.c.id == key.id).values(**columns))
        customers.append(
            Customer(name, server.url, secret, witness=witness, stop=stop, seed=f"{seed}-{name}", poison=poison)
        )
    return customers


def _settle(database: Database) -> float:
    """Waits until nothing is queued or running; how many seconds that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < _SETTLE_SECONDS:
        with database.reading() as connection:
            if not queue.count_unfinished(connection):
                break
        time.sleep(0.1)
    return time.monotonic() - begun


def _ask_again(server: Server, witness: Witness, customers: list[Customer]) -> None:
    """Asks for every job once more: what was told holds to the end."""
    for customer in customers:
        with client(server.url, x_api_key=customer.secret) as http:
            for job_id in customer.job_ids:
                asked = time.monotonic()
                for _ in range(20):
                    try:
                        answer = http.get(f"/v2/requests/{job_id}")
                        break
                    except httpx.TransportError:  # an api that has just been replaced
                        time.sleep(0.2)
                else:
                    witness.object(f"at the end: {job_id} had no answer")
                    continue
                if answer.status_code == 404:
                    witness.missed(job_id, asked)
                else:
                    witness.saw(job_id, answer.json(), asked)


def _end(server: Server) -> list[str]:
    try:
        server.close()
    except (AssertionError, OSError) as error:
        return [f"at the end: {error}"[:500]]
    return []


def _report(
    console: Console, found: Audit, witness: Witness, complaints: list[str], settled: float, takeovers: Takeovers
) -> bool:
    """Prints the table; whether anything in it is not as it must be."""
    table = Table("what", "count", "must be", box=None)
    cancelled = found.failed.pop("cancelled", 0)
    failures = ", ".join(f"{code} {count}" for code, count in sorted(found.failed.items()))
    table.add_row("accepted", str(len(witness.jobs)), "")
    table.add_row("accepted unread", str(found.unread), "")
    table.add_row("completed", str(found.completed), "")
    table.add_row("failed", f"{found.failed.total()} ({failures})", "")
    table.add_row("cancelled", str(cancelled), "")
    table.add_row("idempotency keys", str(len(witness.by_token)), "")
    bad = False
    for name, what in (
        ("lost", found.lost),
        ("double-finished", found.finished_twice),
        ("double-charged", found.charged_twice),
        ("duplicates per Idempotency-Key", found.made_twice),
        ("progress or stage that went back", found.went_back),
        ("orphans", found.orphans),
        ("answers that must not be", complaints),
    ):
        table.add_row(name, f"{len(what)} {' '.join(what[:3]) if what is not complaints else ''}", "0")
        bad = bad or bool(what)
    table.add_row("ledger difference", f"{found.difference}", "0")
    for whose, worst in sorted(takeovers.worst.items()):
        table.add_row(f"worst takeover, {whose} killed", f"{worst:.1f} s", "")
    table.add_row("quiet after", f"{settled:.1f} s", "")
    console.print(table)
    return bad or found.difference != 0


if __name__ == "__main__":
    sys.exit(main())
