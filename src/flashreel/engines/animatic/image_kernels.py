"""Compiled work on whole pictures: blur, layers, textures. `pixels` is uint8 [h, w, 4], premultiplied RGBA."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.jit import small_kernel

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@small_kernel
def box_blur(source: Floats, target: Floats, radius: int, along_x: bool) -> None:
    """One box pass along one axis of [h, w, channels]; beyond the edge is zero."""
    h, w, channels = source.shape
    scale = 1.0 / (2 * radius + 1)
    lines = h if along_x else w
    length = w if along_x else h
    for line in range(lines):
        for c in range(channels):
            total = 0.0
            for i in range(min(radius + 1, length)):
                total += source[line, i, c] if along_x else source[i, line, c]
            for i in range(length):
                enter = i + radius + 1
                leave = i - radius
                if along_x:
                    target[line, i, c] = total * scale
                    if enter < length:
                        total += source[line, enter, c]
                    if leave >= 0:
                        total -= source[line, leave, c]
                else:
                    target[i, line, c] = total * scale
                    if enter < length:
                        total += source[enter, line, c]
                    if leave >= 0:
                        total -= source[leave, line, c]


@small_kernel
def composite(pixels: Bytes, layer: Floats, origin_x: int, origin_y: int) -> None:
    """Lays a premultiplied layer [h, w, 4] (0 to 255) over the picture at an origin inside it."""
    for row in range(layer.shape[0]):
        for column in range(layer.shape[1]):
            alpha = layer[row, column, 3]
            if alpha < 0.5:
                continue
            keep = 1 - alpha * (1 / 255.0)
            y = row + origin_y
            x = column + origin_x
            for c in range(4):
                pixels[y, x, c] = np.uint8(min(255.0, pixels[y, x, c] * keep + layer[row, column, c] + 0.5))


@small_kernel
def draw_texture(pixels: Bytes, texture: Bytes, inverse: Doubles, alpha: float, black: bool) -> None:
    """A premultiplied texture through an affine map, bilinear; `inverse` [2, 3] maps pixels to texels."""
    texture_h, texture_w = texture.shape[0], texture.shape[1]
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            u = inverse[0, 0] * (x + 0.5) + inverse[0, 1] * (y + 0.5) + inverse[0, 2] - 0.5
            v = inverse[1, 0] * (x + 0.5) + inverse[1, 1] * (y + 0.5) + inverse[1, 2] - 0.5
            if u < -0.9 or v < -0.9 or u > texture_w - 0.1 or v > texture_h - 0.1:
                continue
            iu = math.floor(u)
            iv = math.floor(v)
            fu = u - iu
            fv = v - iv
            left = 1 - fu if iu >= 0 else 0.0
            right = fu if iu + 1 < texture_w else 0.0
            top = 1 - fv if iv >= 0 else 0.0
            bottom = fv if iv + 1 < texture_h else 0.0
            x0 = max(iu, 0)
            x1 = min(iu + 1, texture_w - 1)
            y0 = max(iv, 0)
            y1 = min(iv + 1, texture_h - 1)
            a = alpha * (
                (texture[y0, x0, 3] * left + texture[y0, x1, 3] * right) * top
                + (texture[y1, x0, 3] * left + texture[y1, x1, 3] * right) * bottom
            )
            if a < 0.5:
                continue
            keep = 1 - a * (1 / 255.0)
            for c in range(3):
                colour = 0.0
                if not black:
                    colour = alpha * (
                        (texture[y0, x0, c] * left + texture[y0, x1, c] * right) * top
                        + (texture[y1, x0, c] * left + texture[y1, x1, c] * right) * bottom
                    )
                pixels[y, x, c] = np.uint8(min(255.0, pixels[y, x, c] * keep + colour + 0.5))
            pixels[y, x, 3] = np.uint8(min(255.0, pixels[y, x, 3] * keep + a + 0.5))
