"""The command line, run as a user runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashreel.jobs import store
from flashreel.jobs.database import Database
from flashreel.jobs.schema import keys as key_table
from flashreel.jobs.webhooks import Hook, callback
from flashreel.settings import Settings
from tests.support.cli import Run, output_of
from tests.support.server import Server, environment
from tests.support.store import (
    CREDITS,
    PRICE,
    a_spec,
    claimed,
    complete,
    credits_of,
    new_key,
    open_database,
    submit,
)
from tests.support.store import (
    get as get_job,
)
from tests.support.web import get


def test_keys(tmp_path: Path, run: Run) -> None:
    data = ("--data", str(tmp_path / "data"))
    created = output_of("keys", "create", "--name", "ci [1]", "--credits", "50", *data).splitlines()
    key_id = re.match(r"id ([0-9a-f]+), 50 credits", created[0])
    assert key_id is not None
    assert re.fullmatch(r"fr_[0-9a-f]{48}", created[-1])
    assert "has 60.5 credits" in run("keys", "grant", key_id[1], "10.5", *data).out
    listed = run("keys", "list", *data).out
    assert re.search(rf"{key_id[1]} +ci \[1\] +60\.5 .* good", listed)
    assert created[-1] not in listed
    assert "is revoked" in run("keys", "revoke", key_id[1], *data).out
    assert re.search(rf"{key_id[1]} .* revoked", run("keys", "list", *data).out)
    # The store holds the key's hash, never the key.
    assert all(created[-1].encode() not in file.read_bytes() for file in (tmp_path / "data").iterdir())


@pytest.mark.parametrize("words", [("revoke", "nobody"), ("grant", "nobody", "1")])
def test_unknown_key(tmp_path: Path, run: Run, words: tuple[str, ...]) -> None:
    said = run("keys", *words, "--data", str(tmp_path / "data"))
    assert (said.status, said.out) == (1, "")
    assert "no key with the id 'nobody'" in said.err


def test_keys_made_beside_a_running_server_are_good_at_once(server: Server, run: Run) -> None:
    said = run("keys", "create", "--name", "new", "--credits", "1", "--data", str(server.data))
    secret = said.out.splitlines()[-1]
    answer = get(f"{server.url}/v1/get-user-credits", x_api_key=secret)
    assert answer.json()["credits"] == 1.0


def test_first_start_prints_a_key_with_credits(server: Server) -> None:
    assert str(server.data) in server.said
    answer = get(f"{server.url}/v1/get-user-credits", x_api_key=server.first_key)
    assert answer.json()["credits"] == 100.0


def test_scope_that_is_none(tmp_path: Path, run: Run) -> None:
    said = run("keys", "create", "--name", "x", "--scope", "all", "--data", str(tmp_path))
    assert said.status != 0
    assert "scopes are" in said.err


def test_serve_help_shows_every_setting_with_its_default(run: Run) -> None:
    said = run("serve", "--help").out
    for name, field in Settings.model_fields.items():
        if name == "models" or not field.repr:  # tables, and secrets, are no flags
            assert f"--{name.replace('_', '-')} " not in said
            continue
        assert f"--{name.replace('_', '-')} " in said, name
        assert f"[env: FLASHREEL_{name.upper()}; default: " in said, name
    assert "default: 8000]" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--port", "70000"), "port is '70000'"),
        (("--workers", "many"), "workers is 'many'"),
        (("--engine", "none"), "engine is 'none'"),
        (("--retention", "0"), "retention is '0'"),
        (("--public-url", "example.com"), "public_url is 'example.com'"),
        (("--trusted-proxies", "10.0.0.0/33"), "trusted_proxies is "),
    ],
)
def test_serve_refuses_settings_that_cannot_be(tmp_path: Path, run: Run, words: tuple[str, ...], sentence: str) -> None:
    said = run("serve", "--data", str(tmp_path / "data"), *words)
    assert (said.status, said.out) == (1, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_flag_wins_over_file_over_environment(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each says a value that cannot be: the one that is complained about is the one that was used.
    config = tmp_path / "flashreel.toml"
    config.write_text("grace = -2\n")
    monkeypatch.setenv("FLASHREEL_GRACE", "-1")
    assert "grace is '-1'" in run("serve").err
    assert "grace is -2" in run("serve", "--config", str(config)).err
    assert "grace is '-3'" in run("serve", "--config", str(config), "--grace", "-3").err


def test_unknown_command(run: Run) -> None:
    said = run("dance")
    assert said.status == 2
    assert "dance" in said.err


def test_a_shell_completes_commands_and_options() -> None:
    completed = []
    asked = [("flashreel ke", 1), ("flashreel generate --asp", 2), ("flashreel jobs list --error out", 4)]
    for words, place in asked:
        done = subprocess.run(
            [Path(sys.executable).with_name("flashreel")],
            env=environment(_FLASHREEL_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(place)),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        completed.append(done.stdout.split())
    assert completed == [["keys"], ["--aspect-ratio"], ["out_of_memory", "output_rejected"]]


def test_help_shows_defaults_that_are_words(run: Run) -> None:
    said = run("generate", "--help").out
    for default in ("flashreel.mp4", "random", "animatic", "16:9"):
        assert f"[default: {default}]" in said


# --- the operator's commands on jobs and money


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[str, Database]]:
    """A data folder with a store, as a flag takes it, and that store."""
    database = open_database(tmp_path)
    yield str(tmp_path), database
    database.close()


def test_jobs_are_listed_latest_first_and_cancelled(run: Run, folder: tuple[str, Database]) -> None:
    data, database = folder
    key = new_key(database)
    old, new = submit(database, key).id, submit(database, key).id
    rows = run("jobs", "list", "--data", data).out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == [new, old]
    assert "QUEUED" in rows[0]
    assert len(run("jobs", "list", "--limit", "1", "--data", data).out.splitlines()) == 2
    (told,) = map(json.loads, run("jobs", "list", "--limit", "1", "--json", "--data", data).out.splitlines())
    assert (told["id"], told["state"], told["cost"], told["finished_at"]) == (new, "QUEUED", None, None)
    assert run("jobs", "list", "--state", "failed", "--json", "--data", data).out == ""
    wrong = run("jobs", "list", "--state", "done", "--data", data)
    assert wrong.status == 2
    assert "'done' is not a state; states are QUEUED, PROCESSING, COMPLETED, FAILED" in wrong.err

    assert run("jobs", "cancel", old, "--data", data).out == f"{old} is FAILED\n"
    assert get_job(database, old).error_code == "cancelled"
    (told,) = map(json.loads, run("jobs", "list", "--state", "failed", "--json", "--data", data).out.splitlines())
    assert (told["id"], told["error_code"], told["cost"]) == (old, "cancelled", 0)
    assert credits_of(database, key) == CREDITS - PRICE
    taken = claimed(database)
    assert run("jobs", "cancel", new, "--data", data).out == f"{new} stops as soon as its worker looks\n"
    assert not complete(database, taken)
    assert run("jobs", "cancel", new, "--data", data).out == f"{new} is FAILED\n"
    assert credits_of(database, key) == CREDITS

    said = run("jobs", "cancel", "0" * 32, "--data", data)
    assert said.status == 1
    assert "there is no job with the id" in said.err


def test_keys_are_made_and_listed_as_json(run: Run, folder: tuple[str, Database]) -> None:
    data, _ = folder
    words = ("--name", "ci", "--credits", "2.5", "--scope", "read", "--scope", "generate", "--json")
    made = json.loads(run("keys", "create", *words, "--data", data).out)
    assert (set(made), made["credits"]) == ({"id", "secret", "credits"}, 2.5)
    assert made["secret"].startswith("fr_")
    (told,) = map(json.loads, run("keys", "list", "--json", "--data", data).out.splitlines())
    assert told.pop("created_at") > 0
    assert told == {
        "id": made["id"],
        "name": "ci",
        "of_key": None,
        "last_used_at": None,
        "expires_at": None,
        "revoked_at": None,
        "credits": 2.5,
        "held": 0.0,
        "queued": 0,
        "running": 0,
        "rate": None,
        "max_queued": None,
        "max_running": None,
        "priority": 0,
        "scopes": ["generate", "read"],
        "models": None,
        "is_good": True,
    }
    run("keys", "revoke", made["id"], "--data", data)
    (told,) = map(json.loads, run("keys", "list", "--json", "--data", data).out.splitlines())
    assert not told["is_good"]
    assert told["revoked_at"] > 0


def test_messages_are_listed_as_json(run: Run, folder: tuple[str, Database]) -> None:
    data, database = folder
    key = new_key(database)
    assert run("webhooks", "list", "--json", "--data", data).out == ""
    with database.transaction() as connection:
        told = callback("https://api.example", (Hook("https://example.com/hook", "segmind"),))
        job = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE, callback=told)
    assert job is not None
    complete(database, claimed(database))
    (message,) = map(json.loads, run("webhooks", "list", "--json", "--data", data).out.splitlines())
    assert message.pop("id").startswith("msg_")
    assert message.pop("created_at") > 0
    who = {"key_id": key, "job_id": job.id, "event": "request.completed", "url": "https://example.com/hook"}
    assert message == {**who, "state": "waiting", "attempt": 0, "status": None, "error": None}


def test_ledger_is_proved_and_a_wrong_balance_is_named(run: Run, folder: tuple[str, Database]) -> None:
    data, database = folder
    good, tampered = new_key(database), new_key(database)
    submit(database, good)
    complete(database, claimed(database))
    said = run("ledger", "verify", "--data", data)
    assert (said.status, said.out) == (0, "2 keys: every balance is the sum of its entries\n")
    with database.transaction() as connection:
        connection.execute(key_table.update().where(key_table.c.id == tampered).values(credits=CREDITS + 1))
    said = run("ledger", "verify", "--data", data)
    assert said.status == 1
    assert said.out == f"{tampered} has {CREDITS + 1} micro-credits, its ledger says {CREDITS}\n"


def test_ledger_of_a_server_at_work_is_right(run: Run, server: Server) -> None:
    assert run("ledger", "verify", "--data", str(server.data)).status == 0


def test_limits_of_a_key_are_set_shown_and_taken_back(run: Run, folder: tuple[str, Database]) -> None:
    data, database = folder
    key = new_key(database)

    def limits(*words: str) -> str:
        return run("keys", "limits", key, *words, "--data", data).out

    none = f"{key}: rate default, max_queued default, max_running default, priority 0\n"
    assert limits() == none
    assert limits("--rate", "30", "--priority", "5") == none.replace("rate default", "rate 30").replace("y 0", "y 5")
    assert "rate 30, max_queued 7, max_running 1, priority 5" in limits("--max-queued", "7", "--max-running", "1")
    assert limits("--reset", "--max-queued", "3") == none.replace("queued default", "queued 3")
    assert limits("--reset") == none
    said = run("keys", "limits", "nobody", "--data", data)
    assert (said.status, "no key with the id 'nobody'" in said.err) == (1, True)
    for words in (("--rate", "0"), ("--max-running", "0"), ("--max-queued", "-1")):
        assert run("keys", "limits", key, *words, "--data", data).status == 2
