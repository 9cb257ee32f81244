"""The official `segmind` package's history, models and account: its hosts led here as docs/segmind.md says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from segmind import SegmindClient
from segmind.exceptions import SegmindError

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.images import saved
from tests.support.recipe import mapped_client
from tests.support.web import get


@pytest.fixture
def client(caller: Caller) -> Iterator[SegmindClient]:
    made = mapped_client(caller.server.url, caller.secret)
    with closing(made._client):
        yield made


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["request_id"] for row in rows]


@proves("segmind", "generations.history", note="Rows under `requests`; whole days of UTC; of 31 days.")
@proves("segmind", "generations.get", note="For 31 days; prompt, URL and error text go with the result.")
@proves("segmind", "generations.list", note="Rows under `generations`.")
@proves("segmind", "generations.recent", note="The latest twenty.")
def test_the_history_has_every_request_and_what_it_cost(client: SegmindClient, caller: Caller) -> None:
    completed = client.run("scripted", prompt="a red fox", seed=5)["request_id"]
    failed = caller.submit("upstream")
    caller.wait_for_state(failed, "FAILED")
    pending = caller.submit("seconds=60", duration=9)

    whole = client.generations.history()
    assert (whole["page"], whole["per_page"], whole["total"], whole["total_pages"]) == (1, 20, 3, 1)
    rows = whole["requests"]
    assert ids(rows) == [pending, failed, completed]
    assert [row["model_status"] for row in rows] == ["PENDING", "FAILED", "COMPLETED"]
    assert [row["credits_deduction"] for row in rows] == [0, 0, 0.375]
    assert [row["request_body"]["duration"] for row in rows] == [9, 5, 5]
    assert rows[1]["error"] == "the upstream API answered 503"
    assert rows[2]["request_body"] | {"prompt": "a red fox", "seed": 5} == rows[2]["request_body"]
    assert rows[2]["latency_ms"] > 0
    # The address is the server's own, not that of the host the package meant.
    assert rows[2]["generation_url"].startswith(f"{caller.server.url}/assets/{completed}/")
    assert get(rows[2]["generation_url"]).headers["content-type"] == "video/mp4"

    today = rows[2]["created_at"][:10]
    found = client.generations.history(page=2, per_page=1, from_date=today, model_name="SCRIPT", sort_order="asc")
    assert (ids(found["requests"]), found["total"]) == ([failed], 3)
    found = client.generations.history(status="COMPLETED", sort_by="credits_deduction")
    assert ids(found["requests"]) == [completed]
    assert client.generations.get(completed) == rows[2]

    listed = client.generations.list(model_name="scripted", start_date=today)
    (made,) = listed["generations"]
    assert made["generation_url"] == rows[2]["generation_url"]
    assert (made["status"], made["prompt"], made["credits_deduction"]) == ("COMPLETED", "a red fox", 0.375)
    assert made["parameters"] == rows[2]["request_body"]
    assert client.generations.recent("scripted") == {"generations": [made]}
    assert client.generations.recent("tiny") == {"generations": []}

    for job_id in (pending, completed):
        assert caller.http.delete(f"/v2/requests/{job_id}").status_code == 200
    record = client.generations.get(completed)
    assert record == rows[2] | {"request_body": None, "generation_url": None}


def test_files_come_by_the_same_way(client: SegmindClient, caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "first.png"
    file.write_bytes(saved(Image.new("RGB", (160, 90), (200, 30, 30)), "PNG"))
    (url,) = client.files.upload(file)["file_urls"]
    assert url.startswith(f"{caller.server.url}/assets/uploads/")
    assert get(url).content == file.read_bytes()


def test_refusals_are_raised_with_their_sentence(client: SegmindClient, make_caller: MakeCaller) -> None:
    with pytest.raises(SegmindError) as refusal:
        client.generations.history(status="DONE")
    assert refusal.value.status == 400
    assert refusal.value.detail == 'status is "DONE"; allowed are COMPLETED, FAILED, PENDING'
    theirs = make_caller()
    request_id = theirs.submit()
    with pytest.raises(SegmindError) as refusal:
        client.generations.get(request_id)
    assert refusal.value.status == 404
    with pytest.raises(SegmindError) as refusal:
        client.generations.history(user_id=theirs.key_id)
    assert refusal.value.status == 400


@proves("segmind", "models.list", note="What the key may use, in the hosted list's shape.")
@proves("segmind", "accounts.current", note="The key: `user_id`, `name`, `credits`, `scopes`, `models`.")
def test_models_and_account_are_the_key_s(make_caller: MakeCaller) -> None:
    caller = make_caller(12.5, models=("scripted",))
    client = mapped_client(caller.server.url, caller.secret)
    with closing(client._client):
        (model,) = client.models.list()["Inference Segmind Model Information List With Details"]
        account = client.accounts.current()
    assert (model["slug"], model["type"], model["is_depreciated"]) == ("scripted", "textToVideo", False)
    assert model["parameters"]["duration"] == {"type": "integer", "enum": [5, 9], "default": 5}
    assert (account["success"], account["authenticated"]) == (True, True)
    assert (account["user_id"], account["credits"], account["models"]) == (caller.key_id, 12.5, ["scripted"])


FINETUNE = "finetuning is not offered here; this server runs models as they are"
WORKFLOWS = "workflows (PixelFlows) are not offered here; submit to one model: POST /v2/{model}"
NOT_OFFERED: dict[str, Callable[[SegmindClient], object]] = {
    "finetune.submit": lambda client: client.finetune.submit("n", "p", "i", "t", "b", "t", "m"),
    "finetune.details": lambda client: client.finetune.details("x"),
    "finetune.list": lambda client: client.finetune.list(),
    "finetune.upload_presigned_url": lambda client: client.finetune.upload_presigned_url("x"),
    "finetune.access_update": lambda client: client.finetune.access_update("x", True),
    "finetune.file_download": lambda client: client.finetune.file_download("s3://x"),
    "pixelflows.run": lambda client: client.pixelflows.run("x"),
    "pixelflows.get_status": lambda client: client.pixelflows.get_status("x"),
    "pixelflows.poll": lambda client: client.pixelflows.poll("x"),
}


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        pytest.param(
            resource,
            sentence,
            id=resource.rstrip("."),
            marks=[proves("segmind", name, "404: not offered") for name in NOT_OFFERED if name.startswith(resource)],
        )
        for resource, sentence in (("finetune.", FINETUNE), ("pixelflows.", WORKFLOWS))
    ],
)
def test_what_is_not_offered_is_a_404_in_words(client: SegmindClient, resource: str, sentence: str) -> None:
    for name, call in NOT_OFFERED.items():
        if name.startswith(resource):
            with pytest.raises(SegmindError) as refusal:
                call(client)
            assert (refusal.value.status, refusal.value.detail) == (404, sentence), name
