"""Servers and workers that have nothing in common but a PostgreSQL database and the assets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel.cli import main
from flashreel.jobs import keys, store
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs
from tests.support.caller import Caller
from tests.support.postgres import another
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

    one: Server
    other: Server
    workers: Server


@pytest.fixture(scope="module")
def site(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url = another(postgresql_url, "site")
    with closing(Database(url)) as database:
        database.migrate()
    env = {"FLASHREEL_DATABASE_URL": url}
    assets = tmp_path_factory.mktemp("site")
    folders = [assets / name for name in ("one", "other", "workers")]
    for folder in folders:  # a host each, and one file system that they share
        folder.mkdir()
        (assets / "shared").mkdir(exist_ok=True)
        (folder / "assets").symlink_to(assets / "shared")
    alone = ("--engine", SCRIPT, "--workers", "0")
    with ExitStack() as stack:
        site = Site(
            Server(folders[0], *alone, env=env),
            Server(folders[1], *alone, env=env),
            Server(folders[2], "--engine", SCRIPT, env=env, command="worker"),
        )
        for server in (site.one, site.other, site.workers):
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


def test_a_cancel_at_one_server_reaches_the_worker_of_another_host(caller: Caller, elsewhere: Caller) -> None:
    request_id = caller.submit("a red fox seconds=60")
    caller.wait_for_state(request_id, "PROCESSING")
    elsewhere.http.post(f"/v2/requests/{request_id}/cancel")
    assert caller.wait_for_state(request_id, "FAILED")["error_code"] == "cancelled"
    assert caller.credits() == 100
