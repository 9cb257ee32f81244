"""What a check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flashreel.errors import SetupError

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `remedy` is what to do about it, in one sentence; None where all is well."""

    check: str
    verdict: Verdict
    says: str
    remedy: str | None = None


def refused(check: str, error: SetupError, remedy: str) -> Finding:
    """A refusal in its own words, which say the remedy after a semicolon if they know one."""
    said, _, told = str(error).partition("; ")
    return Finding(check, "fail", said, told or remedy)
