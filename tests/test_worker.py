"""The worker in this process: what its lease tells and hears, and how each job ends."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from structlog.testing import capture_logs

from flashreel import worker as module
from flashreel.clip import Clip, make_clip
from flashreel.engines.base import Engine, Keyframes
from flashreel.errors import JobFailed
from flashreel.jobs import ending, leases, workers
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs
from flashreel.jobs.schema import workers as worker_table
from flashreel.jobs.store import Job
from flashreel.settings import Settings, load_settings
from flashreel.spec import AssetImage, GenerationSpec
from flashreel.storage import Storage
from flashreel.worker import Lease, LeaseLost, Stopped, Worker
from tests.support.engines import Script
from tests.support.store import Clock, claimed, credits_of, get, ledger_of, new_key, open_database, submit

MODELS = Path(__file__).with_name("support") / "models.toml"
SCRIPT = "tests.support.engines:Script"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LOOK_SECONDS", "_IDLE_SECONDS"):
        monkeypatch.setattr(module, name, 0.01)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(MODELS, {"data": tmp_path, "engine": SCRIPT})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def key(database: Database) -> str:
    return new_key(database)


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 100
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def lease_end(database: Database) -> float:
    """When the lease of the only job ends."""
    with database.reading() as connection:
        return float(connection.execute(sa.select(jobs.c.lease_until)).scalar_one())


def raised_by(report: Callable[[], None]) -> BaseException:
    """What `report` raises, sooner or later."""
    found: list[BaseException] = []

    def once() -> bool:
        try:
            report()
        except Exception as error:
            found.append(error)
        return bool(found)

    until(once)
    return found[0]


# --- the lease


@pytest.mark.parametrize(
    "said",
    [
        # stage, how much of it, the job's progress
        [("preparing", 0.0, 0.0), ("preparing", 1.0, 0.05), ("rendering", 0.0, 0.05), ("rendering", 0.5, 0.5)],
        [("rendering", 0.5, 0.5), ("rendering", 0.2, 0.5), ("preparing", 0.1, 0.5), ("encoding", 0.0, 0.95)],
        [("rendering", 7.0, 0.95), ("rendering", -3.0, 0.95), ("encoding", 1.0, 0.97), ("storing", 1.0, 1.0)],
        [("dreaming", 1.0, 0.05), ("rendering", -3.0, 0.05)],
    ],
)
def test_progress_goes_forward_through_the_stages_whatever_an_engine_says(
    database: Database, key: str, said: list[tuple[str, float, float]]
) -> None:
    job = submit(database, key)

    def shows(stage: str, progress: float) -> bool:
        now = get(database, job.id)
        return (now.stage, round(now.progress, 6)) == (stage, progress)

    with Lease(database, claimed(database), lambda: False) as lease:
        for stage, fraction, progress in said:
            lease.report(stage, fraction)
            until(partial(shows, stage, progress))


def test_a_cancelled_job_ends_as_cancelled(database: Database, key: str) -> None:
    job = submit(database, key)
    with Lease(database, claimed(database), lambda: False) as lease:
        lease.report("rendering", 0.1)
        with database.transaction() as connection:
            connection.execute(jobs.update().where(jobs.c.id == job.id).values(cancel=True))
        error = raised_by(lambda: lease.report("rendering", 0.2))
    assert isinstance(error, JobFailed)
    assert error.code == "cancelled"


def test_a_lease_that_another_has_is_lost(database: Database, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.install(monkeypatch)
    submit(database, key)
    with Lease(database, claimed(database, "w1"), lambda: False) as lease:
        lease.report("rendering", 0.1)
        with database.transaction() as connection:
            leases.give_back_all(connection, "w1", lost=True)
        assert isinstance(raised_by(lambda: lease.report("rendering", 0.2)), LeaseLost)


def test_a_worker_that_is_told_to_stop_stops_at_the_next_report(database: Database, key: str) -> None:
    submit(database, key)
    stopping: list[bool] = []
    with Lease(database, claimed(database), lambda: bool(stopping)) as lease:
        lease.report("rendering", 0.1)
        stopping.append(True)
        with pytest.raises(Stopped):
            lease.report("rendering", 0.2)


def test_a_lease_is_renewed_though_nobody_reports(
    database: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RENEW_SECONDS", 0.05)
    job = submit(database, key)
    with Lease(database, claimed(database), lambda: False):
        first = lease_end(database)
        until(lambda: lease_end(database) > first + 0.15)
        assert get(database, job.id).version == 2  # nothing that a caller sees has changed since the claim
    last = lease_end(database)
    time.sleep(0.1)
    assert lease_end(database) == last  # nobody renews what is over


def test_a_store_that_nobody_reaches_takes_no_lease_away(
    database: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[None] = []

    def fails(*_: object) -> None:
        failed.append(None)
        raise sa.exc.OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    job = submit(database, key)
    with Lease(database, claimed(database), lambda: False) as lease:
        with monkeypatch.context() as patch:
            for name in ("renew", "look"):
                patch.setattr(leases, name, fails)
            lease.report("rendering", 0.5)
            until(lambda: len(failed) > 3)
            lease.report("rendering", 0.6)
        until(lambda: get(database, job.id).stage == "rendering")
        lease.report("rendering", 0.7)


# --- the loop


def work_until(worker: Worker, what: Callable[[], bool]) -> None:
    """Runs the worker in a thread until `what`, then drains it."""
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(what)
    finally:
        worker.drain()
        thread.join(60)
    assert not thread.is_alive()


def made(settings: Settings, database: Database, *prompts: str, **changes: Any) -> list[Job]:
    """The ends of jobs with these prompts, made one after another by one worker; `changes` are of their specs."""
    key = new_key(database)
    ids = [submit(database, key, model="scripted", prompt=prompt, **changes).id for prompt in prompts]
    worker = Worker(settings, "w1", SCRIPT, 1)
    work_until(worker, lambda: all(get(database, job_id).is_terminal for job_id in ids))
    return [get(database, job_id) for job_id in ids]


def test_a_job_is_made_stored_and_published(settings: Settings, database: Database) -> None:
    (job,) = made(settings, database, "a fox")
    assert (job.state, job.progress, job.attempt) == ("COMPLETED", 1.0, 1), job.error
    assert job.result is not None
    file = settings.assets / job.result["path"]
    assert file.stat().st_size == job.result["file_size"]
    assert {name: job.result[name] for name in ("width", "height", "frames", "fps", "content_type")} == {
        "width": 160,
        "height": 90,
        "frames": 121,
        "fps": 24.0,
        "content_type": "video/mp4",
    }
    assert job.result["file_name"] == f"scripted-{job.id[:8]}.mp4"
    assert ledger_of(database, job.id) == [("hold", -375_000), ("settle", 0)]
    assert list(settings.scratch.iterdir()) == []


def test_no_word_of_a_prompt_is_logged(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_understood(*given: Any, **more: Any) -> Clip:
        return replace(make_clip(*given, **more), understood=0.5, unknown=("zorblax", "quux"))

    monkeypatch.setattr(module, "make_clip", not_understood)
    with capture_logs() as logs:
        (job,) = made(settings, database, "a fox and a zorblax, quux")
    (said,) = (line for line in logs if line["event"] == "not understood")
    assert (said["request_id"], said["words"], said["understood"]) == (job.id, 2, 0.5)
    assert "zorblax" not in repr(logs)


def test_its_stills_are_stored_beside_it_and_counted(settings: Settings, database: Database) -> None:
    (job,) = made(settings, database, "a fox")
    assert job.result is not None
    stills = job.result["stills"]
    assert {name: still["content_type"] for name, still in stills.items()} == {
        "poster": "image/jpeg",
        "thumbnail": "image/webp",
        "spritesheet": "image/jpeg",
    }
    size = job.result["file_size"]
    for still in stills.values():
        file = settings.assets / still["path"]
        assert file.parent == (settings.assets / job.result["path"]).parent
        assert file.stat().st_size == still["file_size"]
        size += still["file_size"]
    assert len(list((settings.assets / job.id / "1").iterdir())) == 4
    with Image.open(settings.assets / stills["poster"]["path"]) as poster:
        assert (poster.format, poster.size) == ("JPEG", (160, 90))
    with database.reading() as connection:
        assert connection.scalar(sa.select(jobs.c.file_size)) == size  # what the storage quota counts


def test_a_stored_image_and_one_end_of_a_stored_video_become_keyframes(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Keyframes] = []

    def note(engine: Engine, spec: GenerationSpec, keyframes: Keyframes, *rest: Any, **more: Any) -> Clip:
        seen.append(keyframes)
        return make_clip(engine, spec, keyframes, *rest, **more)

    monkeypatch.setattr(module, "make_clip", note)
    (first,) = made(settings, database, "a fox")
    assert first.result is not None
    start = AssetImage(first.result["path"], "last")
    end = AssetImage(first.result["stills"]["poster"]["path"])
    (second,) = made(settings, database, "another", start_image=str(start), end_image=str(end))
    assert second.state == "COMPLETED", second.error
    keyframes = seen[-1]
    for frame, bar in ((keyframes.start, 120), (keyframes.end, 0)):
        assert frame is not None
        assert frame.shape == (90, 160, 3)
        assert np.argmax(frame[..., 0].mean(0)) // 2 == bar // 2  # where the red one stands; two columns share a colour


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (AssetImage(f"{'0' * 32}/1/x.mp4", "last"), "end_image_url names a video that has expired or was deleted"),
        (AssetImage("uploads/1/x.png"), "end_image_url names a file that has expired or was deleted"),
    ],
)
def test_a_stored_file_that_is_gone_fails_the_job_in_words(
    settings: Settings, database: Database, image: AssetImage, sentence: str
) -> None:
    (job,) = made(settings, database, "a fox", end_image=str(image))
    assert (job.error_code, job.error) == ("image_unreachable", sentence)


def test_every_failure_has_its_code_and_the_worker_lives_on(settings: Settings, database: Database) -> None:
    ends = made(settings, database, "upstream", "crash", "black", "short", "a fox")
    assert [(job.state, job.error_code) for job in ends] == [
        ("FAILED", "upstream_failed"),
        ("FAILED", "engine_failed"),
        ("FAILED", "output_rejected"),
        ("FAILED", "output_rejected"),
        ("COMPLETED", None),
    ]
    assert ends[1].error == "the engine failed (RuntimeError)"  # no secret detail of a crash
    assert list(settings.scratch.iterdir()) == []
    assert credits_of(database, ends[0].key_id) == 10_000_000 - 375_000


def test_an_error_that_no_store_can_hold_is_kept_as_far_as_it_can_be(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Any:
        raise JobFailed("image_invalid", "the server said \ud800\x00" + "x" * 100_000)

    monkeypatch.setattr(module, "load_keyframes", fails)
    (job,) = made(settings, database, "a fox")
    assert (job.state, job.error_code) == ("FAILED", "image_invalid")
    assert job.error is not None
    assert job.error.startswith("the server said xxx")
    assert len(job.error) == 1000


@pytest.mark.parametrize(("prompt", "end"), [("a fox", "complete"), ("crash", "fail")])
def test_an_answer_that_the_store_does_not_take_is_told_again(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, prompt: str, end: str
) -> None:
    """A full disk ends no worker, and what was made is not made again."""
    refused: list[None] = []
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.05)
    true_end = getattr(ending, end)

    def twice_refused(*arguments: Any) -> Any:
        if len(refused) < 2:
            refused.append(None)
            raise sa.exc.OperationalError("UPDATE", {}, sqlite3.OperationalError("database or disk is full"))
        return true_end(*arguments)

    monkeypatch.setattr(ending, end, twice_refused)
    job, after = made(settings, database, prompt, "a fox")
    assert (job.state, job.attempt) == ("COMPLETED" if end == "complete" else "FAILED", 1)
    assert after.state == "COMPLETED"


@pytest.mark.parametrize("prompt", ["a fox", "crash"])
def test_an_answer_that_the_store_never_takes_leaves_the_job_to_the_next_attempt(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, prompt: str
) -> None:
    """Once its lease has lapsed; the worker lives on."""
    refused: list[None] = []
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.2)
    monkeypatch.setattr(module.Lease, "is_lost", property(lambda _: True))
    true_ends = {name: getattr(ending, name) for name in ("complete", "fail")}

    def once_refused(name: str) -> Callable[..., Any]:
        def end(*arguments: Any) -> Any:
            if not refused:
                refused.append(None)
                raise sa.exc.OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))
            return true_ends[name](*arguments)

        return end

    for name in true_ends:
        monkeypatch.setattr(ending, name, once_refused(name))
    (job,) = made(settings, database, prompt)
    assert (job.is_terminal, job.attempt) == (True, 2)
    assert len(ledger_of(database, job.id)) == 2


@pytest.mark.parametrize(("prompt", "end"), [("a fox", "complete"), ("crash", "fail")])
def test_an_answer_that_was_kept_and_not_heard_of_is_told_twice_and_counts_once(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, prompt: str, end: str
) -> None:
    true_end, transaction = getattr(ending, end), Database.transaction
    told: list[bool] = []
    tellers: list[int] = []

    def tell(*arguments: Any) -> Any:
        told.append(False)
        tellers.append(threading.get_ident())
        return true_end(*arguments)

    @contextmanager
    def unheard(database: Database) -> Iterator[sa.Connection]:
        with transaction(database) as connection:
            yield connection
        if told == [False] and tellers == [threading.get_ident()]:  # no beat of its lease meanwhile
            told[0] = True
            raise sa.exc.OperationalError(None, None, ConnectionError("cut"), connection_invalidated=True)

    monkeypatch.setattr(ending, end, tell)
    monkeypatch.setattr(Database, "transaction", unheard)
    job, after = made(settings, database, prompt, "another")
    assert told[:2] == [True, False]
    assert (job.state, job.attempt) == ("COMPLETED" if end == "complete" else "FAILED", 1)
    assert len(ledger_of(database, job.id)) == 2
    assert after.state == "COMPLETED"


def test_a_worker_waits_for_a_store_that_is_away_when_it_starts(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Database.check
    asked: list[None] = []

    def late(database: Database) -> None:
        asked.append(None)
        if len(asked) < 3:
            raise sa.exc.OperationalError(None, None, ConnectionError("the database system is starting up"))
        check(database)

    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(Database, "check", late)
    assert made(settings, database, "a fox")[0].state == "COMPLETED"
    assert len(asked) == 3


@pytest.mark.parametrize(("seconds", "waits"), [(1.0, False), (60.0, True)])
def test_after_an_outage_those_who_lost_no_job_let_others_renew_their_leases(
    settings: Settings, database: Database, key: str, monkeypatch: pytest.MonkeyPatch, seconds: float, waits: bool
) -> None:
    def away(*_: object) -> None:
        raise sa.exc.OperationalError(None, None, ConnectionError("away"))

    now = [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    worker = Worker(settings, "w1", SCRIPT, 1)
    job = submit(database, key, model="scripted")
    with monkeypatch.context() as patch:
        patch.setattr(leases, "has_claimable", away)
        assert worker._claim() is None
        now[0] += seconds
        assert worker._claim() is None
    if waits:
        assert worker._claim() is None
        now[0] += module._COURTESY_SECONDS / 2
        assert worker._claim() is None
        now[0] += module._COURTESY_SECONDS
    found = worker._claim()
    assert found is not None
    assert found.id == job.id


def test_presence_is_told_again_soon_after_an_outage(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = workers.report
    failed: list[None] = []

    def fails(connection: sa.Connection, name: str, pid: int, engine: str, state: str, *more: Any) -> None:
        if state == "idle" and len(failed) < 3:
            failed.append(None)
            raise sa.exc.OperationalError(None, None, ConnectionError("away"))
        report(connection, name, pid, engine, state, *more)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(workers, "SEEN_SECONDS", 3000.0)  # or it would be told in a third of that
    monkeypatch.setattr(workers, "report", fails)

    def is_idle() -> bool:
        with database.reading() as connection:
            return any(worker.state == "idle" for worker in workers.list_workers(connection))

    work_until(Worker(settings, "w1", SCRIPT, 1), is_idle)
    assert len(failed) == 3


def test_a_full_disk_fails_the_job_and_gives_the_money_back(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all = Storage.put_all
    refused: list[None] = []

    def once_full(*arguments: Any) -> list[str]:
        if not refused:
            refused.append(None)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return put_all(*arguments)

    monkeypatch.setattr(Storage, "put_all", once_full)
    failed, good = made(settings, database, "a fox", "another")
    assert (failed.state, failed.error_code) == ("FAILED", "storage_failed")
    assert failed.error == "the video could not be stored: No space left on device"
    assert ledger_of(database, failed.id) == [("hold", -375_000), ("release", 375_000)]
    assert good.state == "COMPLETED"
    assert list(settings.scratch.iterdir()) == []


def test_a_cancelled_job_stops_at_its_next_frame_and_the_worker_lives_on(
    settings: Settings, database: Database, key: str
) -> None:
    long = submit(database, key, model="scripted", prompt="seconds=60").id
    worker = Worker(settings, "w1", SCRIPT, 1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: get(database, long).stage == "rendering")
        with database.transaction() as connection:
            ending.cancel(connection, long, key, 60.0)
        until(lambda: get(database, long).is_terminal)
        after = submit(database, key, model="scripted").id
        until(lambda: get(database, after).is_terminal)
    finally:
        worker.drain()
        thread.join(60)
    assert (get(database, long).error_code, get(database, long).error) == ("cancelled", ending.CANCELLED)
    assert ledger_of(database, long) == [("hold", -375_000), ("release", 375_000)]
    assert get(database, after).state == "COMPLETED"
    assert list(settings.scratch.iterdir()) == []


def test_a_job_goes_through_every_stage_in_order(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, float]] = []
    report = Lease.report

    def note(lease: Lease, stage: str, fraction: float) -> None:
        report(lease, stage, fraction)
        told.append((stage, lease._progress))

    monkeypatch.setattr(Lease, "report", note)
    (job,) = made(settings, database, "a fox")
    assert list(dict.fromkeys(stage for stage, _ in told)) == ["preparing", "rendering", "encoding", "storing"]
    assert [progress for _, progress in told] == sorted(progress for _, progress in told)
    assert told[-1] == ("storing", 1.0)
    assert job.stage == "done"


def test_assets_that_cannot_be_written_fail_the_job_as_such(settings: Settings, database: Database) -> None:
    key = new_key(database)
    job_id = submit(database, key, model="scripted").id
    worker = Worker(settings, "w1", SCRIPT, 1)
    settings.assets.rmdir()
    settings.assets.write_bytes(b"")
    work_until(worker, lambda: get(database, job_id).is_terminal)
    assert get(database, job_id).error_code == "storage_failed"


def test_a_stopped_worker_gives_its_job_back_in_good_order(settings: Settings, database: Database, key: str) -> None:
    job_id = submit(database, key, model="scripted", prompt="seconds=30").id
    worker = Worker(settings, "w1", SCRIPT, 1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: get(database, job_id).stage == "rendering")
    worker.stop()
    thread.join(60)
    job = get(database, job_id)
    assert (job.state, job.progress) == ("QUEUED", 0.0)
    with database.reading() as connection:
        assert connection.execute(sa.select(jobs.c.lost)).scalar_one() == 0
    assert list(settings.scratch.iterdir()) == []


def test_a_drained_worker_finishes_its_job_and_takes_no_other(settings: Settings, database: Database, key: str) -> None:
    first = submit(database, key, model="scripted", prompt="seconds=2").id
    second = submit(database, key, model="scripted").id
    work_until(Worker(settings, "w1", SCRIPT, 1), lambda: get(database, first).stage == "rendering")
    assert (get(database, first).state, get(database, second).state) == ("COMPLETED", "QUEUED")


def test_jobs_of_other_engines_are_left_to_them(settings: Settings, database: Database, key: str) -> None:
    others = submit(database, key, model="nobody-has-it").id
    mine = submit(database, key, model="tiny").id
    work_until(Worker(settings, "w1", SCRIPT, 1), lambda: get(database, mine).is_terminal)
    assert get(database, others).state == "QUEUED"


def test_a_worker_says_what_it_does_and_leaves_when_it_goes(
    settings: Settings, database: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    warm = threading.Event()
    monkeypatch.setattr(Script, "warm_up", lambda *_: warm.wait(60))

    def idle() -> bool:
        with database.reading() as connection:
            states = [worker.state for worker in workers.list_workers(connection)]
        seen.extend(state for state in states if state not in seen)
        if "warming" in seen:
            warm.set()
        return states == ["idle"]

    work_until(Worker(settings, "w1", SCRIPT, 1), idle)
    assert seen == ["warming", "idle"]
    with database.reading() as connection:
        assert workers.list_workers(connection) == []


def test_a_draining_worker_says_so(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SEEN_SECONDS", 0.3)
    draining: list[bool] = []
    presence = module._Presence(database, "w1", SCRIPT, lambda: bool(draining))

    def state() -> str:
        with database.reading() as connection:
            return "".join(connection.scalars(sa.select(worker_table.c.state)))

    presence.say("busy", "job")
    until(lambda: state() == "busy")
    draining.append(True)
    until(lambda: state() == "draining")
    presence.close()


def test_a_worker_without_a_store_does_not_start(settings: Settings) -> None:
    from flashreel.errors import SetupError

    with pytest.raises(SetupError, match="no schema of ours"):
        Worker(settings, "w1", SCRIPT, 1).run()
