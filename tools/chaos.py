"""`make chaos`: real servers under load while their processes are killed and stopped and their disk fills up, or the
PostgreSQL below them is killed, ended and cut off.

Prints what was done, what was answered, and one table with what must be nought. Exit status 1 where it is not.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from tests.support.chaos.audit import Audit, audit
from tests.support.chaos.customers import Customer, Poison
from tests.support.chaos.disk import enter_namespace
from tests.support.chaos.killer import Killer, Takeovers
from tests.support.chaos.stage import Stage, over_a_file, over_postgresql
from tests.support.chaos.witness import Witness
from tests.support.server import Server
from tests.support.web import client

from flashreel.catalogue import MICRO
from flashreel.jobs import keys, queue
from flashreel.jobs.database import Database
from flashreel.jobs.schema import OPEN, outbox
from flashreel.jobs.schema import keys as key_table

#: The keys: credits, and what is set on their rows besides.
_KEYS: dict[str, tuple[float, dict[str, float | int]]] = {
    "plain": (10_000, {"rate": 1e6}),
    "urgent": (10_000, {"rate": 1e6, "priority": 5}),
    "narrow": (10_000, {"rate": 1e6, "max_running": 1, "max_queued": 8}),
    "slow": (10_000, {"rate": 60.0}),
    "poor": (15, {"rate": 1e6}),
}
_SETTLE_SECONDS = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the killing lasts (default 300)")
    parser.add_argument("--seed", type=int, default=None, help="of the killer and the clients (default: by the clock)")
    parser.add_argument("--keep", type=Path, default=None, help="an empty folder to keep the servers' logs in")
    parser.add_argument("--postgresql", action="store_true", help="several hosts over PostgreSQL, which dies as well")
    arguments = parser.parse_args()
    if not arguments.postgresql:  # whose server cannot be had where one is root in a namespace of one's own
        enter_namespace()
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        return _run(folder, arguments.seconds, seed, arguments.keep, on_postgresql=arguments.postgresql)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, seconds: float, seed: int, keep: Path | None, *, on_postgresql: bool) -> int:
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 160)
    long = seconds > 100
    witness, stop = Witness(), threading.Event()
    with (over_postgresql if on_postgresql else over_a_file)(folder, 15 if long else 3) as stage:
        customers = _customers(stage, witness, stop, seed, seconds)
        takeovers = Takeovers(stage.database)
        killer = Killer(stage, takeovers, seed=seed, longest_stop=20.0 if long else 6.0)
        takeovers.start()
        for customer in customers:
            customer.start()
        killer.run(seconds)
        stop.set()
        killer.heal()
        for customer in customers:
            customer.join(120)
        settled = _settle(stage.database)
        takeovers.close()
        _ask_again(stage, witness, customers)
        left = _end(stage.hosts)
        posts = [] if stage.receiver is None else list(stage.receiver.posts)
        found = audit(stage.database, stage.settings, witness, stage.log, posts)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for host in stage.hosts:
                (keep / f"{host.data.name}.log").write_text(host.log, encoding="utf-8")
    console.print(f"seed {seed}, {seconds:g} s, {stage.name}")
    console.print("done to it: " + ", ".join(f"{what} {count}" for what, count in sorted(killer.done.items())))
    console.print("answers: " + ", ".join(f"{what} {count}" for what, count in sorted(witness.answers.items())))
    complaints = [*witness.wrong, *killer.complaints, *left]
    for complaint in [*complaints, *found.crashes][:20]:
        console.print(f"wrong: {complaint[:300]}", markup=False)
    bad = _report(console, found, witness, complaints, settled, takeovers)
    return int(bad)


def _customers(stage: Stage, witness: Witness, stop: threading.Event, seed: int, seconds: float) -> list[Customer]:
    poison = Poison(max(1, round(seconds / 20)))
    hooks = None if stage.receiver is None else stage.receiver.url("/ok")
    customers = []
    for name, (credits, columns) in _KEYS.items():
        with stage.database.transaction() as connection:
            key, secret = keys.create_key(connection, name, round(credits * MICRO))
            connection.execute(key_table.update().where(key_table.c.id == key.id).values(**columns))
        customer = Customer(
            name,
            stage.urls,
            secret,
            witness=witness,
            stop=stop,
            seed=f"{seed}-{name}",
            poison=poison,
            hooks=hooks,
        )
        customers.append(customer)
    return customers


def _settle(database: Database) -> float:
    """Waits until nothing is queued, running, or to be told; how many seconds that took."""
    begun = time.monotonic()
    open_messages = sa.select(sa.func.count()).select_from(outbox).where(OPEN)
    while time.monotonic() - begun < _SETTLE_SECONDS:
        with suppress(sa.exc.OperationalError), database.reading() as connection:  # it may just be coming back
            if not queue.count_unfinished(connection) and not connection.scalar(open_messages):
                break
        time.sleep(0.1)
    return time.monotonic() - begun


def _ask_again(stage: Stage, witness: Witness, customers: list[Customer]) -> None:
    """Asks for every job once more, the servers by turns: what was told holds to the end."""
    for customer in customers:
        with ExitStack() as stack:
            servers = [stack.enter_context(client(url, x_api_key=customer.secret)) for url in stage.urls]
            for number, job_id in enumerate(customer.job_ids):
                _ask(servers[number % len(servers)], witness, job_id)


def _ask(server: httpx.Client, witness: Witness, job_id: str) -> None:
    asked = time.monotonic()
    for _ in range(300):
        with suppress(httpx.TransportError):
            answer = server.get(f"/v2/requests/{job_id}")
            if answer.status_code != 503:
                break
        time.sleep(0.2)  # an api that has just been replaced
    else:
        witness.object(f"at the end: {job_id} had no answer")
        return
    if answer.status_code == 404:
        witness.missed(job_id, asked)
    else:
        witness.saw(job_id, answer.json(), asked)


def _end(hosts: Sequence[Server]) -> list[str]:
    """Ends them all; what is to be said against that."""
    complaints = []
    for host in hosts:
        host.signal(signal.SIGINT)
    for host in hosts:
        try:
            host.close()
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            complaints.append(f"at the end: {error}"[:500])
    return complaints


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
    table.add_row("told by webhook", str(found.told), "")
    bad = False
    for name, what in (
        ("lost", found.lost),
        ("double-finished", found.finished_twice),
        ("double-charged", found.charged_twice),
        ("duplicates per Idempotency-Key", found.made_twice),
        ("progress or stage that went back", found.went_back),
        ("orphans", found.orphans),
        ("crashes in the logs", found.crashes),
        ("webhooks missing", found.untold),
        ("webhooks that contradict", found.told_wrongly),
        ("answers that must not be", complaints),
    ):
        shown = what[:3] if what not in (complaints, found.crashes) else []  # those are above
        table.add_row(name, " ".join((str(len(what)), *shown)), "0")
        bad = bad or bool(what)
    table.add_row("ledger difference", f"{found.difference}", "0")
    for whose, worst in sorted(takeovers.worst.items()):
        table.add_row(f"worst takeover, {whose} killed", f"{worst:.1f} s", "")
    table.add_row("quiet after", f"{settled:.1f} s", "")
    console.print(table)
    return bad or found.difference != 0


if __name__ == "__main__":
    sys.exit(main())
