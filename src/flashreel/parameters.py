"""From the fields a caller sent to a GenerationSpec, or a sentence that says what is wrong with them."""

from __future__ import annotations

import re
import reprlib
import secrets
from collections.abc import Mapping
from types import MappingProxyType

from flashreel.catalogue import Model
from flashreel.errors import InvalidRequest
from flashreel.media.urls import URL_MAX, FetchPolicy, as_data_uri, check_url
from flashreel.spec import PROMPT_MAX, SEED_MAX, AssetImage, GenerationSpec

FIELDS = ("prompt", "aspect_ratio", "duration", "loop", "start_image_url", "end_image_url", "seed")
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNKNOWN_NAMED = 20  # warnings travel in every answer and in a header
_REPR = reprlib.Repr()  # bounded: a list nested as deep as JSON may be ends the stack of the plain one


def parse_spec(
    model: Model,
    fields: Mapping[str, object],
    policy: FetchPolicy,
    *,
    names: Mapping[str, str] = MappingProxyType({}),
    scale: float = 1.0,
) -> tuple[GenerationSpec, list[str]]:
    """The spec and the warnings about fields that were not used.

    `fields` are JSON values, or strings where they came as multipart form data. Where the caller knows a field by
    another name, `names` says which. `scale` is of both sides of the picture. Raises InvalidRequest (400), whose
    sentence names the field, the value and what is allowed.
    """

    def named(field: str) -> str:
        return names.get(field, field)

    prompt = _prompt(named("prompt"), fields.get("prompt"))
    ratio = _choice(named("aspect_ratio"), fields.get("aspect_ratio"), tuple(model.ratios), model.default_ratio)
    duration = _duration(named("duration"), fields.get("duration"), model)
    loop = _boolean(named("loop"), fields.get("loop"))
    start = _image(named("start_image_url"), fields.get("start_image_url"), policy)
    end = _image(named("end_image_url"), fields.get("end_image_url"), policy)
    check_loop(loop, end, named("end_image_url"))
    seed = _seed(named("seed"), fields.get("seed"))
    width, height = model.size(ratio, scale)
    spec = GenerationSpec(
        model=model.name,
        prompt=prompt,
        aspect_ratio=ratio,
        width=width,
        height=height,
        duration=duration,
        loop=loop,
        start_image=start,
        end_image=end,
        seed=secrets.randbelow(SEED_MAX + 1) if seed is None else seed,
    )
    unknown = [name for name in fields if name not in FIELDS]
    warnings = [
        f"the field {printable(name)!r} is not known here and was not used" for name in unknown[:_UNKNOWN_NAMED]
    ]
    if len(unknown) > _UNKNOWN_NAMED:
        warnings.append(f"{len(unknown) - _UNKNOWN_NAMED} more fields are not known here and were not used")
    return spec, warnings


def check_loop(loop: bool, end_image: str | None, end_field: str = "end_image_url") -> None:
    """Raises InvalidRequest for a loop with an end image."""
    if loop and end_image is not None:
        raise InvalidRequest(
            f"loop is true and {end_field} is set; a loop ends where it begins, so send one or the other",
            field="loop",
            value=True,
            allowed=[False],
        )


def printable(value: str, limit: int = 80) -> str:
    """`value` without what a database or a terminal cannot hold, cut to `limit` characters."""
    head = value[: 4 * limit]  # what is longer is cut anyway; it may have megabytes
    clean = _UNSAFE.sub("", head)
    return clean if len(clean) <= limit and len(head) == len(value) else clean[: limit - 1] + "…"


def shown(value: object) -> str:
    """`value` as an error sentence quotes it."""
    return (
        f'"{printable(value)}"'
        if isinstance(value, str)
        else printable(str(value).lower() if value is True or value is False else _REPR.repr(value))
    )


def _echo(value: object) -> object:
    """`value` as an error body carries it: scalars as they are (long ones cut), the rest as text."""
    if isinstance(value, str):
        return printable(value)
    return value if isinstance(value, (bool, int, float)) and abs(value) < 1e15 else shown(value)


def refuse(field: str, value: object, rule: str, allowed: object) -> InvalidRequest:
    """The refusal of a value: `rule` says what is allowed in words, `allowed` as the body carries it."""
    return InvalidRequest(f"{field} is {shown(value)}; {rule}", field=field, value=_echo(value), allowed=allowed)


def _prompt(field: str, value: object) -> str:
    rule = f"it must be a text of 1 to {PROMPT_MAX} characters"
    if value is None:
        raise InvalidRequest(f"{field} is missing; {rule}", field=field, value=None, allowed=rule)
    if not isinstance(value, str):
        raise refuse(field, value, rule, rule)
    prompt = value.strip()
    if len(prompt) <= 2 * PROMPT_MAX:  # what is longer is refused, and may have megabytes to clean
        prompt = _UNSAFE.sub("", prompt).strip()
    if not prompt:
        raise InvalidRequest(f"{field} is empty; {rule}", field=field, value=printable(value), allowed=rule)
    if len(prompt) > PROMPT_MAX:
        raise InvalidRequest(
            f"{field} has {len(prompt)} characters; {rule}", field=field, value=printable(prompt), allowed=rule
        )
    return prompt


def _choice(field: str, value: object, allowed: tuple[str, ...], default: str) -> str:
    if value is None or value == "":
        return default
    if isinstance(value, str) and value.strip() in allowed:
        return value.strip()
    raise refuse(field, value, f"allowed are {', '.join(allowed)}", list(allowed))


def _duration(field: str, value: object, model: Model) -> int:
    if value is None or value == "":
        return model.default_duration
    number = _integer(value)
    if number is None or number not in model.durations:
        allowed = list(model.durations)
        raise refuse(field, value, f"allowed are {' and '.join(map(str, allowed))} (seconds)", allowed)
    return number


def _integer(value: object) -> int | None:
    """The integer that `value` is (5, 5.0, "5"), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,20}\s*", value, re.ASCII):
        return int(value)
    return None


def _boolean(field: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return False
    word = value.strip().lower() if isinstance(value, str) else None
    if word in ("true", "false"):
        return word == "true"
    raise refuse(field, value, "allowed are true and false", [True, False])


def _seed(field: str, value: object) -> int | None:
    if value is None or value == "":
        return None
    number = _integer(value)
    if number is None or not 0 <= number <= SEED_MAX:
        rule = f"it must be an integer from 0 to {SEED_MAX}"
        raise refuse(field, value, rule, rule)
    return number


def _image(field: str, value: object, policy: FetchPolicy) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, AssetImage):  # a dialect's own; what a caller sends is never one
        return str(value)
    if not isinstance(value, str):
        raise refuse(field, value, "it must be an http or https URL of an image", "an http or https URL")
    if _UNSAFE.search(value[: URL_MAX + 1]):  # beyond that, no URL may go and a data URI is checked as base64
        raise refuse(field, value, "it has control characters, which no URL has", "an http or https URL")
    value = as_data_uri(value) or value
    check_url(value, field, policy)
    return value
