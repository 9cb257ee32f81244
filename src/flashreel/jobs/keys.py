"""API keys and the ledger of their credits."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa

from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import keys, ledger

_PREFIX = "fr_"


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `credits` are micro-credits that can still be spent; `models` None means every model;
    a limit of None is the server's default.

    A key may be another secret of a key (`of_key`): with scopes, models and an end of its own, and that one's jobs,
    credits and limits. `authenticate` gives it the other's `id`; `secret_id` is always its own.
    """

    id: str
    secret_id: str
    name: str
    credits: int
    scopes: frozenset[str]
    models: frozenset[str] | None
    rate: float | None
    max_queued: int | None
    max_running: int | None
    priority: int
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    last_used_at: float | None
    of_key: str | None

    def is_good(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def _key(row: sa.Row[tuple[object, ...]]) -> Key:
    values = row._mapping
    return Key(
        id=values["id"],
        secret_id=values["id"],
        name=values["name"],
        credits=values["credits"],
        scopes=frozenset(values["scopes"].split()),
        models=None if values["models"] is None else frozenset(values["models"].split()),
        rate=values["rate"],
        max_queued=values["max_queued"],
        max_running=values["max_running"],
        priority=values["priority"],
        created_at=values["created_at"],
        expires_at=values["expires_at"],
        revoked_at=values["revoked_at"],
        last_used_at=values["last_used_at"],
        of_key=values["of_key"],
    )


def _hash(secret: str) -> str:
    # The secret has 192 random bits: nothing a slow hash would add.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def create_key(
    connection: sa.Connection,
    name: str,
    credits: int,
    scopes: Collection[str] = ("generate",),
    models: Collection[str] = (),
    *,
    life: float | None = None,
    of_key: str | None = None,
) -> tuple[Key, str]:
    """A new key with `credits` micro-credits, and its secret, which cannot be read again. No `models` means all; it is
    good for `life` seconds, None for ever; with `of_key` it is a further secret of that key."""
    secret = _PREFIX + secrets.token_hex(24)
    key_id = secrets.token_hex(6)
    now = wall_seconds()
    connection.execute(
        keys.insert().values(
            id=key_id,
            name=name,
            hash=_hash(secret),
            credits=0,
            scopes=" ".join(sorted(scopes)),
            models=" ".join(sorted(models)) or None,
            created_at=now,
            expires_at=None if life is None else now + life,
            of_key=of_key,
        )
    )
    if credits:
        grant(connection, key_id, credits)
    key = get_key(connection, key_id)
    assert key is not None
    return key, secret


def authenticate(connection: sa.Connection, secret: str) -> Key | None:
    """The key of this secret, unless it, or the key that it is a secret of, is revoked or expired."""
    return authenticate_all(connection, [secret]).get(secret)


def authenticate_all(connection: sa.Connection, given: Collection[str]) -> dict[str, Key]:
    """The keys of those of these secrets that are good, as `authenticate` finds them."""
    # Found by its hash: how long that takes says nothing about the secret.
    hashes = {secret: _hash(secret) for secret in given}
    rows = connection.execute(sa.select(keys).where(keys.c.hash.in_(hashes.values())))
    found = {row.hash: _key(row) for row in rows}
    of_keys = {key.of_key for key in found.values() if key.of_key is not None}
    owners = {}
    if of_keys:
        owners = {row.id: _key(row) for row in connection.execute(sa.select(keys).where(keys.c.id.in_(of_keys)))}
    good = {}
    for secret, hashed in hashes.items():
        if hashed in found and (key := _with_owner(found[hashed], owners)) is not None:
            good[secret] = key
    return good


def _with_owner(key: Key, owners: Mapping[str, Key]) -> Key | None:
    if not key.is_good(wall_seconds()):
        return None
    if key.of_key is None:
        return key
    owner = owners.get(key.of_key)
    if owner is None or not owner.is_good(wall_seconds()):
        return None
    models = key.models if owner.models is None else owner.models & (key.models or owner.models)
    return replace(owner, secret_id=key.id, name=key.name, scopes=key.scopes, models=models)


