"""Observers hear what was committed, once, and nothing that was undone."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from flashreel.jobs import ending, leases, observers, store
from flashreel.jobs.database import Database
from flashreel.jobs.writer import Writer
from tests.support.store import RESULT, RETENTION, a_spec, claim, claimed, submit


class Heard:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.facts: list[dict[str, Any]] = []
        self.transactions: list[str] = []

    def transacted(self, kind: str, seconds: float) -> None:
        assert seconds >= 0
        self.transactions.append(kind)

    def happened(self, what: str, job_id: str, facts: dict[str, Any]) -> None:
        self.events.append((what, job_id))
        self.facts.append(facts)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()
    monkeypatch.setattr(observers, "observers", [heard])
    return heard


def test_a_job_s_life_is_heard(database: Database, key: str, heard: Heard) -> None:
    job = submit(database, key)
    first = claimed(database)
    with database.transaction() as connection:
        assert leases.give_back(connection, first)
    claimed(database, "w2")
    with database.transaction() as connection:
        assert leases.give_back_all(connection, "w2", lost=True) == 1
    last = claimed(database)
    stages = {"rendering": 1.25}
    with database.transaction() as connection:
        assert ending.complete(connection, last, RESULT, (), RETENTION, stages) == "COMPLETED"
        assert not [event for event, _ in heard.events if event == "completed"]  # not yet
    told = ["accepted", "started", "given back", "started", "given back", "started", "completed"]
    assert heard.events == [(what, job.id) for what in told]
    assert [facts["lost"] for facts in heard.facts if "lost" in facts] == [False, True]
    assert (heard.facts[-1]["attempt"], heard.facts[-1]["stages"], heard.facts[-1]["model"]) == (3, stages, "tiny")


def test_ends_that_are_none_of_a_worker_s_are_heard_too(database: Database, key: str, heard: Heard) -> None:
    cancelled, failed = submit(database, key), submit(database, key)
    with database.transaction() as connection:
        ending.cancel(connection, cancelled.id, None, RETENTION)
    with database.transaction() as connection:
        assert ending.fail_unservable(connection, ["other"], RETENTION) == 1
    assert heard.events[2:] == [("cancelled", cancelled.id), ("failed", failed.id)]
    assert heard.facts[-1]["code"] == "engine_failed"


def test_what_was_rolled_back_did_not_happen(database: Database, key: str, heard: Heard) -> None:
    with suppress(RuntimeError), database.transaction() as connection:
        assert store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=1)
        raise RuntimeError
    assert heard.events == []
    assert claim(database) is None
    assert "write" in heard.transactions
    assert "read" not in heard.transactions
    with database.reading() as connection:
        connection.execute(sa.text("SELECT 1"))
    assert heard.transactions[-1] == "read"


def test_of_a_group_that_is_committed_together_only_what_stayed_is_heard(
    database: Database, key: str, heard: Heard
) -> None:
    def accept(fails: bool, connection: sa.Connection) -> str:
        job = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=1)
        assert job is not None
        if fails:
            raise ValueError("undone")
        return job.id

    writer = Writer(database)
    futures = [writer.write(partial(accept, fails)) for fails in (False, True, False)]
    writer.close()
    kept = [futures[0].result(), futures[2].result()]
    with pytest.raises(ValueError, match="undone"):
        futures[1].result()
    # On PostgreSQL they are written side by side, in any order.
    assert sorted(job_id for _, job_id in heard.events) == sorted(kept)
