"""The official `segmind` package against a real server, used as the model's page says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from segmind import InferenceFailed, InferenceTimeout, SegmindClient
from segmind.exceptions import SegmindError

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.server import ROOT, Server, environment
from tests.support.video import download, inspect

SAMPLE = ROOT / "examples" / "sample.py"
PAGE = Path(__file__).with_name("page_sample.txt")
#: The only change the sample makes to what the page prints.
OURS = 'SegmindClient(base_url="http://127.0.0.1:8000/v1")'


@pytest.fixture
def client(caller: Caller) -> Iterator[SegmindClient]:
    made = SegmindClient(api_key=caller.secret, base_url=f"{caller.server.url}/v1", timeout=120)
    with closing(made._client):
        yield made


def python(source: str, key: str, folder: Path) -> list[str]:
    """The lines another process prints that runs `source`."""
    file = folder / "client.py"
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file)],
        env=environment(SEGMIND_API_KEY=key),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_sample_is_the_page_s_own() -> None:
    assert SAMPLE.read_text() == PAGE.read_text().replace("SegmindClient()", OURS)


@proves("segmind", "submit_async")
def test_sample_runs(server: Server, caller: Caller, tmp_path: Path) -> None:
    source = SAMPLE.read_text().replace("http://127.0.0.1:8000", server.url)
    request_id, status, output = python(source, caller.secret, tmp_path)
    assert len(request_id) == 32
    assert set(request_id) <= set("0123456789abcdef")
    assert status == "COMPLETED"
    assert output.startswith(f"{server.url}/assets/{request_id}/")
    info = download(output, tmp_path)
    assert (info.width, info.height, info.fps, info.frames) == (1280, 720, 24.0, 121)
    assert (info.codec, info.pixel_format, info.first_key) == ("h264", "yuv420p", True)
    assert caller.credits() == pytest.approx(100 - 0.375)


@proves("segmind", "run")
def test_run(client: SegmindClient, tmp_path: Path) -> None:
    result = client.run("scripted", prompt="a red fox", duration=5, aspect_ratio="16:9", loop=True)
    assert result["status"] == "COMPLETED"
    assert result["error"] is None
    assert result["video"]["url"] == result["output"]
    info = download(result["output"], tmp_path)
    assert result["video"] == {
        "url": result["output"],
        "content_type": "video/mp4",
        "file_name": f"scripted-{result['request_id'][:8]}.mp4",
        "file_size": info.file_size,
        "width": info.width,
        "height": info.height,
        "fps": 24.0,
        "frames": 120,
        "duration": 5,
    }
    assert info.frames == 120
    metrics = result["metrics"]
    assert metrics["total_time"] == pytest.approx(metrics["queue_time"] + metrics["inference_time"], abs=0.01)
    assert (metrics["cost"], metrics["remaining_credits"]) == (0.375, pytest.approx(99.625))


@proves("segmind", "run_sync", note="The client gives up after 30 s: `SegmindClient(timeout=300)`.")
def test_run_sync(client: SegmindClient, tmp_path: Path) -> None:
    answer = client.run_sync("scripted", prompt="a red fox", duration="9", seed=77)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["x-seed-value"] == "77"
    assert answer.headers["x-cost"] == "0.675"
    assert float(answer.headers["x-remaining-credits"]) == pytest.approx(100 - 0.675)
    assert float(answer.headers["x-generation-time"]) > 0
    assert answer.headers["x-warnings"] == "[]"
    shape = {"height": 90, "width": 160, "frames": 217, "fps": 24.0, "duration": 9}
    assert json.loads(answer.headers["x-output-metadata"]) == shape
    assert inspect(answer.content, tmp_path).frames == 217
    again = client._client.get(f"/requests/{answer.headers['x-request-id']}").json()
    assert (again["status"], again["seed"]) == ("COMPLETED", 77)


@proves("segmind", "submit_async", note="`job.wait(timeout=..., interval=...)`, `job.status()`, `job.result()`.")
def test_submit_then_wait(client: SegmindClient) -> None:
    job = client.submit_async("scripted", prompt="a red fox seconds=3")
    assert job.submit_response["status"] == "QUEUED"
    base = client.base_url.removesuffix("/v1")
    assert job.status_url == f"{base}/v2/requests/{job.request_id}/status"
    assert job.response_url == f"{base}/v2/requests/{job.request_id}"
    assert job.submit_response["poll_url"] == f"{base}/v1/requests/{job.request_id}"
    before = job.result()
    assert before["status"] in ("QUEUED", "PROCESSING")
    assert job.wait(timeout=60, interval=0.1)["request_id"] == job.request_id


@proves("segmind", "run", note="A FAILED job raises `InferenceFailed`; its `detail` is our sentence.")
def test_failed_job_is_raised_with_its_reason(client: SegmindClient) -> None:
    with pytest.raises(InferenceFailed) as failure:
        client.run("scripted", prompt="upstream")
    assert failure.value.detail == "the upstream API answered 503"
    assert failure.value.status_body["error_code"] == "upstream_failed"
    assert failure.value.status_body["metrics"]["cost"] == 0


def test_timeout_keeps_the_request_id_for_another_process(
    client: SegmindClient, caller: Caller, tmp_path: Path
) -> None:
    job = client.submit_async("scripted", prompt="seconds=4")
    with pytest.raises(InferenceTimeout) as timeout:
        job.wait(timeout=0.2, interval=0.1)
    assert timeout.value.request_id == job.request_id
    poll = f"""
