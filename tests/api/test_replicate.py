"""The Replicate dialect: every input, every header, every answer, every refusal."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from replicate.prediction import Prediction

from flashreel.api import replicate, waiting
from flashreel.api.luma_concepts import CONCEPTS
from flashreel.api.replicate_models import version_id
from flashreel.errors import JOB_ERRORS, JobErrorCode
from flashreel.jobs import ending, leases
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.listing import spec_of
from flashreel.jobs.schema import jobs
from flashreel.spec import GenerationSpec
from flashreel.worker import _SPANS
from tests.api.conftest import TINY, Api, ApiMaker
from tests.support.store import RETENTION, claimed, complete, get

PREDICTIONS = "/v1/predictions"
MODEL = "/v1/models/flashreel/tiny"
IMAGE = "https://example.com/a.png"
OTHER = "https://example.com/b.png"
PNG = b"\x89PNG\r\n\x1a\n and the rest"


def send(api: Api, path: str = f"{MODEL}/predictions", headers: dict[str, str] | None = None, **given: Any) -> Any:
    """A create with these inputs."""
    return api.post(path, {"input": {"prompt": "a red fox", **given}}, headers=headers or {})


def create(api: Api, headers: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
    """The prediction of a create that was accepted."""
    answer = send(api, headers=headers, **given)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def show(api: Api, prediction_id: str) -> dict[str, Any]:
    answer = api.get(f"{PREDICTIONS}/{prediction_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def spec(api: Api, prediction: dict[str, Any]) -> GenerationSpec:
    with api.state.database.reading() as connection:
        found = spec_of(connection, prediction["id"])
    assert found is not None
    return found


def unfinished(api: Api) -> int:
    with api.state.database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(jobs.c.finished_at.is_(None))) or 0


def problem(answer: httpx.Response, status: int) -> str:
    """The `detail` of an RFC 7807 body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["instance"] == answer.request.url.path
    return str(body["detail"])


@pytest.mark.parametrize("base", ["/v1", "/replicate/v1"])
def test_a_create_is_answered_with_the_prediction(api: Api, base: str) -> None:
    answer = send(api, f"{base}/models/acme/tiny/predictions", seed=7)
    assert answer.status_code == 201
    assert answer.headers["x-rate-limit-remaining"] == "59"
    body = answer.json()
    here = f"http://api.test{base}/predictions/{body['id']}"
    assert body["created_at"].endswith("Z")
    assert body == {
        "id": body["id"],
        "model": "acme/tiny",
        "version": version_id("tiny"),
        "status": "starting",
        "input": {"prompt": "a red fox", "seed": 7},
        "output": None,
        "logs": "seed: 7\n",
        "error": None,
        "metrics": {},
        "created_at": body["created_at"],
        "started_at": None,
        "completed_at": None,
        "expires_at": None,
        "urls": {"get": here, "cancel": f"{here}/cancel"},
    }
    assert api.get(f"{base}/predictions/{body['id']}").json() == body


def test_every_input_is_read_and_repeated_as_it_was_sent(api: Api) -> None:
    sent: dict[str, Any] = {
        "start_image": IMAGE,
        "duration": 9,
        "aspect_ratio": "1:1",
        "loop": True,
        "concepts": ["push_in", "low_angle"],
        "seed": 3,
    }
    body = create(api, **sent)
    assert body["input"] == {"prompt": "a red fox", **sent}
    made = spec(api, body)
    assert made.prompt == "a red fox, push in, low angle"
    assert (made.duration, made.aspect_ratio, made.loop, made.seed) == (9, "1:1", True, 3)
    assert (made.width, made.height, made.start_image, made.end_image) == (128, 128, IMAGE, None)
    assert spec(api, create(api, end_image=OTHER)).end_image == OTHER
    plain = spec(api, create(api))
    assert (plain.duration, plain.aspect_ratio, plain.loop, plain.start_image) == (5, "16:9", False, None)


def test_the_old_names_of_the_images_still_work(api: Api) -> None:
    body = create(api, start_image_url=IMAGE, end_image_url=OTHER)
    assert body["input"] == {"prompt": "a red fox", "start_image_url": IMAGE, "end_image_url": OTHER}
    assert (spec(api, body).start_image, spec(api, body).end_image) == (IMAGE, OTHER)
    both = create(api, start_image=IMAGE, start_image_url=OTHER)
    assert spec(api, both).start_image == IMAGE
    assert "warning: input.start_image_url is the old name of input.start_image, which is set too" in both["logs"]
    assert spec(api, create(api, start_image=None, start_image_url=OTHER)).start_image == OTHER


