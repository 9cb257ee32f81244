"""JSON Schema (2020-12) in few words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

TIME: Json = {"type": "string", "format": "date-time"}
URL: Json = {"type": "string", "format": "uri"}
#: A part of a form that is a file.
FILE: Json = {"type": "string", "format": "binary"}


def ref(name: str) -> Json:
    """The schema of this name among the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(description: str = "", **more: object) -> Json:
    return _described("string", description, more)


def number(description: str = "", **more: object) -> Json:
    return _described("number", description, more)


def integer(description: str = "", **more: object) -> Json:
    return _described("integer", description, more)


def boolean(description: str = "", **more: object) -> Json:
    return _described("boolean", description, more)


def choice(values: Sequence[object], description: str = "", **more: object) -> Json:
    """One of these values, all of one type."""
    return _described("string" if isinstance(values[0], str) else "integer", description, {"enum": [*values], **more})


def array(items: Json, description: str = "", **more: object) -> Json:
    return _described("array", description, {"items": items, **more})


def record(
    properties: Mapping[str, Json], *, optional: Collection[str] = (), description: str = "", **more: object
) -> Json:
    """An object that always has these members, but for those in `optional`."""
    required = [name for name in properties if name not in optional]
    return _described("object", description, {"properties": dict(properties), "required": required, **more})


def nullable(schema: Json) -> Json:
    """The same, or null."""
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*schemas: Json) -> Json:
    """What matches one of these or more; the one itself where there is but one."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def _described(kind: str, description: str, more: Mapping[str, object]) -> Json:
    return {"type": kind, **({"description": description} if description else {}), **more}
