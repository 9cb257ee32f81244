"""The official `replicate` package against a real server: every method of it, and every error it raises."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from replicate import paginate
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError
from replicate.helpers import FileOutput
from replicate.prediction import Prediction

from flashreel.jobs import ending, store
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import jobs
from flashreel.media.end_frames import end_frame
from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.server import ROOT, Server, environment, wait_for
from tests.support.store import a_spec
from tests.support.tls import tls_front
from tests.support.video import download, inspect
from tests.support.web import get

PAGE = ROOT / "docs" / "replicate.md"
MODEL = "luma/scripted"
FOX = {"prompt": "a red fox"}


@contextmanager
def client_of(caller: Caller, url: str = "") -> Iterator[Client]:
    made = Client(api_token=caller.secret, base_url=url or f"{caller.server.url}/replicate")
    made.poll_interval = 0.05
    try:
        yield made
    finally:
        made._client.close()


@pytest.fixture
def client(caller: Caller) -> Iterator[Client]:
    with client_of(caller) as made:
        yield made


@contextmanager
def refused(status: int, said: str) -> Iterator[None]:
    with pytest.raises(ReplicateError) as refusal:
        yield
    assert refusal.value.status == status
    assert said in str(refusal.value.detail)
    assert refusal.value.type == "about:blank"
    assert refusal.value.title
    assert refusal.value.instance


@proves("replicate", "run", note="Over http the output is the URL as a string, over https a `FileOutput`.")
def test_run(client: Client, tmp_path: Path) -> None:
    output = client.run(MODEL, input={**FOX, "loop": True, "aspect_ratio": "16:9", "duration": 5})
    assert isinstance(output, str)
    assert download(output, tmp_path).frames == 120
    # Answers before the end: `run` then polls, and does not take the answer for the end.
    output = client.run(MODEL, input={"prompt": "seconds=1"}, wait=1)
    assert download(str(output), tmp_path).frames == 121


@proves("replicate", "run", note="`owner/name:version` with the version that `models.get` shows.")
@proves("replicate", "models.get")
def test_run_a_version(caller: Caller, tmp_path: Path) -> None:
    """At the root, where most paths are Replicate's too."""
    with client_of(caller, caller.server.url) as client:
        model = client.models.get(MODEL)
        assert (model.id, model.visibility) == (MODEL, "public")
        version = model.latest_version
        assert version is not None
        output = client.run(f"{MODEL}:{version.id}", input=FOX, wait=False)
        assert str(output).startswith(f"{caller.server.url}/assets/")
        assert download(str(output), tmp_path).frames == 121


@proves("replicate", "predictions.create", note="With `model=` the SDK drops `wait`.")
@proves("replicate", "predictions.get")
@proves("replicate", "prediction.wait")
@proves("replicate", "prediction.reload")
@proves("replicate", "prediction.progress", note="From `logs`, in steps of 5 %.")
def test_a_prediction_from_create_to_download(client: Client, tmp_path: Path) -> None:
    # The SDK drops `wait` where it is given `model`.
    prediction = client.predictions.create(model=MODEL, input={"prompt": "seconds=3", "seed": 7, "fps": 3}, wait=60)
    assert (prediction.status, prediction.model, prediction.output) == ("starting", MODEL, None)
    assert prediction.input == {"prompt": "seconds=3", "seed": 7}
    assert prediction.logs is not None
    assert "the field 'input.fps' is not known here" in prediction.logs

    def moves() -> Prediction.Progress | None:
        prediction.reload()
        progress = prediction.progress
        return progress if progress is not None and 0.05 < progress.percentage < 0.95 else None

    seen = wait_for(moves)
    assert seen.current == round(100 * seen.percentage)
    assert prediction.status == "processing"
    prediction.wait()
    assert (prediction.status, prediction.error) == ("succeeded", None)
    assert prediction.progress is not None
    assert prediction.progress.percentage == 1.0
    assert prediction.metrics is not None
    assert 3 < prediction.metrics["predict_time"] <= prediction.metrics["total_time"]
    assert None not in (prediction.created_at, prediction.started_at, prediction.completed_at)
    assert download(str(prediction.output), tmp_path).frames == 121
    again = client.predictions.get(prediction.id)
    assert again.dict() == prediction.dict()
    assert get(str((again.urls or {})["get"]), x_api_key=str(client._api_token)).json()["id"] == again.id


