"""A store that holds something of everything there is, as the code of its version leaves it."""

from __future__ import annotations

import json
from typing import Final

from flashreel.jobs import ending, idempotency, keys, leader, outbox, retention, store, uploads, webhooks, workers
from flashreel.jobs.database import Database
from flashreel.jobs.leases import Claim
from flashreel.jobs.schema import rates
from flashreel.spec import AssetImage
from tests.support.store import CREDITS, MODEL, PRICE, RESULT, RETENTION, Clock, a_spec, claimed, complete, submit

OWNER: Final = "owner"
#: What the prompts of its jobs say of the state each is left in.
STATES: Final = ("completed", "failed", "swept", "cancelled", "processing", "queued")
_LIMITS: Final = outbox.Limits(all=1, of_host=1, of_key=1)


def fill(database: Database, clock: Clock) -> None:
    """Puts rows into every table of an empty store. `clock` is installed, and moves on."""
    with database.transaction() as connection:
        owner, _ = keys.create_key(connection, OWNER, CREDITS, models=(MODEL,), life=400 * 86400.0)
        keys.set_limits(connection, owner.id, {"rate": 60.0, "max_queued": 50, "max_running": 5, "priority": 2})
        keys.create_key(connection, "further", 0, scopes=("read",), of_key=owner.id)
        revoked, _ = keys.create_key(connection, "revoked", 0)
        keys.revoke_key(connection, revoked.id)
        webhooks.secret(connection, owner.id)
        webhooks.add(connection, owner.id, "https://hooks.example/videos", ("PIXELFLOW",))
        ended = webhooks.add(connection, owner.id, "https://hooks.example/ended", ("REQUEST_FAILED",))
        webhooks.end(connection, owner.id, ended.id)
        leader.lead(connection, "keeper-1")
        connection.execute(rates.insert().values(key_id=owner.id, tokens=1.5, counted_at_boot=clock.boot))
        workers.report(connection, "w1", 4711, "animatic", "busy", "rendering", 0.25)
    database.check_writable()
    upload = _upload(database, owner.id)

    left = _left(database, owner.id, "swept", "completed", "failed", "cancelled")
    complete(database, left["swept"])
    clock.advance(RETENTION + 1)
    with database.transaction() as connection:
        retention.sweep(connection, [left["swept"].id])
    for name in ("completed", "cancelled"):
        with database.transaction() as connection:
            # As long as anybody might look.
            ending.complete(
                connection, left[name], {**RESULT, "stills": _stills(left[name])}, ("a note",), 30 * 86400.0
            )
    with database.transaction() as connection:
        ending.fail(connection, left["failed"], "engine_failed", "the engine failed", 30 * 86400.0)
    _deliver_one(database)
    _left(database, owner.id, "processing")
    submit(database, owner.id, prompt="queued", start_image=str(AssetImage(upload)))


def _upload(database: Database, key_id: str) -> str:
    upload_id = uploads.new_id()
    path = f"uploads/{upload_id}/{'0' * 32}.png"
    with database.transaction() as connection:
        added = uploads.add(
            connection,
            upload_id,
            key_id,
            path=path,
            name="fox.png",
            content_type="image/png",
            size=5,
            sha256="0" * 64,
            life=30 * 86400.0,
            quota=2**20,
        )
    assert added is not None
    return path


def _left(database: Database, key_id: str, *prompts: str) -> dict[str, Claim]:
    """Jobs that a worker has, by their prompts."""
    for prompt in prompts:
        with database.transaction() as connection:
            hooks = [webhooks.Hook("https://hooks.example/this", "segmind", prefix="/v2")]
            job = store.submit(
                connection,
                key_id,
                a_spec(prompt=prompt),
                dialect="segmind",
                engine="animatic",
                price=PRICE,
                warnings=("heard",),
                echo={"prompt": prompt},
                body_hash=f"hash of {prompt}",
                retry_count=0,
                callback=webhooks.callback("https://video.example", hooks),
            )
            assert job is not None
            idempotency.remember(
                connection,
                key_id,
                f"token of {prompt}",
                f"hash of {prompt}",
                job_id=job.id,
                created_at=job.created_at,
                warnings=job.warnings,
            )
    taken = {claim.spec.prompt: claim for claim in (claimed(database) for _ in prompts)}
    if "cancelled" in taken:
        with database.transaction() as connection:
            ending.cancel(connection, taken["cancelled"].id, None, RETENTION)
    return taken


def _stills(claim: Claim) -> dict[str, dict[str, object]]:
    path = f"{claim.id}/{claim.attempt}/{'1' * 32}.jpg"
    return {"poster": {"path": path, "content_type": "image/jpeg", "file_size": 3}}


def _deliver_one(database: Database) -> None:
    with database.transaction() as connection:
        (delivery,) = outbox.claim(connection, (), _LIMITS, 30.0, lambda draft: json.dumps({"type": draft.event}))
        assert outbox.ended(connection, delivery, outbox.Outcome(200, None, 0.5))
