"""Idempotency keys: one token, one request, one job, for a day."""

from __future__ import annotations

import pytest

from flashreel.jobs import idempotency, retention
from flashreel.jobs.database import Database
from flashreel.jobs.idempotency import KEPT_SECONDS, Earlier
from tests.support.store import RETENTION, Clock, claimed, complete, new_key, submit

TOKEN = "order-7"


def remember(database: Database, key_id: str, job_id: str, at: float, body_hash: str = "body") -> None:
    with database.transaction() as connection:
        idempotency.remember(
            connection, key_id, TOKEN, body_hash, job_id=job_id, created_at=at, warnings=["about a field"]
        )


def find(database: Database, key_id: str, token: str = TOKEN) -> Earlier | None:
    with database.reading() as connection:
        return idempotency.find(connection, key_id, token)


def test_a_token_is_found_with_what_its_first_answer_said(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    remember(database, key, job.id, job.created_at)
    assert find(database, key) == Earlier("body", job.id, ("about a field",), job.created_at)
    assert find(database, key, "another") is None


def test_a_token_is_its_keys_own(database: Database, key: str, clock: Clock) -> None:
    other = new_key(database)
    mine, theirs = submit(database, key), submit(database, other)
    remember(database, key, mine.id, clock.wall)
    assert find(database, other) is None
    remember(database, other, theirs.id, clock.wall)
    found = [find(database, key_id) for key_id in (key, other)]
    assert [it and it.job_id for it in found] == [mine.id, theirs.id]


def test_a_token_is_free_again_after_a_day(database: Database, key: str, clock: Clock) -> None:
    first = submit(database, key)
    remember(database, key, first.id, clock.wall)
    clock.advance(KEPT_SECONDS - 1)
    assert find(database, key) is not None
    clock.advance(1)
    assert find(database, key) is None
    second = submit(database, key)
    remember(database, key, second.id, clock.wall)  # though nobody has forgotten the first
    found = find(database, key)
    assert found is not None
    assert found.job_id == second.id


def test_it_outlives_the_job(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    remember(database, key, job.id, clock.wall)
    complete(database, claimed(database))
    clock.advance(RETENTION)
    with database.transaction() as connection:
        retention.sweep(connection, [job.id])
        assert idempotency.forget(connection) == 0
    assert find(database, key) is not None
    clock.advance(KEPT_SECONDS)
    with database.transaction() as connection:
        assert idempotency.forget(connection) == 1
        assert idempotency.forget(connection) == 0


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"prompt": "a", "seed": 1}, {"seed": 1, "prompt": "a"}, True),
        ({"prompt": "a"}, {"prompt": "b"}, False),
        ({"prompt": "a"}, {"prompt": "a", "seed": None}, False),
        ({"seed": 1}, {"seed": "1"}, False),
        ({"loop": True}, {"loop": 1}, False),
        ({"prompt": "\ud800"}, {"prompt": "\udc00"}, False),
        ({"nested": {"a": 1, "b": 2}}, {"nested": {"b": 2, "a": 1}}, True),
    ],
)
def test_requests_are_the_same_when_their_fields_are(
    one: dict[str, object], two: dict[str, object], same: bool
) -> None:
    hashes = [idempotency.hash_request("segmind", "tiny", fields) for fields in (one, two)]
    assert (hashes[0] == hashes[1]) is same


def test_another_model_or_dialect_is_another_request() -> None:
    hashes = {
        idempotency.hash_request(dialect, model, {})
        for dialect, model in (("segmind", "tiny"), ("segmind", "big"), ("luma", "tiny"))
    }
    assert len(hashes) == 3
