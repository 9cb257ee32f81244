"""`flashreel mcp`, as an assistant has it: the official client over standard input and output, and a real server."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, ResourceLink, TextContent

from flashreel.media.video import probe
from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.cli import Run
from tests.support.server import ROOT, environment

Connect = Callable[..., Any]


@pytest.fixture
def connect(caller: Caller, tmp_path: Path) -> Connect:
    """Starts `flashreel mcp` with these options, for the caller's server and key unless others are given."""

    @asynccontextmanager
    async def connect(*words: str, url: str = "", key: str = "", mode: str = "auto") -> AsyncIterator[Client]:
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "flashreel", "mcp", "--url", url or caller.server.url, *words],
            env=environment(FLASHREEL_API_KEY=key or caller.secret),
            cwd=ROOT,
        )
        with (tmp_path / "mcp.err").open("w") as err:
            async with Client(stdio_client(parameters, err), mode=mode) as client:
                yield client
        assert (tmp_path / "mcp.err").read_text() == ""  # nothing that was not foreseen

    return connect


def finish(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        with anyio.fail_after(110):
            await work()

    anyio.run(bounded)


def sentence(result: CallToolResult) -> str:
    """What a call that failed tells the assistant, without the package's own words before it."""
    assert result.is_error
    (content,) = result.content
    assert isinstance(content, TextContent)
    return re.sub(r"^Error executing tool [a-z_]+: ", "", content.text)


def facts(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def test_a_video_from_its_prompt_to_a_file(connect: Connect, caller: Caller, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        assert total == 1
        assert message
        heard.append(progress)

    async def work() -> None:
        async with connect("--model", "tiny", "--folder", str(folder)) as client:
            fields = {"prompt": "a red fox", "aspect_ratio": "9:16", "seed": 3, "wait": 100}
            made = facts(await client.call_tool("generate_video", fields, progress_callback=hear))
            assert (made["status"], made["progress"], made["seed"], made["error"]) == ("COMPLETED", 1, 3, None)
            assert (made["width"], made["height"], made["duration"]) == (90, 160, 5)
            name = {"request_id": made["request_id"]}
            assert facts(await client.call_tool("check_video", name)) == made
            assert facts(await client.call_tool("cancel_video", name)) == made  # it is too late for that

            saved = await client.call_tool("download_video", name)
            film = folder / f"{made['request_id']}.mp4"
            info = probe(film)
            assert (info.width, info.height, info.frames) == (90, 160, 121)
            assert facts(saved) == {**name, "path": str(film), "size": film.stat().st_size}
            said, link = saved.content
            assert isinstance(said, TextContent)
            assert said.text == f"saved as {film}"
            assert isinstance(link, ResourceLink)
            assert (str(link.uri), link.mime_type, link.size) == (film.as_uri(), "video/mp4", film.stat().st_size)
            assert [file.name for file in folder.iterdir()] == [film.name]

            other = caller.submit(model="scripted")
            listed = facts(await client.call_tool("list_videos", {"limit": 5}))["videos"]
            assert [video["request_id"] for video in listed] == [other, made["request_id"]]
            assert (listed[1]["prompt"], listed[1]["url"]) == ("a red fox", made["url"])

    finish(work)
    assert heard
    assert heard == sorted(set(heard))


def test_what_is_not_waited_for_goes_on_until_it_is_cancelled(connect: Connect) -> None:
    async def work() -> None:
        async with connect("--model", "scripted") as client:
            begun = facts(await client.call_tool("generate_video", {"prompt": "seconds=600", "wait": 0}))
            assert begun["status"] in ("QUEUED", "PROCESSING")
            assert begun["url"] is None
            name = {"request_id": begun["request_id"]}
            await client.call_tool("cancel_video", name)
            ended = facts(await client.call_tool("check_video", {**name, "wait": 100}))
            assert (ended["status"], ended["error_code"]) == ("FAILED", "cancelled")
            assert facts(await client.call_tool("list_videos", {}))["videos"][0]["status"] == "FAILED"

    finish(work)


@pytest.mark.parametrize("mode", ["auto", "legacy"])  # the protocol of 2026, and that of most assistants before it
def test_call_that_is_called_off_cancels_its_video(connect: Connect, caller: Caller, mode: str) -> None:
    async def work() -> None:
        async with connect("--model", "scripted", mode=mode) as client:
            called = anyio.Event()

            async def hear(progress: float, total: float | None, message: str | None) -> None:
                called.set()

            async with anyio.create_task_group() as tasks:
                fields = {"prompt": "seconds=600", "wait": 600}
                tasks.start_soon(lambda: client.call_tool("generate_video", fields, progress_callback=hear))
                await called.wait()
                tasks.cancel_scope.cancel()
            (video,) = facts(await client.call_tool("list_videos", {}))["videos"]
            ended = await anyio.to_thread.run_sync(lambda: caller.wait_for_state(video["request_id"], "FAILED"))
            assert ended["error_code"] == "cancelled"

    finish(work)


def test_failures_are_sentences(connect: Connect, caller: Caller, tmp_path: Path) -> None:
    async def work() -> None:
        async with connect("--model", "scripted", "--folder", str(tmp_path / "videos")) as client:

            async def fails(tool: str, **fields: object) -> str:
                return sentence(await client.call_tool(tool, fields))

            assert await fails("generate_video", prompt="a fox", duration=7) == (
                "duration is 7; allowed are 5 and 9 (seconds)"
            )
            assert await fails("generate_video", prompt=" ") == (
                "prompt is empty; it must be a text of 1 to 5000 characters"
            )
            failed = await fails("generate_video", prompt="upstream", wait=100)
            assert failed.endswith(" failed: the upstream API answered 503 (upstream_failed)")
            assert "unknown" in await fails("check_video", request_id="0" * 32)
            assert "request_id" in await fails("check_video", request_id="../keys")
            unfinished = caller.submit("seconds=600")
            assert await fails("download_video", request_id=unfinished) in [
                f"the video {unfinished} is {state}: only a COMPLETED one can be downloaded"
                for state in ("QUEUED", "PROCESSING")
            ]
            assert list((tmp_path / "videos").iterdir()) == []

    finish(work)


def test_wrong_key_and_no_server(connect: Connect, make_caller: MakeCaller) -> None:
    async def work() -> None:
        async with connect(key="fr_wrong") as client:
            assert "key" in sentence(await client.call_tool("list_videos", {}))
            # Without a folder nothing can be saved.
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == {"generate_video", "check_video", "list_videos", "cancel_video"}
        with socket.socket() as bound:  # and does not listen
            bound.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{bound.getsockname()[1]}"
            async with connect(url=nobody) as client:
                said = sentence(await client.call_tool("generate_video", {"prompt": "a fox"}))
        assert said.startswith(f"no flashreel server answers at {nobody}: ")
        assert said.endswith("is `flashreel serve` running?")

    finish(work)


def test_what_must_be_right_at_the_start(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLASHREEL_API_KEY", raising=False)
    said = run("mcp")
    assert (said.status, said.out) == (1, "")
    assert "FLASHREEL_API_KEY is not set" in said.err
    monkeypatch.setenv("FLASHREEL_API_KEY", "fr_secret")
    (tmp_path / "file").touch()
    for words, sentence in (
        (("--url", "example.com"), "url is 'example.com'; it must be like http://"),
        (("--url", "http://fr_secret@example.com"), "url has an @; it must be like http://"),
        (("--url", "http://[::1"), "url is 'http://[::1'; it must be like http://"),
        (("--url", "http://example.com:port"), "url is 'http://example.com:port'; it must be like http://"),
        (("--folder", str(tmp_path / "file" / "x")), "cannot be made"),
    ):
        said = run("mcp", *words)
        assert (said.status, said.out) == (1, "")
        assert sentence in said.err
        assert "fr_secret" not in said.err
    # As it is without the extra.
    monkeypatch.delitem(sys.modules, "flashreel.mcp_server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    said = run("mcp")
    assert (said.status, said.out) == (1, "")
    assert "pip install 'flashreel[mcp]'" in said.err
