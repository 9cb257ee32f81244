"""`flashreel doctor`: is all as it must be?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flashreel.errors import SetupError
from flashreel.settings import load_settings
from flashreel.terminal import Config, Data, Json, out, plain, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from flashreel.doctor.finding import Finding

app = typer.Typer()

_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}


@app.command("doctor")
def examine(
    host: Annotated[str | None, typer.Option(help="The --host that the server has.", show_default=False)] = None,
    port: Annotated[str | None, typer.Option(help="The --port that the server has.", show_default=False)] = None,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Check the installation, its settings and its store, also beside a running server. Exit status 1 if any check
    fails; a warning is no failure."""
    counts = dict.fromkeys(_COLOURS, 0)
    for finding in _findings(config, {"data": data, "host": host, "port": port}):
        counts[finding.verdict] += 1
        if as_json:
            print_json({name: getattr(finding, name) for name in ("check", "verdict", "says", "remedy")})
            continue
        out.print(_line(finding))
    if not as_json:
        out.print(f"{counts['fail']} failed, {counts['warn']} warnings, {counts['ok']} are well")
    if counts["fail"]:
        raise typer.Exit(1)


def _line(finding: Finding) -> Table:
    """A line, of which the sentences go on below themselves."""
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=4)
    line.add_column(width=11)
    line.add_column(overflow="fold")
    line.add_row(f"[{_COLOURS[finding.verdict]}]{finding.verdict}", finding.check, plain(finding.says))
    if finding.remedy is not None:
        line.add_row("", "", plain(f"-> {finding.remedy}"))
    return line


def _findings(config: Path | None, flags: dict[str, object]) -> Iterator[Finding]:
    from flashreel import doctor
    from flashreel.doctor.finding import Finding, refused
    from flashreel.sandbox import UMASK

    os.umask(UMASK)
    try:
        settings = load_settings(config, flags)
    except SetupError as error:
        yield refused("settings", error, "mend it where it is set: a flag, the TOML file or the environment")
        return
    named = f"of {config}, the environment and the defaults" if config else "of the environment and the defaults"
    yield Finding("settings", "ok", f"{named}; models are {', '.join(model.name for model in settings.catalogue)}")
    yield from doctor.examine(settings)
