"""Videos from Python."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import flashreel
from flashreel import generation
from flashreel.errors import FlashreelError
from tests.support.server import MODELS

SHOWS = "tests.support.engines:Shows"


def generate(folder: Path, prompt: str = "a bar", **options: Any) -> flashreel.Clip:
    """A small clip of the scripted engine; with `engine`, of another one."""
    model = "tiny" if "engine" in options else "scripted"
    return flashreel.generate(prompt, **{"model": model, "config": MODELS, "data": folder / "data", **options})


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_package_alone_imports_nothing() -> None:
    script = """
import sys
before = set(sys.modules)
import flashreel
loaded = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
assert loaded == {"flashreel"}, loaded
assert not any(name.startswith("flashreel.") for name in sys.modules)
for name in flashreel.__all__:
    getattr(flashreel, name)
assert flashreel.JobFailed is flashreel.errors.JobFailed
try:
    flashreel.nothing
except AttributeError as error:
    assert "'nothing'" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_clip_is_a_file_with_frames_and_facts(tmp_path: Path) -> None:
    film = tmp_path / "new" / "bar.mp4"
    clip = generate(tmp_path, seed=4, output=film)
    assert clip.path == film
    frames = list(clip.frames())
    assert [frame.shape for frame in frames] == [(90, 160, 3)] * 121
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    assert np.abs(frames[0][:, 20:].astype(int) - 90).max() < 12  # grey, but for the encoder
    facts = clip.metadata
    assert (facts.seed, facts.width, facts.height, facts.fps, facts.frames) == (4, 160, 90, 24, 121)
    assert facts.duration == pytest.approx(121 / 24, abs=1e-3)
    assert (facts.file_size, facts.understood, facts.warnings) == (film.stat().st_size, None, ())
    assert repr(clip) == f"<Clip '{film}', 160x90, 121 frames, seed 4>"
    copy = clip.save(tmp_path / "copies" / "bar.mp4")
    assert copy.read_bytes() == film.read_bytes()
    del clip, frames
    gc.collect()
    assert film.exists()


def test_what_the_engine_understood_is_told(tmp_path: Path) -> None:
    facts = generate(tmp_path, "a zorblax red fox", engine="animatic", loop=True).metadata
    assert facts.frames == 120
    assert facts.understood is not None
    assert 0 < facts.understood < 1
    assert facts.unknown == ("zorblax",)
    assert "zorblax" in facts.warnings[0]


def test_temporary_file_goes_with_the_clip(tmp_path: Path, temporary: Path) -> None:
    clip = generate(tmp_path)
    film = clip.path
    assert film.is_relative_to(temporary)
    assert clip.metadata.seed != generate(tmp_path).metadata.seed
    frames = clip.frames()
    next(frames)
    del clip
    gc.collect()
    assert film.exists()  # somebody is still looking
    frames.close()  # type: ignore[attr-defined]  # a generator, to mypy an iterator
    del frames
    gc.collect()
    assert names(temporary) == []


def test_a_notebook_shows_the_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = generate(tmp_path, 'a "bar" <b>', loop=True)
    shown = clip._repr_html_()
    assert shown.startswith("<video controls ")
    assert " loop " in shown
    assert 'title="a &quot;bar&quot; &lt;b&gt;"' in shown
    assert 'src="data:video/mp4;base64,AAAA' in shown  # how an MP4 begins
    monkeypatch.setattr(generation, "INLINE_MAX", clip.metadata.file_size - 1)
    assert "data:" not in clip._repr_html_()
    assert "too large" in clip._repr_html_()


def picture() -> NDArray[np.uint8]:
    """Red above blue, as large as a tiny clip's frame."""
    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[:44], pixels[44:] = (200, 30, 30), (30, 30, 200)
    return pixels


@pytest.mark.parametrize("form", ["path", "str", "bytes", "Pillow", "palette", "array", "RGBA", "data URL"])
def test_image_in_every_form_it_may_have(tmp_path: Path, form: str) -> None:
    image = Image.fromarray(picture())
    file = BytesIO()
    image.save(file, "PNG")
    (tmp_path / "image.png").write_bytes(file.getvalue())
    start: dict[str, Any] = {
        "path": tmp_path / "image.png",
        "str": str(tmp_path / "image.png"),
        "bytes": file.getvalue(),
        "Pillow": image,
        "palette": image.quantize(4),
        "array": picture(),
        "RGBA": np.dstack([picture(), np.full((90, 160), 255, np.uint8)]),
        "data URL": "data:image/png;base64," + b64encode(file.getvalue()).decode(),
    }
    clip = generate(tmp_path, start_image=start[form], engine=SHOWS)
    first = next(iter(clip.frames())).astype(int)
    assert np.abs(first - picture()).mean() < 4  # the encoder's


