"""Filling the JIT cache with several processes."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from numba.core.dispatcher import Dispatcher

from flashreel.engines.animatic import compile_helper, kernel_cache, vector
from flashreel.errors import JobFailed

#: A helper that notes what it is told to compile: its process id on a line of the file in `argv[1]`, then each index.
OBEDIENT = """
import os, sys
note = open(sys.argv[1], "a", buffering=1)
print("pid", os.getpid(), file=note)
print([5, 3, 2, 1, 1], flush=True)
for line in sys.stdin:
    print(int(line), file=note)
    print(line, end="", flush=True)
"""
SLOW = OBEDIENT.replace("    print(line", "    import time; time.sleep(60)\n    print(line")
DYING = "import sys; print([5, 3], flush=True); sys.stdin.readline(); sys.exit(3)"
DISAGREEING = "import os; print([os.getpid()], flush=True); input()"


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is empty, and where the helpers of `use` leave their notes."""
    monkeypatch.setattr(kernel_cache, "CACHE_FOLDER", tmp_path / "cache")
    return tmp_path / "notes"


@pytest.fixture
def use(notes: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a script the helper."""
    return lambda script: monkeypatch.setattr(kernel_cache, "_HELPER", (sys.executable, "-c", script, str(notes)))


def _ignore(stage: str, done: float) -> None:
    """A report that lets everything go on."""


def test_everything_is_compiled_once_and_the_cache_marked(use: Callable[[str], None], notes: Path) -> None:
    use(OBEDIENT)
    seen: list[tuple[str, float]] = []

    kernel_cache.fill(lambda stage, done: seen.append((stage, done)), cpus=2)

    lines = notes.read_text().split("\n")[:-1]
    assert sum(line.startswith("pid") for line in lines) == 2
    assert sorted(line for line in lines if not line.startswith("pid")) == ["0", "1", "2", "3", "4"]
    assert kernel_cache.is_complete()
    assert {stage for stage, _ in seen} == {"compiling"}
    parts = [done for _, done in seen]
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (0, 1)


def test_a_full_cache_is_left_alone(use: Callable[[str], None], notes: Path) -> None:
    use(OBEDIENT)
    kernel_cache.fill(_ignore, cpus=2)
    notes.unlink()

    kernel_cache.fill(_ignore, cpus=2)

    assert not notes.exists()


def test_one_cpu_starts_no_helpers(use: Callable[[str], None], notes: Path) -> None:
    use(OBEDIENT)

    kernel_cache.fill(_ignore, cpus=1)

    assert not notes.exists()
    assert not kernel_cache.is_complete()


@pytest.mark.parametrize("script", [DYING, DISAGREEING, "raise SystemExit(1)"])
def test_helpers_that_fail_are_survived(
    use: Callable[[str], None], script: str, caplog: pytest.LogCaptureFixture
) -> None:
    use(script)

    with caplog.at_level(logging.WARNING):
        kernel_cache.fill(_ignore, cpus=2)

    assert "one after another" in caplog.text
    assert not kernel_cache.is_complete()


def test_a_report_that_raises_ends_the_helpers(use: Callable[[str], None], notes: Path) -> None:
    use(SLOW)

    def cancel(stage: str, done: float) -> None:
        if done > 0:
            raise JobFailed("cancelled", "stop")

    with pytest.raises(JobFailed, match="stop"):
        kernel_cache.fill(cancel, cpus=2)

    pids = [int(line.split()[1]) for line in notes.read_text().split("\n") if line.startswith("pid")]
    assert pids
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_two_workers_do_not_do_the_same_work(use: Callable[[str], None], notes: Path) -> None:
    use(OBEDIENT)
    workers = [threading.Thread(target=kernel_cache.fill, args=(_ignore, 2)) for _ in range(2)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(line.isdigit() for line in notes.read_text().split("\n")) == 5


def test_a_helper_ends_with_its_input() -> None:
    helper = subprocess.Popen(kernel_cache._HELPER, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert helper.stdin is not None
    helper.stdin.close()

    assert helper.wait(60) == 0


def test_specialisations_are_noted_without_computing() -> None:
    picture = np.ones((8, 8, 1), np.float32)
    before = vars(vector)["box_blur"]

    def play() -> None:
        vector.blur(picture, 2.0)

    found = compile_helper.specialisations(play)

    assert [entry.name.partition("(")[0] for entry in found] == ["box_blur"]
    assert isinstance(found[0].kernel, Dispatcher)
    assert vars(vector)["box_blur"] is before
    assert picture.min() == 1


def test_helpers_leave_nothing_to_compile() -> None:
    """What the samples call is in the cache once the helpers have been through, so drawing them only loads."""
    script = """
import sys
from numba.core.dispatcher import Dispatcher
from flashreel.engines.animatic.compile_helper import _draw_all
_draw_all()
kernels = {k for m in list(sys.modules.values()) for k in vars(m).values() if isinstance(k, Dispatcher)}
print(sum(sum(k.stats.cache_hits.values()) for k in kernels))
print(*{k.py_func.__name__ for k in kernels if k.stats.cache_misses})
"""
    made = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True)
    loaded, missing = made.stdout.split("\n")[:2]

    assert int(loaded) > 20
    assert missing == ""
