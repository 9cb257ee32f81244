"""Serves the playground: a handful of static files, read once, under a policy that lets them load nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flashreel.api.assets import matches
from flashreel.errors import NotFound

_FOLDER: Final = Path(__file__).with_name("static")
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
#: Scripts, styles and connections of this server alone; pictures and videos also of the page's own making.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    content_type: str
    etag: str


def _read(path: Path) -> _File:
    data = path.read_bytes()
    return _File(data, _TYPES[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:32]}"')


FILES: Final = {
    path.relative_to(_FOLDER).as_posix(): _read(path) for path in sorted(_FOLDER.rglob("*")) if path.suffix in _TYPES
}


async def playground(request: Request) -> Response:
    """GET /: the page."""
    return _send(request, FILES["index.html"])


async def docs(request: Request) -> Response:
    """GET /docs: the page that shows /openapi.json."""
    return _send(request, FILES["docs.html"])


async def dashboard(request: Request) -> Response:
    """GET /admin: the operator's page, which shows nothing without a key."""
    return _send(request, FILES["admin/index.html"])


async def part(request: Request) -> Response:
    """GET /playground/{file}: a script, style or picture of these. Raises NotFound."""
    file = FILES.get(request.path_params["file"])
    if file is None:
        raise NotFound("the playground has no such file")
    return _send(request, file)


def _send(request: Request, file: _File) -> Response:
    headers = {
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-cache",  # kept, and asked for again: an update shows at once
        "etag": file.etag,
    }
    if matches(request.headers.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    return Response(file.data, headers=headers, media_type=file.content_type)


ROUTES: list[Route] = [
    Route("/", playground),
    Route("/docs", docs),
    Route("/admin", dashboard),
    Route("/playground/{file:path}", part),
]