@pytest.mark.parametrize(
    ("options", "field", "allowed"),
    [
        ({"duration": 7}, "duration", [5, 9]),
        ({"seed": -1}, "seed", "it must be an integer from 0 to 9007199254740991"),
        ({"loop": True, "end_image": b"x"}, "loop", [False]),
        ({"start_image": np.zeros((4, 4, 3))}, "start_image", None),
        ({"start_image": np.zeros((4, 4, 2), np.uint8)}, "start_image", None),
        ({"end_image": 5}, "end_image", None),
        ({"start_image": "http://10.0.0.1/x.png"}, "start_image", None),
    ],
)
def test_refusal_names_field_value_and_what_is_allowed(
    tmp_path: Path, temporary: Path, options: dict[str, Any], field: str, allowed: object
) -> None:
    with pytest.raises(flashreel.InvalidRequest) as refused:
        generate(tmp_path, **options)
    assert refused.value.details["field"] == field
    assert str(refused.value).startswith(field)
    if allowed is not None:
        assert refused.value.details["allowed"] == allowed
    assert names(temporary) == []


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"model": "none"}, flashreel.NotFound, "there is no model 'none'"),
        ({"config": "missing.toml"}, flashreel.SetupError, "missing.toml cannot be read"),
        ({"engine": "none"}, flashreel.SetupError, "known engines are"),
        ({"start_image": Path("missing.png")}, flashreel.JobFailed, "start_image missing.png cannot be read"),
        ({"start_image": b"x"}, flashreel.JobFailed, "start_image is not an image"),
        ({"prompt": "short"}, flashreel.JobFailed, "of the 121 frames"),
        ({"prompt": "black"}, flashreel.JobFailed, "black"),
    ],
)
def test_failure_leaves_no_file(
    tmp_path: Path, temporary: Path, options: dict[str, Any], error: type[FlashreelError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        generate(tmp_path, **options)
    assert names(temporary) == []


def test_progress_is_heard_and_may_stop_the_work(tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    generate(tmp_path, progress=lambda stage, done: heard.append((stage, done)))
    assert list(dict.fromkeys(stage for stage, _ in heard)) == ["preparing", "rendering", "encoding"]
    parts = [done for stage, done in heard if stage == "rendering"]
    assert parts == sorted(parts)
    assert parts[-1] == 1

    def stop(stage: str, done: float) -> None:
        if stage == "rendering":
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        generate(tmp_path, progress=stop, output=tmp_path / "x.mp4")
    assert not (tmp_path / "x.mp4").exists()


# --- beside an event loop


def scripted(folder: Path, **options: Unpack[generation.Options]) -> generation.Options:
    """Options of the scripted engine."""
    return {"model": "scripted", "config": MODELS, "data": folder / "data", **options}


def test_agenerate_leaves_the_event_loop_free(tmp_path: Path) -> None:
    threads = set()

    async def main() -> flashreel.Clip:
        begun = asyncio.Event()

        def hear(stage: str, done: float) -> None:
            threads.add(threading.get_ident())
            if stage == "rendering":
                begun.set()

        options = scripted(tmp_path, output=tmp_path / "x.mp4", seed=9, progress=hear)
        work = asyncio.create_task(flashreel.agenerate("seconds=1", **options))
        await begun.wait()
        assert not work.done()
        return await work

    clip = asyncio.run(main())
    assert (clip.metadata.seed, clip.metadata.frames) == (9, 121)
    assert threads == {threading.get_ident()}


def test_agenerate_is_cancelled(tmp_path: Path, temporary: Path) -> None:
    async def main() -> None:
        begun = asyncio.Event()

        def hear(stage: str, done: float) -> None:
            if stage == "rendering":
                begun.set()

        work = asyncio.create_task(flashreel.agenerate("seconds=120", **scripted(tmp_path, progress=hear)))
        await begun.wait()
        assert len(names(temporary)) == 1
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        # The thread had ended when the cancellation was answered.
        assert names(temporary) == []

    asyncio.run(main())


def test_agenerate_raises_what_generate_raises(tmp_path: Path) -> None:
    with pytest.raises(flashreel.InvalidRequest, match="duration is 7"):
        asyncio.run(flashreel.agenerate("a bar", duration=7, data=tmp_path))
