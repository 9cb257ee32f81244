"""What an operator sees of a server that makes videos, fails and loses a worker: metrics, logs, traces."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # for the alerts, in tests alone
from prometheus_client.parser import text_string_to_metric_families

from tests.support.caller import Caller
from tests.support.collector import Collector, collecting
from tests.support.debian import NotToBeHad, promtool
from tests.support.receiver import receiving
from tests.support.server import ROOT, SCRIPT, Server, wait_for
from tests.support.web import get

DEPLOY: Final = ROOT / "deploy"
PROMPT: Final = "zanzibarian marmalade"
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
PARENT: Final = "b7ad6b7169203331"
STAGES: Final = ["starting", "preparing", "rendering", "encoding", "storing"]


@dataclass
class Seen:
    """A server that has done something of everything and has one job in hand, and what there is to be seen of it."""

    server: Server
    caller: Caller
    collector: Collector
    ids: dict[str, str]
    metrics: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.server.log.splitlines()]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels."""
        found = [sample for family in text_string_to_metric_families(self.metrics) for sample in family.samples]
        return sum(s.value for s in found if s.name == name and labels.items() <= s.labels.items())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with ExitStack() as stack:
        collector = stack.enter_context(collecting())
        receiver = stack.enter_context(receiving())
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-collector-key=of-the-collector",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        hooks = ("--fetch-hosts", "localhost", "--fetch-ports", str(receiver.port))
        server = Server(
            tmp_path_factory.mktemp("telemetry") / "data",
            "--engine",
            SCRIPT,
            "--log-format",
            "json",
            *hooks,
            env=variables,
        )
        stack.enter_context(closing(server.start()))
        caller = stack.enter_context(closing(Caller.create(server)))
        ids = {}
        traced = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        body = {"prompt": PROMPT, "webhook_url": receiver.url("/ok")}
        answer = caller.http.post("/v2/scripted", json=body, headers=traced)
        assert answer.status_code == 200, answer.text
        ids["completed"] = answer.json()["request_id"]
        assert caller.result(ids["completed"]).status_code == 200
        ids["failed"] = caller.submit(f"{PROMPT} upstream")
        ids["crashed"] = caller.submit(f"{PROMPT} crash")
        for name in ("failed", "crashed"):
            caller.wait_for_state(ids[name], "FAILED")
        never = f"{PROMPT} until={tmp_path_factory.mktemp('never') / 'never'}"
        ids["lost"] = caller.submit(never)
        caller.wait_for_state(ids["lost"], "PROCESSING")
        server.kill("worker1")
        wait_for(lambda: caller.http.get("/metrics").status_code == 403)  # a key without the scope gets nothing
        wait_for(lambda: 'flashreel_job_attempts_total{what="lost"} 1.0' in _metrics(server))
        caller.http.post(f"/v2/requests/{ids['lost']}/cancel")
        caller.wait_for_state(ids["lost"], "FAILED")
        assert caller.http.get("/nothing/here").status_code == 404
        wait_for(lambda: receiver.at("/ok"))
        wait_for(lambda: 'flashreel_webhook_deliveries_total{outcome="delivered"} 1.0' in _metrics(server))
        ids["live"] = caller.submit(never)
        caller.wait_for_state(ids["live"], "PROCESSING")
        wait_for(lambda: f'flashreel_workers{{engine="{SCRIPT}",state="busy"}} 1.0' in _metrics(server))
        yield Seen(server, caller, collector, ids, _metrics(server))


def _metrics(server: Server) -> str:
    answer = get(f"{server.url}/metrics")
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture(scope="module")
def tool() -> Path:
    try:
        return promtool()
    except NotToBeHad as error:
        pytest.skip(str(error))


# --- metrics


