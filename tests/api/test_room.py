"""A disk that is nearly full: nothing is accepted, the reason is said, and all goes on when there is space."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from flashreel.api import room
from flashreel.api.room import Room
from flashreel.errors import Unavailable
from tests.api.conftest import Api, ApiMaker
from tests.support.store import Clock


class Disk:
    """A disk with so many free bytes."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.looks = 0

    def usage(self, _folder: object) -> SimpleNamespace:
        self.looks += 1
        return SimpleNamespace(free=self.free)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(99_000_000)
    monkeypatch.setattr(shutil, "disk_usage", disk.usage)
    monkeypatch.setattr(room, "_EVERY_SECONDS", -1.0)
    return disk


@pytest.fixture
def full(make_api: ApiMaker, disk: Disk) -> Api:
    return make_api(min_free=100_000_000)


def test_a_submit_is_told_why_it_is_refused(full: Api) -> None:
    answer = full.post("/v2/tiny", {"prompt": "a fox"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["error"].startswith("the disk is nearly full: 99 MB are free and 100 MB are kept free")
    assert int(answer.headers["retry-after"]) >= 1
    assert full.get("/v1/get-user-credits").json() == {"credits": 10.0, "free-credits": 0.0}


def test_what_is_wrong_with_the_request_is_said_first(full: Api) -> None:
    assert full.post("/v2/tiny", {"prompt": ""}).status_code == 400


def test_ready_says_it_too(full: Api) -> None:
    answer = full.get("/health/ready", key=None)
    assert answer.status_code == 503
    assert answer.json()["reason"].startswith("the disk is nearly full")


def test_everything_else_goes_on_and_submits_do_when_there_is_space(full: Api, disk: Disk) -> None:
    disk.free = 100_000_000
    job_id = full.submit()
    disk.free = 0
    assert full.get(f"/v2/requests/{job_id}/status").status_code == 200
    path = full.finish()
    assert full.get(f"/assets/{path}").status_code == 200
    assert full.call("DELETE", f"/v2/requests/{job_id}").status_code == 200
    disk.free = 100_000_000
    full.submit()


def test_the_disk_is_looked_at_once_a_second_at_most(api: Api, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(room, "boot_seconds", lambda: clock.boot)
    monkeypatch.setattr(room, "_EVERY_SECONDS", 1.0)
    disk.free = 0
    looked = Room(api.state.settings)
    for _ in range(5):
        with pytest.raises(Unavailable):
            looked.check()
    assert disk.looks == 1
    disk.free = 10**12
    clock.advance(1.1)
    looked.check()
    assert disk.looks == 2


def test_nothing_kept_free_means_no_look_at_what_there_is(make_api: ApiMaker, disk: Disk) -> None:
    disk.free = 0
    make_api(min_free=0).submit()
