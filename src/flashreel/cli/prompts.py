"""The file of `flashreel generate --prompts`: many videos, one a line."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flashreel.errors import FlashreelError, InvalidRequest, SetupError
from flashreel.parameters import refuse
from flashreel.studio import FIELDS

Refusal = TypeVar("Refusal", bound=FlashreelError)

_SLUG_MAX = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One video of the file: its line, counted from 1, the fields it names, and the name of the file it becomes."""

    number: int
    fields: dict[str, Any]
    name: str


def read_prompts(path: Path) -> list[Line]:
    """The videos of a file, or of standard input where `path` is "-": a prompt a line, or a JSON object a line with the
    FIELDS and `output`, a file name. Empty lines are left out.

    Raises SetupError where it cannot be read or has none, InvalidRequest naming the line.
    """
    try:
        text = (sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"the prompts {path} cannot be read: {error}") from error
    # Not `splitlines`, which takes characters for ends of lines that JSON has in the middle of a text.
    split = re.split(r"\r\n?|\n", text)
    found = {number: _fields(number, line) for number, line in enumerate(split, 1) if line.strip()}
    if not found:
        raise SetupError(f"the prompts {path} are none: the file has no line that is not empty")
    lines: list[Line] = []
    owners: dict[str, int] = {}
    for place, (number, fields) in enumerate(found.items(), 1):
        name = fields.pop("output", None)
        if name is None:
            name = f"{place:0{len(str(len(found)))}}-{_slug(fields.get('prompt'))}.mp4"
        elif not isinstance(name, str) or not re.fullmatch(r"[^/\\\0]+", name) or name in (".", ".."):
            rule = "it must be a file's name, without a folder"
            raise in_line(number, refuse("output", name, rule, rule))
        if (owner := owners.setdefault(Path(name).stem, number)) != number:  # which its frames' folder is called, too
            rule = "each needs its own, also without the suffix"
            raise in_line(number, InvalidRequest(f'output is "{name}", as in line {owner}; {rule}'))
        lines.append(Line(number, fields, name))
    return lines


def in_line(number: int, error: Refusal) -> Refusal:
    """The error, whose sentence says in which line."""
    error.args = (f"line {number}: {error}",)
    return error


def _fields(number: int, line: str) -> dict[str, Any]:
    if not line.lstrip().startswith("{"):
        return {"prompt": line.strip()}
    try:
        fields: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise in_line(number, InvalidRequest(f"this is no JSON object: {error}")) from None
    allowed = [*FIELDS, "output"]
    for name in fields:
        if name not in allowed:
            raise in_line(
                number,
                InvalidRequest(f'the field "{name}" is not known; fields are {", ".join(allowed)}', field=name),
            )
    return fields


def _slug(prompt: object) -> str:
    """The beginning of the prompt in letters that every file system takes."""
    words = re.sub(r"[^a-z0-9]+", "-", str(prompt).lower()).strip("-")
    return words[:_SLUG_MAX].rstrip("-") or "video"
