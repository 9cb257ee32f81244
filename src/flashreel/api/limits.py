"""How often a key may submit: a token bucket per key, on the clock that nobody sets back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flashreel.errors import RateLimited
from flashreel.jobs.clock import boot_seconds


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
    """Refilled by `rate` a minute up to `burst`, in the memory of this process."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._levels: dict[str, tuple[float, float]] = {}  # key id: (tokens, when)

    def take(self, key_id: str, rate: float | None) -> Allowance:
        """Takes one token and says what is left. Raises RateLimited, which says when the next one comes."""
        per_second = (rate or self._rate) / 60.0
        now = boot_seconds()
        tokens, then = self._levels.get(key_id, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * per_second)
        if tokens < 1.0:
            self._levels[key_id] = (tokens, now)
            raise rate_limited(
                f"this key may submit {per_second * 60:g} jobs a minute and has used them up",
                (1.0 - tokens) / per_second,
                Allowance(0, (self._burst - tokens) / per_second),
            )
        self._levels[key_id] = (tokens - 1.0, now)
        return Allowance(int(tokens - 1.0), (self._burst - tokens + 1.0) / per_second)


def rate_limited(message: str, seconds: float, allowance: Allowance | None = None) -> RateLimited:
    """A 429 that may be tried again in `seconds`."""
    wait = max(1, int(seconds + 0.999))
    headers = {"retry-after": str(wait), **(allowance or Allowance(0, seconds)).headers}
    return RateLimited(f"{message}; try again in {wait} s", headers=headers)
