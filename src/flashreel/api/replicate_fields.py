"""What a prediction's create asks for: its `input` and its headers as our fields. Sources: the hosted model's schema
(`luma/ray-flash-2-720p`), replicate 1.0.7 (`prediction.py`), Replicate's pages on `Prefer` and `Cancel-After`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request

from flashreel.api.luma_concepts import CONCEPTS
from flashreel.api.replicate_models import find_version, path_prefix, public_name, reference
from flashreel.api.state import state_of
from flashreel.api.submit import Asked, ask, called_back, image_shown
from flashreel.catalogue import Model
from flashreel.errors import InvalidRequest
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.keys import Key
from flashreel.jobs.webhooks import Hook
from flashreel.media.kinds import image_type
from flashreel.parameters import printable, refuse
from flashreel.spec import PROMPT_MAX

WAIT_MAX: Final = 60  # seconds, as Replicate's own
CANCEL_MIN: Final = 5
VERSION_MAX: Final = 200
_FLAT: Final = ("prompt", "duration", "aspect_ratio", "loop", "seed")
#: Our name of an image, the input's, and its deprecated one.
_IMAGES: Final = (("start_image_url", "start_image"), ("end_image_url", "end_image"))
#: What failures call an image, and what they are to call it here.
IMAGE_NAMES: Final[Mapping[str, str]] = MappingProxyType({ours: f"input.{name}" for ours, name in _IMAGES})
_INPUTS: Final = {*_FLAT, "concepts", *(name for pair in _IMAGES for name in pair)}
_WEBHOOKS: Final = ("webhook", "webhook_completed", "webhook_events_filter")
EVENTS: Final = ("start", "output", "logs", "completed")
_READ: Final = {"version", "input", "stream", *_WEBHOOKS}
_WAIT: Final = re.compile(r"wait\s*(?:=\s*(?P<seconds>.*))?", re.IGNORECASE)
_SPAN: Final = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,9})s?)?", re.ASCII)
_NAMELESS: Final = "data:application/octet-stream;base64"


def wait_seconds(request: Request) -> int:
    """How long the caller would have its answer held: 0 without `Prefer: wait`. Raises InvalidRequest."""
    for part in ",".join(request.headers.getlist("prefer")).split(","):
        if (asked := _WAIT.fullmatch(part.partition(";")[0].strip())) is None:
            continue  # another preference, which a server may ignore (RFC 7240)
        text = str(WAIT_MAX) if asked["seconds"] is None else asked["seconds"].strip('"')
        if re.fullmatch("[0-9]{1,3}", text, re.ASCII) and 1 <= int(text) <= WAIT_MAX:
            return int(text)
        rule = f"it must be wait, or wait=N with N from 1 to {WAIT_MAX} (seconds)"
        raise refuse("prefer", part.strip(), rule, rule)
    return 0


def model_of(request: Request, fields: Mapping[str, object]) -> str:
    """The model that the field `version` names. Raises InvalidRequest or NotFound."""
    version = fields.get("version")
    rule = "it must be owner/name, owner/name:version or a version"
    if version is None or version == "":
        raise InvalidRequest(f"version is missing; {rule}", field="version", value=None, allowed=rule)
    if not isinstance(version, str) or len(version) > VERSION_MAX:
        raise refuse("version", version, rule, rule)
    return find_version(state_of(request).catalogue, version).name


def read(request: Request, key: Key, model: Model, fields: Mapping[str, object]) -> Asked:
    """What the fields ask for. Raises InvalidRequest."""
    wait_seconds(request)  # whoever cannot be answered as it asked is told before anything is accepted
    cancel_at = _cancel_at(request)
    hooks, unsent = _hooks(request, fields)
    _refuse_stream(fields)
    given = fields.get("input")
    if not isinstance(given, dict):
        rule = 'it must be an object, like {"prompt": "a red fox"}'
        if given is None:
            raise InvalidRequest(f"input is missing; {rule}", field="input", value=None, allowed=rule)
        raise refuse("input", given, rule, rule)
    ours: dict[str, object] = {name: given.get(name) for name in _FLAT}
    names = {name: f"input.{name}" for name in _FLAT}
    warnings = [*unsent]
    for ours_name, name in _IMAGES:
        used = name if given.get(name) not in (None, "") or ours_name not in given else ours_name
        if used == name and given.get(ours_name) not in (None, ""):
            warnings.append(f"input.{ours_name} is the old name of input.{name}, which is set too, and was not used")
        ours[ours_name], names[ours_name] = _image(given.get(used)), f"input.{used}"
    concepts = _concepts(given.get("concepts"))
    ours["prompt"] = _with_words(given.get("prompt"), "".join(f", {CONCEPTS[concept]}" for concept in concepts))
    ours |= {f"input.{name}": value for name, value in given.items() if name not in _INPUTS}
    ours |= {f"{name} (outside input)": value for name, value in fields.items() if name not in _READ}
    asked = ask(request, key, model, ours, names=names, shown={"prompt": given.get("prompt")}, cancel_at=cancel_at)
    texts = (*asked.warnings, *warnings)
    extras = {
        "model": _called(request, model, fields),
        "input": {name: _shown(name, value) for name, value in given.items() if name in _INPUTS},
        "warned": len(texts),
    }
    return replace(asked, warnings=texts, echo=replace(asked.echo, extras=extras), hooks=hooks)


def _hooks(request: Request, fields: Mapping[str, object]) -> tuple[tuple[Hook, ...], Sequence[str]]:
    """The URLs to be told, and warnings of what they will not be told. `webhook_completed` is the older field: of the
    end alone."""
    named = fields.get("webhook_events_filter")
    events = list(EVENTS) if named in (None, "", []) else named
    if not isinstance(events, list) or not all(event in EVENTS for event in events):
        rule = f"it must be a list of {', '.join(EVENTS)}"
        raise refuse("webhook_events_filter", named, rule, list(EVENTS))
    prefix = path_prefix(request)
    told = called_back(request, fields.get("webhook"), "webhook", "replicate", tuple(events), prefix)
    of_the_end = fields.get("webhook_completed")
    ended = called_back(request, of_the_end, "webhook_completed", "replicate", ("completed",), prefix)
    unsent = told and events is named and "logs" in events
    return told + ended, ["webhook_events_filter has logs, and those are not sent here"] if unsent else []


def _refuse_stream(fields: Mapping[str, object]) -> None:
    if fields.get("stream") not in (None, False):
        # The SDK asks for it, finds no stream in the answer and gives up: the video would be paid for and lost.
        rule = "a video comes whole; leave it out and poll the prediction instead"
        raise refuse("stream", fields["stream"], rule, [False])


def _cancel_at(request: Request) -> float | None:
    """When the header Cancel-After has the prediction ended, in wall seconds."""
    text = request.headers.get("cancel-after")
    if text is None:
        return None
    parts = _SPAN.fullmatch(text.strip().lower())
    hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if total < CANCEL_MIN:
        rule = f"it must be a time like 90s, 5m, 1h30m or 90 (seconds), of {CANCEL_MIN} seconds or more"
        raise refuse("cancel-after", text, rule, rule)
    return wall_seconds() + total


def _image(value: object) -> object:
    """The value, a nameless file's data URI with the type of image that it begins like: the SDK does not look."""
    if not isinstance(value, str) or value[: len(_NAMELESS)].lower() != _NAMELESS:
        return value
    data = value[len(_NAMELESS) + 1 :]
    try:
        kind = image_type(base64.b64decode(data[:400], validate=True))
    except binascii.Error:
        return value
    return value if kind is None else f"data:{kind};base64,{data}"


