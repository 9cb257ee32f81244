"""Logs: one line per event, with its sender, and without what callers sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from flashreel.telemetry import configure_logging

Style = Literal["text", "json"]
STYLES: list[Style] = ["text", "json"]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def _crash(secret: str) -> None:
    local = secret + " in a local variable"
    raise RuntimeError(f"it broke after {len(local)} characters")


@pytest.mark.parametrize("style", STYLES)
def test_both_loggers_write_one_line_with_the_sender(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(style, "worker1")
    structlog.get_logger("a").info("job started", request_id="abc")
    logging.getLogger("b").warning("from a %s", "library")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("worker1" in line for line in lines)
    assert "abc" in lines[0]
    assert "from a library" in lines[1]
    if style == "json":
        first = json.loads(lines[0])
        assert (first["event"], first["level"], first["request_id"], first["process"]) == (
            "job started",
            "info",
            "abc",
            "worker1",
        )
        assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize("style", STYLES)
def test_a_traceback_has_no_local_variables(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(style, "api")
    try:
        _crash("what a user wrote")
    except RuntimeError:
        structlog.get_logger("a").exception("job crashed")
    log = capsys.readouterr().err
    assert "RuntimeError: it broke after" in log
    assert "_crash" in log
    assert "what a user wrote in a local variable" not in log


def test_libraries_that_log_every_step_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("text", "api")
    for name in ("httpx", "numba", "uvicorn.access"):
        logging.getLogger(name).info("GET /v2/requests/secret")
    assert capsys.readouterr().err == ""
