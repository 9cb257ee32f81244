"""The fields of the OpenAI dialect: `model`, `seconds`, `size` and `input_reference` as what parameters.py reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import Request

from flashreel.api.base_url import base_url
from flashreel.api.found import unknown
from flashreel.api.state import state_of
from flashreel.api.submit import Asked, ask
from flashreel.catalogue import Catalogue, Model
from flashreel.errors import InvalidRequest
from flashreel.jobs import listing
from flashreel.jobs.keys import Key
from flashreel.jobs.store import Job, State
from flashreel.parameters import FIELDS, printable, refuse
from flashreel.spec import AssetImage

#: What the SDK calls our states.
STATUSES: Mapping[State, str] = MappingProxyType(
    {"QUEUED": "queued", "PROCESSING": "in_progress", "COMPLETED": "completed", "FAILED": "failed"}
)
_IMAGE_URL = "input_reference[image_url]"
_FILE_ID = "input_reference[file_id]"
_OWN = frozenset({"model", "seconds", "size", "input_reference", _IMAGE_URL, _FILE_ID})
_HOOKS = ("callback_url", "webhook", "webhook_url")
_FILE_ID_FORM = re.compile(r"[A-Za-z0-9_-]{1,128}")


def model_name(catalogue: Catalogue, fields: Mapping[str, object]) -> str:
    """What the caller calls the model; by default the first alias of the catalogue's first model."""
    name = fields.get("model")
    if name is None or name == "":
        return next(iter(catalogue)).names("openai")[0]
    if not isinstance(name, str):
        rule = "it must be the name of a model"
        raise refuse("model", name, rule, rule)
    return printable(name.strip())


def ask_new(catalogue: Catalogue, request: Request, key: Key, model: Model, fields: Mapping[str, object]) -> Asked:
    """What a create asks for. Raises InvalidRequest."""
    _check_hooks(fields)
    duration_field, duration = _one_of(fields, "seconds", "duration")
    image_field, image = _start_image(request, fields)
    ratio, scale = _picture(model, fields)
    meant = {"duration": duration, "start_image_url": image, "aspect_ratio": ratio}
    return ask(
        request,
        key,
        model,
        {**{name: value for name, value in fields.items() if name not in _OWN}, **meant},
        names={"duration": duration_field, "start_image_url": image_field},
        scale=scale,
        extras={"model": model_name(catalogue, fields)},
    )


def ask_remix(source: Job, request: Request, key: Key, model: Model, fields: Mapping[str, object]) -> Asked:
    """What a remix asks for: all that `source` was asked for, but the prompt. Raises InvalidRequest, and NotFound where
    the source's time was over just now."""
    if source.state != "COMPLETED":
        rule = "only a completed video can be remixed"
        raise InvalidRequest(f"this video is {STATUSES[source.state]}; {rule}", field="video_id", allowed=rule)
    _check_hooks(fields)
    for name in fields:
        if name in _OWN or (name in FIELDS and name != "prompt"):
            rule = "a remix keeps everything but the prompt; leave it out, or create a new video"
            raise refuse(name, fields[name], rule, rule)
    with state_of(request).database.reading() as connection:
        spec = listing.spec_of(connection, source.id)
        echo = listing.echoes(connection, [source.id])[source.id]
    if spec is None:
        raise unknown()
    size = f"{spec.width}x{spec.height}"
    if size not in (sizes := sizes_of(model)):
        raise refuse("size", size, f"the model {model.name} no longer makes it", list(sizes))
    kept = {
        "aspect_ratio": spec.aspect_ratio,
        "duration": spec.duration,
        "loop": spec.loop,
        "start_image_url": _stored(spec.start_image),
        "end_image_url": _stored(spec.end_image),
        "seed": spec.seed,
    }
    said = echo.extras.get("model", model.name) if source.dialect == "openai" else model.name
    return ask(
        request,
        key,
        model,
        {**fields, **kept},
        scale=sizes[size][1],
        shown={"start_image_url": echo.start_image, "end_image_url": echo.end_image},
        extras={"model": said, "remixed_from": source.id},
    )


def _check_hooks(fields: Mapping[str, object]) -> None:
    for hook in _HOOKS:
        if fields.get(hook):
            rule = "this dialect has no such field; leave it out, and POST to /webhook/add to be told of all jobs"
            raise refuse(hook, fields[hook], rule, rule)


def _stored(image: str | None) -> AssetImage | str | None:
    """An image as a spec holds it, told from what a caller sends."""
    return None if image is None else AssetImage.parse(image) or image


def _one_of(fields: Mapping[str, object], *names: str) -> tuple[str, object]:
    """Of names for the same thing the one that has a value, and the value; the first, and None, where none has."""
    given = [name for name in names if fields.get(name) not in (None, "")]
    if len(given) > 1:
        rule = f"send one of {', '.join(names)}"
        raise InvalidRequest(f"{' and '.join(given)} say the same thing; {rule}", field=given[0], allowed=rule)
    return (given[0], fields[given[0]]) if given else (names[0], None)


def _start_image(request: Request, fields: Mapping[str, object]) -> tuple[str, object]:
    """The field that the start image came in, and the image as a URL: a file is its data URI by now."""
    whole = fields.get("input_reference")
    if isinstance(whole, Mapping):  # as forms spell it, which have no objects
        if not whole.keys() & {"image_url", "file_id"}:
            rule = "an object must have image_url or file_id"
            raise refuse("input_reference", whole, rule, rule)
        members = {f"input_reference[{name}]": value for name, value in whole.items()}
        fields = {**fields, **members, "input_reference": None}
    field, image = _one_of(fields, "input_reference", _IMAGE_URL, _FILE_ID, "start_image_url")
    if field != _FILE_ID:
        return field, image
    if not isinstance(image, str) or not _FILE_ID_FORM.fullmatch(image):
        rule = "it must be the id of a file that this key uploaded"
        raise refuse(field, image, rule, rule)
    return field, f"{base_url(request)}/v1/files/{image}"  # which is looked up here, never fetched


def _picture(model: Model, fields: Mapping[str, object]) -> tuple[object, float]:
    """The ratio and the scale that `size` and `aspect_ratio` say together."""
    size, ratio = fields.get("size"), fields.get("aspect_ratio")
    if size is None or size == "":
        return ratio, 1.0
    sizes = sizes_of(model)
    found = sizes.get(size.strip().lower()) if isinstance(size, str) else None
    if found is None:
        raise refuse("size", size, f"allowed are {', '.join(sizes)}", list(sizes))
    if ratio is not None and ratio != "" and ratio != found[0]:
        raise refuse("aspect_ratio", ratio, f"size is {printable(str(size))}, which is {found[0]}", [found[0]])
    return found


def sizes_of(model: Model) -> dict[str, tuple[str, float]]:
    """Every size of the model as the SDK writes it, with its ratio and scale; the full scale's first."""
    sizes: dict[str, tuple[str, float]] = {}
    for scale in (1.0, *model.resolutions.values()):
        for ratio in model.ratios:
            width, height = model.size(ratio, scale)
            sizes.setdefault(f"{width}x{height}", (ratio, scale))
    return sizes
