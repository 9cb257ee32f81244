"""Uploads: their own key's alone, for their time, within its quota."""

from __future__ import annotations

from typing import Any

import pytest

from flashreel.jobs import uploads
from flashreel.jobs.database import Database
from flashreel.jobs.uploads import Upload
from tests.support.store import Clock, new_key

LIFE = 100.0
QUOTA = 1000


def add(database: Database, key: str, **changes: Any) -> Upload | None:
    values: dict[str, Any] = {"path": "uploads/x/y.png", "name": "fox.png", "content_type": "image/png", "size": 10}
    values |= {"sha256": "0" * 64, "life": LIFE, "quota": QUOTA, **changes}
    with database.transaction() as connection:
        return uploads.add(connection, uploads.new_id(), key, **values)


def added(database: Database, key: str, **changes: Any) -> Upload:
    """An upload that there was room for."""
    upload = add(database, key, **changes)
    assert upload is not None
    return upload


def get(database: Database, upload_id: str, key: str | None = None) -> Upload | None:
    with database.reading() as connection:
        return uploads.get(connection, upload_id, key)


def names(database: Database, key: str, limit: int = 100) -> list[str]:
    with database.reading() as connection:
        return [upload.name for upload in uploads.list_of(connection, key, limit)]


def due(database: Database) -> list[str]:
    with database.reading() as connection:
        return uploads.due(connection)


def test_an_upload_is_found_as_it_was_kept_by_its_own_key_alone(database: Database, key: str, clock: Clock) -> None:
    upload = added(database, key, path="uploads/a/b.gif", name="狐.gif", content_type="image/gif", size=7)
    assert upload == Upload(
        upload.id, key, "uploads/a/b.gif", "狐.gif", "image/gif", 7, "0" * 64, clock.wall, clock.wall + LIFE
    )
    assert len(upload.id) == 32
    assert get(database, upload.id) == get(database, upload.id, key) == upload
    assert get(database, upload.id, new_key(database)) is None
    assert names(database, new_key(database)) == []


@pytest.mark.parametrize("upload_id", ["", "0" * 32, "A" * 32, "\x00", "0" * 31, "../../x", "\ud800"])
def test_an_id_that_is_none_is_not_found(database: Database, key: str, upload_id: str) -> None:
    assert get(database, upload_id, key) is None


def test_an_upload_is_there_until_its_time_is_over_and_due_from_then_on(
    database: Database, key: str, clock: Clock
) -> None:
    upload = added(database, key)
    clock.advance(LIFE - 1)
    assert get(database, upload.id) == upload
    assert due(database) == []
    clock.advance(1)
    assert get(database, upload.id) is None
    assert names(database, key) == []
    assert due(database) == [upload.id]
    with database.transaction() as connection:
        uploads.delete(connection, [upload.id])
    assert due(database) == []


def test_what_is_due_comes_oldest_first(database: Database, key: str, clock: Clock) -> None:
    ids = [added(database, key, life=life).id for life in (30, 10, 20, 1000)]
    clock.advance(40)
    assert due(database) == [ids[1], ids[2], ids[0]]


def test_an_upload_can_be_ended_early_and_is_due_then(database: Database, key: str, clock: Clock) -> None:
    ended, kept = added(database, key), added(database, key)
    with database.transaction() as connection:
        uploads.expire(connection, ended.id)
    assert get(database, ended.id) is None
    assert due(database) == [ended.id]
    assert get(database, kept.id) == kept


def test_ending_what_has_ended_does_not_move_its_end(database: Database, key: str, clock: Clock) -> None:
    first, second = added(database, key, life=1), added(database, key, life=2)
    clock.advance(5)
    with database.transaction() as connection:
        uploads.expire(connection, first.id)
    assert due(database) == [first.id, second.id]


def test_a_list_is_newest_first_and_no_longer_than_asked(database: Database, key: str, clock: Clock) -> None:
    for name in ("a", "b", "c"):
        added(database, key, name=name)
        clock.advance(1)
    assert names(database, key) == ["c", "b", "a"]
    assert names(database, key, 2) == ["c", "b"]


def test_the_quota_may_be_filled_to_the_byte_and_no_further(database: Database, key: str, clock: Clock) -> None:
    added(database, key, size=QUOTA - 10)
    assert add(database, key, size=11) is None
    added(database, key, size=10)
    assert add(database, key, size=1) is None
    assert len(names(database, key)) == 2
    added(database, new_key(database), size=QUOTA)  # a quota is one key's


def test_what_has_expired_makes_room(database: Database, key: str, clock: Clock) -> None:
    added(database, key, size=QUOTA, life=5)
    assert add(database, key) is None
    clock.advance(5)
    added(database, key, size=QUOTA)


def test_a_key_may_have_only_so_many_however_small(
    database: Database, key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "COUNT_MAX", 2)
    added(database, key, size=0)
    added(database, key, size=0)
    assert add(database, key, size=0) is None


def test_usage_is_what_lives_of_this_key(database: Database, key: str, clock: Clock) -> None:
    def usage() -> tuple[int, int]:
        with database.reading() as connection:
            used = uploads.usage(connection, key)
        return used.count, used.size

    assert usage() == (0, 0)
    for life, size in ((5, 3), (10, 4)):
        added(database, key, life=life, size=size)
    added(database, new_key(database), size=100)
    assert usage() == (2, 7)
    clock.advance(5)
    assert usage() == (1, 4)


def test_those_with_a_row_are_told_from_those_without(database: Database, key: str, clock: Clock) -> None:
    ids = [added(database, key, life=1, quota=10**6).id for _ in range(3)]
    clock.advance(5)  # also one that has expired has its row still
    others = [uploads.new_id() for _ in range(500)]
    with database.reading() as connection:
        assert uploads.known(connection, [*others, *ids]) == set(ids)
        assert uploads.known(connection, []) == set()
