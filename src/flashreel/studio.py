"""Videos made in this very process, without a server: what `flashreel generate` and `flashreel.generate` share.

Nothing heavy is imported before it is needed, so that a wrong field is refused at once.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flashreel.errors import JobFailed, SetupError
from flashreel.parameters import check_loop, parse_spec, refuse
from flashreel.settings import Settings
from flashreel.spec import GenerationSpec

if TYPE_CHECKING:
    from flashreel.clip import Viewer
    from flashreel.engines.base import Engine
    from flashreel.media.ingredients import Source

IMAGES: Final = ("start_image", "end_image")
FIELDS: Final = ("prompt", "duration", "aspect_ratio", "loop", *IMAGES, "seed")

#: A seed nobody chose is short enough to be typed again.
_SEEDS: Final = 2**31


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made, checked. `files` gives the bytes of the images that are no URLs, by field."""

    spec: GenerationSpec
    warnings: tuple[str, ...]
    files: Mapping[str, Callable[[], bytes]]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a finished video.

    `width` and `height` are pixels, `fps` frames a second, `duration` seconds (`frames` / `fps`), `file_size` bytes.
    `understood` is the part of the prompt that was used, 0 to 1, and `unknown` the words that were not; None and none
    where the engine cannot tell. `warnings` are sentences.
    """

    prompt: str
    model: str
    aspect_ratio: str
    loop: bool
    seed: int
    width: int
    height: int
    fps: int
    frames: int
    duration: float
    file_size: int
    understood: float | None
    unknown: tuple[str, ...]
    warnings: tuple[str, ...]


class Studio:
    """The engine of one model in this process, and the clips it makes, one after another. A context manager."""

    def __init__(self, settings: Settings, model: str) -> None:
        """Raises NotFound for a model that the catalogue lacks."""
        self._settings = settings
        self._model = settings.catalogue[model]
        self._engine_name = settings.engine_of(model)
        # Before the engine's import. The processes that help it to compile read it too.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.data / "cache" / "numba"))

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        if "_engine" in self.__dict__:
            self._engine.close()

    @property
    def moderates(self) -> bool:
        """Whether prompts are moderated: only where the settings say so themselves."""
        return self._settings.moderation and "moderation" in self._settings.model_fields_set

    @cached_property
    def _engine(self) -> Engine:
        from flashreel.engines.registry import load_engine

        return load_engine(self._engine_name, self._settings.threads or os.cpu_count() or 1)

    def order(self, fields: Mapping[str, object]) -> Order:
        """Checks the FIELDS of one video as a server would; None is a field that was not given.

        An image is its bytes, or a text: an http, https or data URL, else a file's path. The prompt is moderated only
        where the settings say so themselves. Raises InvalidRequest, whose sentence names the field, the value and what
        is allowed; JobFailed("content_blocked").
        """
        from flashreel.engines.capabilities import capabilities

        files = {
            field: _reader(value, field)
            for field in IMAGES
            if (value := fields.get(field)) is not None and not _is_url(value)
        }
        # What is no URL takes its place in the spec after the check.
        wire = {field: value for field, value in fields.items() if field not in IMAGES}
        wire |= {f"{field}_url": None if field in files else fields.get(field) for field in IMAGES}
        if wire.get("seed") is None:
            wire["seed"] = secrets.randbelow(_SEEDS)
        names = {f"{field}_url": field for field in IMAGES}
        spec, warnings = parse_spec(self._model, wire, self._settings.fetch_policy, names=names)
        spec = spec.model_copy(update={field: field for field in files})
        check_loop(spec.loop, spec.end_image, "end_image")
        capabilities(self._engine_name).check(spec, self._engine_name, names)
        if self.moderates:
            from flashreel.moderation.moderator import moderator

            warnings += moderator(self._settings.moderation_rules).check_prompt(spec.prompt)
        return Order(spec, tuple(warnings), files)

    def make(
        self, order: Order, path: Path, report: Callable[[str, float], None], viewer: Viewer | None = None
    ) -> Metadata:
        """Makes the video as the MP4 `path`; its folder is made where there is none. `viewer` is shown the frames.

        `report` hears the stage and how much of it is done (0 to 1), and may raise to stop: then no file is left.
        Raises JobFailed, or SetupError where there is no such folder, engine or certificate.
        """
        from flashreel import signing
        from flashreel.clip import fetcher, load_keyframes, make_clip

        report("preparing", 0.0)
        fetch = fetcher(self._settings.fetch_policy)

        def load(reference: str, field: str) -> bytes:
            return order.files[field]() if field in order.files else fetch(reference, field)

        sources: list[Source] = []
        keeping = signing.keeping(self._settings, load, sources)
        keyframes = load_keyframes(order.spec, keeping, report, ("start_image", "end_image"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
        engine = self._engine
        signer = signing.begin(self._settings, self._engine_name, engine, order.spec, path.name, sources)
        made = make_clip(engine, order.spec, keyframes, path, report, signing=signer, sampler=viewer)
        info = made.info
        return Metadata(
            **order.spec.model_dump(include={"prompt", "model", "aspect_ratio", "loop", "seed", "width", "height"}),
            fps=round(info.fps),
            frames=info.frames,
            duration=info.duration,
            file_size=info.file_size,
            understood=made.understood,
            unknown=made.unknown,
            warnings=(*order.warnings, *made.warnings),
        )


def _is_url(value: object) -> bool:
    return isinstance(value, str) and re.match(r"(?i)(https?|data):", value) is not None


def _reader(value: object, field: str) -> Callable[[], bytes]:
    if isinstance(value, bytes):
        return lambda: value
    if not isinstance(value, str) or not value:
        rule = "it must be the path of an image or an http, https or data URL"
        raise refuse(field, value, rule, rule)
    path = Path(value).expanduser()

    def read() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise JobFailed("image_unreachable", f"{field} {path} cannot be read: {error.strerror}") from error

    return read
