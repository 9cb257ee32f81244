"""An update without a pause: servers and workers of this version and of the next one on the same PostgreSQL, over a
step that adds (expand) and a step that takes away (contract)."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
import sqlalchemy as sa

from flashreel.jobs import keys
from flashreel.jobs.database import Database
from flashreel.jobs.schema import REVISION, jobs
from tests.support.caller import Caller
from tests.support.cli import flashreel
from tests.support.postgres import another
from tests.support.server import SCRIPT, Server, wait_for
from tests.support.versions import CONTRACTED, EXPANDED, contracted, expanded


class Flow:
    """A client that has one video made after another, at the servers in `to` by turns: submitted at one, awaited at the
    next. What is refused for a moment (503: a server that stops) it sends again."""

    def __init__(self, *to: Caller) -> None:
        self.to: Sequence[Caller] = to
        self.ended: list[str] = []
        """States of those that are over."""
        self.refused: list[str] = []
        self._stop = Event()
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        turn = 0
        request_id: str | None = None
        while not self._stop.wait(0.1):
            turn += 1
            caller = self.to[turn % len(self.to)]
            try:
                if request_id is not None:
                    state = caller.status(request_id)["status"]
                    if state in ("COMPLETED", "FAILED"):
                        self.ended.append(state)
                        request_id = None
                    continue
                answer = caller.post("/v2/scripted", prompt="a fox")
            except httpx.TransportError:
                continue  # it stops just now
            if answer.status_code == 200:
                request_id = answer.json()["request_id"]
            elif answer.status_code != 503:
                self.refused.append(answer.text)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def wait_for_more(self) -> None:
        """Until a video is ready that was not even submitted yet."""
        wanted = len(self.ended) + 2
        wait_for(lambda: len(self.ended) >= wanted)


def notes(url: str) -> list[str | None]:
    """What the next version has noted on the jobs that are COMPLETED: `completed` where its worker made them."""
    with closing(Database(url)) as database, database.reading() as connection:
        return list(connection.scalars(sa.text("SELECT note FROM jobs WHERE state = 'COMPLETED'")))


def others(url: str) -> int:
    """How many videos workers of this version made."""
    return sum(note != "completed" for note in notes(url))


def migrate(data: Path, url: str, path: str, *more: str) -> str:
    done = flashreel("migrate", *more, "--data", str(data), FLASHREEL_DATABASE_URL=url, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.mark.timeout(300)  # it starts four servers, one after another
def test_old_and_new_run_side_by_side_until_a_step_takes_away(postgresql_url: str, tmp_path: Path) -> None:
    url = another(postgresql_url, "rolling")
    with closing(Database(url)) as database:
        database.migrate()
    (tmp_path / "assets").mkdir()
    for name in ("old", "new"):  # a host each, and one file system that they share
        (tmp_path / name).mkdir()
        (tmp_path / name / "assets").symlink_to(tmp_path / "assets")
    next_path = expanded(tmp_path / "next")
    flags = ("--engine", SCRIPT, "--burst", "10000", "--rate", "60000", "--provenance", "false")
    old = Server(tmp_path / "old", *flags, env={"FLASHREEL_DATABASE_URL": url})
    new = Server(tmp_path / "new", *flags, env={"FLASHREEL_DATABASE_URL": url, "PYTHONPATH": next_path})

    with ExitStack() as stack:
        stack.enter_context(closing(old.start()))
        at_old = stack.enter_context(closing(Caller.create(old, 100_000.0)))
        flow = Flow(at_old)
        with flow.flowing():
            # The step comes while the old ones run, and they go on.
            flow.wait_for_more()
            assert f"brought from schema {REVISION} to schema {EXPANDED}" in migrate(tmp_path / "old", url, next_path)
            flow.wait_for_more()
            assert at_old.http.get("/health/ready").status_code == 200

            # Side by side: what one takes the other knows, and the workers of both make videos.
            stack.enter_context(closing(new.start()))
            at_new = stack.enter_context(closing(Caller(new, at_old.key_id, at_old.secret)))
            flow.to = (at_old, at_new)
            for one, other in ((at_old, at_new), (at_new, at_old)):
                result = other.result(one.submit())
                assert result.status_code == 200, result.text
                assert one.http.get(result.json()["video"]["url"]).content[4:8] == b"ftyp"
            wait_for(lambda: {"completed"} < set(notes(url)))

            # An old one may be started again.
            flow.to = (at_new,)
            old.signal(signal.SIGTERM)
            assert old.wait_end(60) == 0
            old.start()
            made = others(url)
            flow.to = (at_old,)
            flow.wait_for_more()
            wait_for(lambda: others(url) > made)

            # The next step takes away: an old one that still runs says so, and does not start again.
            flow.to = (at_new,)
            last_path = contracted(tmp_path / "next", tmp_path / "last")
            said = migrate(tmp_path / "new", url, last_path, "--check")
            assert f"would be brought from schema {EXPANDED} to schema {CONTRACTED}" in said
            assert f"what knows schema {EXPANDED} or a newer one may go on" in said
            assert at_old.http.get("/health/ready").status_code == 200
            said = migrate(tmp_path / "new", url, last_path)
            assert f"is brought from schema {EXPANDED} to schema {CONTRACTED}" in said
            unready = at_old.http.get("/health/ready")
            assert unready.status_code == 503
            says = f"has schema {CONTRACTED}, this flashreel knows {REVISION}; update flashreel: only one that knows "
            assert f"{says}schema {EXPANDED}" in unready.text
            old.signal(signal.SIGTERM)
            assert old.wait_end(60) == 0
            assert old.launch().wait_end(60) == 1
            assert f"{says}schema {EXPANDED}" in old.log.splitlines()[-1]
            flow.wait_for_more()

        assert flow.refused == []
        assert set(flow.ended) == {"COMPLETED"}
        with new.store() as connection:
            assert keys.check_ledger(connection) == []
            states = set(connection.scalars(sa.select(jobs.c.state).distinct()))
            assert states <= {"COMPLETED", "QUEUED", "PROCESSING"}
