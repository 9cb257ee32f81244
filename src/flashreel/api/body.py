"""A request's body as fields, whatever it came as. `bounds.py` has bounded it in bytes and seconds."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from flashreel.errors import InvalidRequest
from flashreel.parameters import printable

_MAX_FIELDS = 200


async def read_fields(request: Request) -> dict[str, object]:
    """The fields of a JSON object or of multipart form data (whose values are strings).

    Raises TooLarge (413) or InvalidRequest (400), with a sentence a person can act on.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "multipart/form-data"):
        kind = printable(kind)
        said = f"is {kind!r}" if kind else "is missing"
        raise InvalidRequest(
            f"the Content-Type {said}; send application/json or multipart/form-data",
            field="content-type",
            value=kind,
            allowed=["application/json", "multipart/form-data"],
        )
    body = await _read(request)
    return _json(body) if kind == "application/json" else await _multipart(request.headers, body)


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


async def _multipart(headers: Headers, body: bytes) -> dict[str, object]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    # The whole body is in hand and bounded, so one part (an image as a data URI) may be nearly all of it.
    parser = MultiPartParser(headers, stream(), max_files=4, max_fields=_MAX_FIELDS, max_part_size=len(body) + 1)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidRequest(f"the body is not multipart form data: {error.message}") from None
    except (KeyError, ValueError, AssertionError):
        raise InvalidRequest("the body is not multipart form data that can be read") from None
    try:
        fields: dict[str, object] = {}
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                name = printable(name)
                raise InvalidRequest(
                    f"{name} is a file; files are not accepted here, send the URL of the image", field=name
                )
            fields[name] = value
        return fields
    finally:
        await form.close()
