"""What the commands share: where they print, and the options of all that touch the store."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flashreel.settings import default_data_folder

#: Tables in a file or a pipe are not cut to the width of a terminal that is not there.
out = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 250)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)

#: A bracket, the backslashes before it, and what makes a tag of it, in front of which each of them must be doubled.
_BRACKET = re.compile(r"(\\*)\[([a-z#/@][^[]*?])?", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

#: Options of every command that touches the store.
Data = Annotated[
    Path | None,
    typer.Option("--data", help=f"Folder of the store. \\[default: {default_data_folder()}]", show_default=False),
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings as a TOML file.", show_default=False)]

#: Of every command that shows people a table.
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line; times in seconds of 1970.")]

#: Of a command that shows one thing.
JsonObject = Annotated[bool, typer.Option("--json", help="One JSON object; times in seconds of 1970.")]


def print_json(it: Mapping[str, object]) -> None:
    """A line for programs."""
    typer.echo(json.dumps(it))


def plain(text: str) -> str:
    """Text without markup and control characters, whatever is in it. (Rich's own `escape` loses or doubles some
    backslashes, and a terminal would do what a control character says.)"""
    text = _CONTROL.sub("", text)
    return _BRACKET.sub(lambda found: found[1] * (2 if found[2] else 1) + r"\[" + (found[2] or ""), text)
