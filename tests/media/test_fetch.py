from __future__ import annotations

import base64
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import trustme

from flashreel.errors import JobFailed
from flashreel.media.fetch import fetch_image
from flashreel.media.urls import FetchPolicy, networks

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
FIELD = "start_image_url"


class Site(BaseHTTPRequestHandler):
    """Answers by path. `/to/<url>` redirects there; `seen` collects the Host headers."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers["Host"])
        with suppress(BrokenPipeError, ConnectionResetError):
            self.answer()

    def answer(self) -> None:
        name, _, rest = self.path[1:].partition("/")
        if name == "picture":
            self.reply(200, PICTURE)
        elif name == "to":
            self.reply(302, b"", Location=rest)
        elif name == "loop":
            self.reply(307, b"", Location="/loop")
        elif name == "status":
            self.reply(int(rest), b"no")
        elif name == "type":
            self.reply(200, PICTURE, content_type=rest)
        elif name == "zeros":
            self.reply(200, bytes(int(rest)))
        elif name == "endless":
            self.chunked(bytes(4096))
        elif name == "drip":
            self.chunked(b"x", pause=0.05)
        elif name == "bomb":
            self.reply(200, gzip.compress(bytes(3_000_000)), content_encoding="gzip")
        elif name == "gzip":
            self.reply(200, gzip.compress(PICTURE), content_encoding="gzip")
        elif name == "brotli":
            self.reply(200, PICTURE, content_encoding="br")
        elif name == "notgzip":
            self.reply(200, PICTURE, content_encoding="gzip")
        elif name == "short":
            self.reply(200, PICTURE, content_length=str(len(PICTURE) + 100))
        elif name == "announced":
            self.reply(200, b"x", content_length="999999999999")
        elif name == "silent":
            time.sleep(1.5)
        elif name == "headers":
            self.drip_headers()

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        values = {"content_type": "image/png", "content_length": str(len(body)), **headers}
        for header, value in values.items():
            self.send_header(header.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def chunked(self, piece: bytes, pause: float = 0.0) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(200):
            time.sleep(pause)
            self.wfile.write(piece)
            self.wfile.flush()

    def drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(60):
            time.sleep(0.05)
            self.wfile.write(b"x")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # clients hang up here
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture
def policy(port: int) -> FetchPolicy:
    return FetchPolicy(
        allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}), max_bytes=100_000, seconds=5
    )


@pytest.fixture
def site(port: int) -> str:
    return f"http://127.0.0.1:{port}"


class Names:
    """A resolver that answers from a table, and counts. Each call takes the next answer; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def failure(url: str, policy: FetchPolicy, names: Names | None = None) -> tuple[str, str]:
    """The code and the sentence; the sentence never shows an address."""
    with pytest.raises(JobFailed) as raised:
        fetch_image(url, FIELD, policy, resolve=names or Names([]))
    assert str(raised.value).startswith(FIELD)
    assert "127.0.0.1" not in str(raised.value)
    assert "10.0.0" not in str(raised.value)
    return raised.value.code, str(raised.value)


def test_a_picture_arrives(site: str, policy: FetchPolicy) -> None:
    assert fetch_image(f"{site}/picture", FIELD, policy) == PICTURE
    assert fetch_image(f"{site}/gzip", FIELD, policy) == PICTURE
    assert fetch_image(f"{site}/type/application/octet-stream", FIELD, policy) == PICTURE


def test_a_data_uri_needs_no_http() -> None:
    uri = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    assert fetch_image(uri, FIELD, FetchPolicy()) == PICTURE
    assert failure("data:image/png;base64,!!", FetchPolicy())[0] == "image_invalid"


def test_loopback_is_refused_without_a_policy(port: int) -> None:
    closed = FetchPolicy(allow_ports=frozenset({port}))
    assert failure(f"http://127.0.0.1:{port}/picture", closed)[0] == "image_unreachable"
    names = Names(["127.0.0.1"])
    code, sentence = failure(f"http://images.example:{port}/picture", closed, names)
    assert code == "image_unreachable"
    assert "not public" in sentence


@pytest.mark.parametrize(
    "addresses",
    [
        ["93.184.215.14", "10.0.0.7"],
        ["10.0.0.7", "93.184.215.14"],
        ["93.184.215.14", "::1"],
        ["::ffff:10.0.0.7"],
        ["64:ff9b::a00:7"],
        ["fe80::1%lo"],
        ["169.254.169.254"],
        ["100.64.3.3"],
        ["0.0.0.0"],
    ],
)
def test_one_bad_address_condemns_the_name(addresses: list[str]) -> None:
    names = Names(addresses)
    assert "not public" in failure("http://images.example/a.png", FetchPolicy(), names)[1]
    assert names.asked == ["images.example"]


def test_what_was_checked_is_dialled_and_the_name_asked_once(port: int, policy: FetchPolicy) -> None:
    Site.seen.clear()
    names = Names(["127.0.0.1"], ["10.0.0.7"])  # a second question would get another answer
    assert fetch_image(f"http://images.example:{port}/picture", FIELD, policy, resolve=names) == PICTURE
    assert names.asked == ["images.example"]
    assert Site.seen == [f"images.example:{port}"]


def test_each_hop_asks_once(port: int, policy: FetchPolicy) -> None:
    names = Names(["127.0.0.1"])
    url = f"http://a.example:{port}/to/http://b.example:{port}/to//picture"
    assert fetch_image(url, FIELD, policy, resolve=names) == PICTURE
    assert names.asked == ["a.example", "b.example", "b.example"]


