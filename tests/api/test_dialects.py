"""The path decides the dialect, and the dialect the shape of every error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from flashreel.api.dialects import dialect_of
from tests.api.conftest import Api, ApiMaker

SHAPES: Mapping[str, frozenset[str]] = {
    "segmind": frozenset({"error", "code"}),
    "luma": frozenset({"detail", "code"}),
    "openai": frozenset({"error"}),
    "replicate": frozenset({"type", "title", "status", "detail", "instance", "code"}),
}
#: A path of each dialect where a job may be made, and what is sent.
CREATES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "segmind": ("/v2/tiny", {"prompt": "a fox"}),
    "luma": ("/dream-machine/v1/generations", {"model": "tiny", "prompt": "a fox"}),
    "openai": ("/v1/videos", {"model": "tiny", "prompt": "a fox"}),
    "replicate": ("/v1/models/luma/tiny/predictions", {"input": {"prompt": "a fox"}}),
}
DIALECTS = sorted(SHAPES)


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/", "segmind"),
        ("/v1/tiny", "segmind"),
        ("/v2/videos", "segmind"),
        ("/v1/videosize", "segmind"),
        ("/v1/modelship", "segmind"),
        ("/v1/get-user-credits", "segmind"),
        ("/assets/x", "segmind"),
        ("/upload-asset", "segmind"),
        ("/dream-machine/v1", "luma"),
        ("/dream-machine/v1/generations/x", "luma"),
        ("/dream-machine/v2/x", "segmind"),
        ("/v1/videos", "openai"),
        ("/v1/videos/x/content", "openai"),
        ("/v1/models", "openai"),
        ("/v1/models/sora-2", "openai"),
        ("/openai/v1/anything", "openai"),
        ("/v1/predictions", "replicate"),
        ("/v1/predictions/x/cancel", "replicate"),
        ("/v1/models/luma/ray-flash-2-720p", "replicate"),
        ("/v1/models/luma/ray-flash-2-720p/predictions", "replicate"),
        ("/v1/account", "replicate"),
        ("/v1/files/x", "replicate"),
        ("/v1/webhooks/default/secret", "replicate"),
        ("/replicate/v1/models", "replicate"),
        ("/v1/models/luma/\n/versions", "replicate"),
        ("/v1/account\n", "segmind"),
    ],
)
def test_the_path_decides_the_dialect(path: str, dialect: str) -> None:
    assert dialect_of(path) == dialect


def sentence(dialect: str, answer: httpx.Response) -> str:
    """What the answer says in words, after its shape was checked."""
    body = answer.json()
    assert set(body) >= SHAPES[dialect], body
    if dialect == "openai":
        assert set(body["error"]) == {"message", "type", "param", "code"}
        return str(body["error"]["message"])
    if dialect == "replicate":
        assert answer.headers["content-type"] == "application/problem+json"
        assert body["status"] == answer.status_code
    return str(body["error" if dialect == "segmind" else "detail"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_refusal_has_the_dialects_shape(make_api: ApiMaker, dialect: str) -> None:
    api = make_api(max_body=1024, burst=5, max_queued=1)
    _, poor = api.new_key(credits=100_000)
    _, narrow = api.new_key(scopes=("admin",))
    path, good = CREATES[dialect]
    payment = {"segmind": 406, "luma": 402, "openai": 403, "replicate": 402}[dialect]
    bad: Mapping[str, object] = {"input": {}} if dialect == "replicate" else {"model": "tiny"}
    accepted = api.post(path, good)
    assert accepted.status_code in (200, 201), accepted.text
    answers = [
        (401, api.post(path, good, key=None)),
        (403, api.post(path, good, key=narrow)),
        (400, api.post(path, bad)),
        (413, api.post(path, b" " * 2000)),
        (payment, api.post(path, good, key=poor)),
        (429, api.post(path, good)),
    ]
    api.life.draining.set()
    _, other = api.new_key()
    answers.append((503, api.post(path, good, key=other)))
    for status, answer in answers:
        assert answer.status_code == status, answer.text
        assert len(sentence(dialect, answer).split()) >= 3
    assert answers[0][1].headers["www-authenticate"] == "Bearer"
    assert answers[5][1].headers["retry-after"]


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("segmind", "/v2/a/b/c"),
        ("luma", "/dream-machine/v1/x"),
        ("openai", "/openai/v1/x"),
        ("replicate", "/v1/files/a/b"),
    ],
)
def test_a_path_that_is_nothing_asks_for_a_key_then_says_so(api: Api, dialect: str, path: str) -> None:
    refused = api.get(path, key=None)
    assert refused.status_code == 401
    sentence(dialect, refused)
    answer = api.get(path)
    assert answer.status_code == 404
    assert path in sentence(dialect, answer)


def test_a_very_long_path_that_is_nothing_is_not_said_in_full(api: Api) -> None:
    answer = api.get("/dream-machine/v1/" + "x" * 5000)
    assert answer.status_code == 404
    assert "/dream-machine/v1/xxx" in sentence("luma", answer)
    assert len(sentence("luma", answer)) < 300


def test_who_may_not_use_a_model_hears_it_in_every_dialect(api: Api) -> None:
    _, narrow = api.new_key(models=("ray-flash-2-720p",))
    for dialect, (path, good) in CREATES.items():
        answer = api.post(path, good, key=narrow)
        assert answer.status_code == 403
        assert "may not use the model 'tiny'" in sentence(dialect, answer)


def test_a_job_of_one_dialect_can_be_read_in_every_other(api: Api) -> None:
    reads = {
        "segmind": "/v2/requests/{}/status",
        "luma": "/dream-machine/v1/generations/{}",
        "openai": "/v1/videos/{}",
        "replicate": "/v1/predictions/{}",
    }
    for dialect, (path, good) in CREATES.items():
        made = api.post(path, good).json()
        job_id = made.get("request_id") or made["id"]
        plain = job_id.removeprefix("video_")
        for other, read in reads.items():
            answer = api.get(read.format(plain))
            assert answer.status_code == 200, (dialect, other, answer.text)
            assert plain in answer.text