def _concepts(value: object) -> Sequence[str]:
    """The keys, each once."""
    if value is None:
        return ()
    rule = f"it must be a list of keys, each once; keys are {', '.join(CONCEPTS)}"
    if not isinstance(value, list):
        raise refuse("input.concepts", value, rule, list(CONCEPTS))
    for place, concept in enumerate(value):
        if not isinstance(concept, str) or concept not in CONCEPTS or concept in value[:place]:
            raise refuse("input.concepts", concept, rule, list(CONCEPTS))
    return value


def _with_words(prompt: object, words: str) -> object:
    """The prompt with the concepts' words; one that is no prompt as it is, to be refused as that."""
    if not words or not isinstance(prompt, str) or not prompt.strip() or len(prompt) > PROMPT_MAX:
        return prompt
    if len(prompt) + len(words) > PROMPT_MAX:
        rule = f"with these concepts it may have {PROMPT_MAX - len(words)}"
        raise InvalidRequest(f"input.prompt has {len(prompt)} characters; {rule}", field="input.prompt", allowed=rule)
    return prompt + words


def _called(request: Request, model: Model, fields: Mapping[str, object]) -> str:
    """`owner/name` as the request has it; of a bare version, as the model is called."""
    if "owner" in request.path_params:
        return reference(request)
    named = str(fields["version"]).partition(":")[0]
    return named if "/" in named else public_name(state_of(request).catalogue, model.name)


def _shown(name: str, value: Any) -> Any:
    """An input as answers repeat it. It was found good, so that a list is of known keys."""
    if not isinstance(value, str):
        return value
    if name == "prompt":
        return printable(value, PROMPT_MAX)
    return printable(value) if name in _FLAT else image_shown(value)
