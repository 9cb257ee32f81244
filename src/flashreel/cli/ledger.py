"""`flashreel ledger`: the record of every credit."""

from __future__ import annotations

import typer

from flashreel.cli.store import read_store
from flashreel.terminal import Config, Data, out

app = typer.Typer(name="ledger", no_args_is_help=True, help="The record of every credit.")


@app.command("verify")
def verify_ledger(data: Data = None, config: Config = None) -> None:
    """Prove that every key's credits are the sum of its ledger; exit status 1 if not."""
    from flashreel.jobs import keys

    with read_store(data, config) as connection:
        wrong = keys.check_ledger(connection)
        count = len(keys.list_keys(connection))
    for key, total in wrong:
        out.print(f"{key.id} has {key.credits} micro-credits, its ledger says {total}")
    if wrong:
        raise typer.Exit(1)
    out.print(f"{count} keys: every balance is the sum of its entries")
