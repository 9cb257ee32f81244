"""Receivers of webhooks, good and bad: what they answer is said by the path, what they were sent is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Post:
    """One delivery, as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The body, as the library of the standard reads it. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """A server on the loopback. Paths: `/ok`, `/twice/...` (500 twice, then 200), `/hang`, `/redirect` (to `/ok`),
    `/gone` (410), `/busy` (503), `/garbage` (200, and a megabyte of nonsense), `/drip` (200, and a body without end),
    `/cut` (hangs up at once), `/once` (hangs the first time)."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self._released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                before = len(receiver.at(self.path))
                receiver.posts.append(Post(self.path, headers, body))
                receiver._answer(self, self.path.split("/")[1], before)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # they hang up
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def at(self, path: str) -> list[Post]:
        """What has arrived at this path, in order."""
        return [post for post in list(self.posts) if post.path == path]

    def _answer(self, handler: BaseHTTPRequestHandler, kind: str, before: int) -> None:
        if kind == "cut":
            return
        if kind == "hang" or (kind == "once" and not before):
            self._released.wait(60)
            return
        status = {"gone": 410, "redirect": 302, "busy": 503, "twice": 200 if before > 1 else 500}.get(kind, 200)
        body = b"\xff\x00garbage" * 125_000 if kind == "garbage" else b"{}"
        handler.send_response(status)
        if kind == "redirect":
            handler.send_header("location", self.url("/ok"))
        if kind != "drip":
            handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        while kind == "drip" and not self._released.wait(0.05):
            handler.wfile.write(b"x")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.close()
