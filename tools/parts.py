"""`make test` and `make slow`: runs every part, then prints what each took beside its budget, the slowest tests, and
those that failed.

A part that fails makes the run fail; a part over its budget is only marked, since machines differ.
Standard library only: the first part is the set-up itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Part:
    name: str
    minutes: float
    command: list[str]


@dataclass(frozen=True)
class Test:
    name: str
    seconds: float
    passed: bool


#: Two at once, since most machines of a CI have two processors; who is done takes over what the other has left.
PARALLEL = ("-n", "2", "--dist", "worksteal")
#: As above, but tests of one file stay together: they share a server. Files begin in the order given.
BY_FILE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
SLOWEST = 10


def pytest(*arguments: str) -> list[str]:
    return [".venv/bin/python", "-m", "pytest", *arguments]


#: Everything a stranger may send, to every route.
FUZZ = ("api/test_fuzz.py", "api/test_schemathesis.py")
SECURITY = [f"tests/{name}" for name in ("media", "security", "moderation", *FUZZ)]

#: What belongs to another part than "unit".
ELSEWHERE = ("engines", "jobs", "media", "security", "moderation", "acceptance", "browser", "chaos", "docs", *FUZZ)

CHAOS_RUN = "tests/chaos/test_chaos.py"
CHAOS_POSTGRESQL = "tests/chaos/test_chaos_postgresql.py"

TEST = [
    Part("set-up", 3, ["make", "--no-print-directory", "setup"]),
    Part("check", 1, ["make", "--no-print-directory", "check"]),
    # First of the tests: it leaves the compiled kernels to all others.
    Part("engine", 1.5, pytest("tests/engines", "-m", "not slow", *PARALLEL)),
    Part("unit", 1, pytest("tests", *[f"--ignore=tests/{name}" for name in ELSEWHERE], "-m", "not slow", *PARALLEL)),
    # The 45 s of chaos are a test of the store's promises, and fit its budget; the single deaths are the chaos part.
    Part("store", 1.5, pytest(CHAOS_RUN, "tests/jobs", "-m", "not slow", *PARALLEL)),
    Part("security", 1, pytest(*SECURITY, "-m", "not slow", *PARALLEL)),
    Part("acceptance", 2, pytest("tests/acceptance", "-m", "not slow", *PARALLEL)),
    # The longest first, beside all the others.
    Part("chaos", 2, pytest(CHAOS_POSTGRESQL, "tests/chaos", f"--ignore={CHAOS_RUN}", "-m", "not slow", *BY_FILE)),
    Part("browser", 1, pytest("tests/browser", "-m", "not slow", *BY_FILE)),
    Part("docs", 0.5, pytest("tests/docs", "-m", "not slow", *PARALLEL)),
]
SLOW = [
    Part("set-up", 3, ["make", "--no-print-directory", "setup"]),
    Part("audit", 1, [".venv/bin/python", "tools/audit.py"]),
    Part("slow", 68, pytest("tests", "-m", "slow", "--timeout=1800")),
]


def tests_of(report: Path) -> Iterator[Test]:
    """The tests of pytest's report in JUnit's format; none where there is no report."""
    if report.exists():
        for case in ET.parse(report).iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            passed = case.find("failure") is None and case.find("error") is None
            yield Test(name, float(case.get("time", 0)), passed)


def main(suite: str) -> int:
    rows: list[tuple[str, float, float, int]] = []
    tests: list[Test] = []
    for part in TEST if suite == "test" else SLOW:
        print(f"== {part.name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [*part.command, f"--junit-xml={report}"] if "pytest" in part.command else part.command
            begun = time.monotonic()
            status = subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode
            rows.append((part.name, time.monotonic() - begun, part.minutes * 60, status))
            tests += tests_of(report)
        if status and part.name == "set-up":
            break
    slowest = sorted(tests, key=lambda test: test.seconds, reverse=True)[:SLOWEST]
    print("", *(f"{test.seconds:6.1f} s  {test.name}" for test in slowest), sep="\n")
    print("", *(f"FAILED {test.name}" for test in tests if not test.passed), sep="\n")
    print(f"{'part':<12}{'seconds':>9}{'budget':>9}")
    for name, seconds, budget, status in rows:
        note = "FAILED" if status else "over budget" if seconds > budget else ""
        print(f"{name:<12}{seconds:>9.1f}{budget:>9.0f}  {note}")
    print(f"{'total':<12}{sum(row[1] for row in rows):>9.1f}")
    return int(any(status for *_, status in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
