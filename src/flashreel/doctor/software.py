"""What runs: Python, the extras, the engines, and a GPU, if any."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from flashreel import __version__
from flashreel.doctor.finding import Finding
from flashreel.engines.capabilities import CAPABILITIES
from flashreel.settings import Settings

#: What `pip install 'flashreel[...]'` adds, and the package that it can be told by.
EXTRAS: Final[Mapping[str, str]] = MappingProxyType({"postgres": "psycopg", "otel": "opentelemetry-sdk", "mcp": "mcp"})

_PYTHON: Final = (3, 11)
_ANSWER_SECONDS: Final = 30.0


def check_python(_settings: Settings, version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    said = f"flashreel {__version__}, Python {'.'.join(map(str, version))}, {platform.system()} {platform.machine()}"
    if version < _PYTHON:
        yield Finding("python", "fail", said, f"install flashreel with Python {'.'.join(map(str, _PYTHON))} or newer")
    else:
        yield Finding("python", "ok", said)


def check_extras(_settings: Settings) -> Iterator[Finding]:
    there = {name: _version(package) for name, package in EXTRAS.items()}
    has = [f"{name} ({version})" for name, version in there.items() if version is not None]
    missing = [f"pip install 'flashreel[{name}]'" for name, version in there.items() if version is None]
    yield Finding("extras", "ok", "; ".join([", ".join(has) or "none installed", *missing]))


def _version(package: str) -> str | None:
    """Its version; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_engines(settings: Settings) -> Iterator[Finding]:
    used = sorted({settings.engine_of(model.name) for model in settings.catalogue})
    for engine in used:
        module = engine.partition(":")[0]
        if engine not in CAPABILITIES and not _is_there(module):
            said = f"the engine {engine!r} cannot be imported: there is no module {module!r}"
            yield Finding("engines", "fail", said, "install it beside flashreel, or put its folder on PYTHONPATH")
        else:
            yield Finding("engines", "ok", f"{engine} is there")
    if "animatic" in used and settings.workers:
        yield _kernels(settings)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # nor the package that it would be in
        return False


def _kernels(settings: Settings) -> Finding:
    """Asked in a process of its own, with the cache folder that a worker would have."""
    environment = {"NUMBA_CACHE_DIR": str(settings.data / "cache" / "numba"), **os.environ}
    command = "from flashreel.engines.animatic import kernel_cache as k; print(k.is_complete())"
    asked = run_python(command, environment)
    if asked.returncode:
        last = (asked.stderr.strip().splitlines() or ["it said nothing"])[-1]
        said = f"the built-in engine cannot be loaded: {last}"
        return Finding("kernels", "fail", said, "install flashreel again, into an environment of its own")
    if asked.stdout.strip() == "True":
        return Finding("kernels", "ok", f"compiled, in {environment['NUMBA_CACHE_DIR']}")
    return Finding("kernels", "ok", "not compiled yet; the next start does, which takes a minute at most")


def run_python(command: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a line of Python in a process of its own."""
    return subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=False)


def check_gpu(_settings: Settings) -> Iterator[Finding]:
    torch = _version("torch")
    with_torch = "torch is not installed" if torch is None else f"torch {torch}"
    program = shutil.which("nvidia-smi")
    if program is None:
        yield Finding("gpu", "ok", f"none to be seen, and the built-in engine needs none; {with_torch}")
        return
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        asked = subprocess.run(query, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False)
        said, failed = (asked.stdout or asked.stderr).strip(), bool(asked.returncode)
    except (OSError, subprocess.TimeoutExpired) as error:
        said, failed = str(error), True
    if failed:
        said = f"nvidia-smi fails: {said.splitlines()[0] if said else 'it said nothing'}"
        yield Finding("gpu", "warn", said, "see to NVIDIA's driver; the built-in engine needs no GPU")
    else:
        yield Finding("gpu", "ok", f"{'; '.join(said.splitlines())}; {with_torch}")
