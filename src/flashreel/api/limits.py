"""How often a key may submit: a token bucket per key, on the clock that nobody sets back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from flashreel.errors import RateLimited
from flashreel.jobs import rates
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.rates import Bucket


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may still submit at once, and the seconds until it has its whole burst again."""

    left: int
    reset: float

    @property
    def headers(self) -> dict[str, str]:
        at = datetime.now(UTC) + timedelta(seconds=self.reset)
        return {
            "x-rate-limit-remaining": str(self.left),
            "x-rate-limit-reset-at-utc": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }


class Buckets:
    """Refilled by `rate` a minute up to `burst`: in the memory of this process, the only one that a store in a file is
    served by, or in a store that others serve too."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._levels: dict[str, tuple[float, float]] = {}  # key id: (tokens, when)

    def take(self, key_id: str, rate: float | None, connection: sa.Connection | None = None) -> Allowance:
        """Takes one token, in the store where a connection is given, and says what is left. Raises RateLimited, which
        says when the next one comes."""
        per_second = (rate or self._rate) / 60.0
        if connection is None:
            bucket = self._take(key_id, per_second)
        else:
            bucket = rates.take(connection, key_id, per_second, self._burst)
        allowance = Allowance(int(bucket.tokens), (self._burst - bucket.tokens) / per_second)
        if not bucket.taken:
            raise rate_limited(
                f"this key may submit {per_second * 60:g} jobs a minute and has used them up",
                (1.0 - bucket.tokens) / per_second,
                replace(allowance, left=0),
            )
        return allowance

    def _take(self, key_id: str, per_second: float) -> Bucket:
        now = boot_seconds()
        tokens, then = self._levels.get(key_id, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * per_second)
        taken = tokens >= 1.0
        tokens -= taken
        self._levels[key_id] = (tokens, now)
        return Bucket(taken, tokens)


def rate_limited(message: str, seconds: float, allowance: Allowance | None = None) -> RateLimited:
    """A 429 that may be tried again in `seconds`."""
    wait = max(1, int(seconds + 0.999))
    headers = {"retry-after": str(wait), **(allowance or Allowance(0, seconds)).headers}
    return RateLimited(f"{message}; try again in {wait} s", headers=headers)
