"""A server asked over HTTP, and what answers that is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashreel.errors import RemoteError, SetupError
from flashreel.remote import Remote
from tests.support.site import PICTURE, serving


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving() as port:
        yield f"http://127.0.0.1:{port}"


def download(url: str, path: Path) -> int:
    async def work() -> int:
        async with Remote("http://127.0.0.1:1", "fr_key") as remote:
            return await remote.download(url, path)

    return asyncio.run(work())


def test_file_is_saved_whole(site: str, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"an older one")
    assert download(f"{site}/picture", path) == len(PICTURE)
    assert path.read_bytes() == PICTURE
    assert [file.name for file in tmp_path.iterdir()] == ["x.mp4"]


def test_file_that_is_asked_for_twice_at_once_is_saved_whole(site: str, tmp_path: Path) -> None:
    async def work() -> list[int]:
        async with Remote("http://127.0.0.1:1", "fr_key") as remote:
            return await asyncio.gather(*(remote.download(f"{site}/picture", tmp_path / "x.mp4") for _ in range(8)))

    assert asyncio.run(work()) == [len(PICTURE)] * 8
    assert (tmp_path / "x.mp4").read_bytes() == PICTURE
    assert [file.name for file in tmp_path.iterdir()] == ["x.mp4"]


@pytest.mark.parametrize(("page", "sentence"), [("status/403", "answers 403"), ("short", "cannot be downloaded from")])
def test_file_that_does_not_come_whole_is_none(site: str, tmp_path: Path, page: str, sentence: str) -> None:
    with pytest.raises(RemoteError, match=sentence):
        download(f"{site}/{page}", tmp_path / "x.mp4")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there_is_named(site: str, tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match=r"the file .*/none/x\.mp4 cannot be written: No such file"):
        download(f"{site}/picture", tmp_path / "none" / "x.mp4")


def test_answer_of_another_kind_of_server_is_told(site: str) -> None:
    async def work() -> None:
        async with Remote(f"{site}/picture/", "fr_key") as remote:
            await remote.status("0" * 32)

    with pytest.raises(RemoteError, match="answers 200, and not as a flashreel server does"):
        asyncio.run(work())


@pytest.mark.parametrize("key", ["fr key", "fr\nkey", "fr_\u00e9"])
def test_key_that_no_header_can_hold_is_refused_unseen(key: str) -> None:
    with pytest.raises(SetupError, match="FLASHREEL_API_KEY must be ASCII") as refused:
        Remote("http://127.0.0.1:8000", key)
    assert key not in str(refused.value)
