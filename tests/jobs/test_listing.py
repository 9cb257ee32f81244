"""Pages of jobs and what answers repeat of a request."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from flashreel.jobs import ending, listing, retention, store
from flashreel.jobs.database import Database
from flashreel.jobs.listing import Echo, Page
from flashreel.jobs.store import Job
from tests.support.store import Clock, a_spec, new_key, submit


@pytest.fixture
def made(database: Database, key: str, clock: Clock) -> list[Job]:
    """Five jobs, two of them of the very same moment, oldest first."""
    jobs = []
    for index in range(5):
        clock.advance(0 if index == 2 else 1)
        jobs.append(submit(database, key))
    return sorted(jobs, key=lambda job: (job.created_at, job.id))


def page(database: Database, key: str, limit: int, after: Job | None = None, **more: int | bool) -> Page:
    with database.reading() as connection:
        return listing.page(
            connection,
            key,
            limit,
            after=after,
            offset=int(more.get("offset", 0)),
            newest_first=bool(more.get("newest_first", True)),
        )


def ids(jobs: object) -> list[str]:
    assert isinstance(jobs, (list, tuple))
    return [job.id for job in jobs]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 5, 9])
def test_pages_put_together_are_all_jobs_once(
    database: Database, key: str, made: list[Job], limit: int, newest_first: bool
) -> None:
    seen: list[Job] = []
    while True:
        got = page(database, key, limit, seen[-1] if seen else None, newest_first=newest_first)
        seen += got.jobs
        if not got.has_more:
            break
        assert len(got.jobs) == limit
    assert ids(seen) == ids(made[::-1] if newest_first else made)


def test_an_offset_leaves_the_newest_out(database: Database, key: str, made: list[Job]) -> None:
    got = page(database, key, 2, offset=2)
    assert ids(got.jobs) == ids(made[::-1][2:4])
    assert got.has_more
    assert page(database, key, 2, offset=9) == Page((), False)


def test_nobody_sees_anothers_jobs_nor_those_whose_time_is_over(
    database: Database, key: str, made: list[Job], clock: Clock
) -> None:
    assert page(database, new_key(database), 9) == Page((), False)
    with database.transaction() as connection:
        ending.cancel(connection, made[0].id, key, retention=10)
        ending.cancel(connection, made[1].id, key, retention=100)
        retention.sweep(connection, [made[1].id])
    clock.advance(10)
    assert ids(page(database, key, 9).jobs) == ids(made[:1:-1])


def test_what_was_asked_for_is_kept_beside_the_job_until_it_is_swept(database: Database, key: str) -> None:
    echo = Echo("a fox", loop=True, start_image="http://x/a.png", width=160, height=90, extras={"a": [1]})
    with database.transaction() as connection:
        kept = store.submit(connection, key, a_spec(), dialect="luma", engine="animatic", price=0, echo=asdict(echo))
    bare = submit(database, key)
    assert kept is not None
    assert kept.dialect == "luma"
    with database.reading() as connection:
        found = listing.echoes(connection, [kept.id, bare.id])
        spec = listing.spec_of(connection, kept.id)
    assert found == {kept.id: echo, bare.id: Echo("")}
    assert spec == a_spec()
    with database.transaction() as connection:
        ending.cancel(connection, kept.id, key, retention=10)
        retention.sweep(connection, [kept.id])
    with database.reading() as connection:
        assert listing.echoes(connection, [kept.id]) == {kept.id: Echo("")}
        assert listing.spec_of(connection, kept.id) is None
