"""What a Luma create asks for: its fields as ours, refused in Luma's own sentences where it has one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from starlette.requests import Request

from flashreel.api.luma_concepts import CONCEPTS
from flashreel.api.state import state_of
from flashreel.api.submit import Asked, ask, called_back, image_shown
from flashreel.catalogue import Model
from flashreel.errors import InvalidRequest
from flashreel.jobs import store
from flashreel.jobs.keys import Key
from flashreel.parameters import printable, refuse, shown
from flashreel.spec import PROMPT_MAX, AssetImage

#: Luma's names of our states.
STATES: Final[Mapping[str, str]] = MappingProxyType(
    {"QUEUED": "queued", "PROCESSING": "dreaming", "COMPLETED": "completed", "FAILED": "failed"}
)
#: Luma's names of the images, as refusals and failures call them.
IMAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"start_image_url": "keyframes.frame0.url", "end_image_url": "keyframes.frame1.url"}
)

PROMPT_MIN: Final = 3
#: What an image is asked to do where nothing was asked: the engine's own choice. It names no camera and no thing.
_NO_PROMPT: Final = "the picture comes to life"
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SECONDS: Final = re.compile(r"\s*([0-9]{1,4})s?\s*", re.ASCII)

_READ: Final = frozenset({"generation_type", "model", "keyframes", "resolution", "concepts", "callback_url"})

Kind = Literal["image", "generation", None]

#: Luma makes no loop of these pairs of frame0 and frame1. It words a loop of two images as one of "keyframes", one of
#: a generation before which something comes as "extend reverse", one that begins or ends with both as "interpolate";
#: of an image at the end alone only an older page of its documentation has a sentence. What is missing may loop: no
#: keyframe, an image at the start, the extension of a generation.
_NO_LOOP: Final[Mapping[tuple[Kind, Kind], str]] = MappingProxyType(
    {
        (None, "image"): "Loop is not supported for end frame",
        ("image", "image"): "Loop is not supported for keyframes",
        (None, "generation"): "Loop is not supported for extend reverse",
        ("generation", "image"): "Loop is not supported for interpolate video to image",
        ("image", "generation"): "Loop is not supported for interpolate image to video",
        ("generation", "generation"): "Loop is not supported for interpolate between two videos",
    }
)


@dataclass(frozen=True, slots=True)
class _Frame:
    """One keyframe: what it is, the image, what answers repeat of it, and the ratio of the generation it is of."""

    kind: Kind = None
    image: object = None
    echo: Mapping[str, str | None] | None = None
    ratio: str | None = None


def plain_id(text: str) -> str:
    """An id as the store has it: Luma's own are UUIDs with hyphens."""
    return text.replace("-", "").lower() if _UUID.fullmatch(text) else text


def model_name(request: Request, fields: Mapping[str, object]) -> str:
    """The model that the fields name, by its own name. Raises InvalidRequest naming those there are."""
    kind = fields.get("generation_type")
    if kind not in (None, "", "video"):
        raise _said("Unknown request type", "generation_type", kind, ["video"])
    catalogue = state_of(request).catalogue
    known = {name: model.name for model in catalogue for name in model.names("luma")}
    asked = fields.get("model")
    if isinstance(asked, str) and asked in known:
        return known[asked]
    rule = f"allowed are {', '.join(known)}"
    if asked is None or asked == "":
        raise _missing("model", rule, list(known))
    raise refuse("model", asked, rule, list(known))


def read(request: Request, key: Key, model: Model, fields: Mapping[str, object]) -> Asked:
    """What the fields ask for. A generation as a keyframe also gives its ratio, where none is asked for.

    Raises InvalidRequest.
    """
    hooks = called_back(request, fields.get("callback_url"), "callback_url", "luma")
    for field, named in IMAGES.items():
        if fields.get(field) is not None:
            raise refuse(field, fields[field], f"no such field is known here; an image goes into {named}", [named])
    first, last = _keyframes(request, key, fields.get("keyframes"))
    loop = fields.get("loop")
    is_loop = loop is True or (isinstance(loop, str) and loop.strip().lower() == "true")
    if is_loop and (first.kind, last.kind) in _NO_LOOP:
        raise _said(_NO_LOOP[first.kind, last.kind], "loop", loop, [False])
    concepts = _concepts(fields.get("concepts"))
    words = "".join(f", {CONCEPTS[concept]}" for concept in concepts)
    prompt = _prompt(fields.get("prompt"), PROMPT_MAX - len(words), has_image="image" in (first.kind, last.kind))
    resolution = _resolution(fields.get("resolution"), model)
    ratio = fields.get("aspect_ratio")
    if ratio is None:
        ratio = next((frame.ratio for frame in (first, last) if frame.ratio in model.ratios), None)
    ours = {name: value for name, value in fields.items() if name not in _READ}
    asked = ask(
        request,
        key,
        model,
        {
            **ours,
            "prompt": (prompt or _NO_PROMPT) + words,
            "aspect_ratio": ratio,
            "duration": _duration(fields.get("duration"), model),
            "start_image_url": first.image,
            "end_image_url": last.image,
        },
        names=IMAGES,
        scale=1.0 if resolution is None else model.resolutions[resolution],
        shown={"prompt": prompt or ""},
        extras={
            "model": fields["model"],
            "aspect_ratio": _short(fields.get("aspect_ratio")),
            "duration": _short(fields.get("duration")),
            "resolution": resolution,
            "keyframes": {"frame0": first.echo, "frame1": last.echo} if first.kind or last.kind else None,
            "concepts": [{"key": concept} for concept in concepts] if fields.get("concepts") is not None else None,
            "callback_url": hooks[0].url if hooks else None,
        },
    )
    return replace(asked, hooks=hooks)


