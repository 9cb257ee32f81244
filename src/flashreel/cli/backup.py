"""`flashreel backup` and `flashreel restore`: a copy of the data folder, and the way back."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flashreel.settings import load_settings
from flashreel.terminal import Config, Data, err, out, plain

if TYPE_CHECKING:
    from flashreel.backup import Manifest

app = typer.Typer()


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="The folder to make, which must not be there yet.", show_default=False)],
    data: Data = None,
    config: Config = None,
) -> None:
    """Copy the store and its files, also while the server runs. It holds keys' hashes, prompts and the signing key:
    keep it as safe as the data folder. A PostgreSQL store is for pg_dump."""
    from flashreel.backup import back_up
    from flashreel.sandbox import UMASK

    os.umask(UMASK)
    settings = load_settings(config, {"data": data})
    made = back_up(settings, to.absolute())
    out.print(plain(f"{to}: {_holds(made)}; read again and found whole"))
    if made.ended:
        out.print(f"{made.ended} files came to their end meanwhile and are not in it")
    if made.missing:
        assets = plain(str(settings.assets))
        err.print(f"[red]flashreel:[/red] {made.missing} files were not in {assets} and are not in it: is it mounted?")
        raise typer.Exit(1)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="What `backup` made.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Move aside what the data folder holds.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Put a backup into the data folder, with no server running on it. Nothing is deleted."""
    from flashreel.backup import restore as put_back
    from flashreel.sandbox import UMASK

    os.umask(UMASK)
    settings = load_settings(config, {"data": data})
    done = put_back(settings, source.absolute(), force=force)
    out.print(plain(f"{settings.data} is as {source} was: {_holds(done.manifest)}"))
    if done.requeued:
        out.print(f"{done.requeued} jobs were being made and are queued again")
    if done.aside is not None:
        out.print(plain(f"what was there is in {done.aside}"))


def _holds(manifest: Manifest) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(manifest.created_at))
    return (
        f"{manifest.keys} keys, {manifest.jobs} jobs, {manifest.files} files, {manifest.size / 1e6:.1f} MB, "
        f"schema {manifest.schema} of flashreel {manifest.flashreel}, as of {at}"
    )
