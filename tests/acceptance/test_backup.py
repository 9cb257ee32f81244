"""A backup of a server at work, and what a restore makes of it elsewhere."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
from PIL import Image

from flashreel.catalogue import MICRO
from flashreel.jobs import keys, listing
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS
from tests.support.caller import Caller
from tests.support.cli import flashreel
from tests.support.images import saved
from tests.support.postgres import another, program
from tests.support.server import SCRIPT, Server, wait_for
from tests.support.store import CREDITS, PRICE, Clock, claimed, complete, credits_of, get, new_key, submit


def submit_until(caller: Caller, stop: Event, begun: Event) -> int:
    """Keeps a server busy, within reason; how many jobs it took."""
    accepted = 0
    while accepted < 10 and not stop.wait(0.1):
        accepted += caller.post("/v2/scripted", prompt="a busy fox").status_code == 200
        begun.set()
    return accepted


@pytest.mark.timeout(300)
def test_a_server_at_work_is_backed_up_killed_and_goes_on_elsewhere(tmp_path: Path) -> None:
    flags = ("--engine", SCRIPT, "--burst", "1000", "--rate", "60000", "--max-queued", "10000")
    old, new = Server(tmp_path / "old", *flags), Server(tmp_path / "new" / "data", *flags)
    backup, hung = tmp_path / "backup", tmp_path / "hung"
    with closing(old.start()), closing(Caller.create(old)) as caller:
        finished = caller.submit()
        video = caller.result(finished).json()["video"]
        seen = caller.http.get(video["url"]).content
        running = caller.submit(f"a fox hang={hung}")  # where it is begun first it hangs, and never again
        wait_for(hung.exists)
        picture = ("fox.png", saved(Image.new("RGB", (160, 90), "red"), "PNG"), "image/png")
        answer = caller.http.post("/v2/scripted", data={"prompt": "a fox"}, files={"start_image_url": picture})
        assert answer.status_code == 200, answer.text
        with_picture = answer.json()["request_id"]
        stop, begun = Event(), Event()
        with ThreadPoolExecutor(1) as threads:
            busy = threads.submit(submit_until, caller, stop, begun)
            assert begun.wait(60)
            made = flashreel("backup", str(backup), "--data", str(old.data))
            stop.set()
            accepted = busy.result(60)
        assert made.returncode == 0, made.stderr
        assert b"read again and found whole" in made.stdout
        later = caller.submit()
        refused = flashreel("restore", str(backup), "--force", "--data", str(old.data))
        assert refused.returncode == 1
        assert b"is in use: stop the server" in refused.stderr
        assert caller.status(later)["status"] == "QUEUED"
        old.kill("serve")

    restored = flashreel("restore", str(backup), "--data", str(new.data))
    assert restored.returncode == 0, restored.stderr
    assert b"1 jobs were being made and are queued again" in restored.stdout
    certificate = Path("provenance", "self-made.pem")
    assert (new.data / certificate).read_bytes() == (old.data / certificate).read_bytes()
    with closing(new.start()), closing(Caller(new, caller.key_id, caller.secret)) as again:
        assert again.http.get(urlsplit(video["url"]).path).content == seen
        for request_id in (running, with_picture):
            assert again.wait_for_state(request_id, "COMPLETED", "FAILED")["status"] == "COMPLETED"
        with new.store() as connection:
            there = [job.id for job in listing.latest(connection, 10_000, None)]
        assert {finished, running, with_picture} <= set(there)
        assert later not in there
        assert 0 <= len(there) - 3 <= accepted
        for request_id in there:
            assert again.wait_for_state(request_id, "COMPLETED", "FAILED")["status"] == "COMPLETED"
        with new.store() as connection:
            price = {job.cost for job in listing.latest(connection, 10_000, None)}
            assert keys.check_ledger(connection) == []
        (cost,) = price
        assert cost
        assert again.credits() == pytest.approx(100 - len(there) * cost / MICRO)


def test_postgresql_is_dumped_and_restored_by_its_own_programs(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/operating.md."""
    clock = Clock()
    clock.install(monkeypatch)
    url, empty = another(postgresql_url, "dumped"), another(postgresql_url, "restored")
    with closing(Database(url)) as database:
        database.migrate()
        key = new_key(database)
        for _ in range(3):
            submit(database, key)
        done, running = claimed(database), claimed(database)
        assert complete(database, done)
        told = flashreel("backup", str(tmp_path / "b"), "--data", str(tmp_path), FLASHREEL_DATABASE_URL=url)
        assert (told.returncode, told.stdout) == (1, b"")
        assert b"pg_dump" in told.stderr
        dump = tmp_path / "flashreel.dump"
        subprocess.run([program("pg_dump"), "--format=custom", f"--file={dump}", url], check=True, timeout=60)
        assert complete(database, claimed(database))  # after the dump
    subprocess.run([program("pg_restore"), "--no-owner", f"--dbname={empty}", dump], check=True, timeout=60)
    with closing(Database(empty)) as database:
        database.check()
        assert get(database, done.id).state == "COMPLETED"
        assert get(database, running.id).state == "PROCESSING"
        assert credits_of(database, key) == CREDITS - 3 * PRICE
        clock.advance(LEASE_SECONDS + 1)  # a restore is never sooner
        left = [claimed(database), claimed(database)]
        assert running.id in {claim.id for claim in left}
        assert all(complete(database, claim) for claim in left)
        with database.reading() as connection:
            assert keys.check_ledger(connection) == []
