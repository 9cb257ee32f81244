"""What the built-in engine takes: milliseconds a stage, seconds a prompt.

    python bench/animatic.py                     # every prompt once, the stages of the first
    python bench/animatic.py --prompts 1 --runs 3 --duration 9
    python bench/animatic.py --prototype PATH    # beside another program, in turns

Clips are made as a worker makes them (`flashreel.clip.make_clip`: rendered, encoded, probed) at 1280x720 in this one
process, once the kernels are loaded. Columns: `build` and `first` are seconds from the job's start until the scene
stands and until the first frame is drawn, `whole` until the file is probed, `CPU ms` CPU time a frame of all threads,
`busy` the CPU seconds that other processes took meanwhile: above a few tenths, only `CPU ms` means anything.

The table of stages is CPU time of one thread alone, so it is less than what two threads on two hyperthreads pay.

PATH is a folder in which `python -m animatic.cli PROMPT FILE` makes the same clip. It takes turns with `flashreel
generate`, both whole processes with their kernels compiled before; `busy` is as above, for all runs of a prompt.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from flashreel.clip import make_clip
from flashreel.engines.animatic import effects, painter, stage
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.engine import AnimaticEngine
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.base import Keyframes
from flashreel.media import video
from flashreel.media.frame_check import FrameCheck
from flashreel.spec import FPS, GenerationSpec

PROMPTS: Final = (
    "a young boy riding a red bicycle in grand canyon valleys",
    "a fox running through a snowy forest at dusk",
    "a sailboat on a stormy sea, lightning",
    "a rocket launching over a city at night",
    "an astronaut riding a horse on the moon",
    "two white horses galloping across a green meadow",
    "a blue sports car driving in the city at night",
    "a teddy bear dancing in the park",
    "a woman in a yellow dress dancing on the beach at sunset",
    "a huge elephant walking in the savanna at golden hour",
    "an eagle soaring over the grand canyon at sunset",
    "a girl with a red umbrella walking in the rain",
    "an orange clownfish swimming in a coral reef",
    "a cup of coffee on a wooden table",
    "a knight riding a white horse through a misty forest at dawn",
    "a penguin walking on the ice in antarctica, snowing",
    "a sailboat on a calm sea at sunset",
)
WIDTH: Final = 1280
HEIGHT: Final = 720
#: Frames drawn for the table of stages: a second from the middle, in a row, as the encoder sees them.
_SECOND: Final = range(2 * FPS, 3 * FPS)

#: What is timed for the table of stages, from the first to the last of a frame. What one stage calls of another is
#: counted there.
STAGES: Final[tuple[tuple[str, Any, str], ...]] = (
    ("clouds", stage, "clouds"),
    ("march", stage, "march"),
    ("shade", stage, "shade"),
    ("edges", stage, "soften_edges"),
    ("reflections", stage, "reflect"),
    ("cards", painter.Painter, "cards"),
    ("actors", painter.Painter, "actor"),
    ("particles", painter, "draw_dots"),
    ("lights", painter, "add_light"),
    ("stars", effects.Stars, "dots"),
    ("the scene's own", Scene, "draw"),
    ("glow", stage.Stage, "_gather_glow"),
    ("finish", stage, "finish"),
    ("check", FrameCheck, "see"),
    ("encode", video._Writer, "write"),
    ("encode", video._Writer, "finish"),
)


class Timing(NamedTuple):
    build: float
    first: float
    whole: float
    cpu_ms: float
    megabytes: float
    busy: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--prompts", type=int, default=len(PROMPTS), help="how many of the list")
    parser.add_argument("--runs", type=int, default=1, help="clips a prompt; the quickest counts")
    parser.add_argument("--duration", type=int, default=5, choices=(5, 9))
    parser.add_argument("--threads", type=int, help="drawing threads [default: as many as CPUs]")
    parser.add_argument("--prototype", type=Path, metavar="PATH", help="compare whole processes with another program")
    options = parser.parse_args()
    prompts = PROMPTS[: options.prompts]
    print(f"{len(os.sched_getaffinity(0))} CPUs, load {os.getloadavg()[0]:.1f}")
    if options.prototype is not None:
        compare(prompts, options.prototype, options.runs)
        return
    engine = AnimaticEngine(options.threads)
    begun = time.perf_counter()
    engine.warm_up(_ignore)
    print(f"warm-up {time.perf_counter() - begun:.1f} s\n")
    print_timings(engine, prompts, options.duration, options.runs)
    engine.close()
    print()
    print_stages(prompts[0])


def print_timings(engine: AnimaticEngine, prompts: Sequence[str], duration: int, runs: int) -> None:
    print(f"{'build':>7}{'first':>7}{'whole':>7}{'CPU ms':>8}{'MB':>7}{'busy':>6}   {duration} s of")
    for prompt in prompts:
        timings = [clip_timing(engine, prompt, duration, seed) for seed in range(1, runs + 1)]
        best = min(timings, key=lambda timing: timing.whole)
        print(
            f"{best.build:>7.2f}{best.first:>7.2f}{best.whole:>7.2f}{best.cpu_ms:>8.1f}"
            f"{best.megabytes:>7.2f}{best.busy:>6.1f}   {prompt}",
            flush=True,
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def clip_timing(engine: AnimaticEngine, prompt: str, duration: int, seed: int) -> Timing:
    """One clip, made and thrown away."""
    spec = _spec(prompt, duration, seed)
    moments: dict[str, float] = {}

    def note(name: str, done: float) -> None:
        if name == "rendering" or done == 1.0:
            moments.setdefault(name, time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        others, cpu, begun = _machine_seconds(), time.process_time(), time.perf_counter()
        clip = make_clip(engine, spec, Keyframes(), Path(folder) / "clip.mp4", note)
        whole, cpu = time.perf_counter() - begun, time.process_time() - cpu
        others = _machine_seconds() - others - cpu
    return Timing(
        moments["preparing"] - begun,
        moments["rendering"] - begun,
        whole,
        cpu / spec.frame_count * 1e3,
        clip.info.file_size / 1e6,
        max(others, 0.0),
    )


def print_stages(prompt: str) -> None:
    """CPU time of one thread, a frame and stage, of drawing and encoding."""
    with ThreadPoolExecutor(1) as executor:
        scene = build(parse(prompt), 5, 1, False, width=WIDTH, height=HEIGHT, executor=executor)
    clock = StageClock()
    for name, owner, attribute in STAGES:
        # a scene's method is its class's own
        clock.time(name, type(scene) if owner is Scene else owner, attribute)
    easel = stage.Stage(scene, WIDTH, HEIGHT)
    easel.frame(0)
    clock.spent.clear()
    begun = time.thread_time()
    numbers = _SECOND
    with tempfile.TemporaryDirectory() as folder:
        video.encode(
            (easel.frame(number) for number in numbers),
            Path(folder) / "clip.mp4",
            width=WIDTH,
            height=HEIGHT,
            fps=FPS,
            pixel_format="yuv420p",
            frame_count=len(numbers),
            on_frame=lambda count: None,
        )
    whole = time.thread_time() - begun
    rest = whole - sum(clock.spent.values())
    print(f"{'stage':<16}{'ms':>6}   {prompt}")
    for name in dict.fromkeys(name for name, _, _ in STAGES):
        if name in clock.spent:
            print(f"{name:<16}{clock.spent[name] / len(numbers) * 1e3:>6.1f}")
    print(f"{'the rest':<16}{rest / len(numbers) * 1e3:>6.1f}")
    print(f"{'all':<16}{whole / len(numbers) * 1e3:>6.1f}")


class StageClock:
    """Adds up the CPU time of functions, each without the timed functions it calls."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def time(self, name: str, owner: Any, attribute: str) -> None:
        """Times `owner.attribute` under `name` from now on."""
        function: Callable[..., Any] = getattr(owner, attribute)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            begun = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.thread_time() - begun
                self.spent[name] += spent - self._inner.pop()
                self._inner[-1] += spent

        setattr(owner, attribute, timed)


