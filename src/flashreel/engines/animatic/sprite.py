"""Sprites: flat pictures with a height in metres and a mip chain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.vector import blur

Pixels = NDArray[np.uint8]

_SMALLEST_SIDE = 16
_OVERSAMPLING = 1.5  # a mip is taken from up to this many texels a pixel: bilinear sampling still hides the difference


class Sprite:
    """A premultiplied RGBA picture standing `h` metres high and `w` wide.

    `mips[0]` is the full picture, (height, width, 4) uint8; every next one is half the size.
    """

    def __init__(self, rgba: Pixels, height_m: float, blur: float = 0) -> None:
        """`blur` is a Gaussian sigma in texels: out of focus for free, as it is done once."""
        base = blur_rgba(rgba, blur) if blur else rgba
        self.mips: list[Pixels] = [base]
        while min(self.mips[-1].shape[:2]) > _SMALLEST_SIDE:
            self.mips.append(_halved(self.mips[-1]))
        self.h = height_m
        self.w = height_m * base.shape[1] / base.shape[0]

    def pick(self, px_height: float) -> Pixels:
        """The mip to draw at a height of so many pixels."""
        level = 0
        while level + 1 < len(self.mips) and self.mips[level].shape[0] > px_height * _OVERSAMPLING:
            level += 1
        return self.mips[level]


def blur_rgba(rgba: Pixels, sigma: float) -> Pixels:
    """The picture blurred, on a canvas that is 3 sigma larger on every side."""
    height, width = rgba.shape[:2]
    pad = int(sigma * 3)
    roomy = np.zeros((height + 2 * pad, width + 2 * pad, 4), np.float32)
    roomy[pad : pad + height, pad : pad + width] = rgba
    return np.ascontiguousarray(blur(roomy, sigma).round().clip(0, 255).astype(np.uint8))


def _halved(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    quads = pixels[: height * 2, : width * 2].reshape(height, 2, width, 2, 4)
    total = quads[:, 0, :, 0].astype(np.uint16)
    for others in (quads[:, 0, :, 1], quads[:, 1, :, 0], quads[:, 1, :, 1]):
        total += others
    total += 2
    total >>= 2
    return total.astype(np.uint8)
