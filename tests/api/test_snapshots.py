"""How polls share snapshots: one at a time, each begun after the polls that it answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterator

import pytest

from flashreel.api import snapshots
from flashreel.api.snapshots import Poll, Seen, Snapshots
from flashreel.jobs import keys
from flashreel.jobs.database import Database
from tests.support.store import claimed, new_key, open_database, submit


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(tmp_path_factory.mktemp("store"))
    yield database
    database.close()


@pytest.fixture
def secret(database: Database) -> str:
    with database.transaction() as connection:
        return keys.create_key(connection, "test", 10_000_000)[1]


@pytest.fixture
def job_id(database: Database, secret: str) -> str:
    with database.reading() as connection:
        key = keys.authenticate(connection, secret)
    assert key is not None
    return submit(database, key.id).id


class Read:
    """Takes the place of `snapshots.read`: counts, and waits while `gate` is closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.polls: list[int] = []
        self.fails = False
        self._true = snapshots.read
        monkeypatch.setattr(snapshots, "read", self)

    def __call__(self, database: Database, polls: Collection[Poll]) -> dict[Poll, Seen]:
        self.polls.append(len(polls))
        self.begun.set()
        seen = self._true(database, polls)
        assert self.gate.wait(60)
        if self.fails:
            raise OSError("the store is away")
        return seen


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    return Read(monkeypatch)


def state_of(seen: Seen) -> str | None:
    return None if seen.job is None else seen.job.state


def test_polls_that_come_together_share_one_snapshot(database: Database, secret: str, job_id: str, read: Read) -> None:
    async def poll() -> list[Seen]:
        shared = Snapshots(database)
        ids = [job_id, "0" * 32, job_id, "no id"]
        return await asyncio.gather(*(shared.see(Poll(secret, it)) for it in ids * 10))

    seen = asyncio.run(poll())
    assert read.polls == [3]  # the same poll is asked once
    assert [state_of(it) for it in seen] == ["QUEUED", None, "QUEUED", None] * 10


def test_who_asks_while_one_is_read_is_answered_from_the_next(
    database: Database, secret: str, job_id: str, read: Read
) -> None:
    async def poll() -> tuple[Seen, list[Seen]]:
        shared = Snapshots(database)
        read.gate.clear()
        first = asyncio.create_task(shared.see(Poll(secret, job_id)))
        assert await asyncio.to_thread(read.begun.wait, 60)
        claimed(database)
        later = [asyncio.create_task(shared.see(Poll(secret, job_id))) for _ in range(5)]
        await asyncio.sleep(0)
        read.gate.set()
        return await first, [await task for task in later]

    _, later = asyncio.run(poll())
    assert read.polls == [1, 1]
    assert [state_of(it) for it in later] == ["PROCESSING"] * 5


def test_a_snapshot_tells_each_caller_only_his_own(database: Database, secret: str, job_id: str) -> None:
    with database.transaction() as connection:
        owner = keys.authenticate(connection, secret)
        assert owner is not None
        _, further = keys.create_key(connection, "further", 0, of_key=owner.id)
        _, expired = keys.create_key(connection, "expired", 0, of_key=owner.id, life=-1.0)
        _, stranger = keys.create_key(connection, "stranger", 0)
    foreign = submit(database, new_key(database)).id
    polls = [Poll(it, job, True) for it in (secret, further, expired, stranger, "") for job in (job_id, foreign)]
    seen = snapshots.read(database, polls)
    assert [state_of(seen[poll]) for poll in polls] == ["QUEUED", None] * 2 + [None] * 6
    assert [seen[poll].key is not None for poll in polls] == [True] * 4 + [False] * 2 + [True] * 2 + [False] * 2
    echo = seen[polls[0]].echo
    assert echo is not None
    assert [seen[poll].echo is None for poll in polls] == [False, True] * 2 + [True] * 6


def test_a_store_that_fails_is_told_to_all_and_asked_again(
    database: Database, secret: str, job_id: str, read: Read
) -> None:
    async def poll() -> tuple[list[Seen | BaseException], Seen]:
        shared = Snapshots(database)
        read.fails = True
        polls = [shared.see(Poll(secret, it)) for it in (job_id, "0" * 32)]
        failed = await asyncio.gather(*polls, return_exceptions=True)
        read.fails = False
        return failed, await shared.see(Poll(secret, job_id))

    failed, after = asyncio.run(poll())
    assert [type(it) for it in failed] == [OSError, OSError]
    assert state_of(after) == "QUEUED"


def test_a_caller_who_hangs_up_takes_no_answer_from_others(
    database: Database, secret: str, job_id: str, read: Read
) -> None:
    async def poll() -> Seen:
        shared = Snapshots(database)
        read.gate.clear()
        gone, stays = (asyncio.create_task(shared.see(Poll(secret, job_id))) for _ in range(2))
        assert await asyncio.to_thread(read.begun.wait, 60)
        gone.cancel()
        read.gate.set()
        assert isinstance((await asyncio.gather(gone, return_exceptions=True))[0], asyncio.CancelledError)
        return await stays

    assert state_of(asyncio.run(poll())) == "QUEUED"


def test_no_secret_is_in_the_words_for_a_poll(secret: str, job_id: str) -> None:
    assert secret not in repr(Poll(secret, job_id))
