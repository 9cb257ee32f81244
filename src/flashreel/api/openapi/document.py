"""GET /openapi.json: the document, put together once per process from what the dialects describe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flashreel import __version__
from flashreel.api.openapi import (
    admin,
    admin_schemas,
    luma,
    openai_videos,
    own,
    replicate,
    replicate_schemas,
    segmind,
    segmind_schemas,
    segmind_side,
    segmind_webhooks,
)
from flashreel.api.openapi.operation import HEADERS, Operation, described
from flashreel.api.openapi.schema import Json
from flashreel.catalogue import Catalogue
from flashreel.settings import Settings

_ABOUT: Final = """\
One queue of video jobs behind four public shapes: Segmind, Luma, OpenAI Videos and Replicate. Every job of a key can be
read in every dialect. What differs from the originals stands on the page of each dialect.

Fields: `null` and an empty string are as if left out. Numbers and truth values may also come as strings, as they do in
forms. In Segmind's and Replicate's dialects a field that is not known is not used, and named among the warnings.

Methods: every GET is also possible as HEAD. A wrong method is 405, in the dialect's error shape."""

_TAGS: Final = {
    "segmind": "Segmind: submit, poll, fetch (v2), or one call that waits (v1); history and webhooks.",
    "luma": "Luma: Dream Machine generations.",
    "openai": "OpenAI: videos and models, also under /openai/v1.",
    "replicate": "Replicate: predictions, models and files, also under /replicate/v1.",
    "own": "The server's own: files, health, this document.",
    "admin": "The operator's: keys of scope `admin` alone.",
}


def openapi_route(settings: Settings) -> Route:
    """GET /openapi.json."""

    @cache
    def written() -> bytes:
        described = document(settings.catalogue, settings.public_url or "/")
        return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()

    async def openapi(_request: Request) -> Response:
        return Response(written(), media_type="application/json")

    return Route("/openapi.json", openapi)


def document(catalogue: Catalogue, url: str = "/") -> Json:
    """The OpenAPI document of a server at `url` that has these models."""
    paths: dict[str, Json] = {}
    shared: dict[str, Json] = {}

    def enter(
        tag: str, prefix: str, operations: Iterable[Operation], parameters: Mapping[str, Json], error: str
    ) -> None:
        for operation in operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = described(
                operation, tag=tag, prefix=prefix, parameters=parameters, error=error, shared=shared
            )

    enter("segmind", "segmind", segmind.operations(catalogue), segmind.parameters(catalogue), "SegmindError")
    enter("segmind", "segmind", segmind_side.operations(catalogue), segmind_side.parameters(catalogue), "SegmindError")
    enter("segmind", "segmind", segmind_webhooks.operations(), {}, "SegmindError")
    enter("luma", "luma", luma.operations(catalogue), luma.parameters(catalogue), "LumaError")
    for base, prefix in (("/v1", "openai"), ("/openai/v1", "openai_v1")):
        operations = openai_videos.operations(catalogue, base)
        enter("openai", prefix, operations, openai_videos.parameters(catalogue), "OpenAIError")
    for base, prefix in (("/v1", "replicate"), ("/replicate/v1", "replicate_v1")):
        operations = replicate.operations(catalogue, base)
        enter("replicate", prefix, operations, replicate.parameters(catalogue), "ReplicateError")
    enter("own", "own", own.operations(), own.parameters(catalogue), "SegmindError")
    enter("admin", "admin", admin.operations(), admin.parameters(catalogue), "SegmindError")
    schemas = (
        *(segmind_schemas.SCHEMAS, segmind_side.SCHEMAS, segmind_webhooks.SCHEMAS),
        *(luma.SCHEMAS, openai_videos.SCHEMAS, replicate_schemas.SCHEMAS, own.SCHEMAS, admin_schemas.SCHEMAS),
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "flashreel",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url}],
        "security": [{"apiKey": []}, {"bearer": []}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {name: schema for group in schemas for name, schema in group.items()},
            "responses": shared,
            "headers": {name: {"schema": schema} for name, schema in HEADERS.items()},
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }
