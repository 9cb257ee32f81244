"""GET /metrics: who may look."""

from __future__ import annotations

import pytest

from tests.api.conftest import ApiMaker

HERE = {"host": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("peer", "headers", "proxies", "status"),
    [
        ("127.0.0.1", {}, "", 200),
        ("127.0.0.9", {"host": "localhost"}, "", 200),
        ("::1", {"host": "[::1]:8000"}, "", 200),
        ("::ffff:127.0.0.1", {}, "", 200),
        ("10.0.0.9", {}, "", 401),
        ("127.0.0.1", {"host": "rebound.example"}, "", 401),
        # Through a proxy that nobody named: whatever it says, the caller is not this machine.
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, "", 401),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, "", 401),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}, "", 401),
        # Through one that is trusted: whom it names.
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, "127.0.0.1", 200),
        ("10.0.0.1", {"x-forwarded-for": "127.0.0.1"}, "10.0.0.0/8", 200),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.9"}, "127.0.0.1", 401),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1, 10.0.0.9"}, "127.0.0.1", 401),
        ("127.0.0.1", {"x-forwarded-for": "somebody"}, "127.0.0.1", 401),
        ("127.0.0.1", {}, "127.0.0.1", 401),
    ],
)
def test_only_this_machine_needs_no_key(
    make_api: ApiMaker, peer: str, headers: dict[str, str], proxies: str, status: int
) -> None:
    api = make_api(client=(peer, 1), trusted_proxies=proxies)
    answer = api.get("/metrics", key=None, headers={**HERE, **headers})
    assert answer.status_code == status
    assert ("flashreel_store_up 1.0" in answer.text) == (status == 200)


def test_two_headers_are_read_as_one(make_api: ApiMaker) -> None:
    api = make_api(trusted_proxies="127.0.0.1")
    said = [("host", "127.0.0.1"), ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "10.0.0.9")]
    assert api.runner.run(api.client.get("/metrics", headers=said)).status_code == 401


def test_a_key_that_is_shown_must_be_good_for_it(make_api: ApiMaker) -> None:
    api = make_api()
    assert api.get("/metrics", headers=HERE).status_code == 403
    assert api.get("/metrics", key="wrong", headers=HERE).status_code == 401
    _, admin = api.new_key(scopes=("admin",))
    assert api.get("/metrics", key=admin).status_code == 200


def test_hosts_that_are_allowed_do_not_matter_here(make_api: ApiMaker) -> None:
    api = make_api(allowed_hosts="video.example.com")
    assert api.get("/metrics", key=None, headers=HERE).status_code == 200
    assert api.get("/health/live", headers={"host": "other.example"}).status_code == 200
    assert api.get("/metricsx", key=None, headers=HERE).status_code == 400
