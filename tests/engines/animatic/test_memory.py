"""Peak memory: bounded, and the same for long clips as for short ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import resource, sys
from pathlib import Path
from flashreel.clip import make_clip
from flashreel.engines.animatic.engine import AnimaticEngine
from flashreel.engines.base import Keyframes
from flashreel.spec import GenerationSpec

width, height, duration = map(int, sys.argv[2:5])
spec = GenerationSpec(
    model="m", prompt=sys.argv[5], aspect_ratio="16:9",
    width=width, height=height, duration=duration, seed=1,
)
make_clip(AnimaticEngine(2), spec, Keyframes(), Path(sys.argv[1]), lambda stage, done: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _peak_megabytes(folder: Path, prompt: str, width: int, height: int, duration: int) -> float:
    """Of a process that makes one clip."""
    numbers = map(str, (width, height, duration))
    made = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(folder / "clip.mp4"), *numbers, prompt],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return int(made.stdout) / 1024


def test_a_long_clip_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    prompt, width, height = "a teddy bear on a table", 448, 252
    short, long = (_peak_megabytes(tmp_path, prompt, width, height, duration) for duration in (5, 9))
    kept = 96 * width * height * 1.5 / 2**20  # how much more the longer one would hold if it kept its frames
    assert long - short < 0.6 * kept


@pytest.mark.slow
def test_peak_memory_at_full_size(tmp_path: Path) -> None:
    prompt = "a red fox running through a snowy forest"
    short, long = (_peak_megabytes(tmp_path, prompt, 1280, 720, duration) for duration in (5, 9))
    assert short < 700
    assert abs(long - short) < 30
