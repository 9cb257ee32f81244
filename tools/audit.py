"""Asks the advisory source whether a package this server needs has a known vulnerability (pip-audit).

Vulnerabilities found are a failure. Where the source cannot be reached, or does not even know the vulnerabilities of a
release that has many, nothing was audited: that is said in capitals, and is no failure, since it says nothing about
the packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "core.txt"
#: A source that knows vulnerabilities knows some of this release, from 2010.
KNOWN_BAD = "jinja2==2.4.1"
#: How pip-audit's own errors end where the source does not answer, as opposed to where it was asked wrongly.
_UNREACHED = ("Tip: your network may be blocking this service", "ConnectionError:", "ReadTimeout:", "SSLError:")

Report = Mapping[str, Any]


class Unreached(Exception):
    """The advisory source did not answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to print, and the exit status."""

    lines: Sequence[str]
    status: int


def judge(packages: Report, known_bad: Report) -> Verdict:
    """`packages` and `known_bad` are pip-audit's reports, as JSON, of what is asked for and of KNOWN_BAD."""
    asked = packages["dependencies"]
    skipped = [package["name"] for package in asked if "skip_reason" in package]
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}"
        + (f", mended in {', '.join(vulnerability['fix_versions'])}" if vulnerability["fix_versions"] else "")
        for package in asked
        for vulnerability in package.get("vulns", ())
    ]
    if found:
        return Verdict([*found, f"{len(found)} known vulnerabilities"], 1)
    if not any(package.get("vulns") for package in known_bad["dependencies"]):
        return _nothing(f"the advisory source knows no vulnerability of {KNOWN_BAD}, which has several")
    if len(skipped) == len(asked):
        return _nothing("the advisory source knows none of the packages")
    lines = [f"{len(asked) - len(skipped)} packages audited, no known vulnerability"]
    if skipped:
        lines.append(f"NOT AUDITED, since the advisory source does not know them: {', '.join(skipped)}")
    return Verdict(lines, 0)


def audit(*arguments: str) -> Report:
    """pip-audit's report. Raises Unreached, and RuntimeError for what went wrong on this side."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--progress-spinner=off",
        "--format=json",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report: Report = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        if any(sign in done.stderr for sign in _UNREACHED):
            raise Unreached(last) from None
        raise RuntimeError(f"pip-audit failed: {done.stderr}") from None
    return report


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        known_bad = Path(folder) / "known-bad.txt"
        known_bad.write_text(f"{KNOWN_BAD}\n")
        try:
            verdict = judge(audit("-r", str(REQUIREMENTS)), audit("--no-deps", "-r", str(known_bad)))
        except Unreached as error:
            verdict = _nothing(f"the advisory source cannot be reached: {error}")
    print("\n".join(verdict.lines))
    return verdict.status


def _nothing(reason: str) -> Verdict:
    return Verdict([f"NOTHING WAS AUDITED: {reason.upper()}"], 0)


if __name__ == "__main__":
    sys.exit(main())
