"""The server's own description of itself, to hold its answers against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

JSON_TYPES = ("application/json", "application/problem+json")


@dataclass(frozen=True, slots=True)
class Described:
    """An operation of the document."""

    method: str
    path: str
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["operationId"])

    @property
    def dialect(self) -> str:
        return str(self.data["tags"][0])

    @property
    def bodies(self) -> Mapping[str, Any]:
        """The media types of the request's body, each with its schema and its examples."""
        bodies: Mapping[str, Any] = self.data.get("requestBody", {}).get("content", {})
        return bodies


class Document:
    """An OpenAPI document. Its schemas are held strictly: no object has members that are not described."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.data = document
        self._schemas = {name: _strict(schema) for name, schema in document["components"]["schemas"].items()}
        self._validators: dict[str, Any] = {}
        self.operations = [
            Described(method.upper(), path, data)
            for path, item in document["paths"].items()
            for method, data in item.items()
        ]

    def find(self, method: str, route: str) -> Described | None:
        """The operation of a method of a Starlette route's path."""
        path = re.sub(r":\w+\}", "}", route)
        return next((found for found in self.operations if (found.method, found.path) == (method, path)), None)

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference refers to; anything else as it is."""
        while "$ref" in value:
            target: Any = self.data
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value

    def problems(self, schema: Mapping[str, Any], value: object) -> list[str]:
        """What of `value` the schema does not allow."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**_strict(schema), "components": {"schemas": self._schemas}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [str(error) for error in self._validators[key].iter_errors(value)]

    def examples(self, content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, example in content.get("examples", {}).items():
            yield name, example["value"]

    def check(self, operation: Described, status: int, content_type: str, body: bytes) -> None:
        """Raises AssertionError for an answer that is not as described."""
        where = f"{operation.method} {operation.path}: {status}"
        responses = operation.data["responses"]
        assert str(status) in responses, f"{where} is not among {', '.join(responses)}: {body[:300]!r}"
        response = self.resolve(responses[str(status)])
        content = {name.partition(";")[0]: described for name, described in response.get("content", {}).items()}
        media_type = content_type.partition(";")[0]
        if not content:
            assert not body, f"{where} has a body: {body[:300]!r}"
            return
        assert media_type in content, f"{where} is {media_type}, not {', '.join(content)}: {body[:300]!r}"
        if media_type in JSON_TYPES:
            problems = self.problems(content[media_type]["schema"], json.loads(body))
            assert not problems, f"{where}: {problems}: {body[:1000]!r}"


def _strict(schema: Any) -> Any:
    """The same, with no object open that does not say so."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(part) for name, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        strict.setdefault("additionalProperties", False)
    return strict
