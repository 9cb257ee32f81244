"""/health: what a load balancer and a process manager ask."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import httpx

from tests.support.caller import Caller
from tests.support.server import Server, wait_for
from tests.support.web import get


def test_health_of_a_server_that_is_ready(server: Server) -> None:
    assert get(f"{server.url}/health/live").json() == {"status": "live"}
    ready = get(f"{server.url}/health/ready")
    assert ready.status_code == 200
    body = ready.json()
    assert (body["status"], body["reason"]) == ("ready", None)
    assert set(body["workers"]) == {"warming", "idle", "busy", "draining"}
    assert sum(body["workers"].values()) == 2
    assert set(body["queue"]) == {"queued", "processing"}
    able = get(f"{server.url}/health/workers")
    assert able.status_code == 200
    assert {worker["engine"] for worker in able.json()["list"]} == {"animatic", "tests.support.engines:Script"}


def test_first_start_is_not_ready_until_a_worker_has_warmed_up(tmp_path: Path) -> None:
    small = tmp_path / "small.toml"
    small.write_text('models = { ray-flash-2-720p = { ratios = { "16:9" = [160, 90] } } }\n')
    flags, warm = ("--engine", "tests.support.engines:SlowToWarm"), tmp_path / "warm"
    env = {"WARM_UP_UNTIL": str(warm)}
    with closing(Server(tmp_path / "data", *flags, config=small, env=env).launch()) as server:
        server.listening()

        def answer_of(path: str) -> httpx.Response:
            return get(f"{server.url}/health/{path}")

        wait_for(lambda: answer_of("ready").json()["workers"]["warming"] == 1)
        warming = answer_of("ready")
        assert warming.status_code == 503
        assert "no worker has warmed up yet: warming 50%" in warming.json()["reason"]
        assert answer_of("workers").status_code == 503
        assert answer_of("live").status_code == 200
        # It accepts already; the job waits.
        with closing(Caller.create(server)) as caller:
            request_id = caller.submit("a red fox", "ray-flash-2-720p")
            assert caller.status(request_id)["status"] == "QUEUED"
            warm.touch()
            wait_for(lambda: answer_of("ready").status_code == 200)
            assert answer_of("workers").status_code == 200
            assert caller.result(request_id).status_code == 200
        # Once is enough: a worker that is replaced later is no reason to send callers away.
        warm.unlink()
        server.kill("worker1")
        assert answer_of("ready").status_code == 200
        wait_for(lambda: answer_of("workers").status_code == 503)
