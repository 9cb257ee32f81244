"""`flashreel jobs`: jobs in the store."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from flashreel.catalogue import MICRO
from flashreel.cli.store import no_such_key, open_store, read_store, when
from flashreel.cli.tables import Since, is_narrow, moment, short, size, span, table
from flashreel.errors import JobErrorCode, RequestRefused, SetupError
from flashreel.settings import load_settings
from flashreel.terminal import Config, Data, Json, JsonObject, err, out, plain, print_json

if TYPE_CHECKING:
    from flashreel.jobs.search import Detail, Entry

app = typer.Typer(name="jobs", no_args_is_help=True, help="Jobs in the store.")

JobId = Annotated[str, typer.Argument(metavar="ID", help="A job's id, or a beginning that no other one has.")]


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 50,
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="Only QUEUED, PROCESSING, COMPLETED or FAILED ones; may be repeated.",
            autocompletion=lambda: ["QUEUED", "PROCESSING", "COMPLETED", "FAILED"],
        ),
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="ID", help="Only this key's.")] = None,
    model: Annotated[str | None, typer.Option(help="Only for this model.")] = None,
    error: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Only those that failed with this code.",
            autocompletion=lambda: list(get_args(JobErrorCode)),
        ),
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Only those whose id begins so.")] = None,
    since: Since = None,
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="The next page: those that come after this job in the list.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Show jobs, the latest first."""
    from flashreel.jobs import keys, search, store

    if error is not None and error not in get_args(JobErrorCode):
        known = ", ".join(get_args(JobErrorCode))
        raise typer.BadParameter(f"{error!r} is not an error code; codes are {known}", param_hint="--error")
    sought = search.Sought(
        prefix=None if prefix is None else prefix.lower(),
        key_id=key,
        states=tuple(_one_of(word, get_args(store.State)) for word in state or ()),
        model=model,
        error_code=error,  # type: ignore[arg-type]  # it is one of them, see above
        since=since,
    )
    with read_store(data, config) as connection:
        if key is not None and keys.get_key(connection, key) is None:
            raise no_such_key(key)
        found = search.search(connection, sought, limit, after=after and _job_id(connection, after))
    if as_json:
        for entry in found.entries:
            print_json(_facts(entry))
        return
    out.print(_table(found.entries))
    if found.has_more:
        err.print(f"there are more: --after {found.entries[-1].id}")


@app.command("show")
def show_job(job_id: JobId, as_json: JsonObject = False, data: Data = None, config: Config = None) -> None:
    """Show all that is known of a job: what was asked for, its money, and what its webhooks were told."""
    from flashreel.jobs import search

    with read_store(data, config) as connection:
        detail = search.detail(connection, _job_id(connection, job_id))
    assert detail is not None
    if as_json:
        bookings = [{**asdict(line), "amount": line.amount / MICRO} for line in detail.bookings]
        messages = [
            {"id": one.id, "event": one.event, "url": one.url, "state": one.state, "attempt": one.attempt}
            for one in detail.messages
        ]
        echo = None if detail.echo is None else asdict(detail.echo)
        print_json({**_facts(detail.entry), "echo": echo, "bookings": bookings, "messages": messages})
        return
    for name, said in _lines(detail):
        out.print(f"{name:<10} {plain(said)}")


@app.command("cancel")
def cancel_job(job_id: JobId, as_json: JsonObject = False, data: Data = None, config: Config = None) -> None:
    """End a job that is queued or running; its credits go back. A finished one is left alone."""
    from flashreel.jobs import ending, search

    with open_store(data, config) as connection:
        job_id = _job_id(connection, job_id)
        ending.cancel(connection, job_id, None, load_settings(config, {"data": data}).retention)
        detail = search.detail(connection, job_id)
    assert detail is not None
    entry = detail.entry
    if as_json:
        print_json(_facts(entry))
        return
    is_over = entry.state in ("COMPLETED", "FAILED")
    out.print(f"{job_id} is {entry.state}" if is_over else f"{job_id} stops as soon as its worker looks")


@app.command("retry")
def retry_job(job_id: JobId, as_json: JsonObject = False, data: Data = None, config: Config = None) -> None:
    """Make a FAILED job again: a new job with the same parameters, seed, key and price, which is held again."""
    from flashreel.jobs import search
    from flashreel.jobs.retry import retry

    settings = load_settings(config, {"data": data})
    engines = {model.name: settings.engine_of(model.name) for model in settings.catalogue}
    with open_store(data, config) as connection:
        job_id = _job_id(connection, job_id)
        try:
            made = retry(connection, job_id, engines)
        except RequestRefused as error:  # the store's word, not the command line's
            raise SetupError(str(error)) from error
        detail = search.detail(connection, made.id)
    assert detail is not None
    if as_json:
        print_json(_facts(detail.entry))
        return
    out.print(f"{made.id} makes {job_id} again; {made.price / MICRO:g} credits are held of the key {made.key_id}")


