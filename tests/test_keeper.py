"""The sweep: files first, rows after, and one job's trouble is no other's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashreel.jobs import ending, leases, retention, uploads
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS, Claim
from flashreel.jobs.retention import due
from flashreel.keeper import clear_orphans, clear_stray_uploads, end_cancelled, make_room, sweep, sweep_uploads
from flashreel.storage import Storage
from tests.support.store import (
    CREDITS,
    RETENTION,
    Clock,
    a_spec,
    claimed,
    complete,
    credits_of,
    find,
    get,
    new_key,
    open_database,
    submit,
)


class Place:
    """A data folder with jobs that were made in it."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = open_database(folder)
        self.storage = Storage(folder / "assets")
        self.folder, self.assets = folder, folder / "assets"
        self.key = new_key(self.database)

    def finished(self) -> str:
        """A finished job with a published file."""
        job_id = submit(self.database, self.key).id
        taken = claimed(self.database)
        complete(self.database, taken, path=self.put(taken))
        return job_id

    def put(self, taken: Claim) -> str:
        """Stores a file of five bytes for this attempt."""
        video = self.folder / "made.mp4"
        video.write_bytes(b"video")
        path = self.storage.put(taken, video)
        video.unlink()
        return path

    def upload(self, life: float = 100.0) -> str:
        """The id of an upload that was kept."""
        upload_id = uploads.new_id()
        path = self.storage.put_upload(upload_id, b"image", "png")
        with self.database.transaction() as connection:
            kept = uploads.add(
                connection,
                upload_id,
                self.key,
                path=path,
                name="fox.png",
                content_type="image/png",
                size=5,
                sha256="0" * 64,
                life=life,
                quota=10**6,
            )
        assert kept is not None
        return upload_id

    def uploads(self) -> set[str]:
        """Ids of the uploads whose files are there."""
        return {path.split("/")[1] for path in self.files() if path.startswith("uploads/")}

    def due_uploads(self) -> list[str]:
        with self.database.reading() as connection:
            return uploads.due(connection)

    def files(self) -> set[str]:
        """Paths of the stored files."""
        return {str(file.relative_to(self.assets)) for file in self.assets.rglob("*") if file.is_file()}

    def clear_orphans(self) -> int:
        return clear_orphans(self.database, self.storage)

    def sweep(self) -> int:
        return sweep(self.database, self.storage)

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


# --- the quota


def test_room_is_made_by_the_oldest_finished_and_swept_at_once(place: Place, clock: Clock) -> None:
    ids = []
    for _ in range(3):
        ids.append(place.finished())
        clock.advance(1)
    assert make_room(place.database, 15) == 0
    assert make_room(place.database, 14) == 1
    assert place.sweep() == 1
    assert {path.partition("/")[0] for path in place.files()} == set(ids[1:])
    assert [find(place.database, job_id) is None for job_id in ids] == [True, False, False]
    assert make_room(place.database, 14) == 0


def test_room_made_and_not_yet_swept_is_swept_after_a_crash(place: Place, clock: Clock) -> None:
    old = place.finished()
    make_room(place.database, 1)
    assert find(place.database, old) is None  # nobody is shown what is about to go
    assert place.sweep() == 1
    assert place.files() == set()


# --- files that nobody can reach


def test_a_finished_jobs_file_is_no_orphan(place: Place) -> None:
    place.finished()
    before = place.files()
    assert place.clear_orphans() == 0
    assert place.files() == before


def test_files_of_jobs_that_nobody_knows_go(place: Place) -> None:
    place.put(Claim("0" * 32, 1, a_spec()))
    assert place.clear_orphans() == 1
    assert place.files() == set()


def test_files_of_a_job_whose_sweep_was_cut_off_after_its_rows_go(place: Place, clock: Clock) -> None:
    """Not by our own order; by a backup of the files that was put back, say."""
    job_id = place.finished()
    with place.database.transaction() as connection:
        retention.expire(connection, [job_id])
        retention.sweep(connection, [job_id])
    assert place.clear_orphans() == 1
    assert place.files() == set()