def test_an_image_in_the_input_is_repeated_cut_short(api: Api) -> None:
    uri = f"data:image/png;base64,{base64.b64encode(PNG * 100).decode()}"
    body = create(api, start_image=uri)
    assert spec(api, body).start_image == uri
    assert body["input"]["start_image"] == uri[:63] + "…"


def test_a_nameless_file_is_what_it_begins_like(api: Api) -> None:
    data = base64.b64encode(PNG).decode()
    made = spec(api, create(api, start_image=f"data:application/octet-stream;base64,{data}"))
    assert made.start_image == f"data:image/png;base64,{data}"
    for other in ("AAAA", "!!"):
        detail = problem(send(api, start_image=f"data:application/octet-stream;base64,{other}"), 400)
        assert detail.startswith("input.start_image is not an image: application/octet-stream")


def test_what_is_not_known_is_warned_of_and_not_repeated(api: Api) -> None:
    sent = b'{"input": {"prompt": "a fox", "fps": 1e999}, "prompt": "a cat", "x": 1}'
    answer = api.post(f"{MODEL}/predictions", sent)
    body = answer.json()
    assert body["input"] == {"prompt": "a fox"}
    assert spec(api, body).prompt == "a fox"
    assert body["logs"].splitlines()[1:] == [
        "warning: the field 'input.fps' is not known here and was not used",
        "warning: the field 'prompt (outside input)' is not known here and was not used",
        "warning: the field 'x (outside input)' is not known here and was not used",
    ]


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ("acme/tiny", "acme/tiny"),
        (f"acme/tiny:{version_id('tiny')}", "acme/tiny"),
        (version_id("tiny"), "studio/small"),
        ("studio/small", "studio/small"),
        ("studio/small:0ld", "studio/small"),
        ("0ld", "studio/small"),
    ],
)
def test_a_version_names_the_model(make_api: ApiMaker, asked: str, called: str) -> None:
    api = make_api(models={"tiny": {**TINY, "aliases": {"replicate": ["0ld", "studio/small"]}}})
    answer = api.post(PREDICTIONS, {"version": asked, "input": {"prompt": "a fox"}})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["model"], spec(api, answer.json()).model) == (called, "tiny")
    assert answer.json()["version"] == version_id("tiny")


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (None, 400, "version is missing; it must be owner/name, owner/name:version or a version"),
        (7, 400, "version is 7; it must be"),
        ("x" * 201, 400, "version is "),
        ("acme/nope", 404, "there is no model 'acme/nope' here; models are: luma/ray-flash-2-720p, ray-flash-2-720p,"),
        ("/tiny", 404, "there is no model '/tiny' here"),
        ("acme/tiny:7ad0", 404, f"the model 'tiny' has no version '7ad0' here; its only one is {version_id('tiny')}"),
        ("7ad0", 404, "there is no version '7ad0' here; send owner/name"),
    ],
)
def test_a_version_that_is_none_is_refused(api: Api, asked: object, status: int, said: str) -> None:
    detail = problem(api.post(PREDICTIONS, {"version": asked, "input": {"prompt": "a fox"}}), status)
    assert detail.startswith(said)
    assert len(detail) < 300


