"""`flashreel keys`: API keys and their credits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flashreel.catalogue import MICRO
from flashreel.cli.store import no_such_key, open_store, read_store, when
from flashreel.cli.tables import is_narrow, moment, table
from flashreel.terminal import Config, Data, Json, JsonObject, out, plain, print_json

if TYPE_CHECKING:
    from flashreel.jobs.keys import Key
    from flashreel.jobs.overview import KeyUse

app = typer.Typer(name="keys", no_args_is_help=True, help="API keys and their credits.")


@app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    credits: Annotated[float, typer.Option(min=0, max=1e9, help="Credits to grant.")] = 0.0,
    scope: Annotated[
        list[str] | None, typer.Option(help="generate, read, admin; may be repeated. \\[default: generate]")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be repeated. \\[default: all]")] = None,
    days: Annotated[float | None, typer.Option(min=0.001, help="Days it is good for. \\[default: no end]")] = None,
    of: Annotated[
        str | None, typer.Option(metavar="ID", help="Make it a further secret of this key, with its jobs and credits.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: id, secret, credits.")] = False,
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
    with open_store(data, config) as connection:
        owner = None if of is None else keys.get_key(connection, of)
        if of is not None and (owner is None or owner.of_key is not None):
            raise no_such_key(of)
        key, secret = keys.create_key(
            connection,
            name,
            _micro(credits),
            scopes=scope or ("generate",),
            models=model or (),
            life=None if days is None else days * 86400.0,
            of_key=of,
        )
    if as_json:
        print_json({"id": key.id, "secret": secret, "credits": key.credits / MICRO})
        return
    out.print(f"id {key.id}, {key.credits / MICRO:g} credits")
    out.print(secret)


@app.command("list")
def list_keys(as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """Show all keys with what they can still spend, what is held for their unfinished jobs, and their own limits."""
    from flashreel.jobs import overview

    with read_store(data, config) as connection:
        found = overview.key_uses(connection)
    if as_json:
        for use in found:
            print_json(_facts(use))
        return
    narrow = is_narrow()
    more = () if narrow else ("scopes", "created")
    shown = table("id", "name", "credits", "held", "jobs", *more, "used", "state", "limits")
    for use in found:
        key = use.key
        credits = f"{key.credits / MICRO:g}" if key.of_key is None else f"of {key.of_key}"
        jobs = f"{use.queued}+{use.running}" if use.queued or use.running else ""
        held = f"{use.held / MICRO:g}" if use.held else ""
        state = "good" if key.is_good(time.time()) else "revoked" if key.revoked_at else "expired"
        more = () if narrow else (" ".join(sorted(key.scopes)), when(key.created_at))
        used = "never" if key.last_used_at is None else moment(key.last_used_at)
        shown.add_row(key.id, plain(key.name), credits, held, jobs, *more, used, state, _limits(key))
    out.print(shown)


def _limits(key: Key) -> str:
    """Its own limits, where it has any."""
    named = {"rate": key.rate, "queued": key.max_queued, "running": key.max_running, "priority": key.priority or None}
    return ", ".join(f"{name} {limit:g}" for name, limit in named.items() if limit is not None)


def _facts(use: KeyUse) -> dict[str, object]:
    """A key as JSON; money in credits."""
    key = use.key
    facts = {name: getattr(key, name) for name in _KEY}
    return {
        **facts,
        "credits": key.credits / MICRO,
        "held": use.held / MICRO,
        "queued": use.queued,
        "running": use.running,
        "scopes": sorted(key.scopes),
        "models": None if key.models is None else sorted(key.models),
        "is_good": key.is_good(time.time()),
    }


#: What of a key is shown as JSON as it is.
_KEY = (
    *("id", "name", "of_key", "created_at", "last_used_at", "expires_at", "revoked_at"),
    *("rate", "max_queued", "max_running", "priority"),
)


def _print_key(connection: Any, key_id: str) -> None:
    """The key as JSON, as `keys list` has it."""
    from flashreel.jobs import overview

    print_json(next(_facts(use) for use in overview.key_uses(connection) if use.key.id == key_id))


@app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: JsonObject = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """End a key for good. Jobs it has accepted are still finished."""
    from flashreel.jobs import keys

    with open_store(data, config) as connection:
        if not keys.revoke_key(connection, key_id):
            raise no_such_key(key_id)
        if as_json:
            _print_key(connection, key_id)
            return
    out.print(f"{key_id} is revoked")


@app.command("grant")
def grant_credits(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    credits: Annotated[float, typer.Argument(help="Credits to add; negative takes away.")],
    as_json: JsonObject = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Give a key more credits."""
    from flashreel.jobs import keys

    with open_store(data, config) as connection:
        key = keys.grant(connection, key_id, _micro(credits))
        if key is None:
            raise no_such_key(key_id)
        if as_json:
            _print_key(connection, key_id)
            return
    out.print(f"{key_id} has {key.credits / MICRO:g} credits")


@app.command("limits")
def set_limits(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    rate: Annotated[float | None, typer.Option(min=0.001, help="Submits a minute.")] = None,
    max_queued: Annotated[int | None, typer.Option(min=0, help="Unfinished jobs at once.")] = None,
    max_running: Annotated[int | None, typer.Option(min=1, help="Running jobs at once; more wait.")] = None,
    priority: Annotated[int | None, typer.Option(help="Higher goes first. \\[default: 0]")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="First take back all that were set.")] = False,
    as_json: JsonObject = False,
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
    with open_store(data, config) as connection:
        key = keys.set_limits(connection, key_id, limits)
        if key is None:
            raise no_such_key(key_id)
        if as_json:
            _print_key(connection, key_id)
            return
    shown = {"rate": key.rate, "max_queued": key.max_queued, "max_running": key.max_running}
    said = ", ".join(f"{name} {'default' if it is None else f'{it:g}'}" for name, it in shown.items())
    out.print(f"{key_id}: {said}, priority {key.priority}")


def _micro(credits: float) -> int:
    if not abs(credits) <= 1e9:  # nor nan
        raise typer.BadParameter(f"{credits} is not a number of credits from -1e9 to 1e9")
    return round(credits * MICRO)
