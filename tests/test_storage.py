"""Assets on disk: unguessable, whole, gone when they are deleted, whatever a killed worker left."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from flashreel.jobs.leases import Claim
from flashreel.storage import Storage
from tests.support.store import a_spec

CLAIM = Claim("a" * 32, 3, a_spec())


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "assets")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    file = tmp_path / "video.mp4"
    file.write_bytes(b"0123456789")
    return file


def read(storage: Storage, path: str, start: int, end: int) -> bytes:
    async def collect() -> bytes:
        return b"".join([chunk async for chunk in storage.read(path, start, end)])

    return asyncio.run(collect())


def test_a_file_is_stored_under_its_attempt_with_a_name_nobody_can_guess(
    storage: Storage, video: Path, tmp_path: Path
) -> None:
    paths = [storage.put(CLAIM, video) for _ in range(2)]
    assert len(set(paths)) == 2
    for path in paths:
        assert re.fullmatch(r"a{32}/3/[0-9a-f]{32}\.mp4", path)
        assert (tmp_path / "assets" / path).read_bytes() == b"0123456789"
    assert video.exists()


def test_several_files_are_stored_side_by_side_in_their_order(storage: Storage, video: Path, tmp_path: Path) -> None:
    paths = storage.put_all(CLAIM, [(video, ".mp4"), (b"poster", ".jpg"), (b"thumbnail", ".webp")])
    assert len({path.partition(".")[0] for path in paths}) == 3
    for path, suffix in zip(paths, (".mp4", ".jpg", ".webp"), strict=True):
        assert re.fullmatch(rf"a{{32}}/3/[0-9a-f]{{32}}\{suffix}", path)
    assert [storage.get(path) for path in paths] == [b"0123456789", b"poster", b"thumbnail"]


@pytest.mark.parametrize("path", ["nothing/1/x.mp4", f"{CLAIM.id}/3/x.mp4"])
def test_a_file_that_is_not_there_cannot_be_got(storage: Storage, video: Path, path: str) -> None:
    storage.put(CLAIM, video)
    with pytest.raises(FileNotFoundError):
        storage.get(path)


def test_the_folder_is_its_owners_alone(storage: Storage, tmp_path: Path) -> None:
    assert (tmp_path / "assets").stat().st_mode & 0o077 == 0


def test_a_stored_file_has_a_size_and_a_tag_that_changes_with_it(storage: Storage, video: Path) -> None:
    first, second = storage.put(CLAIM, video), storage.put(CLAIM, video)
    heads = [asyncio.run(storage.head(path)) for path in (first, first, second)]
    assert heads[0] is not None
    assert heads[2] is not None
    assert heads[0] == heads[1]
    assert heads[0].size == 10
    assert re.fullmatch(r'"[^"]+"', heads[0].etag)
    assert heads[0].etag != heads[2].etag


def test_any_part_of_a_file_can_be_read(storage: Storage, video: Path) -> None:
    path = storage.put(CLAIM, video)
    assert read(storage, path, 0, 10) == b"0123456789"
    assert read(storage, path, 3, 5) == b"34"


def test_what_is_not_there_is_none_or_an_error_of_the_disk(storage: Storage, tmp_path: Path) -> None:
    assert asyncio.run(storage.head("nothing/1/x.mp4")) is None
    with pytest.raises(FileNotFoundError):
        read(storage, "nothing/1/x.mp4", 0, 1)
    with pytest.raises(OSError, match=r"."):
        storage.put(CLAIM, tmp_path / "nothing.mp4")


def test_deleting_a_job_deletes_all_its_attempts_and_no_other_job(
    storage: Storage, video: Path, tmp_path: Path
) -> None:
    mine = [storage.put(Claim(CLAIM.id, attempt, CLAIM.spec), video) for attempt in (1, 2)]
    others = storage.put(Claim("b" * 32, 1, CLAIM.spec), video)
    storage.delete_job(CLAIM.id)
    assert not any((tmp_path / "assets" / path).exists() for path in mine)
    assert not (tmp_path / "assets" / CLAIM.id).exists()
    assert (tmp_path / "assets" / others).exists()
    storage.delete_job(CLAIM.id)  # nothing there is no error


def test_what_a_killed_worker_left_half_stored_is_deleted_too(storage: Storage, video: Path, tmp_path: Path) -> None:
    path = storage.put(CLAIM, video)
    (tmp_path / "assets" / f"{path}#1").write_bytes(b"half")  # obstore's own name for a file on its way
    (tmp_path / "assets" / CLAIM.id / "4").mkdir()
    storage.delete_job(CLAIM.id)
    assert list((tmp_path / "assets").iterdir()) == []


def test_what_there_is_is_told_by_job_and_attempt_and_one_attempt_can_go(
    storage: Storage, video: Path, tmp_path: Path
) -> None:
    paths = [storage.put(Claim(CLAIM.id, attempt, CLAIM.spec), video) for attempt in (1, 2, 2)]
    storage.put(Claim("b" * 32, 1, CLAIM.spec), video)
    (tmp_path / "assets" / "stray").write_bytes(b"")
    assert sorted(storage.attempts()) == [(CLAIM.id, 1), (CLAIM.id, 2), ("b" * 32, 1)]
    storage.delete_attempt(CLAIM.id, 2)
    assert [(tmp_path / "assets" / path).exists() for path in paths] == [True, False, False]
    assert sorted(storage.attempts()) == [(CLAIM.id, 1), ("b" * 32, 1)]


def test_strays_go_once_nobody_can_be_using_them(storage: Storage, video: Path, tmp_path: Path) -> None:
    """What a killed process leaves: a file of `check_writable`, a job's folder that was just emptied."""
    path = storage.put(CLAIM, video)
    old, young = tmp_path / "assets" / "check-1#1", tmp_path / "assets" / "check-2"
    empty = tmp_path / "assets" / ("b" * 32)
    for file in (old, young):
        file.write_bytes(b"x")
    empty.mkdir()
    for place in (old, empty, tmp_path / "assets" / CLAIM.id):
        os.utime(place, (1, 1))
    assert storage.delete_strays() == 2
    assert not old.exists()
    assert not empty.exists()
    assert young.exists()
    assert (tmp_path / "assets" / path).exists()


