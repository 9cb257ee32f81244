"""The sweep: files first, rows after, and one job's trouble is no other's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashreel.jobs.database import Database
from flashreel.jobs.retention import due
from flashreel.keeper import sweep
from flashreel.storage import Storage
from tests.support.store import RETENTION, Clock, claimed, complete, find, new_key, open_database, submit


class Place:
    """A data folder with jobs that were made in it."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = open_database(folder)
        self.storage = Storage(folder / "assets")
        self.assets, self.scratch = folder / "assets", folder / "scratch"
        self.scratch.mkdir()
        self._key = new_key(self.database)

    def finished(self) -> str:
        """A finished job with a published file."""
        job_id = submit(self.database, self._key).id
        taken = claimed(self.database)
        video = self.scratch / f"{job_id}-{taken.attempt}.mp4"
        video.write_bytes(b"video")
        complete(self.database, taken, path=self.storage.put(taken, video))
        video.unlink()
        return job_id

    def sweep(self) -> int:
        return sweep(self.database, self.storage, self.scratch)

    def due(self) -> list[str]:
        with self.database.reading() as connection:
            return due(connection)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.install(monkeypatch)
    return clock


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.database.close()


def test_files_and_job_go_together_when_their_time_is_over(place: Place, clock: Clock) -> None:
    old = place.finished()
    clock.advance(RETENTION / 2)
    young = place.finished()
    assert place.sweep() == 0
    clock.advance(RETENTION / 2)
    assert place.sweep() == 1
    assert {folder.name for folder in place.assets.iterdir()} == {young}
    assert find(place.database, old) is None
    assert find(place.database, young) is not None
    assert place.sweep() == 0


def test_what_a_killed_worker_left_goes_with_its_job(place: Place, clock: Clock) -> None:
    job_id = place.finished()
    left = place.scratch / f"{job_id}-1.mp4"
    others = place.scratch / f"{'0' * 32}-1.mp4"
    for file in (left, others):
        file.write_bytes(b"half a video")
    clock.advance(RETENTION)
    assert place.sweep() == 1
    assert not left.exists()
    assert others.exists()


def test_a_job_whose_files_cannot_be_deleted_waits_and_holds_up_no_other(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, good = place.finished(), place.finished()
    clock.advance(RETENTION)
    delete = place.storage.delete_job

    def refuse(job_id: str) -> None:
        if job_id == stuck:
            raise OSError(13, "Permission denied")
        delete(job_id)

    with monkeypatch.context() as patch:
        patch.setattr(place.storage, "delete_job", refuse)
        assert place.sweep() == 1
    assert place.due() == [stuck]
    assert [folder.name for folder in place.assets.iterdir()] == [stuck]
    assert good not in place.due()
    assert place.sweep() == 1
    assert place.due() == []


def test_a_sweep_cut_off_between_files_and_rows_is_finished_by_the_next(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = place.finished()
    clock.advance(RETENTION)
    place.storage.delete_job(job_id)
    assert place.due() == [job_id]
    assert place.sweep() == 1
    assert place.due() == []
