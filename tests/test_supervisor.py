"""The supervisor's own parts. The tree itself is tested with real processes, in tests/chaos."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from flashreel.errors import SetupError
from flashreel.settings import load_settings
from flashreel.supervisor import Supervisor, bind
from tests.support.store import claimed, get, new_key, open_database, submit


def test_a_free_port_is_listened_on() -> None:
    with bind("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        with socket.create_connection((host, port), timeout=5):
            pass


def test_a_port_that_is_taken_is_named() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SetupError, match=rf"^port {port} on 127\.0\.0\.1 cannot be had .* choose another --port$"):
            bind("127.0.0.1", port)


def test_a_port_is_free_again_once_it_is_closed() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            listener.accept()[0].close()
    bind("127.0.0.1", port).close()


def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(SetupError, match=r"^the host '256\.1\.1\.1' cannot be listened on"):
        bind("256.1.1.1", 0)


def test_what_a_dead_worker_held_is_given_back(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    job_id = submit(database, new_key(database)).id
    claimed(database, "w1")
    with bind("127.0.0.1", 0) as listener:
        supervisor = Supervisor(load_settings(flags={"data": tmp_path}), listener)
        supervisor._give_back("w1", lost=True)
    assert get(database, job_id).state == "QUEUED"
    database.close()


def test_a_store_that_fails_does_not_end_the_process_tree(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as listener:
        supervisor = Supervisor(load_settings(flags={"data": tmp_path / "nowhere"}), listener)
        supervisor._give_back("w1", lost=True)