@dataclass(frozen=True, slots=True)
class Program:
    """Something that makes a clip of a prompt: a command for a prompt and a file, run in `folder`."""

    command: Callable[[str, Path], list[str]]
    folder: Path
    env: Mapping[str, str]

    def run(self, prompt: str, file: Path) -> tuple[float, float]:
        """Wall and CPU seconds of the process and its children."""
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            self.command(prompt, file),
            cwd=self.folder,
            env={**os.environ, **self.env, "PYTHONDONTWRITEBYTECODE": ""},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(prompts: Sequence[str], prototype: Path, runs: int) -> None:
    """Both programs in turns, after one run each that fills the caches."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        # Both keep bytecode and kernels, in a place of our own: nothing is left in the other program's folder.
        caches = {"NUMBA_CACHE_DIR": str(work / "numba"), "PYTHONPYCACHEPREFIX": str(work / "bytecode")}
        generate = [sys.executable, "-m", "flashreel", "generate", "--seed", "1", "--data", folder]
        ours = Program(lambda prompt, file: [*generate, prompt, "-o", str(file)], work, caches)
        theirs = Program(
            lambda prompt, file: [sys.executable, "-m", "animatic.cli", prompt, str(file)], prototype, caches
        )
        print(f"{'wall s':>9}{'other':>7}{'ratio':>7}{'CPU s':>9}{'other':>7}{'ratio':>7}{'busy':>7}")
        ratios: list[tuple[float, float]] = []
        for prompt in prompts:
            for program in (ours, theirs):
                program.run(prompt, work / "clip.mp4")
            before = _machine_seconds()
            pairs = [(ours.run(prompt, work / "a.mp4"), theirs.run(prompt, work / "b.mp4")) for _ in range(runs)]
            own = sum(run[1] for pair in pairs for run in pair)
            busy = max(_machine_seconds() - before - own, 0.0)
            wall, cpu = ([statistics.median(pair[i][clock] for pair in pairs) for i in (0, 1)] for clock in (0, 1))
            ratios.append((wall[0] / wall[1], cpu[0] / cpu[1]))
            line = "".join(
                f"{mine:>9.2f}{other:>7.2f}{ratio:>7.2f}"
                for (mine, other), ratio in zip((wall, cpu), ratios[-1], strict=True)
            )
            print(f"{line}{busy:>7.1f}   {prompt}", flush=True)
        wall_ratio, cpu_ratio = (statistics.median(column) for column in zip(*ratios, strict=True))
        print(f"{wall_ratio:>23.2f}{cpu_ratio:>23.2f}{'':>7}   median of {len(ratios)}")


def _spec(prompt: str, duration: int, seed: int) -> GenerationSpec:
    return GenerationSpec(
        model="ray-flash-2-720p",
        prompt=prompt,
        aspect_ratio="16:9",
        width=WIDTH,
        height=HEIGHT,
        duration=duration,
        seed=seed,
    )


def _machine_seconds() -> float:
    """CPU seconds all processes have used since the machine started; 0 where /proc is not to be had."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[1:4])) / os.sysconf("SC_CLK_TCK")


def _ignore(stage_name: str, done: float) -> None:
    """A report that lets everything go on."""


if __name__ == "__main__":
    main()
