"""The API's own description: valid, whole, and true of what the app does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from flashreel.api.openai_fields import sizes_of
from flashreel.api.openapi.document import document
from flashreel.catalogue import Catalogue
from flashreel.parameters import FIELDS
from tests.api.conftest import TINY, ApiMaker
from tests.api.surface import PNG, Surface
from tests.api.test_routes import ROUTES
from tests.support.asgi import Raw
from tests.support.described import JSON_TYPES, Described, Document

MODELS = Catalogue.build({"tiny": TINY})
DESCRIBED = Document(document(MODELS))
OPERATIONS = DESCRIBED.operations
WITH_BODY = [operation for operation in OPERATIONS if operation.bodies]
#: In OpenAPI 3.1 a path has no such method; the description of the path's GET tells of it.
UNSPEAKABLE = {("QUERY", "/replicate/v1/models")}
#: What takes a body and costs nothing.
FREE = ("segmind_upload", "segmind_add_webhook", "segmind_update_webhook")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    maker = ApiMaker(tmp_path_factory.mktemp("openapi"))
    yield Surface(maker)
    maker.close()


@pytest.fixture
def surface(shared: Surface) -> Surface:
    """With its jobs as they were, whatever the test before has done to them."""
    shared.refresh()
    return shared


def test_the_document_is_openapi(surface: Surface) -> None:
    assert surface.document.data["openapi"].startswith("3.1.")
    assert list(jsonschema_rs.validator_for(OPENAPI_31).iter_errors(surface.document.data)) == []
    for schema in _schemas(surface.document.data):
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    assert surface.document.data["paths"].keys() == DESCRIBED.data["paths"].keys()


def _schemas(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "schema":
                yield value
            elif name == "schemas":
                yield from value.values()
            yield from _schemas(value)
    elif isinstance(part, list):
        for value in part:
            yield from _schemas(value)


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    found = set(_references(DESCRIBED.data))
    for name in found:
        assert DESCRIBED.resolve({"$ref": name})
    components = DESCRIBED.data["components"]
    kinds = ("schemas", "responses", "headers")
    assert {f"#/components/{kind}/{name}" for kind in kinds for name in components[kind]} == found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_it_has_every_route_and_no_other() -> None:
    routes = {(method, path.replace(":path}", "}").replace(":model}", "}")) for method, path in ROUTES} - UNSPEAKABLE
    anything = {path for method, path in routes if method == "ANY"}
    described = {(operation.method, operation.path) for operation in OPERATIONS}
    exact = {(method, path) for method, path in routes if method != "ANY"}
    assert exact <= described
    assert {path for _, path in described - exact} == anything
    dialects = {path.replace(":path}", "}").replace(":model}", "}"): name for (_, path), name in ROUTES.items()}
    assert {(operation.path, operation.dialect) for operation in OPERATIONS} == dialects.items()
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)


def test_both_bases_of_a_dialect_are_described_alike() -> None:
    for base in ("/openai/v1", "/replicate/v1"):
        prefixed = {o.path.removeprefix(base[:-3]) for o in OPERATIONS if o.path.startswith(base)}
        plain = {o.path for o in OPERATIONS if o.dialect == base.split("/")[1] and not o.path.startswith(base)}
        assert prefixed - plain <= {"/v1/models"} and plain <= prefixed


def test_every_example_of_an_answer_matches_its_schema() -> None:
    seen = 0
    for operation in OPERATIONS:
        for response in operation.data["responses"].values():
            for media_type, content in DESCRIBED.resolve(response).get("content", {}).items():
                for name, value in DESCRIBED.examples(content):
                    seen += 1
                    assert DESCRIBED.problems(content["schema"], value) == [], (operation.id, media_type, name)
    assert seen > 500
    for operation in OPERATIONS:
        wordless = [
            status
            for status, response in operation.data["responses"].items()
            for media_type, content in DESCRIBED.resolve(response).get("content", {}).items()
            if media_type in JSON_TYPES and not content.get("examples") and operation.path != "/openapi.json"
        ]
        assert wordless == [], operation.id


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_every_example_of_a_request_is_accepted(surface: Surface, operation: Described) -> None:
    for media_type, content in operation.bodies.items():
        examples = dict(surface.document.examples(content))
        assert examples or operation.path.endswith("/files")
        for example in examples.values():
            assert surface.document.problems(content["schema"], example) == []
            assert _accepted(_submit(surface, operation, media_type, example))


def _submit(surface: Surface, operation: Described, media_type: str, fields: dict[str, Any]) -> Raw:
    values = surface.parameters(operation)
    if "model" in values:
        values["model"] = "ray-flash-2-720p"
    if media_type == "application/json":
        return surface.call(operation, values, json=fields)
    parts = {name: (None, _as_text(value)) for name, value in fields.items()}
    return surface.call(operation, values, files=parts)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _accepted(answer: Raw) -> bool:
    """Also where the wait for it ended at once."""
    return answer.status in (200, 201) or (answer.status == 504 and json.loads(answer.body)["code"] == "timeout")


def test_the_flat_fields_are_those_of_the_parameters() -> None:
    for path in ("/v1/{model}", "/v2/{model}"):
        for content in _bodies("POST", path).values():
            assert tuple(content["schema"]["properties"]) == (*FIELDS, "webhook_url")


def _bodies(method: str, path: str) -> Any:
    operation = DESCRIBED.find(method, path)
    assert operation is not None
    return operation.bodies


def _values(schema: dict[str, Any]) -> tuple[list[object], list[object]]:
    """What a field's schema allows at its edges, and what is just beyond them."""
    if "enum" in schema:
        beyond: list[object] = ["no such value"] if isinstance(schema["enum"][0], str) else [max(schema["enum"]) + 1]
        return schema["enum"], beyond
    if "maximum" in schema:
        return [schema["minimum"], schema["maximum"]], [schema["minimum"] - 1, schema["maximum"] + 1]
    if "maxLength" in schema:
        least, most = schema.get("minLength", 0), schema["maxLength"]
        return ["x" * least, "x" * most], ["x" * (least - 1), "x" * (most + 1)]
    return ([True, False], ["perhaps"]) if schema.get("type") == "boolean" else ([], [])


