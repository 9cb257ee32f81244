"""Backups without a server: whole or not at all, and what is not as it was made is named."""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel import backup
from flashreel.errors import SetupError
from flashreel.jobs import retention, snapshot, uploads
from flashreel.jobs.database import Database
from flashreel.jobs.schema import REVISION, workers
from flashreel.jobs.schema import uploads as upload_table
from flashreel.media import certificate
from flashreel.settings import Settings
from flashreel.storage import Storage
from tests.support.server import ROOT, environment
from tests.support.store import (
    CREDITS,
    PRICE,
    claimed,
    complete,
    credits_of,
    find,
    get,
    new_key,
    open_database,
    submit,
)

VIDEO = b"a video" * 1000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    return Settings(data=data)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings.data)
    yield database
    database.close()


@pytest.fixture
def key(database: Database) -> str:
    return new_key(database)


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "a #1 ?"  # no name is special to SQLite


def finished(settings: Settings, database: Database, key: str) -> str:
    """The id of a job that has published a video and a poster."""
    made = submit(database, key).id
    claim = claimed(database)
    path, still = Storage(settings.assets).put_all(claim, [(VIDEO, ".mp4"), (b"jpg", ".jpg")])
    stills = {"poster": {"path": still, "content_type": "image/jpeg", "file_size": 3}}
    assert complete(database, claim, path=path, file_size=len(VIDEO), stills=stills)
    return made


def uploaded(settings: Settings, database: Database, key: str) -> str:
    """The path of an upload."""
    upload_id, data = uploads.new_id(), b"a picture"
    path = Storage(settings.assets).put_upload(upload_id, data, "png")
    with database.transaction() as connection:
        assert uploads.add(
            connection,
            upload_id,
            key,
            path=path,
            name="fox.png",
            content_type="image/png",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            life=60.0,
            quota=2**20,
        )
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_all_that_the_store_publishes_comes_back(
    settings: Settings, database: Database, key: str, to: Path, tmp_path: Path
) -> None:
    done, picture = finished(settings, database, key), uploaded(settings, database, key)
    submit(database, key, prompt="queued")
    running = claimed(database).id
    with database.transaction() as connection:
        connection.execute(
            workers.insert().values(
                id="w1",
                pid=1,
                engine="e",
                state="busy",
                seen_boot="b",
                seen_until=0.0,
                moved_at_boot=0.0,
                started_at=0.0,
            )
        )
    (settings.assets / "stray").write_bytes(b"nobody's")
    certificate.load(settings.data / "provenance")
    (settings.data / "cache").mkdir()

    made = backup.back_up(settings, to)
    assert (made.schema, made.keys, made.jobs, made.uploads, made.files, made.ended) == (REVISION, 1, 2, 1, 3, 0)
    assert {path.name for path in to.parent.iterdir()} == {to.name}
    kept = files_of(settings.data)
    back = files_of(to)
    assert made.size == sum(len(data) for name, data in back.items() if name not in ("manifest.json", "SHA256SUMS"))
    published = {name for name in kept if name.startswith(("assets/", "provenance/"))} - {"assets/stray"}
    assert set(back) == published | {"flashreel.db", "manifest.json", "SHA256SUMS"}
    assert {name: back[name] for name in published} == {name: kept[name] for name in published}

    new = Settings(data=tmp_path / "new" / "data")
    restored = backup.restore(new, to, force=False)
    assert (restored.manifest, restored.requeued, restored.aside) == (made, 1, None)
    assert set(files_of(new.data)) == published | {"flashreel.db"}
    found = open_database(new.data)
    assert get(found, done).result == get(database, done).result
    assert get(found, running).state == "QUEUED"
    assert credits_of(found, key) == credits_of(database, key) == CREDITS - 2 * PRICE
    with found.reading() as connection:
        assert connection.scalar(sa.select(upload_table.c.path)) == picture
        assert connection.execute(sa.select(workers)).all() == []
    again = claimed(found)
    assert (again.id, again.attempt) == (running, 2)
    found.close()


