"""A POST to a stranger: the status is what counts, and no rule of a fetched image is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.receiver import Receiver, receiving
from tests.support.site import Names

from flashreel.media.dialling import Unreachable
from flashreel.media.post import post
from flashreel.media.urls import FetchPolicy

NAME = "hooks.example.com"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def send(receiver: Receiver, path: str, *, seconds: float = 30.0, allowed: bool = True) -> int:
    """To a name that resolves to the loopback, which is `allowed` or not."""
    names = frozenset({NAME}) if allowed else frozenset()
    policy = FetchPolicy(allow_hosts=names, allow_ports=frozenset({receiver.port}), seconds=seconds)
    headers = {"X-Said": "so"}
    return post(receiver.url(path, NAME), b'{"a": 1}', headers, policy, resolve=Names(["127.0.0.1"]))


def test_a_post_arrives_whole_with_its_headers(receiver: Receiver) -> None:
    assert send(receiver, "/ok?x=1&y=%20") == 200
    [arrived] = receiver.posts
    assert (arrived.path, arrived.body) == ("/ok?x=1&y=%20", b'{"a": 1}')
    assert arrived.headers["x-said"] == "so"
    assert arrived.headers["host"] == f"{NAME}:{receiver.port}"
    assert arrived.headers["content-length"] == "8"


@pytest.mark.parametrize(("path", "status"), [("/gone", 410), ("/busy", 503), ("/garbage", 200)])
def test_the_status_is_what_counts(receiver: Receiver, path: str, status: int) -> None:
    assert send(receiver, path) == status


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    assert send(receiver, "/redirect") == 302
    assert [arrived.path for arrived in receiver.posts] == ["/redirect"]


def test_an_answer_without_end_is_left_once_its_status_is_known(receiver: Receiver) -> None:
    assert send(receiver, "/drip", seconds=2.0) == 200


@pytest.mark.parametrize(
    ("path", "allowed", "said"),
    [
        ("/hang", True, "did not answer in full within 0.3 s"),
        ("/cut", True, "broke off, or its answer is not HTTP"),
        ("/ok", False, "leads to an address that is not public"),
    ],
)
def test_what_cannot_be_reached_is_said(receiver: Receiver, path: str, allowed: bool, said: str) -> None:
    with pytest.raises(Unreachable) as reason:
        send(receiver, path, seconds=0.3 if path == "/hang" else 30.0, allowed=allowed)
    assert str(reason.value) == said
    assert [arrived.path for arrived in receiver.posts] == [path] * allowed


def test_rules_that_became_stricter_hold(receiver: Receiver) -> None:
    with pytest.raises(Unreachable, match="which is not allowed"):
        post(receiver.url("/ok", NAME), b"{}", {}, FetchPolicy(), resolve=Names(["127.0.0.1"]))
    assert receiver.posts == []
