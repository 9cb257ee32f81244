"""A proxy that loses answers: what a client sees of a network, or a server, that breaks once the work is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.support.web import client


@dataclass
class Cut:
    """The proxy's `url`; it hangs up instead of passing on the answers to the next `cuts` POST requests. `when_cut`
    is called in between: after the server has answered, before the proxy hangs up. `seen` are the POSTs' headers."""

    url: str = ""
    cuts: int = 0
    when_cut: Callable[[], object] = lambda: None
    seen: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def cutting(target: str, cuts: int, when_cut: Callable[[], object] = lambda: None) -> Iterator[Cut]:
    """A proxy before `target` (a base URL) for as long as the context lasts."""
    cut = Cut(cuts=cuts, when_cut=when_cut)

    class Handler(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            with client(target) as upstream:
                answer = self._answer(upstream, headers, body)
            if self.command == "POST":
                cut.seen.append({name.lower(): value for name, value in headers.items()})
                if cut.cuts > 0:
                    cut.cuts -= 1
                    cut.when_cut()
                    self.close_connection = True
                    return
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in ("connection", "transfer-encoding", "content-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def _answer(self, upstream: httpx.Client, headers: dict[str, str], body: bytes) -> httpx.Response:
            return upstream.request(self.command, self.path, headers=headers, content=body)

        def do_GET(self) -> None:
            self._pass()

        def do_POST(self) -> None:
            self._pass()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    cut.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield cut
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
