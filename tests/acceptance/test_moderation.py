"""A blocked prompt through a real server: what the caller, the ledger and the log say of it."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import MakeCaller
from tests.acceptance.test_money import entries
from tests.support.server import Server


@pytest.mark.parametrize("prompt", ["hardcore quokkaporn, porn", "h a r d c o r e p0rn"])
def test_a_blocked_prompt_fails_costs_nothing_and_is_not_repeated(
    server: Server, make_caller: MakeCaller, prompt: str
) -> None:
    caller = make_caller(1)
    request_id = caller.submit(prompt)
    answer = caller.result(request_id)
    assert answer.status_code == 422
    body = answer.json()
    assert (body["status"], body["error_code"]) == ("FAILED", "content_blocked")
    assert "the prompt was blocked: sexual content" in json.dumps(body)
    assert caller.credits() == 1
    assert entries(caller) == [("grant", 1_000_000), ("hold", -375_000), ("release", 375_000)]
    said = answer.text + json.dumps(caller.status(request_id)) + caller.http.get(f"/v1/requests/{request_id}").text
    lines = [line for line in server.log.splitlines() if request_id in line]
    assert any("category=sexual" in line for line in lines)
    for word in ("porn", "p0rn", "h a r d", "hardcore"):
        assert word not in said
        assert word not in server.log


def test_a_flagged_prompt_is_made_with_a_warning(make_caller: MakeCaller) -> None:
    caller = make_caller(1)
    body = caller.result(caller.submit("Pikachu in the rain")).json()
    assert body["status"] == "COMPLETED"
    assert "the prompt was flagged: copyrighted characters" in body["warnings"]
    assert caller.credits() == pytest.approx(0.625)
