"""Two servers and one PostgreSQL: what one of them accepted, cancelled or counted holds at the other, at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from flashreel.api.app import create_app
from flashreel.api.state import Life
from flashreel.jobs import keys, leases
from flashreel.jobs.database import Database
from flashreel.settings import load_settings
from tests.api.conftest import TINY, Api
from tests.support.postgres import another, empty
from tests.support.store import CREDITS, claimed, complete

Make = Callable[..., tuple[Api, Api]]


@pytest.fixture(scope="module")
def replicas_url(postgresql_url: str) -> str:
    url = another(postgresql_url, "replicas")
    with closing(Database(url)) as database:
        database.migrate()
    return url


@pytest.fixture
def make(replicas_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes two servers with the same settings, and one key."""
    monkeypatch.setenv("FLASHREEL_DATABASE_URL", replicas_url)
    made: list[Api] = []
    runner = asyncio.Runner()
    with closing(Database(replicas_url)) as database:
        empty(database)
        with database.transaction() as connection:
            key, secret = keys.create_key(connection, "test", CREDITS)

    def replicas(**flags: object) -> tuple[Api, Api]:
        for name in ("one", "other"):
            settings = load_settings(flags={"data": tmp_path / name, "models": {"tiny": TINY}, "workers": 0, **flags})
            life = Life()
            app = create_app(settings, life=life, warmed_up=True)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://api.test", trust_env=False)
            made.append(Api(app.state.flashreel, life, client, runner, key.id, secret))
        return made[0], made[1]

    yield replicas
    for api in made:
        runner.run(api.client.aclose())
        api.state.writer.close()
        api.state.database.close()
    runner.close()


def submits(servers: tuple[Api, Api], secrets: list[str]) -> list[httpx.Response]:
    """One submit for each of these secrets, all at once, to one server and the other in turn."""

    async def all_at_once() -> list[httpx.Response]:
        return await asyncio.gather(
            *(
                servers[number % 2].client.post("/v2/tiny", json={"prompt": "a fox"}, headers={"x-api-key": secret})
                for number, secret in enumerate(secrets)
            )
        )

    return servers[0].runner.run(all_at_once())


def unfinished(api: Api) -> int:
    ready = api.get("/health/ready").json()["queue"]
    return int(ready["queued"] + ready["processing"])


def test_what_one_server_did_the_other_one_shows_at_once(make: Make) -> None:
    one, other = make()
    job_id = one.submit()
    assert other.get(f"/v2/requests/{job_id}/status").json()["status"] == "QUEUED"
    taken = claimed(one.state.database)
    assert [api.get(f"/v2/requests/{job_id}").json()["status"] for api in (one, other)] == ["PROCESSING"] * 2
    complete(one.state.database, taken)
    assert [api.get(f"/v2/requests/{job_id}").json()["status"] for api in (other, one)] == ["COMPLETED"] * 2
    assert one.call("DELETE", f"/v2/requests/{job_id}").status_code == 200
    assert other.get(f"/v2/requests/{job_id}").status_code == 404

    waiting = other.submit()
    assert one.post(f"/v2/requests/{waiting}/cancel").json()["status"] == "FAILED"
    assert other.get(f"/v2/requests/{waiting}/status").json()["error_code"] == "cancelled"


def test_a_key_that_is_revoked_polls_no_more(make: Make) -> None:
    one, _ = make()
    job_id = one.submit()
    _, stranger = one.new_key()
    assert one.get(f"/v2/requests/{job_id}/status", key=stranger).status_code == 404
    assert one.get(f"/v2/requests/{job_id}/status", key="fr_unknown").status_code == 401
    assert one.get(f"/v2/requests/{job_id}/status", key=None).status_code == 401
    assert one.get(f"/v2/requests/{job_id}/status").status_code == 200
    with one.state.database.transaction() as connection:
        keys.revoke_key(connection, one.key_id)
    assert one.get(f"/v2/requests/{job_id}/status").status_code == 401


@pytest.mark.parametrize("path", ["/dream-machine/v1/generations/{}", "/v1/predictions/{}", "/v1/videos/{}"])
def test_every_dialect_is_answered_from_a_snapshot(make: Make, path: str) -> None:
    one, other = make()
    job_id = one.submit()
    for api in (one, other):
        assert api.get(path.format(job_id)).status_code == 200
        assert "a fox" in api.get(path.format(job_id)).text
    assert one.get(path.format("0" * 32)).status_code == 404


def test_a_caller_who_asks_servers_in_turn_sees_a_job_never_go_back(make: Make) -> None:
    servers = make()
    job_id = servers[0].submit()
    taken = claimed(servers[0].state.database)
    steps = 40

    async def poll(seen: list[tuple[int, float]]) -> None:
        states = ("QUEUED", "PROCESSING", "COMPLETED")
        while not seen or seen[-1][0] < 2:
            api = servers[len(seen) % 2]
            answer = await api.client.get(f"/v2/requests/{job_id}/status", headers={"x-api-key": api.secret})
            body = answer.json()
            seen.append((states.index(body["status"]), body["progress"]))

    def work() -> None:
        database = servers[1].state.database
        for step in range(steps):
            with database.transaction() as connection:
                assert leases.renew(connection, taken, "rendering", step / steps) is not None
        assert complete(database, taken)

    async def both() -> list[list[tuple[int, float]]]:
        callers: list[list[tuple[int, float]]] = [[] for _ in range(6)]
        async with asyncio.TaskGroup() as tasks:
            for seen in callers:
                tasks.create_task(poll(seen))
            await asyncio.to_thread(work)
        return callers

    for seen in servers[0].runner.run(both()):
        assert seen == sorted(seen)
        assert seen[-1] == (2, 1.0)


def test_one_rate_holds_for_all_servers(make: Make) -> None:
    servers = make(rate=0.01, burst=3)
    answers = submits(servers, [servers[0].secret] * 10)
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 7}
    assert sorted(answer.headers["x-rate-limit-remaining"] for answer in answers) == ["0"] * 8 + ["1", "2"]
    for answer in answers:
        if answer.status_code == 429:
            assert 1 < int(answer.headers["retry-after"]) <= 6000
    assert unfinished(servers[1]) == 3


@pytest.mark.parametrize("limits", [{"max_queue": 5}, {"max_queued": 5}])
def test_a_queue_is_never_overfull_however_many_submit_at_once(make: Make, limits: dict[str, Any]) -> None:
    servers = make(**limits)
    secrets = [servers[0].secret]
    if "max_queue" in limits:
        secrets += [servers[0].new_key()[1] for _ in range(3)]
    for already in range(2):
        answers = submits(servers, secrets * (16 // len(secrets)))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == ({429: 16} if already else {200: 5, 429: 11})
        assert unfinished(servers[0]) == 5
