"""Videos as a client gets them."""

from __future__ import annotations

from pathlib import Path

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
