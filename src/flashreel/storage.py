"""Where files live: a local folder through obstore. Paths are `<job>/<attempt>/<secret>.<suffix>` for what a job made
and `uploads/<upload>/<secret>.<suffix>` for what a caller sent."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore

from flashreel.jobs.leases import Claim

_CHUNK = 256 * 1024
_STRAY_SECONDS = 60.0
_UPLOAD_SECONDS = 120.0  # well over the longest wait for the store's lock
_UPLOADS = "uploads"  # no job is called so: their ids are hexadecimal


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is there: its size in bytes and its entity tag, quotes included."""

    size: int
    etag: str


class Storage:
    """Assets by path. What is written is on disk, file and folders, before `put` returns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._store = LocalStore(prefix=folder, mkdir=True, automatic_cleanup=False)

    def put(self, claim: Claim, file: Path) -> str:
        """Stores `file` for this attempt of the job and returns its path, which nobody can guess. Raises OSError."""
        return self.put_all(claim, [(file, file.suffix)])[0]

    def put_all(self, claim: Claim, files: Sequence[tuple[Path | bytes, str]]) -> list[str]:
        """As `put`, of several files, each given with its suffix. The paths are in their order."""
        paths = [f"{claim.id}/{claim.attempt}/{secrets.token_hex(16)}{suffix}" for _, suffix in files]
        self._put([(path, file) for path, (file, _) in zip(paths, files, strict=True)])
        return paths

    def put_upload(self, upload_id: str, data: bytes, suffix: str) -> str:
        """Stores what a caller sent and returns its path, which nobody can guess. Raises OSError."""
        path = f"{_UPLOADS}/{upload_id}/{secrets.token_hex(16)}.{suffix}"
        self._put([(path, data)])
        return path

    def _put(self, files: Sequence[tuple[str, Path | bytes]]) -> None:
        """Stores files of one folder under their paths."""
        with _os_errors():
            for path, file in files:
                self._store.put(path, file)
        # obstore does not sync; what was answered for must survive a power cut.
        targets = [self._folder / path for path, _ in files]
        for place in (*targets, targets[0].parent, targets[0].parent.parent, self._folder):
            _sync(place)

    def get(self, path: str) -> bytes:
        """A whole file. Raises FileNotFoundError where there is none, else OSError."""
        with _os_errors():
            return bytes(self._store.get(path).bytes())

    def delete_job(self, job_id: str) -> None:
        """Deletes everything any attempt of the job stored. Nothing there is no error; else raises OSError."""
        with _os_errors():
            found = [entry["path"] for group in self._store.list(job_id) for entry in group]
            if found:
                self._store.delete(found)
        folder = self._folder / job_id
        if folder.is_dir():
            # The folders, and the `name#1` of a worker killed while it stored, which obstore does not list.
            shutil.rmtree(folder)

    def delete_attempt(self, job_id: str, attempt: int) -> None:
        """Deletes what one attempt stored. Raises OSError."""
        shutil.rmtree(self._folder / job_id / str(attempt))

    def delete_upload(self, upload_id: str) -> None:
        """Deletes an upload's file. Nothing there is no error; else raises OSError."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder / _UPLOADS / upload_id)

    def settled_uploads(self) -> list[str]:
        """Ids of the uploads that were stored some minutes ago: whoever stored them has told the store by now."""
        settled = []
        for place in (self._folder / _UPLOADS).glob("*/"):
            with suppress(FileNotFoundError):  # deleted just now
                if time.time() - place.stat().st_mtime > _UPLOAD_SECONDS:
                    settled.append(place.name)
        return settled

    def attempts(self) -> list[tuple[str, int]]:
        """Job and attempt of everything that jobs made."""
        return [
            (job.name, int(attempt.name))
            for job in self._folder.iterdir()
            if job.is_dir() and job.name != _UPLOADS
            for attempt in job.iterdir()
            if attempt.name.isdigit()
        ]

    def delete_strays(self) -> int:
        """Deletes what a process left that was killed in `check_writable` or `delete_job`: files that belong to no job,
        and a job's folder with nothing in it. How many there were. What is younger than a minute is in use."""
        gone = 0
        for place in self._folder.iterdir():
            if place.name == _UPLOADS:
                continue
            with suppress(OSError):  # not empty, or gone by now
                if time.time() - place.stat().st_mtime > _STRAY_SECONDS:
                    place.rmdir() if place.is_dir() else place.unlink()
                    gone += 1
        return gone

    def check_writable(self) -> None:
        """Writes and deletes a small file. Raises OSError when that cannot be done."""
        path = f"check-{secrets.token_hex(8)}"
        with _os_errors():
            self._store.put(path, b"x")
            self._store.delete(path)

    async def head(self, path: str) -> Stored | None:
        try:
            meta = await self._store.head_async(path)
        except FileNotFoundError:
            return None
        return Stored(meta["size"], meta["e_tag"] or "")

    async def read(self, path: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (not included), in chunks. Raises FileNotFoundError."""
        answer = await self._store.get_async(path, options={"range": (start, end)})
        async for chunk in answer.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)


@contextmanager
def _os_errors() -> Iterator[None]:
    """obstore's own errors as what they are to us: the disk's."""
    try:
        yield
    except BaseError as error:
        raise OSError(0, str(error).partition("\n")[0]) from error


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
