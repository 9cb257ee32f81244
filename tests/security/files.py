"""Files that are no images, or images that mean harm, each with what is said of it."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

from tests.support.images import png_chunk, png_header, saved

KINDS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
NONE: Final = "is not an image: none of PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def noise(width: int = 64, height: int = 64) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


def no_images() -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes, sentence."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield "html", b"<!DOCTYPE html><html></html>", "is not an image: text/html"
    yield "html after white space", b"\n\t <HTML><body>", "is not an image: text/html"
    yield "svg", svg, "is not an image: image/svg+xml"
    yield "svg with a byte order mark", b"\xef\xbb\xbf" + svg, "is not an image: image/svg+xml"
    yield "svg as xml", b'<?xml version="1.0"?>' + svg, "is not an image: application/xml"
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg>&e;</svg>'
    yield "xml that reads a file", entity, "is not an image: application/xml"
    yield "svg in UTF-16", svg.decode().encode("utf-16"), NONE
    yield "svg, compressed", b"\x1f\x8b\x08" + zlib.compress(svg), "is not an image: application/gzip"
    yield "json", b'{"error": "gone"}', "is not an image: application/json"
    yield "pdf", b"%PDF-1.7\n", "is not an image: application/pdf"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n", NONE
    yield "binary postscript", b"\xc5\xd0\xd3\xc6" + bytes(28), NONE
    yield "imagemagick script", b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://a/\"|id\")'", NONE
    yield "playlist", b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd\n", NONE
    yield "netpbm", b"P6 2 2 255 " + bytes(12), NONE
    yield "x bitmap", b"#define a_width 8\n#define a_height 8\nstatic char a_bits[] = {0};", NONE
    yield "pcx", b"\x0a\x05\x01\x08" + bytes(124), NONE
    yield "targa", b"\0\0\x02" + bytes(9) + b"\x02\0\x02\0\x18\0" + bytes(12), NONE
    yield "windows metafile", b"\xd7\xcd\xc6\x9a" + bytes(18), NONE
    yield "icon", b"\0\0\x01\0\x01\0" + bytes(16), "is not an image: image/x-icon"
    yield "photoshop", b"8BPS\0\x01" + bytes(20), "is not an image: image/vnd.adobe.photoshop"
    yield "jpeg 2000", b"\0\0\0\x0cjP  \r\n\x87\n", "is not an image: image/jp2"
    yield "jpeg xl", b"\xff\x0a" + bytes(20), "is not an image: image/jxl"
    yield "mp4", b"\0\0\0\x14ftypisom\0\0\0\0mp41", "is not an image: video/mp4"
    yield "quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "is not an image: video/quicktime"
    yield "matroska", b"\x1aE\xdf\xa3" + bytes(20), "is not an image: video/webm"
    yield "avi", b"RIFF\0\0\0\0AVI LIST", "is not an image: video/x-msvideo"
    yield "wav", b"RIFF\0\0\0\0WAVEfmt ", "is not an image: audio/wav"
    yield "zip", b"PK\x03\x04" + bytes(26), "is not an image: application/zip"
    yield "program", b"\x7fELF\x02\x01\x01" + bytes(57), NONE
    yield "pickle", b"\x80\x04\x95cos\nsystem\n", NONE
    yield "text that begins like a bitmap", b"BMW is a maker of cars and motorcycles", NONE
    yield "nothing but zeros", bytes(4096), NONE


def _jpeg_header(width: int, height: int) -> bytes:
    """The start of a picture with three components."""
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x22\0\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0" + frame + b"\xff\xd9"


def _bmp_header(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def _webp_header(width: int, height: int) -> bytes:
    """An animation on a large canvas."""
    canvas = bytes([2, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = bytes(16) + saved(noise(), "WEBP")[12:]
    chunks = b"".join(
        name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
        for name, body in ((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", frame))
    )
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _tiff(width: int, height: int, *tags: tuple[int, int, int], body: bytes = b"") -> bytes:
    """One grey picture whose only strip is `body`; each of `tags` is a tag, its type and its value."""
    offset = 8 + 2 + 12 * (8 + len(tags)) + 4
    rows = {256: (4, width), 257: (4, height), 258: (3, 8), 259: (3, 1), 262: (3, 1), 273: (4, offset)}
    rows |= {278: (4, height), 279: (4, len(body))} | {tag: (kind, value) for tag, kind, value in tags}
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, (kind, value) in sorted(rows.items()))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(rows)) + entries + bytes(4) + body


def _resized(data: bytes, width: int, height: int) -> bytes:
    """An AVIF or HEIC that declares another size."""
    new = struct.pack(">II", width, height)
    return re.sub(rb"(ispe\0\0\0\0).{8}", lambda match: match[1] + new, data, flags=re.DOTALL)


def bombs() -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes, sentence."""

    def too_large(width: int, height: int) -> str:
        return f"is {width}x{height} pixels; at most 64 megapixels"

    yield "png, 12000x9000", png_header(12000, 9000), too_large(12000, 9000)
    yield "png, one row over", png_header(8000, 8001), too_large(8000, 8001)
    yield "png, as large as a header can say", png_header(2**31 - 1, 2**31 - 1), too_large(2**31 - 1, 2**31 - 1)
    yield "png, all in one row", png_header(2**31 - 1, 1), too_large(2**31 - 1, 1)
    yield "png, 100 MB of black", png_header(30000, 30000, bytes(100_000_000)), too_large(30000, 30000)
    yield "jpeg", _jpeg_header(65500, 65500), too_large(65500, 65500)
    yield "gif", b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6) + b";", "is a damaged GIF image"
    frame = b"," + struct.pack("<HHHH", 0, 0, 65535, 65535) + b"\0\x02\x02\x44\x01\0;"
    gif = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + bytes(6) + frame
    yield "gif, larger than its screen", gif, too_large(65535, 65535)
    yield "bmp", _bmp_header(30000, 30000), too_large(30000, 30000)
    yield "bmp, upside down", _bmp_header(30000, -30000), too_large(30000, 30000)
    yield "webp", _webp_header(12000, 9000), too_large(12000, 9000)
    yield "webp, more than memory holds", _webp_header(16384, 16384), "is a damaged WEBP image"
    yield "tiff", _tiff(100_000, 100_000, body=bytes(100)), too_large(100_000, 100_000)
    yield "avif", _resized(saved(noise(), "AVIF"), 12000, 9000), too_large(12000, 9000)
    yield "heic", _resized(saved(noise(), "HEIF"), 12000, 9000), too_large(12000, 9000)
    yield "heic, of another size than it says", _resized(saved(noise(), "HEIF"), 6000, 6000), "is a damaged HEIF image"
    text = png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(200_000_000)))
    picture = saved(noise(), "PNG")
    yield "png, a text of 200 MB", picture[:33] + text + picture[33:], "is a damaged PNG image"
    profile = png_chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(200_000_000)))
    yield "png, a profile of 200 MB", picture[:33] + profile + picture[33:], "is a damaged PNG image"
    tile = _tiff(64, 64, (322, 4, 2**30), (323, 4, 2**30), (324, 4, 8), (325, 4, 8))
    yield "tiff, tiles of 2^60 bytes", tile, "is a damaged TIFF image"


