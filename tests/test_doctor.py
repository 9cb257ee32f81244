"""Every check of the doctor, where all is well and where it is not."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from flashreel import disk, doctor
from flashreel.doctor import files, network, software, store
from flashreel.doctor.finding import Finding
from flashreel.jobs import keys, schema
from flashreel.jobs.database import Database
from flashreel.media import certificate
from flashreel.settings import Settings, load_settings
from tests.support.cli import Run, runner
from tests.support.postgres import another
from tests.support.provenance import operators_pair
from tests.support.server import ROOT
from tests.support.store import new_key, open_database, submit

Check = Callable[[Settings], Iterator[Finding]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys)


def with_(folder: Path, **flags: object) -> Settings:
    return load_settings(flags={"data": folder, "port": 0, **flags})


def found(check: Check, settings: Settings) -> dict[str, Finding]:
    """What a check found, by name; each finding that is not well says what to do."""
    findings = list(check(settings))
    assert all((finding.remedy is None) == (finding.verdict == "ok") for finding in findings)
    return {finding.check: finding for finding in findings}


def only(check: Check, settings: Settings) -> Finding:
    (finding,) = found(check, settings).values()
    return finding


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    tmp_path.chmod(0o700)
    made = open_database(tmp_path)
    yield made
    made.close()


# --- what runs


def test_an_old_python_fails(tmp_path: Path) -> None:
    assert only(software.check_python, with_(tmp_path)).verdict == "ok"
    (finding,) = software.check_python(with_(tmp_path), (3, 10, 9))
    assert (finding.verdict, "Python 3.10.9" in finding.says) == ("fail", True)
    assert "Python 3.11 or newer" in str(finding.remedy)


def test_every_extra_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {name: re.split(r"[^a-z-]", first)[0] for name, (first, *_) in declared.items()} == software.EXTRAS
    monkeypatch.setattr(software, "EXTRAS", {"there": "numpy", "away": "no-such-package"})
    finding = only(software.check_extras, with_(tmp_path))
    assert finding.verdict == "ok"
    assert finding.says.startswith("there (")
    assert finding.says.endswith("); pip install 'flashreel[away]'")


def test_an_engine_that_is_not_there_fails(tmp_path: Path) -> None:
    for engine in ("no_such_package.engine:Mine", "no_such_module:Mine"):
        finding = only(software.check_engines, with_(tmp_path, engine=engine, workers=0))
        assert finding.verdict == "fail"
        assert engine in finding.says
    assert only(software.check_engines, with_(tmp_path, engine="json:Mine")).verdict == "ok"


def test_kernels_are_compiled_or_will_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    settings = with_(tmp_path)
    assert "not compiled yet" in found(software.check_engines, settings)["kernels"].says
    assert not list(tmp_path.iterdir())
    asked = "from flashreel.engines.animatic import jit; print(jit.CACHE_FOLDER)"
    cache = settings.data / "cache" / "numba"
    folder = software.run_python(asked, {**os.environ, "NUMBA_CACHE_DIR": str(cache)}).stdout.strip()
    Path(folder).mkdir(parents=True)
    (Path(folder) / "complete").touch()
    assert found(software.check_engines, settings)["kernels"].says == f"compiled, in {cache}"


def test_an_engine_that_cannot_be_loaded_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text("raise ImportError('numba is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = found(software.check_engines, with_(tmp_path))["kernels"]
    assert finding.verdict == "fail"
    assert "the built-in engine cannot be loaded: ImportError: numba is broken" in finding.says


def test_a_gpu_is_noted_and_none_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = only(software.check_gpu, with_(tmp_path))
    assert (finding.verdict, finding.says.startswith("none to be seen")) == ("ok", True)
    program = tmp_path / "nvidia-smi"
    for script, verdict, said in (
        ("echo 'NVIDIA X, 24 GB, 550.1'", "ok", "NVIDIA X, 24 GB, 550.1; "),
        ("echo 'Failed to initialize NVML'; exit 9", "warn", "nvidia-smi fails: Failed to initialize NVML"),
        ("exit 1", "warn", "nvidia-smi fails: it said nothing"),
    ):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        finding = only(software.check_gpu, with_(tmp_path))
        assert finding.verdict == verdict
        assert finding.says.startswith(said)
    program.write_text("no program at all")
    assert only(software.check_gpu, with_(tmp_path)).verdict == "warn"


# --- files


def test_the_data_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert only(files.check_data, with_(tmp_path)).says == f"{tmp_path} can be written"
    assert "the first start makes it" in only(files.check_data, with_(tmp_path / "a" / "b")).says
    assert list(tmp_path.iterdir()) == []
    tmp_path.chmod(0o755)
    finding = only(files.check_data, with_(tmp_path))
    assert (finding.verdict, finding.says) == ("warn", f"{tmp_path} is open to other users")
    file = tmp_path / "file"
    file.touch()
    finding = only(files.check_data, with_(file / "data"))
    assert (finding.verdict, finding.says) == ("fail", f"{file} cannot be written: Not a directory")


def test_a_disk_that_is_full_fails_and_one_that_soon_is_warns(tmp_path: Path) -> None:
    free = disk.room(with_(tmp_path)).free
    assert only(files.check_disk, with_(tmp_path, min_free=1)).verdict == "ok"
    assert only(files.check_disk, with_(tmp_path / "not" / "yet", min_free=free // 2)).verdict == "warn"
    finding = only(files.check_disk, with_(tmp_path, min_free=2**62))
    assert (finding.verdict, finding.says.endswith("no job is accepted")) == ("fail", True)


def test_assets_must_be_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_(tmp_path)
    assert "the first start makes it" in only(files.check_assets, settings).says
    assert list(tmp_path.iterdir()) == []
    settings.assets.mkdir()
    assert only(files.check_assets, settings).says == f"{settings.assets} can be written"
    assert list(settings.assets.iterdir()) == []
    settings.assets.rmdir()
    settings.assets.touch()
    finding = only(files.check_assets, settings)
    assert finding.verdict == "fail"
    assert finding.says.startswith(f"{settings.assets} cannot be written: ")


def test_a_certificate_of_our_own_is_read_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_(tmp_path)
    assert (
        only(files.check_certificate, with_(tmp_path, provenance=False)).says
        == "videos are not signed (provenance is off)"
    )
    assert only(files.check_certificate, settings).says == "not there yet; the first start makes one"
    assert list(tmp_path.iterdir()) == []
    certificate.load(tmp_path / "provenance")
    file = tmp_path / "provenance" / "self-made.pem"
    before = file.read_bytes()
    finding = only(files.check_certificate, settings)
    assert (finding.verdict, finding.says.startswith(f"{file} signs until 20")) == ("ok", True)
    with monkeypatch.context() as patch:  # nearly ten years later
        patch.setattr(files, "wall_seconds", lambda: time.time() + certificate.LIFE - 86400)
        assert only(files.check_certificate, settings).verdict == "warn"
        patch.setattr(files, "wall_seconds", lambda: time.time() + certificate.LIFE + 1)
        assert only(files.check_certificate, settings).verdict == "fail"
    assert file.read_bytes() == before
    file.write_bytes(b"no certificate")
    finding = only(files.check_certificate, settings)
    assert finding.verdict == "fail"
    assert "delete it" in str(finding.remedy)


@pytest.mark.parametrize(
    ("days", "verdict", "said"),
    [((-1, 90), "ok", "signs until"), ((-1, 20), "warn", "signs until"), ((-30, -1), "fail", "has expired on")],
)
def test_a_certificate_of_the_operators_is_tried_out(
    tmp_path: Path, days: tuple[float, float], verdict: str, said: str
) -> None:
    pair = operators_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), days=days)
    settings = with_(tmp_path, provenance_certificate=pair.certificate, provenance_key=pair.key)
    finding = only(files.check_certificate, settings)
    assert finding.verdict == verdict
    assert said in finding.says


def test_a_certificate_without_its_key_fails(tmp_path: Path) -> None:
    pair = operators_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    for one in ({"provenance_certificate": pair.certificate}, {"provenance_key": pair.key}):
        finding = only(files.check_certificate, with_(tmp_path, **one))
        assert (finding.verdict, finding.remedy) == ("fail", "they go together")


# --- the store


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert "the first start makes it" in only(store.check_store, with_(tmp_path)).says
    assert list(tmp_path.iterdir()) == []


def test_a_store_where_all_is_well(tmp_path: Path, database: Database) -> None:
    submit(database, new_key(database))
    findings = found(store.check_store, with_(tmp_path))
    assert list(findings) == ["store", "integrity", "ledger", "keys", "clock"]
    assert {finding.verdict for finding in findings.values()} == {"ok"}
    assert findings["store"].says.endswith(f"has schema {schema.REVISION}")
    assert findings["keys"].says == "1 of 1 keys can make videos, with 9.625 credits together"


def test_a_store_is_examined_while_somebody_writes_to_it(tmp_path: Path, database: Database) -> None:
    with database.transaction() as connection:
        keys.create_key(connection, "unseen", 5)
        assert found(store.check_store, with_(tmp_path))["keys"].says == "no key can make videos"


def test_what_is_no_store_fails(tmp_path: Path) -> None:
    (tmp_path / "flashreel.db").write_bytes(b"no database at all" * 1000)
    finding = only(store.check_store, with_(tmp_path))
    assert finding.verdict == "fail"
    assert "cannot be opened: file is not a database" in finding.says
    assert "flashreel restore" in str(finding.remedy)


def test_a_damaged_store_fails(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        key = new_key(database)
        for _ in range(50):
            submit(database, key, price=0)
    with closing(sqlite3.connect(tmp_path / "flashreel.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'jobs'").fetchone()
    with (tmp_path / "flashreel.db").open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\xff" * page)
    findings = found(store.check_store, with_(tmp_path))
    assert list(findings) == ["store", "integrity"]
    assert findings["integrity"].verdict == "fail"


@pytest.mark.parametrize(("revision", "verdict"), [("0000", "warn"), ("9999", "fail")])
def test_a_store_of_another_version(tmp_path: Path, database: Database, revision: str, verdict: str) -> None:
    with database.transaction() as connection:
        connection.execute(schema.revisions.update().values(version_num=revision))
        connection.execute(schema.meta.update().where(schema.meta.c.name == "compatible").values(value=revision))
    finding = only(store.check_store, with_(tmp_path))
    assert (finding.verdict, f"has schema {revision}" in finding.says) == (verdict, True)


def test_a_balance_that_is_not_its_ledger_fails(tmp_path: Path, database: Database) -> None:
    key = new_key(database)
    with database.transaction() as connection:
        connection.execute(schema.keys.update().values(credits=1))
    finding = found(store.check_store, with_(tmp_path))["ledger"]
    assert (finding.verdict, key in finding.says) == ("fail", True)


def test_keys_that_cannot_make_videos(tmp_path: Path, database: Database) -> None:
    def told() -> Finding:
        return found(store.check_store, with_(tmp_path))["keys"]

    with database.transaction() as connection:
        keys.create_key(connection, "reads", 5, scopes=("read",))
        revoked, _ = keys.create_key(connection, "revoked", 5)
        keys.revoke_key(connection, revoked.id)
    assert (told().verdict, told().says) == ("warn", "no key can make videos")
    poor = new_key(database, credits=0)
    assert (told().verdict, told().remedy) == ("warn", f"give it some: `flashreel keys grant {poor} 100`")


def test_a_clock_that_was_set_back_is_told(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(database, new_key(database))
    now = time.time()
    monkeypatch.setattr(store, "wall_seconds", lambda: now - 500)
    finding = found(store.check_store, with_(tmp_path))["clock"]
    assert finding.verdict == "warn"
    assert "the clock was set back" in finding.says


def test_postgresql(tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_(tmp_path, database_url=another(postgresql_url, "doctor"))
    finding = only(store.check_store, settings)
    assert (finding.verdict, finding.remedy) == ("fail", "run `flashreel migrate`, which needs an empty database")
    with closing(Database(settings.database)) as database:
        database.migrate()
        new_key(database)
        findings = found(store.check_store, settings)
        assert list(findings) == ["store", "ledger", "keys", "clock"]
        assert {finding.verdict for finding in findings.values()} == {"ok"}
        assert " (PostgreSQL 1" in findings["store"].says
        with monkeypatch.context() as patch:
            now = time.time()
            patch.setattr(store, "wall_seconds", lambda: now - 500)
            finding = found(store.check_store, settings)["clock"]
            assert finding.verdict == "warn"
            assert "of this host and of PostgreSQL are" in finding.says
        with database.transaction() as connection:
            connection.execute(schema.revisions.update().values(version_num="0000"))
        finding = only(store.check_store, settings)
        assert (finding.verdict, finding.remedy) == ("fail", "run `flashreel migrate`")


def test_a_postgresql_that_is_not_there_fails(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound, so that nobody else gets it, and not listening
        url = f"postgresql://user:secret@127.0.0.1:{taken.getsockname()[1]}/none"
        finding = only(store.check_store, with_(tmp_path, database_url=url))
    assert finding.verdict == "fail"
    assert "the store postgresql://127.0.0.1/none cannot be opened" in finding.says
    assert finding.remedy == "start PostgreSQL, or mend database_url"
    assert "secret" not in finding.says


# --- the network


def test_a_port_is_free_as_long_as_nobody_listens(tmp_path: Path) -> None:
    assert only(network.check_port, with_(tmp_path, port=0)).says == "any free one"
    with closing(socket.socket()) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))  # as a server that is about to listen has it
        port = held.getsockname()[1]
        finding = only(network.check_port, with_(tmp_path, port=port))
        assert (finding.verdict, finding.says) == ("ok", f"port {port} on 127.0.0.1 is free")


@contextmanager
def answering(body: str) -> Iterator[int]:
    """A server that says this of its health; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in ("/health/ready", "/metrics") else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("body", "verdict", "said"),
    [
        ({"status": "ready", "reason": None, "workers": {}, "queue": {}}, "ok", "a flashreel is ready at http://"),
        ({"status": "not ready", "reason": "the disk", "workers": {}, "queue": {}}, "warn", "is not ready: the disk"),
        ({"status": "ready"}, "fail", "no flashreel answers there"),
        ("<html>", "fail", "no flashreel answers there"),
    ],
)
def test_who_has_the_port_is_asked(tmp_path: Path, body: Any, verdict: str, said: str) -> None:
    answer = body if isinstance(body, str) else json.dumps(body)
    with answering(answer) as port:
        finding = only(network.check_port, with_(tmp_path, port=port))
    assert finding.verdict == verdict
    assert said in finding.says