def test_being_writable_is_tried_and_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    storage.check_writable()
    assert list((tmp_path / "assets").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error_of_the_disk(storage: Storage, video: Path, tmp_path: Path) -> None:
    (tmp_path / "assets").rmdir()
    (tmp_path / "assets").write_bytes(b"")
    with pytest.raises(OSError, match=r"."):
        storage.check_writable()
    with pytest.raises(OSError, match=r"."):
        storage.put(CLAIM, video)


# --- uploads


def settled(storage: Storage, tmp_path: Path, upload_id: str) -> None:
    """Makes the upload look some minutes old."""
    os.utime(tmp_path / "assets" / "uploads" / upload_id, (1, 1))


def test_an_upload_is_stored_under_its_id_with_a_name_nobody_can_guess(storage: Storage, tmp_path: Path) -> None:
    paths = [storage.put_upload("c" * 32, b"0123456789", "png") for _ in range(2)]
    assert len(set(paths)) == 2
    for path in paths:
        assert re.fullmatch(r"uploads/c{32}/[0-9a-f]{32}\.png", path)
        assert read(storage, path, 0, 10) == b"0123456789"


def test_an_upload_is_on_disk_with_its_folders_before_it_is_answered_for(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("flashreel.storage._sync", synced.append)
    path = tmp_path / "assets" / storage.put_upload("c" * 32, b"x", "png")
    assert synced == [path, *list(path.parents)[:3]]
    assert synced[-1] == tmp_path / "assets"


def test_a_deleted_upload_is_gone_and_no_other(storage: Storage, tmp_path: Path) -> None:
    storage.put_upload("c" * 32, b"x", "png")
    (tmp_path / "assets" / "uploads" / ("c" * 32) / "half.png#1").write_bytes(b"half")
    other = storage.put_upload("d" * 32, b"x", "png")
    storage.delete_upload("c" * 32)
    assert [folder.name for folder in (tmp_path / "assets" / "uploads").iterdir()] == ["d" * 32]
    assert asyncio.run(storage.head(other)) is not None
    storage.delete_upload("c" * 32)  # nothing there is no error


def test_uploads_are_no_jobs_and_no_strays(storage: Storage, tmp_path: Path) -> None:
    """An id may be all digits, as an attempt is."""
    path = storage.put_upload("1" * 32, b"x", "png")
    storage.put_upload("d" * 32, b"x", "png")
    storage.delete_upload("d" * 32)
    os.utime(tmp_path / "assets" / "uploads", (1, 1))
    assert storage.attempts() == []
    assert storage.delete_strays() == 0
    storage.delete_upload("1" * 32)
    os.utime(tmp_path / "assets" / "uploads", (1, 1))
    assert storage.delete_strays() == 0  # the empty folder too: an upload may be on its way into it
    assert asyncio.run(storage.head(path)) is None


def test_uploads_are_settled_some_minutes_after_they_were_stored(storage: Storage, tmp_path: Path) -> None:
    assert storage.settled_uploads() == []
    for upload_id in ("c" * 32, "d" * 32):
        storage.put_upload(upload_id, b"x", "png")
    assert storage.settled_uploads() == []
    settled(storage, tmp_path, "d" * 32)
    assert storage.settled_uploads() == ["d" * 32]


def test_an_upload_that_cannot_be_stored_or_deleted_is_an_error_of_the_disk(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "assets" / "uploads").write_bytes(b"")
    with pytest.raises(OSError, match=r"."):
        storage.put_upload("c" * 32, b"x", "png")
    with pytest.raises(OSError, match=r"."):
        storage.delete_upload("c" * 32)
