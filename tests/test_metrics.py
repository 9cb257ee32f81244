"""What is counted is shown by whoever is asked, outlives a process, and is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from flashreel.api.app import create_app
from flashreel.api.state import Life
from flashreel.errors import SetupError
from flashreel.jobs.database import Database
from flashreel.settings import load_settings
from flashreel.telemetry import exposition, metrics
from flashreel.telemetry.exposition import Stock
from tests.support.server import ROOT, environment
from tests.support.store import new_key, open_database, submit
from tests.support.web import get

COUNTING = """
import sys
from pathlib import Path
from flashreel.telemetry import exposition, metrics

metrics.begin(Path(sys.argv[1]), sys.argv[2])
metrics.ATTEMPTS.labels("started").inc(int(sys.argv[3]))
metrics.STORE_SECONDS.labels("read").observe(0.2)
print(exposition.expose(exposition.registry(None), "text/plain")[0].decode())
"""


SUPERVISING = """
import sys, urllib.request
from pathlib import Path
from flashreel.errors import SetupError
from flashreel.settings import load_settings
from flashreel.supervisor import Supervisor, bind
from flashreel.telemetry import metrics

for _ in range(20):  # somebody else may take the port in between
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    supervisor = Supervisor(load_settings(flags={"data": Path(sys.argv[1]), "metrics_port": port}), None)
    with supervisor._temporary.opened():
        try:
            supervisor._count()
        except SetupError:
            continue
        metrics.DEATHS.labels("worker").inc()
        print(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode())
        break
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


def count_in_another_process(folder: Path, process: str, count: int) -> str:
    """What that process shows then."""
    command = [sys.executable, "-c", COUNTING, str(folder), process, str(count)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=100, check=True)
    return done.stdout + done.stderr


def test_processes_count_together_and_who_replaces_another_counts_on(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    count_in_another_process(folder, "worker1", 3)
    count_in_another_process(folder, "worker2", 4)
    shown = count_in_another_process(folder, "worker1", 5)
    assert 'flashreel_job_attempts_total{what="started"} 12.0' in shown
    assert 'flashreel_store_seconds_count{kind="read"} 3.0' in shown
    assert 'flashreel_store_seconds_bucket{kind="read",le="0.1"} 0.0' in shown
    assert len(list(folder.iterdir())) == 4


def test_where_there_is_no_room_for_the_files_a_process_counts_for_itself(tmp_path: Path) -> None:
    shown = count_in_another_process(tmp_path / "nowhere" / "metrics", "worker1", 3)
    assert "metrics are not shown" in shown
    assert 'flashreel_job_attempts_total{what="started"} 3.0' in shown


def test_all_labels_there_can_be_fit_the_files_of_a_process(tmp_path: Path) -> None:
    """A page that is added to a mapped file later ends the process where the disk is full."""
    app = create_app(load_settings(flags={"data": tmp_path}), life=Life(), warmed_up=True)
    app.state.flashreel.writer.close()
    routes = [str(getattr(route, "path", "")) for route in app.router.routes]
    assert len(routes) > 80
    entry = 8 + 2 * len(max(routes, key=len)) + len(metrics.HTTP_SECONDS._documentation) + 160
    buckets = len(metrics.HTTP_SECONDS._upper_bounds) + 1
    assert len(routes) * buckets * entry < metrics._ROOM
    codes = 10  # each of them answers with, and two methods
    assert len(routes) * codes * entry < metrics._ROOM


def test_what_the_store_holds_is_shown(database: Database, tmp_path: Path) -> None:
    key = new_key(database)
    submit(database, key)
    shown = exposition.expose(exposition.registry(Stock(database, tmp_path)), "text/plain")[0].decode()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
    }
    assert samples["flashreel_store_up",] == 1
    assert samples["flashreel_jobs", "tiny", "QUEUED"] == 1
    assert samples["flashreel_jobs", "tiny", "PROCESSING"] == 0
    assert samples["flashreel_credits", "held"] == 0.375
    assert samples["flashreel_credits", "available"] == 10 - 0.375
    assert samples["flashreel_queue_age_seconds", "tiny"] >= 0


def test_a_store_that_cannot_be_read_is_shown_as_such(tmp_path: Path) -> None:
    stock = Stock(Database(tmp_path / "nowhere" / "flashreel.db"), tmp_path)
    shown = exposition.expose(exposition.registry(stock), "text/plain")[0].decode()
    assert "\nflashreel_store_up 0.0\n" in shown
    assert "flashreel_credits{" not in shown


def test_a_port_of_its_own_says_the_same_and_one_that_is_taken_is_named(database: Database, tmp_path: Path) -> None:
    settings = load_settings(flags={"data": tmp_path})  # port 0 is any
    close, port = exposition.serve(settings, Stock(database, tmp_path))
    try:
        assert "flashreel_store_up 1.0" in get(f"http://127.0.0.1:{port}/metrics").text
        taken = load_settings(flags={"data": tmp_path, "metrics_port": port})
        with pytest.raises(SetupError, match=f"^port {port} on 127.0.0.1 cannot be had .*--metrics-port$"):
            exposition.serve(taken, None)
    finally:
        close()


def test_a_port_is_opened_by_who_starts_the_workers(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISING, str(tmp_path)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert 'flashreel_process_deaths_total{role="worker"} 1.0' in done.stdout
    assert "flashreel_store_up" not in done.stdout  # that is the servers' to say


def test_every_metric_is_in_the_manual_with_its_labels(database: Database, tmp_path: Path) -> None:
    registry: CollectorRegistry = exposition.registry(Stock(database, tmp_path))
    there = {
        (f"{family.name}_total" if family.type == "counter" else family.name).replace("flashreel_info", "flashreel")
        for family in registry.collect()
    }
    rows = re.findall(r"^\| `(flashreel_[a-z_]+)` \|", (ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE)
    assert {name.replace("flashreel_info", "flashreel") for name in rows} == there
    assert len(rows) == len(set(rows))


def test_every_counted_metric_has_a_label() -> None:
    for collector in metrics.REGISTRY._collector_to_names:
        assert collector._labelnames, collector  # type: ignore[attr-defined]  # one without is opened too early
