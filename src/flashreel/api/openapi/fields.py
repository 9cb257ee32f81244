"""The fields that every dialect has under some name, as the catalogue and `parameters.py` have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from flashreel.api.openapi.schema import FILE, Json, boolean, choice, integer, text
from flashreel.catalogue import Catalogue, Model
from flashreel.media.kinds import SUFFIXES
from flashreel.spec import PROMPT_MAX, SEED_MAX

PROMPT: Final = text("What the video shows.", minLength=1, maxLength=PROMPT_MAX, pattern=r"\S")
SEED: Final = integer("The same seed and fields make the same video. Left out, one is chosen.", minimum=0)
SEED["maximum"] = SEED_MAX
LOOP: Final = boolean("Whether the end leads into the beginning; not with an end image.", default=False)
START_IMAGE: Final = text(
    "The first frame: an http or https URL of a public host, the URL of an upload or of a still, or a base64 data: URI."
)
END_IMAGE: Final = text("The last frame, as the first.")
HOOK: Final = text("An http or https URL of a public host that is told when the job is over.")
#: An image in a form: a file, or what JSON would have.
IMAGE_PART: Final = {**FILE, "description": "A file; or, as text, what the JSON field would be."}
IMAGE_ENCODING: Final = {"contentType": ", ".join((*SUFFIXES, "text/plain"))}


def widest(catalogue: Catalogue) -> Model:
    """A model that can do what any of these can."""
    models = list(catalogue)
    return models[0].model_copy(
        update={
            "durations": tuple(sorted({seconds for model in models for seconds in model.durations})),
            "ratios": {name: size for model in models for name, size in model.ratios.items()},
            "resolutions": {name: scale for model in models for name, scale in model.resolutions.items()},
        }
    )


def duration(catalogue: Catalogue, spell: Callable[[int], object] = int) -> Json:
    """Seconds of video, each as `spell` writes it."""
    values = [spell(seconds) for seconds in widest(catalogue).durations]
    schema = choice(values, f"Seconds of video.{apart(catalogue, lambda model: model.durations)}")
    return schema | _default({spell(model.default_duration) for model in catalogue})


def aspect_ratio(catalogue: Catalogue) -> Json:
    schema = choice(list(widest(catalogue).ratios), f"Width to height.{apart(catalogue, lambda model: model.ratios)}")
    return schema | _default({model.default_ratio for model in catalogue})


def model_names(catalogue: Catalogue, dialect: str) -> list[str]:
    return [name for model in catalogue for name in model.names(dialect)]


def _default(values: set[object] | set[str]) -> Json:
    """The default, where all models have the same."""
    return {"default": next(iter(values))} if len(values) == 1 else {}


def apart(catalogue: Catalogue, values: Callable[[Model], Iterable[object]]) -> str:
    """Which model takes which values, where they differ."""
    told = {model.name: ", ".join(map(str, values(model))) for model in catalogue}
    if len({*told.values()}) == 1:
        return ""
    return " Of " + "; of ".join(f"{name}: {allowed}" for name, allowed in told.items()) + "."
