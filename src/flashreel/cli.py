"""The command line: generate, keys, jobs, webhooks, ledger, and what `serving.py` has."""

from __future__ import annotations

import gc
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from flashreel import __version__
from flashreel.catalogue import MICRO
from flashreel.errors import FlashreelError, JobFailed, SetupError
from flashreel.serving import migrate, serve, worker
from flashreel.settings import load_settings
from flashreel.terminal import Config, Data, err, out, plain

app = typer.Typer(name="flashreel", no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
keys_app = typer.Typer(no_args_is_help=True, help="API keys and their credits.")
app.add_typer(keys_app, name="keys")
jobs_app = typer.Typer(no_args_is_help=True, help="Jobs in the store.")
app.add_typer(jobs_app, name="jobs")
webhooks_app = typer.Typer(no_args_is_help=True, help="Messages to webhooks, and what they are signed with.")
app.add_typer(webhooks_app, name="webhooks")
ledger_app = typer.Typer(no_args_is_help=True, help="The record of every credit.")
app.add_typer(ledger_app, name="ledger")
for command in (serve, worker, migrate):
    app.command()(command)


def console() -> None:
    """The console script, a process of its own: `main`, and out."""
    try:
        main()
    except SystemExit as end:  # how typer ends every command
        if not end.code and "numba" in sys.modules:
            _leave_at_once()
        raise


def main() -> None:
    """Runs a command: what the user can mend is one sentence and exit status 1, never a traceback."""
    try:
        app()
    except FlashreelError as error:
        err.print(f"[red]flashreel:[/red] {plain(str(error))}")
        sys.exit(1)


def _leave_at_once() -> None:
    """Ends the process with success. All is written and closed by now, and the interpreter would take a quarter of a
    second to take the compiler and what it compiled apart."""
    with suppress(OSError):  # then the interpreter says so, as it always does
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """An open, self-hosted text-to-video API."""
    if version:
        out.print(__version__)
        raise typer.Exit


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps Python from looking for cycles of garbage: in the making of one video there are next to none, and walking
    through the compiler's many objects stops all threads each time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@app.command()
@_uncollected()
def generate(
    prompt: Annotated[str, typer.Argument(help="What to show.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")] = Path("flashreel.mp4"),
    duration: Annotated[str, typer.Option(help="Seconds: 5 or 9.")] = "5",
    aspect_ratio: Annotated[str, typer.Option(help="1:1, 3:4, 4:3, 9:16, 16:9, 9:21 or 21:9.")] = "16:9",
    start_image: Annotated[str | None, typer.Option(help="File or URL of the first frame.", show_default=False)] = None,
    end_image: Annotated[str | None, typer.Option(help="File or URL of the last frame.", show_default=False)] = None,
    loop: Annotated[bool, typer.Option("--loop", help="End where it begins.")] = False,
    seed: Annotated[
        str | None, typer.Option(help="Same seed, same video. [default: random]", show_default=False)
    ] = None,
    engine: Annotated[str | None, typer.Option(help="The engine. [default: animatic]", show_default=False)] = None,
    model: Annotated[str, typer.Option(help="The model of the catalogue.")] = "ray-flash-2-720p",
    data: Data = None,
    config: Config = None,
) -> None:
    """Make one video here and now, without a server.

    The prompt is not checked, unless the settings turn moderation on.
    """
    begun = time.monotonic()
    settings = load_settings(config, {"data": data, "engine": engine})
    # Both before numpy's and the engine's import. Numpy's linear algebra is not used; its threads would only spin.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.data / "cache" / "numba"))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from flashreel import signing
    from flashreel.clip import fetcher, load_keyframes, make_clip
    from flashreel.engines.capabilities import capabilities
    from flashreel.engines.registry import load_engine
    from flashreel.media.ingredients import Source
    from flashreel.parameters import check_loop, parse_spec

    files = {
        field: Path(value)
        for field, value in (("start_image_url", start_image), ("end_image_url", end_image))
        if value is not None and not re.match(r"(?i)(https?|data):", value)
    }
    fields = {
        "prompt": prompt,
        "duration": duration,
        "aspect_ratio": aspect_ratio,
        "loop": loop,
        "seed": str(secrets.randbelow(2**31)) if seed is None else seed,
        # A file of the caller's own is no URL; it takes its place after the check.
        "start_image_url": None if "start_image_url" in files else start_image,
        "end_image_url": None if "end_image_url" in files else end_image,
    }
    check_loop(loop, end_image)
    spec, _ = parse_spec(settings.catalogue[model], fields, settings.fetch_policy)
    spec = spec.model_copy(
        update={field.removesuffix("_url"): str(path) for field, path in files.items()},
    )
    name = settings.engine_of(model)
    capabilities(name).check(spec, name)
    flagged: tuple[str, ...] = ()
    if settings.moderation and "moderation" in settings.model_fields_set:
        from flashreel.moderation.moderator import moderator

        flagged = moderator(settings.moderation_rules).check_prompt(spec.prompt)
    fetch = fetcher(settings.fetch_policy)

    def load(reference: str, field: str) -> bytes:
        if field not in files:
            return fetch(reference, field)
        try:
            return files[field].read_bytes()
        except OSError as error:
            raise JobFailed("image_unreachable", f"{files[field]} cannot be read: {error.strerror}") from error

    with _progress() as report:
        report("preparing", 0.0)
        sources: list[Source] = []
        keyframes = load_keyframes(spec, signing.keeping(settings, load, sources), report)
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"the folder {output.parent} cannot be made: {error.strerror}") from error
        worker = load_engine(name, settings.threads or os.cpu_count() or 1)
        try:
            signer = signing.begin(settings, name, worker, spec, output.name, sources)
            clip = make_clip(worker, spec, keyframes, output, report, signing=signer)
        finally:
            worker.close()
    info = clip.info
    out.print(
        f"{output}  {info.width}x{info.height}, {info.frames} frames, {info.file_size / 1e6:.2f} MB, "
        f"seed {spec.seed}, {time.monotonic() - begun:.1f} s"
    )
    told = [*clip.warnings, *flagged]
    if clip.understood is not None:
        told.insert(0, f"{clip.understood:.0%} of the prompt was understood")
    if told:
        out.print(plain("; ".join(told)))


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    if not err.is_terminal:  # in a file or a pipe even a bar that goes away leaves lines behind
        yield lambda stage, fraction: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("starting", total=1.0)

        def report(stage: str, fraction: float) -> None:
            progress.update(task, description=stage, completed=fraction)

        yield report


