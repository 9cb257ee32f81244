"""`python -m flashreel.media.decode_child`: decodes strangers' images, one after another, until its input ends.

What it can do besides is as little as can be had without privileges (`confined.py`).
"""

from __future__ import annotations

import sys

from PIL import Image

from flashreel.errors import JobFailed
from flashreel.media.confined import answers, confine
from flashreel.media.decode_protocol import CPU_SECONDS, MEMORY_MAX, Request, write_answer
from flashreel.media.images import decode


def main() -> None:
    Image.preinit()  # the common readers, while the parent still fetches the image
    output = answers()
    confine(MEMORY_MAX, CPU_SECONDS)
    while (request := Request.read(sys.stdin.buffer)) is not None:
        write_answer(output, _answer(request))


def _answer(request: Request) -> bytes | str:
    try:
        return decode(request.data, request.field, request.width, request.height).tobytes()
    except JobFailed as failure:
        return str(failure)
    except MemoryError:
        return f"{request.field} could not be decoded: it takes more than {MEMORY_MAX / 2**30:g} GiB of memory"


if __name__ == "__main__":
    main()