def test_the_hosted_name_is_the_built_in_model(api: Api) -> None:
    body = send(api, "/v1/models/luma/ray-flash-2-720p/predictions").json()
    assert (body["model"], spec(api, body).model) == ("luma/ray-flash-2-720p", "ray-flash-2-720p")
    assert problem(send(api, "/v1/models/luma/photon/predictions"), 404).startswith("there is no model 'luma/photon'")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prompt": None}, "input.prompt is missing; it must be a text of 1 to 5000 characters"),
        ({"prompt": ""}, "input.prompt is empty; "),
        ({"prompt": " ", "concepts": ["push_in"]}, "input.prompt is empty; "),
        (
            {"prompt": "x" * 4995, "concepts": ["push_in"]},
            "input.prompt has 4995 characters; with these concepts it may",
        ),
        ({"prompt": ["a"]}, "input.prompt is ['a']; "),
        ({"duration": 7}, "input.duration is 7; allowed are 5 and 9 (seconds)"),
        ({"duration": 1e999}, "input.duration is inf; "),
        ({"aspect_ratio": "2:1"}, 'input.aspect_ratio is "2:1"; allowed are 16:9, 1:1'),
        ({"loop": "maybe"}, 'input.loop is "maybe"; allowed are true and false'),
        ({"seed": -1}, "input.seed is -1; "),
        ({"start_image": "ftp://example.com/a"}, "input.start_image is not an http or https URL"),
        ({"end_image": 5}, "input.end_image is 5; it must be an http or https URL of an image"),
        ({"start_image_url": "http://127.0.0.1/"}, "input.start_image_url leads to an address that is not public"),
        ({"start_image": "http://api.test/v1/files/nope"}, "input.start_image names a file of this server that does"),
        ({"loop": True, "end_image": IMAGE}, "loop is true and input.end_image is set; "),
        ({"concepts": "push_in"}, 'input.concepts is "push_in"; it must be a list of keys'),
        ({"concepts": ["selfie"]}, 'input.concepts is "selfie"; '),
        ({"concepts": ["static", "static"]}, 'input.concepts is "static"; it must be a list of keys, each once'),
    ],
)
def test_a_bad_input_is_refused_by_its_name(api: Api, given: dict[str, Any], said: str) -> None:
    answer = (
        send(api, **given)
        if given.get("duration") != 1e999
        else api.post(f"{MODEL}/predictions", b'{"input": {"prompt": "a fox", "duration": 1e999}}')
    )
    assert problem(answer, 400).startswith(said)
    assert unfinished(api) == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "input is missing; it must be an object"),
        ({"input": "a fox"}, 'input is "a fox"; it must be an object'),
        ({"webhook": "http://10.0.0.1/x"}, "webhook leads to an address that is not public: 'http://10.0.0.1/x'"),
        ({"webhook": "data:image/png;base64,AAAA"}, "webhook is not an http or https URL"),
        ({"webhook_completed": "https://[::1]/"}, "webhook_completed leads to an address that is not public"),
        ({"webhook_events_filter": ["begin"]}, "webhook_events_filter is ['begin']; it must be a list of start"),
        ({"webhook_events_filter": "start"}, 'webhook_events_filter is "start"; it must be a list of start, output'),
        ({"stream": True}, "stream is true; a video comes whole"),
    ],
)
def test_what_is_not_offered_is_refused_before_anything_is_paid(api: Api, body: dict[str, Any], said: str) -> None:
    given = body if not body or "input" in body else {"input": {"prompt": "a fox"}, **body}
    assert problem(api.post(f"{MODEL}/predictions", given), 400).startswith(said)
    assert unfinished(api) == 0


def test_empty_webhook_fields_and_no_stream_are_nothing(api: Api) -> None:
    body: dict[str, Any] = {"input": {"prompt": "a fox"}, "webhook": None, "webhook_events_filter": [], "stream": False}
    assert api.post(f"{MODEL}/predictions", body).status_code == 201


async def _meanwhile(
    api: Api, ready: Callable[[], object], work: Callable[[], object], path: str, **more: Any
) -> httpx.Response:
    """The answer to a POST during which `work` is done, once it is `ready` for it."""
    headers = {"x-api-key": api.secret, **more.pop("headers", {})}
    call = asyncio.create_task(api.client.post(path, headers=headers, **more))
    for _ in range(1000):
        if ready():
            break
        await asyncio.sleep(0.01)
    work()
    return await call


def wait(api: Api, work: Callable[[], object], prefer: str = "wait") -> dict[str, Any]:
    """The answer to a create that waits while `work` is done."""
    body = {"input": {"prompt": "a fox"}}
    path = f"{MODEL}/predictions"
    call = _meanwhile(api, lambda: unfinished(api), work, path, json=body, headers={"prefer": prefer})
    answer = api.runner.run(call)
    assert answer.status_code == 201, answer.text
    answered: dict[str, Any] = answer.json()
    return answered


@pytest.mark.parametrize("prefer", ["wait", "wait=60", "respond-async, Wait = 30", 'wait="5"; x=1'])
def test_a_create_that_waits_is_answered_with_the_end(api: Api, prefer: str) -> None:
    body = wait(api, api.finish, prefer)
    assert (body["status"], body["error"]) == ("succeeded", None)
    assert api.get(body["output"].removeprefix("http://api.test")).content == b"0123456789"
    assert body == show(api, body["id"])


