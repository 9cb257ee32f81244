"""`make test` and `make slow`: runs every part, then prints what each took beside its budget.

A part that fails makes the run fail; a part over its budget is only marked, since machines differ.
Standard library only: the first part is the set-up itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Part:
    name: str
    minutes: float
    command: list[str]


def pytest(*arguments: str) -> list[str]:
    return [".venv/bin/python", "-m", "pytest", *arguments]


#: Everything a stranger may send, to every route.
FUZZ = ("api/test_fuzz.py", "api/test_schemathesis.py")
SECURITY = [f"tests/{name}" for name in ("media", "security", "moderation", *FUZZ)]

#: What belongs to another part than "unit".
ELSEWHERE = ("engines", "jobs", "media", "security", "moderation", "acceptance", "chaos", "docs", *FUZZ)

CHAOS_RUN = "tests/chaos/test_chaos.py"

TEST = [
    Part("set-up", 3, ["make", "--no-print-directory", "setup"]),
    Part("check", 1, ["make", "--no-print-directory", "check"]),
    Part("engine", 1.5, pytest("tests/engines", "-m", "not slow")),
    Part("unit", 1, pytest("tests", *[f"--ignore=tests/{name}" for name in ELSEWHERE], "-m", "not slow")),
    # The 45 s of chaos are a test of the store's promises, and fit its budget; the single deaths are the chaos part.
    Part("store", 1.5, pytest("tests/jobs", CHAOS_RUN, "-m", "not slow")),
    Part("security", 1, pytest(*SECURITY, "-m", "not slow")),
    Part("acceptance", 2, pytest("tests/acceptance", "-m", "not slow")),
    Part("chaos", 1.5, pytest("tests/chaos", f"--ignore={CHAOS_RUN}", "-m", "not slow")),
    Part("docs", 0.5, pytest("tests/docs", "-m", "not slow")),
]
SLOW = [
    Part("set-up", 3, ["make", "--no-print-directory", "setup"]),
    Part("audit", 1, [".venv/bin/python", "tools/audit.py"]),
    Part("slow", 56, pytest("tests", "-m", "slow", "--timeout=1800")),
]


def main(suite: str) -> int:
    rows: list[tuple[str, float, float, int]] = []
    for part in TEST if suite == "test" else SLOW:
        print(f"== {part.name}", flush=True)
        begun = time.monotonic()
        status = subprocess.run(part.command, cwd=ROOT, env=os.environ, check=False).returncode
        rows.append((part.name, time.monotonic() - begun, part.minutes * 60, status))
        if status and part.name == "set-up":
            break
    print(f"\n{'part':<12}{'seconds':>9}{'budget':>9}")
    for name, seconds, budget, status in rows:
        note = "FAILED" if status else "over budget" if seconds > budget else ""
        print(f"{name:<12}{seconds:>9.1f}{budget:>9.0f}  {note}")
    print(f"{'total':<12}{sum(row[1] for row in rows):>9.1f}")
    return int(any(status for *_, status in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
