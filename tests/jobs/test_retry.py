"""A failed job is made again as it was, and paid for again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from flashreel.errors import Conflict, NotEnoughCredits, NotFound
from flashreel.jobs import ending, keys, listing, outbox, retention, store, uploads
from flashreel.jobs.database import Database
from flashreel.jobs.listing import Echo
from flashreel.jobs.retry import retry
from flashreel.jobs.schema import specs
from flashreel.jobs.store import Job
from flashreel.jobs.webhooks import Hook, callback
from flashreel.spec import AssetImage
from tests.support.store import (
    CREDITS,
    PRICE,
    RETENTION,
    Clock,
    a_spec,
    claimed,
    complete,
    credits_of,
    fail,
    get,
    ledger_of,
    new_key,
    submit,
)

ENGINES = {"tiny": "other-engine"}


def again(database: Database, job_id: str) -> Job:
    with database.transaction() as connection:
        return retry(connection, job_id, ENGINES)


def failed(database: Database, key: str, **changes: Any) -> str:
    job = submit(database, key, **changes)
    fail(database, claimed(database))
    return job.id


def test_it_is_another_job_with_the_same_spec_key_price_and_webhooks(database: Database, key: str) -> None:
    echo = Echo("a fox", width=160, height=90, extras={"a": 1})
    with database.transaction() as connection:
        old = store.submit(
            connection,
            key,
            a_spec(seed=123, loop=True),
            dialect="luma",
            engine="animatic",
            price=PRICE,
            warnings=("heard",),
            echo=asdict(echo),
            cancel_at=1.0,  # long over, and not to end the new one
            callback=callback("https://api.example", (Hook("https://hooks.example/a", "segmind"),)),
        )
    assert old is not None
    fail(database, claimed(database))
    assert credits_of(database, key) == CREDITS
    new = again(database, old.id)
    assert new.id != old.id
    assert (new.state, new.key_id, new.dialect, new.price, new.seed) == ("QUEUED", key, "luma", PRICE, 123)
    assert new.warnings == ("heard",)
    assert get(database, old.id).state == "FAILED"
    assert credits_of(database, key) == CREDITS - PRICE
    assert ledger_of(database, new.id) == [("hold", -PRICE)]
    with database.reading() as connection:
        assert listing.spec_of(connection, new.id) == a_spec(seed=123, loop=True)
        assert listing.echoes(connection, [new.id])[new.id] == echo
        assert ending.to_cancel(connection) == []
    taken = claimed(database)
    assert taken.id == new.id
    complete(database, taken)
    with database.reading() as connection:
        assert [message.event for message in outbox.messages_of(connection, new.id)] == ["request.completed"]


def test_only_what_has_failed_is_made_again(database: Database, key: str) -> None:
    def refused(job_id: str, state: str) -> None:
        with pytest.raises(Conflict, match=f"{job_id} cannot be made again: it is {state}; only .* FAILED"):
            again(database, job_id)

    job = submit(database, key)
    refused(job.id, "QUEUED")
    taken = claimed(database)
    refused(job.id, "PROCESSING")
    complete(database, taken)
    refused(job.id, "COMPLETED")
    assert credits_of(database, key) == CREDITS - PRICE


@pytest.mark.parametrize("job_id", ["0" * 32, "nothing", "\0"])
def test_what_is_no_job_is_named(database: Database, job_id: str) -> None:
    with pytest.raises(NotFound, match="there is no job with the id"):
        again(database, job_id)


def test_what_is_over_is_not_made_again(database: Database, key: str, clock: Clock) -> None:
    job_id = failed(database, key)
    clock.advance(RETENTION + 1)
    with pytest.raises(Conflict, match="was deleted when its time was over"):
        again(database, job_id)
    with database.transaction() as connection:
        retention.sweep(connection, [job_id])
    with pytest.raises(Conflict, match="was deleted when its time was over"):
        again(database, job_id)


def test_a_model_that_is_not_offered_is_named(database: Database, key: str) -> None:
    job = submit(database, key, model="gone")
    with database.transaction() as connection:
        ending.cancel(connection, job.id, None, RETENTION)
    with pytest.raises(Conflict, match="its model 'gone' is not offered; models are tiny"):
        again(database, job.id)


def test_a_key_that_is_over_gets_no_more_jobs(database: Database, key: str) -> None:
    job_id = failed(database, key)
    with database.transaction() as connection:
        keys.revoke_key(connection, key)
    with pytest.raises(Conflict, match=f"its key {key} is revoked or expired"):
        again(database, job_id)


def test_a_key_must_be_able_to_pay(database: Database) -> None:
    key = new_key(database, credits=PRICE)
    job_id = failed(database, key)
    again(database, job_id)
    with pytest.raises(NotEnoughCredits, match=f"the key {key} has 0 credits and {job_id} needs 0.375"):
        again(database, job_id)
    assert credits_of(database, key) == 0


def test_a_file_that_it_uses_must_still_be_there(database: Database, key: str, clock: Clock) -> None:
    upload_id = uploads.new_id()
    with database.transaction() as connection:
        added = uploads.add(
            connection,
            upload_id,
            key,
            path=f"uploads/{upload_id}/fox.png",
            name="fox.png",
            content_type="image/png",
            size=5,
            sha256="0" * 64,
            life=60.0,
            quota=2**20,
        )
    assert added is not None
    job_id = failed(database, key, start_image=str(AssetImage(added.path)))
    again(database, job_id)
    clock.advance(61)
    with pytest.raises(Conflict, match=f"it uses a file of {upload_id}, which was deleted"):
        again(database, job_id)


def test_what_another_version_accepted_is_not_guessed_at_nor_repeated(database: Database, key: str) -> None:
    job_id = failed(database, key)
    with database.transaction() as connection:
        connection.execute(specs.update().values(spec='{"prompt": "a secret fox"}'))
    with pytest.raises(Conflict, match="accepted by another version of the server") as refused:
        again(database, job_id)
    assert "secret" not in str(refused.value)
    assert credits_of(database, key) == CREDITS


def test_a_video_that_it_uses_must_still_be_there(database: Database, key: str) -> None:
    source = submit(database, key)
    complete(database, claimed(database))
    job_id = failed(database, key, start_image=str(AssetImage(f"{source.id}/1/film.mp4", "last")))
    again(database, job_id)
    with database.transaction() as connection:
        retention.expire(connection, [source.id])
        retention.sweep(connection, [source.id])
    with pytest.raises(Conflict, match=f"it uses a file of {source.id}, which was deleted"):
        again(database, job_id)
