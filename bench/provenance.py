"""Milliseconds that provenance adds to a clip of the page's sample: 5 s at 1280x720, made by the built-in engine.

    python bench/provenance.py [--runs 9]

sign    the manifest made and signed, the file written again and synced, then read back and verified
image   the same with a start image that carries a manifest of its own; its reader is a process that is started while
        the clip is rendered, so a clip does not wait for all of it
load    the library's import, in a fresh process; it too happens on a thread of its own while the clip is rendered

Each row gives the median of its runs, and the worst.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flashreel import __version__
from flashreel.clip import make_clip
from flashreel.engines.animatic.engine import AnimaticEngine
from flashreel.engines.base import Keyframes
from flashreel.media import certificate
from flashreel.media.ingredients import Source
from flashreel.media.provenance import Facts, Signing
from flashreel.spec import GenerationSpec

FACTS = Facts("clip.mp4", __version__, "animatic", __version__, "algorithmicMedia", "0" * 64)
SPEC = GenerationSpec(
    model="ray-flash-2-720p",
    prompt="a young boy riding a red bicycle in grand canyon valleys",
    aspect_ratio="16:9",
    width=1280,
    height=720,
    duration=5,
    seed=1,
)


def milliseconds(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return 1e3 * (time.perf_counter() - begun)


def load() -> float:
    code = "import time; b = time.perf_counter(); import c2pa; print(time.perf_counter() - b)"
    return 1e3 * float(subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="flashreel-bench-") as folder:
        path = Path(folder) / "clip.mp4"
        engine = AnimaticEngine(os.cpu_count() or 1)
        make_clip(engine, SPEC, Keyframes(), path, lambda stage, fraction: None)
        engine.close()
        unsigned = path.read_bytes()
        identity = certificate.load(Path(folder) / "provenance")

        def sign(*sources: Source) -> float:
            path.write_bytes(unsigned)
            return milliseconds(lambda: Signing(FACTS, identity, list(sources)).finish(path))

        sign()  # the first loads the library
        signed = path.read_bytes()  # carries a manifest, as an image would
        rows = {
            "sign": [sign() for _ in range(runs)],
            "image": [sign(Source("start image", signed)) for _ in range(runs)],
            "load": [load() for _ in range(runs)],
        }
    cores, size = len(os.sched_getaffinity(0)), len(unsigned) / 1e6
    print(f"{cores} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}, {size:.1f} MB")
    print(f"{'':<6}{'median ms':>10}{'worst ms':>10}{'runs':>6}")
    for name, taken in rows.items():
        print(f"{name:<6}{statistics.median(taken):>10.1f}{max(taken):>10.1f}{len(taken):>6}")
    print(f"larger by {len(signed) - len(unsigned)} bytes")


if __name__ == "__main__":
    main()
