"""Credits: held at submit, settled by delivery, released by anything else; the ledger always adds up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller


def entries(caller: Caller) -> list[tuple[str, int]]:
    """The ledger of the caller's key, in order: what happened and by how many micro-credits."""
    with caller.server.store() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind, amount FROM ledger WHERE key_id = ? ORDER BY id", (caller.key_id,)
        )
        return [(row.kind, row.amount) for row in rows]


def test_completed_job_is_held_then_settled(make_caller: MakeCaller) -> None:
    caller = make_caller(1)
    request_id = caller.submit("seconds=3", duration=9)
    assert caller.credits() == pytest.approx(0.325)
    assert entries(caller) == [("grant", 1_000_000), ("hold", -675_000)]
    metrics = caller.result(request_id).json()["metrics"]
    assert (metrics["cost"], metrics["remaining_credits"]) == (0.675, 0.325)
    assert caller.credits() == pytest.approx(0.325)
    assert entries(caller) == [("grant", 1_000_000), ("hold", -675_000), ("settle", 0)]


def test_failed_job_costs_nothing(make_caller: MakeCaller) -> None:
    caller = make_caller(0.375)
    request_id = caller.submit("upstream seconds=1")
    metrics = caller.result(request_id).json()["metrics"]
    assert (metrics["cost"], metrics["remaining_credits"]) == (0, 0.375)
    assert entries(caller) == [("grant", 375_000), ("hold", -375_000), ("release", 375_000)]
    caller.result(caller.submit())
    assert caller.credits() == 0


def test_refused_requests_cost_nothing(make_caller: MakeCaller) -> None:
    caller = make_caller(0.3)
    for fields in ({}, {"prompt": "x", "duration": 6}, {"prompt": "a red fox"}):
        assert caller.post("/v2/scripted", **fields).status_code in (400, 406)
    assert entries(caller) == [("grant", 300_000)]


def test_ledger_adds_up_when_many_submit_at_once(make_caller: MakeCaller) -> None:
    caller = make_caller(1.5)  # four jobs

    def submit(number: int) -> int:
        prompt = "crash" if number % 2 else "a red fox"
        return caller.post("/v2/scripted", prompt=prompt).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(submit, range(12)))
    assert set(statuses) <= {200, 406}
    # At least the four that fit at once; more where a failed one gave its credits back in time.
    assert statuses.count(200) >= 4
    with caller.server.store() as connection:
        ids = [row.id for row in connection.exec_driver_sql("SELECT id FROM jobs WHERE key_id = ?", (caller.key_id,))]
    assert len(ids) == statuses.count(200)
    for request_id in ids:
        caller.result(request_id)
    with caller.server.store() as connection:
        # Every key of every test so far: what can be spent is the sum of what happened.
        wrong = connection.exec_driver_sql(
            "SELECT keys.id FROM keys LEFT JOIN ledger ON ledger.key_id = keys.id"
            " GROUP BY keys.id HAVING keys.credits <> COALESCE(SUM(ledger.amount), 0) OR keys.credits < 0"
        ).all()
        unended = connection.exec_driver_sql(
            "SELECT jobs.id FROM jobs LEFT JOIN ledger ON ledger.job_id = jobs.id"
            " AND ledger.kind = CASE jobs.state WHEN 'COMPLETED' THEN 'settle' ELSE 'release' END"
            " WHERE jobs.state IN ('COMPLETED', 'FAILED') GROUP BY jobs.id HAVING COUNT(ledger.id) <> 1"
        ).all()
    assert (wrong, unended) == ([], [])
    completed = sum(caller.status(request_id)["status"] == "COMPLETED" for request_id in ids)
    assert caller.credits() == pytest.approx(1.5 - 0.375 * completed)
