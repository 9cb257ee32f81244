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
