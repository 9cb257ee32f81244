"""The tools that an assistant is given over the Model Context Protocol: videos of a running flashreel server.

Every docstring of a tool is read by the assistant. Protocol: https://modelcontextprotocol.io/specification
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ResourceLink, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from flashreel import __version__
from flashreel.errors import RemoteError
from flashreel.remote import Remote

T = TypeVar("T")

#: Seconds a tool waits for a video unless it is told otherwise. Assistants give a call about a minute.
WAIT: Final = 45.0
_POLL: Final = 0.5
_CANCEL_SECONDS: Final = 20.0

_INSTRUCTIONS: Final = (
    "Makes short videos from text. generate_video waits a while for the video; if it is not ready by then, ask with "
    "check_video and the request_id. Videos are deleted by the server some time after they are finished (expires_at)."
)

Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="The video's request_id.")]
Wait = Annotated[float, Field(ge=0, le=600, description="Seconds to wait for the video to be finished.")]


class Video(BaseModel):
    """One request and, once COMPLETED, its video: `url` is good until `expires_at`."""

    request_id: str
    status: Literal["QUEUED", "PROCESSING", "COMPLETED", "FAILED"]
    progress: float = Field(description="0 to 1.")
    stage: str | None = None
    queue_position: int | None = None
    eta: float | None = Field(default=None, description="Seconds until it is finished, by estimate.")
    url: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = Field(default=None, description="Seconds.")
    seed: int | None = None
    warnings: list[str] = []
    error: str | None = None
    error_code: str | None = None
    created_at: str | None = None
    expires_at: str | None = None


class Listed(BaseModel):
    """A request of the last week; `url` is there while its video is."""

    request_id: str
    status: Literal["PENDING", "COMPLETED", "FAILED"]
    prompt: str | None
    seed: int | None
    url: str | None
    created_at: str
    error: str | None


class Listing(BaseModel):
    videos: list[Listed]


class Saved(BaseModel):
    """A file on the machine where this server runs, `size` in bytes."""

    request_id: str
    path: str
    size: int


class Tools:
    """What the assistant may do with one server, one model and at most one folder."""

    def __init__(self, remote: Remote, model: str, folder: Path | None) -> None:
        self._remote = remote
        self._model = model
        self._folder = folder

    async def generate_video(
        self,
        ctx: Context[Any, Any],
        prompt: Annotated[str, Field(description="What to show: subject, action, place, time of day, camera.")],
        duration: Annotated[int, Field(description="Seconds: 5 or 9.")] = 5,
        aspect_ratio: Annotated[str, Field(description="1:1, 3:4, 4:3, 9:16, 16:9, 9:21 or 21:9.")] = "16:9",
        loop: Annotated[bool, Field(description="End where it begins; not with end_image_url.")] = False,
        start_image_url: Annotated[str | None, Field(description="http(s) or data URL of the first frame.")] = None,
        end_image_url: Annotated[str | None, Field(description="http(s) or data URL of the last frame.")] = None,
        seed: Annotated[int | None, Field(description="Same seed, same video. Chosen if not given.")] = None,
        wait: Wait = WAIT,
    ) -> Video:
        """Make a video from a text. Waits for it up to `wait` seconds; a video that is not finished by then goes on
        being made, and check_video tells how far it is. Cancelling this call cancels the video."""
        fields = {
            "prompt": prompt,
            "duration": duration,
            "aspect_ratio": aspect_ratio,
            "loop": loop,
            "start_image_url": start_image_url,
            "end_image_url": end_image_url,
            "seed": seed,
        }
        with anyio.CancelScope(shield=True):  # a video that was accepted can be cancelled only by its id
            accepted = await _plainly(self._remote.submit(self._model, fields))
        request_id = str(accepted["request_id"])
        try:
            video = await self._wait_for(request_id, wait, ctx)
        except anyio.get_cancelled_exc_class():
            # Whoever asked has no request_id and never will: nobody could cancel it later.
            with anyio.move_on_after(_CANCEL_SECONDS, shield=True):
                await _plainly(self._remote.cancel(request_id))
            raise
        except ToolError as error:  # or it would be asked for, and paid for, again
            raise ToolError(f"the video {request_id} was accepted, check_video asks for it again: {error}") from error
        if video.status == "FAILED":
            raise ToolError(f"the video {request_id} failed: {video.error} ({video.error_code})")
        return video

    async def check_video(self, ctx: Context[Any, Any], request_id: Id, wait: Wait = 0.0) -> Video:
        """Tell how far a video is, and where it is once it is finished. With `wait`, waits for that."""
        return await self._wait_for(request_id, wait, ctx)

    async def cancel_video(self, request_id: Id) -> Video:
        """Stop making a video; it costs nothing then. One that is finished is left alone."""
        return _video(await _plainly(self._remote.cancel(request_id)))

    async def list_videos(self, limit: Annotated[int, Field(ge=1, le=100)] = 10) -> Listing:
        """List the videos asked for in the last week, the latest first."""
        rows = await _plainly(self._remote.recent(limit))
        return Listing(videos=[_listed(row) for row in rows])

    async def download_video(self, request_id: Id) -> Annotated[CallToolResult, Saved]:
        """Save a finished video as an MP4 file in the folder that the user has chosen for that, and tell its path."""
        assert self._folder is not None  # there is no such tool without one
        video = _video(await _plainly(self._remote.result(request_id)))
        if video.url is None:
            raise ToolError(f"the video {request_id} is {video.status}: only a COMPLETED one can be downloaded")
        path = self._folder / f"{request_id}.mp4"
        size = await _plainly(self._remote.download(video.url, path))
        link = ResourceLink(
            type="resource_link", name=path.name, uri=path.as_uri(), mime_type="video/mp4", size=size, description=None
        )
        return CallToolResult(
            content=[TextContent(type="text", text=f"saved as {path}"), link],
            structured_content=Saved(request_id=request_id, path=str(path), size=size).model_dump(),
        )

    async def _wait_for(self, request_id: str, seconds: float, ctx: Context[Any, Any]) -> Video:
        """The video as soon as it is over, or as it is after so long; whoever listens is told how far it is."""
        end = time.monotonic() + seconds
        told = -1.0
        while True:
            status = await _plainly(self._remote.status(request_id))
            if status["status"] in ("COMPLETED", "FAILED"):
                return _video(await _plainly(self._remote.result(request_id)))
            if status["progress"] > told:  # it must grow, says the protocol
                told = status["progress"]
                await ctx.report_progress(told, 1.0, status["stage"] or status["status"].lower())
            if time.monotonic() >= end:
                return _video(status)
            await anyio.sleep(min(_POLL, max(0.0, end - time.monotonic())))


def build(remote: Remote, model: str, folder: Path | None) -> MCPServer:
    """The MCP server: videos of `model`, made by `remote`, saved to `folder`. Without a folder nothing can be saved.
    It closes `remote` when it ends."""

    @asynccontextmanager
    async def lifespan(_: MCPServer) -> AsyncIterator[None]:
        async with remote:
            yield

    server = MCPServer(
        "flashreel", version=__version__, instructions=_INSTRUCTIONS, lifespan=lifespan, log_level="WARNING"
    )
    tools = Tools(remote, model, folder)
    looks = ToolAnnotations(read_only_hint=True)
    makes = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False)
    server.add_tool(tools.generate_video, annotations=makes)
    server.add_tool(tools.check_video, annotations=looks)
    server.add_tool(tools.list_videos, annotations=looks)
    server.add_tool(tools.cancel_video, annotations=ToolAnnotations(destructive_hint=True, idempotent_hint=True))
    if folder is not None:
        server.add_tool(tools.download_video, annotations=ToolAnnotations(destructive_hint=False, idempotent_hint=True))
    return server


async def _plainly(call: Awaitable[T]) -> T:
    """The call, whose failure the assistant is told in the server's words."""
    try:
        return await call
    except RemoteError as error:
        raise ToolError(str(error)) from error


def _video(body: dict[str, Any]) -> Video:
    """From a body of /v2/requests: a status, or a result, whose progress is that it is finished."""
    file = body.get("video") or {}
    known = {name: body[name] for name in Video.model_fields if body.get(name) is not None}
    shape = {name: file[name] for name in ("url", "width", "height", "duration") if name in file}
    return Video.model_validate({"progress": 1.0, **known, **shape})


def _listed(row: dict[str, Any]) -> Listed:
    asked = row["request_body"] or {}  # deleted with the video
    return Listed(
        request_id=row["request_id"],
        status=row["model_status"],
        prompt=asked.get("prompt"),
        seed=asked.get("seed"),
        url=row["generation_url"],
        created_at=row["created_at"],
        error=row["error"],
    )
