"""Segmind's file route. Source: the SDK's `files.py`, which reads `file_urls`; the documentation says `urls`."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flashreel.api.auth import authenticate, require
from flashreel.api.base_url import base_url
from flashreel.api.body import read_fields
from flashreel.api.state import state_of
from flashreel.api.uploads import Incoming, accept_all, url
from flashreel.errors import InvalidRequest, TooLarge
from flashreel.media.urls import DATA_HEAD_MAX, decode_base64
from flashreel.parameters import shown

MOST = 10
_RULE = "it must be a base64 data: URI, or base64 alone"
_HEAD = re.compile(r"data:(?P<type>[^,;]*)(;[^,;]*)*;base64", re.IGNORECASE)


async def upload_asset(request: Request) -> Response:
    """POST /upload-asset: keeps up to ten images and answers their URLs, in order. All or none."""
    key = authenticate(request)
    require(key, "generate")
    base_url(request)  # a Host that cannot be answered is refused before anything is kept
    texts = _texts((await read_fields(request)).get("data_urls"))
    limit = state_of(request).settings.upload_max
    files = [_decode(text, f"data_urls[{place}]", limit) for place, text in enumerate(texts)]
    urls = [url(request, upload) for upload in await accept_all(request, key, files)]
    hours = state_of(request).settings.upload_life / 3600
    message = f"{len(urls)} file{'s' if len(urls) > 1 else ''} uploaded, to be deleted in {hours:g} h"
    return JSONResponse({"file_urls": urls, "urls": urls, "message": message})


def _texts(value: object) -> list[str]:
    if isinstance(value, list) and 1 <= len(value) <= MOST and all(isinstance(text, str) for text in value):
        return value
    rule = f"it must be a list of 1 to {MOST} data: URIs"
    said = f"is {shown(value)}" if value is not None else "is missing"
    raise InvalidRequest(f"data_urls {said}; {rule}", field="data_urls", allowed=rule)


def _decode(text: str, field: str, limit: int) -> Incoming:
    """The file in a data URI or in plain base64. Raises InvalidRequest or TooLarge."""
    declared = ""
    if text[:5].lower() == "data:":
        comma = text.find(",", 0, DATA_HEAD_MAX)
        head = _HEAD.fullmatch(text, 0, comma) if comma >= 0 else None
        if head is None:
            raise _refuse(field, text, "is not a base64 data: URI")
        declared, text = head["type"].lower(), text[comma + 1 :]
    try:
        data = decode_base64(text, limit)
    except ValueError as refusal:
        raise _refuse(field, text, str(refusal)) from None
    if data is None:
        raise TooLarge(f"{field} is larger than {limit} bytes, which an upload may have", field=field, limit=limit)
    return Incoming(data, declared, "", field)


def _refuse(field: str, text: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{field} {problem}; {_RULE}", field=field, value=shown(text[:40]), allowed=_RULE)
