"""Draws the picture of the README: one frame of each prompt, made by the built-in engine.

python tools/stills.py docs/frames.jpg
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from flashreel.catalogue import SIZES_720P
from flashreel.engines.animatic.engine import AnimaticEngine
from flashreel.engines.base import Frame, Keyframes
from flashreel.spec import GenerationSpec

#: Prompt, seed, frame number.
PICTURES = (
    ("a young boy riding a red bicycle in grand canyon valleys", 1, 48),
    ("a red fox running through a snowy forest at dusk", 0, 60),
    ("a sailboat on a stormy sea, lightning, cinematic drone shot", 0, 60),
    ("a rocket launching over a city at night", 1, 105),
)
WIDTH, HEIGHT = 640, 360


def still(engine: AnimaticEngine, prompt: str, seed: int, number: int) -> NDArray[np.uint8]:
    """Frame `number` of the prompt's 5 s clip at 1280x720, as RGB."""
    width, height = SIZES_720P["16:9"]
    spec = GenerationSpec(
        model="still", prompt=prompt, aspect_ratio="16:9", width=width, height=height, duration=5, seed=seed
    )
    rendering = engine.render(spec, Keyframes(), lambda _stage, _done: None)
    frame: Frame = next(islice(rendering.frames, number, None)).copy()
    close = getattr(rendering.frames, "close", None)
    if close is not None:
        close()
    picture = av.VideoFrame.from_ndarray(frame, format="yuv420p")
    return np.asarray(picture.to_ndarray(format="rgb24", src_colorspace="ITU709"), np.uint8)


def main(target: Path) -> None:
    engine = AnimaticEngine()
    sheet = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT))
    for index, (prompt, seed, number) in enumerate(PICTURES):
        picture = Image.fromarray(still(engine, prompt, seed, number)).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        sheet.paste(picture, (index % 2 * WIDTH, index // 2 * HEIGHT))
    engine.close()
    sheet.save(target, quality=82, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
