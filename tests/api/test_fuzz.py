"""Whatever is sent, to whatever path: no answer is a crash, each is as the API describes itself, the money adds up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tests.api.conftest import ApiMaker
from tests.api.surface import STATES, Surface
from tests.support import hostile
from tests.support.described import Described

DIALECTS = ("segmind", "luma", "openai", "replicate", "own", "admin")
QUERIES = ("limit", "offset", "after", "order", "variant", "cursor")
DAYS = ("from_date", "to_date", "start_date", "end_date")
#: Fields about being told, and of streams, whichever of them a dialect has.
HOOKS = ("callback_url", "webhook", "webhook_url", "webhook_completed", "webhook_events_filter", "stream")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE", "FOO")


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    maker = ApiMaker(tmp_path_factory.mktemp("fuzz"))
    yield Surface(maker, trusted_proxies="127.0.0.1", sync_wait=0.001)
    maker.close()


class Sender:
    """Draws requests to the operations of a dialect and sends them."""

    def __init__(self, surface: Surface, dialect: str) -> None:
        self._surface = surface
        self._operations = [found for found in surface.document.operations if found.dialect == dialect]
        self._bodies = {found.id: self._bodies_of(found) for found in self._operations}
        self._headers = hostile.headers()
        self._segments = hostile.segments()
        self.seen: Counter[tuple[str, int]] = Counter()

    def one(self, data: DataObject) -> None:
        operation = data.draw(st.sampled_from(self._operations))
        method = data.draw(hostile.mostly(st.just(operation.method), st.sampled_from(METHODS), 15))
        target = self._target(data, operation)
        key = self._surface.secret_of(operation.dialect).encode()
        good = [(b"host", b"api.test"), (b"x-api-key", key)]
        headers = data.draw(hostile.mostly(st.just(good), st.just(good[:1]) | st.just([]) | st.just(good[1:]), 10))
        headers = [*headers, *data.draw(hostile.mostly(st.just([]), self._headers, 2))]
        body = b""
        if operation.bodies or data.draw(st.integers(0, 9)) == 0:
            content_type, body = data.draw(self._bodies[operation.id])
            headers = [(b"content-type", content_type.encode()), *headers]
        raw, reached = self._surface.send(method, target, headers, body)
        self.seen[(reached.id if reached else "none", raw.status)] += 1

    def _bodies_of(self, operation: Described) -> st.SearchStrategy[Any]:
        hooks = st.dictionaries(st.sampled_from(HOOKS), hostile.JSON, max_size=2)
        bodies = []
        for media_type, content in operation.bodies.items():
            near = hostile.near(content["schema"], self._surface.document.resolve)
            fields = hostile.mostly(near, st.tuples(near, hooks).map(_merged))
            bodies.append(
                hostile.json_bodies(fields) if media_type == "application/json" else hostile.form_bodies(fields)
            )
        return st.one_of(bodies or [hostile.json_bodies(hostile.JSON)])

    def _target(self, data: DataObject, operation: Described) -> str:
        self._surface.refresh()
        values = self._surface.parameters(operation, data.draw(st.sampled_from(STATES)))
        for name in values:
            if data.draw(st.integers(0, 5)) == 0:
                values[name] = data.draw(self._segments)
        path = operation.path.format_map(values)
        if data.draw(st.integers(0, 3)):
            return path
        jobs, today = self._surface.jobs, datetime.now(UTC).date().isoformat()
        good = {
            **{name: [value] for name, value in self._surface.queries(operation).items()},
            "limit": ["1", "20", "100"],
            "after": [jobs["completed"], f"video_{jobs['queued']}"],
            "variant": ["video", "thumbnail", "spritesheet"],
            "order": ["asc", "desc"],
            "cursor": [f"after-{jobs['failed']}", f"before-{jobs['foreign']}"],
            **{name: [today, "0001-01-01", "9999-12-31"] for name in DAYS},
            "status": ["COMPLETED", "PENDING"],
            "sort_by": ["model_name", "credits_deduction"],
            "sort_order": ["asc"],
            "user_id": [self._surface.api.key_id],
        }
        return f"{path}?{data.draw(hostile.queries(_queries(operation), good))}"


def _queries(operation: Described) -> tuple[str, ...]:
    """Names of the operation's own query; where it has none, those that others have."""
    return tuple(p["name"] for p in operation.data["parameters"] if p["in"] == "query") or QUERIES


