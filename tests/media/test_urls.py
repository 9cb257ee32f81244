from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from flashreel.errors import InvalidRequest
from flashreel.media.urls import FetchPolicy, check_url, decode_data_uri, networks, parse_address, parse_http

OPEN = FetchPolicy()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://example.com/a.png", "/a.png"),
        ("HTTP://EXAMPLE.com:80/a.png?x=1&y=%20", "/a.png?x=1&y=%20"),
        ("https://example.com", "/"),
        ("https://example.com?size=large", "/?size=large"),
        ("https://example.com:443/ä b".replace(" ", ""), "/%C3%A4b"),
        ("https://example.com./a.png#top", "/a.png"),
        ("https://bücher.example/a.png", "/a.png"),
        ("https://8.8.8.8/a.png", "/a.png"),
        ("https://[2606:4700::1111]/a.png", "/a.png"),
        ("https://my_bucket.example.com/a.png", "/a.png"),
    ],
)
def test_a_public_url_passes(url: str, path: str) -> None:
    check_url(url, "start_image_url", OPEN)
    assert parse_http(url, OPEN).path == path


def test_the_host_comes_out_in_ascii() -> None:
    assert parse_http("https://Bücher.Example./a", OPEN).host == "xn--bcher-kva.example"
    assert parse_http("https://[2606:4700::1111]/a", OPEN).host == "2606:4700::1111"


HOSTILE = {
    "scheme": [
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/a.png",
        "example.com/a.png",
        "/a.png",
        "javascript:alert(1)",
        "",
    ],
    "syntax": [
        "https://",
        "https:///a.png",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: other",
        "https://example.com\\@127.0.0.1/",
        "ht\ntp://example.com/",
        " https://example.com/",
        "https://example.com:port/",
        "https://example.com:99999/",
        "https://[::1/",
        "https://[nonsense]/",
        "https://ex..ample.com/",
        "https://-example.com/",
        "https://exam$ple.com/",
        "https://" + "a" * 64 + ".com/",
        "https://example.com/" + "a" * 9000,
    ],
    "credentials": ["https://user@example.com/", "https://user:secret@example.com/", "https://@example.com/"],
    "port": ["http://example.com:8080/", "https://example.com:22/", "http://example.com:0/"],
    "address": [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://127.8.9.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://192.0.0.1/",
        "http://198.18.0.1/",
        "http://203.0.113.9/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://api.localhost/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:1::1]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://１２７.0.0.1/",  # noqa: RUF001  full-width digits are the point
        "http://127。0。0。1/",
        "http://[fe80::1%25eth0]/",
    ],
    "data": [
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        "data:image/png,rawbytes",
        "data:text/html;base64,PGI+",
        f"data:image/svg+xml;base64,{PNG}",
        f"data:;base64,{PNG}",
        f"data:{PNG}",
        "data:image/png;base64,A",
    ],
}


@pytest.mark.parametrize(("kind", "url"), [(kind, url) for kind, urls in HOSTILE.items() for url in urls])
def test_a_hostile_url_is_refused_by_name(kind: str, url: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check_url(url, "start_image_url", OPEN)
    assert refusal.value.details["field"] == "start_image_url"
    assert str(refusal.value).startswith("start_image_url ")
    assert "Allowed:" in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_an_error_does_not_repeat_a_password() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check_url("https://user:secret@example.com/a", "end_image_url", OPEN)
    assert "secret" not in str(refusal.value) + str(refusal.value.details)
    assert "carries credentials" in str(refusal.value)


def test_a_policy_opens_networks_hosts_and_ports() -> None:
    policy = FetchPolicy(
        allow_networks=networks(["127.0.0.0/8", "fd00::/8"]),
        allow_hosts=frozenset({"images.localhost"}),
        allow_ports=frozenset({8080}),
    )
    check_url("http://127.0.0.1:8080/a", "start_image_url", policy)
    check_url("http://[::ffff:127.0.0.1]/a", "start_image_url", policy)
    check_url("http://[fd00::1]/a", "start_image_url", policy)
    only_host = FetchPolicy(allow_hosts=frozenset({"images.localhost"}))
    check_url("http://images.localhost/a", "start_image_url", only_host)
    for url in ("http://10.0.0.1/a", "http://127.0.0.1:8081/a"):
        with pytest.raises(InvalidRequest):
            check_url(url, "start_image_url", policy)
    with pytest.raises(InvalidRequest):
        check_url("http://other.localhost/a", "start_image_url", only_host)


def test_a_nat64_address_is_judged_by_the_address_behind_it() -> None:
    assert OPEN.allows("h", parse_address("64:ff9b::808:808"))
    assert not OPEN.allows("h", parse_address("64:ff9b::a00:1"))
    assert not OPEN.allows("h", parse_address("fe80::1%eth0"))


@pytest.mark.parametrize(
    "uri",
    [
        f"data:image/png;base64,{PNG}",
        f"DATA:IMAGE/PNG;BASE64,{PNG}",
        f"data:image/png;name=a.png;base64,{PNG}",
        f"data:image/png;base64,{PNG.replace('=', '').replace('/', '%2F')}",
        f"data:image/png;base64,{PNG[:10]}\n {PNG[10:]}",
    ],
)
def test_a_data_uri_is_read(uri: str) -> None:
    check_url(uri, "start_image_url", OPEN)
    assert decode_data_uri(uri, OPEN) == base64.b64decode(PNG)


def test_a_data_uri_is_capped_by_its_decoded_size() -> None:
    def uri(size: int) -> str:
        return "data:image/png;base64," + base64.b64encode(bytes(size)).decode()

    policy = FetchPolicy(max_bytes=1000)
    check_url(uri(1000), "start_image_url", policy)
    for size in (1001, 1002, 1003, 100_000):
        with pytest.raises(InvalidRequest, match="larger than"):
            check_url(uri(size), "start_image_url", policy)


def test_checking_needs_no_codec_numpy_or_http_client() -> None:
    code = (
        "import sys, flashreel.media.urls\n"
        "print(sorted({'av', 'numpy', 'PIL', 'cv2', 'httpx', 'httpcore'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