def damaged() -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes, sentence."""
    for kind in KINDS:
        whole = saved(noise(), kind)
        yield f"{kind}, half of it", whole[: len(whole) // 2], f"is a damaged {kind} image"
    picture = saved(noise(), "PNG")
    yield "png, the first bytes alone", _PNG, "is a damaged PNG image"
    yield "png, a page behind the first bytes", _PNG + b"<html><script>alert(1)</script>", "is a damaged PNG image"
    yield "png, no pixels", png_header(64, 64), "is a damaged PNG image"
    yield "png, no width", png_header(0, 64), "is a damaged PNG image"
    yield "png, a wrong checksum", picture[:30] + b"\0\0" + picture[32:], "is a damaged PNG image"
    yield "gif that is a script", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//", "is a damaged GIF image"
    yield "jpeg, no picture", b"\xff\xd8\xff\xd9", "is a damaged JPEG image"
    yield "jpeg, no tables", _jpeg_header(64, 64), "is a damaged JPEG image"
    yield "webp, no chunks", b"RIFF\x04\0\0\0WEBP", "is a damaged WEBP image"
    yield "tiff, a directory that is nowhere", b"II*\0\xff\xff\xff\x7f", "is a damaged TIFF image"
    yield "tiff, a strip that is nowhere", _tiff(64, 64, (273, 4, 2**31)), "is a damaged TIFF image"
    yield "avif, a box of 4 GB", b"\0\0\0\x14ftypavif\0\0\0\0avif\xff\xff\xff\xffmeta", "is a damaged AVIF image"
    yield "heic, no boxes", b"\0\0\0\x14ftypheic\0\0\0\0heic", "is a damaged HEIF image"


def strange_but_sound() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of pictures that hold something else besides, which does no harm: 64x64, all of one colour."""
    plain = Image.new("RGB", (64, 64), (90, 160, 30))
    png = saved(plain, "PNG")
    yield "png, a zip behind it", png + b"PK\x03\x04" + bytes(100)
    yield "png, a page in its text", png[:33] + png_chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") + png[33:]
    rows = (b"\0" + b"\x5a\xa0\x1e" * 64) * 64
    yield "png, 100 MB more than its rows", png_header(64, 64, rows + bytes(10**8))
    yield "jpeg, a program in its comment", saved(plain, "JPEG", quality=95, comment=b"<?php system($_GET[0]); ?>")
    yield "tiff, a directory that is its own next", _tiff_loop(plain)
    yield "gif, a thousand frames", saved(plain, "GIF", save_all=True, append_images=_blinking())
    exif = b"Exif\0\0MM\0*\xff\xff\xff\xff"
    yield "jpeg, EXIF that is nowhere", saved(plain, "JPEG", quality=95, exif=exif)


def _blinking() -> list[Image.Image]:
    return [Image.new("RGB", (64, 64), (index % 256, 0, 0)) for index in range(1000)]


def _tiff_loop(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "TIFF")
    data = bytearray(buffer.getvalue())
    first = int.from_bytes(data[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[end : end + 4] = data[4:8]
    return bytes(data)
