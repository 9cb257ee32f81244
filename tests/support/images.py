"""Image files for tests, good and hostile."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The file that Pillow makes of it; HEIF too."""
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int, rows: bytes = b"") -> bytes:
    """An RGB PNG that declares a size and holds `rows` (filter byte and pixels each), by default none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header), png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
