"""`flashreel storage`: what is kept, where, and how much room there is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from flashreel import disk
from flashreel.cli.store import read_store
from flashreel.cli.tables import size, table
from flashreel.settings import load_settings
from flashreel.terminal import Config, Data, JsonObject, out, plain, print_json

app = typer.Typer()


@app.command("storage")
def show_storage(as_json: JsonObject = False, data: Data = None, config: Config = None) -> None:
    """Show what videos, stills and uploads take, what lies in the data folder, and the free disk."""
    from flashreel.jobs import overview

    settings = load_settings(config, {"data": data})
    with read_store(data, config) as connection:
        kept = overview.kept(connection)
    room, places = disk.room(settings), disk.places(settings)
    if as_json:
        facts: dict[str, Any] = asdict(kept)
        facts["places"] = [{"name": place.name, "path": str(place.path), "size": place.size} for place in places]
        facts |= {"free": room.free, "total": room.total}
        print_json({**facts, "min_free": settings.min_free, "storage_quota": settings.storage_quota})
        return
    shown = table("kept", "files", "size")
    for name, files in (("videos", kept.videos), ("stills", kept.stills), ("uploads", kept.uploads)):
        shown.add_row(name, str(files.count), size(files.size))
    out.print(shown)
    quota = f"; finished files may take {size(settings.storage_quota)}" if settings.storage_quota else ""
    out.print(f"\n{size(room.free)} of {size(room.total)} are free, {size(settings.min_free)} are kept free{quota}\n")
    shown = table("place", "size", "path")
    for place in places:
        shown.add_row(place.name, size(place.size), plain(str(place.path)))
    out.print(shown)
