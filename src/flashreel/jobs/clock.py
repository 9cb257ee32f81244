"""Two clocks. Leases and deadlines use one that no one can set back; wall time is for display and retention.

On one host (SQLite) that is the boot clock, which also counts sleep, together with the boot's id: after a reboot the
clock starts again, and a lease of an earlier boot has lapsed whatever its number says.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

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
