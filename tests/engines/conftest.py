"""What holds for every test of an engine."""

from __future__ import annotations

import os

import pytest

from flashreel.engines.animatic import kernel_cache


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """From a cold cache all kernels are compiled at once, in several processes, instead of test by test."""
    if not kernel_cache.is_complete():
        kernel_cache.fill(lambda stage, done: None, os.cpu_count() or 1)
