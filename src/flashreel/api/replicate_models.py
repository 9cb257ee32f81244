"""Replicate's models: the catalogue as `owner/name`, each model with the one version that it has here."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flashreel import __version__
from flashreel.api.auth import authenticate, require_model
from flashreel.api.base_url import base_url
from flashreel.api.luma_concepts import CONCEPTS
from flashreel.api.state import state_of
from flashreel.catalogue import Catalogue, Model
from flashreel.errors import NotFound
from flashreel.spec import PROMPT_MAX, SEED_MAX

_OWNER = "flashreel"
_OWNERS = re.compile(r"[A-Za-z0-9._-]{1,64}")


def prefix(request: Request) -> str:
    """The base of the paths that this request's answer names: the one it came to itself."""
    return base_url(request) + path_prefix(request)


def path_prefix(request: Request) -> str:
    return "/replicate/v1" if request.scope["path"].startswith("/replicate/") else "/v1"


def public_name(catalogue: Catalogue, name: str) -> str:
    """`owner/name`, as answers call a model that the request did not name so: its first alias, else its own name."""
    aliases = (alias for model in catalogue if model.name == name for alias in model.aliases.get("replicate", ()))
    return next((alias for alias in aliases if "/" in alias), f"{_OWNER}/{name}")


def catalogue_name(catalogue: Catalogue, reference: str) -> str:
    """What the catalogue calls the model of `owner/name`: an alias, or a model's own name under any owner; `reference`
    itself where there is none, for the catalogue to refuse."""
    known = {name for model in catalogue for name in model.names("replicate")}
    owner, _, name = reference.partition("/")
    return name if reference not in known and name in known and _OWNERS.fullmatch(owner) else reference


def version_id(name: str) -> str:
    """The id of a model's version. It stays as it is, whatever the operator changes, so that who pinned it goes on."""
    return hashlib.sha256(f"flashreel model {name}".encode()).hexdigest()


def find_version(catalogue: Catalogue, reference: str) -> Model:
    """The model of a `version` field: `owner/name`, `owner/name:version` or a version alone. Raises NotFound.

    An operator's alias that is a version id of Replicate's stands for the version here.
    """
    named, _, version = reference.partition(":")
    if "/" in named:
        model = catalogue.find(catalogue_name(catalogue, named), "replicate")
        if version:
            _check_version(model, version)
        return model
    for model in catalogue:
        if reference in (version_id(model.name), *model.names("replicate")):
            return model
    raise NotFound(
        f"there is no version {reference!r} here; send owner/name, or the id that the model's latest_version has"
    )


def _check_version(model: Model, version: str) -> None:
    if version not in (version_id(model.name), *model.aliases.get("replicate", ())):
        raise NotFound(
            f"the model {model.name!r} has no version {version!r} here; its only one is {version_id(model.name)}"
        )


async def models(request: Request) -> Response:
    """GET /replicate/v1/models: those that the key may use, on one page."""
    key, catalogue = authenticate(request), state_of(request).catalogue
    usable = [model for model in catalogue if key.models is None or model.name in key.models]
    found = [_model(request, model, public_name(catalogue, model.name)) for model in usable]
    return JSONResponse({"next": None, "previous": None, "results": found})


async def model(request: Request) -> Response:
    """GET /v1/models/{owner}/{name}."""
    found = _find(request)
    return JSONResponse(_model(request, found, reference(request)))


async def versions(request: Request) -> Response:
    """GET /v1/models/{owner}/{name}/versions."""
    return JSONResponse({"next": None, "previous": None, "results": [_version(_find(request))]})


async def version(request: Request) -> Response:
    """GET /v1/models/{owner}/{name}/versions/{version_id}."""
    found = _find(request)
    _check_version(found, request.path_params["version_id"])
    return JSONResponse(_version(found))


def reference(request: Request) -> str:
    """`owner/name` of the path."""
    return f"{request.path_params['owner']}/{request.path_params['name']}"


def _find(request: Request) -> Model:
    key, catalogue = authenticate(request), state_of(request).catalogue
    found = catalogue.find(catalogue_name(catalogue, reference(request)), "replicate")
    require_model(key, found.name)
    return found


def _model(request: Request, model: Model, name: str) -> dict[str, Any]:
    owner, _, rest = name.partition("/")
    seconds = " or ".join(map(str, model.durations))
    return {
        "url": f"{prefix(request)}/models/{name}",
        "owner": owner,
        "name": rest,
        "description": f"Video of {seconds} s from a prompt, with a start and an end image or without.",
        "visibility": "public",
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,  # nobody counts; the SDK wants a number
        "cover_image_url": None,
        "default_example": None,
        "latest_version": _version(model),
    }


def _version(model: Model) -> dict[str, Any]:
    return {
        "id": version_id(model.name),
        "created_at": "1970-01-01T00:00:00Z",  # the catalogue knows no dates; the SDK wants one
        "cog_version": "none",  # not built with Cog; the SDK looks for versions below 0.3.9, and this is no version
        "openapi_schema": input_schema(model),
    }


def input_schema(model: Model) -> dict[str, Any]:
    """What a prediction's `input` may be, in the shape that Cog gives it."""
    image = {"type": "string", "format": "uri"}
    shapes: dict[str, dict[str, Any]] = {
        "prompt": {"type": "string", "minLength": 1, "maxLength": PROMPT_MAX, "description": "What the video shows."},
        "start_image": {**image, "description": "The first frame."},
        "end_image": {**image, "description": "The last frame. Not with loop."},
        "duration": {
            "type": "integer",
            "enum": list(model.durations),
            "default": model.default_duration,
            "description": "Seconds of video.",
        },
        "aspect_ratio": {
            "type": "string",
            "enum": list(model.ratios),
            "default": model.default_ratio,
            "description": "Width to height.",
        },
        "loop": {"type": "boolean", "default": False, "description": "Whether the end leads into the beginning."},
        "concepts": {
            "type": "array",
            "items": {"type": "string", "enum": list(CONCEPTS)},
            "uniqueItems": True,
            "description": "What the camera does.",
        },
        "seed": {
            "type": "integer",
            "minimum": 0,
            "maximum": SEED_MAX,
            "description": "The same seed and inputs make the same video. Left out, one is chosen.",
        },
        "start_image_url": {**image, "deprecated": True, "description": "Use start_image."},
        "end_image_url": {**image, "deprecated": True, "description": "Use end_image."},
    }
    properties = {
        name: {"title": name.replace("_", " ").capitalize(), "x-order": order, **shape}
        for order, (name, shape) in enumerate(shapes.items())
    }
    return {
        "openapi": "3.0.2",
        "info": {"title": model.name, "version": __version__},
        "paths": {},
        "components": {
            "schemas": {
                "Input": {"title": "Input", "type": "object", "required": ["prompt"], "properties": properties},
                "Output": {"title": "Output", "type": "string", "format": "uri"},
            }
        },
    }
