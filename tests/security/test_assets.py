"""Paths and headers against the files of a real server, sent as bytes: no client tidies them up on the way."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from flashreel.api.assets import _disposition
from flashreel.jobs import uploads
from tests.support.caller import Caller
from tests.support.images import saved
from tests.support.server import Server

#: How the store's file begins, which lies right beside the assets.
STORE = b"SQLite format 3"


class Files:
    """A finished job's video and an upload with a hostile name, of one caller."""

    def __init__(self, caller: Caller) -> None:
        self.server = caller.server
        job_id = caller.submit()
        body = caller.result(job_id).json()
        self.video = urlsplit(body["video"]["url"] if "video" in body else body["output"]["video"]["url"]).path
        _, _, self.job, self.attempt, self.name = self.video.split("/")
        self.size = int(self.ask(self.video)[1][b"content-length"])

    def ask(self, path: str | bytes, *headers: bytes, method: bytes = b"GET") -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers and body of one request, whose target is sent as it is."""
        target = path.encode() if isinstance(path, str) else path
        lines = [method + b" " + target + b" HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close", *headers, b"", b""]
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            connection.sendall(b"\r\n".join(lines))
            with connection.makefile("rb") as answer:
                whole = answer.read()
        head, _, body = whole.partition(b"\r\n\r\n")
        first, *rest = head.split(b"\r\n")
        named = dict(line.lower().split(b": ", 1) for line in rest)
        return int(first.split()[1]), named, body


@pytest.fixture(scope="module")
def files(server: Server) -> Iterator[Files]:
    with closing(Caller.create(server)) as caller:
        yield Files(caller)


PATHS = [
    # up and out
    "/assets/../flashreel.db",
    "/assets/{job}/../../flashreel.db",
    "/assets/{job}/{attempt}/../../../flashreel.db",
    "/assets/{job}/{attempt}/../../../../../../../../etc/passwd",
    "/assets//etc/passwd",
    "/assets/{job}//etc/passwd",
    "/assets/./../flashreel.db",
    "/assets/....//....//flashreel.db",
    # percent signs, once and twice, whole and in part
    "/assets/%2e%2e/flashreel.db",
    "/assets/%2e%2e%2fflashreel.db",
    "/assets/..%2fflashreel.db",
    "/assets/.%2e/flashreel.db",
    "/assets/%2E%2E%2Fflashreel.db",
    "/assets/{job}/..%2f..%2fflashreel.db",
    "/assets/{job}%2f{attempt}%2f..%2f..%2f..%2fflashreel.db",
    "/assets/%252e%252e%252fflashreel.db",
    "/assets/{job}/%252e%252e/%252e%252e/flashreel.db",
    "/assets/%c0%ae%c0%ae/flashreel.db",
    "/assets/%c0%ae%c0%ae%c0%afflashreel.db",
    "/assets/%uff0e%uff0e/flashreel.db",
    "/assets/%ef%bc%8e%ef%bc%8e/flashreel.db",
    # backslashes, zero bytes, line ends
    "/assets/..\\flashreel.db",
    "/assets/%5c..%5cflashreel.db",
    "/assets/..%5c..%5cflashreel.db",
    "/assets/%00",
    "/assets/../flashreel.db%00.mp4",
    "/assets/{job}/{attempt}/{name}%00",
    "/assets/{job}/{attempt}/{name}%00.mp4",
    "/assets/{job}/{attempt}/{name}%0d%0aX-Injected:%201",
    "/assets/%0d%0aX-Injected:%201",
    # nearly the right one
    "/assets/{job}/{attempt}/{name}/",
    "/assets/{job}/{attempt}//{name}",
    "/assets/{job}/{attempt}/./{name}",
    "/assets/{job}/x/../{attempt}/{name}",
    "/assets/{job}/{attempt}/{name}.",
    "/assets/{job}/{attempt}/{name}%20",
    "/assets/{job}/{attempt}/{name};a=b",
    "/assets/{job}/0{attempt}/{name}",
    "/assets/{upper}/{attempt}/{name}",
    "/assets/{job}/{attempt}/",
    "/assets/{job}/{attempt}",
    "/assets/{job}/",
    "/assets/{job}",
    "/assets/",
    "/assets/*",
    "/assets/uploads/",
    "/assets/uploads/../{job}/{attempt}/{name}",
    "/assets/uploads/%2e%2e/{job}",
    "/assets/uploads/x/..%2f..%2f{job}%2f{attempt}%2f{name}",
    "/assets/asset:{job}/{attempt}/{name}",
    "/assets/file:%2f%2f%2fetc%2fpasswd",
    "/assets/" + "a" * 8000,
    "/assets/" + "%2e%2e/" * 500 + "etc/passwd",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_spelling_leads_out_of_what_was_published(files: Files, path: str) -> None:
    for name in ("job", "attempt", "name"):
        path = path.replace(f"{{{name}}}", getattr(files, name))
    path = path.replace("{upper}", files.job.upper())
    status, headers, body = files.ask(path)
    assert status in (400, 404)
    assert STORE not in body
    assert b"root:" not in body
    assert b"x-injected" not in headers
    if status == 404:
        assert headers[b"content-type"] == b"application/json"
        assert b'"error"' in body
        assert str(files.server.data).encode() not in body


@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"POST", b"PATCH", b"TRACE", b"PROPFIND", b"CONNECT"])
def test_files_are_read_only(files: Files, method: bytes) -> None:
    status, _, body = files.ask(files.video, method=method)
    assert status in (400, 404, 405)
    assert b"ftyp" not in body
    assert files.ask(files.video)[0] == 200


RANGES = {
    # value: status and, where it is 206, first and last byte (negative: from the end)
    "bytes=0-0": (206, 0, 0),
    "bytes=-1": (206, -1, -1),
    "bytes=0-": (206, 0, -1),
    "BYTES=5-9": (206, 5, 9),
    "bytes=0-999999999999999999": (206, 0, -1),
    "bytes=-999999999999999999": (206, 0, -1),
    "bytes=999999999999999998-999999999999999999": (416, 0, 0),
    "bytes=-0": (416, 0, 0),
    # what may be ignored: no unit of ours, no range, or many of them
    "bytes=0-99999999999999999999999999999999999999": (200, 0, -1),
    "bytes=9-5": (200, 0, -1),
    "bytes=-": (200, 0, -1),
    "bytes=--5": (200, 0, -1),
    "bytes=0x0-0x10": (200, 0, -1),
    "bytes=1e1-2e1": (200, 0, -1),
    "bytes=+1-+5": (200, 0, -1),
    "bytes=0-1,2-3": (200, 0, -1),
    "bytes=" + ",".join(f"{start}-" for start in range(1000)): (200, 0, -1),
    "bytes=0-,0-,0-,0-,0-": (200, 0, -1),
    "items=0-1": (200, 0, -1),
    "bytes": (200, 0, -1),
    "": (200, 0, -1),
    "bytes=\u0661-\u0662": (200, 0, -1),
}


@pytest.mark.parametrize("value", RANGES, ids=lambda value: value[:30])
def test_a_range_is_one_part_of_the_file_or_all_of_it(files: Files, value: str) -> None:
    status, first, last = RANGES[value]
    answered, headers, body = files.ask(files.video, b"Range: " + value.encode())
    assert answered == status
    if status == 416:
        assert headers[b"content-range"] == b"bytes */%d" % files.size
        assert body == b""
        return
    first, last = first % files.size, last % files.size
    assert int(headers[b"content-length"]) == last - first + 1
    assert body == files.ask(files.video)[2][first : last + 1]
    assert (b"content-range" in headers) == (status == 206)


NAMES = [
    'a"; filename="b.html',
    "a\r\nX-Injected: 1\r\n\r\n<script>",
    "a\nSet-Cookie: x=1",
    "a\x00b.png",
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "a;b=c.png",
    "a%0d%0aX-Injected: 1.png",
    "\u202egnp.exe",
    "\u00e4\u6587\U0001f98a.png",
    "a" * 300 + ".png",
    "",
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:20]))
def test_the_name_of_an_upload_is_no_header_and_no_path(files: Files, name: str) -> None:
    picture = saved(Image.new("RGB", (8, 8), (1, 2, 3)), "PNG")
    with closing(Caller.create(files.server)) as caller:
        sent = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22") or "x"
        answer = caller.http.post("/v1/files", files={"content": (sent, picture, "text/html")})
        if answer.status_code == 400:  # a name that no form can carry
            assert "\x00" in name
            return
        assert answer.status_code == 201, answer.text
        with files.server.store() as connection:
            kept = uploads.get(connection, answer.json()["id"], caller.key_id)
    assert kept is not None
    assert re.fullmatch(r"uploads/[0-9a-f]{32}/[0-9a-f]{32}\.png", kept.path)
    status, headers, body = files.ask(f"/assets/{kept.path}")
    assert (status, body) == (200, picture)
    assert headers[b"content-type"] == b"image/png"  # whatever the sender says of it
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers.keys().isdisjoint({b"x-injected", b"set-cookie"})
    said = headers[b"content-disposition"]
    assert said.startswith(b"inline; filename")
    assert said.isascii()
    assert b"/" not in said


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:20]))
def test_a_file_is_sent_under_a_plain_name_as_what_it_is(files: Files, name: str) -> None:
    said = _disposition(name)
    assert said.isascii()
    assert said.isprintable()
    assert said.count('"') in (0, 2)
    assert "/" not in said
    assert "\\" not in said
    if name and '"' not in said:
        assert said == f"inline; filename*=UTF-8''{quote(name, safe='')}"


@pytest.mark.parametrize(
    "header",
    [
        b"Host: evil.example\\",
        b"X-Forwarded-Host: evil.example",
        b"X-Original-URL: /admin",
        b"X-Rewrite-URL: /../flashreel.db",
        b"X-HTTP-Method-Override: DELETE",
        b"Transfer-Encoding: chunked, identity",
        b"Content-Length: -1",
        b"If-None-Match: " + b'"a", ' * 500,
        b"If-Range: *",
        b"If-None-Match: *\x00",
        b"Accept-Encoding: gzip;q=1, " + b"x, " * 500,
    ],
)
def test_a_hostile_header_gets_the_file_or_a_refusal(files: Files, header: bytes) -> None:
    status, headers, body = files.ask(files.video, header)
    assert status in (200, 304, 400)
    assert b"evil.example" not in body + b"".join(headers.values())
    assert headers.get(b"content-type") in (b"video/mp4", None) or status == 400
    assert files.ask(files.video)[0] == 200
