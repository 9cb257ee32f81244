"""A POST to a stranger's URL, under the rules of an image's (`fetch.py`), but without redirects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpcore

from flashreel.media.dialling import Unreachable, core_url, dialling
from flashreel.media.pinned import Resolver, system_resolver
from flashreel.media.urls import FetchPolicy, parse_http

_ANSWER_MAX: Final = 4096


def post(
    url: str, body: bytes, headers: Mapping[str, str], policy: FetchPolicy, *, resolve: Resolver = system_resolver
) -> int:
    """The status that `url` answered, within `policy.seconds` in all. What it says besides is not looked at.

    Raises Unreachable, with a sentence without its beginning.
    """
    try:
        target = parse_http(url, policy)
    except ValueError as refusal:  # the operator's rules may have changed since it was accepted
        raise Unreachable(str(refusal)) from None
    with dialling(policy, resolve) as pool:
        sent = [*headers.items(), ("Connection", "close")]
        with pool.stream("POST", core_url(target), headers=sent, content=body) as response:
            _read_some(response)
            return response.status


def _read_some(response: httpcore.Response) -> None:
    """Takes a little of the answer, so that an honest receiver can finish it; the status is known by now."""
    taken = 0
    try:
        for chunk in response.iter_stream():
            taken += len(chunk)
            if taken >= _ANSWER_MAX:
                return
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
