"""Seconds and peak memory for the page's sample, cold and warm, on this machine.

    make bench                      # or: python bench/clip.py [--runs 3]

cold    `flashreel generate`, whole process, with an empty JIT cache: the first video ever on a machine
process `flashreel generate`, whole process, JIT cache filled
warm    submit to COMPLETED through a running server and the official SDK

Each row gives the median of its runs. Peak memory is of the process that renders (kernel's VmHWM, so with all threads).
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
from segmind import SegmindClient

PROMPT = "a young boy riding a red bicycle in grand canyon valleys"
MODEL = "ray-flash-2-720p"


def generate(folder: Path, cache: Path) -> tuple[float, float]:
    """Seconds and peak MB of one `flashreel generate`."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "flashreel", "generate", PROMPT, "-o", str(folder / "clip.mp4"), "--seed", "1"]
    process = subprocess.Popen(
        [*command, "--data", str(folder)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, peak_mb(process.pid))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"flashreel generate failed with status {process.returncode}")
    return time.monotonic() - begun, peak


def peak_mb(pid: int) -> float:
    """The process's peak resident memory so far, in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        try:
            return float(psutil.Process(pid).memory_info().rss) / 1e6
        except psutil.NoSuchProcess:
            return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def served(folder: Path, cache: Path, runs: int) -> list[tuple[float, float]]:
    """Seconds and the worker's peak MB of each job through one running server."""
    server = subprocess.Popen(
        [sys.executable, "-m", "flashreel", "serve", "--data", str(folder), "--port", "0"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        text = ""
        while (at := re.search(r" on (http://\S+)", text)) is None:
            line = server.stdout.readline()
            if not line:
                raise SystemExit("the server did not start")
            text += line
        key = re.search(r"fr_[0-9a-f]+", text)
        assert key is not None
        while httpx.get(f"{at[1]}/health/ready").status_code != 200:
            time.sleep(0.2)
        worker = next(
            child
            for child in psutil.Process(server.pid).children()
            if child.memory_info().rss
            == max(other.memory_info().rss for other in psutil.Process(server.pid).children())
        )
        client = SegmindClient(api_key=key[0], base_url=f"{at[1]}/v1")
        rows = []
        for _ in range(runs):
            begun = time.monotonic()
            client.submit_async(MODEL, prompt=PROMPT, duration="5", seed=1).wait(timeout=600, interval=0.1)
            rows.append((time.monotonic() - begun, peak_mb(worker.pid)))
        return rows
    finally:
        server.terminate()
        server.wait(40)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs: int = parser.parse_args().runs
    work = Path(tempfile.mkdtemp(prefix="flashreel-bench-"))
    try:
        cache = work / "cache"
        rows: list[tuple[str, list[tuple[float, float]]]] = []
        measures: list[tuple[str, Callable[[], list[tuple[float, float]]]]] = [
            ("cold", lambda: [generate(work / "a", cache)]),
            ("process", lambda: [generate(work / "a", cache) for _ in range(runs)]),
            ("warm", lambda: served(work / "b", cache, runs)),
        ]
        for name, measure in measures:
            rows.append((name, measure()))
    finally:
        shutil.rmtree(work)
    load = os.getloadavg()[0]
    print(f"{_processor()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, load {load:.1f}")
    print(f"{'':<9}{'seconds':>9}{'peak MB':>9}{'runs':>6}")
    for name, measured in rows:
        seconds = statistics.median(row[0] for row in measured)
        print(f"{name:<9}{seconds:>9.2f}{max(row[1] for row in measured):>9.0f}{len(measured):>6}")


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor()


if __name__ == "__main__":
    main()
