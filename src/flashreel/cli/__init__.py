"""The command line.

A group of commands is one file of this folder with a `typer.Typer` called `app`, named in `_GROUPS` below. With
`typer.Typer(name="keys")` its commands are `flashreel keys ...`; without a name they are commands of their own, like
`flashreel generate`. What is heavy (an engine, the store, a codec, an HTTP client) is imported inside the command, so
that `flashreel --help` and every other command start at once. `store.py` has what commands on the store share,
`flashreel.terminal` says where they print. A table for people has `--json` beside it: one object a line.

Exit status: 0 done; 1 it failed, or a setting or a file was wrong, and a sentence on the error stream says which
(`FlashreelError`); 2 the command line was: an option that there is not, or a value that is not allowed
(`typer.BadParameter`, `RequestRefused`).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from flashreel import __version__
from flashreel.cli import backup, doctor, generate, jobs, keys, ledger, mcp, status, storage, webhooks, workers
from flashreel.errors import FlashreelError, RequestRefused
from flashreel.serving import migrate, serve, worker
from flashreel.terminal import err, out, plain

_GROUPS = (generate, status, doctor, keys, jobs, workers, webhooks, storage, ledger, backup, mcp)

app = typer.Typer(
    name="flashreel",
    epilog="Exit status: 0 done, 1 failed, 2 the command line is wrong.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
for command in (serve, worker, migrate):
    app.command()(command)
for group in _GROUPS:
    app.add_typer(group.app)


def console() -> None:
    """The console script, a process of its own: `main`, and out."""
    try:
        main()
    except SystemExit as end:  # how typer ends every command
        if not end.code and "numba" in sys.modules:
            _leave_at_once()
        raise


def main() -> None:
    """Runs a command: what the user can mend is one sentence and an exit status, never a traceback."""
    try:
        app()
    except FlashreelError as error:
        err.print(f"[red]flashreel:[/red] {plain(str(error))}")
        sys.exit(2 if isinstance(error, RequestRefused) else 1)


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
