"""schemathesis reads the API's description and holds the app to it: no crash, no answer that is not described."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import ApiMaker
from tests.api.surface import Surface

#: `not_a_server_error` also minds the 503 and 504 that are described; here an answer that is not described fails, and a
#: crash is described for every operation.
CHECKS = [status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    maker = ApiMaker(tmp_path_factory.mktemp("schemathesis"))
    yield Surface(maker, sync_wait=0.001)
    maker.close()


def _run(surface: Surface, cases: int, *, all_: bool, at_random: bool) -> int:
    """`cases` for each operation that lead to something there is, and as many that break the description. `all_`: of
    the second bases too, and of what is not offered."""
    schema = schemathesis.openapi.from_dict(dict(surface.document.data))
    schema.app = surface.app
    # Texts of the app's own code help to find things, and make every edit of it another draw.
    feedback = None if at_random else FeedbackSources()
    sent = 0

    def send(case: Case[Any]) -> None:
        nonlocal sent
        sent += 1
        dialect = described[case.method.upper(), case.path].dialect
        answer = case.call(headers={"x-api-key": surface.secret_of(dialect)})
        assert answer.status_code != 500, answer.text
        case.validate_response(answer, checks=CHECKS)

    limits: Callable[[Callable[[], None]], Callable[[], None]] = settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=not at_random,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    described = {(operation.method, operation.path): operation for operation in surface.document.operations}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        what = described[operation.method.upper(), operation.path]
        if not all_ and (what.id.startswith(("openai_v1", "replicate_v1")) or "not_offered" in what.id):
            continue
        surface.refresh()
        there = surface.parameters(what)
        limits(
            given(operation.as_strategy(GenerationMode.POSITIVE, feedback=feedback, path_parameters=there or None))(
                send
            )
        )()
        if what.data.get("security") != []:  # those for everybody take any text there is
            limits(given(operation.as_strategy(GenerationMode.NEGATIVE, feedback=feedback))(send))()
    surface.check_money()
    return sent


def test_no_operation_answers_what_it_does_not_describe(surface: Surface) -> None:
    assert _run(surface, 2, all_=False, at_random=False) > 120


@pytest.mark.slow
def test_no_operation_answers_what_it_does_not_describe_for_long(surface: Surface) -> None:
    assert _run(surface, 40, all_=True, at_random=True) > 5000
