"""Images from strangers' URLs, safely: what is checked is what is dialled, and nothing takes longer than it may."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urljoin

import httpcore

from flashreel import __version__
from flashreel.errors import JobFailed
from flashreel.media.dialling import Unreachable, core_url, dialling
from flashreel.media.pinned import Resolver, system_resolver
from flashreel.media.urls import FetchPolicy, decode_data_uri, is_data_uri, parse_http

REDIRECTS_MAX: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final[tuple[tuple[bytes | str, bytes | str], ...]] = (
    ("User-Agent", f"flashreel/{__version__}"),
    ("Accept", "image/*"),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
)
#: Types that are no picture whatever the bytes are. The rest is left to the decoder: many servers send no type.
_NOT_IMAGES: Final = (
    "text/html",
    "text/xml",
    "text/css",
    "text/javascript",
    "application/json",
    "application/xml",
    "application/xhtml",
    "application/pdf",
    "application/javascript",
    "image/svg",
    "audio/",
    "video/",
)


def fetch_image(url: str, field: str, policy: FetchPolicy, *, resolve: Resolver = system_resolver) -> bytes:
    """The bytes behind an http(s) URL or a data URI, at most `policy.max_bytes`, within `policy.seconds` in all.

    Each hop is dialled by the rules of `dialling`. At most three redirects. Raises JobFailed: `image_unreachable`, or
    `image_invalid` where what answered is no image.
    """
    if is_data_uri(url):
        try:
            return decode_data_uri(url, policy)
        except ValueError as refusal:
            raise JobFailed("image_invalid", f"{field} {refusal}") from None
    try:
        with dialling(policy, resolve) as pool:
            return _follow(pool, url, field, policy)
    except Unreachable as error:
        raise _unreachable(f"{field} {error}") from None
    except zlib.error:
        raise _unreachable(f"{field} broke off, or its answer is not HTTP") from None


def _unreachable(sentence: str) -> JobFailed:
    return JobFailed("image_unreachable", sentence)


def _follow(pool: httpcore.ConnectionPool, url: str, field: str, policy: FetchPolicy) -> bytes:
    """Goes from hop to hop to the body. Each hop's URL meets the same rules as the first."""
    for hop in range(REDIRECTS_MAX + 1):
        try:
            target = parse_http(url, policy)
        except ValueError as refusal:
            redirected = "redirects to a URL that " if hop else ""
            raise _unreachable(f"{field} {redirected}{refusal}") from None
        with pool.stream("GET", core_url(target), headers=_HEADERS) as response:
            headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and b"location" in headers:
                url = _joined(url, headers[b"location"])
                continue
            if response.status != 200:
                raise _unreachable(f"{field} answered {response.status}")
            _check_type(headers.get(b"content-type", ""), field)
            chunks = _decoded(response.iter_stream(), headers.get(b"content-encoding", ""), field)
            return _read(chunks, headers.get(b"content-length", ""), field, policy)
    raise _unreachable(f"{field} redirects more than {REDIRECTS_MAX} times")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # a Location that is no URL; the next hop's parse says so
        return location


def _check_type(content_type: str, field: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith(_NOT_IMAGES):
        shown = re.sub("[^!-~].*", "", media_type[:60], flags=re.DOTALL)  # a header may hold what a terminal obeys
        raise JobFailed("image_invalid", f"{field} is not an image: {shown}")


def _read(chunks: Iterator[bytes], content_length: str, field: str, policy: FetchPolicy) -> bytes:
    """The whole body, given up as soon as it is announced or grows beyond the cap."""
    too_large = JobFailed("image_invalid", f"{field} is larger than {policy.max_bytes / 1e6:g} MB")
    if content_length.isdigit() and int(content_length[:20]) > policy.max_bytes:
        raise too_large
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > policy.max_bytes:
            raise too_large
    if not body:
        raise JobFailed("image_invalid", f"{field} is empty")
    return bytes(body)


def _decoded(chunks: Iterable[bytes], encoding: str, field: str) -> Iterator[bytes]:
    """The body without its content encoding. None was asked for, but some servers compress whatever they send.

    gzip is inflated 64 KiB at a time, so a bomb meets the cap before it fills the memory.
    """
    if encoding.lower() in ("", "identity"):
        yield from chunks
        return
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise _unreachable(f"{field} answered in an encoding that was not asked for")
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    for chunk in chunks:
        rest = chunk
        while rest and not inflate.eof:
            yield inflate.decompress(rest, 65536)
            rest = inflate.unconsumed_tail
    if not inflate.eof:
        raise _unreachable(f"{field} broke off")