@pytest.mark.parametrize(("body", "verdict"), [('flashreel_info{version="1"} 1.0', "ok"), ("other_info 1.0", "fail")])
def test_who_has_the_port_of_the_metrics_is_asked(tmp_path: Path, body: str, verdict: str) -> None:
    with answering(body) as port:
        finding = found(network.check_port, with_(tmp_path, metrics_port=port))["metrics_port"]
    assert finding.verdict == verdict


def test_a_host_that_is_not_here_fails(tmp_path: Path) -> None:
    finding = only(network.check_port, with_(tmp_path, host="no such host", port=8000))
    assert finding.verdict == "fail"
    assert "the host 'no such host' cannot be listened on" in finding.says


@pytest.mark.parametrize(
    ("flags", "verdicts", "said"),
    [
        ({}, ["ok"], "the host that was asked"),
        ({"public_url": "https://v.example"}, ["ok"], "https://v.example"),
        ({"public_url": "http://localhost:8000"}, ["ok"], "http://localhost:8000"),
        ({"public_url": "http://v.example"}, ["warn"], "is no https"),
        ({"public_url": "http://127.0.0.1:8000", "host": "0.0.0.0"}, ["warn"], "which only this machine can open"),
        ({"public_url": "https://v.example", "allowed_hosts": "w.example"}, ["fail"], "allowed_hosts has no v.example"),
        ({"public_url": "https://a.V.example", "allowed_hosts": "*.v.EXAMPLE"}, ["ok"], "https://a.V.example"),
        ({"trusted_proxies": "10.0.0.0/8,::/0"}, ["warn"], "trusted_proxies has everybody"),
        ({"trusted_proxies": "10.0.0.0/8"}, ["ok"], "the host that was asked"),
        ({"public_url": "http://v.example", "allowed_hosts": "w.example"}, ["fail", "warn"], "is no https"),
    ],
)
def test_urls(tmp_path: Path, flags: dict[str, object], verdicts: list[str], said: str) -> None:
    findings = list(network.check_urls(with_(tmp_path, **flags)))
    assert [finding.verdict for finding in findings] == verdicts
    assert said in findings[-1].says


