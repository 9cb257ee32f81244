"""From a spec to a finished file: what the worker and `flashreel generate` both do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flashreel.engines.base import Engine, Frame, Keyframes, Report
from flashreel.errors import JobFailed
from flashreel.media.fetch import fetch_image
from flashreel.media.images import decode, fit
from flashreel.media.urls import FetchPolicy
from flashreel.media.video import VideoInfo, encode, probe, verify
from flashreel.spec import FPS, GenerationSpec


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that was probed and plays. `understood` (0 to 1) and `unknown` are the engine's word on the prompt."""

    info: VideoInfo
    warnings: tuple[str, ...]
    understood: float | None
    unknown: tuple[str, ...]


def load_keyframes(spec: GenerationSpec, load: Callable[[str, str], bytes]) -> Keyframes:
    """The spec's images, fetched by `load(reference, field)`, decoded and fitted. Raises JobFailed naming the field."""

    def image(reference: str | None, field: str) -> Frame | None:
        return None if reference is None else fit(decode(load(reference, field), field), spec.width, spec.height)

    return Keyframes(image(spec.start_image, "start_image_url"), image(spec.end_image, "end_image_url"))


def fetcher(policy: FetchPolicy) -> Callable[[str, str], bytes]:
    """The loader for references from strangers."""
    return lambda url, field: fetch_image(url, field, policy)


def make_clip(engine: Engine, spec: GenerationSpec, keyframes: Keyframes, path: Path, report: Report) -> Clip:
    """Renders and encodes frame by frame to `path`, then probes the file.

    `report` hears "rendering" after every frame, then "encoding" while the encoder empties and the file is probed. It
    may raise to stop: the engine's threads end and no file is left.
    Raises JobFailed for what is foreseen; what an engine raises besides passes through.
    """

    def on_frame(count: int) -> None:
        report("rendering", count / spec.frame_count)
        if count == spec.frame_count:
            report("encoding", 0.0)

    has_images = keyframes.start is not None or keyframes.end is not None
    try:
        rendering = engine.render(spec, keyframes, report)
        encode(
            rendering.frames,
            path,
            width=spec.width,
            height=spec.height,
            fps=FPS,
            pixel_format=rendering.pixel_format,
            frame_count=spec.frame_count,
            on_frame=on_frame,
            exact_ends=has_images,
            # A flat or black picture that somebody sent may well make a flat or black video.
            may_be_still=has_images,
            may_be_black=has_images,
        )
    except MemoryError as error:
        raise JobFailed("out_of_memory", "the machine has too little memory for this video") from error
    report("encoding", 0.5)
    info = probe(path)
    verify(info, width=spec.width, height=spec.height, fps=FPS, frame_count=spec.frame_count)
    return Clip(info, rendering.warnings, rendering.understood, rendering.unknown)
