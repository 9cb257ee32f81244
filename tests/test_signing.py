"""From the settings to a clip's provenance, through a worker and through `flashreel generate`."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from flashreel import __version__, signing
from flashreel.cli import main
from flashreel.errors import SetupError
from flashreel.jobs.database import Database
from flashreel.jobs.store import Job
from flashreel.media import certificate
from flashreel.media.ingredients import Source
from flashreel.media.provenance import Facts
from flashreel.settings import Settings, load_settings
from flashreel.spec import AssetImage
from flashreel.storage import Storage
from flashreel.worker import Worker
from tests.support.engines import Script
from tests.support.provenance import look, operators_pair, photograph
from tests.support.server import MODELS
from tests.support.store import a_spec, claimed, get, new_key, open_database, submit

SCRIPT = "tests.support.engines:Script"


class Drawn(Script):
    """An operator's own, which says that it was trained on nothing."""

    source_type = "algorithmicMedia"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(MODELS, {"data": tmp_path, "engine": SCRIPT})


def facts(settings: Settings, engine: str = SCRIPT) -> Facts:
    begun = signing.begin(settings, engine, Script(1), a_spec(prompt="a füchs"), "fox.mp4", [])
    assert begun is not None
    return begun.facts


def test_an_engine_that_comes_with_flashreel_has_its_version(settings: Settings) -> None:
    assert facts(settings, "animatic") == Facts("fox.mp4", __version__, "animatic", __version__, "algorithmicMedia")
    assert facts(settings) == Facts("fox.mp4", __version__, SCRIPT, None, "trainedAlgorithmicMedia")


def test_the_prompts_hash_is_the_operators_choice(tmp_path: Path) -> None:
    said = facts(load_settings(flags={"data": tmp_path, "provenance_prompt_hash": True}))
    assert said.prompt_hash == sha256("a füchs".encode()).hexdigest()


def test_off_is_off(tmp_path: Path) -> None:
    settings = load_settings(flags={"data": tmp_path / "data", "provenance": False})
    signing.prepare(settings)
    assert signing.begin(settings, "animatic", Script(1), a_spec(), "fox.mp4", []) is None
    sources: list[Source] = []
    assert signing.keeping(settings, lambda reference, field: b"bytes", sources)("url", "start_image_url") == b"bytes"
    assert sources == []
    assert not (tmp_path / "data").exists()


def test_a_server_begins_by_making_a_certificate_or_trying_the_operators(tmp_path: Path) -> None:
    signing.prepare(load_settings(flags={"data": tmp_path}))
    assert (tmp_path / "provenance").is_dir()
    pair = operators_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), days=(-9, -1))
    flags = {"data": tmp_path, "provenance_certificate": pair.certificate, "provenance_key": pair.key}
    with pytest.raises(SetupError, match="has expired"):
        signing.prepare(load_settings(flags=flags))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


def made(settings: Settings, database: Database, **fields: Any) -> Job:
    """One job, made by a worker of these settings."""
    job = submit(database, new_key(database), **fields)
    worker = Worker(settings, "one", settings.engine, 1)
    worker._work(Script(1), claimed(database))
    return get(database, job.id)


def test_what_a_worker_stores_carries_it_with_the_image_as_it_came(settings: Settings, database: Database) -> None:
    identity = certificate.load(settings.data / "elsewhere")
    (settings.assets / "uploads" / "1").mkdir(parents=True)
    (settings.assets / "uploads" / "1" / "x.jpg").write_bytes(photograph(identity))
    job = made(settings, database, start_image=str(AssetImage("uploads/1/x.jpg")))
    assert job.state == "COMPLETED", job.error
    assert job.result is not None
    seen = look(settings.assets / job.result["path"])
    assert (seen.state, seen.manifest["title"]) == ("Valid", job.result["file_name"])
    assert seen.created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert seen.created["softwareAgent"] == {"name": f"flashreel {SCRIPT}"}
    assert [image["title"] for image in seen.ingredients] == ["start image"]
    assert len(seen.store["manifests"]) == 2
    assert job.result["file_size"] == (settings.assets / job.result["path"]).stat().st_size
    assert Storage(settings.assets).get(job.result["path"])[4:8] == b"ftyp"


def test_a_worker_that_cannot_sign_fails_the_job_and_tells_no_path(settings: Settings, database: Database) -> None:
    (settings.data / "provenance").write_text("in the way")
    job = made(settings, database)
    assert (job.state, job.error_code) == ("FAILED", "engine_failed")
    assert job.error == "the video cannot be signed: the server's set-up is at fault"
    assert list(settings.scratch.iterdir()) == []


@pytest.mark.parametrize("engine", ["Script", "Drawn"])
def test_generate_signs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    film = tmp_path / "out" / "film.mp4"
    own = SCRIPT if engine == "Script" else f"{__name__}:{engine}"
    words = ["generate", "a fox", "-o", str(film), "--model", "tiny", "--config", str(MODELS)]
    monkeypatch.setattr("sys.argv", ["flashreel", *words, "--engine", own, "--data", str(tmp_path / "data")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    seen = look(film)
    assert (seen.state, seen.manifest["title"]) == ("Valid", "film.mp4")
    kind = "algorithmicMedia" if engine == "Drawn" else "trainedAlgorithmicMedia"
    assert seen.created["digitalSourceType"].rpartition("/")[2] == kind
    with av.open(film) as container:
        assert container.metadata["comment"] == f"made by flashreel {__version__}, engine {own}"
