"""Logs: one line per event on standard error, for people or as JSON."""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import suppress
from typing import Literal

import structlog

Style = Literal["text", "json"]

_process = ""


def configure_logging(style: Style, process: str) -> None:
    """Sends structlog's and the standard library's records the same way; `process` names the sender in each line."""
    global _process
    _process = process
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    last: list[structlog.types.Processor]
    if style == "json":
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        last = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                pad_event_to=0,
                # Without local variables: a log must not hold what users wrote or sent.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]

    def add_process(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["process"] = process
        return event

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[add_process, structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "numba", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class RequestLog:
    """One line per request, like the other lines and much cheaper: polls are nearly all of the requests."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._second = 0
        self._prefix = ""

    def write(self, facts: dict[str, str | int | float | None]) -> None:
        """`facts` in their order, without those that are None. Texts are ours or have no spaces, quotes or controls."""
        said = {name: value for name, value in facts.items() if value is not None}
        if self._style == "json":
            rest = {"level": "info", "timestamp": self._now(), "process": _process}
            line = json.dumps({**said, "event": "request", **rest})
        else:
            words = " ".join([f"{name}={value}" for name, value in said.items()])
            line = f"{self._now()} [info] request {words} process={_process}"
        with suppress(OSError, ValueError):  # nobody reads it any more: no reason not to answer
            sys.stderr.write(line + "\n")

    def _now(self) -> str:
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        return f"{self._prefix}.{int(now % 1 * 1e6):06}Z"
