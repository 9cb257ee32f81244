"""Every error flashreel raises on purpose: its code, its HTTP status, its sentence.

FlashreelError
├── RequestRefused          said to the caller at once; nothing was accepted
│   ├── InvalidRequest      400
│   ├── Unauthorized        401
│   ├── Forbidden           403
│   ├── NotFound            404
│   ├── MethodNotAllowed    405
│   ├── NotEnoughCredits    406
│   ├── Conflict            409
│   ├── TooLarge            413
│   ├── IdempotencyMismatch 422
│   ├── RateLimited         429
│   ├── InternalError       500
│   ├── Unavailable         503
│   └── StillRunning        504: the wait ended, the job goes on
├── JobFailed               what ends a job as FAILED; its code is one of `JOB_ERRORS`
├── SetupError              the operator's own: a port taken, a setting that cannot be
└── RemoteError             a server that was asked refused, or did not answer
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal, get_args

JobErrorCode = Literal[
    "content_blocked",
    "image_unreachable",
    "image_invalid",
    "cancelled",
    "deadline_exceeded",
    "worker_lost",
    "upstream_failed",
    "engine_failed",
    "out_of_memory",
    "output_rejected",
    "storage_failed",
]

#: The HTTP status a synchronous (v1) call answers for a job that FAILED with this code.
JOB_ERRORS: Mapping[JobErrorCode, int] = MappingProxyType(
    {
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
)
assert set(JOB_ERRORS) == set(get_args(JobErrorCode))


class FlashreelError(Exception):
    """The root. `str(error)` is a sentence a person can act on."""


class RequestRefused(FlashreelError):
    """A request that was not accepted.

    `code` is the word in the error body, `status` the HTTP status, `details` further members of the body
    (`field`, `value`, `allowed`, ...), `headers` what the answer carries besides.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None, **details: object) -> None:
        super().__init__(message)
        self.details = details
        self.headers = dict(headers or {})


class InvalidRequest(RequestRefused):
    """A field that is missing or cannot be: the sentence names the field, the value and what is allowed."""

    status = 400
    code = "invalid_request"


class Unauthorized(RequestRefused):
    status = 401
    code = "unauthorized"


class Forbidden(RequestRefused):
    status = 403
    code = "forbidden"


class NotFound(RequestRefused):
    status = 404
    code = "not_found"


class MethodNotAllowed(RequestRefused):
    status = 405
    code = "method_not_allowed"


class NotEnoughCredits(RequestRefused):
    status = 406
    code = "insufficient_credits"


class Conflict(RequestRefused):
    """It does not go together with what there is now: the same request is still being answered, a job has ended."""

    status = 409
    code = "conflict"


class IdempotencyMismatch(RequestRefused):
    """An Idempotency-Key that belongs to another request."""

    status = 422
    code = "idempotency_mismatch"


class TooLarge(RequestRefused):
    status = 413
    code = "too_large"


class RateLimited(RequestRefused):
    status = 429
    code = "rate_limited"


class InternalError(RequestRefused):
    status = 500
    code = "internal_error"


class Unavailable(RequestRefused):
    status = 503
    code = "unavailable"


class StillRunning(RequestRefused):
    """A synchronous call outlasted its wait. The job goes on; the details say where to find it."""

    status = 504
    code = "timeout"


class JobFailed(FlashreelError):
    """Ends a job as FAILED. Raised by an engine, by the media code or by the worker; never by the API."""

    def __init__(self, code: JobErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        return JOB_ERRORS[self.code]


class SetupError(FlashreelError):
    """The operator can mend it: the sentence says what is wrong and what to do."""


class RemoteError(FlashreelError):
    """What another flashreel server refused, in its own words, or why it could not be asked."""
