"""What the store, the files and the logs say once all is quiet."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from flashreel.jobs import keys
from flashreel.jobs.database import Database
from flashreel.jobs.schema import idempotency, jobs, ledger, specs
from flashreel.keeper import clear_orphans
from flashreel.settings import Settings
from flashreel.storage import Storage
from tests.support.chaos.witness import TERMINAL, Witness

_COMPLETED = re.compile(r"job completed .*?request_id=([0-9a-f]{32})")
_ORDER = re.compile(r"order=([a-z]+-[0-9]+)")


@dataclass(frozen=True)
class Audit:
    """Lists of ids; all but `completed`, `failed` and `unread` must be empty, and `difference` 0."""

    completed: int
    failed: Counter[str]
    unread: int
    lost: list[str]
    finished_twice: list[str]
    charged_twice: list[str]
    difference: int
    made_twice: list[str]
    went_back: list[str]
    orphans: list[str]


def audit(database: Database, settings: Settings, witness: Witness, log: str) -> Audit:
    """Run it when the server has ended. Clears orphans first, as the keeper would have within a minute."""
    storage = Storage(settings.assets)
    clear_orphans(database, storage, settings.scratch)
    with database.reading() as connection:
        rows = {row.id: row for row in connection.execute(sa.select(jobs))}
        entries = list(connection.execute(sa.select(ledger)))
        made = dict(connection.execute(sa.select(specs.c.job_id, specs.c.spec)).tuples().all())
        tokens = {row.token: row.job_id for row in connection.execute(sa.select(idempotency))}
        wrong_keys = keys.check_ledger(connection)
        balances = sum(key.credits for key in keys.list_keys(connection))

    ends = Counter(entry.job_id for entry in entries if entry.ending == 1)
    holds = Counter(entry.job_id for entry in entries if entry.ending == 0)
    settled = {entry.job_id for entry in entries if entry.kind == "settle"}
    granted = sum(entry.amount for entry in entries if entry.kind == "grant")
    spent = sum(row.price for row in rows.values() if row.state == "COMPLETED")

    lost = {job_id for job_id in witness.jobs if job_id not in rows}
    lost |= {row.id for row in rows.values() if row.state not in TERMINAL}
    lost |= set(witness.vanished())
    for row in rows.values():  # what is COMPLETED is there
        if row.result is not None:
            result = json.loads(row.result)
            for stored in (result, *result["stills"].values()):
                file = settings.assets / stored["path"]
                if not file.is_file() or file.stat().st_size != stored["file_size"]:
                    lost.add(row.id)

    finished_twice = {job_id for job_id, count in ends.items() if count != 1}
    finished_twice |= {job_id for job_id, count in Counter(_COMPLETED.findall(log)).items() if count > 1}
    finished_twice |= set(witness.changed_after_end())
    for job in witness.jobs.values():  # and it is what they were told
        finished_twice |= {job.id for sight in job.sights if sight.is_terminal and sight.state != rows[job.id].state}

    charged_twice = {job_id for job_id, count in holds.items() if count != 1 or job_id not in rows}
    for row in rows.values():
        completed = row.state == "COMPLETED"
        if row.cost != (row.price if completed else 0) or (row.id in settled) != completed or row.id not in holds:
            charged_twice.add(row.id)

    orders = Counter(_ORDER.findall(" ".join(made.values())))
    made_twice = {token for token in tokens if orders[token] > 1} | set(witness.made_twice())
    made_twice |= {token for token, ids in witness.by_token.items() if ids != {tokens.get(token)}}

    scratch = [str(path) for path in settings.scratch.glob("*")]
    unknown = [str(path) for path in settings.assets.iterdir() if rows.get(path.name) is None]
    return Audit(
        completed=sum(row.state == "COMPLETED" for row in rows.values()),
        failed=Counter(row.error_code for row in rows.values() if row.state == "FAILED"),
        unread=len(rows.keys() - witness.jobs.keys()),
        lost=sorted(lost),
        finished_twice=sorted(finished_twice),
        charged_twice=sorted(charged_twice),
        difference=sum(abs(key.credits - total) for key, total in wrong_keys) + abs(granted - balances - spent),
        made_twice=sorted(made_twice),
        went_back=witness.went_back(),
        orphans=scratch + unknown,
    )
