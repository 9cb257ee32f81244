"""Whom to tell of a job, of what, and the secret it is signed with."""

from __future__ import annotations

import base64

import pytest

from flashreel.jobs import webhooks
from flashreel.jobs.database import Database
from flashreel.jobs.webhooks import Hook, Moment, Note, callback
from tests.support.store import Clock, new_key

URL = "https://example.com/hook"
ALL = ("start", "output", "logs", "completed")


def told(database: Database, key: str, moment: Moment, *hooks: Hook) -> list[tuple[str, str]]:
    with database.reading() as connection:
        found = webhooks.notes(connection, key, callback("https://api.example", hooks), moment)
    return [(note.shape, note.event) for note in found]


@pytest.mark.parametrize(
    ("hook", "started", "completed", "failed"),
    [
        (Hook(URL, "segmind"), [], ["request.completed"], ["request.failed"]),
        (Hook(URL, "luma"), ["dreaming"], ["completed"], ["failed"]),
        (Hook(URL, "replicate", ALL), ["start"], ["completed"], ["completed"]),
        (Hook(URL, "replicate", ("completed",)), [], ["completed"], ["completed"]),
        (Hook(URL, "replicate", ("start", "output")), ["start"], ["output"], []),
        (Hook(URL, "replicate", ("logs",)), [], [], []),
    ],
)
def test_each_dialect_has_its_events(
    database: Database, key: str, hook: Hook, started: list[str], completed: list[str], failed: list[str]
) -> None:
    assert told(database, key, "started", hook) == [(hook.shape, event) for event in started]
    assert told(database, key, "COMPLETED", hook) == [(hook.shape, event) for event in completed]
    assert told(database, key, "FAILED", hook) == [(hook.shape, event) for event in failed]


def test_a_callback_keeps_its_base() -> None:
    assert webhooks.base_of(callback("https://api.example", ())) == "https://api.example"
    assert webhooks.base_of(None) == ""


@pytest.mark.parametrize(
    ("types", "completed", "failed"),
    [
        (("REQUEST_COMPLETED",), True, False),
        (("REQUEST_FAILED",), False, True),
        (("PIXELFLOW",), True, True),
        (("REQUEST_COMPLETED", "PIXELFLOW"), True, True),
    ],
)
def test_a_standing_webhook_is_told_what_it_asked_for(
    database: Database, key: str, types: tuple[str, ...], completed: bool, failed: bool
) -> None:
    other = new_key(database)
    with database.transaction() as connection:
        webhooks.add(connection, key, URL, types)
        webhooks.add(connection, other, URL, ("PIXELFLOW",))
    assert told(database, key, "started") == []
    assert told(database, key, "COMPLETED") == [("segmind", "request.completed")] * completed
    assert told(database, key, "FAILED") == [("segmind", "request.failed")] * failed


def test_a_standing_webhook_can_be_changed_and_ended(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        made = webhooks.add(connection, key, URL, ("PIXELFLOW",))
        clock.advance(10)
        changed = webhooks.update(connection, key, made.id, URL + "/2", ("REQUEST_FAILED",))
        assert changed is not None
        assert (changed.url, changed.types) == (URL + "/2", ("REQUEST_FAILED",))
        assert (changed.created_at, changed.updated_at) == (clock.wall - 10, clock.wall)
        assert webhooks.active(connection, key) == [changed]
        ended = webhooks.end(connection, key, made.id)
        assert ended is not None
        clock.advance(10)
        assert webhooks.end(connection, key, made.id) == ended
        assert webhooks.active(connection, key) == []
        assert webhooks.update(connection, key, made.id, URL, ("PIXELFLOW",)) is None
    assert told(database, key, "FAILED") == []


def test_a_key_sees_and_changes_its_own_webhooks_only(database: Database, key: str) -> None:
    other = new_key(database)
    with database.transaction() as connection:
        made = webhooks.add(connection, key, URL, ("PIXELFLOW",))
        assert webhooks.get(connection, other, made.id) is None
        assert webhooks.update(connection, other, made.id, URL, ("PIXELFLOW",)) is None
        assert webhooks.end(connection, other, made.id) is None
        assert webhooks.active(connection, other) == []
        assert webhooks.active(connection, key) == [made]


def test_a_secret_is_made_once_and_anew_when_wanted(database: Database, key: str) -> None:
    other = new_key(database)
    with database.transaction() as connection:
        assert webhooks.known_secret(connection, key) is None
        first = webhooks.secret(connection, key)
        assert first is not None
        assert first.startswith("whsec_")
        assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32
        assert webhooks.secret(connection, key) == first == webhooks.known_secret(connection, key)
        assert webhooks.secret(connection, other) not in (first, None)
        assert webhooks.secret(connection, key, new=True) not in (first, None)
        assert webhooks.secret(connection, "nobody") is None


def test_a_note_of_a_standing_webhook_says_which(database: Database, key: str) -> None:
    with database.transaction() as connection:
        made = webhooks.add(connection, key, URL, ("PIXELFLOW",))
        found = webhooks.notes(connection, key, callback("https://api.example", ()), "COMPLETED")
    assert found == [Note(URL, "segmind", "request.completed", webhook_id=made.id)]