def test_a_create_that_waits_is_answered_with_the_failure(api: Api) -> None:
    def fail() -> None:
        taken = claimed(api.state.database)
        with api.state.database.transaction() as connection:
            ending.fail(connection, taken, "image_invalid", "start_image_url is not an image", RETENTION)

    body = wait(api, fail)
    assert (body["status"], body["output"]) == ("failed", None)
    assert body["error"] == "input.start_image is not an image"


def test_after_its_wait_a_create_says_starting_whatever_the_job_does(api: Api) -> None:
    body = wait(api, lambda: claimed(api.state.database), "wait=1")
    assert (body["status"], body["output"]) == ("starting", None)
    assert show(api, body["id"])["status"] == "processing"


def test_where_too_many_wait_a_create_does_not(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_MAX_WAITING", 0)
    assert create(api, {"prefer": "wait=60"})["status"] == "starting"


@pytest.mark.parametrize("prefer", ["wait=0", "wait=61", "wait=", "wait=x", "wait=1.5", "respond-async,wait=-1"])
def test_a_wait_that_cannot_be_is_refused(api: Api, prefer: str) -> None:
    rule = "it must be wait, or wait=N with N from 1 to 60 (seconds)"
    assert problem(send(api, headers={"prefer": prefer}), 400).endswith(rule)
    assert unfinished(api) == 0


@pytest.mark.parametrize("prefer", ["", "respond-async", "waiting=5", "return=minimal"])
def test_other_preferences_are_not_ours(api: Api, prefer: str) -> None:
    assert create(api, {"prefer": prefer})["status"] == "starting"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1H30M45S", 5445), ("90", 90), (" 5s ", 5)]
)
def test_cancel_after_is_kept_with_the_job(api: Api, text: str, seconds: int) -> None:
    before = wall_seconds()
    body = create(api, {"cancel-after": text})
    with api.state.database.reading() as connection:
        cancel_at = connection.scalar(sa.select(jobs.c.cancel_at).where(jobs.c.id == body["id"]))
    assert cancel_at is not None
    assert before + seconds <= cancel_at <= wall_seconds() + seconds


@pytest.mark.parametrize("text", ["", "4", "4s", "0h", "soon", "1d", "30s1m", "-9", "1.5h", "5 m", "9" * 30])
def test_a_cancel_after_that_cannot_be_is_refused(api: Api, text: str) -> None:
    detail = problem(send(api, headers={"cancel-after": text}), 400)
    assert detail.startswith("cancel-after is ")
    assert detail.endswith("it must be a time like 90s, 5m, 1h30m or 90 (seconds), of 5 seconds or more")
    assert unfinished(api) == 0


def test_the_states(api: Api) -> None:
    body = create(api)
    assert show(api, body["id"])["status"] == "starting"
    api.finish()
    done = show(api, body["id"])
    assert done["status"] == "succeeded"
    assert set(done["metrics"]) == {"predict_time", "total_time"}
    assert 0 <= done["metrics"]["predict_time"] <= done["metrics"]["total_time"]
    assert done["created_at"] <= done["started_at"] <= done["completed_at"] < done["expires_at"]


@pytest.mark.parametrize("code", JOB_ERRORS)
def test_every_failure_has_its_status_and_its_sentence(api: Api, code: JobErrorCode) -> None:
    body = create(api, end_image_url=OTHER)
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        ending.fail(connection, taken, code, "end_image_url answered 404", RETENTION)
    ended = show(api, body["id"])
    assert ended["status"] == ("canceled" if code == "cancelled" else "failed")
    assert ended["error"] == "input.end_image_url answered 404"
    assert ended["output"] is None


def progress(logs: str) -> int | None:
    """What the SDK reads from the logs, in percent."""
    found = Prediction.Progress.parse(logs)
    if found is None:
        return None
    assert (found.total, found.current) == (100, round(100 * found.percentage))
    return found.current


