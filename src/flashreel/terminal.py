"""What the commands share: where they print, and the options of all that touch the store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flashreel.settings import default_data_folder

#: Tables in a file or a pipe are not cut to the width of a terminal that is not there.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 250)
err = Console(stderr=True, highlight=False, soft_wrap=True)

#: Options of every command that touches the store.
Data = Annotated[
    Path | None,
    typer.Option("--data", help=f"Folder of the store. [default: {default_data_folder()}]", show_default=False),
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings as a TOML file.", show_default=False)]


def plain(text: str) -> str:
    """Text that has no markup, whatever is in it."""
    return text.replace("[", r"\[")
