"""docs/api.md: the OpenAPI document as tables, for who reads and does not generate."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flashreel.api.openapi.document import document
from flashreel.catalogue import Catalogue

Json = Mapping[str, Any]

_ABOUT: Final = """\
# API

Made by `tools/reference.py` from the server's own description of itself, which is at `/openapi.json` and, as a page to
try things on, at `/docs`. Not written by hand. Everything that clients rely on besides stands on the page of each:
[Segmind](segmind.md), [Luma](luma.md), [OpenAI](openai.md), [Replicate](replicate.md).

The key goes into the header `x-api-key: fr_...` or `Authorization: Bearer fr_...`.
"""

#: Bases under which a dialect is offered once more, to be said once.
_AGAIN: Final = {"openai": "/openai/v1", "replicate": "/replicate/v1"}
_OPEN: Final = "Not offered: "
#: A header of more operations than this is said once, at the top.
_OFTEN: Final = 3


def page() -> str:
    """The whole page."""
    described: Json = document(Catalogue.build({}))
    common = _common_headers(described)
    lines = [_ABOUT, described["info"]["description"], "", "Headers of many operations:", ""]
    lines += ["| Header | Type | |", "|---|---|---|"]
    lines += [
        f"| `{item['name']}` | {_type(item['schema'])} | {_cell(item['description'])} |" for item in common.values()
    ]
    lines.append("")
    for tag in described["tags"]:
        lines += _dialect(described, tag, common)
    return "\n".join((*lines, *_schemas(described))).rstrip() + "\n"


def _common_headers(described: Json) -> dict[str, Json]:
    """What is to be said once, by name."""
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    headers = [item for operation in operations for item in operation["parameters"] if item["in"] == "header"]
    often = Counter(item["name"] for item in headers)
    return {item["name"]: item for item in headers if often[item["name"]] > _OFTEN}


def _dialect(described: Json, tag: Json, common: Mapping[str, Json]) -> Iterator[str]:
    name, _, about = tag["description"].partition(": ")
    if not about:
        name, about = "The server's own", tag["description"]
    yield f"## {name}\n"
    yield about[0].upper() + about[1:] + "\n"
    mine = [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if operation["tags"] == [tag["name"]]
    ]
    again = _AGAIN.get(tag["name"])
    offered = {(method, path) for method, path, _ in mine}
    if again:
        # `/openai/v1/videos` is `/v1/videos`; what is there under the longer base alone is said by that.
        mine = [
            (method, path, operation)
            for method, path, operation in mine
            if not (path.startswith(again) and (method, path.removeprefix(again.removesuffix("/v1"))) in offered)
        ]
    here = [row for row in mine if not row[2]["summary"].startswith(_OPEN)]
    yield "| | | Answers | Refusals |\n|---|---|---|---|"
    for method, path, operation in here:
        good = " ".join(
            _answer(described, status, said) for status, said in operation["responses"].items() if status < "400"
        )
        bad = " ".join(status for status in operation["responses"] if status >= "400")
        keyless = " No key." if operation.get("security") == [] else ""
        yield f"| `{method} {path}` | {_cell(operation['summary'])}.{keyless} | {good} | {bad} |"
    yield ""
    missing = sorted({row[2]["summary"].removeprefix(_OPEN) for row in mine if row not in here})
    if missing:
        yield f"Answered 404: {', '.join(missing)}.\n"
    told: dict[tuple[str, ...], str] = {}
    for method, path, operation in here:
        yield from _details(described, method, path, operation, common, told)


def _answer(described: Json, status: str, said: Json) -> str:
    content = _followed(described, said).get("content", {})
    names = []
    for media_type, body in content.items():
        schema = body.get("schema", {})
        name = "list" if schema.get("type") == "array" else _type(schema)
        names.append(name if media_type == "application/json" else f"`{media_type}`")
    return " ".join((status, *names))


def _details(
    described: Json,
    method: str,
    path: str,
    operation: Json,
    common: Mapping[str, Json],
    told: dict[tuple[str, ...], str],
) -> Iterator[str]:
    """What the table of a dialect has no room for; nothing where that says it all. `told` has the bodies
    that were described before, by their rows."""
    parameters = [item for item in operation["parameters"] if item["in"] != "path" and item["name"] not in common]
    bodies = operation.get("requestBody", {}).get("content", {})
    about = operation.get("description", "")
    if not (parameters or bodies or about):
        return
    yield f"### {method} {path}\n"
    if about:
        yield about + "\n"
    rows = [_row(item["name"], item["schema"], item["description"], item["in"]) for item in parameters]
    fields = tuple(_fields(described, bodies))
    same = told.setdefault(fields, f"{method} {path}") if fields else ""
    if fields and same == f"{method} {path}":
        rows += fields
    if rows:
        yield "| Field | Where | Type | |\n|---|---|---|---|"
        yield from rows
        yield ""
    if fields and same != f"{method} {path}":
        yield f"The body is that of `{same}`.\n"
        return
    if len(bodies) > 1:
        yield "The body is JSON or a multipart form; in a form an image may be a file.\n"
    example = next(iter(bodies.get("application/json", {}).get("examples", {}).values()), None)
    if example is not None:
        yield f"```json\n{json.dumps(example['value'], indent=2, ensure_ascii=False)}\n```\n"


def _fields(described: Json, bodies: Json) -> Iterator[str]:
    """The rows of a body; a form has the fields that JSON has."""
    seen: set[str] = set()
    for media_type, body in bodies.items():
        schema = _followed(described, body["schema"])
        where = "body" if len(bodies) == 1 or media_type == "application/json" else "form"
        for field, value in schema.get("properties", {}).items():
            if field not in seen:
                seen.add(field)
                yield _row(
                    field, value, value.get("description", ""), where, required=field in schema.get("required", ())
                )


def _schemas(described: Json) -> Iterator[str]:
    yield "## Schemas\n"
    yield "What answers contain. A field with `?` may be missing.\n"
    for name, schema in described["components"]["schemas"].items():
        properties = schema.get("properties")
        if not properties:
            continue
        yield f"### {name}\n"
        if "description" in schema:
            yield schema["description"] + "\n"
        yield "| Field | Type | |\n|---|---|---|"
        required = schema.get("required", ())
        for field, value in properties.items():
            mark = "" if field in required else "?"
            yield f"| `{field}`{mark} | {_type(value)} | {_cell(value.get('description', ''))} |"
        yield ""


def _row(name: str, schema: Json, description: str, where: str, *, required: bool = False) -> str:
    default = f" Default: `{json.dumps(schema['default'])}`." if "default" in schema else ""
    needed = " Required." if required else ""
    return f"| `{name}` | {where} | {_type(schema)} | {(_cell(description) + needed + default).strip()} |"


def _type(schema: Json) -> str:
    """The type in a word or two: what one of its kind may be, where that is short to say."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return _cell(", ".join(f"`{value}`" for value in schema["enum"]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[several]))
    kind = schema.get("type", "any")
    kinds = [kind] if isinstance(kind, str) else kind
    if "array" in kinds and "items" in schema:
        kinds = [f"list of {_type(schema['items'])}" if one == "array" else one for one in kinds]
    bounds = ""
    for low, high, unit in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters")):
        if high in schema:
            bounds = f", {schema.get(low, 0)} to {schema[high]}{unit}"
    return " or ".join(kinds) + bounds


def _followed(described: Json, value: Json) -> Json:
    found: Any = value
    while "$ref" in found:
        target = found["$ref"]
        found = described
        for part in target.removeprefix("#/").split("/"):
            found = found[part]
    return found  # type: ignore[no-any-return]  # JSON


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
