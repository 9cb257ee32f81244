"""Moderation in the worker: each thing is looked at in time, and no block costs anything."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from flashreel import worker as module
from flashreel.engines.base import Rendering
from flashreel.jobs.database import Database
from flashreel.jobs.store import Job
from flashreel.settings import Settings, load_settings
from flashreel.worker import Worker
from tests.support.engines import Script
from tests.support.server import MODELS, SCRIPT
from tests.support.store import get, ledger_of, new_key, open_database, submit

RED = "tests.moderation.checkers:Red"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prompts that reached the engine."""
    seen: list[str] = []
    render = Script.render

    def note(engine: Script, spec: Any, *rest: Any) -> Rendering:
        seen.append(spec.prompt)
        return render(engine, spec, *rest)

    monkeypatch.setattr(Script, "render", note)
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.01)
    return seen


def ended(database: Database, folder: Path, flags: dict[str, object], prompt: str, **changes: Any) -> Job:
    """How one job ends under these settings."""
    settings: Settings = load_settings(MODELS, {"data": folder, "engine": SCRIPT, **flags})
    job = submit(database, new_key(database), model="scripted", prompt=prompt, **changes)
    worker = Worker(settings, "w1", SCRIPT, 1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        end = time.monotonic() + 60
        while not get(database, job.id).is_terminal:
            assert time.monotonic() < end, "the job did not end"
            time.sleep(0.02)
    finally:
        worker.drain()
        thread.join(60)
    assert not list(settings.scratch.glob("*"))
    return get(database, job.id)


def picture(colour: tuple[int, int, int]) -> str:
    file = BytesIO()
    Image.new("RGB", (32, 18), colour).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def assert_blocked(database: Database, job: Job, sentence: str) -> None:
    assert (job.state, job.error_code, job.error) == ("FAILED", "content_blocked", sentence)
    assert [kind for kind, _ in ledger_of(database, job.id)] == ["hold", "release"]


def test_a_blocked_prompt_reaches_neither_the_network_nor_the_engine(
    database: Database, tmp_path: Path, rendered: list[str]
) -> None:
    with capture_logs() as log:
        job = ended(database, tmp_path, {}, "a pornographic film", start_image="http://127.0.0.1:9/x.png")
    assert_blocked(database, job, "the prompt was blocked: sexual content")
    assert rendered == []
    assert "porn" not in str(log)
    assert any(line.get("category") == "sexual" and line.get("request_id") == job.id for line in log)


def test_a_flagged_prompt_is_made_and_the_warning_says_so(
    database: Database, tmp_path: Path, rendered: list[str]
) -> None:
    job = ended(database, tmp_path, {}, "Pikachu meets a fox")
    assert job.state == "COMPLETED", job.error
    assert "the prompt was flagged: copyrighted characters" in job.warnings


@pytest.mark.parametrize("flags", [{"moderation": "off"}, {"moderation_policy": "sexual=allow"}])
def test_what_the_operator_allows_is_made(
    database: Database, tmp_path: Path, rendered: list[str], flags: dict[str, object]
) -> None:
    job = ended(database, tmp_path, flags, "a naked woman")
    assert (job.state, job.warnings) == ("COMPLETED", ())


@pytest.mark.parametrize(("field", "what"), [("start_image", "start image"), ("end_image", "end image")])
def test_images_are_looked_at_before_the_engine_runs(
    database: Database, tmp_path: Path, rendered: list[str], field: str, what: str
) -> None:
    job = ended(database, tmp_path, {"moderation_checker": RED}, "a fox", **{field: picture((220, 20, 20))})
    assert_blocked(database, job, f"the {what} was blocked: violence")
    assert rendered == []


def test_good_images_pass(database: Database, tmp_path: Path, rendered: list[str]) -> None:
    job = ended(database, tmp_path, {"moderation_checker": RED}, "a fox", start_image=picture((20, 20, 220)))
    assert job.state == "COMPLETED", job.error


@pytest.mark.parametrize("frames", [0, 3])
def test_frames_of_the_video_are_looked_at_before_it_is_stored(
    database: Database, tmp_path: Path, rendered: list[str], frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames_of = Script._frames

    def red(engine: Script, spec: Any, report: Any) -> Iterator[Any]:
        for frame in frames_of(engine, spec, report):
            frame[..., 1:] //= 8
            yield frame

    monkeypatch.setattr(Script, "_frames", red)
    job = ended(database, tmp_path, {"moderation_checker": RED, "moderation_frames": frames}, "a fox")
    if frames:
        assert_blocked(database, job, "the video was blocked: violence")
        assert not list((tmp_path / "assets").rglob("*.mp4"))
    else:
        assert job.state == "COMPLETED", job.error


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_a_checker_that_fails(database: Database, tmp_path: Path, rendered: list[str], fail: str) -> None:
    flags: dict[str, object] = {"moderation_url": "http://127.0.0.1:9/", "moderation_fail": fail}
    job = ended(database, tmp_path, flags, "a fox")
    if fail == "closed":
        assert_blocked(database, job, "the prompt could not be checked, and this server makes nothing unchecked")
        assert rendered == []
    else:
        assert job.state == "COMPLETED", job.error