def test_the_logs_grow_as_the_job_goes_on(api: Api) -> None:
    body = create(api, seed=7, fps=3)
    warning = "warning: the field 'input.fps' is not known here and was not used"
    assert body["logs"] == f"seed: 7\n{warning}\n"
    assert progress(body["logs"]) is None
    taken = claimed(api.state.database)
    logs, seen = body["logs"], []
    for stage, done in (("preparing", 0.0), ("rendering", 0.05), ("rendering", 0.47), ("encoding", 0.96)):
        with api.state.database.transaction() as connection:
            assert leases.renew(connection, taken, stage, done)
        now = show(api, body["id"])["logs"]
        assert now.startswith(logs)
        logs = now
        seen.append(progress(logs))
        assert logs.splitlines()[-2 if stage == "preparing" else 0] in ("preparing", "seed: 7")
    assert seen == [0, 5, 45, 95]
    with api.state.database.transaction() as connection:
        ending.complete(connection, taken, {"path": "x.mp4", "file_size": 1}, ["a fox has no wings"], RETENTION)
    done_logs = show(api, body["id"])["logs"]
    assert done_logs.startswith(logs)
    assert done_logs.endswith("storing\n100%|██████████| 100/100\nwarning: a fox has no wings\n")
    assert [line for line in done_logs.splitlines() if line.isalpha()] == [
        "preparing",
        "rendering",
        "encoding",
        "storing",
    ]
    assert progress(done_logs) == 100


def test_the_stages_of_the_logs_are_the_worker_s() -> None:
    lines = dict(zip(replicate._LINES, replicate._STARTS, strict=True))
    starts = {stage: start for stage, (start, end) in _SPANS.items() if end > start}
    assert {line: start for line, start in lines.items() if "%" not in line} == starts


def test_a_job_that_ended_before_it_began_has_no_predict_time(api: Api) -> None:
    body = create(api)
    ended = api.post(f"{PREDICTIONS}/{body['id']}/cancel").json()
    assert (ended["status"], ended["error"]) == ("canceled", "the job was cancelled")
    assert set(ended["metrics"]) == {"total_time"}
    assert progress(ended["logs"]) is None
    assert api.post(f"{PREDICTIONS}/{body['id']}/cancel").json() == ended