CREATES = ("segmind_submit", "luma_create", "openai_create", "openai_remix", "replicate_create_of_model")


@pytest.mark.parametrize("name", CREATES)
def test_what_a_field_may_be_is_accepted_and_what_is_beyond_is_refused(surface: Surface, name: str) -> None:
    operation = next(operation for operation in surface.document.operations if operation.id == name)
    for media_type, content in operation.bodies.items():
        whole = content["schema"]
        nested = whole["properties"].get("input")
        fields = (nested or whole)["properties"]
        required = {"prompt": "a fox", **({"model": fields["model"]["enum"][0]} if name == "luma_create" else {})}
        seen = 0
        for field, schema in fields.items():
            good, bad = _values(schema)
            for value, allowed in [*((value, True) for value in good), *((value, False) for value in bad)]:
                sent: dict[str, Any] = {**required, field: value}
                if field == "size":  # which are each model's own
                    sent["model"] = next((model.name for model in MODELS if value in sizes_of(model)), "tiny")
                answer = _submit(surface, operation, media_type, {"input": sent} if nested else sent)
                assert _accepted(answer) == allowed, (field, value, answer)
                assert allowed or answer.status in (400, 404), (field, value, answer)
                seen += 1
        assert seen >= (3 if name == "openai_remix" else 15)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_real_answers_are_as_described(surface: Surface, operation: Described) -> None:
    """`Surface.call` holds each against the document."""
    statuses = []
    if operation.data.get("security") != []:
        for key in (None, "fr_wrong"):
            assert surface.call(operation, surface.parameters(operation), key=key).status == 401
    nowhere = dict.fromkeys(surface.parameters(operation), "none-such")
    if nowhere:
        assert surface.call(operation, nowhere).status == 404
    if operation.bodies:
        headers = {"content-type": "application/json"}
        assert surface.call(operation, surface.parameters(operation), content=b"{", headers=headers).status == 400
        assert surface.call(operation, surface.parameters(operation), json={"prompt": 5}).status == 400
    if operation.path.endswith("/files") and operation.method == "POST":
        statuses = [surface.call(operation, {}, files={"content": ("a.png", PNG)}).status]
    elif operation.bodies:
        for media_type, content in operation.bodies.items():
            for _, example in surface.document.examples(content):
                statuses.append(_submit(surface, operation, media_type, example).status)
    elif surface.parameters(operation):
        states = ("completed", "failed", "processing", "queued", "cancelled", "foreign")
        statuses = [surface.call(operation, surface.parameters(operation, state)).status for state in states]
    else:
        statuses = [surface.call(operation, {}).status]
    promised = {int(status) for status in operation.data["responses"] if status < "300"}
    if operation.id == "segmind_generate":
        promised = {504}  # nobody makes the video here
    if operation.id == "own_workers":
        promised = {503}
    assert not promised or promised & set(statuses), statuses
    assert promised or set(statuses) == {404}


def test_hosts_and_limits_are_refused_as_described(make_api: ApiMaker) -> None:
    surface = Surface(make_api, max_body=2000)
    for operation in surface.document.operations:
        if operation.path.startswith("/health"):
            continue
        surface.refresh()
        values = surface.parameters(operation, "queued")
        surface.call(operation, values, headers={"host": "not a host"})
        if operation.bodies:
            media_type = next(iter(operation.bodies))
            headers = {"content-type": f"{media_type}; boundary=b"}
            assert surface.call(operation, values, content=b"x" * 3000, headers=headers).status == 413
    poor = surface.api.new_key(credits=0)[1]
    for operation in surface.document.operations:
        for _, example in surface.document.examples(operation.bodies.get("application/json", {})):
            if operation.id not in FREE:
                answer = surface.call(operation, surface.parameters(operation), key=poor, json=example)
                assert answer.status in (402, 403, 404, 406), (operation.id, answer)


def test_it_needs_no_key_and_names_the_public_url(make_api: ApiMaker) -> None:
    api = make_api(public_url="https://video.example.org/api/")
    answer = api.get("/openapi.json", key=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["servers"] == [{"url": "https://video.example.org/api"}]


def test_where_models_differ_the_fields_say_which_takes_what() -> None:
    schema = _bodies("POST", "/v2/{model}")["application/json"]["schema"]["properties"]["aspect_ratio"]
    assert "of tiny: 16:9, 1:1." in schema["description"]
    assert set(schema["enum"]) == {"1:1", "3:4", "4:3", "9:16", "16:9", "9:21", "21:9"}
    assert schema["default"] == "16:9"
