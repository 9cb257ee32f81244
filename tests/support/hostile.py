"""What nobody should send, as Hypothesis strategies: values near what a schema allows, and far from it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

PNG = b"\x89PNG\r\n\x1a\n0123"

#: Texts that have broken something somewhere.
# fmt: off
NASTY = (
    "", " ", "\x00", "a\x00b", "\r\n", "\t", "\x1b[31m", "\x7f", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "\u2028",
    "9" * 30, "-1", "0", "00", "1e999", "1_000", "0x10", "٣", "\uff19", "\u00b2", "½", "+5", "5.0", "NaN", "Infinity",
    "true", "TRUE", "on", "[]", "{}", "null", "undefined", "None", "../..", "..%2f", "%", "%00", "%zz", "%ff", "/",
    "\\", "a" * 9000, "é" * 300, "🦊" * 200, "' OR 1=1 --", "\"'`;|&$()<script>", "{{7*7}}", "%s%n", "${jndi:x}", ".",
    "asset:a/b.mp4", "asset:../x#first", "file:///etc/passwd", "http://127.0.0.1/", "http://[::1", "http://[::1]/a",
    "https://user:pw@example.com/a.png", "http://example.com:99999/", "http://\ud800.com/", "//example.com", "HTTP://",
    "data:", "data:image/png;base64,", "data:image/png;base64,!!!", "data:image/png,abc", "data:;base64,QQ==", "data:,",
    "data:application/octet-stream;base64,é", "data:application/octet-stream;base64,AAA", "video_", "after-", "before-",
    "00000000-0000-0000-0000-000000000000", "0" * 32, "f" * 32, "wait=", "wait=61", "bytes=0-", "bytes=-0", "W/",
)
# fmt: on
IMAGES = (
    "https://example.com/a.png",
    f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    base64.b64encode(PNG + b"0" * 30).decode(),
    "http://api.test/assets/uploads/x/y.png",
    "http://api.test/v1/files/x",
)
TEXT: SearchStrategy[str] = st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec=None), max_size=40))
NUMBERS: SearchStrategy[int | float] = st.one_of(
    st.sampled_from([0, -1, 5, 9, 2**31, 2**53, 2**53 + 1, 2**63, 10**400, -(10**400), 0.5, 5.0, 1e308, -0.0, 1e-320]),
    st.integers(),
    st.floats(),
)
JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)

#: JSON as text that no printer of it would write.
# fmt: off
NO_JSON = (
    b"", b" ", b"{", b"null", b"[]", b'""', b"NaN", b"{}{}", b'{"prompt":}', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}",
    b'{"prompt":"a fox","prompt":5}', b'{"prompt":"\xff"}', b'{"prompt":"\xed\xa0\x80"}', b"{'prompt':'a'}",
    b'{"seed":' + b"9" * 5000 + b"}", b'{"seed":1e99999}', b'{"seed":-Infinity}', b'{"prompt":"\\ud800"}',
    b"[" * 100_000, b'{"a":' * 50_000, b'{"prompt":"a fox","x":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"prompt":"a fox","concepts":' + b'[{"key":' * 400 + b"1" + b"}]" * 400 + b"}",
)
CONTENT_TYPES = (
    "application/json", "application/json; charset=utf-16", "APPLICATION/JSON", "text/json", "application/x-ndjson", "",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=b; charset=none-such",
    'multipart/form-data; boundary="b', "multipart/form-data; boundary=" + "b" * 300, "multipart/mixed; boundary=b",
    "application/x-www-form-urlencoded", "text/plain", "application/octet-stream", "*/*", ";", "application/json,a/b",
)
# fmt: on

#: Values of headers, from which a request takes some.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "x-stainless-retry-count": ("0", "1", "999", "1000", "-1", "²", "1.5", "a", ""),
    "idempotency-key": ("a", "a" * 255, "a" * 256, "", "é", "a b", "\x00", "-"),
    "prefer": ("wait", "wait=1", "wait=60", "wait=61", "wait=0", 'wait="5"', "wait=é", "wait=٣", "respond-async, wait"),
    "cancel-after": ("5", "90s", "1h30m", "4s", "", "h", "999999h999999m999999999", "-5", "1e3", "²s"),
    "range": ("bytes=0-3", "bytes=-1", "bytes=9-", "bytes=99-", "bytes=5-1", "bytes=0-1,3-4", "bytes=-0", "items=0-1"),
    "if-range": ('"a"', 'W/"a"', "", "Wed, 21 Oct 2015 07:28:00 GMT"),
    "if-none-match": ("*", '"a", *', "", "W/", ","),
    "host": ("api.test", "", "a b", "é", "[::1]:80", "[::1", "a:99999999", "a/b", "a@b", "evil.test:80", "a" * 300),
    "x-forwarded-host": ("proxy.test", "", "a b", ",", "a, b", "é", "a/b"),
    "x-forwarded-proto": ("https", "http", "ftp", "", "HTTPS,http", "é"),
    "x-forwarded-for": ("1.2.3.4", "a", ""),
    "accept": ("application/json", "video/mp4", "", ";;", "é", "*/*"),
    "last-event-id": ("1", "-1", "x", ""),
    "content-length": ("0", "-1", "a", "²", "9" * 40, "1"),
    "transfer-encoding": ("chunked", "x"),
    "content-encoding": ("gzip",),
    "authorization": ("Bearer", "Bearer  ", "Basic YTpi", "bearer fr_\xff", "é"),
}


def mostly(good: SearchStrategy[Any], bad: SearchStrategy[Any], parts: int = 6) -> SearchStrategy[Any]:
    """`bad` once in `parts`."""
    return st.integers(1, parts).flatmap(lambda part: bad if part == parts else good)


def near(schema: Mapping[str, Any], resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> SearchStrategy[Any]:
    """Values as the schema has them, and anything else at any place of them."""
    return mostly(_good(resolve(schema), resolve), JSON)


def _good(schema: Mapping[str, Any], resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of([near(part, resolve) for part in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        members = {name: near(part, resolve) for name, part in schema.get("properties", {}).items()}
        needed = schema.get("required", ())
        fixed = {name: mostly(_good(resolve(schema["properties"][name]), resolve), JSON, 12) for name in needed}
        others = {name: part for name, part in members.items() if name not in fixed}
        whole = st.fixed_dictionaries(fixed, optional=others)
        return mostly(whole, st.tuples(whole, st.dictionaries(TEXT, JSON, max_size=3)).map(lambda two: two[1] | two[0]))
    if kind == "array":
        return st.lists(near(schema["items"], resolve), max_size=4)
    if kind == "integer":
        return st.sampled_from([schema.get("minimum", 0), schema.get("maximum", 2**53), 1, 7])
    if kind == "boolean":
        return st.booleans()
    if kind == "string" and "maxLength" in schema:
        return st.sampled_from(["a fox", "a fox runs", "x" * schema["maxLength"], "🦊 at night"])
    return st.sampled_from(IMAGES) if kind == "string" else st.none()


def written(value: object) -> bytes:
    """As JSON: surrogates as escapes, NaN and infinities as Python writes them."""
    return json.dumps(value).encode("ascii")


def json_bodies(fields: SearchStrategy[Any]) -> SearchStrategy[tuple[str, bytes]]:
    """A content type and a body."""
    good = st.tuples(st.just("application/json"), fields.map(written))
    types = st.tuples(st.sampled_from(CONTENT_TYPES), fields.map(written))
    return mostly(
        good, st.one_of(types, st.tuples(st.just("application/json"), st.sampled_from(NO_JSON) | st.binary()))
    )


@st.composite
def form_bodies(draw: st.DrawFn, fields: SearchStrategy[Any]) -> tuple[str, bytes]:
    """Multipart form data of the fields: parts twice, without names, as files, cut off, with heads that are none."""
    values = draw(fields)
    parts = []
    for name, value in values.items() if isinstance(values, dict) else ():
        text = value if isinstance(value, str) else json.dumps(value)
        data = draw(mostly(st.just(text.encode("utf-8", "surrogatepass")), st.just(PNG) | st.binary(max_size=50)))
        file = draw(
            mostly(st.just(""), st.sampled_from(['; filename="a.png"', "; filename*=UTF-8''%ff", '; filename=""']))
        )
        spelt = name.encode("utf-8", "surrogatepass").replace(b'"', b"%22")
        head = b'content-disposition: form-data; name="' + spelt + b'"' + file.encode()
        hostile = [
            b"content-disposition: form-data",
            b"no head",
            b"content-disposition",
            head + b"\r\ncontent-type: \xff",
            b"",
        ]
        parts.append(draw(mostly(st.just(head), st.sampled_from(hostile), 12)) + b"\r\n\r\n" + data + b"\r\n")
    if parts and draw(st.integers(0, 5)) == 0:
        parts.append(draw(st.sampled_from(parts)))
    body = b"".join(b"--b\r\n" + part for part in parts) + b"--b--\r\n"
    if draw(st.integers(0, 7)) == 0:
        body = body[: draw(st.integers(0, len(body)))]
    return draw(mostly(st.just("multipart/form-data; boundary=b"), st.sampled_from(CONTENT_TYPES), 12)), body


def headers() -> SearchStrategy[list[tuple[bytes, bytes]]]:
    """Some headers, some twice; a parser of HTTP lets no control characters through but the tab."""
    bytes_ = st.binary(max_size=20).map(lambda raw: bytes(byte for byte in raw if byte >= 0x20 and byte != 0x7F))

    def valued(name: str) -> SearchStrategy[tuple[bytes, bytes]]:
        known = [value.encode("utf-8").replace(b"\x00", b"\t") for value in HEADERS[name]]
        return st.tuples(st.just(name.encode()), mostly(st.sampled_from(known), bytes_))

    return st.lists(st.sampled_from(sorted(HEADERS)).flatmap(valued), max_size=4)


def segments() -> SearchStrategy[str]:
    """A piece of a path, as it stands in the request line."""
    escaped = TEXT.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe=""))
    return st.one_of(
        escaped, st.sampled_from(["..", ".", "%2e%2e%2f", "%ff", "%", "%0", "a%00b", "a%2fb", "a//b", ";a=b"])
    )


@st.composite
def queries(draw: st.DrawFn, names: tuple[str, ...], values: Mapping[str, list[str]]) -> str:
    """A query string of these names and others, some twice; `values` are good ones."""
    known = st.sampled_from(names).flatmap(
        lambda name: st.tuples(st.just(name), mostly(st.sampled_from(values.get(name) or ["1"]), TEXT, 2))
    )
    pairs = draw(st.lists(known | st.tuples(TEXT, TEXT), max_size=3))
    good = "&".join(
        f"{quote(name.encode('utf-8', 'surrogatepass'))}={quote(value.encode('utf-8', 'surrogatepass'))}"
        for name, value in pairs
    )
    broken = ["%ff&&=;limit=%00", "=", "limit", "limit=1&limit=2", "after=%ED%A0%80"]
    query: str = draw(mostly(st.just(good), st.sampled_from(broken)))
    return query
