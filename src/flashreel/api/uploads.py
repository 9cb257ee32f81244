"""Files a caller uploads, to name them by URL in its jobs: accepted, served, deleted, whatever the dialect."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from starlette.requests import Request
from starlette.responses import Response

from flashreel.api.assets import missing, send_file
from flashreel.api.base_url import base_url
from flashreel.api.state import State, state_of
from flashreel.errors import InvalidRequest, TooLarge, Unavailable
from flashreel.jobs import uploads
from flashreel.jobs.keys import Key
from flashreel.jobs.uploads import COUNT_MAX, Upload, Usage
from flashreel.media.kinds import NAMES, SUFFIXES, image_type, other_type
from flashreel.parameters import printable

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file as it was sent: `field` is where, for a refusal; `content_type` and `name` are what its sender says of it,
    either may be empty."""

    data: bytes
    content_type: str
    name: str
    field: str


async def accept(
    request: Request, key: Key, data: bytes, content_type: str, name: str, *, field: str = "content"
) -> Upload:
    """Keeps an image of the key for `upload_life` seconds; as `accept_all`."""
    return (await accept_all(request, key, [Incoming(data, content_type, name, field)]))[0]


async def accept_all(request: Request, key: Key, files: Sequence[Incoming]) -> list[Upload]:
    """Keeps these images of the key, all or none. On disk before it returns.

    What a file is, its first bytes decide. Raises InvalidRequest (400) for one that is no image, TooLarge (413) for one
    over `upload_max` and where the key's uploads would exceed their quota, Unavailable (503) where the disk is full.
    """
    state = state_of(request)
    kinds = [_check(state, file) for file in files]
    state.room.check()
    size = sum(len(file.data) for file in files)
    with state.database.reading() as connection:  # before anything is written that would be deleted again
        usage = uploads.usage(connection, key.id)
    if not usage.has_room(len(files), size, state.settings.upload_quota):
        raise _no_room(state, usage, len(files), size)
    stored: list[_Stored] = []
    try:
        for file, kind in zip(files, kinds, strict=True):
            stored.append(await asyncio.to_thread(_store, state, file, kind))
        return await state.write(lambda connection: _add(connection, state, key, stored))
    except OSError as error:
        _discard_files(state, stored)
        _log.error("upload not stored", error=str(error))  # which names folders that are no caller's business
        raise Unavailable(
            "the file cannot be stored; nothing was kept, try again later", headers={"retry-after": "30"}
        ) from error
    except (TooLarge, Unavailable):
        _discard_files(state, stored)
        raise
    # Whatever else ends this, a process that is killed first of all: the keeper deletes files that have no row.


def url(request: Request, upload: Upload) -> str:
    """Where the upload can be had, and how a job names it."""
    return f"{base_url(request)}/assets/{upload.path}"


async def discard(request: Request, key: Key, upload_id: str) -> bool:
    """Deletes an upload of the key, from here on it is 404; False when there is none."""
    state = state_of(request)
    with state.database.reading() as connection:
        if uploads.get(connection, upload_id, key.id) is None:
            return False
    await state.write(lambda connection: uploads.expire(connection, upload_id))
    try:
        await asyncio.to_thread(state.storage.delete_upload, upload_id)
        await state.write(lambda connection: uploads.delete(connection, [upload_id]))
    except (OSError, Unavailable) as error:
        _log.warning("upload not deleted; the keeper tries it again", upload=upload_id, error=str(error))
    return True


async def uploaded(request: Request) -> Response:
    """GET /assets/uploads/{upload_id}/{name}: the file, whole or a range of it. 404 once its time is over."""
    upload_id, name = request.path_params["upload_id"], request.path_params["name"]
    with state_of(request).database.reading() as connection:
        upload = uploads.get(connection, upload_id)
    if upload is None or upload.path != f"uploads/{upload_id}/{name}":
        raise missing()
    return await send_file(request, upload.path, file_name=upload.name, content_type=upload.content_type)


@dataclass(frozen=True, slots=True)
class _Stored:
    id: str
    path: str
    name: str
    content_type: str
    size: int
    sha256: str


def _check(state: State, file: Incoming) -> str:
    """The media type. Raises TooLarge or InvalidRequest."""
    limit = state.settings.upload_max
    if len(file.data) > limit:
        raise TooLarge(
            f"{file.field} is a file of {len(file.data)} bytes; it may have {limit}", field=file.field, limit=limit
        )
    kind = image_type(file.data)
    if kind is None:
        found = other_type(file.data) or "of a type that is not known here" if file.data else "empty"
        said = f", sent as {printable(file.content_type)}" if file.content_type else ""
        raise InvalidRequest(
            f"{file.field} is {found}{said}; it must be an image: {NAMES}",
            field=file.field,
            value=found,
            allowed=list(SUFFIXES),
        )
    return kind


def _store(state: State, file: Incoming, kind: str) -> _Stored:
    upload_id, suffix = uploads.new_id(), SUFFIXES[kind]
    path = state.storage.put_upload(upload_id, file.data, suffix)
    name = printable(file.name.replace("\\", "/").rpartition("/")[2].strip(), 255) or f"image.{suffix}"
    return _Stored(upload_id, path, name, kind, len(file.data), hashlib.sha256(file.data).hexdigest())


def _add(connection: sa.Connection, state: State, key: Key, stored: Sequence[_Stored]) -> list[Upload]:
    kept = []
    for file in stored:
        upload = uploads.add(
            connection,
            file.id,
            key.id,
            path=file.path,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            life=state.settings.upload_life,
            quota=state.settings.upload_quota,
        )
        if upload is None:
            raise _no_room(state, uploads.usage(connection, key.id), 1, file.size)
        kept.append(upload)
    return kept


def _no_room(state: State, usage: Usage, count: int, size: int) -> TooLarge:
    quota = state.settings.upload_quota
    return TooLarge(
        f"{count} more of {size} bytes do not fit: this key has {usage.count} uploads of {usage.size} bytes and may "
        f"have {COUNT_MAX} of {quota} bytes in all. Delete some, or wait: each expires "
        f"{state.settings.upload_life / 3600:g} h after it came",
        have=usage.size,
        limit=quota,
    )


def _discard_files(state: State, stored: Sequence[_Stored]) -> None:
    for file in stored:
        with suppress(OSError):  # then the keeper does
            state.storage.delete_upload(file.id)
