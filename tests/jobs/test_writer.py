"""The writer: many works to a commit, each on its own, and nothing said before it is on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel.jobs import keys, workers
from flashreel.jobs.database import Database
from flashreel.jobs.schema import ledger, meta
from flashreel.jobs.writer import Writer
from tests.support.store import credits_of, new_key, open_database

Work = Callable[[sa.Connection], str]


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writer = Writer(database)
    yield writer
    writer.close()


@pytest.fixture
def one_by_one(sqlite: Database) -> Iterator[Writer]:
    writer = Writer(sqlite)
    yield writer
    writer.close()


@pytest.fixture
def side_by_side(postgresql: Database) -> Iterator[Writer]:
    writer = Writer(postgresql)
    yield writer
    writer.close()


def put(name: str) -> Work:
    def work(connection: sa.Connection) -> str:
        connection.execute(meta.insert().values(name=name, value="x"))
        return name

    return work


def names(database: Database) -> set[str]:
    with database.reading() as connection:
        return {name for name in connection.scalars(sa.select(meta.c.name)) if name not in ("schema", "compatible")}


class Gate:
    """A work that holds the writer until it is opened, so that what comes after it is one group."""

    def __init__(self, writer: Writer) -> None:
        self._entered, self._open = threading.Event(), threading.Event()
        self._future = writer.write(self._work)
        assert self._entered.wait(60)

    def _work(self, _: sa.Connection) -> None:
        self._entered.set()
        assert self._open.wait(60)

    def open(self) -> None:
        self._open.set()
        self._future.result(60)


def test_a_result_comes_out_once_it_is_committed(database: Database, writer: Writer) -> None:
    assert writer.write(put("a")).result(60) == "a"
    assert names(database) == {"a"}


def test_a_failing_work_undoes_itself_alone(sqlite: Database, one_by_one: Writer) -> None:
    def breaks(connection: sa.Connection) -> str:
        put("half")(connection)
        raise LookupError("no")

    gate = Gate(one_by_one)
    first, failing, twice, last = (one_by_one.write(work) for work in (put("a"), breaks, put("a"), put("b")))
    gate.open()
    assert first.result(60) == "a"
    with pytest.raises(LookupError):
        failing.result(60)
    with pytest.raises(sa.exc.IntegrityError):
        twice.result(60)
    assert last.result(60) == "b"
    assert names(sqlite) == {"a", "b"}


def test_a_commit_that_fails_reaches_every_future_of_its_group(sqlite: Database, one_by_one: Writer) -> None:
    def breaks_at_commit(connection: sa.Connection) -> str:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.execute(ledger.insert().values(key_id="nobody", kind="grant", amount=1, at=0.0))
        return "said too early"

    gate = Gate(one_by_one)
    group = [one_by_one.write(work) for work in (put("a"), breaks_at_commit, put("b"))]
    gate.open()
    for future in group:
        with pytest.raises(sa.exc.IntegrityError):
            future.result(60)
    assert names(sqlite) == set()
    assert one_by_one.write(put("c")).result(60) == "c"  # and it lives on


def test_a_store_that_fails_midway_keeps_nothing_of_the_group_and_says_so(sqlite: Database, one_by_one: Writer) -> None:
    def fills_the_disk(connection: sa.Connection) -> str:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        connection.execute(meta.insert().values(name="large", value="x" * 1_000_000))
        return "never"

    def frees_it(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")

    gate = Gate(one_by_one)
    # SQLite rolls back the whole transaction here, not the savepoint alone.
    group = [one_by_one.write(work) for work in (put("before"), fills_the_disk, put("after"))]
    gate.open()
    for future in group:
        with pytest.raises(sa.exc.OperationalError, match="full"):
            future.result(60)
    assert names(sqlite) == set()
    one_by_one.write(frees_it).result(60)
    assert one_by_one.write(put("again")).result(60) == "again"


def test_what_waits_is_committed_together(
    sqlite: Database, one_by_one: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[None] = []
    transaction = sqlite.transaction

    def counted() -> object:
        begun.append(None)
        return transaction()

    gate = Gate(one_by_one)
    monkeypatch.setattr(sqlite, "transaction", counted)
    futures = [one_by_one.write(put(str(number))) for number in range(20)]
    gate.open()
    assert [future.result(60) for future in futures] == [str(number) for number in range(20)]
    assert len(begun) == 1


def test_a_cancelled_work_is_not_done_and_harms_nobody(sqlite: Database, one_by_one: Writer) -> None:
    gate = Gate(one_by_one)
    cancelled, kept = one_by_one.write(put("a")), one_by_one.write(put("b"))
    assert cancelled.cancel()
    gate.open()
    assert kept.result(60) == "b"
    assert names(sqlite) == {"b"}


def test_closing_commits_what_waits(database: Database) -> None:
    writer = Writer(database)
    futures = [writer.write(put(str(number))) for number in range(100)]
    writer.close()
    assert all(future.done() for future in futures)
    assert len(names(database)) == 100


def test_a_heartbeat_gets_its_turn_while_submits_run_flat_out(one_by_one: Writer, tmp_path: Path) -> None:
    told = threading.Event()

    def beat() -> None:
        other = open_database(tmp_path)
        with other.transaction() as connection:
            workers.report(connection, "w1", 1, "animatic", "busy", "", 0.0)
        other.close()
        told.set()

    heart = threading.Thread(target=beat)
    waiting: list[Future[str]] = [one_by_one.write(put("first"))]
    heart.start()
    for number in range(50_000):
        if told.is_set():
            break
        waiting.append(one_by_one.write(put(str(number))))
        if len(waiting) > 128:  # always more than one group waits
            waiting.pop(0).result(60)
    in_between = told.is_set()
    heart.join(60)
    assert in_between  # it did not have to wait until they had ended


def test_on_postgresql_a_work_that_waits_holds_up_no_other(postgresql: Database, side_by_side: Writer) -> None:
    gate = Gate(side_by_side)
    assert side_by_side.write(put("a")).result(60) == "a"
    assert names(postgresql) == {"a"}
    gate.open()


def test_on_postgresql_a_failing_work_undoes_itself_alone(postgresql: Database, side_by_side: Writer) -> None:
    def breaks(connection: sa.Connection) -> str:
        put("half")(connection)
        raise LookupError("no")

    def breaks_at_commit(connection: sa.Connection) -> str:
        connection.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))
        connection.execute(ledger.insert().values(key_id="nobody", kind="grant", amount=1, at=0.0))
        return "said too early"

    first, failing, wrong, last = (side_by_side.write(work) for work in (put("a"), breaks, breaks_at_commit, put("b")))
    assert (first.result(60), last.result(60)) == ("a", "b")
    with pytest.raises(LookupError):
        failing.result(60)
    with pytest.raises(sa.exc.IntegrityError):
        wrong.result(60)
    assert names(postgresql) == {"a", "b"}


def test_on_postgresql_works_that_block_one_another_are_both_done(postgresql: Database, side_by_side: Writer) -> None:
    first, second = new_key(postgresql, 0), new_key(postgresql, 0)
    both_hold_one = threading.Barrier(2)
    begun: list[str] = []

    def grant(one: str, other: str) -> Callable[[sa.Connection], None]:
        def work(connection: sa.Connection) -> None:
            keys.grant(connection, one, 1)
            begun.append(one)
            if begun.count(one) == 1:  # the first time round
                both_hold_one.wait(60)
            keys.grant(connection, other, 1)

        return work

    for future in [side_by_side.write(grant(first, second)), side_by_side.write(grant(second, first))]:
        future.result(60)
    assert len(begun) > 2  # one of them was undone for the other
    assert [credits_of(postgresql, key) for key in (first, second)] == [2, 2]
