"""What /metrics says: the counts of all processes of this `serve`, and what the store holds now."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import sqlalchemy.exc
from prometheus_client import CollectorRegistry, exposition, start_http_server
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from flashreel import __version__
from flashreel.catalogue import MICRO
from flashreel.errors import SetupError
from flashreel.jobs import overview
from flashreel.jobs.database import Database
from flashreel.jobs.overview import Mail
from flashreel.settings import Settings
from flashreel.telemetry import metrics

#: The counts of a month's messages are read no oftener.
_MAIL_SECONDS: Final = 30.0


class Stock:
    """A collector of what the store holds at the moment. With several servers on one store each says the same."""

    def __init__(self, database: Database, data: Path) -> None:
        self._database = database
        self._data = data
        self._mail: tuple[float, Mail] | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("flashreel_store_up", "Whether the store could be read for this answer.")
        found: list[Metric] = []
        with self._lock:
            try:
                with self._database.reading() as connection:
                    found = list(self._read(connection))
            except sqlalchemy.exc.SQLAlchemyError:
                pass
        up.add_metric([], float(bool(found)))
        yield up
        yield from found
        free = GaugeMetricFamily("flashreel_disk_free_bytes", "Free bytes of the disk that the data folder is on.")
        free.add_metric([], shutil.disk_usage(self._data).free)
        yield free

    def _read(self, connection: sa.Connection) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("flashreel_jobs", "Unfinished jobs: QUEUED, PROCESSING.", labels=["model", "state"])
        age = GaugeMetricFamily(
            "flashreel_queue_age_seconds", "How long ago the oldest queued job was accepted.", labels=["model"]
        )
        for one in overview.backlog(connection):
            jobs.add_metric([one.model, "QUEUED"], one.queued)
            jobs.add_metric([one.model, "PROCESSING"], one.running)
            age.add_metric([one.model], one.oldest or 0.0)
        workers = GaugeMetricFamily(
            "flashreel_workers", "Workers that are alive: warming, idle, busy, draining.", labels=["engine", "state"]
        )
        counts: dict[tuple[str, str], int] = {}
        for post in overview.posts(connection):
            for state in ("warming", "idle", "busy", "draining"):
                counts.setdefault((post.worker.engine, state), 0)
            counts[post.worker.engine, post.worker.state] += 1
        for labels, count in counts.items():
            workers.add_metric(list(labels), count)
        credits = GaugeMetricFamily(
            "flashreel_credits", "Credits of all keys: available, or held for unfinished jobs.", labels=["kind"]
        )
        uses = overview.key_uses(connection)
        credits.add_metric(["available"], sum(use.key.credits for use in uses if use.key.of_key is None) / MICRO)
        credits.add_metric(["held"], sum(use.held for use in uses) / MICRO)
        yield from (jobs, age, workers, credits)
        mail = self._read_mail(connection)
        messages = GaugeMetricFamily(
            "flashreel_webhook_messages", "Messages to webhooks: waiting, or dead (given up).", labels=["state"]
        )
        messages.add_metric(["waiting"], mail.waiting)
        messages.add_metric(["dead"], mail.dead)
        oldest = GaugeMetricFamily("flashreel_webhook_age_seconds", "How long ago the oldest waiting message was made.")
        oldest.add_metric([], mail.oldest or 0.0)
        yield from (messages, oldest)

    def _read_mail(self, connection: sa.Connection) -> Mail:
        now = time.monotonic()
        if self._mail is None or now - self._mail[0] > _MAIL_SECONDS:
            self._mail = now, overview.mail(connection)
        return self._mail[1]


class _Counted:
    """What all processes have counted."""

    def collect(self) -> Iterable[Metric]:
        folder = metrics.folder()
        if folder is None:
            return metrics.REGISTRY.collect()
        found: Iterable[Metric] = MultiProcessCollector(None, path=str(folder)).collect()  # type: ignore[no-untyped-call]
        return found


class _About:
    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("flashreel", "The version that answers.", {"version": __version__})


def registry(stock: Stock | None) -> CollectorRegistry:
    """Everything there is to show; without `stock` only what this `serve` or `worker` has counted."""
    made = CollectorRegistry()
    for collector in (_About(), _Counted(), stock):
        if collector is not None:
            made.register(collector)
    return made


def expose(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """The text and its media type, in the format that `accept` (the header) prefers."""
    write, content_type = exposition.choose_encoder(accept)
    return write(registry), content_type


def serve(settings: Settings, stock: Stock | None) -> tuple[Callable[[], None], int]:
    """Answers on a port of its own, from a thread of its own: what ends that, and the port. Raises SetupError where the
    port cannot be had."""
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry(stock))
    except OSError as error:
        where = f"port {settings.metrics_port} on {settings.metrics_host}"
        raise SetupError(f"{where} cannot be had ({error.strerror}); choose another --metrics-port") from error

    def close() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return close, server.server_port