def _keyframes(request: Request, key: Key, value: object) -> tuple[_Frame, _Frame]:
    if value is None or value == "":
        return _Frame(), _Frame()
    if not isinstance(value, Mapping):
        rule = "it must be an object with frame0, frame1 or both"
        raise refuse("keyframes", value, rule, ["frame0", "frame1"])
    if value.get("frame0") is None and value.get("frame1") is None:
        raise _said("No keyframes provided", "keyframes", value, ["frame0", "frame1"])
    first = _frame(request, key, "keyframes.frame0", value.get("frame0"), "last")
    return first, _frame(request, key, "keyframes.frame1", value.get("frame1"), "first")


def _frame(request: Request, key: Key, field: str, value: object, end: Literal["first", "last"]) -> _Frame:
    """A keyframe; of a generation it is that `end`."""
    if value is None:
        return _Frame()
    kind = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or kind not in ("image", "generation"):
        rule = 'it must be {"type": "image", "url": ...} or {"type": "generation", "id": ...}'
        raise refuse(field, value, rule, ["image", "generation"])
    if kind == "image":
        url = value.get("url")
        if url is None or url == "":
            rule = "it must be an http or https URL of an image"
            raise _missing(f"{field}.url", rule, rule)
        return _Frame("image", url, {"type": "image", "url": image_shown(url)})
    name = value.get("id")
    rule = "it must be the id of a completed generation of this key"
    if name is None or name == "":
        raise _missing(f"{field}.id", rule, rule)
    with state_of(request).database.reading() as connection:
        job = store.get(connection, plain_id(name), key.id) if isinstance(name, str) else None
    if job is None:
        raise refuse(f"{field}.id", name, rule, rule)
    if job.result is None:
        raise InvalidRequest(
            f"{field}.id is {shown(name)}, which is {STATES[job.state]}; {rule}", field=f"{field}.id", allowed=rule
        )
    image = AssetImage(job.result["path"], end)
    return _Frame("generation", image, {"type": "generation", "id": job.id}, job.aspect_ratio)


def _concepts(value: object) -> Sequence[str]:
    """The keys, each once."""
    if value is None:
        return ()
    rule = f'it must be a list of {{"key": ...}}, each once; keys are {", ".join(CONCEPTS)}'
    if not isinstance(value, list):
        raise refuse("concepts", value, rule, list(CONCEPTS))
    keys: list[str] = []
    for concept in value:
        named = concept.get("key") if isinstance(concept, Mapping) else None
        if not isinstance(named, str) or named not in CONCEPTS or named in keys:
            raise refuse("concepts", concept if named is None else named, rule, list(CONCEPTS))
        keys.append(named)
    return keys


def _prompt(value: object, limit: int, *, has_image: bool) -> str | None:
    """The prompt, None where there need not be one. `limit` is in characters."""
    rule = f"a text of {PROMPT_MIN} to {limit} characters"
    if value is not None and not isinstance(value, str):
        raise refuse("prompt", value, f"it must be {rule}", rule)
    prompt = (value or "").strip()
    if not prompt:
        if has_image:
            return None
        raise _said("Prompt is required", "prompt", value, rule)
    if len(prompt) < PROMPT_MIN:
        raise _said(f"Prompt is too short, minimum length is {PROMPT_MIN} characters", "prompt", prompt, rule)
    if len(prompt) > limit:
        raise _said(f"Prompt is too long, maximum length is {limit} characters", "prompt", prompt, rule)
    return prompt


def _resolution(value: object, model: Model) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value in model.resolutions:
        return value
    raise refuse("resolution", value, f"allowed are {', '.join(model.resolutions)}", list(model.resolutions))


def _duration(value: object, model: Model) -> object:
    """Seconds, for "5s" and "5" too; None where nothing is asked for."""
    if value is None or value == "":
        return None
    words = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    seconds = int(words[1]) if words else value
    if isinstance(seconds, bool) or seconds not in model.durations:
        allowed = [f"{allowed}s" for allowed in model.durations]
        raise refuse("duration", value, f"allowed are {' and '.join(allowed)}", allowed)
    return seconds


def _short(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


def _missing(field: str, rule: str, allowed: object) -> InvalidRequest:
    return InvalidRequest(f"{field} is missing; {rule}", field=field, value=None, allowed=allowed)


def _said(sentence: str, field: str, value: object, allowed: object) -> InvalidRequest:
    """A refusal in a sentence of Luma's, which says neither the field nor the value: they stand beside it."""
    return InvalidRequest(sentence, field=field, value=None if value is None else shown(value), allowed=allowed)
