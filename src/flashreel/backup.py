"""A copy of a data folder, made while its server runs, and the way back.

A backup is a folder: the store (`flashreel.db`), the files that its rows publish (`assets/`), the certificate that
signs (`provenance/`), what it is (`manifest.json`) and the sums of all of these (`SHA256SUMS`, for sha256sum to read).
It has its name only once it is whole.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import sqlalchemy.exc

from flashreel import __version__
from flashreel.errors import SetupError
from flashreel.jobs import snapshot
from flashreel.jobs.database import Database
from flashreel.jobs.schema import REVISION
from flashreel.settings import Settings

_FORMAT: Final = 1
_STORE: Final = "flashreel.db"
_MANIFEST: Final = "manifest.json"
_SUMS: Final = "SHA256SUMS"
#: A line of the sums. It names what a backup has and nothing else: a restore puts all of it into the data folder.
_SUM: Final = re.compile(
    r"([0-9a-f]{64})  (flashreel\.db|manifest\.json|provenance/[\w.-]+\.pem|assets/[\w-][\w.-]*(?:/[\w-][\w.-]*)*)"
)
_CHUNK: Final = 2**20

#: What a restore replaces in a data folder. The assets first: they may be a file system of their own, which cannot be
#: moved aside, and then nothing has been.
_REPLACED: Final = ("assets", "provenance", _STORE, f"{_STORE}-wal", f"{_STORE}-shm")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: of which version, and as of when (wall seconds); how much it holds. `ended` are files that were
    deleted, because their time was over, while it was made; `missing` are those that should have been there."""

    format: int
    flashreel: str
    schema: str
    created_at: float
    keys: int
    jobs: int
    uploads: int
    files: int
    size: int
    ended: int
    missing: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: what is back, how many jobs were in a worker's hands, and where that is which was there."""

    manifest: Manifest
    requeued: int
    aside: Path | None


def back_up(settings: Settings, to: Path) -> Manifest:
    """Makes the folder `to`. Raises SetupError, and leaves nothing behind, when it cannot be made or the store is not
    whole."""
    _check_is_file(settings)
    if not (settings.data / _STORE).is_file():
        raise SetupError(f"there is nothing to back up: {settings.data} holds no store")
    if to.exists():
        raise SetupError(f"the backup {to} cannot be made: that is there already; name a folder that is not")
    with _explained(f"the backup {to} cannot be made"):
        to.parent.mkdir(parents=True, exist_ok=True)
        with _unfinished(to.with_name(f"{to.name}.partial")) as partial:
            _fill(settings, partial)
            manifest = _checked(partial)
            _sync(partial)
            partial.rename(to)
            _sync_folder(to.parent)
    return manifest


def restore(settings: Settings, source: Path, *, force: bool) -> Restored:
    """Puts the backup `source` into the data folder. With `force` what is there is moved aside, into a folder in it.

    Raises SetupError, and changes nothing, when the backup is damaged or of a newer version, the data folder is in use
    or, without `force`, holds a store."""
    _check_is_file(settings)
    data = settings.data
    with _explained(f"the backup {source} cannot be read"):
        manifest = _checked(source)
    if manifest.schema > REVISION:
        raise SetupError(
            f"the backup {source} has schema {manifest.schema}, this flashreel knows {REVISION}: restore it with "
            f"flashreel {manifest.flashreel} or a newer one"
        )
    _check_unused(data / _STORE)
    replaced = [name for name in _REPLACED if os.path.lexists(data / name)]
    if replaced and not force:
        raise SetupError(f"{data} holds {replaced[0]} already; --force moves that aside, and deletes nothing")
    with _explained(f"the backup {source} cannot be restored to {data}"):
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _unfinished(data / "restoring.partial") as staged:
            for path, digest in _sums(source):
                if path != _MANIFEST and _copy(source / path, staged / path) != digest:
                    raise _damaged(source, path, "was changed while it was read")
            with closing(Database(staged / _STORE)) as database:
                database.create()
                with database.transaction() as connection:
                    requeued = snapshot.requeue(connection)
            _sync(staged)
            aside = None
            if replaced:
                aside = data / time.strftime("before-restore-%Y%m%d-%H%M%S")
                aside.mkdir(mode=0o700)
                _move(data, replaced, aside)
            _move(staged, [path.name for path in staged.iterdir()], data)
            _sync_folder(data)
    return Restored(manifest, requeued, aside)


def _check_is_file(settings: Settings) -> None:
    if settings.database_url:
        raise SetupError(
            "the store is a PostgreSQL database: back it up with pg_dump and restore it with pg_restore, the assets "
            "after it (docs/operating.md)"
        )


def _check_unused(store: Path) -> None:
    try:
        used = store.exists() and snapshot.is_in_use(store)
    except sqlite3.Error:
        return  # it is damaged, which may be why there is a restore
    if used:
        raise SetupError(f"{store} is in use: stop the server, and whatever else uses this data folder")


