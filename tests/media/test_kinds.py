"""What a file is by how it begins: what Pillow writes is told as what it is, and the rest is named."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flashreel.media.kinds import SUFFIXES, image_type, other_type


def saved(kind: str, **options: object) -> bytes:
    file = BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 30)).save(file, kind, **options)
    return file.getvalue()


def iso(major: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO file with these brands."""
    brands = b"".join(compatible)
    return struct.pack(">I4s4sI", 16 + len(brands), b"ftyp", major, 0) + brands + b"\0\0\0\x08mdat"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_kind_that_can_be_read_is_known(kind: str) -> None:
    assert image_type(saved(kind)) == f"image/{kind.lower()}"
    assert other_type(saved(kind)) is None


def test_variants_are_the_same_kind() -> None:
    assert image_type(saved("TIFF", big_tiff=True)) == "image/tiff"
    assert image_type(b"MM\x00*\0\0\0\x08") == "image/tiff"
    assert image_type(b"GIF87a") == "image/gif"
    assert image_type(iso(b"avis", b"msf1", b"miaf")) == "image/avif"
    assert image_type(iso(b"mif1", b"avif")) == "image/avif"
    assert image_type(iso(b"heic", b"mif1")) == "image/heic"
    assert image_type(iso(b"mif1", b"heic")) == "image/heic"


def test_every_kind_has_a_suffix_of_its_own() -> None:
    assert len(set(SUFFIXES.values())) == len(SUFFIXES) == 8


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (iso(b"isom", b"iso2", b"mp41"), "video/mp4"),
        (iso(b"qt  "), "video/quicktime"),
        (b"\x1aE\xdf\xa3\x01", "video/webm"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xef\xbb\xbf <!DOCTYPE html>", "text/html"),
        (b"<svg xmlns=''>", "image/svg+xml"),
        (b'<?xml version="1.0"?>', "application/xml"),
        (b' {"error": 1}', "application/json"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xff\x0a", "image/jxl"),
        (iso(b"heic"), "image/heic"),
    ],
)
def test_what_is_not_read_is_named(data: bytes, kind: str) -> None:
    assert other_type(data) == kind
    assert image_type(data) == (kind if kind == "image/heic" else None)


@pytest.mark.parametrize(
    "data", [b"", b"BM", b"BMW drives through a canyon", b"RIFF", b"GIF", b"hello", b"\0\0\0\xffftyp"]
)
def test_a_beginning_that_is_too_little_is_nothing(data: bytes) -> None:
    assert image_type(data) is None
    assert other_type(data) is None


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: b"\0\0\0\x20ftyp" + rest)))
def test_any_bytes_are_something_or_nothing(data: bytes) -> None:
    kind = image_type(data)
    assert kind is None or kind in SUFFIXES
    other = other_type(data)
    assert other is None or "/" in other