@proves("replicate", "models.predictions.create", note="`wait` answers with the end where it comes in time.")
@proves("replicate", "model.versions.list", note="One version, whose id never changes.")
@proves("replicate", "model.versions.get")
@proves("replicate", "models.list", note="With `/replicate` in the base URL only: `/v1/models` is OpenAI's.")
def test_models_and_versions(client: Client) -> None:
    listed = client.models.list()
    assert (listed.next, listed.previous) == (None, None)
    assert [model.id for model in listed] == ["luma/ray-flash-2-720p", "flashreel/tiny", "flashreel/scripted"]
    version = listed[2].latest_version
    assert version is not None
    (only,) = client.models.get("any", "scripted").versions.list()
    assert only == version == client.models.get(MODEL).versions.get(version.id)
    properties = version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert properties["duration"]["enum"] == [5, 9]
    waited = client.models.predictions.create(listed[2], input=FOX, wait=True)
    assert (waited.status, waited.model, waited.version) == ("succeeded", "flashreel/scripted", version.id)
    for named in (version, version.id, MODEL, f"{MODEL}:{version.id}"):
        prediction = client.predictions.create(named, FOX, wait=60)
        assert (prediction.status, prediction.version) == ("succeeded", version.id)
    with refused(404, "has no version '7ad07d41' here"):
        client.models.get(MODEL).versions.get("7ad07d41")


@proves("replicate", "predictions.cancel", note="Answers once it is over, or after a few seconds.")
@proves("replicate", "prediction.cancel")
def test_cancel(client: Client, caller: Caller) -> None:
    prediction = client.predictions.create(model=MODEL, input={"prompt": "seconds=60"})
    wait_for(lambda: client.predictions.get(prediction.id).status == "processing")
    prediction.cancel()
    assert (prediction.status, prediction.output) == ("canceled", None)
    assert client.predictions.cancel(prediction.id).status == "canceled"
    assert caller.credits() == 100
    # `run` returns None for it.
    other = client.models.predictions.create(MODEL, {"prompt": "seconds=60"})
    client.predictions.cancel(other.id)
    other.wait()
    assert (other.status, other.error) == ("canceled", "the job was cancelled")


def test_cancel_after_ends_a_prediction(client: Client, caller: Caller) -> None:
    client._client.headers["Cancel-After"] = "1h30m"
    prediction = client.predictions.create(model=MODEL, input={"prompt": "seconds=60"})
    wait_for(lambda: client.predictions.get(prediction.id).status == "processing")
    with caller.server.store() as connection:  # the time passes
        its = jobs.update().where(jobs.c.id == prediction.id, jobs.c.cancel_at > wall_seconds() + 5000)
        assert connection.execute(its.values(cancel_at=wall_seconds())).rowcount == 1
    prediction.wait()
    assert prediction.status == "canceled"


@proves("replicate", "predictions.list", note="100 a page; `replicate.paginate` follows.")
def test_list_and_paginate(client: Client, caller: Caller) -> None:
    first = client.models.predictions.create(MODEL, FOX, wait=True)
    with caller.server.store() as connection:  # a hundred more, over at once
        for _ in range(100):
            job = store.submit(
                connection, caller.key_id, a_spec(model="scripted"), dialect="replicate", engine="x", price=0
            )
            assert job is not None
            ending.cancel(connection, job.id, None, 3600)
    pages = list(paginate(client.predictions.list))
    assert [len(page) for page in pages] == [100, 1]
    assert pages[1][0].dict() == client.predictions.get(first.id).dict()
    assert (pages[0].previous, pages[1].next) == (None, None)
    assert pages[1].previous is not None
    back = client.predictions.list(pages[1].previous)
    assert [prediction.id for prediction in back] == [prediction.id for prediction in pages[0]]


def picture(colour: tuple[int, int, int]) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (64, 36), colour).save(file, "PNG")
    return file


