"""Pictures for tests, by the formulas of BT.709 rather than by a library's tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flashreel.media.frame_check import Frame


def colour_chart(width: int, height: int, block: int = 16) -> Frame:
    """Blocks of random colours, so aligned that no block's chroma mixes with its neighbour's: (height, width, 3)."""
    colours = np.random.default_rng(5).integers(0, 256, (-(-height // block), -(-width // block), 3), np.uint8)
    return np.repeat(np.repeat(colours, block, 0), block, 1)[:height, :width]


def to_i420(rgb: Frame) -> Frame:
    """BT.709 limited range, chroma as the mean of four: (3*height/2, width)."""
    height, width, _ = rgb.shape
    red, green, blue = (rgb[..., channel] / 255 for channel in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    planes = [16 + 219 * luma]
    for difference in ((blue - luma) / 1.8556, (red - luma) / 1.5748):
        quarter = difference.reshape(height // 2, 2, width // 2, 2).mean((1, 3))
        planes.append(128 + 224 * quarter)
    return np.concatenate([np.rint(plane).astype(np.uint8).ravel() for plane in planes]).reshape(-1, width)


def to_rgb(i420: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The way back, as a player that believes the bt709 tags does it."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    flat = i420.ravel().astype(np.float64)
    area = width * height
    luma = (flat[:area].reshape(height, width) - 16) / 219
    chroma = (flat[area:].reshape(2, height // 2, width // 2) - 128) / 224
    blueness, redness = np.repeat(np.repeat(chroma, 2, 1), 2, 2)
    red, blue = luma + 1.5748 * redness, luma + 1.8556 * blueness
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    return np.asarray(np.clip(np.stack([red, green, blue], -1) * 255, 0, 255), np.float64)


def psnr(first: NDArray[np.number], second: NDArray[np.number]) -> float:
    """In dB, of two pictures of 8-bit values."""
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((first.astype(np.float64) - second) ** 2))))
