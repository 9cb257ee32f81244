"""Segmind's routes about the account and the models, which its SDK calls on hosts of their own, and the SDK's paths
that lead nowhere here. Sources: the SDK, and what clients of the hosted service read; the rest is our
choice (docs/segmind.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api.auth import authenticate
from flashreel.api.state import state_of
from flashreel.catalogue import MICRO, Model
from flashreel.errors import NotFound, Unauthorized
from flashreel.jobs.keys import Key
from flashreel.spec import PROMPT_MAX, SEED_MAX

#: As the hosted service spells it.
LIST = "Inference Segmind Model Information List With Details"


async def account(request: Request) -> Response:
    """GET /api/auth/authenticate: whose key it is. Clients look at `success`, `authenticated` and `error`."""
    try:
        key = authenticate(request)
    except Unauthorized as refusal:
        refusal.details |= {"success": False, "authenticated": False}
        raise
    return JSONResponse(
        {
            "success": True,
            "authenticated": True,
            "user_id": key.id,
            "name": key.name,
            "credits": key.credits / MICRO,
            "scopes": sorted(key.scopes),
            "models": [model.name for model in _usable(request, key)],
        }
    )


async def models(request: Request) -> Response:
    """GET /inference-model-information/list: the models that the key may use."""
    key = authenticate(request)
    return JSONResponse({LIST: [entry(model) for model in _usable(request, key)]})


async def no_finetune(request: Request) -> Response:
    """/finetune/...: 404, once the key is good."""
    authenticate(request)
    raise NotFound("finetuning is not offered here; this server runs models as they are")


async def no_workflows(request: Request) -> Response:
    """/workflows/...: 404, once the key is good."""
    authenticate(request)
    raise NotFound("workflows (PixelFlows) are not offered here; submit to one model: POST /v2/{model}")


def _usable(request: Request, key: Key) -> list[Model]:
    return [model for model in state_of(request).catalogue if key.models is None or model.name in key.models]


def entry(model: Model) -> dict[str, Any]:
    seconds = " or ".join(map(str, model.durations))
    return {
        "model_id": model.name,  # good for whoever sends it in place of the slug
        "slug": model.name,
        "title": model.name,
        "type": "textToVideo",
        "description": f"Video of {seconds} s from a prompt, with a start and an end image or without.",
        "parameters": _parameters(model),
        "thumbnailImage": None,
        "defaultImageOutput": None,
        "is_depreciated": False,
        "price_per_second": model.price_per_second,
    }


def _parameters(model: Model) -> dict[str, dict[str, Any]]:
    """The fields of a submit, each as a JSON schema has it."""
    image = {"type": "string", "format": "uri", "default": None}
    return {
        "prompt": {"type": "string", "required": True, "minLength": 1, "maxLength": PROMPT_MAX},
        "aspect_ratio": {"type": "string", "enum": list(model.ratios), "default": model.default_ratio},
        "duration": {"type": "integer", "enum": list(model.durations), "default": model.default_duration},
        "loop": {"type": "boolean", "default": False},
        "start_image_url": image,
        "end_image_url": image,
        "seed": {"type": "integer", "minimum": 0, "maximum": SEED_MAX, "default": None},
    }


ROUTES: list[Route] = [
    Route("/api/auth/authenticate", account),
    Route("/inference-model-information/list", models),
    Route("/finetune/{rest:path}", no_finetune, methods=["GET", "POST", "PUT"]),
    Route("/workflows/{rest:path}", no_workflows, methods=["GET", "POST"]),
]
