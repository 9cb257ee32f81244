"""`flashreel mcp`: a server of the Model Context Protocol, which an assistant starts by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flashreel.errors import SetupError

app = typer.Typer()


@app.command()
def mcp(
    url: Annotated[
        str, typer.Option(envvar="FLASHREEL_URL", help="The flashreel server to use.")
    ] = "http://127.0.0.1:8000",
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Where the assistant may save videos. \\[default: nowhere]", metavar="DIR", show_default=False
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="The model of the server's catalogue.")] = "ray-flash-2-720p",
) -> None:
    """Give an assistant tools to make videos, over the Model Context Protocol (standard input and output).

    The videos are made by a running server. Its API key comes from the environment, as FLASHREEL_API_KEY: a command
    line is everybody's to read.
    """
    key = os.environ.get("FLASHREEL_API_KEY", "")
    if not key:
        raise SetupError("FLASHREEL_API_KEY is not set; `flashreel keys create --name assistant` makes a key")
    try:
        from flashreel.mcp_server import build
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "anyio"):
            raise
        raise SetupError("flashreel mcp needs the package mcp: pip install 'flashreel[mcp]'") from error
    from flashreel.remote import Remote

    if folder is not None:
        folder = folder.expanduser().absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"the folder {folder} cannot be made: {error.strerror}") from error
    build(Remote(url, key), model, folder).run()
