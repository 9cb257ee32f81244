"""Reading I420 frames in tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.base import Frame


def rgb_of(frame: Frame) -> NDArray[np.float32]:
    """(height, width, 3), 0..1 display-encoded, of a BT.709 limited I420 frame (3*height/2, width)."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    flat = frame.reshape(-1).astype(np.float32)
    luma, quarter = width * height, width * height // 4
    small = (height // 2, width // 2)
    y = (flat[:luma].reshape(height, width) - 16) / 219
    u = (flat[luma : luma + quarter].reshape(small).repeat(2, 0).repeat(2, 1) - 128) / 224 * np.float32(1.8556)
    v = (flat[luma + quarter :].reshape(small).repeat(2, 0).repeat(2, 1) - 128) / 224 * np.float32(1.5748)
    red, blue = y + v, y + u
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    return np.stack([red, green, blue], -1).astype(np.float32)
