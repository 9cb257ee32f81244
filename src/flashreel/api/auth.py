"""Who asks: the key in `x-api-key`, or in `Authorization: Bearer`, and what it may do."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request

from flashreel.api.observed import note
from flashreel.api.state import State, state_of
from flashreel.errors import Forbidden, Unauthorized
from flashreel.jobs import keys
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.keys import Key

#: `generate`: everything with one's own jobs; `admin`: the operator's pages; whatever it has, a key may look at jobs.
Scope = Literal["generate", "read", "admin"]

#: How exactly a key's last use is known: a write for every poll would be far too many.
_TOUCH_SECONDS = 60.0


def authenticate(request: Request) -> Key:
    """The caller's key. Raises Unauthorized, in the same words whether it is missing, unknown, revoked or expired."""
    state = state_of(request)
    key = None
    if secret := secret_of(request):
        with state.database.reading() as connection:
            key = keys.authenticate(connection, secret)
    if key is not None:
        note(request, key=key.id)
    return admit(state, key)


def secret_of(request: Request) -> str:
    """What the caller sent as the secret of a key; empty where there is none."""
    secret = request.headers.get("x-api-key", "").strip()
    if not secret:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        secret = rest.strip() if scheme.lower() == "bearer" else ""
    return secret


def admit(state: State, key: Key | None) -> Key:
    """The key that was found to a secret, whose use is noted. Raises Unauthorized, as `authenticate` does, for none."""
    if key is not None:
        _note_use(state, key)
        return key
    raise Unauthorized(
        "the API key is missing or not valid; send a good one in the header x-api-key, or as Authorization: Bearer",
        headers={"www-authenticate": "Bearer"},
    )


def require(key: Key, scope: Scope, model: str | None = None) -> None:
    """Raises Forbidden when this good key may not do this."""
    if scope not in key.scopes:
        raise Forbidden(f"this API key does not have the scope {scope!r}")
    if model is not None:
        require_model(key, model)


def require_model(key: Key, model: str) -> None:
    """Raises Forbidden when this good key may not use this model. To look at one takes no more."""
    if key.models is not None and model not in key.models:
        raise Forbidden(f"this API key may not use the model {model!r}; it may use: {', '.join(sorted(key.models))}")


def _note_use(state: State, key: Key) -> None:
    """Writes the time down, once in a while, without waiting for it: where it fails, it is written the next time."""
    now = boot_seconds()
    if now - state.used.get(key.secret_id, float("-inf")) > _TOUCH_SECONDS:
        state.used[key.secret_id] = now
        state.writer.write(lambda connection: keys.touch(connection, key.secret_id))
