"""Images uploaded with the official `segmind` package, then named in a job: read from the store, without HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from PIL import Image
from segmind import SegmindClient

from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.server import Server
from tests.support.web import get

#: Where the package sends files, whatever its base URL is.
FILES_HOST = "workflows-api.segmind.com"
SIZE = (160, 90)


class _Here(httpx.BaseTransport):
    """Takes a host's requests to the server, as its DNS entry would: what the client says of the host stays."""

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._inner.handle_request(
            httpx.Request(request.method, here, headers=request.headers, stream=request.stream)
        )

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def client(caller: Caller) -> Iterator[SegmindClient]:
    made = SegmindClient(api_key=caller.secret, base_url=f"{caller.server.url}/v1", timeout=120)
    with closing(made._client), closing(_Here(caller.server)) as here:
        made._client._mounts = {**made._client._mounts, _pattern(): here}
        yield made


def _pattern() -> object:
    """What httpx itself makes of a mount, which the package gives no way to pass."""
    with httpx.Client(mounts={f"all://{FILES_HOST}": None}, trust_env=False) as other:
        return next(iter(other._mounts))


def picture(folder: Path, name: str, left: tuple[int, int, int], right: tuple[int, int, int]) -> Path:
    """An image file of the model's size: two colours side by side."""
    image = Image.new("RGB", SIZE, left)
    image.paste(right, (SIZE[0] // 2, 0, *SIZE))
    image.save(folder / name)
    return folder / name


def ends(url: str, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last frame of the video at `url`, as RGB."""
    file = folder / "made.mp4"
    file.write_bytes(get(url).content)
    with av.open(str(file)) as container:
        frames = list(container.decode(video=0))
    return frames[0].to_ndarray(format="rgb24"), frames[-1].to_ndarray(format="rgb24")


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixels.reshape(-1, 3).mean(0) - colour).max() < 12)


@proves(
    "segmind",
    "files.upload",
    note="Goes to `workflows-api.segmind.com`, whatever the base URL is: map that host, or POST to `/upload-asset`.",
)
def test_an_uploaded_image_is_a_job_s_first_frame_and_another_its_last(
    client: SegmindClient, server: Server, tmp_path: Path
) -> None:
    red, green, blue, grey = (200, 30, 30), (30, 150, 60), (30, 60, 190), (120, 120, 120)
    first = picture(tmp_path, "first.png", red, green)
    last = picture(tmp_path, "last.jpg", blue, grey)
    answer = client.files.upload([first, last])
    assert answer["file_urls"] == answer["urls"]
    start, end = answer["file_urls"]
    assert start.startswith(f"http://{FILES_HOST}/assets/uploads/")
    assert start.endswith(".png")
    assert end.endswith(".jpg")
    path = httpx.URL(start).path
    assert get(f"{server.url}{path}").content == first.read_bytes()

    result = client.run(
        "tiny", prompt="a red fox", start_image_url=start, end_image_url=f"{server.url}{httpx.URL(end).path}"
    )
    assert result["status"] == "COMPLETED"
    opening, closing_frame = ends(result["output"], tmp_path)
    half = SIZE[0] // 2
    assert near(opening[:, : half - 8], red)
    assert near(opening[:, half + 8 :], green)
    assert near(closing_frame[:, : half - 8], blue)
    assert near(closing_frame[:, half + 8 :], grey)


def test_an_image_may_come_as_a_file_in_the_form_itself(caller: Caller, tmp_path: Path) -> None:
    red, green = (200, 30, 30), (30, 150, 60)
    with picture(tmp_path, "first.png", red, green).open("rb") as file:
        answer = caller.http.post("/v2/tiny", data={"prompt": "a red fox"}, files={"start_image_url": file})
    assert answer.status_code == 200, answer.text
    result = caller.result(answer.json()["request_id"]).json()
    assert result["status"] == "COMPLETED", result
    opening, _ = ends(result["output"], tmp_path)
    assert near(opening[:, : SIZE[0] // 2 - 8], red)


def test_what_cannot_be_uploaded_is_raised_with_its_sentence(client: SegmindClient, tmp_path: Path) -> None:
    from segmind.exceptions import SegmindError

    drawing = tmp_path / "fox.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(SegmindError) as refusal:
        client.files.upload(drawing)
    assert refusal.value.status == 400
    assert refusal.value.detail.startswith(
        "data_urls[0] is image/svg+xml, sent as image/svg+xml; it must be an image: "
    )
