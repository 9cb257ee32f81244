"""A collector of OpenTelemetry traces, on the loopback: keeps what it is sent (OTLP over HTTP)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent


@dataclass(frozen=True, slots=True)
class Span:
    """One that was sent; ids in hex."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    facts: dict[str, str | int]
    failed: bool
    service: dict[str, str | int]


class Collector:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.headers: list[dict[str, str]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.headers.append({name.lower(): value for name, value in self.headers.items()})
                collector._take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def of(self, trace: str) -> list[Span]:
        """What has arrived of a trace."""
        return [span for span in list(self.spans) if span.trace == trace]

    def _take(self, request: ExportTraceServiceRequest) -> None:
        for group in request.resource_spans:
            service = _facts(group.resource.attributes)
            self.spans += [_span(sent, service) for scope in group.scope_spans for sent in scope.spans]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _span(sent: Sent, service: dict[str, str | int]) -> Span:
    return Span(
        name=sent.name,
        kind=Sent.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_").lower(),
        trace=sent.trace_id.hex(),
        id=sent.span_id.hex(),
        parent=sent.parent_span_id.hex(),
        facts=_facts(sent.attributes),
        failed=sent.status.code == 2,
        service=service,
    )


def _facts(attributes: Iterable[KeyValue]) -> dict[str, str | int]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    try:
        yield collector
    finally:
        collector.close()
