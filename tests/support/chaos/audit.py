"""What the store, the files and the logs say once all is quiet."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from flashreel.jobs import keys
from flashreel.jobs.database import Database
from flashreel.jobs.schema import OPEN, idempotency, jobs, ledger, outbox, specs
from flashreel.keeper import clear_orphans
from flashreel.settings import Settings
from flashreel.storage import Storage
from tests.support.chaos.witness import TERMINAL, Witness
from tests.support.receiver import Post

_COMPLETED = re.compile(r"job completed .*?request_id=([0-9a-f]{32})")
_CRASHED = re.compile(r"^.*(?:request|delivery|outbox) crashed.*", re.MULTILINE)
_ORDER = re.compile(r"order=([a-z]+-[0-9]+)")


@dataclass(frozen=True)
class Audit:
    """Lists of ids, files or log lines, which must be empty, and `difference`, which must be 0; besides, how many jobs
    `completed`, `failed`, stayed `unread` and were `told` of."""

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
    crashes: list[str]
    told: int
    untold: list[str]
    told_wrongly: list[str]


def audit(database: Database, hosts: Sequence[Settings], witness: Witness, log: str, posts: Sequence[Post]) -> Audit:
    """Run it when all `hosts` have ended, of which the first has a keeper; `posts` are what their webhooks sent. Clears
    orphans first, as that keeper would have within a minute."""
    assets = hosts[0].assets  # of them all
    clear_orphans(database, Storage(assets))
    with database.reading() as connection:
        rows = {row.id: row for row in connection.execute(sa.select(jobs))}
        entries = list(connection.execute(sa.select(ledger)))
        made = dict(connection.execute(sa.select(specs.c.job_id, specs.c.spec)).tuples().all())
        tokens = {row.token: row.job_id for row in connection.execute(sa.select(idempotency))}
        wrong_keys = keys.check_ledger(connection)
        open_messages = set(connection.scalars(sa.select(outbox.c.job_id).where(OPEN)))
        balances = sum(key.credits for key in keys.list_keys(connection))

    ends = Counter(entry.job_id for entry in entries if entry.ending == 1)
    holds = Counter(entry.job_id for entry in entries if entry.ending == 0)
    settled = {entry.job_id for entry in entries if entry.kind == "settle"}
    granted = sum(entry.amount for entry in entries if entry.kind == "grant")
    spent = sum(row.price for row in rows.values() if row.state == "COMPLETED")

    lost = {job_id for job_id in witness.jobs if job_id not in rows}
    lost |= {row.id for row in rows.values() if row.state not in TERMINAL}
    lost |= set(witness.vanished())
    published = set()
    for row in rows.values():  # what is COMPLETED is there
        if row.result is not None:
            result = json.loads(row.result)
            for stored in (result, *result["stills"].values()):
                file = assets / stored["path"]
                published.add(file)
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

    told, told_wrongly = _told(posts, {row.id: row.state for row in rows.values()})
    wanted = {job.id for job in witness.jobs.values() if job.hook is not None and job.deleted_at is None}

    scratch = [str(path) for host in hosts for path in host.scratch.glob("*")]
    # A cancel or a deadline may come between the storing and its telling: those files go when the job does.
    ended = {assets / row.id / str(row.attempt) for row in rows.values() if row.state == "FAILED"}
    stored_files = [path for path in assets.rglob("*") if path.is_file() and path.parent not in ended]
    unknown = [str(path) for path in stored_files if path not in published]
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
        crashes=_CRASHED.findall(log),
        told=len(told),
        untold=sorted((wanted - told) | open_messages),
        told_wrongly=told_wrongly,
    )


def _told(posts: Sequence[Post], states: dict[str, str]) -> tuple[set[str], list[str]]:
    """The jobs whose end was told, and those of which something else was told than what became of them, or in more
    than one message: one that comes twice has the same id."""
    messages: dict[str, set[str]] = {}
    wrongly = []
    for post in posts:
        data = json.loads(post.body)["data"]
        messages.setdefault(data["request_id"], set()).add(post.id)
        if data["status"] != states.get(data["request_id"]):
            wrongly.append(data["request_id"])
    wrongly += [job_id for job_id, ids in messages.items() if len(ids) > 1]
    return set(messages), sorted(set(wrongly))