def test_what_an_attempt_left_that_came_to_nothing_goes_and_the_present_ones_stays(place: Place, clock: Clock) -> None:
    submit(place.database, place.key)
    first = claimed(place.database, "w1")
    place.put(first)
    clock.advance(LEASE_SECONDS + 1)
    second = claimed(place.database, "w2")
    kept = place.put(second)
    assert place.clear_orphans() == 1
    assert place.files() == {kept}
    assert complete(place.database, second, path=kept)
    assert place.clear_orphans() == 0
    assert place.files() == {kept}


def test_one_folder_that_cannot_be_deleted_holds_up_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for job_id in ("0" * 32, "1" * 32):
        place.put(Claim(job_id, 1, a_spec()))
    delete = place.storage.delete_job

    def refuse(job_id: str) -> None:
        if job_id == "0" * 32:
            raise OSError(13, "Permission denied")
        delete(job_id)

    monkeypatch.setattr(place.storage, "delete_job", refuse)
    assert place.clear_orphans() == 1
    assert {path.partition("/")[0] for path in place.files()} == {"0" * 32}


# --- cancelled and left


def test_a_cancelled_job_whose_worker_went_waits_for_no_other_worker(place: Place) -> None:
    job_id = submit(place.database, place.key).id
    claimed(place.database, "w1")
    with place.database.transaction() as connection:
        ending.cancel(connection, job_id, None, RETENTION)
    assert end_cancelled(place.database, RETENTION) == 0  # its worker may yet stop
    with place.database.transaction() as connection:
        leases.give_back_all(connection, "w1", lost=True)
    assert end_cancelled(place.database, RETENTION) == 1
    assert get(place.database, job_id).error_code == "cancelled"
    assert credits_of(place.database, place.key) == CREDITS
    assert end_cancelled(place.database, RETENTION) == 0


# --- uploads


def test_an_upload_goes_when_its_time_is_over(place: Place, clock: Clock) -> None:
    old, young = place.upload(10), place.upload(20)
    assert sweep_uploads(place.database, place.storage) == 0
    clock.advance(10)
    assert sweep_uploads(place.database, place.storage) == 1
    assert place.uploads() == {young}
    assert old not in place.due_uploads()
    assert sweep_uploads(place.database, place.storage) == 0


def test_an_upload_that_cannot_be_deleted_waits_and_holds_up_no_other(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, good = place.upload(), place.upload()
    clock.advance(100)
    delete = place.storage.delete_upload

    def refuse(upload_id: str) -> None:
        if upload_id == stuck:
            raise OSError(13, "Permission denied")
        delete(upload_id)

    with monkeypatch.context() as patch:
        patch.setattr(place.storage, "delete_upload", refuse)
        assert sweep_uploads(place.database, place.storage) == 1
    assert place.due_uploads() == [stuck]
    assert place.uploads() == {stuck}
    assert good not in place.uploads()
    assert sweep_uploads(place.database, place.storage) == 1
    assert place.uploads() == set()


def test_a_sweep_of_uploads_cut_off_between_files_and_rows_is_finished_by_the_next(place: Place, clock: Clock) -> None:
    upload_id = place.upload()
    clock.advance(100)
    place.storage.delete_upload(upload_id)
    assert sweep_uploads(place.database, place.storage) == 1
    assert place.due_uploads() == []


def test_an_upload_without_a_row_goes_once_nobody_can_be_about_to_write_it(place: Place) -> None:
    known, young, old = place.upload(), "0" * 32, "1" * 32
    for upload_id in (young, old):
        place.storage.put_upload(upload_id, b"image", "png")
    for upload_id in (known, old):
        os.utime(place.assets / "uploads" / upload_id, (1, 1))
    assert clear_stray_uploads(place.database, place.storage) == 1
    assert place.uploads() == {known, young}


def test_uploads_are_no_orphans_of_jobs(place: Place) -> None:
    upload_id = place.upload()
    for folder in (place.assets / "uploads", place.assets / "uploads" / upload_id):
        os.utime(folder, (1, 1))
    assert place.clear_orphans() == 0
    assert place.uploads() == {upload_id}
