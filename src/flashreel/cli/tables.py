"""How tables for people say ids, times and sizes, so that they fit 80 columns; programs ask for `--json`."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from flashreel.cli.store import when
from flashreel.terminal import out

_NARROW: Final = 120
_SPAN: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def is_narrow() -> bool:
    """Whether the terminal leaves no room for what is good to know besides."""
    return out.width < _NARROW


def table(*columns: str) -> Any:
    """An empty table: a `rich.table.Table`. What does not fit goes on in the next line, and is not cut."""
    from rich.table import Column, Table

    folded = [Column(name, overflow="fold") for name in columns]
    return Table(*folded, box=None, pad_edge=False, padding=(0, 1 if is_narrow() else 2, 0, 0))


def short(job_id: str) -> str:
    """A job's id, or as much of it as there is room for: commands take the beginning of an id, too."""
    return job_id[:10] if is_narrow() else job_id


def moment(seconds: float | None) -> str:
    """Wall seconds: the local date and time, or, in a narrow terminal, how long ago that was."""
    if seconds is None:
        return ""
    return span(time.time() - seconds) if is_narrow() else when(seconds)


def span(seconds: float | None) -> str:
    """A time as people say it: 0.4 s, 17 s, 5 min, 3.5 h, 12 d."""
    if seconds is None:
        return ""
    seconds = max(0.0, seconds)
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    for unit, name, most in ((60.0, "min", 99.5), (3600.0, "h", 48.0)):
        if seconds < unit * most:
            return f"{seconds / unit:.1f} {name}" if seconds < unit * 9.95 else f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400.0:.0f} d"


def size(count: int | None) -> str:
    """Bytes in units of a thousand: 17 B, 3.2 MB."""
    if count is None:
        return ""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 9.95 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def _since(text: str) -> float:
    """Wall seconds of what somebody says of a time in the past. Raises typer.BadParameter."""
    if (match := _SPAN.fullmatch(text)) is not None:
        return time.time() - float(match[1]) * _UNITS[match[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):  # the last two: a year that no clock has
        raise typer.BadParameter(f"{text!r} is no time; say 90s, 30m, 6h, 7d, 2026-11-22 or 2026-11-22T18:30") from None


#: An option that takes a time in the past.
Since = Annotated[
    Any, typer.Option(parser=_since, metavar="TIME", help="Made within 90s, 30m, 6h, 7d; or since a date.")
]