def _one_of(word: str, states: tuple[Any, ...]) -> Any:
    if word.upper() not in states:
        raise typer.BadParameter(f"{word!r} is not a state; states are {', '.join(states)}", param_hint="--state")
    return word.upper()


def _job_id(connection: Any, given: str) -> str:
    """The id that begins so. Raises SetupError unless there is exactly one."""
    from flashreel.jobs import search

    found = search.ids(connection, given.lower(), 2)
    if not found:
        raise SetupError(f"there is no job with the id {given!r}; `flashreel jobs list` shows the latest")
    if len(found) > 1:
        raise SetupError(f"several jobs have an id that begins with {given!r}; `flashreel jobs list --prefix {given}`")
    return found[0]


def _facts(entry: Entry) -> dict[str, object]:
    """A job as JSON; money in credits."""
    facts = asdict(entry)
    return {**facts, **{name: None if facts[name] is None else facts[name] / MICRO for name in ("price", "cost")}}


def _table(entries: tuple[Entry, ...]) -> Any:
    narrow = is_narrow()
    shown = table(*("id", "key", "model", "state", "progress"), "age" if narrow else "created", "error")
    for entry in entries:
        said = (short(entry.id), entry.key_id, plain(entry.model), entry.state, f"{entry.progress:.0%}")
        shown.add_row(*said, moment(entry.created_at), entry.error_code or "")
    return shown


def _lines(detail: Detail) -> list[tuple[str, str]]:
    """A job as people read it: names and what there is to say of them."""
    entry, echo = detail.entry, detail.echo
    lines = [
        ("id", entry.id),
        ("state", _state(entry)),
        ("key", f"{entry.key_id} ({entry.key_name})"),
        ("model", f"{entry.model}, engine {entry.engine}, asked for as {entry.dialect}"),
        ("video", f"{entry.duration} s, {entry.aspect_ratio}, seed {entry.seed}"),
    ]
    if echo is not None:
        images = [f"{end} image {url}" for end, url in (("start", echo.start_image), ("end", echo.end_image)) if url]
        lines.append(("prompt", "; ".join([echo.prompt, *(["loop"] if echo.loop else []), *images])))
    else:
        lines.append(("prompt", "deleted when the job's time was over"))
    lines.append(("created", _time(entry.created_at)))
    if entry.started_at is not None:
        lines.append(("started", f"{_time(entry.started_at)}, after {span(entry.started_at - entry.created_at)}"))
    if entry.finished_at is not None:
        begun = entry.created_at if entry.started_at is None else entry.started_at
        lines.append(("finished", f"{_time(entry.finished_at)}, after {span(entry.finished_at - begun)}"))
    if entry.swept_at is not None or entry.expires_at is not None:
        is_over = entry.swept_at is not None
        lines.append(("deleted" if is_over else "kept until", _time(entry.swept_at or entry.expires_at or 0.0)))
    if entry.file_size is not None:
        lines.append(("files", size(entry.file_size)))
    if entry.error_code is not None:
        lines.append(("error", f"{entry.error_code}: {entry.error}" if entry.error else entry.error_code))
    lines += [("warning", warning) for warning in entry.warnings]
    if entry.stages:
        lines.append(("stages", ", ".join(f"{name} {span(seconds)}" for name, seconds in entry.stages.items())))
    lines.append(("attempts", f"{entry.attempt}, of which {entry.lost} were lost"))
    lines.append(("price", f"{entry.price / MICRO:g} credits"))
    lines += [("ledger", f"{_time(one.at)}  {one.kind} {one.amount / MICRO:g}") for one in detail.bookings]
    for message in detail.messages:
        lines.append(("webhook", f"{message.event} to {message.url}: {message.state} ({message.id})"))
    return lines


def _state(entry: Entry) -> str:
    if entry.state != "PROCESSING":
        return entry.state
    cancelled = ", is to be cancelled" if entry.cancel else ""
    return f"PROCESSING, {entry.stage} {entry.progress:.0%} by {entry.worker}{cancelled}"


def _time(seconds: float) -> str:
    return f"{when(seconds)}:{time.localtime(seconds).tm_sec:02}"