def test_rebinding_between_hops_is_caught(port: int, policy: FetchPolicy) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.7"])
    assert "not public" in failure(f"http://a.example:{port}/to//picture", policy, names)[1]


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.7/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:1/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "data:image/png;base64,AAAA",
        "http://user:password@example.com/",
        "http://example.com:22/",
        "http://[broken/",
    ],
)
def test_a_redirect_meets_the_same_rules(site: str, policy: FetchPolicy, location: str) -> None:
    code, sentence = failure(f"{site}/to/{location}", policy)
    assert code == "image_unreachable"
    assert "redirects to a URL that" in sentence


def test_three_redirects_and_no_more(site: str, policy: FetchPolicy) -> None:
    assert fetch_image(f"{site}/to//to//to//picture", FIELD, policy) == PICTURE
    assert failure(f"{site}/to//to//to//to//picture", policy)[1] == f"{FIELD} redirects more than 3 times"
    assert "more than 3 times" in failure(f"{site}/loop", policy)[1]


@pytest.mark.parametrize("status", [204, 206, 403, 404, 429, 500])
def test_another_status_is_named(site: str, policy: FetchPolicy, status: int) -> None:
    assert failure(f"{site}/status/{status}", policy) == ("image_unreachable", f"{FIELD} answered {status}")


@pytest.mark.parametrize(
    "kind", ["text/html", "text/html;charset=utf-8", "application/json", "image/svg+xml", "video/mp4"]
)
def test_a_type_that_is_no_image(site: str, policy: FetchPolicy, kind: str) -> None:
    expected = ("image_invalid", f"{FIELD} is not an image: {kind.partition(';')[0]}")
    assert failure(f"{site}/type/{kind}", policy) == expected


@pytest.mark.parametrize("path", ["zeros/100001", "endless", "bomb", "announced"])
def test_too_large(site: str, policy: FetchPolicy, path: str) -> None:
    assert failure(f"{site}/{path}", policy) == ("image_invalid", f"{FIELD} is larger than 0.1 MB")


def test_the_cap_itself_is_allowed(site: str, policy: FetchPolicy) -> None:
    assert len(fetch_image(f"{site}/zeros/100000", FIELD, policy)) == 100_000


def test_nothing_at_all_is_no_image(site: str, policy: FetchPolicy) -> None:
    assert failure(f"{site}/zeros/0", policy) == ("image_invalid", f"{FIELD} is empty")


@pytest.mark.parametrize("path", ["brotli", "notgzip", "short"])
def test_a_broken_answer(site: str, policy: FetchPolicy, path: str) -> None:
    assert failure(f"{site}/{path}", policy)[0] == "image_unreachable"


@pytest.mark.parametrize("path", ["drip", "headers", "silent"])
def test_the_deadline_holds_against_a_drip(site: str, port: int, path: str) -> None:
    hasty = FetchPolicy(allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}), seconds=0.3)
    assert failure(f"{site}/{path}", hasty) == ("image_unreachable", f"{FIELD} did not answer in full within 0.3 s")


def test_the_deadline_holds_against_a_resolver() -> None:
    released = threading.Event()

    def stuck(host: str) -> Sequence[str]:
        released.wait(10)
        return ["93.184.215.14"]

    with pytest.raises(JobFailed, match=r"within 0\.2 s"):
        fetch_image("http://images.example/", FIELD, FetchPolicy(seconds=0.2), resolve=stuck)
    released.set()


def test_a_name_without_an_address(policy: FetchPolicy) -> None:
    def unknown(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    with pytest.raises(JobFailed, match="host that does not exist") as raised:
        fetch_image("http://images.example/", FIELD, policy, resolve=unknown)
    assert raised.value.code == "image_unreachable"
    assert "does not exist" in failure("http://images.example/", policy, Names([]))[1]


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = int(unused.getsockname()[1])
        policy = FetchPolicy(allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}))
        assert failure(f"http://127.0.0.1:{port}/", policy) == (
            "image_unreachable",
            f"{FIELD} could not be connected to",
        )


def test_the_next_address_is_tried(port: int) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", port))
        policy = FetchPolicy(allow_networks=networks(["127.0.0.0/8"]), allow_ports=frozenset({port}), seconds=5)
        names = Names(["127.0.0.2", "127.0.0.1"])
        assert fetch_image(f"http://images.example:{port}/picture", FIELD, policy, resolve=names) == PICTURE


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    site: str, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch_image(f"{site}/picture", FIELD, policy) == PICTURE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for images.example with its key; the authority that signed it lies beside it."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "images.pem"
    authority.issue_cert("images.example").private_key_and_cert_chain_pem.write_to_path(str(path))
    authority.cert_pem.write_to_path(str(path.with_suffix(".crt")))
    return path


def test_the_certificate_is_checked_by_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda connection, name, _: asked.append(name)
    with serving(context) as port:
        policy = FetchPolicy(allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}), seconds=5)
        names = Names(["127.0.0.1"])
        assert "certificate" in failure(f"https://images.example:{port}/picture", policy, names)[1]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        assert fetch_image(f"https://images.example:{port}/picture", FIELD, policy, resolve=names) == PICTURE
        assert "certificate" in failure(f"https://other.example:{port}/picture", policy, names)[1]
    assert asked == ["images.example", "images.example", "other.example"]