@proves("replicate", "files.create", note="Images only; `metadata` is not kept.")
@proves("replicate", "files.get")
@proves("replicate", "files.list")
@proves("replicate", "files.delete")
def test_files(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "fox.png"
    path.write_bytes(picture((200, 30, 30)).getvalue())
    file = client.files.create(path, metadata={"a": 1})
    assert (file.name, file.content_type, file.size, file.metadata) == ("fox.png", "image/png", path.stat().st_size, {})
    assert client.files.get(file.id) == file
    assert client.files.list() == [file]
    assert get(file.urls["download"]).content == path.read_bytes()
    assert client.files.delete(file.id) is True
    assert client.files.list() == []
    with refused(404, "unknown or has expired"):
        client.files.get(file.id)
    with refused(400, "content is application/pdf"):
        client.files.create(BytesIO(b"%PDF-1.7"))


@proves("replicate", "run", note="A file as `start_image` is uploaded first, or sent whole (`base64`).")
def test_a_file_as_an_image(client: Client, caller: Caller, tmp_path: Path) -> None:
    """The built-in engine shows it: the first frame is red, the last one blue."""
    path = tmp_path / "red.png"
    path.write_bytes(picture((200, 30, 30)).getvalue())
    given = {"prompt": "the picture comes to life", "start_image": path, "end_image": picture((30, 30, 200))}
    for strategy in ("url", "base64"):
        output = client.run("flashreel/tiny", input=given, file_encoding_strategy=strategy)
        video = get(str(output)).content
        red, blue = (end_frame(video, end, "video").mean((0, 1)) for end in ("first", "last"))
        assert red[0] > 150 > 80 > red[2]
        assert blue[2] > 150 > 80 > blue[0]
    assert len(client.files.list()) == 2


@proves("replicate", "accounts.current", note="The key's name.")
def test_the_account_is_the_key(client: Client) -> None:
    account = client.accounts.current()
    assert (account.type, account.username, account.name) == ("user", "test", "test")


def test_a_failed_prediction_is_raised(client: Client, caller: Caller) -> None:
    with pytest.raises(ModelError, match="the upstream API answered 503") as failure:
        client.run(MODEL, input={"prompt": "upstream"})
    assert failure.value.prediction.status == "failed"
    assert caller.credits() == 100


@proves("replicate", "predictions.create", note="`stream` is refused. No credits are 402.")
@proves("replicate", "stream", "400: a video comes whole")
def test_refusals_are_raised_with_their_sentence(client: Client, make_caller: MakeCaller) -> None:
    with refused(400, "input.duration is 7; allowed are 5 and 9 (seconds)"):
        client.run(MODEL, input={**FOX, "duration": 7})
    with refused(404, "there is no model 'luma/nope' here"):
        client.run("luma/nope", input=FOX)
    with refused(400, "webhook leads to an address that is not public"):
        client.predictions.create(model=MODEL, input=FOX, webhook="https://127.0.0.1")
    with refused(400, "a video comes whole"):
        list(client.stream(MODEL, input=FOX))
    with pytest.raises(ReplicateError, match="unknown or has expired"):
        client.predictions.get("0" * 32)
    with client_of(make_caller(0.1)) as poor, refused(402, "not enough credits: you have 0.1 and this needs 0.375"):
        poor.run(MODEL, input=FOX)
    with client_of(make_caller(models=("tiny",))) as narrow, refused(403, "may not use the model 'scripted'"):
        narrow.run(MODEL, input=FOX)
    with client_of(make_caller()) as stranger, refused(401, "the API key is missing or not valid"):
        stranger._client.headers["Authorization"] = "Bearer r8_wrong"
        stranger.accounts.current()
    hurried = make_caller(max_queued=1)
    with client_of(hurried) as busy:
        running = busy.predictions.create(model=MODEL, input={"prompt": "seconds=60"})
        with refused(429, "unfinished jobs"):
            busy.predictions.create(model=MODEL, input=FOX)
        running.cancel()


HARDWARE: Any = {"hardware": "cpu", "visibility": "public"}
DEPLOYMENT: Any = {"model": MODEL, "version": "x", "hardware": "cpu", "min_instances": 0, "max_instances": 1}
TRAINING: Any = {"destination": "a/b", "input": {}}


@proves("replicate", "models.create", "404: models are the operator's")
@proves("replicate", "models.delete", "404: models are the operator's")
@proves("replicate", "models.search", "404: not offered")
@proves("replicate", "trainings.create", "404: trainings are not offered")
@proves("replicate", "trainings.get", "404: trainings are not offered")
@proves("replicate", "trainings.list", "404: trainings are not offered")
@proves("replicate", "trainings.cancel", "404: trainings are not offered")
@proves("replicate", "deployments.create", "404: deployments are not offered")
@proves("replicate", "deployments.get", "404: deployments are not offered")
@proves("replicate", "deployments.list", "404: deployments are not offered")
@proves("replicate", "deployments.update", "404: deployments are not offered")
@proves("replicate", "deployments.delete", "404: deployments are not offered")
@proves("replicate", "deployments.predictions.create", "404: deployments are not offered")
@proves("replicate", "collections.get", "404: collections are not offered")
@proves("replicate", "collections.list", "404: collections are not offered")
@proves("replicate", "hardware.list", "404: not offered")
def test_what_is_not_offered_says_so(client: Client) -> None:
    models, deployments, trainings = client.models, client.deployments, client.trainings
    calls: list[tuple[str, Callable[[], object]]] = [
        ("models are not made or deleted here", lambda: models.create("me", "fox", **HARDWARE)),
        ("models are not made or deleted here", lambda: models.delete("luma", "scripted")),
        ("models are not made or deleted here", lambda: models.get(MODEL).versions.delete("x")),
        ("models cannot be searched here", lambda: models.search("fox")),
        ("trainings are not offered here", lambda: trainings.create(model=MODEL, version="x", **TRAINING)),
        ("trainings are not offered here", lambda: trainings.get("x")),
        ("trainings are not offered here", trainings.list),
        ("trainings are not offered here", lambda: trainings.cancel("x")),
        ("deployments are not offered here", lambda: deployments.create(name="fox", **DEPLOYMENT)),
        ("deployments are not offered here", lambda: deployments.get("me/fox")),
        ("deployments are not offered here", deployments.list),
        ("deployments are not offered here", lambda: deployments.update("me", "fox", **DEPLOYMENT)),
        ("deployments are not offered here", lambda: deployments.delete("me", "fox")),
        ("deployments are not offered here", lambda: deployments.predictions.create("me/fox", FOX)),
        ("collections are not offered here", lambda: client.collections.get("text-to-video")),
        ("collections are not offered here", client.collections.list),
        ("hardware is not offered here", client.hardware.list),
    ]
    for said, call in calls:
        with refused(404, said):
            call()


@proves("replicate", "run", note="`async_run` and the other `async_` methods send the same.")
def test_the_async_methods(caller: Caller, tmp_path: Path) -> None:
    async def run() -> list[str]:
        client = Client(api_token=caller.secret, base_url=f"{caller.server.url}/replicate")
        client.poll_interval = 0.05
        async with client._async_client:
            output = await client.async_run(MODEL, input={**FOX, "start_image": picture((9, 99, 9))})
            prediction = await client.predictions.async_create(model=MODEL, input={"prompt": "seconds=0.5"})
            await prediction.async_wait()
            other = await client.models.predictions.async_create(MODEL, {"prompt": "seconds=60"})
            await other.async_cancel()
            assert (await client.predictions.async_get(other.id)).status == "canceled"
            assert len(await client.predictions.async_list()) == 3
            assert len(await client.files.async_list()) == 1
            assert (await client.accounts.async_current()).name == "test"
            return [str(output), str(prediction.output)]

    for output in asyncio.run(run()):
        assert download(output, tmp_path).frames == 121


@proves("replicate", "run")
def test_over_https_an_output_is_a_file(
    strict: Server, make_caller: MakeCaller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = make_caller(at=strict)
    with tls_front(strict.url, tmp_path) as front:
        monkeypatch.setenv("SSL_CERT_FILE", str(front.authority))
        with client_of(caller, f"{front.url}/replicate") as client:
            output = client.run(MODEL, input=FOX)
            assert isinstance(output, FileOutput)
            assert output.url.startswith(f"{front.url}/assets/")
            assert inspect(output.read(), tmp_path).frames == 121
            assert b"".join(output) == output.read()
            assert str(client.run(MODEL, input=FOX, use_file_output=False)).startswith(front.url)
            (page,) = paginate(client.predictions.list)
            assert {str(prediction.urls and prediction.urls["get"])[:14] for prediction in page} == {"https://127.0."}


def test_the_sample_of_the_page_runs(server: Server, caller: Caller, tmp_path: Path) -> None:
    found = re.search(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    source = found[1]
    changes = (
        ("http://127.0.0.1:8000", server.url),
        ("fr_...", caller.secret),
        ("luma/ray-flash-2-720p", MODEL),
    )
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert download(done.stdout.strip(), tmp_path).frames == 121