def test_a_backup_and_what_is_restored_are_their_owners_alone(
    settings: Settings, database: Database, key: str, to: Path
) -> None:
    finished(settings, database, key)
    certificate.load(settings.data / "provenance")
    words = ("--data", str(settings.data))
    assert flashreel("backup", str(to), *words).returncode == 0
    database.close()
    said = flashreel("restore", str(to), "--force", *words)
    assert said.returncode == 0, said.stderr
    back = [place for place in settings.data.rglob("*") if "before-restore" not in str(place)]
    assert back
    for place in (*to.rglob("*"), to, *back):
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place


def flashreel(*words: str, file_size: int = resource.RLIM_INFINITY) -> subprocess.CompletedProcess[str]:
    """Runs a command, which may write files of at most so many bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, resource.RLIM_INFINITY))

    return subprocess.run(
        [sys.executable, "-m", "flashreel", *words],
        env=environment(),
        cwd=ROOT,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_what_ends_while_it_is_copied_has_ended_in_the_backup(
    settings: Settings,
    database: Database,
    key: str,
    to: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stays, ends, halfway = (finished(settings, database, key) for _ in range(3))
    picture = uploaded(settings, database, key)
    result = get(database, halfway).result
    assert result is not None
    copy = snapshot.copy

    def end_after(store: Path, copied: Path) -> None:
        copy(store, copied)
        with database.transaction() as connection:
            retention.expire(connection, [ends, halfway])
            uploads.expire(connection, Path(picture).parts[1])
        (settings.assets / picture).unlink()
        Storage(settings.assets).delete_job(ends)
        (settings.assets / result["stills"]["poster"]["path"]).unlink()

    monkeypatch.setattr(snapshot, "copy", end_after)
    made = backup.back_up(settings, to)
    assert (made.files, made.jobs, made.uploads) == (2, 3, 0)
    assert (made.ended, made.missing) == (4, 0)
    assert result["path"] not in (to / "SHA256SUMS").read_text()
    assert not (to / "assets" / result["path"]).exists()
    new = Settings(data=tmp_path / "new")
    backup.restore(new, to, force=False)
    found = open_database(new.data)
    assert get(found, stays).result
    assert find(found, ends) is find(found, halfway) is None
    assert credits_of(found, key) == CREDITS - 3 * PRICE
    found.close()


def test_files_that_are_not_where_they_should_be_are_no_files_that_ended(
    settings: Settings, database: Database, key: str, to: Path
) -> None:
    finished(settings, database, key)
    settings.assets.rename(settings.data / "elsewhere")  # a disk that is not mounted
    said = flashreel("backup", str(to), "--data", str(settings.data))
    assert said.returncode == 1
    assert f"2 files were not in {settings.assets}" in " ".join(said.stderr.split())
    manifest = json.loads((to / "manifest.json").read_text())
    assert (manifest["files"], manifest["ended"], manifest["missing"]) == (0, 0, 2)


def test_files_that_unfinished_jobs_need_are_copied_first(settings: Settings, database: Database, key: str) -> None:
    others = {finished(settings, database, key) for _ in range(5)}
    needed = uploaded(settings, database, key)
    uploaded(settings, database, key)
    submit(database, key, start_image=f"asset:{needed}")
    with database.reading() as connection:
        first, *rest = snapshot.published(connection)
    assert first.path == needed
    assert len(rest) == 11
    assert others < {file.owner for file in rest}


@pytest.mark.parametrize("older", ["0001"])
def test_a_store_of_an_older_version_is_copied_as_it_is_and_restored_to_this_one(
    settings: Settings, to: Path, tmp_path: Path, older: str
) -> None:
    file = settings.data / "flashreel.db"
    with sa.create_engine(f"sqlite:///{file}").connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.executescript((ROOT / "tests" / "jobs" / "schemas" / f"{older}.sqlite.sql").read_text())
    made = backup.back_up(settings, to)
    assert made.schema == older
    assert made.ended + made.missing == 3  # the dump comes without files
    new = Settings(data=tmp_path / "new")
    backup.restore(new, to, force=False)
    database = Database(new.data / "flashreel.db")
    database.check()
    database.close()


def restamp(folder: Path, name: str, data: bytes) -> None:
    """Changes a file and its sum, as nothing does by accident."""
    before = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / name).write_bytes(data)
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(before, hashlib.sha256(data).hexdigest()))


def test_a_damaged_backup_names_the_file_and_changes_nothing(
    settings: Settings, database: Database, key: str, to: Path, tmp_path: Path
) -> None:
    done = finished(settings, database, key)
    backup.back_up(settings, to)
    result = get(database, done).result
    assert result is not None
    video = f"assets/{result['path']}"
    new = Settings(data=tmp_path / "new")

    def refusal(broken: Path) -> str:
        with pytest.raises(SetupError) as refused:
            backup.restore(new, broken, force=True)
        assert not new.data.exists()
        return str(refused.value)

    broken = tmp_path / "broken"
    for name in (video, "flashreel.db", "manifest.json"):
        shutil.copytree(to, broken)
        data = bytearray((broken / name).read_bytes())
        data[len(data) // 2] ^= 1
        (broken / name).write_bytes(data)
        assert refusal(broken) == f"the backup {broken} is damaged: {name} is not what was backed up"
        (broken / name).unlink()
        assert refusal(broken) == f"the backup {broken} is damaged: {name} is not there"
        shutil.rmtree(broken)
    whole = (to / "SHA256SUMS").read_text()
    planted = hashlib.sha256(b"x").hexdigest()
    for path in (
        "../x",
        "/x",
        "x",
        "assets/../x",
        "assets/.x",
        "cache/numba/x.nbi",
        "flashreel.db-wal",
        "provenance/x",
    ):
        shutil.copytree(to, broken)
        place = broken / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
        (broken / "SHA256SUMS").write_text(f"{whole}{planted}  {path}\n")
        assert refusal(broken) == f"the backup {broken} is damaged: SHA256SUMS is not what was backed up"
        shutil.rmtree(broken)
    (tmp_path / "x").unlink()
    for sums in ("", "x"):
        shutil.copytree(to, broken)
        (broken / "SHA256SUMS").write_text(sums)
        assert refusal(broken) == f"the backup {broken} is damaged: SHA256SUMS is not what was backed up"
        shutil.rmtree(broken)

    shutil.copytree(to, broken)  # a link to what has the right bytes, and no file
    (broken / video).unlink()
    (broken / video).symlink_to(to / video)
    assert refusal(broken) == f"the backup {broken} is damaged: {video} is not what was backed up"
    shutil.rmtree(broken)

    shutil.copytree(to, broken)
    sums_file = broken / "SHA256SUMS"
    sums_file.write_text("".join(line for line in sums_file.read_text().splitlines(True) if video not in line))
    assert video in refusal(broken)
    restamp(broken, "flashreel.db", b"no database")
    assert "file is not a database" in refusal(broken)
    assert "it has no SHA256SUMS" in refusal(tmp_path)


def test_a_backup_of_a_newer_version_is_refused(
    settings: Settings, database: Database, to: Path, tmp_path: Path
) -> None:
    backup.back_up(settings, to)
    manifest = json.loads((to / "manifest.json").read_text())
    restamp(to, "manifest.json", json.dumps({**manifest, "schema": "9999", "flashreel": "9.1.0"}).encode())
    with pytest.raises(SetupError, match=rf"schema 9999, this flashreel knows {REVISION}: .* 9\.1\.0 or a newer"):
        backup.restore(Settings(data=tmp_path / "new"), to, force=False)
    for other in ({"colour": "blue"}, {"format": 2}):
        restamp(to, "manifest.json", json.dumps({**manifest, **other}).encode())
        with pytest.raises(SetupError, match=r"made by another version: manifest\.json cannot be read"):
            backup.restore(Settings(data=tmp_path / "new"), to, force=False)
    assert not (tmp_path / "new").exists()


def test_a_data_folder_that_is_in_use_or_not_empty_is_left_alone(
    settings: Settings, database: Database, key: str, to: Path
) -> None:
    done = finished(settings, database, key)
    backup.back_up(settings, to)
    later = finished(settings, database, key)
    with pytest.raises(SetupError, match=r"flashreel\.db is in use: stop the server"):
        backup.restore(settings, to, force=True)
    database.close()
    with pytest.raises(SetupError, match=r"holds assets already; --force moves that aside"):
        backup.restore(settings, to, force=False)
    assert get(database, later).state == "COMPLETED"
    database.close()

    before = files_of(settings.data)
    restored = backup.restore(settings, to, force=True)
    assert find(database, later) is None
    assert get(database, done).state == "COMPLETED"
    database.close()
    assert restored.aside is not None
    assert files_of(restored.aside).keys() == before.keys()
    aside = Database(restored.aside / "flashreel.db")
    assert get(aside, later).state == "COMPLETED"
    aside.close()


def test_a_link_to_nowhere_is_moved_aside_too(settings: Settings, database: Database, key: str, to: Path) -> None:
    done = finished(settings, database, key)
    backup.back_up(settings, to)
    database.close()
    shutil.rmtree(settings.assets)
    settings.assets.symlink_to("nowhere")
    restored = backup.restore(settings, to, force=True)
    assert restored.aside is not None
    assert (restored.aside / "assets").is_symlink()
    assert get(database, done).state == "COMPLETED"


def test_a_damaged_store_is_not_backed_up_and_can_be_replaced(
    settings: Settings, database: Database, key: str, to: Path
) -> None:
    backup.back_up(settings, to)
    database.close()
    (settings.data / "flashreel.db").write_bytes(b"no database" * 1000)
    with pytest.raises(SetupError, match="cannot be made: file is not a database"):
        backup.back_up(settings, to.with_name("another"))
    assert {path.name for path in to.parent.iterdir()} == {to.name}
    backup.restore(settings, to, force=True)
    assert credits_of(database, key) == CREDITS


def test_a_disk_that_takes_no_more_is_named_and_nothing_is_left_behind(
    settings: Settings, database: Database, key: str, to: Path
) -> None:
    finished(settings, database, key)
    big = uploaded(settings, database, key)
    (settings.assets / big).write_bytes(bytes(2**20))
    with database.transaction() as connection:
        connection.execute(upload_table.update().values(size=2**20))
    backup.back_up(settings, to)
    database.close()
    words = ("--data", str(settings.data))
    for command in (("backup", str(to.with_name("small")), *words), ("restore", str(to), "--force", *words)):
        before = files_of(settings.data)
        said = flashreel(*command, file_size=2**19)
        assert (said.returncode, said.stdout) == (1, "")
        assert "cannot be" in said.stderr
        assert "File too large" in said.stderr
        assert files_of(settings.data).keys() == before.keys()
    assert {path.name for path in to.parent.iterdir()} == {to.name}


def test_what_cannot_be_is_one_sentence(settings: Settings, to: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"there is nothing to back up: .* holds no store"):
        backup.back_up(settings, to)
    open_database(settings.data).close()
    to.mkdir(parents=True)
    with pytest.raises(SetupError, match="is there already"):
        backup.back_up(settings, to)
    to.rmdir()
    to.with_name(f"{to.name}.partial").mkdir()
    with pytest.raises(SetupError, match="partial is in the way"):
        backup.back_up(settings, to)
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"cannot be made: .*file"):
        backup.back_up(settings, tmp_path / "file" / "backup")
    shared = Settings(data=settings.data, database_url="postgresql://me:secret@db.example/flashreel")
    for refused in (lambda: backup.back_up(shared, to), lambda: backup.restore(shared, to, force=False)):
        with pytest.raises(SetupError, match=r"pg_dump .* pg_restore") as error:
            refused()
        assert "secret" not in str(error.value)