def _merged(two: tuple[Any, dict[str, Any]]) -> Any:
    return {**two[0], **two[1]} if isinstance(two[0], dict) else two[0]


def _run(surface: Surface, dialect: str, cases: int, *, at_random: bool) -> Counter[tuple[str, int]]:
    sender = Sender(surface, dialect)

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=not at_random,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(st.data())
    def run(data: DataObject) -> None:
        sender.one(data)

    run()
    surface.check_money()
    return sender.seen


@pytest.mark.parametrize("dialect", DIALECTS)
def test_whatever_is_sent_is_answered_as_described(surface: Surface, dialect: str) -> None:
    seen = _run(surface, dialect, 40, at_random=False)
    assert seen.total() > 39
    assert len({status for _, status in seen}) >= 3


def _sweep(surface: Surface, dialect: str) -> Iterator[tuple[str, str, list[tuple[bytes, bytes]], bytes]]:
    """Method, target, headers and body: every nasty thing there is once, each at the next place where it can be."""
    operations = [found for found in surface.document.operations if found.dialect == dialect]
    creates = cycle([found for found in operations if "application/json" in found.bodies] or operations)
    json_type = [(b"content-type", b"application/json")]
    for body in hostile.NO_JSON:
        yield *_place(surface, next(creates)), json_type, body
    for content_type in hostile.CONTENT_TYPES:
        yield *_place(surface, next(creates)), [(b"content-type", content_type.encode())], b'{"prompt":"a fox"}'
    fields = cycle(
        (found, name, example)
        for found in operations
        for content in found.bodies.values()
        for _, example in surface.document.examples(content)
        for name in example.get("input", content["schema"]["properties"])
    )
    for text in hostile.NASTY if any(found.bodies for found in operations) else ():
        found, name, example = next(fields)
        body = hostile.written(
            {**example, "input": {**example["input"], name: text}} if "input" in example else {**example, name: text}
        )
        yield *_place(surface, found), json_type, body
    every = cycle(operations)
    for name, values in hostile.HEADERS.items():
        for value in values:
            for found in (next(creates), next(every)):
                good = hostile.written(
                    next((e for c in found.bodies.values() for _, e in surface.document.examples(c)), {})
                )
                raw = value.replace("\x00", "\t").encode()
                yield *_place(surface, found), [*json_type, (name.encode(), raw)], good
    named = cycle(found for found in operations if "{" in found.path)
    for text in hostile.NASTY:
        found = next(named)
        spelt = quote(text.encode("utf-8", "surrogatepass"), safe="")
        yield found.method, found.path.format_map(dict.fromkeys(surface.parameters(found), spelt)), [], b""
        found = next(every)
        names = _queries(found)
        name = names[len(text) % len(names)]
        method, target = _place(surface, found)
        yield method, f"{target}?{name}={spelt}", [], b""


def _place(surface: Surface, operation: Described) -> tuple[str, str]:
    surface.refresh()
    return operation.method, operation.path.format_map(surface.parameters(operation))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_nasty_thing_once_is_answered_as_described(surface: Surface, dialect: str) -> None:
    good = [(b"host", b"api.test"), (b"x-api-key", surface.secret_of(dialect).encode())]
    sent = 0
    for method, target, headers, body in _sweep(surface, dialect):
        named = {name for name, _ in headers}
        surface.send(method, target, [*headers, *(pair for pair in good if pair[0] not in named)], body)
        sent += 1
    assert sent > 300
    surface.check_money()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_whatever_is_sent_for_long_is_answered_as_described(surface: Surface, dialect: str) -> None:
    seen = _run(surface, dialect, 4000, at_random=True)
    assert seen.total() >= 4000
    reached = {operation for operation, _ in seen}
    assert reached >= {found.id for found in surface.document.operations if found.dialect == dialect}
    if dialect != "own":
        assert {200, 400, 401, 404} <= {status for _, status in seen}, json.dumps({str(k): v for k, v in seen.items()})
