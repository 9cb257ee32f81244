"""Nobody gets this server to call where its caller could not: every spelling, three ways, and a canary untouched."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import pytest

from flashreel.errors import InvalidRequest, JobFailed
from flashreel.media.dialling import Unreachable
from flashreel.media.fetch import fetch_image
from flashreel.media.post import post
from flashreel.media.urls import FetchPolicy, check_http, check_url, networks
from tests.security.conftest import FIELD, Canary
from tests.security.spellings import PORTS, PRIVATE, SPELLINGS
from tests.support.site import PICTURE, Names

TABLE = [(url, sentence) for sentence, urls in SPELLINGS.items() for url in urls]


def fetch_failure(url: str, policy: FetchPolicy, names: Names | None = None) -> str:
    """The sentence, which never shows an address."""
    with pytest.raises(JobFailed) as raised:
        fetch_image(url, FIELD, policy, resolve=names or Names([]))
    assert raised.value.code == "image_unreachable"
    assert "127.0.0" not in str(raised.value)
    return str(raised.value)


def test_the_canary_counts(canary: Canary) -> None:
    """Else its silence would say nothing."""
    before = canary.touched
    policy = FetchPolicy(allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({canary.port}))
    assert "broke off" in fetch_failure(f"http://127.0.0.1:{canary.port}/", policy)
    assert canary.touched == before + 1


@pytest.mark.parametrize(("url", "sentence"), TABLE)
def test_a_spelling_is_refused_at_submit_and_at_fetch(
    canary: Canary, strict: FetchPolicy, url: str, sentence: str
) -> None:
    before = canary.touched
    url = url.replace("{port}", str(canary.port))
    with pytest.raises(InvalidRequest) as refusal:
        check_url(url, FIELD, strict)
    said = str(refusal.value)
    assert said.startswith(f"{FIELD} {sentence}: '")
    assert "Allowed: an http or https URL of a public host" in said
    assert "secret" not in said
    assert len(said) < 400
    assert refusal.value.details["field"] == FIELD
    # Also where a job got past the submit: the worker looks for itself.
    names = Names(["127.0.0.1"])
    assert fetch_failure(url, strict, names) == f"{FIELD} {sentence}"
    assert names.asked == []
    assert canary.touched == before


@pytest.mark.parametrize(("url", "sentence"), TABLE)
def test_a_spelling_is_no_webhook_either(canary: Canary, strict: FetchPolicy, url: str, sentence: str) -> None:
    before = canary.touched
    url = url.replace("{port}", str(canary.port))
    with pytest.raises(InvalidRequest) as refusal:
        check_http(url, "webhook_url", strict)
    assert str(refusal.value).startswith(f"webhook_url {sentence}: '")
    assert "secret" not in str(refusal.value)
    names = Names(["127.0.0.1"])
    with pytest.raises(Unreachable) as reason:
        post(url, b"{}", {}, strict, resolve=names)
    assert str(reason.value) == sentence
    assert names.asked == []
    assert canary.touched == before


@pytest.mark.parametrize("url", [url for url, _ in TABLE])
def test_a_redirect_to_a_spelling_is_not_followed(
    canary: Canary, site: str, open_to_site: FetchPolicy, url: str
) -> None:
    before = canary.touched
    target = url.replace("{port}", str(canary.port))
    said = fetch_failure(f"{site}/at/{quote(target, safe='')}", open_to_site, Names(["127.0.0.1"]))
    assert said.startswith(f"{FIELD} ")
    # What has no host of its own is a path on the site, which redirects it again; control characters are no HTTP; and
    # what is not ASCII may become the name of a host, which is looked up and checked.
    also = ("broke off, or its answer is not HTTP", "redirects more than 3 times", PRIVATE)
    assert said.removeprefix(f"{FIELD} ").startswith(("redirects to a URL that ", *also))
    assert canary.touched == before


@pytest.mark.parametrize("port", PORTS)
def test_other_ports_are_refused(port: int, strict: FetchPolicy) -> None:
    with pytest.raises(InvalidRequest, match=rf"^{FIELD} names port {port}, which is not allowed: "):
        check_url(f"http://example.com:{port}/", FIELD, strict)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["127.0.0.2"],
        ["0.0.0.0"],
        ["10.0.0.7"],
        ["172.31.255.255"],
        ["192.168.0.1"],
        ["169.254.169.254"],
        ["100.64.3.3"],
        ["::ffff:127.0.0.1"],
        ["::ffff:10.0.0.7"],
        ["64:ff9b::a00:7"],
        ["2002:7f00:1::"],
        ["fe80::1%lo"],
        ["fd00::7"],
        # one bad address condemns the name
        ["93.184.215.14", "127.0.0.1"],
        ["127.0.0.1", "93.184.215.14"],
        ["93.184.215.14", "::1"],
        ["2606:4700::1111", "93.184.215.14", "10.0.0.7"],
    ],
)
def test_a_name_that_resolves_to_a_private_address(canary: Canary, strict: FetchPolicy, addresses: list[str]) -> None:
    before = canary.touched
    names = Names(addresses)
    url = f"http://images.example:{canary.port}/a.png"
    check_url(url, FIELD, strict)  # nothing is looked up at submit
    assert fetch_failure(url, strict, names) == f"{FIELD} {PRIVATE}"
    assert names.asked == ["images.example"]
    assert canary.touched == before


@pytest.mark.parametrize(
    "later", [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.7"]]
)
def test_a_name_that_changes_between_lookups(
    canary: Canary, site: str, open_to_site: FetchPolicy, later: Sequence[str]
) -> None:
    """Rebinding: within one hop there is no second lookup; between hops the second answer meets the same check."""
    before = canary.touched
    names = Names(["127.0.0.2"], later)
    url = f"http://images.example:{canary.port}"
    assert fetch_image(f"{url}/picture", FIELD, open_to_site, resolve=names) == PICTURE
    assert names.asked == ["images.example"]
    names = Names(["127.0.0.2"], later)
    assert fetch_failure(f"{url}/to//picture", open_to_site, names) == f"{FIELD} {PRIVATE}"
    assert names.asked == ["images.example"] * 2
    assert canary.touched == before


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com#@127.0.0.1:{port}/",
        "http://example.com?@127.0.0.1:{port}/",
        "http://example.com/@127.0.0.1:{port}/",
        "http://example.com/http://127.0.0.1:{port}/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://127-0-0-1.example.com/",
    ],
)
def test_what_only_looks_private_is_taken_for_what_it_is(canary: Canary, strict: FetchPolicy, url: str) -> None:
    before = canary.touched
    url = url.replace("{port}", str(canary.port))
    check_url(url, FIELD, strict)
    names = Names([])
    assert fetch_failure(url, strict, names) == f"{FIELD} names a host that does not exist"
    assert names.asked[0].endswith("example.com")
    assert canary.touched == before
