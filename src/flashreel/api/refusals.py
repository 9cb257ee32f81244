"""A refusal in the words of each dialect. Sources: contract.md sections 1.4, 4.3, 4.6 and 5.1, and the SDKs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from flashreel.errors import RequestRefused

#: Statuses that differ from `RequestRefused.status`.
_PAYMENT_REQUIRED: Mapping[str, int] = {"insufficient_credits": 402}

_OPENAI: Mapping[str, tuple[int | None, str, str | None]] = {
    # our code: (status where it differs, type, code)
    "unauthorized": (None, "authentication_error", "invalid_api_key"),
    "forbidden": (None, "permission_error", "forbidden"),
    "insufficient_credits": (403, "insufficient_quota", "insufficient_quota"),
    "rate_limited": (None, "rate_limit_error", "rate_limit_exceeded"),
    "internal_error": (None, "server_error", "internal_error"),
    "unavailable": (None, "server_error", "unavailable"),
    "timeout": (None, "server_error", "timeout"),
}


def segmind(error: RequestRefused, _path: str) -> Response:
    """`{"error": sentence, "code": word, ...}`."""
    return JSONResponse({"error": str(error), "code": error.code, **error.details}, error.status, error.headers)


def luma(error: RequestRefused, _path: str) -> Response:
    """`{"detail": sentence}`; what else is known stands beside it."""
    status = _PAYMENT_REQUIRED.get(error.code, error.status)
    return JSONResponse({"detail": str(error), "code": error.code, **error.details}, status, error.headers)


def openai(error: RequestRefused, _path: str) -> Response:
    """`{"error": {message, type, param, code}}`; where the details have a `code`, it is the more exact one."""
    status, kind, code = _OPENAI.get(error.code, (None, "invalid_request_error", error.code))
    details = {"code": code, **error.details}
    body = {"message": str(error), "type": kind, "param": details.get("field"), "code": details["code"]}
    return JSONResponse({"error": body}, status or error.status, error.headers)


def replicate(error: RequestRefused, path: str) -> Response:
    """RFC 7807: `{type, title, status, detail, instance}`."""
    status = _PAYMENT_REQUIRED.get(error.code, error.status)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(error),
        "instance": path,
        "code": error.code,
        **error.details,
    }
    return JSONResponse(body, status, error.headers, media_type="application/problem+json")