# --- all of them


def test_a_check_that_cannot_be_made_is_told_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_thing(_settings: Settings) -> Iterator[Finding]:
        raise OSError("the disk went away")

    monkeypatch.setattr(doctor, "CHECKS", (check_thing, software.check_python))
    first, second = doctor.examine(with_(tmp_path))
    assert (first.check, first.verdict) == ("thing", "fail")
    assert first.says == "could not be checked: OSError: the disk went away"
    assert second.check == "python"


def test_the_command_says_it_all_and_its_status_whether_anything_failed(
    tmp_path: Path, database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_key(database)
    monkeypatch.setattr(doctor, "CHECKS", [check for check in doctor.CHECKS if check is not software.check_engines])
    words = ("doctor", "--data", str(tmp_path), "--port", "0")
    said = run(*words)
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].startswith("ok    settings ")
    assert lines[-1].startswith("0 failed, ")
    told = [json.loads(line) for line in run(*words, "--json").out.splitlines()]
    assert {finding["verdict"] for finding in told} <= {"ok", "warn"}  # a disk that is nearly full, say
    with database.transaction() as connection:
        connection.execute(schema.keys.update().values(credits=1))
    said = run(*words)
    assert (said.status, said.err) == (1, "")
    assert any(line.startswith("fail  ledger ") for line in said.out.splitlines())
    assert "   -> see `flashreel ledger verify`" in said.out
    told = [json.loads(line) for line in run(*words, "--json").out.splitlines()]
    assert [finding["check"] for finding in told if finding["verdict"] == "fail"] == ["ledger"]


def test_settings_that_cannot_be_are_a_finding(tmp_path: Path, run: Run) -> None:
    config = tmp_path / "flashreel.toml"
    config.write_text("workers = -1\n")
    said = run("doctor", "--config", str(config))
    assert (said.status, said.err) == (1, "")
    assert "fail  settings     workers is -1" in said.out
    (told,) = map(json.loads, run("doctor", "--port", "x", "--json").out.splitlines())
    assert (told["check"], told["verdict"], bool(told["remedy"])) == ("settings", "fail", True)
