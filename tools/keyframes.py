"""The pictures of docs/keyframes.md: six moments of a clip with a start image, an end image, both, and of a loop.

python -m tools.keyframes
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import flashreel

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "keyframes"
MOMENTS: Final = 6
_SIZE: Final = (240, 135)  # pixels of one moment
_GAP: Final = 4
_QUALITY: Final = 78

FIRST: Final = "a red fox in a snowy forest at dusk"
LAST: Final = "a sailboat on a calm sea at sunset"


def strip(frames: Sequence[NDArray[np.uint8]]) -> Image.Image:
    """Moments at equal steps, from the first frame to the last, side by side."""
    width, height = _SIZE
    row = Image.new("RGB", (MOMENTS * (width + _GAP) - _GAP, height), "white")
    for place in range(MOMENTS):
        frame = frames[round(place * (len(frames) - 1) / (MOMENTS - 1))]
        picture = Image.fromarray(frame).resize(_SIZE, Image.Resampling.LANCZOS)
        row.paste(picture, (place * (width + _GAP), 0))
    return row


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    start = next(flashreel.generate(FIRST, seed=3).frames())
    end = next(flashreel.generate(LAST, seed=2).frames())
    clips = {
        "start": flashreel.generate("push in, it begins to snow", start_image=start, seed=1),
        "end": flashreel.generate("pull out", end_image=end, seed=1),
        "both": flashreel.generate("from the forest to the sea", start_image=start, end_image=end, seed=1),
        "loop": flashreel.generate("a white horse galloping through a meadow", loop=True, seed=1),
    }
    for name, clip in clips.items():
        frames = list(clip.frames())
        if name == "loop":
            frames.append(frames[0])  # what a player shows next
        strip(frames).save(FOLDER / f"{name}.jpg", quality=_QUALITY, optimize=True, progressive=True)
        print(name, *clip.metadata.warnings, sep="\n  ")


if __name__ == "__main__":
    main()
