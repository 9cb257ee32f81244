"""What `decoder.py` and the process it starts say to each other. Standard library only, for both sides' sake."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, Final

#: What the process may take: bytes of memory (an animated WebP of 64 megapixels takes most of it, for libwebp holds two
#: canvases), and seconds of processor time for all images of a job.
MEMORY_MAX: Final = 3 * 2**29
CPU_SECONDS: Final = 20

SENTENCE_MAX: Final = 2000  # bytes

#: Lengths in bytes of the field's name and of the image, which follow; width and height of the answer in pixels.
_REQUEST: Final = struct.Struct(">HIHH")
#: Whether pixels follow (RGB, row by row) or a sentence that says why there are none; its length in bytes.
_ANSWER: Final = struct.Struct(">?I")


class BrokenAnswer(Exception):
    """The other side ended, or said what it never should."""


@dataclass(frozen=True, slots=True)
class Request:
    """An image to be decoded and fitted to `width` x `height`; `field` is what a refusal calls it."""

    data: bytes
    field: str
    width: int
    height: int

    def write(self, pipe: IO[bytes]) -> None:
        name = self.field.encode()
        pipe.write(_REQUEST.pack(len(name), len(self.data), self.width, self.height))
        pipe.write(name)
        pipe.write(self.data)
        pipe.flush()

    @classmethod
    def read(cls, pipe: IO[bytes]) -> Request | None:
        """The next one; None when there are no more."""
        head = pipe.read(_REQUEST.size)
        if len(head) < _REQUEST.size:
            return None
        name_length, length, width, height = _REQUEST.unpack(head)
        field = pipe.read(name_length).decode()
        return cls(pipe.read(length), field, width, height)


def write_answer(pipe: IO[bytes], answer: bytes | str) -> None:
    """Pixels, or a sentence."""
    body = answer if isinstance(answer, bytes) else answer.encode()[:SENTENCE_MAX]
    pipe.write(_ANSWER.pack(isinstance(answer, bytes), len(body)))
    pipe.write(body)
    pipe.flush()


def read_answer(pipe: IO[bytes], size: int) -> bytearray | str:
    """`size` bytes of pixels, or a sentence. Raises BrokenAnswer."""
    head = pipe.read(_ANSWER.size)
    if len(head) < _ANSWER.size:
        raise BrokenAnswer
    is_good, length = _ANSWER.unpack(head)
    if length != size if is_good else length > SENTENCE_MAX:
        raise BrokenAnswer
    body = bytearray(length)
    view = memoryview(body)
    while view:
        count = pipe.readinto(view)  # type: ignore[attr-defined]  # which IO lacks and every pipe has
        if not count:
            raise BrokenAnswer
        view = view[count:]
    return body if is_good else body.decode("utf-8", "replace")
