"""What an operator is shown besides jobs, on a screen and as JSON, whose fields are those that the manual names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from flashreel.jobs import keys, outbox, webhooks, workers
from flashreel.jobs.schema import outbox as messages
from tests.cli.conftest import Folder
from tests.support.filled import fill
from tests.support.server import ROOT
from tests.support.store import CREDITS, PRICE, Clock, claimed, fail, new_key, submit


def told(folder: Folder, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in folder.done(*words, "--json").splitlines()]


@pytest.fixture
def filled(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A store with something of everything in it."""
    with monkeypatch.context() as patch:
        clock = Clock()
        clock.install(patch)
        fill(folder.database, clock)
    with folder.database.transaction() as connection:
        workers.report(connection, "w1", 4711, "animatic", "busy", "rendering", 0.25)
    return folder


def test_every_field_is_in_the_manual(filled: Folder) -> None:
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `flashreel ([a-z ]+) --json` \| (.+) \|$", manual, re.MULTILINE)
    named = {command: re.findall(r"`([a-z_0-9]+)`", fields) for command, fields in rows}
    (job,) = told(filled, "jobs", "list", "--state", "QUEUED")
    owner = told(filled, "keys", "list")[0]["id"]
    message = told(filled, "webhooks", "list")[0]["id"]
    words: dict[str, tuple[str, ...]] = {
        "jobs list": (),
        "jobs show": (job["id"],),
        "keys list": (),
        "keys create": ("--name", "x"),
        "webhooks list": (),
        "webhooks standing": (),
        "webhooks secret": (owner,),
        "workers": (),
        "storage": (),
        "status": (),
        "doctor": ("--port", "0"),
    }
    assert set(named) == set(words)
    for command, more in words.items():
        assert list(told(filled, *command.split(), *more)[0]) == named[command], command
    # What changes something tells what it changed, as the list has it.
    assert list(told(filled, "jobs", "cancel", job["id"])[0]) == named["jobs list"]
    assert list(told(filled, "webhooks", "replay", message)[0]) == named["webhooks list"]
    changes: list[tuple[str, ...]] = [("grant", "1"), ("limits", "--rate", "5"), ("revoke",)]
    for verb, *rest in changes:
        assert list(told(filled, "keys", verb, owner, *rest)[0]) == named["keys list"]


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    "words", ["keys list", "webhooks list", "webhooks standing", "workers", "storage", "status", "jobs list"]
)
def test_it_fits_80_columns(filled: Folder, words: str) -> None:
    lines = filled.done(*words.split()).splitlines()
    assert len(lines) > 1
    # A path or a URL is not cut; what else there is has its place.
    assert [line for line in lines if len(line) > 80 and "/" not in line] == []


def test_keys_are_told_with_what_they_hold_and_their_limits(folder: Folder) -> None:
    key = new_key(folder.database)
    submit(folder.database, key)
    claimed(folder.database)
    submit(folder.database, key)
    (one,) = told(folder, "keys", "limits", key, "--rate", "30", "--priority", "2")
    assert (one["held"], one["queued"], one["running"], one["rate"]) == (2 * PRICE / 1e6, 1, 1, 30)
    row = folder.done("keys", "list").splitlines()[1]
    assert row.split()[:5] == [key, "test", f"{(CREDITS - 2 * PRICE) / 1e6:g}", "0.75", "1+1"]
    assert row.rstrip().endswith("good   rate 30, priority 2")
    (one,) = told(folder, "keys", "grant", key, "5")
    assert one["credits"] == (CREDITS - 2 * PRICE) / 1e6 + 5
    (one,) = told(folder, "keys", "revoke", key)
    assert not one["is_good"]
    for verb, *more in (("grant", "1"), ("limits",), ("revoke",)):
        assert "there is no key with the id 'x'" in folder.refused("keys", verb, "x", *more, "--json")


