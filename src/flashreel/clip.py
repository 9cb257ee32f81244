"""From a spec to a finished file: what the worker and `flashreel generate` both do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flashreel.engines.base import Engine, Frame, Keyframes, PixelFormat, Report
from flashreel.errors import JobFailed
from flashreel.media.urls import FetchPolicy
from flashreel.media.video import VideoInfo, encode, probe, verify
from flashreel.spec import FPS, AssetImage, GenerationSpec

if TYPE_CHECKING:
    from flashreel.media.provenance import Signing
    from flashreel.media.stills import Still, StillName


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that was probed and plays. `understood` (0 to 1) and `unknown` are the engine's word on the prompt;
    `stills` are there if they were asked for."""

    info: VideoInfo
    warnings: tuple[str, ...]
    understood: float | None
    unknown: tuple[str, ...]
    stills: Mapping[StillName, Still]


class Viewer(Protocol):
    """Is shown every frame of a clip as the engine made it; the array is its own only until `see` returns."""

    def see(self, index: int, frame: Frame, pixel_format: PixelFormat) -> None: ...


def load_keyframes(
    spec: GenerationSpec,
    load: Callable[[str, str], bytes],
    report: Report,
    fields: tuple[str, str] = ("start_image_url", "end_image_url"),
) -> Keyframes:
    """The spec's images, decoded and fitted. `load(reference, field)` gives a file's bytes: an image, or the video that
    an AssetImage wants a frame of. It runs on a thread of its own while `report` hears "preparing" ten times a second.
    Raises JobFailed naming the field as `fields` call it, and what `report` raises."""
    if spec.start_image is None and spec.end_image is None:
        return Keyframes(None, None)
    import numpy as np
    from PIL import Image

    from flashreel.media.decoder import Decoder  # most clips have no image
    from flashreel.media.end_frames import end_frame
    from flashreel.media.images import fit
    from flashreel.media.waiting import patiently

    def check() -> None:
        report("preparing", 0.0)

    with Decoder() as decoder:

        def image(reference: str | None, field: str) -> Frame | None:
            if reference is None:
                return None
            data = patiently(lambda: load(reference, field), check)
            asset = AssetImage.parse(reference)
            if asset is None or asset.frame is None:
                return decoder.decode(data, field, spec.width, spec.height, check)
            frame = end_frame(data, asset.frame, field)  # of a video that we made
            return np.asarray(fit(Image.fromarray(frame), spec.width, spec.height), np.uint8)

        return Keyframes(image(spec.start_image, fields[0]), image(spec.end_image, fields[1]))


def fetcher(policy: FetchPolicy) -> Callable[[str, str], bytes]:
    """The loader for references from strangers."""

    def fetch(url: str, field: str) -> bytes:
        from flashreel.media.fetch import fetch_image  # an HTTP client, for the few clips with a URL

        return fetch_image(url, field, policy)

    return fetch


def make_clip(
    engine: Engine,
    spec: GenerationSpec,
    keyframes: Keyframes,
    path: Path,
    report: Report,
    *,
    with_stills: bool = False,
    signing: Signing | None = None,
    sampler: Viewer | None = None,
) -> Clip:
    """Renders and encodes frame by frame to `path`, signs the file with `signing`, then probes it. `with_stills` also
    makes the pictures of `media/stills.py`; `sampler` is shown every frame.

    `report` hears "rendering" after every frame, then "encoding" while the encoder empties and the file is probed. It
    may raise to stop: the engine's threads end and no file is left.
    Raises JobFailed for what is foreseen; what an engine raises besides passes through.
    """

    def on_frame(count: int) -> None:
        report("rendering", count / spec.frame_count)
        if count == spec.frame_count:
            report("encoding", 0.0)

    def watch(index: int, frame: Frame) -> None:
        if still_maker is not None:
            still_maker.see(index, frame)
        if sampler is not None:
            sampler.see(index, frame, rendering.pixel_format)

    has_images = keyframes.start is not None or keyframes.end is not None
    still_maker = None
    try:
        rendering = engine.render(spec, keyframes, report)
        if with_stills:
            from flashreel.media.stills import StillMaker  # image encoders, which `flashreel generate` does without

            still_maker = StillMaker(spec.width, spec.height, spec.frame_count, rendering.pixel_format)
        encode(
            rendering.frames,
            path,
            width=spec.width,
            height=spec.height,
            fps=FPS,
            pixel_format=rendering.pixel_format,
            frame_count=spec.frame_count,
            on_frame=on_frame,
            watch=watch,
            exact_ends=has_images,
            # A flat or black picture that somebody sent may well make a flat or black video.
            may_be_still=has_images,
            may_be_black=has_images,
            metadata=signing.facts.metadata if signing else None,
        )
        stills = still_maker.finish() if still_maker else {}
        report("encoding", 0.5)
        not_kept = signing.finish(path) if signing else ()
    except MemoryError as error:
        raise JobFailed("out_of_memory", "the machine has too little memory for this video") from error
    info = probe(path)
    verify(info, width=spec.width, height=spec.height, fps=FPS, frame_count=spec.frame_count)
    return Clip(info, rendering.warnings + not_kept, rendering.understood, rendering.unknown, stills)
