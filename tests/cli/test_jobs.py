"""`flashreel jobs`: found, shown, cancelled, made again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flashreel.jobs import ending, retention, store
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs
from flashreel.jobs.webhooks import Hook, callback
from tests.cli.conftest import Folder
from tests.support.store import (
    CREDITS,
    PRICE,
    RETENTION,
    a_spec,
    claimed,
    complete,
    credits_of,
    fail,
    get,
    new_key,
    submit,
)


def listed(folder: Folder, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in folder.done("jobs", "list", "--json", *words).splitlines()]


def ids(folder: Folder, *words: str) -> set[str]:
    return {job["id"] for job in listed(folder, *words)}


def failed(database: Database, key: str) -> str:
    job = submit(database, key)
    fail(database, claimed(database))
    return job.id


def test_jobs_are_found_by_what_is_known_of_them(folder: Folder) -> None:
    database = folder.database
    key, other = new_key(database), new_key(database)
    bad = failed(database, key)
    queued, foreign = submit(database, key).id, submit(database, other, model="scripted").id
    assert ids(folder) == {bad, queued, foreign}
    assert ids(folder, "--key", other) == {foreign}
    assert ids(folder, "--model", "scripted") == {foreign}
    assert ids(folder, "--state", "failed") == {bad}
    assert ids(folder, "--state", "failed", "--state", "QUEUED", "--key", key) == {bad, queued}
    assert ids(folder, "--error", "engine_failed") == {bad}
    assert ids(folder, "--error", "cancelled") == set()
    assert ids(folder, "--prefix", bad[:16].upper()) == {bad}
    assert ids(folder, "--since", "1h") == {bad, queued, foreign}
    assert ids(folder, "--since", "2999-01-01") == set()


def test_pages_put_together_are_all_jobs(folder: Folder) -> None:
    key = new_key(folder.database)
    made = {submit(folder.database, key).id for _ in range(5)}
    seen: list[str] = []
    for rest in (3, 1, 0):
        words = ("--after", seen[-1]) if seen else ()
        said = folder.run("jobs", "list", "--limit", "2", *words)
        seen += [line.split()[0] for line in said.out.splitlines()[1:]]
        assert said.err == (f"there are more: --after {seen[-1]}\n" if rest else "")
    assert (len(seen), set(seen)) == (5, made)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--state", "done"), "'done' is not a state; states are QUEUED, PROCESSING, COMPLETED, FAILED"),
        (("--error", "oops"), "'oops' is not an error code; codes are content_blocked, "),
        (("--since", "soon"), "'soon' is no time; say 90s, 30m, 6h, 7d, 2026-11-22 or "),
        (("--since", "99999-01-01"), "'99999-01-01' is no time"),
        (("--limit", "0"), "Invalid value for '--limit'"),
    ],
)
def test_a_command_line_that_is_wrong(folder: Folder, words: tuple[str, ...], sentence: str) -> None:
    said = folder.run("jobs", "list", *words)
    assert (said.status, said.out) == (2, "")
    assert sentence in said.err


@pytest.mark.parametrize("verb", ["show", "cancel", "retry"])
def test_an_id_that_is_not_there_is_named(folder: Folder, verb: str) -> None:
    new_key(folder.database)
    for job_id in ("0" * 32, "nobody", "%", ""):
        assert f"there is no job with the id {job_id!r}; `flashreel jobs list`" in folder.refused("jobs", verb, job_id)
    assert "there is no job with the id 'x'" in folder.refused("jobs", "list", "--after", "x")
    assert "there is no key with the id 'x'" in folder.refused("jobs", "list", "--key", "x")


def test_the_beginning_of_an_id_is_enough_unless_others_have_it(folder: Folder) -> None:
    key = new_key(folder.database)
    made = [submit(folder.database, key).id for _ in range(17)]  # two of them begin with the same digit
    digit = next(one[0] for one in made if sum(other[0] == one[0] for other in made) > 1)
    assert f"several jobs have an id that begins with {digit!r}" in folder.refused("jobs", "cancel", digit)
    assert folder.done("jobs", "cancel", made[0][:16]) == f"{made[0]} is FAILED\n"
    assert get(folder.database, made[0]).error_code == "cancelled"


def test_a_cancel_tells_what_became_of_the_job(folder: Folder) -> None:
    key = new_key(folder.database)
    job = submit(folder.database, key).id
    taken = claimed(folder.database)
    told = json.loads(folder.done("jobs", "cancel", job, "--json"))
    assert (told["id"], told["state"], told["cancel"]) == (job, "PROCESSING", True)
    assert not complete(folder.database, taken)
    told = json.loads(folder.done("jobs", "cancel", job, "--json"))
    assert (told["state"], told["error_code"], told["cost"]) == ("FAILED", "cancelled", 0)


def test_a_failed_job_is_made_again(folder: Folder) -> None:
    key = new_key(folder.database)
    old = failed(folder.database, key)
    said = folder.done("jobs", "retry", old).split()
    new = said[0]
    assert said[1:4] == ["makes", old, "again;"]
    assert said[-1] == key
    assert get(folder.database, new).state == "QUEUED"
    assert credits_of(folder.database, key) == CREDITS - PRICE
    told = json.loads(folder.done("jobs", "retry", old, "--json"))
    assert told["id"] not in (old, new)
    assert (told["state"], told["price"], told["engine"]) == ("QUEUED", PRICE / 1e6, "animatic")
    said_of = folder.refused("jobs", "retry", new)
    assert f"{new} cannot be made again: it is QUEUED; only a job that is FAILED can be" in said_of
    with folder.database.transaction() as connection:
        retention.sweep(connection, [old])
    assert "was deleted when its time was over" in folder.refused("jobs", "retry", old)
    poor = new_key(folder.database, credits=PRICE)
    job = submit(folder.database, poor)
    with folder.database.transaction() as connection:
        ending.cancel(connection, job.id, None, RETENTION)
    folder.done("jobs", "retry", job.id)
    assert f"the key {poor} has 0 credits and {job.id} needs 0.375" in folder.refused("jobs", "retry", job.id)


def test_all_that_is_known_of_a_job_is_shown(folder: Folder) -> None:
    database, key = folder.database, new_key(folder.database)
    with database.transaction() as connection:
        told = callback("https://api.example", (Hook("https://hooks.example/[a]", "segmind"),))
        job = store.submit(
            connection,
            key,
            a_spec(),
            dialect="luma",
            engine="animatic",
            price=PRICE,
            warnings=("heard",),
            echo={"prompt": "a [red] fox", "start_image": "https://x.example/a.png", "loop": True},
            callback=told,
        )
    assert job is not None
    taken = claimed(database)
    lines = folder.done("jobs", "show", job.id).splitlines()
    assert "state      PROCESSING, starting 0% by w1" in lines
    with database.transaction() as connection:
        ending.fail(connection, taken, "engine_failed", "it broke", RETENTION, {"rendering": 61.0})
    lines = folder.done("jobs", "show", job.id[:20]).splitlines()
    for line in (
        f"id         {job.id}",
        "state      FAILED",
        f"key        {key} (test)",
        "model      tiny, engine animatic, asked for as luma",
        "video      5 s, 16:9, seed 7",
        "prompt     a [red] fox; loop; start image https://x.example/a.png",
        "error      engine_failed: it broke",
        "warning    heard",
        "stages     rendering 61 s",
        "attempts   1, of which 0 were lost",
        "price      0.375 credits",
    ):
        assert line in lines
    assert [line.split()[3:] for line in lines if line.startswith("ledger")] == [
        ["hold", "-0.375"],
        ["release", "0.375"],
    ]
    (message,) = (line for line in lines if line.startswith("webhook"))
    assert "request.failed to https://hooks.example/[a]: waiting (msg_" in message

    shown = json.loads(folder.done("jobs", "show", job.id, "--json"))
    assert shown["echo"]["prompt"] == "a [red] fox"
    assert [(line["kind"], line["amount"]) for line in shown["bookings"]] == [("hold", -0.375), ("release", 0.375)]
    assert [message["state"] for message in shown["messages"]] == ["waiting"]
    with database.transaction() as connection:
        retention.sweep(connection, [job.id])
    assert "prompt     deleted when the job's time was over" in folder.done("jobs", "show", job.id).splitlines()
    assert json.loads(folder.done("jobs", "show", job.id, "--json"))["echo"] is None


@pytest.mark.usefixtures("narrow")
def test_a_list_fits_80_columns(folder: Folder) -> None:
    key = new_key(folder.database)
    job = submit(folder.database, key, model="ray-flash-2-720p")
    with folder.database.transaction() as connection:
        connection.execute(jobs.update().values(error_code="image_unreachable", state="FAILED"))
    lines = folder.done("jobs", "list").splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[:4] == [job.id[:10], key, "ray-flash-2-720p", "FAILED"]
    assert lines[1].split()[-1] == "image_unreachable"
