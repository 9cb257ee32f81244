"""`flashreel status`: how things stand, on one screen."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from flashreel.catalogue import MICRO
from flashreel.cli.store import read_store
from flashreel.cli.tables import moment, span, table
from flashreel.terminal import Config, Data, JsonObject, out, plain, print_json

if TYPE_CHECKING:
    from flashreel.jobs.overview import Throughput

app = typer.Typer()


@app.command("status")
def show_status(as_json: JsonObject = False, data: Data = None, config: Config = None) -> None:
    """Show the queue, what was made and what failed in the last hour and day, the workers and the webhooks."""
    from flashreel.jobs import overview

    with read_store(data, config) as connection:
        backlog, states = overview.backlog(connection), overview.count_by_state(connection)
        hour, day = (overview.throughput(connection, window) for window in (overview.HOUR, overview.DAY))
        timings, failures = overview.timings(connection, overview.DAY), overview.failures(connection, overview.DAY)
        workers, mail = [post.worker for post in overview.posts(connection)], overview.mail(connection)
    at_work = {state: sum(worker.state == state for worker in workers) for state in _STATES}
    if as_json:
        print_json(
            {
                "queue": [asdict(one) for one in backlog],
                "jobs": states,
                "last_hour": _facts(hour),
                "last_day": _facts(day),
                "seconds": [asdict(timing) for timing in timings],
                "failures": [asdict(one) for one in failures],
                "workers": at_work,
                "webhooks": asdict(mail),
            }
        )
        return
    if backlog:
        shown: Any = table("queue", "queued", "running", "oldest waits")
        for one in backlog:
            shown.add_row(plain(one.model), str(one.queued), str(one.running), span(one.oldest))
        out.print(shown)
    else:
        out.print("no job is queued or running")
    shown = table("finished", "completed", "failed", "jobs an hour", "video", "charged")
    for name, made in (("last hour", hour), ("last day", day)):
        said = (str(made.completed), str(made.failed), f"{made.per_hour:.1f}", span(made.video))
        shown.add_row(name, *said, f"{made.charged / MICRO:g}")
    out.print("", shown, sep="\n")
    if timings:
        shown = table("seconds of the last day", "jobs", "phase", "half within", "19 of 20 within", "longest")
        for timing in timings:
            for phase, spread in timing.phases.items():
                said = (phase, span(spread.median), span(spread.p95), span(spread.longest))
                shown.add_row(plain(timing.model), str(timing.jobs), *said)
        out.print("", shown, sep="\n")
    if failures:
        shown = table("failed in the last day", "jobs", "latest")
        for failed in failures:
            shown.add_row(failed.code, str(failed.count), moment(failed.latest))
        out.print("", shown, sep="\n")
    there = ", ".join(f"{count} {state}" for state, count in at_work.items() if count) or "none"
    out.print(f"\nworkers: {there}")
    oldest = "" if mail.oldest is None else f", the oldest for {span(mail.oldest)}"
    out.print(f"messages to webhooks: {mail.waiting} wait{oldest}; {mail.delivered} delivered, {mail.dead} dead")


_STATES = ("warming", "idle", "busy", "draining")


def _facts(made: Throughput) -> dict[str, object]:
    return {**asdict(made), "charged": made.charged / MICRO, "per_hour": made.per_hour}
