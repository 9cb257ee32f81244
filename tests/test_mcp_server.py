"""What an assistant is told where its server goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from unittest.mock import Mock

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from flashreel.errors import RemoteError
from flashreel.mcp_server import Tools
from flashreel.remote import Remote

ID = "0123456789abcdef" * 2


class Leaving(Remote):
    """A server that accepts a video, and is gone then."""

    async def submit(self, model: str, fields: Mapping[str, object]) -> dict[str, Any]:
        return {"request_id": ID}

    async def status(self, request_id: str) -> dict[str, Any]:
        raise RemoteError("nobody answers")


def test_a_video_that_was_accepted_has_its_id_told_whatever_comes_then() -> None:
    async def work() -> None:
        async with Leaving("http://127.0.0.1:1", "fr_key") as remote:
            await Tools(remote, "tiny", None).generate_video(Mock(), "a fox")

    with pytest.raises(ToolError, match=f"the video {ID} was accepted, .*: nobody answers"):
        asyncio.run(work())
