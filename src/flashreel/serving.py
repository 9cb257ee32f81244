"""The commands that run the service: serve, worker, migrate."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flashreel import __version__
from flashreel.catalogue import MICRO
from flashreel.errors import SetupError
from flashreel.settings import Settings, load_settings
from flashreel.terminal import Config, Data, out, plain

if TYPE_CHECKING:
    from flashreel.jobs.database import Database
    from flashreel.jobs.keys import Key

NoWorkers = Annotated[bool, typer.Option("--no-workers", help="An API alone: as --workers 0.")]


def with_settings(run: Callable[[Settings], None], *, serves: bool = False) -> Callable[..., None]:
    """A command with one option per field of Settings, so that `--help` can never miss one. One that `serves` can do
    without workers."""

    def command(config: Path | None, *, no_workers: bool = False, **flags: object) -> None:
        if no_workers and flags["workers"] not in (None, "0"):
            raise SetupError(f"--no-workers and --workers {flags['workers']} do not go together; leave one away")
        run(load_settings(config, {**flags, "workers": "0"} if no_workers else flags))

    parameters = [inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, annotation=Config, default=None)]
    if serves:
        flag = inspect.Parameter("no_workers", inspect.Parameter.KEYWORD_ONLY, annotation=NoWorkers, default=False)
        parameters.append(flag)
    for name, field in Settings.model_fields.items():
        if name == "models" or not field.repr:
            continue  # tables only a file can say; a secret on a command line is everybody's to read
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = ",".join(str(part) for part in default) if isinstance(default, tuple) else default
        note = (
            f"{field.description} [env: FLASHREEL_{name.upper()}; default: {'none' if shown in (None, '') else shown}]"
        )
        option = typer.Option("--" + name.replace("_", "-"), help=note.replace("[env", r"\[env"), show_default=False)
        annotation = Annotated[str | None, option]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=None))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it from here
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__name__, command.__doc__ = run.__name__, run.__doc__
    return command


@partial(with_settings, serves=True)
def serve(settings: Settings) -> None:
    """Serve the API, with local workers. Flags win over the TOML file, the file over the environment."""
    from flashreel.jobs.database import Database
    from flashreel.sandbox import UMASK
    from flashreel.signing import prepare
    from flashreel.supervisor import Supervisor, bind
    from flashreel.telemetry import configure_logging

    os.umask(UMASK)
    configure_logging(settings.log_format, "serve")
    listener = bind(settings.host, settings.port)
    prepare(settings)
    database = Database(settings.database)
    database.create()
    first = first_key(database, settings)
    host, port = listener.getsockname()[:2]
    url = settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if first is not None:
        key, secret = first
        out.print(f"data folder  {settings.data}")
        out.print(f"API key      {secret}   ({key.credits / MICRO:g} credits; shown only now)")
    out.print(f"flashreel {__version__} on {url}   base_url of the segmind SDK: {url}/v1")
    sys.stdout.flush()
    Supervisor(settings, listener).run()


def first_key(database: Database, settings: Settings) -> tuple[Key, str] | None:
    """Makes the first key of a store without any, and says its secret; None where there is one. Of all the servers that
    start on an empty store together one makes it."""
    from flashreel.jobs import keys

    with database.one_at_a_time() as connection:
        if keys.list_keys(connection):
            return None
        return keys.create_key(connection, "default", round(settings.first_credits * MICRO))


@with_settings
def worker(settings: Settings) -> None:
    """Run workers alone, for jobs that a `serve` elsewhere accepts on the same PostgreSQL, with the same assets."""
    from flashreel.jobs.database import Database
    from flashreel.sandbox import UMASK
    from flashreel.signing import prepare
    from flashreel.supervisor import Supervisor
    from flashreel.telemetry import configure_logging

    os.umask(UMASK)
    configure_logging(settings.log_format, "worker")
    prepare(settings)
    database = Database(settings.database)
    database.create()
    database.close()
    out.print(plain(f"flashreel {__version__}: {settings.workers} workers per engine for {database}"))
    sys.stdout.flush()
    Supervisor(settings, None).run()


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done, and what may go on.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make the store, or bring it to this version. PostgreSQL needs it before the first start and after an update; a
    store in a file is brought up to date whenever it is opened."""
    from flashreel.jobs.database import Database
    from flashreel.jobs.schema import COMPATIBLE, REVISION
    from flashreel.sandbox import UMASK

    os.umask(UMASK)
    database = Database(load_settings(config, {"data": data}).database)
    before = database.revision() if check else database.migrate()
    database.close()
    if before is not None and before > REVISION:
        out.print(plain(f"{database} is at schema {before}, newer than {REVISION}; this flashreel runs on it too"))
        return
    done = {None: "made, with", REVISION: "already at"}.get(before, f"brought from schema {before} to")
    out.print(plain(f"{database} {'would be' if check and before != REVISION else 'is'} {done} schema {REVISION}"))
    if before not in (None, REVISION):
        out.print(f"what knows schema {COMPATIBLE} or a newer one may go on beside this version; what is older may not")
