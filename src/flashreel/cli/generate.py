"""`flashreel generate`: videos here and now."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from flashreel.cli.progress import progress
from flashreel.cli.prompts import Line, in_line, read_prompts
from flashreel.errors import FlashreelError, InvalidRequest, JobFailed, SetupError
from flashreel.settings import load_settings
from flashreel.studio import Metadata, Order, Studio
from flashreel.terminal import Config, Data, err, out, plain, print_json

app = typer.Typer()

_STDOUT = Path("-")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps Python from looking for cycles of garbage: in the making of one video there are next to none, and walking
    through the compiler's many objects stops all threads each time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@app.command()
@_uncollected()
def generate(
    prompt: Annotated[str | None, typer.Argument(help="What to show.", show_default=False)] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(help="A file of prompts, one a line, or JSON objects; - reads standard input.", metavar="FILE"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            *("--output", "-o"),
            help="The MP4 to write, - for standard output; with --prompts the folder. \\[default: flashreel.mp4]",
            show_default=False,
        ),
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="A folder for the frames as PNG files, besides.", metavar="DIR")
    ] = None,
    duration: Annotated[str, typer.Option(help="Seconds: 5 or 9.")] = "5",
    aspect_ratio: Annotated[str, typer.Option(help="1:1, 3:4, 4:3, 9:16, 16:9, 9:21 or 21:9.")] = "16:9",
    start_image: Annotated[str | None, typer.Option(help="File or URL of the first frame.", show_default=False)] = None,
    end_image: Annotated[str | None, typer.Option(help="File or URL of the last frame.", show_default=False)] = None,
    loop: Annotated[bool, typer.Option("--loop", help="End where it begins.")] = False,
    seed: Annotated[
        str | None, typer.Option(help="Same seed, same video. \\[default: random]", show_default=False)
    ] = None,
    engine: Annotated[str | None, typer.Option(help="The engine. \\[default: animatic]", show_default=False)] = None,
    model: Annotated[str, typer.Option(help="The model of the catalogue.")] = "ray-flash-2-720p",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a video, on standard output.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a video here and now, or one for each line of a file, without a server.

    The prompt is not checked, unless the settings turn moderation on. A line of --prompts that is a JSON object has the
    fields prompt, duration, aspect_ratio, loop, start_image, end_image, seed and output; the options are for what a
    line does not say. Nothing is made before all lines are checked. One video that fails does not stop the others, and
    the exit status is 1.
    """
    _check_streams(prompt, prompts, output, frames, as_json=as_json)
    settings = load_settings(config, {"data": data, "engine": engine})
    # Before numpy's import. Its linear algebra is not used; the threads of it would only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    fields = {
        "prompt": prompt,
        "duration": duration,
        "aspect_ratio": aspect_ratio,
        "loop": loop,
        "start_image": start_image,
        "end_image": end_image,
        "seed": seed,
    }
    with Studio(settings, model) as studio, TemporaryDirectory(prefix="flashreel-") as scratch:
        if studio.moderates:  # which logs: by default to standard output, which is for videos and JSON
            import structlog

            structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
        if prompts is None:
            pipe = output == _STDOUT
            path = Path(scratch, "flashreel.mp4") if pipe else output or Path("flashreel.mp4")
            task = Task(studio.order(fields), path, frames)
            _tell(task, *_make(studio, task, quiet=quiet), quiet=quiet, as_json=as_json, pipe=pipe)
            if pipe:
                _pour(path)
            return
        tasks = _tasks(studio, read_prompts(prompts), fields, output or Path(), frames)
        failed = 0
        for number, task in enumerate(tasks, 1):
            label = f"{number}/{len(tasks)} {task.path.name}"
            try:
                done = _make(studio, task, label, quiet=quiet)
            except Exception as error:  # also an engine's own: the other videos can do nothing for it
                failed += 1
                _tell_failure(task, error, as_json=as_json)
            else:
                _tell(task, *done, quiet=quiet, as_json=as_json)
    if failed:
        err.print(f"[red]flashreel:[/red] {failed} of {len(tasks)} videos failed")
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Task:
    """A video to be made as `path`, its frames in `frames`."""

    order: Order
    path: Path
    frames: Path | None


