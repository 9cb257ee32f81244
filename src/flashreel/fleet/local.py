"""The local fleet: workers as child processes of `serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flashreel.engines.capabilities import capabilities
from flashreel.process import Child
from flashreel.sandbox import worker_environment
from flashreel.settings import Settings


def local_workers(settings: Settings, temporary: Path) -> list[Child]:
    """`settings.workers` workers for each engine that some model uses, sharing the cores out. Temporary files are to
    lie in the folder `temporary`."""
    engines = sorted({model.engine or settings.engine for model in settings.catalogue})
    count = settings.workers * len(engines)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = settings.threads or max(1, cores // max(1, settings.workers))
    return [
        Child(
            role="worker",
            payload=_payload(settings, engines[index % len(engines)], index, threads),
            env=_environment(settings, engines[index % len(engines)], temporary),
        )
        for index in range(count)
    ]


def _environment(settings: Settings, engine: str, temporary: Path) -> dict[str, str]:
    given = worker_environment((*settings.worker_env, *capabilities(engine).env))
    # An environment that names a cache folder (an image with a warm one, a test run) wins.
    return {"NUMBA_CACHE_DIR": str(settings.data / "cache" / "numba"), **given, "TMPDIR": str(temporary)}


def _payload(settings: Settings, engine: str, index: int, threads: int) -> dict[str, Any]:
    return {
        "name": f"worker{index + 1}",
        "settings": settings.model_dump(mode="json"),
        "engine": engine,
        "threads": threads,
    }
