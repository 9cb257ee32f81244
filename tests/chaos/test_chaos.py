"""Everything at once: `make chaos`, and the heartbeat of a worker while others write as fast as they can."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.chaos.conftest import MakeServer, chaos
from tests.support.caller import Caller
from tests.support.server import wait_for
from tests.support.web import client

SUBMITTERS = 40
#: Renewals of one lease, among submits that would leave the store no pause by themselves. What one waits is for bench/.
BEATS = 5


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_made_or_charged_twice_while_everything_is_killed() -> None:
    assert chaos(seconds=45, seed=1) > 20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_made_or_charged_twice_in_five_minutes() -> None:
    assert chaos(seconds=300, seed=2) > 200


def test_a_heartbeat_gets_its_turns_while_submits_run_flat_out(make_server: MakeServer) -> None:
    server = make_server().ready()
    over = threading.Event()
    with (
        closing(Caller.create(server, 10_000, rate=1e6, max_queued=10_000)) as caller,
        ThreadPoolExecutor(SUBMITTERS) as pool,
        closing(server.open_store()) as database,
    ):
        beating = caller.submit("seconds=120")
        caller.wait_for_state(beating, "PROCESSING")
        accepted: list[str] = []
        leases: set[float] = set()
        attempts: set[int] = set()

        def submit() -> None:
            with client(server.url, x_api_key=caller.secret) as http:
                while not over.is_set():
                    answer = http.post("/v2/scripted", json={"prompt": "a fox"})
                    if answer.status_code == 200:
                        accepted.append(answer.json()["request_id"])

        def often_renewed() -> bool:
            with database.reading() as connection:
                query = "SELECT attempt, lease_until FROM jobs WHERE id = ?"
                row = connection.exec_driver_sql(query, (beating,)).one()
            leases.add(row.lease_until)
            attempts.add(row.attempt)
            return len(leases) > BEATS and len(accepted) > 2 * SUBMITTERS

        submitters = [pool.submit(submit) for _ in range(SUBMITTERS)]
        try:
            wait_for(often_renewed, step=0.02)
        finally:
            over.set()
        for submitter in submitters:
            submitter.result()
    assert attempts == {1}  # no lease has lapsed