def touch(connection: sa.Connection, key_id: str) -> None:
    """Notes that the key was used now."""
    connection.execute(keys.update().where(keys.c.id == key_id).values(last_used_at=wall_seconds()))


def take_turn(connection: sa.Connection, key_id: str) -> None:
    """Puts the key behind all others in the round robin."""
    latest = sa.select(sa.func.max(keys.c.served)).scalar_subquery()
    connection.execute(keys.update().where(keys.c.id == key_id).values(served=latest + 1))


def set_limits(connection: sa.Connection, key_id: str, limits: Mapping[str, float | int | None]) -> Key | None:
    """Sets some of rate, max_queued, max_running (None: the server's default) and priority; None without such a key."""
    if limits:
        connection.execute(keys.update().where(keys.c.id == key_id).values(**limits))
    return get_key(connection, key_id)


def check_ledger(connection: sa.Connection) -> list[tuple[Key, int]]:
    """Every key whose credits are not the sum of its ledger, with that sum. Empty when all is right."""
    total = sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)
    sums = sa.select(keys.c.id, total).outerjoin(ledger, ledger.c.key_id == keys.c.id).group_by(keys.c.id)
    found = {key_id: int(amount) for key_id, amount in connection.execute(sums)}
    return [(key, found[key.id]) for key in list_keys(connection) if key.credits != found[key.id]]


def lock(connection: sa.Connection, key_id: str) -> int | None:
    """Until this transaction ends no other one takes anything from this key, and what is asked of its jobs from here on
    holds. SQLite's writers take turns anyway, and it knows no such lock. The key's last turn."""
    return connection.scalar(sa.select(keys.c.served).where(keys.c.id == key_id).with_for_update())


def get_key(connection: sa.Connection, key_id: str) -> Key | None:
    row = connection.execute(sa.select(keys).where(keys.c.id == key_id)).first()
    return None if row is None else _key(row)


def list_keys(connection: sa.Connection) -> list[Key]:
    return [_key(row) for row in connection.execute(sa.select(keys).order_by(keys.c.created_at, keys.c.id))]


def revoke_key(connection: sa.Connection, key_id: str) -> bool:
    """Ends a key for good; False when there is none of that id. Revoking twice keeps the first time."""
    values = {"revoked_at": sa.func.coalesce(keys.c.revoked_at, wall_seconds())}
    return bool(connection.execute(keys.update().where(keys.c.id == key_id).values(**values)).rowcount)


def grant(connection: sa.Connection, key_id: str, amount: int) -> Key | None:
    """Adds `amount` micro-credits (negative takes away) and returns the key, None when there is none of that id."""
    changed = connection.execute(keys.update().where(keys.c.id == key_id).values(credits=keys.c.credits + amount))
    if not changed.rowcount:
        return None
    record(connection, key_id, None, "grant", amount)
    return get_key(connection, key_id)


def hold(connection: sa.Connection, key_id: str, job_id: str, price: int) -> bool:
    """Takes `price` from the key for this job; False, and nothing taken, when it has less."""
    taken = connection.execute(
        keys.update().where(keys.c.id == key_id, keys.c.credits >= price).values(credits=keys.c.credits - price)
    )
    if not taken.rowcount:
        return False
    record(connection, key_id, job_id, "hold", -price)
    return True


def settle(connection: sa.Connection, key_id: str, job_id: str) -> None:
    """Ends a hold by charging it. The ledger's uniqueness makes a second end of the same hold an IntegrityError."""
    record(connection, key_id, job_id, "settle", 0)


def release(connection: sa.Connection, key_id: str, job_id: str, price: int) -> None:
    """Ends a hold by giving it back. A second end of the same hold is an IntegrityError."""
    record(connection, key_id, job_id, "release", price)
    connection.execute(keys.update().where(keys.c.id == key_id).values(credits=keys.c.credits + price))


def record(
    connection: sa.Connection,
    key_id: str,
    job_id: str | None,
    kind: Literal["grant", "hold", "settle", "release"],
    amount: int,
) -> None:
    ending = None if job_id is None else int(kind != "hold")
    connection.execute(
        ledger.insert().values(key_id=key_id, job_id=job_id, kind=kind, amount=amount, at=wall_seconds(), ending=ending)
    )
