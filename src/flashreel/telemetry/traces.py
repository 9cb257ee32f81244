"""OpenTelemetry traces, where the standard variables ask for them: from a request through the queue to its stages.

Without them, or without the extra `[otel]`, nothing of it is imported and every function here does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import structlog

from flashreel import __version__

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

_log = structlog.get_logger(__name__)

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Value = str | int | float | bool
#: What is None is left out.
Attributes = Mapping[str, Value | None]

_PREFIX: Final = "OTEL_"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

#: What messaging's conventions call the queue of jobs.
QUEUE: Final = MappingProxyType({"messaging.system": "flashreel", "messaging.destination.name": "jobs"})

_tracer: Tracer | None = None


def environment(source: Mapping[str, str] | None = None) -> dict[str, str]:
    """The standard variables. Some hold secrets (a collector's key), so children are told them on standard input."""
    given = os.environ if source is None else source
    return {name: value for name, value in given.items() if name.startswith(_PREFIX)}


def are_wanted(variables: Mapping[str, str]) -> bool:
    """Whether traces are to be sent: an endpoint or an exporter is named, and nothing says no."""
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = variables.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" and bool(exporter or any(variables.get(name) for name in _ENDPOINTS))


def begin(process: str, variables: Mapping[str, str]) -> None:
    """From here on spans are made and sent, if `variables` want it."""
    if not are_wanted(variables):
        return
    try:
        # The SDK and its exporter read their variables when they are made, and only then.
        with _surrounded_by(variables):
            _install(process, _exporting(variables))
    except ModuleNotFoundError as error:
        _log.warning("no traces: they need pip install 'flashreel[otel]'", missing=error.name)
    except Exception as error:  # a value that the SDK cannot read is no reason not to make videos
        _log.error("no traces: OpenTelemetry could not be set up", error=f"{type(error).__name__}: {error}")


@contextmanager
def _surrounded_by(variables: Mapping[str, str]) -> Iterator[None]:
    """With these in the environment. Afterwards they are not: a collector's key is not for engines."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(before)


def _exporting(variables: Mapping[str, str]) -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

    exporter: SpanExporter
    if variables.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "console":
        exporter = ConsoleSpanExporter()
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter()
    return BatchSpanProcessor(exporter)


def _install(process: str, processor: SpanProcessor) -> None:
    global _tracer
    from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({SERVICE_INSTANCE_ID: process, SERVICE_VERSION: __version__})  # and the variables'
    if not os.environ.get("OTEL_SERVICE_NAME") and "service.name" not in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        resource = resource.merge(Resource({SERVICE_NAME: "flashreel"}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("flashreel", __version__)


def are_on() -> bool:
    return _tracer is not None


@contextmanager
def span(
    name: str, kind: Kind, attributes: Attributes = MappingProxyType({}), *, parent: str | None = None
) -> Iterator[Span | None]:
    """A span around what is done inside: a child of `parent` (a traceparent), else of the span around it. An exception
    that leaves it is its error, by its type alone: messages may quote what callers wrote."""
    if _tracer is None:
        yield None
        return
    from opentelemetry import trace

    made = _tracer.start_span(name, _context(parent), trace.SpanKind[kind.upper()], _known(attributes))
    with trace.use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield made
        except Exception as error:
            fail(made, type(error).__name__)
            raise


def record(name: str, begun: float, ended: float, attributes: Attributes = MappingProxyType({})) -> None:
    """A span that is over, a child of the one around it; times in wall seconds."""
    if _tracer is None:
        return
    made = _tracer.start_span(name, attributes=_known(attributes), start_time=int(begun * 1e9))
    made.end(int(ended * 1e9))


def describe(span: Span | None, attributes: Attributes) -> None:
    """Adds what became known meanwhile."""
    if span is not None:
        span.set_attributes(_known(attributes))


def fail(span: Span | None, error_type: str) -> None:
    """Marks the span as failed."""
    if span is not None:
        from opentelemetry.trace import Status, StatusCode

        span.set_status(Status(StatusCode.ERROR))
        span.set_attribute("error.type", error_type)


def traceparent() -> str | None:
    """The span around this, as W3C says it; None without one."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _context(parent: str | None) -> Context | None:
    if parent is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent})


def _known(attributes: Attributes) -> dict[str, Value]:
    return {name: value for name, value in attributes.items() if value is not None}
