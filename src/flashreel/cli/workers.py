"""`flashreel workers`: who makes videos."""

from __future__ import annotations

from dataclasses import asdict

import typer

from flashreel.cli.store import read_store
from flashreel.cli.tables import short, span, table
from flashreel.terminal import Config, Data, Json, out, plain, print_json

app = typer.Typer()


@app.command("workers")
def list_workers(as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """Show the workers that are alive, and what they do."""
    from flashreel.jobs import overview

    with read_store(data, config) as connection:
        found = overview.posts(connection)
    if as_json:
        for post in found:
            print_json({**asdict(post.worker), "job_id": post.job_id, "model": post.model, "seconds": post.seconds})
        return
    shown = table("id", "pid", "engine", "state", "stage", "done", "job", "since", "still")
    for post in found:
        worker = post.worker
        busy = post.job_id is not None or worker.state == "warming"
        done, still = (f"{worker.progress:.0%}", span(worker.still)) if busy else ("", "")
        job = "" if post.job_id is None else short(post.job_id)
        said = (worker.id, str(worker.pid), plain(worker.engine), worker.state, worker.stage)
        shown.add_row(*said, done, job, span(post.seconds), still)
    out.print(shown)