from segmind import AsyncJob, SegmindClient
client = SegmindClient(base_url="{client.base_url}")
job = AsyncJob("{timeout.value.request_id}", "{job.status_url}", "{job.response_url}", {{}}, client)
result = job.wait(timeout=60, interval=0.1)
print(result["status"], result["request_id"])
"""
    assert python(poll, caller.secret, tmp_path) == [f"COMPLETED {job.request_id}"]


@proves("segmind", "submit_async", note="A refusal raises `SegmindError`; no credits are 406.")
def test_refusals_are_raised_with_their_sentence(client: SegmindClient, make_caller: MakeCaller) -> None:
    with pytest.raises(SegmindError) as refusal:
        client.submit_async("scripted", prompt="a red fox", duration=7)
    assert refusal.value.status == 400
    assert refusal.value.detail == "duration is 7; allowed are 5 and 9 (seconds)"
    poor = SegmindClient(api_key=make_caller(0).secret, base_url=client.base_url)
    with closing(poor._client), pytest.raises(SegmindError) as refusal:
        poor.run("scripted", prompt="a red fox")
    assert refusal.value.status == 406
    assert refusal.value.detail == "not enough credits: you have 0 and this needs 0.375"


def test_model_parameters_called_timeout_are_only_warned_about(client: SegmindClient) -> None:
    result = client.run("scripted", prompt="a red fox", timeout=3, interval="x")
    assert ["'timeout'" in result["warnings"][0], "'interval'" in result["warnings"][1]] == [True, True]


CHATS = ["chat", "chat_sync", "submit_chat"]


@pytest.mark.parametrize(
    "method", [pytest.param(name, marks=proves("segmind", name, "404: no such model")) for name in CHATS]
)
def test_there_is_no_chat_model(client: SegmindClient, method: str) -> None:
    with pytest.raises(SegmindError) as refusal:
        getattr(client, method)("a-chat-model", messages=[{"role": "user", "content": "hello"}])
    assert refusal.value.status == 404
    assert "there is no model 'a-chat-model' here" in refusal.value.detail


@proves("segmind", "stream", "raises `NotImplementedError` in the package itself")
def test_the_package_has_no_streams(client: SegmindClient) -> None:
    with pytest.raises(NotImplementedError):
        client.stream("scripted", prompt="a red fox")


def test_a_base_url_without_v1_is_a_404_that_says_what_there_is(caller: Caller) -> None:
    lost = SegmindClient(api_key=caller.secret, base_url=caller.server.url)
    with closing(lost._client), pytest.raises(SegmindError) as refusal:
        lost.run_sync("scripted", prompt="a red fox")
    assert refusal.value.status == 404
    assert refusal.value.detail == "there is nothing at /scripted"
