"""Traces are wanted by the standard variables alone; without them nothing of its SDK is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flashreel.telemetry.traces import are_wanted, environment
from tests.support.server import environment as under_test

OFF = """
import sys
from pathlib import Path
from flashreel.api.app import create_app
from flashreel.api.state import Life
from flashreel.settings import load_settings
from flashreel.telemetry import traces
import flashreel.worker, flashreel.keeper

traces.begin("api", {"OTEL_SERVICE_NAME": "videos"})
app = create_app(load_settings(flags={"data": Path(sys.argv[1])}), life=Life(), warmed_up=True)
with traces.span("x", "internal") as span:
    assert span is None and traces.traceparent() is None
    traces.describe(span, {"a": 1})
    traces.fail(span, "y")
    traces.record("z", 1.0, 2.0)
assert not traces.are_on()
assert not [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]
"""
ON = """
import os, sys
from flashreel.telemetry import traces

if sys.argv[1] == "missing":
    sys.modules["opentelemetry.sdk"] = None
given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_HEADERS": "key=secret"}
given["OTEL_TRACES_EXPORTER"] = "console"
traces.begin("worker1", given)
assert not [name for name in os.environ if name.startswith("OTEL_")]
print("on" if traces.are_on() else "off")
with traces.span("job", "consumer", {"a": 1, "b": None}, parent="00-" + "a" * 32 + "-" + "b" * 16 + "-01") as span:
    told = traces.traceparent()
    assert span is None or told.split("-")[1] == "a" * 32 != told.split("-")[2]
try:
    with traces.span("broken", "internal"):
        raise ValueError("what somebody wrote")
except ValueError:
    pass
"""


def run(program: str, *words: str) -> str:
    """What it prints, on both outputs."""
    env = {name: value for name, value in under_test().items() if not name.startswith("OTEL_")}
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "videos"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "None", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_traces_are_sent_where_the_variables_say_so(variables: dict[str, str], wanted: bool) -> None:
    assert are_wanted(variables) is wanted
    assert environment({**variables, "HOME": "/root"}) == variables


def test_without_them_nothing_is_imported_and_everything_works(tmp_path_factory: pytest.TempPathFactory) -> None:
    run(OFF, str(tmp_path_factory.mktemp("off")))


def test_with_them_the_process_keeps_none_and_errors_are_told_by_their_type() -> None:
    said = run(ON, "there")
    assert said.startswith("on\n")
    assert '"name": "job"' in said
    assert '"trace_id": "0x' + "a" * 32 in said
    assert '"error.type": "ValueError"' in said
    assert "what somebody wrote" not in said


def test_without_the_package_a_line_says_what_to_install() -> None:
    said = run(ON, "missing")
    assert "flashreel[otel]" in said
    assert "\noff\n" in f"\n{said}"
