"""The process that decodes: what it may, how it ends, and that its end is one job's alone."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from tests.support.images import saved
from tests.support.server import wait_for

from flashreel.errors import JobFailed
from flashreel.media import decoder as module
from flashreel.media.decode_protocol import CPU_SECONDS, MEMORY_MAX
from flashreel.media.decoder import Decoder

FIELD = "end_image_url"
PICTURE = saved(Image.new("RGB", (64, 64), (10, 200, 90)), "PNG")
#: Takes a while: 64 million pixels of palette and alpha.
SLOW = saved(Image.new("LA", (8000, 8000), (77, 128)), "PNG", compress_level=1)

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


def failure(decoder: Decoder, data: bytes = PICTURE, check: Callable[[], None] = lambda: None) -> str:
    with pytest.raises(JobFailed) as raised:
        decoder.decode(data, FIELD, 64, 64, check)
    assert raised.value.code == "image_invalid"
    assert str(raised.value).startswith(f"{FIELD} ")
    return str(raised.value).removeprefix(f"{FIELD} ")


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_two_pictures_and_a_refusal_are_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with Decoder() as decoder:
        first = decoder.decode(PICTURE, "start_image_url", 64, 64)
        assert failure(decoder, b"<svg/>") == "is not an image: image/svg+xml"
        second = decoder.decode(PICTURE, FIELD, 32, 16)
        pid = decoder.pid
        assert not is_gone(pid)
    assert (first.shape, second.shape) == ((64, 64, 3), (16, 32, 3))
    assert first.dtype == np.uint8
    assert (first == (10, 200, 90)).all()
    assert (second == (10, 200, 90)).all()
    assert is_gone(pid)


@needs_proc
def test_it_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHREEL_DATA", "/data")
    monkeypatch.setenv("LUMAAI_API_KEY", "secret")
    with Decoder() as decoder:
        decoder.decode(PICTURE, FIELD, 64, 64)
        text = Path(f"/proc/{decoder.pid}/environ").read_text()
        names = {entry.partition("=")[0] for entry in text.split("\0") if entry}
        files = [str(file.readlink()) for file in Path(f"/proc/{decoder.pid}/fd").iterdir()]
        words = psutil.Process(decoder.pid).cmdline()
    assert names <= {"PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LC_CTYPE"}
    assert all(name.startswith("pipe:") or name == "/dev/null" for name in files)
    assert "flashreel.media.decode_child" in words


@needs_proc
def test_its_limits_hold() -> None:
    with Decoder() as decoder:
        decoder.decode(PICTURE, FIELD, 64, 64)
        process = psutil.Process(decoder.pid)
        assert process.rlimit(resource.RLIMIT_AS) == (MEMORY_MAX, MEMORY_MAX)
        assert process.rlimit(resource.RLIMIT_CPU) == (CPU_SECONDS, CPU_SECONDS + 1)
        for number in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            assert process.rlimit(number) == (0, 0)
        assert process.rlimit(resource.RLIMIT_NOFILE)[1] <= 64


@needs_proc
def test_memory_that_ends_fails_one_picture() -> None:
    with Decoder() as decoder:
        decoder.decode(PICTURE, FIELD, 64, 64)
        psutil.Process(decoder.pid).rlimit(resource.RLIMIT_AS, (150 * 2**20, 150 * 2**20))
        assert failure(decoder, SLOW) == "could not be decoded: it takes more than 1.5 GiB of memory"
        assert (decoder.decode(PICTURE, FIELD, 64, 64) == (10, 200, 90)).all()


@needs_proc
def test_processor_time_that_ends_fails_the_job() -> None:
    with Decoder() as decoder:
        decoder.decode(PICTURE, FIELD, 64, 64)
        psutil.Process(decoder.pid).rlimit(resource.RLIMIT_CPU, (1, 2))
        said = ""
        for _ in range(20):
            try:
                decoder.decode(SLOW, FIELD, 64, 64)
            except JobFailed as failed:
                said = str(failed)
                break
    assert said == f"{FIELD} could not be decoded: it takes more than {CPU_SECONDS} s of processor time"


FAKE_ENDS = {
    "a crash": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the decoder crashed (SIGSEGV)"),
    "an end": ("raise SystemExit(3)", "the decoder ended with status 3"),
    "a kill": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the decoder was stopped"),
    "nonsense": ("print('x' * 100, flush=True); import time; time.sleep(60)", "the decoder gave no valid answer"),
    "too many pixels": (
        "import sys, time; sys.stdout.buffer.write(b'\\1\\xff\\xff\\xff\\xff'); sys.stdout.flush(); time.sleep(60)",
        "the decoder gave no valid answer",
    ),
    "half an answer": (
        "import sys; sys.stdout.buffer.write(b'\\1\\0\\0\\x30\\0' + bytes(9)); sys.stdout.flush(); raise SystemExit(0)",
        "the decoder ended with status 0",
    ),
}


@pytest.mark.parametrize("name", FAKE_ENDS)
def test_a_process_that_gives_no_answer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    source, reason = FAKE_ENDS[name]
    monkeypatch.setattr(module, "command", lambda _: [sys.executable, "-S", "-c", source])
    with Decoder() as decoder:
        assert failure(decoder) == f"could not be decoded: {reason}"


def test_one_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "command", lambda _: [sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(module, "WALL_SECONDS", 0.2)
    with Decoder() as decoder:
        assert failure(decoder, bytes(1_000_000)) == "could not be decoded: it takes more than 0.2 s"


def test_whoever_waits_may_leave_and_the_process_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "command", lambda _: [sys.executable, "-S", "-c", "import time; time.sleep(60)"])

    def cancelled() -> None:
        raise JobFailed("cancelled", "cancelled by its owner")

    with Decoder() as decoder:
        with pytest.raises(JobFailed, match=r"^cancelled by its owner$"):
            decoder.decode(PICTURE, FIELD, 64, 64, cancelled)
        decoder._process.wait(60)
        assert is_gone(decoder.pid)
    for thread in threading.enumerate():
        if thread.name == "patiently":
            thread.join(60)
            assert not thread.is_alive()


_PARENT = """
import sys, time
from flashreel.media.decoder import Decoder
decoder = Decoder()
print(decoder.pid, flush=True)
time.sleep(60)
"""


def test_it_does_not_outlive_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not is_gone(pid)
        parent.kill()
        wait_for(lambda: is_gone(pid))


def test_its_module_brings_no_numpy_and_no_web() -> None:
    """It starts with every job that has images."""
    code = (
        "import sys, flashreel.media.decode_child\n"
        "print(sorted({'numpy', 'av', 'cv2', 'numba', 'httpx', 'pydantic', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_process_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "command", lambda _: ["/nowhere/python"])
    with pytest.raises(JobFailed, match=r"^no process could be started to decode the image: ") as raised:
        Decoder()
    assert raised.value.code == "out_of_memory"
