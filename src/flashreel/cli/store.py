"""What the commands on the store share."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flashreel.errors import SetupError
from flashreel.settings import load_settings


@contextmanager
def open_store(data: Path | None, config: Path | None) -> Iterator[Any]:
    """A write transaction on the store of this data folder, made where there is none."""
    with _opened(data, config) as database, database.transaction() as connection:
        yield connection


@contextmanager
def read_store(data: Path | None, config: Path | None) -> Iterator[Any]:
    """A consistent snapshot of the store of this data folder, which waits for nobody; the store is made where there is
    none."""
    with _opened(data, config) as database, database.reading() as connection:
        yield connection


@contextmanager
def _opened(data: Path | None, config: Path | None) -> Iterator[Any]:
    from flashreel.jobs.database import Database
    from flashreel.sandbox import UMASK

    os.umask(UMASK)
    with closing(Database(load_settings(config, {"data": data}).database)) as database:
        database.create()
        yield database


def when(seconds: float) -> str:
    """Seconds of 1970 as a table shows them: the local date and time, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def no_such_key(key_id: str) -> SetupError:
    """The refusal of a key's id that is not known."""
    return SetupError(f"there is no key with the id {key_id!r}; `flashreel keys list` shows them all")