def _check_streams(
    prompt: str | None, prompts: Path | None, output: Path | None, frames: Path | None, *, as_json: bool
) -> None:
    if (prompt is None) == (prompts is None):
        raise typer.BadParameter("give a prompt or --prompts FILE, one of the two", param_hint="PROMPT")
    if frames == _STDOUT:
        raise typer.BadParameter("frames are files of a folder; standard output takes the MP4", param_hint="--frames")
    if output == _STDOUT:
        if prompts is not None:
            raise typer.BadParameter("standard output takes one video, not several", param_hint="--output")
        if as_json:
            raise typer.BadParameter("with --json, standard output is not free for the MP4", param_hint="--output")
        if sys.stdout.isatty():
            raise typer.BadParameter(
                "standard output is a terminal; send it to a file or a pipe", param_hint="--output"
            )


def _tasks(
    studio: Studio, lines: list[Line], defaults: Mapping[str, object], folder: Path, frames: Path | None
) -> list[Task]:
    tasks = []
    for line in lines:
        try:
            order = studio.order({**defaults, **line.fields})
        except (InvalidRequest, JobFailed) as error:  # the second where the prompt is moderated
            raise in_line(line.number, error) from None
        name = Path(line.name)
        tasks.append(Task(order, folder / name, None if frames is None else frames / name.stem))
    return tasks


def _make(studio: Studio, task: Task, label: str = "", *, quiet: bool) -> tuple[Metadata, float]:
    """What it became, and the seconds it took."""
    begun = time.monotonic()
    viewer = None
    if task.frames is not None:
        from flashreel.media.frame_files import FrameFiles

        viewer = FrameFiles(task.frames)
    with progress(label, task.order.spec.frame_count, quiet=quiet) as report:
        made = studio.make(task.order, task.path, report, viewer)
    return made, time.monotonic() - begun


def _tell(task: Task, made: Metadata, seconds: float, *, quiet: bool, as_json: bool, pipe: bool = False) -> None:
    if as_json:
        print_json({"output": str(task.path), **asdict(made), "seconds": round(seconds, 3)})
    if as_json or quiet:
        return
    where = err if pipe else out
    name = "standard output" if pipe else plain(str(task.path))
    where.print(
        f"{name}  {made.width}x{made.height}, {made.frames} frames, {made.file_size / 1e6:.2f} MB, "
        f"seed {made.seed}, {seconds:.1f} s"
    )
    told = list(made.warnings)
    if made.understood is not None:
        told.insert(0, f"{made.understood:.0%} of the prompt was understood")
    if told:
        where.print(plain("; ".join(told)))


def _tell_failure(task: Task, error: Exception, *, as_json: bool) -> None:
    sentence = str(error) if isinstance(error, FlashreelError) else f"{type(error).__name__}: {error}"
    err.print(f"[red]flashreel:[/red] {plain(f'{task.path}: {sentence}')}")
    if as_json:
        code = error.code if isinstance(error, JobFailed) else "engine_failed"
        facts = {"output": str(task.path), "prompt": task.order.spec.prompt, "error_code": code, "error": sentence}
        print_json(facts)


def _pour(path: Path) -> None:
    """The file to standard output. Raises SetupError where nobody reads it to its end."""
    try:
        # A stream of its own, whose end is seen here and not when the interpreter leaves.
        with path.open("rb") as file, open(sys.stdout.fileno(), "wb", closefd=False) as pipe:
            shutil.copyfileobj(file, pipe)
    except OSError as error:
        raise SetupError(f"standard output cannot be written: {error.strerror}") from error