@contextmanager
def _store(data: Path | None, config: Path | None) -> Iterator[Any]:
    """A write transaction on the store of this data folder, made where there is none."""
    from flashreel.jobs.database import Database
    from flashreel.sandbox import UMASK

    os.umask(UMASK)
    database = Database(load_settings(config, {"data": data}).database)
    database.create()
    try:
        with database.transaction() as connection:
            yield connection
    finally:
        database.close()


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    credits: Annotated[float, typer.Option(min=0, max=1e9, help="Credits to grant.")] = 0.0,
    scope: Annotated[
        list[str] | None, typer.Option(help="generate, read, admin; may be repeated. [default: generate]")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be repeated. [default: all]")] = None,
    days: Annotated[float | None, typer.Option(min=0.001, help="Days it is good for. [default: no end]")] = None,
    of: Annotated[
        str | None, typer.Option(metavar="ID", help="Make it a further secret of this key, with its jobs and credits.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a key. It is printed alone on the last line, and never again."""
    from flashreel.jobs import keys

    for word in scope or ():
        if word not in ("generate", "read", "admin"):
            raise typer.BadParameter(
                f"{word!r} is not a scope; scopes are generate, read and admin", param_hint="--scope"
            )
    if of is not None and credits:
        raise typer.BadParameter("a key of another has that one's credits: grant them there", param_hint="--credits")
    with _store(data, config) as connection:
        owner = None if of is None else keys.get_key(connection, of)
        if of is not None and (owner is None or owner.of_key is not None):
            raise _no_such_key(of)
        key, secret = keys.create_key(
            connection,
            name,
            _micro(credits),
            scopes=scope or ("generate",),
            models=model or (),
            life=None if days is None else days * 86400.0,
            of_key=of,
        )
    out.print(f"id {key.id}, {key.credits / MICRO:g} credits")
    out.print(secret)


@keys_app.command("list")
def list_keys(data: Data = None, config: Config = None) -> None:
    """Show all keys with what they can still spend."""
    from rich.table import Table

    from flashreel.jobs import keys

    with _store(data, config) as connection:
        found = keys.list_keys(connection)
    table = Table("id", "name", "credits", "scopes", "created", "last used", "state", box=None)
    for key in found:
        credits = f"{key.credits / MICRO:g}" if key.of_key is None else f"of {key.of_key}"
        used = "never" if key.last_used_at is None else _when(key.last_used_at)
        state = "good" if key.is_good(time.time()) else "revoked" if key.revoked_at else "expired"
        scopes = " ".join(sorted(key.scopes))
        table.add_row(key.id, plain(key.name), credits, scopes, _when(key.created_at), used, state)
    out.print(table)


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


@keys_app.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, config: Config = None) -> None:
    """End a key for good. Jobs it has accepted are still finished."""
    from flashreel.jobs import keys

    with _store(data, config) as connection:
        known = keys.revoke_key(connection, key_id)
    if not known:
        raise _no_such_key(key_id)
    out.print(f"{key_id} is revoked")


@keys_app.command("grant")
def grant_credits(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    credits: Annotated[float, typer.Argument(help="Credits to add; negative takes away.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Give a key more credits."""
    from flashreel.jobs import keys

    with _store(data, config) as connection:
        key = keys.grant(connection, key_id, _micro(credits))
    if key is None:
        raise _no_such_key(key_id)
    out.print(f"{key_id} has {key.credits / MICRO:g} credits")


@keys_app.command("limits")
def set_limits(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    rate: Annotated[float | None, typer.Option(min=0.001, help="Submits a minute.")] = None,
    max_queued: Annotated[int | None, typer.Option(min=0, help="Unfinished jobs at once.")] = None,
    max_running: Annotated[int | None, typer.Option(min=1, help="Running jobs at once; more wait.")] = None,
    priority: Annotated[int | None, typer.Option(help="Higher goes first. [default: 0]")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="First take back all that were set.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Set a key's own limits; those not named stay as they are. Shows what holds then."""
    from flashreel.jobs import keys

    limits: dict[str, float | int | None] = {}
    if reset:
        limits |= {"rate": None, "max_queued": None, "max_running": None, "priority": 0}
    named = {"rate": rate, "max_queued": max_queued, "max_running": max_running, "priority": priority}
    limits |= {name: it for name, it in named.items() if it is not None}
    with _store(data, config) as connection:
        key = keys.set_limits(connection, key_id, limits)
    if key is None:
        raise _no_such_key(key_id)
    shown = {"rate": key.rate, "max_queued": key.max_queued, "max_running": key.max_running}
    said = ", ".join(f"{name} {'default' if it is None else f'{it:g}'}" for name, it in shown.items())
    out.print(f"{key_id}: {said}, priority {key.priority}")


#: What of a job the operator is shown as JSON, beside its cost.
_JOB = (
    *("id", "key_id", "dialect", "model", "state", "stage", "progress", "aspect_ratio", "duration", "seed"),
    *("error_code", "error", "created_at", "started_at", "finished_at", "expires_at"),
)


@jobs_app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 50,
    state: Annotated[str | None, typer.Option(help="Only QUEUED, PROCESSING, COMPLETED or FAILED ones.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line; times in seconds of 1970.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Show the latest jobs."""
    from rich.table import Table

    from flashreel.jobs import listing, store

    states = {name.lower(): name for name in get_args(store.State)}
    if state is not None and state.lower() not in states:
        raise typer.BadParameter(
            f"{state!r} is not a state; states are {', '.join(states.values())}", param_hint="--state"
        )
    with _store(data, config) as connection:
        found = listing.latest(connection, limit, None if state is None else states[state.lower()])
    if as_json:
        for job in found:
            cost = None if job.cost is None else job.cost / MICRO
            typer.echo(json.dumps({**{name: getattr(job, name) for name in _JOB}, "cost": cost}))
        return
    table = Table("id", "key", "model", "state", "progress", "created", "error", box=None)
    for job in found:
        created = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created_at))
        table.add_row(job.id, job.key_id, job.model, job.state, f"{job.progress:.0%}", created, job.error_code or "")
    out.print(table)


@jobs_app.command("cancel")
def cancel_job(job_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, config: Config = None) -> None:
    """End a job that is queued or running; its credits go back. A finished one is left alone."""
    from flashreel.jobs import store

    with _store(data, config) as connection:
        job = store.cancel(connection, job_id, None, load_settings(config, {"data": data}).retention)
    if job is None:
        raise SetupError(f"there is no job with the id {job_id!r}; `flashreel jobs list` shows the latest")
    out.print(f"{job_id} is {job.state}" if job.is_terminal else f"{job_id} stops as soon as its worker looks")


@webhooks_app.command("list")
def list_messages(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 50,
    data: Data = None,
    config: Config = None,
) -> None:
    """Show the latest messages and what became of them."""
    from rich.table import Table

    from flashreel.jobs import outbox

    with _store(data, config) as connection:
        found = outbox.messages(connection, limit, dead=dead)
    table = Table("id", "key", "job", "event", "url", "state", "attempts", "created", "last answer", box=None)
    for message in found:
        answer = message.error or (str(message.status) if message.status else "")
        url = plain(message.url if len(message.url) <= 60 else message.url[:59] + "…")
        said = (message.state, str(message.attempt), _when(message.created_at), plain(answer))
        table.add_row(message.id, message.key_id, message.job_id, message.event, url, *said)
    out.print(table)


@webhooks_app.command("replay")
def replay_message(
    message_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, config: Config = None
) -> None:
    """Send a message again, a dead or a delivered one too, with the same id and body."""
    from flashreel.jobs import outbox

    with _store(data, config) as connection:
        message = outbox.replay(connection, message_id)
    if message is None:
        raise SetupError(f"there is no message with the id {message_id!r}; `flashreel webhooks list` shows the latest")
    if not message.has_text:
        raise SetupError(f"the text of {message_id} was deleted with its job: it can no longer be sent")
    out.print(f"{message_id} is sent as soon as a server runs")


@webhooks_app.command("secret")
def show_secret(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID")],
    new: Annotated[
        bool, typer.Option("--new", help="Make another one; what is sent from now on has its signature.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print what the webhooks of a key are signed with."""
    from flashreel.jobs import keys, webhooks

    with _store(data, config) as connection:
        key = keys.get_key(connection, key_id)
        secret = None if key is None else webhooks.secret(connection, key.of_key or key.id, new=new)
    if secret is None:
        raise _no_such_key(key_id)
    out.print(secret)


@ledger_app.command("verify")
def verify_ledger(data: Data = None, config: Config = None) -> None:
    """Prove that every key's credits are the sum of its ledger; exit status 1 if not."""
    from flashreel.jobs import keys

    with _store(data, config) as connection:
        wrong = keys.check_ledger(connection)
        count = len(keys.list_keys(connection))
    for key, total in wrong:
        out.print(f"{key.id} has {key.credits} micro-credits, its ledger says {total}")
    if wrong:
        raise typer.Exit(1)
    out.print(f"{count} keys: every balance is the sum of its entries")


def _micro(credits: float) -> int:
    if not abs(credits) <= 1e9:  # nor nan
        raise typer.BadParameter(f"{credits} is not a number of credits from -1e9 to 1e9")
    return round(credits * MICRO)


def _no_such_key(key_id: str) -> SetupError:
    return SetupError(f"there is no key with the id {key_id!r}; `flashreel keys list` shows them all")
