"""Servers and workers that have nothing in common but a PostgreSQL database and the assets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel.cli import main
from flashreel.jobs import keys, store
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs
from tests.acceptance.test_events import stream
from tests.support.caller import Caller
from tests.support.postgres import PostgreSQL, another
from tests.support.server import SCRIPT, Server, wait_for
from tests.support.web import get


def test_a_store_is_made_when_that_is_asked_for_and_not_by_a_start(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLASHREEL_DATABASE_URL", another(postgresql_url, "by_hand"))
    monkeypatch.setenv("COLUMNS", "400")

    def flashreel(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["flashreel", *words, "--data", str(tmp_path)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capsys.readouterr()

    for command in (("serve", "--port", "0"), ("worker",), ("keys", "list")):
        status, _, said = flashreel(*command)
        assert status == 1
        assert "has no schema of ours" in said
        assert "run `flashreel migrate`" in said
    assert "is made, with schema" in flashreel("migrate")[1]
    assert "is already at schema" in flashreel("migrate")[1]
    assert "5 credits" in flashreel("keys", "create", "--name", "ci", "--credits", "5")[1]
    assert not (tmp_path / "flashreel.db").exists()


@dataclass
class Site:
    """Two servers without workers, and workers without a server."""

    postgresql: PostgreSQL
    one: Server
    other: Server
    workers: Server

    @property
    def servers(self) -> tuple[Server, ...]:
        return self.one, self.other, self.workers


@pytest.fixture(scope="module")
def site(mortal_postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url = another(mortal_postgresql.url, "site")
    with closing(Database(url)) as database:
        database.migrate()
    env = {"FLASHREEL_DATABASE_URL": url}
    assets = tmp_path_factory.mktemp("site")
    folders = [assets / name for name in ("one", "other", "workers")]
    for folder in folders:  # a host each, and one file system that they share
        folder.mkdir()
        (assets / "shared").mkdir(exist_ok=True)
        (folder / "assets").symlink_to(assets / "shared")
    alone = ("--engine", SCRIPT, "--no-workers")
    with ExitStack() as stack:
        site = Site(
            mortal_postgresql,
            Server(folders[0], *alone, env=env),
            Server(folders[1], *alone, env=env),
            Server(folders[2], "--engine", SCRIPT, env=env, command="worker"),
        )
        for server in site.servers:
            stack.enter_context(closing(server.launch()))
        site.one.ready()
        site.other.ready()
        wait_for(lambda: get(f"{site.one.url}/health/workers").status_code == 200)
        yield site


@pytest.fixture
def caller(site: Site) -> Iterator[Caller]:
    with closing(Caller.create(site.one)) as caller:
        yield caller


@pytest.fixture
def elsewhere(site: Site, caller: Caller) -> Iterator[Caller]:
    """The same key at the other server."""
    with closing(Caller(site.other, caller.key_id, caller.secret)) as elsewhere:
        yield elsewhere


def test_of_servers_that_start_together_on_an_empty_database_one_prints_the_key(site: Site) -> None:
    assert sorted("API key" in server.said for server in (site.one, site.other)) == [False, True]
    with site.one.store() as connection:
        assert [key.name for key in keys.list_keys(connection)].count("default") == 1


def test_without_workers_is_said_by_one_flag(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--no-workers", "--workers", "2").launch()
    assert server.wait_end() == 1
    assert "--no-workers and --workers 2 do not go together" in server.log


def test_each_server_answers_for_what_the_other_accepted(caller: Caller, elsewhere: Caller) -> None:
    request_id = caller.submit()
    result = elsewhere.result(request_id)
    assert result.status_code == 200
    assert elsewhere.http.get(result.json()["video"]["url"]).content[4:8] == b"ftyp"
    assert elsewhere.credits() == caller.credits() < 100


def test_one_idempotency_key_at_both_servers_at_once_is_one_job(caller: Caller, elsewhere: Caller) -> None:
    def send(where: Caller, token: str) -> str:
        answer = where.http.post("/v2/scripted", json={"prompt": "a fox"}, headers={"idempotency-key": token})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["request_id"])

    with ThreadPoolExecutor(2) as threads:
        for number in range(10):
            sent = [threads.submit(send, where, f"token-{number}") for where in (caller, elsewhere)]
            assert len({answer.result(30) for answer in sent}) == 1
    with caller.server.store() as connection:
        made = connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(jobs.c.key_id == caller.key_id))
        assert made == 10
        assert keys.check_ledger(connection) == []


def test_a_killed_worker_loses_nothing(site: Site, caller: Caller) -> None:
    request_id = caller.submit("a red fox seconds=2")
    caller.wait_for_state(request_id, "PROCESSING")
    site.workers.kill("worker1")
    assert caller.result(request_id).status_code == 200
    with caller.server.store() as connection:
        job = store.get(connection, request_id)
    assert job is not None
    assert job.attempt == 2


def test_events_of_a_job_are_told_by_either_server_to_its_end_at_the_other(caller: Caller, elsewhere: Caller) -> None:
    request_id = caller.submit("seconds=1")
    with stream(caller, request_id) as here, stream(elsewhere, request_id) as there:
        (*_, (version, body)), (*_, (same_version, same_body)) = list(here), list(there)
    assert version == same_version
    assert body == caller.status(request_id)
    assert same_body == elsewhere.status(request_id)  # its URLs are its server's own
    assert body["status"] == same_body["status"] == "COMPLETED"


def test_a_cancel_at_one_server_ends_a_stream_and_a_waiting_call_at_the_other(
    caller: Caller, elsewhere: Caller
) -> None:
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(caller.post, "/v1/scripted", prompt="seconds=60")

        def accepted() -> str | None:
            with caller.server.store() as connection:
                return connection.scalar(sa.select(jobs.c.id).where(jobs.c.key_id == caller.key_id))

        request_id = wait_for(accepted)
        with stream(elsewhere, request_id) as told:
            next(body for _, body in told if body["stage"] == "rendering")
            assert elsewhere.post(f"/v2/requests/{request_id}/cancel").status_code == 200
            *_, (_, last) = told
        answer = call.result(60)
    assert (last["status"], last["error_code"]) == ("FAILED", "cancelled")
    assert (answer.status_code, answer.json()["code"]) == (422, "cancelled")
    assert caller.credits() == elsewhere.credits() == 100


def test_a_cancel_at_one_server_reaches_the_worker_of_another_host(caller: Caller, elsewhere: Caller) -> None:
    request_id = caller.submit("a red fox seconds=60")
    caller.wait_for_state(request_id, "PROCESSING")
    elsewhere.http.post(f"/v2/requests/{request_id}/cancel")
    assert caller.wait_for_state(request_id, "FAILED")["error_code"] == "cancelled"
    assert caller.credits() == 100


def pids(site: Site) -> set[int]:
    """The processes that are there for as long as nothing happens to them."""
    named = [item for server in site.servers for item in server.processes().items()]
    return {process.pid for name, process in named if not name.startswith("unknown")}


def is_well(url: str) -> bool:
    return get(url).status_code == 200


def test_a_database_that_goes_away_is_said_survived_and_nothing_is_made_twice(site: Site, caller: Caller) -> None:
    processes = pids(site)
    request_id = caller.submit("seconds=2")
    caller.wait_for_state(request_id, "PROCESSING")
    site.postgresql.kill()
    try:
        with closing(Caller(site.other, caller.key_id, caller.secret)) as elsewhere:
            for who in (caller, elsewhere):
                refused = [
                    who.http.get(f"/v2/requests/{request_id}/status"),
                    who.http.get(f"/dream-machine/v1/generations/{request_id}"),
                    who.http.get("/openai/v1/videos"),
                    who.post("/replicate/v1/predictions", version="x", input={"prompt": "a fox"}),
                    who.post("/v2/scripted", prompt="a fox"),
                ]
                assert [answer.status_code for answer in refused] == [503] * len(refused)
                assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
                bodies = [answer.json() for answer in refused]
                assert [next(iter(body)) for body in bodies] == ["error", "detail", "error", "type", "error"]
                ready = who.http.get("/health/ready")
                assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
                assert who.http.get("/health/workers").status_code == 503
                assert who.http.get("/health/live").status_code == 200
        # It is made meanwhile, and kept until somebody can be told.
        wait_for(lambda: "the store did not take the answer" in site.workers.log)
    finally:
        site.postgresql.start()
    for url in (site.one.url, site.other.url):
        for health in ("ready", "workers"):
            wait_for(partial(is_well, f"{url}/health/{health}"))
    assert caller.result(request_id).status_code == 200
    assert caller.result(caller.submit()).status_code == 200
    with site.one.store() as connection:
        job = store.get(connection, request_id)
        assert keys.check_ledger(connection) == []
    assert job is not None
    assert job.attempt == 1
    assert pids(site) == processes  # nobody had to be started again


def test_connections_that_are_cut_cost_no_job_and_no_attempt(site: Site, caller: Caller) -> None:
    processes = pids(site)
    request_id = caller.submit("seconds=2")
    caller.wait_for_state(request_id, "PROCESSING")
    for _ in range(5):
        assert site.postgresql.cut_connections()
        wait_for(lambda: caller.http.get(f"/v2/requests/{request_id}/status").status_code == 200)
    assert caller.result(request_id).status_code == 200
    with site.one.store() as connection:
        job = store.get(connection, request_id)
    assert job is not None
    assert job.attempt == 1
    assert pids(site) == processes
