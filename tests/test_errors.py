"""The closed list of error codes, as DESIGN.md section 1 has it, and the statuses of refusals."""

from __future__ import annotations

from typing import get_args

import pytest

from flashreel import errors
from flashreel.errors import JOB_ERRORS, JobErrorCode, JobFailed, RequestRefused


def test_job_errors_are_the_closed_list_with_its_v1_statuses() -> None:
    assert dict(JOB_ERRORS) == {
        "content_blocked": 422,
        "image_unreachable": 422,
        "image_invalid": 422,
        "cancelled": 422,
        "deadline_exceeded": 504,
        "worker_lost": 502,
        "upstream_failed": 502,
        "engine_failed": 500,
        "out_of_memory": 500,
        "output_rejected": 500,
        "storage_failed": 500,
    }


@pytest.mark.parametrize("code", get_args(JobErrorCode))
def test_a_failure_knows_its_status_and_is_its_sentence(code: JobErrorCode) -> None:
    failure = JobFailed(code, "what happened")
    assert (failure.status, failure.code, str(failure)) == (JOB_ERRORS[code], code, "what happened")


def test_refusals_have_the_pages_statuses_and_words_of_their_own() -> None:
    refusals = RequestRefused.__subclasses__()
    assert {refusal.__name__: refusal.status for refusal in refusals} == {
        "InvalidRequest": 400,
        "Unauthorized": 401,
        "Forbidden": 403,
        "NotFound": 404,
        "MethodNotAllowed": 405,
        "NotEnoughCredits": 406,
        "Conflict": 409,
        "TooLarge": 413,
        "IdempotencyMismatch": 422,
        "RateLimited": 429,
        "InternalError": 500,
        "Unavailable": 503,
        "StillRunning": 504,
    }
    assert len({refusal.code for refusal in refusals}) == len(refusals)


def test_the_drawn_tree_names_every_error() -> None:
    drawn = errors.__doc__ or ""
    kinds: list[type[errors.FlashreelError]] = [
        RequestRefused,
        *RequestRefused.__subclasses__(),
        JobFailed,
        errors.SetupError,
        errors.RemoteError,
    ]
    assert [kind.__name__ for kind in kinds if kind.__name__ not in drawn] == []


def test_details_are_the_body_and_headers_are_not() -> None:
    refusal = errors.RateLimited("slow down", headers={"retry-after": "5"}, limit=3)
    assert (str(refusal), refusal.details, refusal.headers) == ("slow down", {"limit": 3}, {"retry-after": "5"})
