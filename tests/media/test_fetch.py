from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trustme
from tests.support.site import PICTURE, Names, Site, serving

from flashreel.errors import JobFailed
from flashreel.media.fetch import fetch_image
from flashreel.media.urls import FetchPolicy, networks

FIELD = "start_image_url"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture
def policy(port: int) -> FetchPolicy:
    return FetchPolicy(
        allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}), max_bytes=100_000, seconds=30
    )


@pytest.fixture
def site(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def failure(url: str, policy: FetchPolicy, names: Names | None = None) -> tuple[str, str]:
    """The code and the sentence; the sentence never shows an address."""
    with pytest.raises(JobFailed) as raised:
        fetch_image(url, FIELD, policy, resolve=names or Names([]))
    assert str(raised.value).startswith(FIELD)
    assert "127.0.0.1" not in str(raised.value)
    assert "10.0.0" not in str(raised.value)
    return raised.value.code, str(raised.value)


def test_a_picture_arrives(site: str, policy: FetchPolicy) -> None:
    assert fetch_image(f"{site}/picture", FIELD, policy) == PICTURE
    assert fetch_image(f"{site}/gzip", FIELD, policy) == PICTURE
    assert fetch_image(f"{site}/type/application/octet-stream", FIELD, policy) == PICTURE


@pytest.mark.parametrize("kind", ["text/html", "text/html%1B%5B31m", "text/html%1B%5D0;x%07", "text/html%FF"])
def test_what_it_is_instead_is_said_in_plain_letters(site: str, policy: FetchPolicy, kind: str) -> None:
    assert failure(f"{site}/type/{kind}", policy) == ("image_invalid", f"{FIELD} is not an image: text/html")


def test_a_data_uri_needs_no_http() -> None:
    uri = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    assert fetch_image(uri, FIELD, FetchPolicy()) == PICTURE
    assert failure("data:image/png;base64,!!", FetchPolicy())[0] == "image_invalid"


def test_loopback_is_refused_without_a_policy(port: int) -> None:
    closed = FetchPolicy(allow_ports=frozenset({port}))
    assert failure(f"http://127.0.0.1:{port}/picture", closed)[0] == "image_unreachable"
    names = Names(["127.0.0.1"])
    code, sentence = failure(f"http://images.example:{port}/picture", closed, names)
    assert code == "image_unreachable"
    assert "not public" in sentence


def test_what_was_checked_is_dialled_and_the_name_asked_once(port: int, policy: FetchPolicy) -> None:
    Site.seen.clear()
    names = Names(["127.0.0.1"], ["10.0.0.7"])  # a second question would get another answer
    assert fetch_image(f"http://images.example:{port}/picture", FIELD, policy, resolve=names) == PICTURE
    assert names.asked == ["images.example"]
    assert Site.seen == [f"images.example:{port}"]


def test_each_hop_asks_once(port: int, policy: FetchPolicy) -> None:
    names = Names(["127.0.0.1"])
    url = f"http://a.example:{port}/to/http://b.example:{port}/to//picture"
    assert fetch_image(url, FIELD, policy, resolve=names) == PICTURE
    assert names.asked == ["a.example", "b.example", "b.example"]


def test_three_redirects_and_no_more(site: str, policy: FetchPolicy) -> None:
    assert fetch_image(f"{site}/to//to//to//picture", FIELD, policy) == PICTURE
    assert failure(f"{site}/to//to//to//to//picture", policy)[1] == f"{FIELD} redirects more than 3 times"
    assert "more than 3 times" in failure(f"{site}/loop", policy)[1]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("http://images.example:22/picture", "names port 22, which is not allowed"),
        ("http://me:secret@images.example/picture", "carries credentials"),
        ("file:///etc/hostname", "is not an http or https URL"),
        ("http://169.254.169.254/", "leads to an address that is not public"),
    ],
)
def test_a_redirect_meets_the_rules_of_the_first_url(site: str, policy: FetchPolicy, to: str, said: str) -> None:
    names = Names(["127.0.0.1"])
    assert failure(f"{site}/to/{to}", policy, names) == ("image_unreachable", f"{FIELD} redirects to a URL that {said}")
    assert names.asked == []


@pytest.mark.parametrize("status", [204, 206, 403, 404, 429, 500])
def test_another_status_is_named(site: str, policy: FetchPolicy, status: int) -> None:
    assert failure(f"{site}/status/{status}", policy) == ("image_unreachable", f"{FIELD} answered {status}")


def test_the_cap_itself_is_allowed(site: str, policy: FetchPolicy) -> None:
    assert len(fetch_image(f"{site}/zeros/100000", FIELD, policy)) == 100_000


def test_nothing_at_all_is_no_image(site: str, policy: FetchPolicy) -> None:
    assert failure(f"{site}/zeros/0", policy) == ("image_invalid", f"{FIELD} is empty")


def test_the_deadline_holds_against_a_resolver() -> None:
    released = threading.Event()

    def stuck(host: str) -> Sequence[str]:
        released.wait(10)
        return ["93.184.215.14"]

    with pytest.raises(JobFailed, match=r"within 0\.2 s"):
        fetch_image("http://images.example/", FIELD, FetchPolicy(seconds=0.2), resolve=stuck)
    released.set()


def test_a_name_without_an_address(policy: FetchPolicy) -> None:
    def unknown(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    with pytest.raises(JobFailed, match="host that does not exist") as raised:
        fetch_image("http://images.example/", FIELD, policy, resolve=unknown)
    assert raised.value.code == "image_unreachable"
    assert "does not exist" in failure("http://images.example/", policy, Names([]))[1]


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = int(unused.getsockname()[1])
        policy = FetchPolicy(allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}))
        assert failure(f"http://127.0.0.1:{port}/", policy) == (
            "image_unreachable",
            f"{FIELD} could not be connected to",
        )


def test_the_next_address_is_tried(port: int) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", port))
        policy = FetchPolicy(allow_networks=networks(["127.0.0.0/8"]), allow_ports=frozenset({port}), seconds=30)
        names = Names(["127.0.0.2", "127.0.0.1"])
        assert fetch_image(f"http://images.example:{port}/picture", FIELD, policy, resolve=names) == PICTURE


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    site: str, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch_image(f"{site}/picture", FIELD, policy) == PICTURE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for images.example with its key; the authority that signed it lies beside it."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "images.pem"
    authority.issue_cert("images.example").private_key_and_cert_chain_pem.write_to_path(str(path))
    authority.cert_pem.write_to_path(str(path.with_suffix(".crt")))
    return path


def test_the_certificate_is_checked_by_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda connection, name, _: asked.append(name)
    with serving(context) as port:
        policy = FetchPolicy(allow_networks=networks(["127.0.0.1/32"]), allow_ports=frozenset({port}), seconds=30)
        names = Names(["127.0.0.1"])
        assert "certificate" in failure(f"https://images.example:{port}/picture", policy, names)[1]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        assert fetch_image(f"https://images.example:{port}/picture", FIELD, policy, resolve=names) == PICTURE
        assert "certificate" in failure(f"https://other.example:{port}/picture", policy, names)[1]
    assert asked == ["images.example", "images.example", "other.example"]
