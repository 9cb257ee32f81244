from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from flashreel.errors import InvalidRequest
from flashreel.media.urls import (
    FetchPolicy,
    as_data_uri,
    check_url,
    decode_data_uri,
    networks,
    parse_address,
    parse_http,
)

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


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("data:image/png;base64,", "is empty"),
        ("data:image/png;base64,!!!!", "is not valid base64"),
        ("data:image/png;base64,A", "is not valid base64"),
        ("data:image/png,rawbytes", "is not a base64 data: URI with a media type"),
        (f"data:;base64,{PNG}", "is not a base64 data: URI with a media type"),
        (f"data:{PNG}", "is not a base64 data: URI with a media type"),
        ("data:text/html;base64,PGI+", "is not an image: text/html"),
        (f"data:image/svg+xml;base64,{PNG}", "is not an image: image/svg+xml"),
    ],
)
def test_a_data_uri_that_is_none_is_refused_by_name(uri: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check_url(uri, "start_image_url", OPEN)
    assert refusal.value.details["field"] == "start_image_url"
    assert str(refusal.value).startswith(f"start_image_url {sentence}: '")
    assert "Allowed:" in str(refusal.value)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8L", "image/webp"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "image/bmp"),
        (b"MM\0*", "image/tiff"),
        (b"\0\0\0\x14ftypavif\0\0\0\0avif", "image/avif"),
        (b"\0\0\0\x14ftypheic\0\0\0\0heic", "image/heic"),
    ],
)
def test_bare_base64_of_an_image_becomes_its_data_uri(start: bytes, kind: str) -> None:
    data = start + bytes(range(200))
    bare = base64.b64encode(data).decode()
    for text in (bare, bare.rstrip("="), f"{bare[:5]}\r\n{bare[5:]}"):
        uri = as_data_uri(text)
        assert uri is not None
        assert uri.startswith(f"data:{kind};base64,")
        check_url(uri, "start_image_url", OPEN)
        assert decode_data_uri(uri, OPEN) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.png",
        "/9j/a.png",
        "https://example.com/a.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "iVBORw0KGgo-",
        base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(),
        base64.b64encode(b"no image").decode(),
        "==========",
        "A",
    ],
)
def test_anything_else_is_no_bare_image(text: str) -> None:
    assert as_data_uri(text) is None


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
        f"data:image/png;base64,{PNG[:10]}%0d%0A%20{PNG[10:].replace('=', '%3d')}",
    ],
)
def test_a_data_uri_is_read(uri: str) -> None:
    check_url(uri, "start_image_url", OPEN)
    assert decode_data_uri(uri, OPEN) == base64.b64decode(PNG)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (f"data:image/png{';a=b' * 50};base64,{PNG}", "is not a base64 data: URI"),
        (f"data:image/png;base64,%{ord(PNG[0]):x}{PNG[1:]}", "is not valid base64"),  # no encoder does that
        (f"data:image/png;base64,{PNG}%", "is not valid base64"),
    ],
)
def test_a_data_uri_that_takes_long_to_read_is_refused(uri: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        check_url(uri, "start_image_url", OPEN)


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
