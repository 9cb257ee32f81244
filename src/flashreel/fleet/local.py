"""The local fleet: workers as child processes of `serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flashreel.engines.capabilities import capabilities
from flashreel.process import Child
from flashreel.sandbox import worker_environment
from flashreel.settings import Settings
from flashreel.telemetry import traces


def local_workers(settings: Settings, temporary: Path) -> list[Child]:
    """`settings.workers` workers for each engine that some model uses, sharing the cores out. Each has a folder of its
    own in `temporary`, for whatever it writes before it is stored."""
    engines = sorted({model.engine or settings.engine for model in settings.catalogue})
    count = settings.workers * len(engines)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = settings.threads or max(1, cores // max(1, settings.workers))
    return [
        Child(
            role="worker",
            payload=_payload(settings, engines[index % len(engines)], name, threads, temporary / name),
            env=_environment(settings, engines[index % len(engines)], temporary / name),
        )
        for index, name in ((index, f"worker{index + 1}") for index in range(count))
    ]


def _environment(settings: Settings, engine: str, temporary: Path) -> dict[str, str]:
    given = worker_environment((*settings.worker_env, *capabilities(engine).env))
    # An environment that names a cache folder (an image with a warm one, a test run) wins.
    return {"NUMBA_CACHE_DIR": str(settings.data / "cache" / "numba"), **given, "TMPDIR": str(temporary)}


def _payload(settings: Settings, engine: str, name: str, threads: int, scratch: Path) -> dict[str, Any]:
    given = {"name": name, "engine": engine, "threads": threads, "scratch": str(scratch)}
    return {**given, **told(settings, scratch.parent)}


def told(settings: Settings, temporary: Path) -> dict[str, Any]:
    """What every child is told, whatever its role: the settings, where to count, whom to send traces to."""
    return {
        "settings": settings.model_dump(mode="json"),
        "metrics": str(temporary / "metrics"),
        "otel": traces.environment(),
    }