def test_what_happened_was_counted_in_whichever_process(seen: Seen) -> None:
    submits = seen.value("flashreel_http_requests_total", method="POST", route="/v2/{model:model}", code="200")
    assert submits == len(seen.ids)
    assert seen.value("flashreel_http_requests_total", route="unmatched", code="404") == 1
    assert seen.value("flashreel_jobs_accepted_total", model="scripted", dialect="segmind") == len(seen.ids)
    assert seen.value("flashreel_jobs_ended_total", state="COMPLETED", error_code="") == 1
    for code in ("upstream_failed", "engine_failed", "cancelled"):
        assert seen.value("flashreel_jobs_ended_total", state="FAILED", error_code=code) == 1
    assert seen.value("flashreel_job_attempts_total", what="started") >= len(seen.ids)
    assert seen.value("flashreel_queue_wait_seconds_count", model="scripted") == len(seen.ids)
    assert seen.value("flashreel_job_seconds_count", state="COMPLETED") == 1
    for stage in STAGES:
        assert seen.value("flashreel_stage_seconds_count", engine=SCRIPT, stage=stage) >= 1
    assert seen.value("flashreel_credits_charged_total") > 0
    assert seen.value("flashreel_process_deaths_total", role="worker") == 1
    for kind in ("read", "write"):
        assert seen.value("flashreel_store_seconds_count", kind=kind) > 0


def test_what_is_there_now_is_shown(seen: Seen) -> None:
    assert seen.value("flashreel_store_up") == 1
    assert seen.value("flashreel_credits", kind="available") > 0
    assert 'flashreel_webhook_messages{state="dead"} 0.0' in seen.metrics
    assert seen.value("flashreel_disk_free_bytes") > 0
    assert seen.value("flashreel_jobs", model="scripted", state="PROCESSING") == 1
    assert seen.value("flashreel_queue_age_seconds", model="scripted") == 0
    assert seen.value("flashreel_credits", kind="held") > 0


def test_no_label_is_of_a_caller_s_making(seen: Seen) -> None:
    assert "/nothing/here" not in seen.metrics
    assert not any(job_id in seen.metrics for job_id in seen.ids.values())


def test_metrics_are_for_this_machine_or_an_admin(seen: Seen) -> None:
    url = f"{seen.server.url}/metrics"
    assert get(url, x_forwarded_for="127.0.0.1").status_code == 401
    assert get(url, host="video.example.com").status_code == 401
    with closing(Caller.create(seen.server, scopes=("admin",))) as admin:
        assert get(url, x_forwarded_for="10.0.0.9", x_api_key=admin.secret).status_code == 200


