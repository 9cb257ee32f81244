"""What every route that sends a file takes and answers."""

from __future__ import annotations

from flashreel.api.openapi.operation import Answer, header
from flashreel.api.openapi.schema import FILE, Json, text

_HEADERS = ("etag", "accept-ranges", "content-disposition")
IF_NONE_MATCH = header("If-None-Match", text(), "An `etag`: while it is the file's, the answer is 304.")
UNCHANGED = Answer(304, "The caller has it already.", headers=_HEADERS)


def file_parameters() -> list[Json]:
    return [
        header("Range", text(), "One range of bytes, as `bytes=0-1023`; other forms are not used."),
        header("If-Range", text(), "An `etag`: the range is sent only while it is the file's."),
        IF_NONE_MATCH,
    ]


def file_answers(*media_types: str) -> list[Answer]:
    """The file, of one of these types."""
    whole = [Answer(200, "The file.", FILE, {}, kind, _HEADERS) for kind in media_types]
    part = [Answer(206, "The range.", FILE, {}, kind, (*_HEADERS, "content-range")) for kind in media_types]
    return [*whole, *part, UNCHANGED, Answer(416, "The file has no such range.", headers=(*_HEADERS, "content-range"))]
