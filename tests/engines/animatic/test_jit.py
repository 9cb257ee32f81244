"""The compile options: `noalias` where numba has it, and the same results where it has not."""

from __future__ import annotations

import inspect

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
