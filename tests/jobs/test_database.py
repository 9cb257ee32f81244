"""The database file: made once, refused when it is not ours, shared by processes that know nothing of each other."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel.errors import SetupError
from flashreel.jobs import keys, postgresql
from flashreel.jobs.database import Database, _patiently, is_in_doubt
from flashreel.jobs.schema import REVISION, ledger, meta, revisions
from flashreel.serving import first_key
from flashreel.settings import load_settings
from tests.support.postgres import PostgreSQL, another, empty
from tests.support.server import wait_for
from tests.support.store import CREDITS, credits_of, new_key, open_database


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return found


def test_a_store_is_made_once_and_kept(tmp_path: Path) -> None:
    first = open_database(tmp_path)
    key = new_key(first)
    first.close()
    again = open_database(tmp_path)
    again.check()
    assert credits_of(again, key) == CREDITS
    again.close()


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    open_database(tmp_path / "new" / "data").close()
    assert (tmp_path / "new" / "data").stat().st_mode & 0o077 == 0


def test_a_schema_of_another_version_is_refused_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.transaction() as connection:
        connection.execute(revisions.update().values(version_num="9999"))
        connection.execute(meta.update().where(meta.c.name == "compatible").values(value="9999"))
        connection.execute(sa.text("DROP TABLE outbox"))
    for opened in (database.create, database.migrate, database.check):
        with pytest.raises(SetupError, match=rf"has schema 9999, this flashreel knows {REVISION}; update .* --data"):
            opened()
    assert "outbox" not in tables(tmp_path / "flashreel.db")
    database.close()


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "flashreel.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(SetupError, match="no schema of ours"):
        open_database(tmp_path)
    assert tables(path) == {"recipes"}


def test_a_file_that_is_no_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "flashreel.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(SetupError, match=r"flashreel\.db cannot be opened: file is not a database"):
        open_database(tmp_path)


def test_a_data_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SetupError, match=r"the data folder .*file/data cannot be made"):
        open_database(tmp_path / "file" / "data")


def test_a_missing_store_is_not_there_rather_than_empty(tmp_path: Path) -> None:
    database = Database(tmp_path / "flashreel.db")
    with pytest.raises(SetupError, match="no schema of ours"):
        database.check()
    database.close()


def test_writes_are_undone_by_an_exception(database: Database) -> None:
    with pytest.raises(LookupError), database.transaction() as connection:
        connection.execute(meta.insert().values(name="half", value="x"))
        raise LookupError
    with database.reading() as connection:
        assert connection.scalar(sa.select(meta.c.value).where(meta.c.name == "half")) is None


def test_reading_goes_on_while_somebody_writes(database: Database) -> None:
    read: list[object] = []

    def look() -> None:
        with database.reading() as connection:
            read.append(connection.scalar(sa.select(meta.c.value).where(meta.c.name == "new")))

    with database.transaction() as connection:
        connection.execute(meta.insert().values(name="new", value="x"))
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(10)
        assert read == [None]  # at once, and without what is not committed
    look()
    assert read == [None, "x"]


def test_a_snapshot_stays_the_same_while_it_is_read(database: Database, key: str) -> None:
    with database.reading() as reader:
        before = keys.get_key(reader, key)
        with database.transaction() as connection:
            keys.grant(connection, key, 1)
        assert keys.get_key(reader, key) == before


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        connection.execute(ledger.insert().values(key_id="nobody", kind="grant", amount=1, at=0.0))


def test_errors_do_not_repeat_what_was_written(database: Database) -> None:
    row = {"name": "a private prompt", "value": "x"}
    with pytest.raises(sa.exc.IntegrityError) as caught, database.transaction() as connection:
        connection.execute(meta.insert().values(**row))
        connection.execute(meta.insert().values(**row))
    assert "a private prompt" not in "".join(traceback.format_exception(caught.value))


def test_being_writable_is_tried_and_leaves_the_store_as_it_was(database: Database) -> None:
    database.check_writable()
    database.check_writable()
    database.check()


_PROCESS = """
import sys
from pathlib import Path
from flashreel.jobs import ending, keys, leases, store
from flashreel.jobs.database import Database, _patiently
from flashreel.spec import GenerationSpec

