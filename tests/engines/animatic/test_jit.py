"""The compile options: `noalias` where numba has it, and the same results where it has not."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flashreel.engines.animatic import jit
from flashreel.engines.animatic.vector_kernels import rasterise


def test_noalias_is_found_in_the_pinned_numba() -> None:
    assert jit._allow_noalias()


def test_environment_turns_noalias_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHREEL_NO_NOALIAS", "1")

    assert not jit._allow_noalias()


def test_a_numba_without_the_option_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise AttributeError(name)

    monkeypatch.setattr("numba.core.options.TargetOptions.Mapping", fail)

    assert not jit._allow_noalias()


def test_fallback_gives_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {key: value for key, value in jit._OPTIONS.items() if key not in ("noalias", "cache")}
    monkeypatch.setattr(jit, "_OPTIONS", plain)
    without_noalias = jit.small_kernel(inspect.unwrap(rasterise))
    star = np.random.default_rng(1).uniform(-5.0, 45.0, (40, 2))
    edges = np.hstack([star, np.roll(star, -1, 0)])
    expected, got = np.zeros((32, 42), np.float32), np.zeros((32, 42), np.float32)

    rasterise(edges, 40, 0.0, 0.0, expected)
    without_noalias(edges, 40, 0.0, 0.0, got)

    assert expected.max() > 0.9
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.slow
def test_fallback_draws_the_same_frames(tmp_path: Path) -> None:
    script = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.jit import NOALIAS
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.stage import Stage
with ThreadPoolExecutor(2) as executor:
    scene = build(parse("a boy riding a bicycle in a canyon"), 5, 1, False, width=320, height=180, executor=executor)
assert NOALIAS is (sys.argv[2] == "0")
np.save(sys.argv[1], np.stack([Stage(scene, 320, 180).frame(number) for number in (0, 60)]))
"""
    frames = []
    for off in ("0", "1"):
        file = tmp_path / f"{off}.npy"
        env = {**os.environ, "FLASHREEL_NO_NOALIAS": off}
        subprocess.run([sys.executable, "-c", script, str(file), off], env=env, check=True)
        frames.append(np.load(file).astype(int))

    assert np.abs(frames[0] - frames[1]).max() <= 2


FRAME = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from numba.core.cpu import CPUContext
from flashreel.engines.animatic import jit
if sys.argv[2] == "as ever":
    jit._start_runtime = None
calls = []
register = CPUContext.load_additional_registries
CPUContext.load_additional_registries = lambda context: calls.append(context) or register(context)
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.stage import Stage
with ThreadPoolExecutor(2) as executor:
    scene = build(parse("a boy riding a bicycle in a canyon"), 5, 1, False, width=160, height=90, executor=executor)
np.save(sys.argv[1], Stage(scene, 160, 90).frame(7))
print(bool(calls))
"""


def test_cached_kernels_need_no_compiler_and_draw_what_they_always_draw(tmp_path: Path) -> None:
    registered, frames = [], []
    for how in ("lean", "as ever"):
        file = tmp_path / f"{how}.npy"
        done = subprocess.run([sys.executable, "-c", FRAME, str(file), how], check=True, capture_output=True, text=True)
        registered.append(done.stdout.strip())
        frames.append(np.load(file))
    assert registered == ["False", "True"]
    np.testing.assert_array_equal(*frames)


def test_a_kernel_that_is_not_cached_is_compiled_all_the_same(tmp_path: Path) -> None:
    script = """
from pathlib import Path
import sys
import numpy as np
from flashreel.engines.animatic.vector_kernels import rasterise
coverage = np.zeros((8, 8), np.float32)
rasterise(np.array([[0.0, 0, 8, 0], [8, 0, 8, 8], [8, 8, 0, 8], [0, 8, 0, 0]]), 4, 0.0, 0.0, coverage)
print(float(coverage.max()))
"""
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)
    assert float(done.stdout) > 0.9


def test_a_numba_with_other_insides_loads_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cache:
        def _load_overload(self) -> None: ...

    class Dispatcher:
        _cache = Cache()  # lacks what guards against a failing file system

    other = Dispatcher()
    assert jit._load_lean(other) is other
    assert not hasattr(other._cache, "load_overload")
    bare = jit.small_kernel(inspect.unwrap(rasterise))
    assert "load_overload" in vars(bare._cache)  # type: ignore[attr-defined]  # numba's, behind the plain signature
    monkeypatch.setattr(jit, "_start_runtime", None)
    bare = jit.small_kernel(inspect.unwrap(rasterise))
    assert "load_overload" not in vars(bare._cache)  # type: ignore[attr-defined]
