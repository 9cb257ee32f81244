"""`flashreel webhooks`: messages to webhooks, and what they are signed with."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flashreel.cli.store import no_such_key, open_store, read_store, when
from flashreel.cli.tables import is_narrow, moment, table
from flashreel.errors import SetupError
from flashreel.terminal import Config, Data, Json, JsonObject, out, plain, print_json

if TYPE_CHECKING:
    from flashreel.jobs.outbox import Message

app = typer.Typer(name="webhooks", no_args_is_help=True, help="Messages to webhooks, and what they are signed with.")


#: What of a message is shown as JSON.
_MESSAGE = ("id", "key_id", "job_id", "event", "url", "state", "attempt", "created_at", "status", "error")


@app.command("list")
def list_messages(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 50,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Show the latest messages and what became of them."""
    from flashreel.jobs import outbox

    with read_store(data, config) as connection:
        found = outbox.messages(connection, limit, dead=dead)
    if as_json:
        for message in found:
            print_json(_facts(message))
        return
    if is_narrow():  # two lines for each: what is to be said does not fit in one
        for message in found:
            out.print(f"{message.id} {message.state} attempt {message.attempt}, {moment(message.created_at)} ago")
            out.print(plain(f"  {message.event} {message.url} {_answer(message)}".rstrip()))
        return
    shown = table("id", "key", "job", "event", "url", "state", "attempts", "created", "last answer")
    for message in found:
        url = plain(message.url if len(message.url) <= 60 else message.url[:59] + "…")
        told = (message.state, str(message.attempt), when(message.created_at), plain(_answer(message)))
        shown.add_row(message.id, message.key_id, message.job_id, message.event, url, *told)
    out.print(shown)


def _facts(message: Message) -> dict[str, object]:
    return {name: getattr(message, name) for name in _MESSAGE}


def _answer(message: Message) -> str:
    return message.error or (str(message.status) if message.status else "")


@app.command("standing")
def list_standing(as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """Show the webhooks that keys have set up for all their jobs."""
    from flashreel.jobs import webhooks

    with read_store(data, config) as connection:
        found = webhooks.standing(connection)
    if as_json:
        for one in found:
            print_json({**asdict(one), "types": list(one.types)})
        return
    shown = table("id", "key", "url", "told of", "created")
    for one in found:
        shown.add_row(one.id, one.key_id, plain(one.url), " ".join(one.types), moment(one.created_at))
    out.print(shown)


@app.command("replay")
def replay_message(
    message_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: JsonObject = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Send a message again, a dead or a delivered one too, with the same id and body."""
    from flashreel.jobs import outbox

    with open_store(data, config) as connection:
        message = outbox.replay(connection, message_id)
    if message is None:
        raise SetupError(f"there is no message with the id {message_id!r}; `flashreel webhooks list` shows the latest")
    if not message.has_text:
        raise SetupError(f"the text of {message_id} was deleted with its job: it can no longer be sent")
    if as_json:
        print_json(_facts(message))
        return
    out.print(f"{message_id} is sent as soon as a server runs")


@app.command("secret")
def show_secret(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID")],
    new: Annotated[
        bool, typer.Option("--new", help="Make another one; what is sent from now on has its signature.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: key_id, secret.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print what the webhooks of a key are signed with."""
    from flashreel.jobs import keys, webhooks

    with open_store(data, config) as connection:
        key = keys.get_key(connection, key_id)
        secret = None if key is None else webhooks.secret(connection, key.of_key or key.id, new=new)
    if secret is None:
        raise no_such_key(key_id)
    if as_json:
        print_json({"key_id": key_id, "secret": secret})
        return
    out.print(secret)
