"""The store, and what is in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from flashreel.catalogue import MICRO
from flashreel.doctor.finding import Finding, refused
from flashreel.errors import SetupError
from flashreel.jobs import keys, snapshot
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.database import Database
from flashreel.jobs.schema import REVISION, jobs
from flashreel.settings import Settings

_SKEW_SECONDS: Final = 5.0


def check_store(settings: Settings) -> Iterator[Finding]:
    """The store and what is in it; of one that cannot be opened, no more than that."""
    if isinstance(settings.database, Path) and not settings.database.exists():
        yield Finding("store", "ok", f"{settings.database} is not there yet; the first start makes it, with a key")
        return
    try:
        database = Database(settings.database)
    except SetupError as error:
        yield refused("store", error, "mend database_url")
        return
    with closing(database):
        try:
            revision = database.revision()
        except SetupError as error:
            ways = ("restore a backup with `flashreel restore`", "start PostgreSQL, or mend database_url")
            yield refused("store", error, ways[database.is_shared])
            return
        if revision < REVISION:
            said = f"{database} has schema {revision}, this flashreel knows {REVISION}"
            if database.is_shared:
                yield Finding("store", "fail", said, "run `flashreel migrate`")
            else:
                yield Finding("store", "warn", said, "run `flashreel backup`; the next start brings it up to date")
            return
        with database.reading() as connection:
            named = "" if connection.dialect.server_version_info is None else _server(connection)
            yield Finding("store", "ok", f"{database}{named} has schema {revision}")
            yield from _contents(connection, database)


def _server(connection: sa.Connection) -> str:
    if connection.dialect.name != "postgresql":
        return ""
    return f" (PostgreSQL {'.'.join(map(str, connection.dialect.server_version_info or ()))})"


def _contents(connection: sa.Connection, database: Database) -> Iterator[Finding]:
    if not database.is_shared:
        try:
            damage = snapshot.damage(connection)
        except sa.exc.DBAPIError as error:
            damage = str(error.orig)
        if damage is not None:
            remedy = "stop the server, keep a copy of the file, and restore a backup with `flashreel restore`"
            yield Finding("integrity", "fail", f"the store's file is damaged: {damage}", remedy)
            return
        yield Finding("integrity", "ok", "the store's file is whole")
    wrong = keys.check_ledger(connection)
    if wrong:
        said = f"the credits of {', '.join(key.id for key, _ in wrong)} are not the sum of the ledger"
        yield Finding(
            "ledger", "fail", said, "see `flashreel ledger verify`, and mend the balance with `flashreel keys grant`"
        )
    else:
        yield Finding("ledger", "ok", "every balance is the sum of its entries")
    yield _keys(keys.list_keys(connection))
    yield _clock(connection)


def _keys(found: list[keys.Key]) -> Finding:
    now = wall_seconds()
    good = [key for key in found if key.of_key is None and key.is_good(now) and "generate" in key.scopes]
    if not good:
        made = "flashreel keys create --name first --credits 100"
        return Finding("keys", "warn", "no key can make videos", f"make one: `{made}`")
    rich = [key for key in good if key.credits > 0]
    if not rich:
        said = f"none of the {len(good)} keys that can make videos has credits"
        return Finding("keys", "warn", said, f"give it some: `flashreel keys grant {good[0].id} 100`")
    credits = sum(key.credits for key in rich) / MICRO
    return Finding("keys", "ok", f"{len(rich)} of {len(found)} keys can make videos, with {credits:g} credits together")


def _clock(connection: sa.Connection) -> Finding:
    remedy = "set the clock, best by NTP (timedatectl set-ntp true)"
    if connection.dialect.name == "postgresql":
        before = wall_seconds()
        theirs = connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())::float8"))
        skew = min(abs(theirs - before), abs(theirs - wall_seconds()))
        if skew > _SKEW_SECONDS:
            said = f"the clocks of this host and of PostgreSQL are {skew:.0f} s apart"
            return Finding("clock", "warn", said, remedy + " on both")
        return Finding("clock", "ok", "this host and PostgreSQL agree on the time")
    ahead = (connection.scalar(sa.select(sa.func.max(jobs.c.created_at))) or 0.0) - wall_seconds()
    if ahead > _SKEW_SECONDS:
        said = f"the latest job was made {ahead:.0f} s from now: the clock was set back, and results are kept longer"
        return Finding("clock", "warn", said, remedy)
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%S UTC, after all that the store has", time.gmtime()))