def test_the_format_of_openmetrics_is_there_for_who_prefers_it(seen: Seen) -> None:
    answer = get(f"{seen.server.url}/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def _names(expression: str) -> set[str]:
    """The metrics that a PromQL expression names: ours all begin alike."""
    return set(re.findall(r"\bflashreel_[a-z_]+", expression))


def _expressions() -> dict[str, str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    found = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    dashboard = json.loads((DEPLOY / "grafana" / "flashreel.json").read_text())
    for panel in dashboard["panels"]:
        found.update({f"{panel['title']} {it['refId']}": it["expr"] for it in panel.get("targets", [])})
    return found


def test_alerts_and_dashboard_name_metrics_that_there_are(seen: Seen) -> None:
    families = list(text_string_to_metric_families(seen.metrics))
    there = {sample.name for family in families for sample in family.samples}
    expressions = _expressions()
    assert len(expressions) > 30
    assert {title: _names(text) - there for title, text in expressions.items() if _names(text) - there} == {}
    assert all(_names(text) for title, text in expressions.items() if title != "FlashreelDown")


def test_every_panel_can_be_read_by_prometheus(tool: Path, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": text.replace("$__rate_interval", "1m").replace("$instance", ".*")}
        for number, text in enumerate(_expressions().values())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    _check(tool, "check", "rules", str(file))


def test_promtool_finds_no_fault(seen: Seen, tool: Path) -> None:
    _check(tool, "check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))  # and the rules that it names
    _check(tool, "check", "metrics", stdin=seen.metrics)


def _check(tool: Path, *words: str, stdin: str = "") -> None:
    done = subprocess.run([tool, *words], input=stdin, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- logs


def _of_job(seen: Seen, name: str) -> list[str]:
    return [line["event"] for line in seen.lines if line.get("request_id") == seen.ids[name]]


def test_every_request_has_one_line(seen: Seen) -> None:
    submits = [
        line
        for line in seen.lines
        if line["event"] == "request" and line["method"] == "POST" and line["route"] == "/v2/{model:model}"
    ]
    assert {line["request_id"] for line in submits} >= set(seen.ids.values())
    assert {(line["status"], line["dialect"], line["key"]) for line in submits} == {
        (200, "segmind", seen.caller.key_id)
    }
    polls = [line for line in seen.lines if line.get("route") == "/v2/requests/{request_id}/status"]
    assert {line["request_id"] for line in polls} >= set(seen.ids.values())
    assert [line for line in seen.lines if line.get("route") == "unmatched" and line["status"] == 404]


def test_every_event_of_a_job_has_one_line_with_its_id(seen: Seen) -> None:
    events = [event for event in _of_job(seen, "completed") if event != "request"]
    stages = ["job stage"] * (len(STAGES) - 1)
    assert events[:1] == ["job accepted"]
    assert [event for event in events if event.startswith("job ")] == [
        "job accepted",
        "job started",
        *stages,
        "job completed",
    ]
    assert "webhook delivered" in events
    assert _of_job(seen, "failed").count("job failed") == 1
    lost = _of_job(seen, "lost")
    assert lost.count("job given back") == 1
    assert lost.count("job cancelled") == 1
    (completed,) = (line for line in seen.lines if line["event"] == "job completed")
    assert list(completed["stages"]) == STAGES
    assert completed["cost"] > 0


def test_the_log_holds_no_secret_and_nothing_that_callers_wrote(seen: Seen) -> None:
    log = seen.server.log
    assert seen.caller.key_id in log
    for secret in (seen.caller.secret, seen.server.first_key, "of-the-collector"):
        assert secret not in log
    assert not re.search("zanzibarian|marmalade", log)
    assert "/nothing/here" not in log


# --- traces


def test_a_job_is_one_trace_from_the_request_to_its_webhook(seen: Seen) -> None:
    wait_for(lambda: {"process jobs", "POST", "storing"} <= {span.name for span in seen.collector.of(TRACE)})
    spans = seen.collector.of(TRACE)
    named = {span.name: span for span in spans}
    request = named["POST /v2/{model:model}"]
    assert (request.kind, request.parent) == ("server", PARENT)
    assert request.facts["http.route"] == "/v2/{model:model}"
    assert request.facts["http.response.status_code"] == 200
    submit = named["send jobs"]
    assert (submit.kind, submit.parent) == ("producer", request.id)
    attempt = named["process jobs"]
    assert (attempt.kind, attempt.parent) == ("consumer", submit.id)
    assert (attempt.facts["flashreel.end"], attempt.failed) == ("COMPLETED", False)
    hook = named["POST"]
    assert (hook.kind, hook.parent) == ("client", submit.id)
    assert [span.name for span in spans if span.parent == attempt.id] == STAGES
    for span in (submit, attempt, hook):
        assert span.facts["flashreel.request_id"] == seen.ids["completed"]
    assert {span.service["service.name"] for span in spans} == {"flashreel"}
    assert {str(span.service["service.instance.id"]).partition("-")[0] for span in spans} == {
        "api",
        "worker1",
        "keeper",
    }
    assert {span.service["deployment.environment.name"] for span in spans} == {"test"}
    assert all(headers["x-collector-key"] == "of-the-collector" for headers in seen.collector.headers)


def test_what_fails_is_marked_and_nothing_a_caller_wrote_is_sent(seen: Seen) -> None:
    def attempt() -> dict[str, Any] | None:
        found = [span for span in list(seen.collector.spans) if span.facts.get("flashreel.end") == "upstream_failed"]
        return {"failed": found[0].failed, "type": found[0].facts["error.type"]} if found else None

    assert wait_for(attempt) == {"failed": True, "type": "upstream_failed"}
    told = repr(seen.collector.spans)
    assert "marmalade" not in told
    assert seen.caller.secret not in told
    assert not re.search(r"'/(health|metrics)", told)
