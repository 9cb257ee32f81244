"""A stranger's server and a stranger's name server, for whoever fetches."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote, unquote_to_bytes

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


class Site(BaseHTTPRequestHandler):
    """Answers by path. `/to/<url>` redirects there; `seen` collects the Host headers; `/hang` sets `hung` and
    says nothing until `released`."""

    seen: ClassVar[list[str]] = []
    hung: ClassVar[threading.Event] = threading.Event()
    released: ClassVar[threading.Event] = threading.Event()

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
        elif name == "at":  # any bytes as the next address, percent-encoded here
            self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: " + unquote_to_bytes(rest) + b"\r\n\r\n")
        elif name == "loop":
            self.reply(307, b"", Location="/loop")
        elif name == "status":
            self.reply(int(rest), b"no")
        elif name == "type":
            self.reply(200, PICTURE, content_type=unquote(rest, "latin-1"))
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
        elif name == "nonsense":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        elif name == "silent":
            time.sleep(30)
        elif name == "hang":
            self.hung.set()
            self.released.wait(60)
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
def serving(context: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A Site, over TLS where there is a `context`; its port."""
    server = ThreadingHTTPServer((host, port), Site)
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


class Names:
    """A resolver that answers from a table, and counts. Each call takes the next answer; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