def test_a_cancel_waits_for_the_worker_to_let_go(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    body = create(api)
    taken = claimed(api.state.database)
    path = f"{PREDICTIONS}/{body['id']}/cancel"

    def let_go() -> None:
        with api.state.database.transaction() as connection:
            ending.fail(connection, taken, "cancelled", ending.CANCELLED, RETENTION)

    def is_cancelled() -> bool:
        with api.state.database.reading() as connection:
            return bool(connection.scalar(sa.select(jobs.c.cancel).where(jobs.c.id == body["id"])))

    assert api.runner.run(_meanwhile(api, is_cancelled, let_go, path)).json()["status"] == "canceled"
    other = create(api)
    claimed(api.state.database)
    monkeypatch.setattr(replicate, "_LET_GO_SECONDS", 0.0)
    answer = api.post(f"{PREDICTIONS}/{other['id']}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "processing")


def test_a_finished_job_is_not_changed_by_a_cancel(api: Api) -> None:
    body = create(api)
    api.finish()
    assert api.post(f"{PREDICTIONS}/{body['id']}/cancel").json()["status"] == "succeeded"


@pytest.mark.parametrize("prediction_id", ["0" * 32, "nope", "%00"])
def test_an_unknown_prediction_is_404(api: Api, prediction_id: str) -> None:
    said = "this request is unknown or has expired"
    assert problem(api.get(f"{PREDICTIONS}/{prediction_id}"), 404) == said
    assert problem(api.post(f"{PREDICTIONS}/{prediction_id}/cancel"), 404) == said


def test_another_key_s_prediction_is_404(api: Api) -> None:
    body = create(api)
    _, secret = api.new_key()
    problem(api.get(f"{PREDICTIONS}/{body['id']}", key=secret), 404)
    problem(api.post(f"{PREDICTIONS}/{body['id']}/cancel", key=secret), 404)
    assert api.get(PREDICTIONS, key=secret).json()["results"] == []
    assert show(api, body["id"])["status"] == "starting"


@pytest.mark.parametrize("base", ["/v1", "/replicate/v1"])
def test_pages_lead_to_one_another(api: Api, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setattr(replicate, "_PAGE", 2)
    made = [create(api)["id"] for _ in range(5)][::-1]

    def page(url: str) -> dict[str, Any]:
        answer = api.get(url.removeprefix("http://api.test"))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert set(body) == {"next", "previous", "results"}
        for pointer in (body["next"], body["previous"]):
            assert pointer is None or pointer.startswith(f"http://api.test{base}/predictions?cursor=")
        return body

    pages = [page(f"{base}/predictions")]
    while pages[-1]["next"]:
        pages.append(page(pages[-1]["next"]))
    assert [[job["id"] for job in page["results"]] for page in pages] == [made[:2], made[2:4], made[4:]]
    assert pages[0]["previous"] is None
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(page(back[-1]["previous"]))
    assert [[job["id"] for job in page["results"]] for page in back] == [made[4:], made[2:4], made[:2]]
    assert back[1]["next"] == pages[1]["next"]
    assert back[-1]["next"] == pages[0]["next"]


def test_a_cursor_that_leads_nowhere_is_refused(api: Api) -> None:
    assert problem(api.get(f"{PREDICTIONS}?cursor=x"), 400).startswith('cursor is "x"; it must be as it stands in')
    assert problem(api.get(f"{PREDICTIONS}?cursor=after-{'0' * 32}"), 404).startswith("this cursor is unknown or has")
    _, secret = api.new_key()
    problem(api.get(f"{PREDICTIONS}?cursor=after-{create(api)['id']}", key=secret), 404)
    assert api.get(PREDICTIONS, key=secret).json() == {"next": None, "previous": None, "results": []}


def test_jobs_of_other_dialects_are_predictions_too(api: Api) -> None:
    job_id = api.submit(start_image_url=IMAGE, aspect_ratio="1:1", loop=True, fps=3)
    body = show(api, job_id)
    assert body["model"] == "flashreel/tiny"
    assert body["input"] == {
        "prompt": "a fox",
        "start_image": IMAGE,
        "duration": 5,
        "aspect_ratio": "1:1",
        "loop": True,
    }
    assert "warning: the field 'fps' is not known here and was not used\n" in body["logs"]
    assert [each["id"] for each in api.get(PREDICTIONS).json()["results"]] == [job_id]


def test_a_submit_that_its_client_repeats_is_read_by_the_list(api: Api) -> None:
    answer = api.post("/v2/tiny", {"prompt": "a fox"}, headers={"x-stainless-retry-count": "0"})
    job_id = answer.json()["request_id"]
    assert get(api.state.database, job_id).unread
    api.get(PREDICTIONS)
    assert not get(api.state.database, job_id).unread


def test_an_idempotency_key_makes_one_prediction(api: Api) -> None:
    header = {"idempotency-key": "one"}
    first = create(api, header)
    assert create(api, header)["id"] == first["id"]
    assert "this Idempotency-Key was used" in problem(send(api, headers=header, seed=1), 422)
    assert unfinished(api) == 1
    api.finish()
    assert create(api, header)["status"] == "succeeded"


@pytest.mark.parametrize("path", [f"{MODEL}/predictions", PREDICTIONS])
def test_a_key_without_the_right_or_the_credits_is_refused(api: Api, path: str) -> None:
    body = {"version": "a/tiny", "input": {"prompt": "a fox"}}
    assert "x-api-key" in problem(api.post(path, body, key=None), 401)
    _, secret = api.new_key(scopes=("read",))
    assert "does not have the scope 'generate'" in problem(api.post(path, body, key=secret), 403)
    _, secret = api.new_key(models=("ray-flash-2-720p",))
    assert "may not use the model 'tiny'" in problem(api.post(path, body, key=secret), 403)
    _, secret = api.new_key(credits=0)
    answer = api.post(path, body, key=secret)
    assert problem(answer, 402) == "not enough credits: you have 0 and this needs 0.375"
    assert (answer.json()["title"], answer.json()["need"]) == ("Payment Required", 0.375)


def test_a_model_that_there_is_not_is_said_after_the_key_was_good(api: Api) -> None:
    problem(send(api, "/v1/models/acme/nope/predictions", headers={"x-api-key": "bad"}), 401)
    problem(send(api, "/v1/models/acme/nope/predictions"), 404)


def test_refusals_are_problems(make_api: ApiMaker) -> None:
    api = make_api(burst=1, rate=0.1)
    assert problem(api.post(PREDICTIONS, b"{"), 400).startswith("the body is not JSON")
    create(api)
    answer = send(api)
    assert problem(answer, 429).startswith("this key may submit 0.1 jobs a minute")
    assert int(answer.headers["retry-after"]) > 0
    assert problem(api.call("PATCH", PREDICTIONS), 405).startswith("PATCH is not possible at /v1/predictions")
    for path in ("/v1/predictions/a/b", "/v1/models/a/b/c", "/replicate/v1/nope", "/v1/files/a/b", "/v1/webhooks"):
        assert problem(api.get(path), 404) == f"there is nothing at {path}"


def test_the_account_is_the_key(api: Api) -> None:
    for base in ("/v1", "/replicate/v1"):
        answer = api.get(f"{base}/account").json()
        assert answer == {"type": "user", "username": "test", "name": "test", "github_url": None}
    problem(api.get("/v1/account", key=None), 401)


def test_a_model_and_its_one_version(api: Api) -> None:
    body = api.get(MODEL).json()
    version = body["latest_version"]
    assert (body["owner"], body["name"], body["visibility"]) == ("flashreel", "tiny", "public")
    assert body["url"] == f"http://api.test{MODEL}"
    assert version["id"] == version_id("tiny")
    assert api.get(f"{MODEL}/versions").json() == {"next": None, "previous": None, "results": [version]}
    assert api.get(f"{MODEL}/versions/{version['id']}").json() == version
    assert problem(api.get(f"{MODEL}/versions/7ad0"), 404).startswith("the model 'tiny' has no version '7ad0' here")
    assert problem(api.get("/v1/models/a/nope"), 404).startswith("there is no model 'a/nope' here")
    for path in (MODEL, f"{MODEL}/versions", f"{MODEL}/versions/x"):
        problem(api.get(path, key=None), 401)


def test_the_list_of_models_has_what_the_key_may_use(api: Api) -> None:
    body = api.get("/replicate/v1/models").json()
    names = [f"{model['owner']}/{model['name']}" for model in body["results"]]
    assert names == ["luma/ray-flash-2-720p", "flashreel/tiny"]
    for model in body["results"]:
        assert api.get(model["url"].removeprefix("http://api.test")).json() == model
    _, secret = api.new_key(models=("tiny",))
    assert [model["name"] for model in api.get("/replicate/v1/models", key=secret).json()["results"]] == ["tiny"]
    assert api.get("/v1/models/flashreel/tiny", key=secret).status_code == 200
    for path in ("", "/versions", "/versions/x"):
        refused = api.get(f"/v1/models/luma/ray-flash-2-720p{path}", key=secret)
        assert "may not use the model 'ray-flash-2-720p'" in problem(refused, 403)


def test_the_schema_is_true_of_the_inputs(api: Api) -> None:
    schema = api.get(MODEL).json()["latest_version"]["openapi_schema"]["components"]["schemas"]
    assert schema["Output"] == {"title": "Output", "type": "string", "format": "uri"}
    properties = schema["Input"]["properties"]
    assert list(properties) == sorted(properties, key=lambda name: properties[name]["x-order"])
    assert schema["Input"]["required"] == ["prompt"]
    assert properties["concepts"]["items"]["enum"] == list(CONCEPTS)
    api.state.buckets._burst = 1000
    body = create(api)
    for name in ("duration", "aspect_ratio", "loop"):
        assert getattr(spec(api, body), name) == properties[name]["default"]
    for name in ("duration", "aspect_ratio"):
        for value in properties[name]["enum"]:
            assert getattr(spec(api, create(api, **{name: value})), name) == value
    for name, value in (("seed", "minimum"), ("seed", "maximum")):
        limit = properties[name][value]
        assert spec(api, create(api, **{name: limit})).seed == limit
        problem(send(api, **{name: limit + (1 if value == "maximum" else -1)}), 400)
    create(api, concepts=properties["concepts"]["items"]["enum"])
    longest = properties["prompt"]["maxLength"]
    create(api, prompt="x" * longest)
    problem(send(api, prompt="x" * (longest + 1)), 400)
    known: dict[str, Any] = {
        "prompt": "a",
        "duration": 5,
        "aspect_ratio": "1:1",
        "loop": False,
        "concepts": [],
        "seed": 1,
    }
    images: dict[str, Any] = {name: IMAGE for name in properties if "image" in name}
    assert create(api, **known, **images)["input"].keys() == properties.keys()


def upload(api: Api, data: bytes = PNG, base: str = "/v1", name: str = "fox.png") -> httpx.Response:
    return api.call(
        "POST", f"{base}/files", files={"content": (name, data, "image/png")}, data={"metadata": '{"a": 1}'}
    )


@pytest.mark.parametrize("base", ["/v1", "/replicate/v1"])
def test_a_file_is_kept_shown_used_and_deleted(api: Api, base: str) -> None:
    answer = upload(api, base=base)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["urls"] == {
        "get": f"http://api.test{base}/files/{body['id']}",
        "download": f"http://api.test/assets/uploads/{body['id']}/{body['urls']['download'].rpartition('/')[2]}",
    }
    assert (body["name"], body["content_type"], body["size"], body["metadata"]) == (
        "fox.png",
        "image/png",
        len(PNG),
        {},
    )
    assert body["etag"] == body["checksums"]["sha256"]
    assert body["created_at"] < body["expires_at"]
    path = body["urls"]["get"].removeprefix("http://api.test")
    assert api.get(path).json() == body
    assert api.get(f"{base}/files").json() == {"next": None, "previous": None, "results": [body]}
    assert api.get(body["urls"]["download"].removeprefix("http://api.test"), key=None).content == PNG
    for url in body["urls"].values():
        made = create(api, start_image=url)
        assert made["input"]["start_image"] == url
        assert str(spec(api, made).start_image).startswith(f"asset:uploads/{body['id']}/")
    assert api.call("DELETE", path).status_code == 204
    for method in ("GET", "DELETE"):
        assert problem(api.call(method, path), 404) == "this file is unknown or has expired"
    assert api.get(f"{base}/files").json()["results"] == []


def test_another_key_s_file_is_404(api: Api) -> None:
    body = upload(api).json()
    _, secret = api.new_key()
    path = f"/v1/files/{body['id']}"
    for method in ("GET", "DELETE"):
        problem(api.call(method, path, key=secret), 404)
        problem(api.call(method, path, key=None), 401)
    assert api.get("/v1/files", key=secret).json()["results"] == []
    given = {"input": {"prompt": "a fox", "start_image": body["urls"]["get"]}}
    assert "does not exist or has expired" in problem(api.post(f"{MODEL}/predictions", given, key=secret), 400)


def test_what_is_no_image_is_not_kept(api: Api) -> None:
    assert problem(upload(api, b"%PDF-1.7"), 400).startswith(
        "content is application/pdf, sent as image/png; it must be"
    )
    answer = api.call("POST", "/v1/files", files={"other": ("a.png", PNG)})
    assert problem(answer, 400) == "content is missing; send the image as the file part `content`"
    answer = api.call("POST", "/v1/files", files={"other": ("a.png", PNG)}, data={"content": "x"})
    assert problem(answer, 400).startswith("content is not a file")
    assert problem(api.post("/v1/files", {"content": "x"}), 400).startswith("the Content-Type is 'application/json'")
    _, secret = api.new_key(scopes=("read",))
    problem(api.post("/v1/files", {}, key=secret), 403)
    problem(api.post("/v1/files", {}, key=None), 401)
    assert api.get("/v1/files").json()["results"] == []


@pytest.mark.parametrize("base", ["/v1", "/replicate/v1"])
@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/trainings", "trainings are not offered here"),
        ("POST", "/trainings/abc/cancel", "trainings are not offered here"),
        ("POST", "/models/a/tiny/versions/x/trainings", "trainings are not offered here"),
        ("GET", "/deployments", "deployments are not offered here"),
        ("POST", "/deployments", "deployments are not offered here"),
        ("PATCH", "/deployments/a/b", "deployments are not offered here"),
        ("POST", "/deployments/a/b/predictions", "deployments are not offered here"),
        ("GET", "/collections", "collections are not offered here"),
        ("GET", "/collections/text-to-video", "collections are not offered here"),
        ("GET", "/hardware", "hardware is not offered here"),
        ("POST", "/hardware", "hardware is not offered here"),
        ("DELETE", "/models/a/tiny", "models are not made or deleted here"),
        ("DELETE", "/models/a/tiny/versions/x", "models are not made or deleted here"),
    ],
)
def test_what_is_not_offered_says_so(api: Api, base: str, method: str, path: str, said: str) -> None:
    assert problem(api.call(method, base + path), 404).startswith(said)
    problem(api.call(method, base + path, key=None), 401)


def test_models_are_not_made_or_searched(api: Api) -> None:
    assert problem(api.post("/replicate/v1/models", {}), 404).startswith("models are not made or deleted here")
    assert problem(api.call("QUERY", "/replicate/v1/models", content=b"x"), 404).startswith("models cannot be searched")


def test_a_job_that_was_given_back_is_starting_again(api: Api) -> None:
    body = create(api)
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        leases.renew(connection, taken, "rendering", 0.5)
    assert progress(show(api, body["id"])["logs"]) == 50
    with api.state.database.transaction() as connection:
        leases.give_back(connection, taken)
    again = show(api, body["id"])
    assert (again["status"], again["started_at"], progress(again["logs"])) == ("starting", None, None)
    assert complete(api.state.database, claimed(api.state.database))
    assert show(api, body["id"])["status"] == "succeeded"
