"""How often a key may submit, counted in the store for all servers together, by the store's clock: a token bucket."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from flashreel.jobs.clock import lease_clock
from flashreel.jobs.schema import rates


@dataclass(frozen=True, slots=True)
class Bucket:
    """Whether a token was there to take, and how many, and parts of one, are there now."""

    taken: bool
    tokens: float


def take(connection: sa.Connection, key_id: str, per_second: float, burst: int) -> Bucket:
    """Takes one token, if there is one, of those that come `per_second` and gather up to `burst`; exact however many do
    so at once."""
    if connection.dialect.name == "postgresql":
        # Nobody waits for the disk: a crash would only give back a few tokens.
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
    of_key = rates.c.key_id == key_id
    while True:
        now = lease_clock()
        since = sa.case((now > rates.c.counted_at_boot, now - rates.c.counted_at_boot), else_=0.0)
        filled = rates.c.tokens + since * per_second
        level = sa.case((filled > burst, float(burst)), else_=filled)
        taking = rates.update().where(of_key, level >= 1.0).values(tokens=level - 1.0, counted_at_boot=now)
        tokens = connection.scalar(taking.returning(rates.c.tokens))
        if tokens is not None:
            return Bucket(True, tokens)
        tokens = connection.scalar(sa.select(level).where(of_key))
        if tokens is not None:
            if tokens >= 1.0:  # another one has made the row since, or a token has come
                continue
            return Bucket(False, tokens)
        try:
            with connection.begin_nested():
                connection.execute(rates.insert().values(key_id=key_id, tokens=burst - 1.0, counted_at_boot=now))
        except sa.exc.IntegrityError:  # another one was first, just now
            continue
        return Bucket(True, burst - 1.0)
