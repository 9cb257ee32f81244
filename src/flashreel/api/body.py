"""A request's body as fields, whatever it came as. `bounds.py` has bounded it in bytes and seconds."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from flashreel.errors import InvalidRequest, TooLarge
from flashreel.media.kinds import image_type
from flashreel.media.urls import FetchPolicy
from flashreel.parameters import printable

_MAX_FIELDS = 200
_MAX_FILES = 4
_FILE_MAX = FetchPolicy().max_bytes  # what a data URI may hold
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a form: its bytes, and what its sender calls it and says it is (either may be empty)."""

    data: bytes
    name: str
    content_type: str


async def read_fields(request: Request) -> dict[str, object]:
    """The fields of a JSON object or of multipart form data, whose values are strings: a file is its data URI.

    Raises TooLarge (413) or InvalidRequest (400), with a sentence a person can act on.
    """
    if _kind(request, ("application/json", "multipart/form-data")) == "application/json":
        return _json(await _read(request))
    form = await read_form(request)
    return {name: _data_uri(name, value) if isinstance(value, FilePart) else value for name, value in form.items()}


async def read_form(request: Request) -> dict[str, str | FilePart]:
    """The parts of multipart form data, of those with one name the last. Raises as `read_fields`."""
    _kind(request, ("multipart/form-data",))
    return await _multipart(request.headers, await _read(request))


def _kind(request: Request, allowed: tuple[str, ...]) -> str:
    """The content type. Raises InvalidRequest when it is not one of `allowed`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in allowed:
        kind = printable(kind)
        said = f"is {kind!r}" if kind else "is missing"
        raise InvalidRequest(
            f"the Content-Type {said}; send {' or '.join(allowed)}",
            field="content-type",
            value=kind,
            allowed=list(allowed),
        )
    return kind


async def _read(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise InvalidRequest("the request ended before its body did") from None


def _json(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidRequest("the body is not JSON: it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise InvalidRequest("the body is not JSON that can be read: it is nested too deeply") from None
    except _NoConstant as error:
        raise InvalidRequest(f"the body is not JSON: {error}") from None
    except ValueError:  # Python's own limit of 4300 digits
        raise InvalidRequest("the body is not JSON that can be read: a number has too many digits") from None
    if not isinstance(value, dict):
        raise InvalidRequest('the body must be a JSON object, like {"prompt": "a red fox"}')
    return value


class _NoConstant(ValueError):
    pass


def _no_constant(name: str) -> object:
    raise _NoConstant(f"{name} is not a JSON value")


async def _multipart(headers: Headers, body: bytes) -> dict[str, str | FilePart]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    # The whole body is in hand and bounded, so one part (an image as a data URI) may be nearly all of it.
    parser = MultiPartParser(
        headers, stream(), max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=len(body) + 1
    )
    parser.spool_max_size = len(body) + 1  # nor is a file written to disk to be read again at once
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidRequest(f"the body is not multipart form data: {error.message}") from None
    except (KeyError, ValueError, AssertionError):
        raise InvalidRequest("the body is not multipart form data that can be read") from None
    try:
        return {
            name: FilePart(await value.read(), value.filename or "", value.content_type or "")
            if isinstance(value, UploadFile)
            else value
            for name, value in form.multi_items()
        }
    finally:
        await form.close()


def _data_uri(name: str, part: FilePart) -> str:
    """The file as the URI that JSON would have sent; nothing for a form's file field in which no file was chosen."""
    if not part.data:
        return ""
    if len(part.data) > _FILE_MAX:
        name = printable(name)
        raise TooLarge(
            f"{name} is a file of {len(part.data)} bytes; it may have {_FILE_MAX}", field=name, limit=_FILE_MAX
        )
    declared = part.content_type.partition(";")[0].strip().lower()
    kind = image_type(part.data) or (declared if _MEDIA_TYPE.fullmatch(declared) else "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(part.data).decode('ascii')}"
