"""Every method and path there is, with its dialect. A new route is entered here, so that none comes by accident."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from tests.api.conftest import Api, ApiMaker

ROUTES = {
    ("POST", "/v1/{model:model}"): "segmind",
    ("POST", "/v2/{model:model}"): "segmind",
    ("GET", "/v1/get-user-credits"): "segmind",
    ("GET", "/v1/requests/{request_id}"): "segmind",
    ("GET", "/v2/requests/{request_id}"): "segmind",
    ("DELETE", "/v2/requests/{request_id}"): "segmind",
    ("GET", "/v2/requests/{request_id}/status"): "segmind",
    ("POST", "/v2/requests/{request_id}/cancel"): "segmind",
    ("GET", "/v2/requests/{request_id}/events"): "segmind",
    ("POST", "/upload-asset"): "segmind",
    ("GET", "/webhook/get"): "segmind",
    ("POST", "/webhook/add"): "segmind",
    ("POST", "/webhook/update"): "segmind",
    ("GET", "/webhook/inactive"): "segmind",
    ("POST", "/webhook/inactive"): "segmind",
    ("GET", "/webhook/dispatch-logs"): "segmind",
    ("GET", "/inference-request/request-history"): "segmind",
    ("GET", "/inference-request/request-history/{request_id}"): "segmind",
    ("GET", "/inference-request/generations"): "segmind",
    ("GET", "/inference-request/recent-generations"): "segmind",
    ("GET", "/inference-model-information/list"): "segmind",
    ("GET", "/api/auth/authenticate"): "segmind",
    **{(method, "/finetune/{rest:path}"): "segmind" for method in ("GET", "POST", "PUT")},
    **{(method, "/workflows/{rest:path}"): "segmind" for method in ("GET", "POST")},
    ("GET", "/assets/uploads/{upload_id}/{name}"): "own",
    ("GET", "/dream-machine/v1/generations"): "luma",
    ("POST", "/dream-machine/v1/generations"): "luma",
    ("POST", "/dream-machine/v1/generations/video"): "luma",
    ("POST", "/dream-machine/v1/generations/{id}/upscale"): "luma",
    ("POST", "/dream-machine/v1/generations/{id}/audio"): "luma",
    ("POST", "/dream-machine/v1/generations/video/reframe"): "luma",
    ("POST", "/dream-machine/v1/generations/video/modify"): "luma",
    ("POST", "/dream-machine/v1/generations/image"): "luma",
    ("POST", "/dream-machine/v1/generations/image/reframe"): "luma",
    ("GET", "/dream-machine/v1/generations/concepts/list"): "luma",
    ("GET", "/dream-machine/v1/generations/camera_motion/list"): "luma",
    ("GET", "/dream-machine/v1/generations/{id}"): "luma",
    ("DELETE", "/dream-machine/v1/generations/{id}"): "luma",
    ("GET", "/dream-machine/v1/credits"): "luma",
    ("GET", "/dream-machine/v1/ping"): "luma",
    **{
        (method, base + path): "openai"
        for base in ("/v1", "/openai/v1")
        for method, path in (
            ("GET", "/videos"),
            ("POST", "/videos"),
            ("POST", "/videos/edits"),
            ("POST", "/videos/extensions"),
            ("POST", "/videos/characters"),
            ("GET", "/videos/characters/{character_id}"),
            ("GET", "/videos/{video_id}"),
            ("DELETE", "/videos/{video_id}"),
            ("GET", "/videos/{video_id}/content"),
            ("POST", "/videos/{video_id}/remix"),
            ("GET", "/models"),
            ("GET", "/models/{model_id}"),
            ("DELETE", "/models/{model_id}"),
        )
    },
    **{
        (method, base + path): "replicate"
        for base in ("/v1", "/replicate/v1")
        for method, path in (
            ("GET", "/predictions"),
            ("POST", "/predictions"),
            ("GET", "/predictions/{prediction_id}"),
            ("POST", "/predictions/{prediction_id}/cancel"),
            ("GET", "/models/{owner}/{name}"),
            ("DELETE", "/models/{owner}/{name}"),
            ("POST", "/models/{owner}/{name}/predictions"),
            ("GET", "/models/{owner}/{name}/versions"),
            ("GET", "/models/{owner}/{name}/versions/{version_id}"),
            ("DELETE", "/models/{owner}/{name}/versions/{version_id}"),
            ("ANY", "/models/{owner}/{name}/versions/{version_id}/trainings"),
            ("GET", "/account"),
            ("GET", "/files"),
            ("POST", "/files"),
            ("GET", "/files/{file_id}"),
            ("DELETE", "/files/{file_id}"),
            ("ANY", "/trainings"),
            ("ANY", "/trainings/{rest:path}"),
            ("ANY", "/deployments"),
            ("ANY", "/deployments/{rest:path}"),
            ("ANY", "/collections"),
            ("ANY", "/collections/{rest:path}"),
            ("ANY", "/hardware"),
            ("GET", "/webhooks/default/secret"),
        )
    },
    ("GET", "/replicate/v1/models"): "replicate",
    ("QUERY", "/replicate/v1/models"): "replicate",
    ("ANY", "/replicate/v1/models"): "replicate",
    ("GET", "/assets/{job_id}/{rest:path}"): "own",
    ("GET", "/openapi.json"): "own",
    ("GET", "/"): "own",
    ("GET", "/docs"): "own",
    ("GET", "/admin"): "own",
    ("GET", "/playground/{file:path}"): "own",
    ("GET", "/metrics"): "own",
    ("GET", "/health/live"): "own",
    ("GET", "/health/ready"): "own",
    ("GET", "/health/workers"): "own",
    ("GET", "/admin/api/overview"): "admin",
    ("GET", "/admin/api/jobs"): "admin",
    ("GET", "/admin/api/jobs/{job_id}"): "admin",
    ("POST", "/admin/api/jobs/{job_id}/cancel"): "admin",
    ("POST", "/admin/api/jobs/{job_id}/retry"): "admin",
    ("GET", "/admin/api/keys"): "admin",
    ("POST", "/admin/api/keys"): "admin",
    ("POST", "/admin/api/keys/{key_id}/grant"): "admin",
    ("POST", "/admin/api/keys/{key_id}/limits"): "admin",
    ("POST", "/admin/api/keys/{key_id}/revoke"): "admin",
    ("GET", "/admin/api/webhooks"): "admin",
    ("POST", "/admin/api/messages/{message_id}/replay"): "admin",
}


def _routes(api: Api) -> list[Route]:
    transport = api.client._transport
    routes = transport.app.router.routes  # type: ignore[attr-defined]  # httpx keeps the app it was given
    assert all(isinstance(route, Route) for route in routes)
    return list(routes)


def test_the_routes_are_these_and_no_others(api: Api) -> None:
    found = {(method, route.path) for route in _routes(api) for method in route.methods or {"ANY"} if method != "HEAD"}
    assert found == set(ROUTES)
    modules = {route.path: route.endpoint.__module__.rpartition(".")[2] for route in _routes(api)}
    segmind = {path for (_, path), dialect in ROUTES.items() if dialect == "segmind"}
    assert {path for path, module in modules.items() if module.startswith(("segmind", "events"))} == segmind


def test_the_v1_submit_is_registered_last(api: Api) -> None:
    assert _routes(api)[-1].path.startswith("/v1/{model")


@pytest.mark.parametrize("path", ["/nope", "/v1", "/v3/tiny", "/docs/", "/openapi.yaml", "/health", "/assets/x"])
def test_an_unknown_path_is_a_404_that_names_it(api: Api, path: str) -> None:
    answer = api.get(path, key=None)
    assert answer.status_code == 404
    assert answer.json() == {"error": f"there is nothing at {path}", "code": "not_found"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/a/b",
        "/v2/requests/a/b/c",
        "/v2/",
        "/v2/tiny/",
        "/v1/requests",
        "/v2/videos",
        "/inference-request/a",
        "/api/auth/a",
        "/admin/api/a",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_keyed_path_asks_for_a_key_before_it_says_that_it_is_nothing(api: Api, path: str, method: str) -> None:
    assert api.call(method, path, key=None).status_code == 401
    answer = api.call(method, path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/get-user-credits", {"GET", "HEAD"}),
        ("DELETE", "/v1/requests/abc", {"GET", "HEAD"}),
        ("POST", "/v2/requests/abc", {"DELETE", "GET", "HEAD"}),
        ("PUT", "/v2/requests/abc/status", {"GET", "HEAD"}),
        ("GET", "/v2/tiny", {"POST"}),
        ("PATCH", "/v1/tiny", {"POST"}),
        ("POST", "/health/live", {"GET", "HEAD"}),
        ("POST", "/assets/a/b", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(api: Api, method: str, path: str, allowed: set[str]) -> None:
    answer = api.call(method, path)
    assert answer.status_code == 405
    body = answer.json()
    assert body["code"] == "method_not_allowed"
    assert body["error"].startswith(f"{method} is not possible at {path}; allowed: ")
    assert set(body["allowed"].split(", ")) == allowed == set(answer.headers["allow"].split(", "))
    if path.startswith(("/v1", "/v2")):
        assert api.call(method, path, key=None).status_code == 401


def test_no_answer_redirects(api: Api) -> None:
    for path in ("/v2/tiny/", "/health/live/", "/v1/get-user-credits/"):
        assert api.get(path).status_code == 404


def test_polls_and_files_are_answered_while_the_server_drains(make_api: ApiMaker) -> None:
    api = make_api()
    job_id = api.submit()
    path = api.finish()
    api.life.draining.set()
    assert api.get(f"/v2/requests/{job_id}").status_code == 200
    assert api.get(f"/assets/{path}").status_code == 200
    refused = api.post("/v2/tiny", {"prompt": "a fox"})
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["retry-after"] == "5"
    assert api.get("/health/ready").json()["reason"] == "the server is shutting down"