database = Database(Path(sys.argv[1]) / "flashreel.db")
database.create()
spec = GenerationSpec(model="m", prompt="p", aspect_ratio="1:1", width=16, height=16, duration=5, seed=1)
with database.transaction() as connection:
    key, _ = keys.create_key(connection, "k", 1000)
for _ in range(8):
    with database.transaction() as connection:
        assert store.submit(connection, key.id, spec, dialect="d", engine="e", price=10)
    with database.transaction() as connection:
        claim = leases.claim(connection, sys.argv[2], ["m"], max_attempts=3, retention=9.0)
    with database.transaction() as connection:
        assert ending.complete(connection, claim, {"file_size": 1}, (), 9.0)
print(key.id)
"""


def test_processes_that_start_together_share_one_store(tmp_path: Path) -> None:
    commands = [[sys.executable, "-c", _PROCESS, str(tmp_path / "data"), f"w{number}"] for number in range(2)]
    running = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        for command in commands
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    database = open_database(tmp_path / "data")
    # Each finished 8 of somebody's jobs; every key paid for its own 8.
    assert [credits_of(database, key) for key in said] == [920] * 2
    database.close()


class _Locked:
    """A connection of the driver whose file another process is just making: SQLite asks no busy handler then."""

    def __init__(self, times: int, code: int) -> None:
        self.left, self._code = times, code

    def execute(self, _: str) -> None:
        if self.left:
            self.left -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = self._code
            raise error


def test_a_lock_that_sqlite_itself_does_not_wait_for_is_waited_for() -> None:
    connection = _Locked(3, sqlite3.SQLITE_BUSY_RECOVERY)
    _patiently(connection, "PRAGMA journal_mode=WAL")  # type: ignore[arg-type]  # it has all that is used
    assert connection.left == 0


def test_an_error_that_waiting_does_not_mend_is_raised_at_once() -> None:
    with pytest.raises(sqlite3.OperationalError):
        _patiently(_Locked(1, sqlite3.SQLITE_IOERR), "PRAGMA x")  # type: ignore[arg-type]  # it has all that is used


def test_a_server_that_cannot_be_reached_is_said_in_a_sentence_without_the_password() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    closed_port = taken.getsockname()[1]
    taken.close()
    database = Database(f"postgresql://me:hidden@127.0.0.1:{closed_port}/videos")
    for opened in (database.create, database.migrate):
        with pytest.raises(
            SetupError, match=r"^the store postgresql://127\.0\.0\.1/videos cannot be opened: "
        ) as refused:
            opened()
        assert "hidden" not in "".join(traceback.format_exception(refused.value))
    assert "hidden" not in f"{database}"


@pytest.mark.parametrize("url", ["", "sqlite:///x", "nonsense", "mysql://me:hidden@db/videos"])
def test_what_is_no_url_of_postgresql_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SetupError, match=r"^database_url must be like postgresql://") as refused:
        Database(url)
    assert "hidden" not in "".join(traceback.format_exception(refused.value))


def test_without_the_driver_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SetupError, match=r"pip install 'flashreel\[postgres\]'"):
        Database("postgresql://db/videos")


def test_reading_cannot_write_on_postgresql(postgresql: Database) -> None:
    with pytest.raises(sa.exc.OperationalError, match="read-only"), postgresql.reading() as connection:
        connection.execute(meta.insert().values(name="half", value="x"))


def test_a_connection_that_the_server_ended_is_replaced_unseen(postgresql: Database) -> None:
    with postgresql.reading() as connection:
        first = connection.scalar(sa.select(sa.func.pg_backend_pid()))
    other = Database(postgresql._url.render_as_string(hide_password=False))
    with other.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.pg_terminate_backend(first, 20_000)))
    other.close()
    with postgresql.reading() as connection:
        assert connection.scalar(sa.select(sa.func.pg_backend_pid())) != first


def test_a_transaction_that_the_server_gave_up_is_an_outage_and_leaves_nothing(postgresql: Database) -> None:
    with pytest.raises(sa.exc.OperationalError, match="idle-in-transaction"), postgresql.transaction() as connection:
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '10ms'"))
        connection.execute(meta.insert().values(name="half", value="x"))
        time.sleep(0.5)
        connection.execute(sa.select(meta))
    with postgresql.reading() as connection:
        assert connection.scalar(sa.select(meta.c.value).where(meta.c.name == "half")) is None


def test_locks_and_idle_transactions_end_on_postgresql(postgresql: Database) -> None:
    with postgresql.reading() as connection:
        for name in ("lock_timeout", "idle_in_transaction_session_timeout"):
            assert connection.scalar(sa.select(sa.func.current_setting(name))) == "30s"


# --- a server that goes away


@pytest.mark.parametrize("end", [PostgreSQL.stop, PostgreSQL.crash, PostgreSQL.kill])
def test_a_server_that_ends_is_an_outage_for_as_long_as_it_is_away(
    mortal: PostgreSQL, end: Callable[[PostgreSQL], None]
) -> None:
    with closing(Database(mortal.url, impatient=True)) as database:
        key = new_key(database)
        with pytest.raises(sa.exc.OperationalError), database.transaction() as connection:
            keys.grant(connection, key, 1)
            end(mortal)
        for opened in (database.reading, database.transaction, database.session):
            with pytest.raises(sa.exc.OperationalError), opened():
                pass
        mortal.start()
        assert credits_of(database, key) == CREDITS


def test_a_server_that_is_starting_is_an_outage(mortal: PostgreSQL) -> None:
    mortal.crash()
    mortal.launch()
    with closing(Database(mortal.url, impatient=True)) as database:

        def is_back() -> bool:
            try:
                database.check()
            except sa.exc.OperationalError:
                return False
            return True

        wait_for(is_back, step=0.0)
        database.check_writable()


def test_a_commit_is_in_doubt_where_the_connection_is_lost_at_it_and_nowhere_else(mortal: PostgreSQL) -> None:
    with closing(Database(mortal.url)) as database:
        with pytest.raises(sa.exc.OperationalError) as at_commit, database.transaction() as connection:
            connection.execute(sa.select(1))
            mortal.cut_connections()
        with pytest.raises(sa.exc.OperationalError) as before, database.transaction() as connection:
            mortal.cut_connections()
            connection.execute(sa.select(1))
        mortal.stop()
        with pytest.raises(sa.exc.OperationalError) as away, database.transaction():
            pass
        mortal.start()
    assert [is_in_doubt(error.value) for error in (at_commit, before, away)] == [True, False, False]


@pytest.mark.parametrize("kind", ["reading", "transaction"])
def test_a_server_that_hangs_is_waited_for_once_where_callers_wait(
    mortal: PostgreSQL, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def look() -> bool:
        try:
            with getattr(database, kind)() as connection:
                return bool(connection.scalar(sa.select(1)))
        except sa.exc.OperationalError:
            return False

    def wait_at_most(seconds: float) -> None:
        for name in ("READ_SECONDS", "WRITE_SECONDS"):
            monkeypatch.setattr(postgresql, name, seconds)

    with closing(Database(mortal.url, impatient=True)) as database:
        assert look()
        with mortal.hung():
            wait_at_most(0.5)
            assert not look()
            wait_at_most(1e9)  # the test would never end
            for _ in range(10):
                assert not look()
        wait_for(look)


def test_a_server_that_does_not_even_accept_is_waited_for_once_where_callers_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/videos"
        with closing(Database(url, impatient=True)) as database:
            for seconds in (0.2, 1e9):
                monkeypatch.setattr(postgresql, "READ_SECONDS", seconds)
                with pytest.raises(sa.exc.OperationalError):
                    database.check()


# --- one at a time


def test_of_all_that_start_on_an_empty_store_one_makes_the_key(database: Database) -> None:
    empty(database)
    settings = load_settings()
    made: list[object] = []
    starts = [threading.Thread(target=lambda: made.append(first_key(database, settings))) for _ in range(4)]
    with database.one_at_a_time() as connection:  # they all come to where one is let in
        assert keys.list_keys(connection) == []
        for start in starts:
            start.start()
        time.sleep(0.2)
        assert made == []
    for start in starts:
        start.join(60)
    assert len(made) == 4
    assert sum(first is not None for first in made) == 1
    with database.reading() as connection:
        assert [key.name for key in keys.list_keys(connection)] == ["default"]


def test_migrations_at_once_make_one_store(postgresql_url: str) -> None:
    url = another(postgresql_url, "at_once")
    found: list[str | None] = []

    def migrate() -> None:
        with closing(Database(url)) as database:
            found.append(database.migrate())

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found, key=str) == [REVISION] * 3 + [None]
    with closing(Database(url)) as database:
        database.check()
