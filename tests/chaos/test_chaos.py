"""Everything at once: `make chaos`, and the heartbeat of a worker while others write as fast as they can."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise

import pytest

from tests.chaos.conftest import MakeServer
from tests.support.caller import Caller
from tests.support.server import ROOT, environment
from tests.support.web import client

SUBMITTERS = 40
#: Seconds between two renewals of a job that moves (DESIGN.md section 4, rule 8), and what a renewal may wait besides.
CADENCE, LIMIT = 0.5, 1.0


def chaos(seconds: int, seed: int) -> int:
    """Runs it; how many jobs it accepted. Its table is what a failure shows."""
    command = [sys.executable, "-m", "tools.chaos", "--seconds", str(seconds), "--seed", str(seed)]
    ran = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = re.search(r"^\s*accepted +([0-9]+)", ran.stdout, re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_made_or_charged_twice_while_everything_is_killed() -> None:
    assert chaos(45, seed=1) > 20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_made_or_charged_twice_in_five_minutes() -> None:
    assert chaos(300, seed=2) > 200


def test_a_heartbeat_waits_less_than_a_second_while_submits_run_flat_out(make_server: MakeServer) -> None:
    server = make_server().ready()
    over = threading.Event()
    with (
        closing(Caller.create(server, 10_000, rate=1e6, max_queued=10_000)) as caller,
        ThreadPoolExecutor(SUBMITTERS) as pool,
    ):
        beating = caller.submit("seconds=30")
        caller.wait_for_state(beating, "PROCESSING")

        def submit() -> int:
            accepted = 0
            with client(server.url, x_api_key=caller.secret) as http:
                while not over.is_set():
                    accepted += http.post("/v2/scripted", json={"prompt": "a fox"}).status_code == 200
            return accepted

        submitters = [pool.submit(submit) for _ in range(SUBMITTERS)]
        beats: list[float] = []
        end = time.monotonic() + 5
        with closing(server.open_store()) as database, database.reading() as connection:
            while time.monotonic() < end:
                beats.append(
                    connection.exec_driver_sql("SELECT lease_until FROM jobs WHERE id = ?", (beating,)).scalar_one()
                )
                connection.rollback()  # the next look sees the present
                time.sleep(0.02)
        over.set()
        accepted = sum(submitter.result() for submitter in submitters)
    assert accepted > 2 * SUBMITTERS
    # A lease ends a fixed time after its last renewal.
    renewals = sorted(set(beats))
    gaps = [later - earlier for earlier, later in pairwise(renewals)]
    print(f"{accepted} submits, {len(renewals)} renewals, worst gap {max(gaps):.2f} s")
    assert max(gaps) < CADENCE + LIMIT