def _fill(settings: Settings, folder: Path) -> None:
    """The database first, then the files: what comes later than the copy is in neither, and what was deleted meanwhile
    had come to its end."""
    now = time.time()
    sums: dict[str, str] = {}
    snapshot.copy(settings.data / _STORE, folder / _STORE)
    with closing(Database(folder / _STORE)) as database:
        revision = database.revision()
        with database.reading() as connection:
            files = snapshot.published(connection)
        gone = []
        for file in files:
            try:
                sums[f"assets/{file.path}"] = _copy(settings.assets / file.path, folder / "assets" / file.path)
            except FileNotFoundError:
                gone.append(file)
        if gone:
            with closing(Database(settings.data / _STORE)) as store, store.reading() as connection:
                unended = snapshot.unended(connection)
            missing = sum(file.owner in unended for file in gone)
        else:
            missing = 0
        with database.transaction() as connection:
            snapshot.forget(connection, gone)
            counted = snapshot.count(connection)
            left = {f"assets/{file.path}" for file in snapshot.published(connection)}
    for path in sums.keys() - left:  # of what was deleted halfway through
        (folder / path).unlink()
        del sums[path]
    for certificate in (settings.data / "provenance").glob("*.pem"):
        path = f"provenance/{certificate.name}"
        sums[path] = _copy(certificate, folder / path)
    sums[_STORE] = _sum(folder / _STORE)
    size = sum((folder / path).stat().st_size for path in sums)
    manifest = Manifest(
        *(_FORMAT, __version__, revision, now),
        **asdict(counted),
        files=len(left),
        size=size,
        ended=len(gone) - missing,
        missing=missing,
    )
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    sums[_MANIFEST] = _sum(folder / _MANIFEST)
    lines = (f"{digest}  {path}\n" for path, digest in sorted(sums.items()))
    (folder / _SUMS).write_text("".join(lines), encoding="utf-8")


def _checked(folder: Path) -> Manifest:
    """Reads a backup through, to the last byte. Raises SetupError, which names the file, when it is not as it was made;
    OSError."""
    sums = _sums(folder)
    for path, digest in sums:
        try:
            kind = (folder / path).lstat().st_mode
            if not stat.S_ISREG(kind) or _sum(folder / path) != digest:
                raise _damaged(folder, path, "is not what was backed up")
        except FileNotFoundError as error:
            raise _damaged(folder, path, "is not there") from error
    try:
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_bytes()))
        if manifest.format != _FORMAT:
            raise ValueError(f"format is {manifest.format!r}; it must be {_FORMAT}")
    except (TypeError, ValueError) as error:
        raise SetupError(f"the backup {folder} was made by another version: {_MANIFEST} cannot be read") from error
    listed = {path for path, _ in sums}
    with snapshot.opened(folder / _STORE) as connection:
        if wrong := snapshot.damage(connection):
            raise _damaged(folder, _STORE, f"is not whole: {wrong}")
        for file in snapshot.published(connection):
            path = f"assets/{file.path}"
            if path not in listed or (folder / path).stat().st_size != file.size:
                why = f"is not there with the {file.size} bytes that {file.kind} {file.owner} has"
                raise _damaged(folder, path, why)
    return manifest


def _damaged(folder: Path, path: str, why: str) -> SetupError:
    return SetupError(f"the backup {folder} is damaged: {path} {why}")


def _sums(folder: Path) -> list[tuple[str, str]]:
    """The path and the SHA-256 of every file of a backup."""
    try:
        lines = (folder / _SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise SetupError(f"{folder} is no backup: it has no {_SUMS}") from error
    found = [_SUM.fullmatch(line) for line in lines]
    sums = [(match[2], match[1]) for match in found if match is not None]
    if len(sums) != len(lines) or not {_STORE, _MANIFEST} <= {path for path, _ in sums}:
        raise SetupError(f"the backup {folder} is damaged: {_SUMS} is not what was backed up")
    return sums


def _copy(source: Path, target: Path) -> str:
    """Copies a file to disk; its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as read:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as written:
            while chunk := read.read(_CHUNK):
                digest.update(chunk)
                written.write(chunk)
    return digest.hexdigest()


def _sum(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()


def _move(source: Path, names: list[str], target: Path) -> None:
    for name in names:
        (source / name).rename(target / name)


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A new folder that is gone afterwards, unless it was given another name."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise SetupError(f"{folder} is in the way: another one is at work, or was killed; then delete it") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """What the system and the database say, as a sentence for the operator."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise SetupError(f"{what}: {error.strerror}{where}") from error
    except (sqlite3.Error, sqlalchemy.exc.DBAPIError) as error:
        said = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        raise SetupError(f"{what}: {said}") from error


def _sync(folder: Path) -> None:
    """Everything in a folder is on disk when this returns. Raises OSError, as for a disk that was full after all."""
    for place in [*folder.rglob("*"), folder]:
        _sync_folder(place)


def _sync_folder(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that syncs no folders
            raise
    finally:
        os.close(handle)
