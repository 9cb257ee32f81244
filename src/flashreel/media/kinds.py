"""What a file is by how it begins. Standard library only: the API process looks, and never decodes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: The image types that are told apart, each with the suffix its files get.
SUFFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/png": "png",
        "image/jpeg": "jpg",
        "image/webp": "webp",
        "image/gif": "gif",
        "image/bmp": "bmp",
        "image/tiff": "tiff",
        "image/avif": "avif",
        "image/heic": "heic",
    }
)
#: The same for a sentence.
NAMES: Final = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC"

_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),  # BigTIFF
    (b"MM\x00+", "image/tiff"),
)
_BMP_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)  # bytes of the information header, by its version
_AVIF_BRANDS: Final = {b"avif", b"avis"}
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

#: What else people send, in lower case, and after any white space.
_TEXTS: Final = (
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "application/xml"),
    (b"{", "application/json"),
    (b"%pdf", "application/pdf"),
)
_OTHERS: Final = (
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL ", "image/jxl"),
    (b"\x00\x00\x00\x0cjP  ", "image/jp2"),
)
_CONTAINERS: Final = {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}


def image_type(data: bytes) -> str | None:
    """The media type, a key of SUFFIXES, of what begins like an image; None for anything else."""
    for start, kind in _IMAGES:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    # Two letters are not enough: texts begin with them too.
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        return "image/avif"
    return "image/heic" if brands & _HEIC_BRANDS else None


def other_type(data: bytes) -> str | None:
    """The media type of what no decoder here reads, as far as its beginning tells."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for prefix, kind in _TEXTS:
        if start.startswith(prefix):
            return kind
    for prefix, kind in _OTHERS:
        if data.startswith(prefix):
            return kind
    if data[:4] == b"RIFF":
        return _CONTAINERS.get(data[8:12])
    brands = _brands(data)
    if not brands or brands & _AVIF_BRANDS:
        return None
    if brands & _HEIC_BRANDS:
        return "image/heic"
    return "video/quicktime" if b"qt  " in brands else "video/mp4"


def _brands(data: bytes) -> set[bytes]:
    """The brands in the first box of an ISO file (MP4, AVIF, HEIC): the major one and those it is compatible with."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))} - {b""}
