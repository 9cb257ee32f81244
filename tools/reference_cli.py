"""docs/cli.md: every command with its options, as the command line itself declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import typer.main

from flashreel.cli import app
from flashreel.settings import Settings, default_data_folder

_ABOUT: Final = """\
# Command line

Made by `tools/reference.py` from the program. Not written by hand.

Every command has `--help`. Exit status: 0 done, 1 failed (a sentence on the error stream says why), 2 the command line
or a field is wrong. Every command that needs a store or settings has `--data`, the folder of the store, and
`--config`, a TOML file of settings; they are not repeated below.
"""

#: Said once, above.
_COMMON: Final = ("data", "config")

_SETTINGS: Final = """\
## Settings

Each is a flag of `flashreel serve` and of `flashreel worker`, a key of the TOML file (`--config`, with `_` for `-`) and
a variable of the environment, in rising order: environment, file, flags. Secrets have no flag, and `models`, the
catalogue, is tables of the file: [Engines](engines.md#models).
"""


def page() -> str:
    """The whole page."""
    # What typer makes of an app: groups and commands of a click of its own, which has no published types.
    commands: Any = typer.main.get_command(app)
    return "\n".join((_ABOUT, *_commands(commands, "flashreel"), _SETTINGS, *_settings(), ""))


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        whole = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from _commands(command, whole)
            continue
        yield f"## {whole}\n"
        yield _plain(command.help or "") + "\n"
        shown = [option for option in command.params if not option.hidden and option.name not in _COMMON]
        if name in ("serve", "worker") and path == "flashreel":
            shown = [option for option in shown if option.name not in Settings.model_fields]
            yield f"All [settings](#settings) are options of it{', and:' if shown else '.'}\n"
        if shown:
            yield "| | |\n|---|---|"
            yield from (f"| {_spelled(option)} | {_help(option)} |" for option in shown)
            yield ""


def _spelled(option: Any) -> str:
    if not option.opts[0].startswith("-"):  # an argument
        name = (option.metavar or option.name).upper()
        return f"`{name}`"
    spellings = ", ".join((*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {(option.metavar or option.name).upper()}"
    return f"`{spellings}{value}`"


def _help(option: Any) -> str:
    text = _cell(option.help or "")
    default = option.default
    if option.show_default and default not in (None, False, True, "") and not callable(default):
        text += f" [default: {default}]"
    return text + (" Required." if option.required else "")


def _settings() -> Iterator[str]:
    yield "| Flag | Environment | | Default |\n|---|---|---|---|"
    for name, field in Settings.model_fields.items():
        if name == "models":
            continue
        default = field.get_default(call_default_factory=True, validated_data={})
        if isinstance(default, (tuple, dict)):
            default = ",".join(map(str, default))
        shown = "" if default in (None, "") else f"`{_cell(str(default))}`"
        flag = f"`--{name.replace('_', '-')}`" if field.repr else ""
        yield f"| {flag} | `FLASHREEL_{name.upper()}` | {_cell(field.description or '')} | {shown} |"


def _plain(text: str) -> str:
    """Without rich's escapes, and without this user's home."""
    return text.replace("\\[", "[").replace(str(default_data_folder()), "~/.local/share/flashreel").strip()


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", _plain(text)).replace("|", "\\|")