def test_webhooks_are_told_replayed_and_signed(folder: Folder) -> None:
    key = new_key(folder.database)
    with folder.database.transaction() as connection:
        made = webhooks.add(connection, key, "https://hooks.example/1", ("PIXELFLOW",))
        told_of = webhooks.callback("https://api.example", ())
    (one,) = told(folder, "webhooks", "standing")
    assert (one["id"], one["types"], one["inactive_at"]) == (made.id, ["PIXELFLOW"], None)
    assert folder.done("webhooks", "standing").splitlines()[1].split()[:4] == [made.id, key, made.url, "PIXELFLOW"]
    submit(folder.database, key)
    with folder.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE jobs SET callback = ?", (told_of,))
    fail(folder.database, claimed(folder.database))
    with folder.database.transaction() as connection:
        connection.execute(messages.update().values(dead_at=1.0, error="refused"))
        (message,) = outbox.messages(connection, 1)
    (one,) = told(folder, "webhooks", "list", "--dead")
    assert (one["id"], one["state"]) == (message.id, "dead")
    (one,) = told(folder, "webhooks", "replay", message.id)
    assert (one["id"], one["state"]) == (message.id, "waiting")
    (one,) = told(folder, "webhooks", "secret", key)
    assert one == {"key_id": key, "secret": folder.done("webhooks", "secret", key).strip()}
    assert "there is no message with the id 'x'" in folder.refused("webhooks", "replay", "x", "--json")
    assert "there is no key with the id 'x'" in folder.refused("webhooks", "secret", "x", "--json")


def test_workers_are_told_with_their_jobs(folder: Folder) -> None:
    job = submit(folder.database, new_key(folder.database))
    with folder.database.transaction() as connection:
        workers.report(connection, "w1", 17, "animatic", "busy", "rendering", 0.5)
        workers.report(connection, "w2", 18, "animatic", "idle", "", 0.0)
    claimed(folder.database, "w1")
    busy, idle = told(folder, "workers")
    assert (busy["id"], busy["state"], busy["job_id"], busy["model"]) == ("w1", "busy", job.id, "tiny")
    assert (idle["id"], idle["state"], idle["job_id"], idle["seconds"]) == ("w2", "idle", None, None)
    rows = [line.split() for line in folder.done("workers").splitlines()[1:]]
    assert rows[0][:7] == ["w1", "17", "animatic", "busy", "rendering", "50%", job.id]
    assert rows[1] == ["w2", "18", "animatic", "idle"]


def test_storage_is_what_rows_publish_and_what_lies_there(filled: Folder) -> None:
    place = filled.path / "assets" / "some" / "1"
    place.mkdir(parents=True)
    (place / "film.mp4").write_bytes(b"x" * 1_200_000)
    (one,) = told(filled, "storage")
    assert one["videos"] == {"count": 1, "size": 5}
    assert one["stills"] == {"count": 1, "size": 3}
    assert one["uploads"] == {"count": 1, "size": 5}
    store, assets = one["places"]
    assert (store["name"], store["path"]) == ("store", str(filled.path / "flashreel.db"))
    assert store["size"] >= (filled.path / "flashreel.db").stat().st_size
    assert assets == {"name": "assets", "path": str(filled.path / "assets"), "size": 1_200_000}
    assert 0 < one["free"] <= one["total"]
    assert re.search(r"^assets +1\.2 MB +/", filled.done("storage"), re.MULTILINE)


def test_status_says_how_things_stand(filled: Folder) -> None:
    (one,) = told(filled, "status")
    assert [(queue["model"], queue["queued"], queue["running"]) for queue in one["queue"]] == [("tiny", 1, 1)]
    assert one["jobs"] == {"QUEUED": 1, "PROCESSING": 1, "COMPLETED": 2, "FAILED": 2}
    assert one["workers"] == {"warming": 0, "idle": 0, "busy": 1, "draining": 0}
    assert one["webhooks"]["delivered"] == 1
    said = filled.done("status")
    assert re.search(r"^tiny +1 +1 ", said, re.MULTILINE)
    assert "workers: 1 busy\n" in said


def test_status_of_an_empty_store(folder: Folder) -> None:
    with folder.database.reading() as connection:
        assert keys.list_keys(connection) == []
    said = folder.done("status")
    assert said.startswith("no job is queued or running\n")
    assert "workers: none\n" in said


@pytest.mark.parametrize(
    "words",
    [
        *(("jobs", verb) for verb in ("list", "show", "cancel", "retry")),
        *(("keys", verb) for verb in ("list", "create", "grant", "limits", "revoke")),
        *(("webhooks", verb) for verb in ("list", "standing", "replay", "secret")),
        *((verb,) for verb in ("workers", "storage", "status", "doctor")),
    ],
    ids=" ".join,
)
def test_every_command_has_json(folder: Folder, words: tuple[str, ...]) -> None:
    said = folder.runs(*words, "--help")
    assert said.status == 0
    assert "--json" in said.out
