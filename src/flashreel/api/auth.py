"""Who asks: the key in `x-api-key`, or in `Authorization: Bearer`."""

from __future__ import annotations

from starlette.requests import Request

from flashreel.api.state import state_of
from flashreel.errors import Forbidden, Unauthorized
from flashreel.jobs import keys
from flashreel.jobs.keys import Key


def authenticate(request: Request) -> Key:
    """The caller's key. Raises Unauthorized, in the same words whether it is missing, unknown, revoked or expired."""
    secret = request.headers.get("x-api-key", "").strip()
    if not secret:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        secret = rest.strip() if scheme.lower() == "bearer" else ""
    if secret:
        with state_of(request).database.reading() as connection:
            key = keys.authenticate(connection, secret)
        if key is not None:
            return key
    raise Unauthorized(
        "the API key is missing or not valid; send a good one in the header x-api-key, or as Authorization: Bearer",
        headers={"www-authenticate": "Bearer"},
    )


def require(key: Key, scope: str, model: str | None = None) -> None:
    """Raises Forbidden when this good key may not do this."""
    if scope not in key.scopes:
        raise Forbidden(f"this API key does not have the scope {scope!r}")
    if model is not None and key.models is not None and model not in key.models:
        raise Forbidden(f"this API key may not use the model {model!r}; it may use: {', '.join(sorted(key.models))}")
