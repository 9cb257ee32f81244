"""Times as answers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, overload


@overload
def iso_time(seconds: float, digits: Literal["seconds", "milliseconds", "microseconds"] = ...) -> str: ...
@overload
def iso_time(seconds: None, digits: Literal["seconds", "milliseconds", "microseconds"] = ...) -> None: ...
@overload
def iso_time(seconds: float | None, digits: Literal["seconds", "milliseconds", "microseconds"] = ...) -> str | None: ...
def iso_time(
    seconds: float | None, digits: Literal["seconds", "milliseconds", "microseconds"] = "microseconds"
) -> str | None:
    """ISO 8601 in UTC, with a Z. `seconds` are since 1970."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=digits).replace("+00:00", "Z")
