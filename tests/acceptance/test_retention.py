"""What is over goes: by its hour, by the quota, for every route and from the disk."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.conftest import QUOTA, MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server, wait_for
from tests.support.web import get


def is_gone(caller: Caller, request_id: str) -> bool:
    return caller.http.get(f"/v2/requests/{request_id}").status_code == 404


def has_files(server: Server, request_id: str) -> bool:
    return (server.data / "assets" / request_id).exists()


def stored(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(file.stat().st_size for file in folder.rglob("*.*"))


def test_results_go_from_every_route_and_from_the_disk(strict: Server, make_caller: MakeCaller) -> None:
    caller = make_caller(at=strict)
    request_id = caller.submit()
    caller.wait_for_state(request_id, "COMPLETED")
    assert has_files(strict, request_id)
    with strict.store() as connection:
        query = "SELECT result FROM jobs WHERE id = ?"
        assert "mp4" in connection.exec_driver_sql(query, (request_id,)).scalar_one()
    caller.expire(request_id)
    wait_for(lambda: is_gone(caller, request_id) and not has_files(strict, request_id))
    for path in ("", "/status", "/events"):
        assert caller.http.get(f"/v2/requests/{request_id}{path}").status_code == 404
    assert caller.http.get(f"/v1/requests/{request_id}").status_code == 404
    assert caller.post(f"/v2/requests/{request_id}/cancel").status_code == 404

    def is_swept() -> bool:
        with strict.store() as connection:
            return connection.exec_driver_sql(f"{query} AND swept_at IS NOT NULL", (request_id,)).first() == (None,)

    wait_for(is_swept)


def test_oldest_go_first_when_the_files_take_too_much(strict: Server, make_caller: MakeCaller) -> None:
    caller = make_caller(at=strict)
    made = [caller.submit()]
    while not is_gone(caller, made[0]):
        assert len(made) < 50, "the quota is never reached"
        made.append(caller.submit())
        caller.wait_for_state(made[-1], "COMPLETED")
    wait_for(lambda: stored(strict.data / "assets") <= QUOTA)
    gone = [is_gone(caller, request_id) for request_id in made]
    assert gone == sorted(gone, reverse=True)
    assert gone[-1] is False
    output = caller.http.get(f"/v2/requests/{made[-1]}").json()["output"]
    assert get(output).status_code == 200
