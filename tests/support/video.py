"""Videos as a client gets them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av

from flashreel.media.video import VideoInfo, probe
from tests.support.web import get


def download(url: str, folder: Path) -> VideoInfo:
    """What the file at `url`, which needs no key, turns out to hold."""
    answer = get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "video/mp4"
    return inspect(answer.content, folder)


def inspect(content: bytes, folder: Path) -> VideoInfo:
    """What these bytes hold. Raises JobFailed when they are no video."""
    file = folder / "downloaded.mp4"
    file.write_bytes(content)
    return probe(file)


def packets(content: bytes) -> list[bytes]:
    """What the encoder made of each frame, without the file around it."""
    with av.open(BytesIO(content), "r") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]
