"""The external checker against a real server on this machine, in all its moods."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from flashreel.moderation.checker import CheckFailed
from flashreel.moderation.external import FOREIGN, ExternalChecker
from flashreel.moderation.policy import CATEGORIES, Finding


@dataclass
class Endpoint:
    """What the server answers, and what it was asked."""

    url: str
    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0  # before each byte
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    sent: int = 0  # bytes of the content

    def flags(self, *names: str, flagged: bool = True) -> None:
        categories = {name: name in names for name in (*FOREIGN, *names)}
        self.content = json.dumps({"id": "m", "results": [{"flagged": flagged, "categories": categories}]}).encode()

    def checker(self, seconds: float = 30.0) -> ExternalChecker:
        return ExternalChecker(self.url, key="sk-hidden", model="omni", seconds=seconds, images=True)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            here.asked.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(content)))
            self.send_response(here.status)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not here.pause:
                self.wfile.write(here.content)
                return
            for byte in here.content:
                if over.wait(here.pause):
                    return
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    here.sent += 1
                except OSError:
                    return

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Endpoint(f"http://127.0.0.1:{server.server_port}/v1/moderations")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield here
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_prompt_is_asked_about_in_openais_shape(endpoint: Endpoint) -> None:
    endpoint.flags("sexual", "violence")
    assert endpoint.checker().check_text("a red fox") == [Finding("sexual"), Finding("violence", mild=True)]
    [(headers, body)] = endpoint.asked
    assert body == {"model": "omni", "input": "a red fox"}
    assert headers["authorization"] == "Bearer sk-hidden"


def test_pictures_go_one_by_one_as_data_uris(endpoint: Endpoint) -> None:
    endpoint.flags("self-harm/intent")
    blue = np.full((90, 2048, 3), (10, 20, 240), np.uint8)
    assert endpoint.checker().check_images([blue, blue]) == [Finding("self_harm")] * 2
    assert len(endpoint.asked) == 2
    [part] = endpoint.asked[0][1]["input"]
    assert part["type"] == "image_url"
    head, _, data = part["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(BytesIO(base64.b64decode(data))) as picture:
        assert picture.size == (1024, 45)
        assert np.abs(np.asarray(picture).astype(int) - (10, 20, 240)).max() < 8


@pytest.mark.parametrize("name", [*FOREIGN, *CATEGORIES])
def test_every_category_has_a_counterpart(endpoint: Endpoint, name: str) -> None:
    endpoint.flags(name)
    [finding] = endpoint.checker().check_text("x")
    assert finding == FOREIGN.get(name, finding)
    assert finding.category == (FOREIGN[name].category if name in FOREIGN else name)


def test_nothing_flagged_is_nothing_found(endpoint: Endpoint) -> None:
    endpoint.flags(flagged=False)
    assert endpoint.checker().check_text("x") == []


def test_no_key_no_header(endpoint: Endpoint) -> None:
    endpoint.flags(flagged=False)
    ExternalChecker(endpoint.url, key="", model="m", seconds=30, images=False).check_text("x")
    assert "authorization" not in endpoint.asked[0][0]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"garbage", b"\xff\xfe", b"[]", b"{}", b"null", b'"results"', b'{"results": 5}', b'{"results": [5]}'),
        *(b'{"results": []}', b'{"results": [{"flagged": false}]}', b'{"results": [{"categories": {}}]}'),
        *(b'{"results": [{"flagged": true, "categories": {"sexual": false}}]}', b"[" * 100_000, b"x" * (2**20 + 1)),
        b'{"results": [{"flagged": true, "categories": {"spam": true}}]}',
    ],
)
def test_an_answer_that_says_nothing_is_a_failure(endpoint: Endpoint, content: bytes) -> None:
    endpoint.content = content
    with pytest.raises(CheckFailed):
        endpoint.checker().check_text("a secret wish")


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_a_status_that_is_not_200_is_a_failure(endpoint: Endpoint, status: int) -> None:
    endpoint.flags(flagged=False)
    endpoint.status = status
    endpoint.headers = {"location": endpoint.url} if status == 301 else {}
    with pytest.raises(CheckFailed, match=f"answered {status}$"):
        endpoint.checker().check_text("x")
    assert len(endpoint.asked) == 1


def test_a_call_has_an_end_though_bytes_keep_coming(endpoint: Endpoint) -> None:
    endpoint.flags(flagged=False)
    endpoint.pause = 0.05  # the whole answer would take half a minute
    with pytest.raises(CheckFailed, match=r"more than 0\.3 s"):
        endpoint.checker(0.3).check_text("x")
    assert endpoint.sent < len(endpoint.content)


def test_a_silent_endpoint_and_none_at_all(endpoint: Endpoint) -> None:
    endpoint.flags(flagged=False)
    endpoint.pause = 60
    with pytest.raises(CheckFailed, match=r"more than 0\.2 s"):
        endpoint.checker(0.2).check_text("x")
    for url in ("http://127.0.0.1:9/", "http://", "https://127.0.0.1:1", endpoint.url.replace("http", "https")):
        with pytest.raises(CheckFailed, match="moderation endpoint") as refused:
            ExternalChecker(url, key="sk-hidden", model="m", seconds=5, images=False).check_text("a secret wish")
        assert "sk-hidden" not in str(refused.value)
        assert "secret" not in str(refused.value)
