"""Which dialect a path belongs to, and so the shape of every error there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from starlette.responses import Response

from flashreel.api import refusals
from flashreel.errors import RequestRefused

DialectName = Literal["segmind", "luma", "openai", "replicate"]

#: The first that matches. What no pattern takes is Segmind's or our own.
_PATHS: tuple[tuple[re.Pattern[str], DialectName], ...] = (
    (re.compile(r"/dream-machine/v1(/|\Z)"), "luma"),
    (re.compile(r"/replicate/v1(/|\Z)|/v1/models/[^/]+/(?s:.)"), "replicate"),
    (re.compile(r"/v1/(predictions|account|files|webhooks)(/|\Z)"), "replicate"),
    (re.compile(r"/v1/(trainings|deployments|collections|hardware)(/|\Z)"), "replicate"),
    (re.compile(r"/openai/v1(/|\Z)|/v1/videos(/|\Z)|/v1/models(/|\Z)"), "openai"),
)

#: Paths where a key is asked for before anything else is said, also that there is nothing.
_KEYED = (
    *("/v1/", "/v2/", "/dream-machine/", "/openai/", "/replicate/", "/upload-asset", "/webhook/"),
    *("/inference-request/", "/inference-model-information/", "/api/auth/", "/finetune/", "/workflows/", "/admin/api/"),
)

_REFUSALS: Mapping[DialectName, Callable[[RequestRefused, str], Response]] = {
    "segmind": refusals.segmind,
    "luma": refusals.luma,
    "openai": refusals.openai,
    "replicate": refusals.replicate,
}


def dialect_of(path: str) -> DialectName:
    return next((name for pattern, name in _PATHS if pattern.match(path)), "segmind")


def is_keyed(path: str) -> bool:
    return path.startswith(_KEYED)


def refusal(path: str, error: RequestRefused) -> Response:
    """The answer to a request at `path` that was refused, as its dialect says it."""
    return _REFUSALS[dialect_of(path)](error, path)
