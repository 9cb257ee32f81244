"""Colours: '#rrggbb' words, display-encoded triples (0 to 1) and linear light."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

RGB = tuple[float, float, float]
#: '#rrggbb' or three display-encoded floats, 0 to 1.
Colour = str | RGB

#: The exponent this engine uses for the sRGB transfer curve, both ways.
GAMMA: Final = 2.2

#: Linear light (float32, 0 to 1) of each display-encoded byte.
LINEAR: Final[NDArray[np.float32]] = (np.linspace(0.0, 1.0, 256) ** GAMMA).astype(np.float32)

_NIGHT_TINT: Final[RGB] = (0.10, 0.07, 0.22)  # shade is bluish: the sky is what lights it
_SUN_TINT: Final[RGB] = (1.0, 0.96, 0.86)


@lru_cache(4096)
def _parse(word: str) -> RGB:
    digits = word.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(f"{word!r} is not a colour: '#rrggbb' is")
    return int(digits[0:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:6], 16) / 255


def rgb(colour: Colour) -> RGB:
    """The display-encoded triple of a colour. ValueError for a word that is not '#rrggbb'."""
    return _parse(colour) if isinstance(colour, str) else colour


def hex_of(colour: Colour) -> str:
    """The colour as '#rrggbb'; channels are clamped."""
    return "#" + "".join(f"{int(min(max(channel, 0.0), 1.0) * 255):02x}" for channel in rgb(colour))


def mix(a: Colour, b: Colour, t: float) -> RGB:
    """`a` at t = 0, `b` at t = 1."""
    (ar, ag, ab), (br, bg, bb) = rgb(a), rgb(b)
    return ar + (br - ar) * t, ag + (bg - ag) * t, ab + (bb - ab) * t


def shade_of(colour: Colour, k: float = 0.34) -> RGB:
    """The colour in shade; k = 0 leaves it, k = 1 is nearly night."""
    return mix(mix(colour, _NIGHT_TINT, k), colour, 0.15)


def lit_of(colour: Colour, k: float = 0.22) -> RGB:
    """The colour in light; k = 0 leaves it, k = 1 is sunlight itself."""
    return mix(colour, _SUN_TINT, k)


def rgba(colour: Colour, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """Clamped channels with an opacity (0 to 1, not premultiplied)."""
    r, g, b = rgb(colour)
    return min(max(r, 0.0), 1.0), min(max(g, 0.0), 1.0), min(max(b, 0.0), 1.0), alpha


@lru_cache(4096)
def tri_stops(colour: Colour, lit: float, dark: float, alpha: float) -> NDArray[np.float64]:
    """Gradient stops [3, 5] (position, r, g, b, a) from the lit to the shaded side of a part. Do not write to it."""
    steps = ((0.0, lit_of(colour, lit)), (0.42, colour), (1.0, shade_of(colour, dark)))
    return np.array([(position, *rgba(step, alpha)) for position, step in steps], np.float64)


def lin(colour: Colour, k: float = 1.0) -> NDArray[np.float32]:
    """Linear light [3], float32, scaled by `k` (which may exceed 1)."""
    return np.array([channel**GAMMA for channel in rgb(colour)], np.float32) * np.float32(k)
