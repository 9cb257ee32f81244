"""The account and the models as Segmind's SDK asks for them, and what of it is not offered."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api, ApiMaker

ACCOUNT = "/api/auth/authenticate"
MODELS = "/inference-model-information/list"
LIST = "Inference Segmind Model Information List With Details"


def test_an_account_is_the_key(api: Api) -> None:
    assert api.get(ACCOUNT).json() == {
        "success": True,
        "authenticated": True,
        "user_id": api.key_id,
        "name": "test",
        "credits": 10.0,
        "scopes": ["generate"],
        "models": ["ray-flash-2-720p", "tiny"],
    }
    _, further = api.new_key(0, scopes=("read",), models=("tiny",), of_key=api.key_id)
    mine = api.get(ACCOUNT, key=further).json()
    assert (mine["user_id"], mine["name"], mine["credits"]) == (api.key_id, "other", 10.0)
    assert (mine["scopes"], mine["models"]) == (["read"], ["tiny"])


@pytest.mark.parametrize("key", [None, "fr_wrong"])
def test_an_account_without_a_good_key_says_so_in_every_way(api: Api, key: str | None) -> None:
    answer = api.get(ACCOUNT, key=key)
    body = answer.json()
    assert answer.status_code == 401
    assert (body["success"], body["authenticated"], body["code"]) == (False, False, "unauthorized")
    assert body["error"].startswith("the API key is missing or not valid")


def test_models_are_those_the_key_may_use_with_what_they_take(make_api: ApiMaker) -> None:
    table = {"ratios": {"1:1": [128, 128]}, "default_ratio": "1:1", "durations": [3], "default_duration": 3}
    api = make_api(models={"tiny": table, "other": {}})
    assert api.get(MODELS, key=None).status_code == 401
    whole = api.get(f"{MODELS}?segmind_model=True").json()[LIST]
    assert [model["slug"] for model in whole] == ["ray-flash-2-720p", "tiny", "other"]
    _, bound = api.new_key(0, models=("tiny",))
    image = {"type": "string", "format": "uri", "default": None}
    assert api.get(MODELS, key=bound).json() == {
        LIST: [
            {
                "model_id": "tiny",
                "slug": "tiny",
                "title": "tiny",
                "type": "textToVideo",
                "description": "Video of 3 s from a prompt, with a start and an end image or without.",
                "parameters": {
                    "prompt": {"type": "string", "required": True, "minLength": 1, "maxLength": 5000},
                    "aspect_ratio": {"type": "string", "enum": ["1:1"], "default": "1:1"},
                    "duration": {"type": "integer", "enum": [3], "default": 3},
                    "loop": {"type": "boolean", "default": False},
                    "start_image_url": image,
                    "end_image_url": image,
                    "seed": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "default": None},
                },
                "thumbnailImage": None,
                "defaultImageOutput": None,
                "is_depreciated": False,
                "price_per_second": 0.075,
            }
        ]
    }


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("POST", "/finetune/request/submit", "finetuning is"),
        ("GET", "/finetune/request/list", "finetuning is"),
        ("PUT", "/finetune/request/access-update", "finetuning is"),
        ("POST", "/workflows/abc", "workflows (PixelFlows) are"),
        ("GET", "/workflows/request/abc", "workflows (PixelFlows) are"),
    ],
)
def test_what_else_the_package_has_is_a_404_in_words(api: Api, method: str, path: str, what: str) -> None:
    assert api.call(method, path, key=None).status_code == 401
    answer = api.call(method, path)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith(f"{what} not offered here; ")
