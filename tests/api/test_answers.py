"""Error answers: JSON with a sentence and a word, and nothing of the inside."""

from __future__ import annotations

import json
import logging

import pytest

from flashreel.api import segmind, submit
from flashreel.telemetry import configure_logging
from tests.api.conftest import Api, ApiMaker


def test_a_crash_is_an_id_to_quote_and_no_traceback(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the inside")

    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    configure_logging("text", "api")
    try:
        monkeypatch.setattr(submit, "parse_spec", crash)
        answer = api.post("/v2/tiny", {"prompt": "a very private wish"})
    finally:
        logging.getLogger().handlers = handlers
        logging.getLogger().setLevel(level)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (500, "internal_error")
    assert set(body) == {"error", "code", "error_id"}
    assert body["error"] == f"the server failed; quote the id {body['error_id']}"
    assert "the inside" not in answer.text
    log = capsys.readouterr().err
    assert body["error_id"] in log
    assert "RuntimeError: the inside" in log
    assert api.secret not in log
    assert "a very private wish" not in log


def test_a_crash_is_answered_also_where_the_host_is_nonsense(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(segmind, "authenticate", crash)
    answer = api.get("/v1/get-user-credits", headers={"host": "[::1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


def test_every_refusal_is_json_with_a_sentence_and_a_word(make_api: ApiMaker) -> None:
    api = make_api(max_body=1024, burst=4, max_queued=1)
    _, poor = api.new_key(credits=100_000)
    _, narrow = api.new_key(scopes=("admin",))
    good = {"prompt": "a fox"}
    answers = {
        400: api.post("/v2/tiny", {**good, "duration": 7}),
        401: api.post("/v2/tiny", good, key=None),
        403: api.post("/v2/tiny", good, key=narrow),
        404: api.post("/v2/nope", good),
        405: api.get("/v2/tiny"),
        406: api.post("/v2/tiny", good, key=poor),
        413: api.post("/v2/tiny", b" " * 2000),
    }
    api.submit()
    answers[429] = api.post("/v2/tiny", good)
    api.life.draining.set()
    answers[503] = api.post("/v2/tiny", good)
    for status, answer in answers.items():
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        body = json.loads(answer.content)
        assert len(body["error"].split()) > 3
        assert body["code"].replace("_", "").isalpha()
    assert len({answer.json()["code"] for answer in answers.values()}) == len(answers)


def test_an_unknown_model_is_told_the_known_ones(api: Api) -> None:
    body = api.post("/v2/nope", {"prompt": "x"}).json()
    assert body["error"] == "there is no model 'nope' here; models are: ray-flash-2-720p, tiny"
