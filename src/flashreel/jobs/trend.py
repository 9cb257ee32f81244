"""How work went over time: what ended in each slot of a window, and how long it had waited. For charts."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import jobs


@dataclass(frozen=True, slots=True)
class Slot:
    """The jobs that ended from `start` (wall seconds) until the next slot's. `wait` is how many seconds those that were
    completed had waited on average for the worker that made them; None where none was."""

    start: float
    completed: int
    failed: int
    wait: float | None


def trend(connection: sa.Connection, width: float, count: int) -> list[Slot]:
    """The last `count` slots of `width` seconds, the oldest first. They begin at multiples of their width, so that
    whoever looks again sees the same ones; the last is not over."""
    first = (wall_seconds() // width - count + 1) * width
    # Rounded, since a cast to an integer rounds on PostgreSQL and cuts on SQLite; not quite by a half, since a slot's
    # first moment would be a tie, which they break in different ways.
    place = sa.func.round((jobs.c.finished_at - first) / width - 0.4999999).label("place")
    completed, failed = (sa.func.sum(sa.case((jobs.c.state == state, 1), else_=0)) for state in ("COMPLETED", "FAILED"))
    waited = sa.case((jobs.c.state == "COMPLETED", jobs.c.started_at - jobs.c.created_at))
    query = sa.select(place, completed, failed, sa.func.avg(waited)).where(jobs.c.finished_at >= first)
    found = {int(row[0]): row for row in connection.execute(query.group_by(place))}
    slots = []
    for index in range(count):
        _, done, lost, wait = found.get(index, (index, 0, 0, None))
        slots.append(Slot(first + index * width, int(done), int(lost), None if wait is None else max(0.0, float(wait))))
    return slots
