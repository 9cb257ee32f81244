"""Two clocks. Leases and deadlines use one that no one can set back; wall time is for display and retention.

On one host (SQLite) that is the boot clock, which also counts sleep, together with the boot's id: after a reboot the
clock starts again, and a lease of an earlier boot has lapsed whatever its number says. Hosts that share a PostgreSQL
have only its clock in common. Statements say `lease_clock()` and `lease_boot()`, and mean the one that is theirs.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_seconds() -> float:
    """Seconds since this boot."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@cache
def boot_id() -> str:
    """Names this boot of this host."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        # Elsewhere than on Linux: the wall time of the boot, to ten seconds.
        return f"boot-{round((time.time() - boot_seconds()) / 10)}"


def wall_seconds() -> float:
    """Seconds since 1970, UTC."""
    return time.time()


class _LeaseClock(FunctionElement[float]):
    """Its one argument, what this host's clock says, except on PostgreSQL."""

    type = sa.Float()
    inherit_cache = True


class _LeaseBoot(FunctionElement[str]):
    """Its one argument, this host's boot, except on PostgreSQL."""

    type = sa.String()
    inherit_cache = True


@compiles(_LeaseClock)
@compiles(_LeaseBoot)
def _of_this_host(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clause_expr.element, **options)


@compiles(_LeaseClock, "postgresql")
def _of_the_database(_element: object, _compiler: SQLCompiler, **_options: Any) -> str:
    # Of this moment; now() would be that of the transaction's begin, which may have waited for a lock.
    return "extract(epoch FROM clock_timestamp())::float8"


@compiles(_LeaseBoot, "postgresql")
def _that_never_ends(_element: object, _compiler: SQLCompiler, **_options: Any) -> str:
    return "'postgresql'"


def wall_clock() -> sa.ColumnElement[float]:
    """Seconds since 1970, for a statement, by the clock of the store: PostgreSQL's, or this host's."""
    return _LeaseClock(sa.literal(wall_seconds(), sa.Float))


def lease_clock() -> sa.ColumnElement[float]:
    """Seconds of the clock that leases and deadlines are measured by, for a statement: PostgreSQL's, or that of
    `boot_seconds` now."""
    return _LeaseClock(sa.literal(boot_seconds(), sa.Float))


def lease_boot() -> sa.ColumnElement[str]:
    """What names the time in which that clock goes on: always the same on PostgreSQL, else `boot_id`."""
    return _LeaseBoot(sa.literal(boot_id(), sa.String))
