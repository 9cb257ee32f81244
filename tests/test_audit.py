"""The audit of what is installed: found, not found, and not looked at are three things."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
from tools import audit

BAD = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"]}]}
GOOD = {"name": "anyio", "version": "4.16.0", "vulns": []}
SKIPPED = {"name": "av", "skip_reason": "Dependency not found on PyPI and could not be audited: av (18.1.0)"}


def report(*packages: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"dependencies": [*packages], "fixes": []}


def test_a_vulnerability_is_a_failure_that_names_it() -> None:
    verdict = audit.judge(report(GOOD, BAD), report(BAD))
    assert verdict.status == 1
    assert verdict.lines[0] == "jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2"


def test_none_found_says_how_many_were_looked_at_and_which_were_not() -> None:
    verdict = audit.judge(report(GOOD, SKIPPED), report(BAD))
    assert verdict.status == 0
    assert verdict.lines[0] == "1 packages audited, no known vulnerability"
    assert verdict.lines[1].startswith("NOT AUDITED") and verdict.lines[1].endswith(": av")


@pytest.mark.parametrize("known_bad", [{**BAD, "vulns": []}, SKIPPED])
def test_a_source_that_knows_no_vulnerabilities_has_audited_nothing(known_bad: Mapping[str, Any]) -> None:
    verdict = audit.judge(report(GOOD), report(known_bad))
    assert verdict.status == 0
    assert verdict.lines[0].startswith("NOTHING WAS AUDITED: ") and verdict.lines[0].isupper()


def test_a_source_that_knows_no_package_has_audited_nothing() -> None:
    assert audit.judge(report(SKIPPED), report(BAD)).lines[0].startswith("NOTHING WAS AUDITED: ")


def _fails(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    def run(command: list[str], **_more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", said)

    monkeypatch.setattr(subprocess, "run", run)


def test_a_source_that_does_not_answer_is_said_in_capitals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fails(monkeypatch, "Traceback\nrequests.exceptions.ConnectionError: failed to resolve 'index.test'")
    assert audit.main() == 0
    said = capsys.readouterr().out
    assert said.startswith("NOTHING WAS AUDITED: ") and said.strip().isupper()


def test_a_list_that_cannot_be_read_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    _fails(monkeypatch, "ERROR: requirements/core.txt: no such file")
    with pytest.raises(RuntimeError, match="no such file"):
        audit.main()
