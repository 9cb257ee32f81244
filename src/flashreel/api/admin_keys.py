"""The operator's routes about keys: what they have and may, made, given credits, limited, ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, get_args

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api import admin_shapes as shapes
from flashreel.api.admin import note, operator, read
from flashreel.api.auth import Scope
from flashreel.api.body import read_fields
from flashreel.api.state import state_of
from flashreel.catalogue import MICRO
from flashreel.errors import Conflict, InvalidRequest, NotFound
from flashreel.jobs import keys, overview
from flashreel.jobs.keys import Key
from flashreel.jobs.overview import KeyUse
from flashreel.parameters import printable, refuse

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
NAME_MAX: Final = 80
CREDITS_MAX: Final = 1e9
DAYS_MIN, DAYS_MAX = 0.001, 36_500.0
#: What a limit may be, whether in whole numbers alone; None is the server's default, but for `priority`.
LIMITS: Final[Mapping[str, tuple[float, float, bool]]] = {
    "rate": (0.001, 1e6, False),
    "max_queued": (0, 1_000_000, True),
    "max_running": (1, 10_000, True),
    "priority": (-1000, 1000, True),
}


async def listed(request: Request) -> Response:
    """GET /admin/api/keys: all keys, the oldest first, and what holds where a key has no limit of its own."""
    operator(request)
    settings = state_of(request).settings
    found = await read(request, overview.key_uses)
    defaults = {"rate": settings.rate, "burst": settings.burst, "max_queued": settings.max_queued}
    return JSONResponse({"keys": [shapes.key(use) for use in found], "defaults": defaults})


async def create(request: Request) -> Response:
    """POST /admin/api/keys: a new key. Its secret is in this answer and in no other."""
    key = operator(request)
    fields = _known(await read_fields(request), ("name", "credits", "scopes", "models", "days"))
    name = _name(fields.get("name"))
    credits = 0.0 if fields.get("credits") is None else _number("credits", fields["credits"], 0, CREDITS_MAX)
    scopes = _words("scopes", fields.get("scopes"), SCOPES) or ["generate"]
    models = _words("models", fields.get("models"), tuple(model.name for model in state_of(request).catalogue))
    days = None if fields.get("days") is None else _number("days", fields["days"], DAYS_MIN, DAYS_MAX)
    life = None if days is None else days * overview.DAY

    def make(connection: sa.Connection) -> tuple[Key, str]:
        return keys.create_key(connection, name, round(credits * MICRO), scopes, models, life=life)

    made, secret = await state_of(request).write(make)
    note(key, "an operator made a key", key_id=made.id, scopes=scopes)
    return JSONResponse({**shapes.key(KeyUse(made, 0, 0, 0)), "secret": secret}, 201)


async def grant(request: Request) -> Response:
    """POST /admin/api/keys/{key_id}/grant: more credits, or fewer where the number is negative."""
    key, found = operator(request), await _find(request)
    if found.key.of_key is not None:
        raise Conflict(f"this is a further secret of the key {found.key.of_key} and spends that one's credits")
    fields = _known(await read_fields(request), ("credits",))
    credits = _number("credits", fields.get("credits"), -CREDITS_MAX, CREDITS_MAX)
    amount = round(credits * MICRO)
    await state_of(request).write(lambda connection: keys.grant(connection, found.key.id, amount))
    note(key, "an operator granted credits", key_id=found.key.id, credits=credits)
    return JSONResponse(shapes.key(await _find(request)))


async def limit(request: Request) -> Response:
    """POST /admin/api/keys/{key_id}/limits: those that are named; null takes one back."""
    key, found = operator(request), await _find(request)
    if found.key.of_key is not None:
        raise Conflict(f"this is a further secret of the key {found.key.of_key} and has that one's limits")
    fields = _known(await read_fields(request), tuple(LIMITS))
    limits: dict[str, float | int | None] = {}
    for name, value in fields.items():
        low, high, whole = LIMITS[name]
        if value is None:
            limits[name] = 0 if name == "priority" else None
        else:
            number = _number(name, value, low, high, whole)
            limits[name] = int(number) if whole else number
    await state_of(request).write(lambda connection: keys.set_limits(connection, found.key.id, limits))
    note(key, "an operator set limits", key_id=found.key.id, **limits)
    return JSONResponse(shapes.key(await _find(request)))


async def revoke(request: Request) -> Response:
    """POST /admin/api/keys/{key_id}/revoke: ends it for good. What it had accepted is still finished."""
    key, found = operator(request), await _find(request)
    if found.key.id in (key.id, key.secret_id):
        raise Conflict("this is the key that asks; revoke it with another one, or with `flashreel keys revoke`")
    await state_of(request).write(lambda connection: keys.revoke_key(connection, found.key.id))
    note(key, "an operator revoked a key", key_id=found.key.id)
    return JSONResponse(shapes.key(await _find(request)))


async def _find(request: Request) -> KeyUse:
    """The key that the path names."""
    key_id = request.path_params["key_id"]
    found = await read(request, overview.key_uses)
    use = next((use for use in found if use.key.id == key_id), None)
    if use is None:
        raise NotFound("there is no key of this id")
    return use


def _known(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """What costs money or opens doors is not to be asked for by a name that is misspelt."""
    for name in fields:
        if name not in names:
            raise InvalidRequest(
                f"the field {printable(name)!r} is not known here; fields are {', '.join(names)}",
                field=printable(name),
                value=None,
                allowed=list(names),
            )
    return fields


def _name(value: object) -> str:
    rule = f"it must be a text of 1 to {NAME_MAX} characters"
    if value is None:
        raise InvalidRequest(f"name is missing; {rule}", field="name", value=None, allowed=rule)
    if not isinstance(value, str) or not value.strip() or printable(value.strip(), NAME_MAX) != value.strip():
        raise refuse("name", value, rule, rule)
    return value.strip()


def _number(name: str, value: object, low: float, high: float, whole: bool = False) -> float:
    rule = f"it must be a {'whole ' if whole else ''}number from {low:g} to {high:.16g}"
    if value is None:
        raise InvalidRequest(f"{name} is missing; {rule}", field=name, value=None, allowed=rule)
    if isinstance(value, str):  # as forms have it
        try:
            value = float(value)
        except ValueError:
            raise refuse(name, value, rule, rule) from None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise refuse(name, value, rule, rule)
    if whole and not math.isclose(value, round(value), abs_tol=1e-9):
        raise refuse(name, value, rule, rule)
    return round(value) if whole else float(value)


def _words(name: str, value: object, allowed: tuple[str, ...]) -> list[str]:
    """Some of these, in their order; none where nothing is said."""
    rule = f"it must be a list of {', '.join(allowed)}"
    if value is None:
        return []
    if not isinstance(value, list):
        raise refuse(name, value, rule, list(allowed))
    for word in value:
        if word not in allowed:
            raise refuse(name, word, f"allowed are {', '.join(allowed)}", list(allowed))
    return [word for word in allowed if word in value]


ROUTES: list[Route] = [
    Route("/admin/api/keys", listed),
    Route("/admin/api/keys", create, methods=["POST"]),
    Route("/admin/api/keys/{key_id}/grant", grant, methods=["POST"]),
    Route("/admin/api/keys/{key_id}/limits", limit, methods=["POST"]),
    Route("/admin/api/keys/{key_id}/revoke", revoke, methods=["POST"]),
]
