"""The operator's commands beside a server at work."""

from __future__ import annotations

import json
from typing import Any

from tests.acceptance.conftest import MakeCaller
from tests.support.cli import Run
from tests.support.server import MODELS, Server, wait_for


def told(run: Run, at: Server, *words: str) -> list[dict[str, Any]]:
    said = run(*words, "--json", "--data", str(at.data), "--config", str(MODELS))
    assert (said.status, said.err) == (0, "")
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_failed_job_is_found_and_made_again(run: Run, strict: Server, make_caller: MakeCaller) -> None:
    caller = make_caller(at=strict)
    failed = caller.submit("upstream")
    caller.wait_for_state(failed, "FAILED")
    (found,) = told(run, strict, "jobs", "list", "--prefix", failed, "--state", "FAILED")
    assert found["error_code"] == "upstream_failed"
    (made,) = told(run, strict, "jobs", "retry", failed)
    assert (made["key_id"], made["price"]) == (found["key_id"], found["price"])
    assert made["id"] != failed
    caller.wait_for_state(made["id"], "FAILED")  # its owner's like any other
    (shown,) = told(run, strict, "jobs", "show", made["id"])
    assert (shown["error_code"], shown["attempt"]) == ("upstream_failed", 1)
    assert sum(line["amount"] for line in shown["bookings"]) == 0


def test_workers_storage_and_status_are_those_of_the_server(run: Run, server: Server) -> None:
    def are_told() -> bool:
        alive = {process.pid for process in server.processes().values()}
        return {worker["pid"] for worker in told(run, server, "workers")} <= alive

    wait_for(are_told)
    (storage,) = told(run, server, "storage")
    assert storage["free"] > 0
    assert [place["path"] for place in storage["places"] if place["name"] == "assets"] == [str(server.data / "assets")]
    (status,) = told(run, server, "status")
    assert sum(status["workers"].values()) > 0


def test_the_doctor_finds_a_running_server_well(run: Run, server: Server) -> None:
    found = told(run, server, "doctor", "--port", str(server.port))
    verdicts = {finding["check"]: finding["verdict"] for finding in found}
    assert "fail" not in verdicts.values()
    assert {verdicts[check] for check in ("store", "integrity", "ledger", "port", "assets", "kernels")} == {"ok"}
    (port,) = (finding["says"] for finding in found if finding["check"] == "port")
    assert port == f"a flashreel is ready at {server.url}"
