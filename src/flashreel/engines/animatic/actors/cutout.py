"""The long tail: emoji as die-cut paper figures that hop and sway in the scene."""

from __future__ import annotations

import gzip
import io
import json
import math
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig
from flashreel.engines.animatic.colour import Colour, rgb
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen, Sticker

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_RESOLUTION: Final = 384  # texels on a side: sharp up to half the height of a 720-line frame
_BORDER: Final = 6
_MARGIN: Final = 10
_PAPER: Final = (1.0, 0.985, 0.94)
_HEIGHT: Final = 1.5
_SIZES: Final = {"huge": 2.2, "big": 1.5, "small": 0.75, "tiny": 0.5}
_TRAVELLING: Final = frozenset(
    ("run", "walk", "travel", "drive", "fly", "swim", "ride", "jump", "sail", "float", "surf", "skate")
)
_FLYING: Final = frozenset(("fly", "float", "hover", "glide"))
_DANCING: Final = frozenset(("dance", "jump", "play"))

#: Concepts whose name is not the name of their emoji.
EMOJI_OF: Final[dict[str, str]] = {
    "bee": "honeybee",
    "chicken": "rooster",
    "whale": "spouting-whale",
    "dinosaur": "t-rex",
    "insect": "beetle",
    "submarine": "ship",
    "ufo": "flying-saucer",
    "tree": "deciduous-tree",
    "palm": "palm-tree",
    "pine": "evergreen-tree",
    "flower": "hibiscus",
    "bush": "herb",
    "plant": "potted-plant",
    "lighthouse": "tokyo-tower",
    "tower": "tokyo-tower",
    "windmill": "wheel",
    "bridge": "bridge-at-night",
    "skyscraper": "office-building",
    "building": "office-building",
    "temple": "shinto-shrine",
    "campfire": "fire",
    "boat": "motor-boat",
    "wagon": "delivery-truck",
    "sheep": "ewe",
    "big_cat": "leopard",
    "car": "automobile",
    "truck": "delivery-truck",
    "elder": "older-person",
    "soldier": "guard",
    "knight": "guard",
    "king": "prince",
    "queen": "princess",
    "wizard": "man",
    "dancer": "woman-dancing",
    "chef": "cook",
    "sailor": "person",
    "athlete": "person-running",
}


@lru_cache(1)
def emoji() -> dict[str, str]:
    """SVG bodies (in a 32 by 32 view box) by name: Fluent emoji, flat."""
    packed = (files("flashreel.engines.animatic") / "data" / "emoji.json.gz").read_bytes()
    bodies: dict[str, str] = json.loads(gzip.decompress(packed))
    return bodies


def emoji_for(concept: str) -> str | None:
    """The name of the emoji that pictures a concept, None if there is none."""
    name = concept.removeprefix("emoji:")
    name = EMOJI_OF.get(name, name)
    return name if name in emoji() else None


@lru_cache(64)
def sticker(name: str, tint: Colour | None = None) -> tuple[Pixels, float]:
    """An emoji with a white paper border, premultiplied RGBA, and its width over its height (border not counted).

    KeyError for an unknown name.
    """
    import resvg_py  # both for cut-outs alone: most casts have none
    from PIL import Image

    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_RESOLUTION}" height="{_RESOLUTION}" '
        f'viewBox="0 0 32 32">{emoji()[name]}</svg>'
    )
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg))
    art: Floats = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.float32) / np.float32(255)
    if tint is not None:
        art = _tinted(art, tint)
    rows, columns = np.nonzero(art[..., 3] > 0.03)
    art = art[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = art.shape[:2]
    art = np.pad(art, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)))
    alpha = art[..., 3]
    paper = _spread(alpha)
    around = paper * (1 - alpha)
    out = np.empty_like(art)
    out[..., :3] = art[..., :3] * alpha[..., None] + np.array(_PAPER, np.float32) * around[..., None]
    out[..., 3] = alpha + around
    return np.ascontiguousarray((out * 255 + 0.5).astype(np.uint8)), width / height


def _tinted(art: Floats, tint: Colour) -> Floats:
    light = (art[..., :3] * np.array((0.30, 0.55, 0.15), np.float32)).sum(2, keepdims=True)
    dyed = np.clip(light * np.array(rgb(tint), np.float32) * 1.5, 0, 1)
    return np.concatenate([art[..., :3] * 0.38 + dyed * 0.62, art[..., 3:]], 2)


def _spread(alpha: Floats) -> Floats:
    """The shape grown by the width of the border."""
    grown = alpha.copy()
    for angle in np.linspace(0, TAU, 24, endpoint=False).tolist():
        shift = (round(_BORDER * math.sin(angle)), round(_BORDER * math.cos(angle)))
        grown = np.maximum(grown, np.roll(alpha, shift, (0, 1)))
    return grown


def cutout(
    name: str,
    subject: Subject,
    graph: SceneGraph,
    rng: np.random.Generator,
    loop_seconds: float,
    height: float = _HEIGHT,
) -> Anim:
    """A figure `height` metres high (before the subject's size) of the emoji `name`."""
    pixels, aspect = sticker(name, subject.colors[0] if subject.colors else None)
    tall = height * _SIZES.get(subject.size, 1.0)
    wide = tall * aspect
    action = subject.action
    travels, flies, dances = action in _TRAVELLING, action in _FLYING, action in _DANCING
    hops = (travels and not flies) or dances
    lively = travels or dances
    beat = whole_cycles(0.7 * graph.speed, loop_seconds)  # one beat is a sway to each side, with a hop on each
    breath = whole_cycles(0.5, loop_seconds)

    def draw(t: float) -> DrawRig:
        turn = TAU * beat * t
        lift = abs(math.sin(turn)) * 0.14 * tall if hops else (0.02 + 0.015 * math.sin(TAU * breath * t)) * tall
        tilt = 0.10 * math.sin(turn + 0.6) * (1.0 if lively else 0.25)
        squash = 1 + 0.06 * math.sin(2 * turn) * (1.0 if lively else 0.2)

        def paint(pen: Pen) -> None:
            pen.picture(Sticker(pixels, wide, tall, lift, tilt, squash))

        return paint

    return Anim(
        draw,
        h=tall * 1.05,
        w=wide,
        speed=3.0 * graph.speed if travels else 0.0,
        medium="air" if flies else "ground",
        dy=1.6 if flies else 0.0,
        fallback=True,
    )
