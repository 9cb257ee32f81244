"""A camera move through a still picture: pixels shift by how near they seem to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.base import Frame

FloatMap = NDArray[np.float32]

_DEPTH_SHRINK: Final = 4  # depth is found at a quarter of the size
_BACKGROUND_COLOURS: Final = 4
_GUIDED_RADIUS: Final = 14
_GUIDED_EPS: Final = 2e-3


@dataclass(frozen=True, slots=True)
class Move:
    """Where the camera has got to at the end of a move: magnification (`zoom` for everything, `near_zoom` on top for
    the nearest) and sideways and vertical shift of the nearest pixels, in pixels of a 1280 wide frame."""

    zoom: float
    near_zoom: float
    shift_x: float = 0.0
    shift_y: float = 0.0


_PUSH: Final = Move(0.10, 0.10)

#: By the camera words of the scene graph. Every move ends nearer than it began, because there is nothing to show
#: beyond the borders of the picture; so a pull-out drifts in more slowly, with less depth, and reads as a drift.
MOVES: Final = MappingProxyType(
    {
        "push": _PUSH,
        "pull": Move(0.10, 0.08),
        "track": Move(0.05, 0.04, shift_x=26),
        "pan_left": Move(0.06, 0.0, shift_x=34),
        "pan_right": Move(0.06, 0.0, shift_x=-34),
        "drone": Move(0.06, 0.07, shift_y=-22),
        "crane": Move(0.05, 0.05, shift_y=-26),
        "crane_down": Move(0.05, 0.05, shift_y=26),
        "orbit": Move(0.05, 0.03, shift_x=36),
        "orbit_right": Move(0.05, 0.03, shift_x=-36),
        "static": Move(0.012, 0.0),
    }
)


class ParallaxMove:
    """One move through one picture, as a pure function of how far the camera has got. Safe to call from threads."""

    def __init__(self, image: Frame, camera: str) -> None:
        """`image` is RGB uint8; `camera` a word of the scene graph, an unknown one pushes in."""
        self._image = np.array(image, order="C")  # writable: a kernel is compiled anew for arrays that are not
        self._nearness = nearness(self._image)
        self._move = MOVES.get(camera, _PUSH)

    def at(self, progress: float) -> Frame:
        """The frame at `progress`, 0 (the picture itself, to the bit) to 1 (the end of the move)."""
        if progress == 0.0:
            return self._image.copy()
        height, width = self._nearness.shape
        pixels = progress * width / 1280
        out = np.empty_like(self._image)
        _warp(
            self._image,
            self._nearness,
            1.0 + self._move.zoom * progress,
            self._move.near_zoom * progress,
            self._move.shift_x * pixels,
            self._move.shift_y * pixels,
            width / 2,
            height * 0.55,
            out,
        )
        return out


def ease(u: float) -> float:
    """Smoothstep: 0 to 1, starting and ending at rest."""
    return u * u * (3 - 2 * u)


def there_and_back(u: float) -> float:
    """0 at `u` = 0, 1 in the middle, 0 again at `u` = 1."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * u)


def nearness(image: Frame) -> FloatMap:
    """How near each pixel seems, 0 (far) to 1, shape (height, width), found without a model.

    Low in the picture is near (a ground plane), and so is what differs from the colours of the border (a subject);
    a guided filter (He et al. 2010) then fits that guess to the edges, so that things move as wholes.
    """
    height, width = image.shape[:2]
    small_size = (max(width // _DEPTH_SHRINK, 2), max(height // _DEPTH_SHRINK, 2))
    small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    rows = np.linspace(0, 1, small_size[1], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, small_size[0], dtype=np.float32)[None]

    distance = _distance_from_background(cv2.cvtColor(small, cv2.COLOR_RGB2LAB))
    centred = np.exp(-((columns / 0.55) ** 2)) * np.exp(-(((rows - 0.6) / 0.42) ** 2))
    subject = (np.clip(distance / (np.percentile(distance, 96) + 1e-3), 0, 1) * centred).astype(np.float32)
    ground = np.clip((rows - 0.25) / 0.75, 0, 1) ** 1.3
    guess = np.clip(0.62 * ground + 0.55 * _box(subject, 6), 0, 1).astype(np.float32)

    fitted = _guided_filter(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), guess)
    soft = np.clip(cv2.GaussianBlur(fitted, (0, 0), 3), 0, 1)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _distance_from_background(lab: FloatMap) -> FloatMap:
    """Each pixel's distance in Lab to the nearest of the main colours along the top and the sides."""
    height, width = lab.shape[:2]
    band, side, upper = max(height // 12, 1), max(width // 16, 1), max(height * 2 // 3, 1)
    border = np.concatenate(
        [lab[:band].reshape(-1, 3), lab[:upper, :side].reshape(-1, 3), lab[:upper, -side:].reshape(-1, 3)]
    )
    samples = border[::7] if len(border) >= 7 * _BACKGROUND_COLOURS else border
    clusters = min(_BACKGROUND_COLOURS, len(samples))
    cv2.setRNGSeed(0)  # k-means draws from a generator that the last picture left somewhere
    _, _, centres = cv2.kmeans(samples, clusters, None, (3, 12, 1.0), 1, cv2.KMEANS_PP_CENTERS)
    distances = [np.linalg.norm(lab - centre, axis=2) for centre in centres]
    return np.asarray(np.min(distances, axis=0), np.float32)


def _box(plane: FloatMap, radius: int) -> FloatMap:
    size = 2 * radius + 1
    return np.asarray(cv2.blur(plane, (size, size), borderType=cv2.BORDER_REPLICATE), np.float32)


def _guided_filter(guide: FloatMap, plane: FloatMap) -> FloatMap:
    radius = _GUIDED_RADIUS
    guide_mean, plane_mean = _box(guide, radius), _box(plane, radius)
    variance = _box(guide * guide, radius) - guide_mean * guide_mean
    covariance = _box(guide * plane, radius) - guide_mean * plane_mean
    slope: FloatMap = np.divide(covariance, variance + _GUIDED_EPS, dtype=np.float32)
    offset: FloatMap = np.subtract(plane_mean, slope * guide_mean, dtype=np.float32)
    return _box(slope, radius) * guide + _box(offset, radius)


@kernel
def _warp(
    image: Frame,
    near: FloatMap,
    zoom: float,
    near_zoom: float,
    shift_x: float,
    shift_y: float,
    centre_x: float,
    centre_y: float,
    out: Frame,
) -> None:
    """Inverse warp: for each output pixel, where in the picture it comes from, sampled bilinearly.

    Zoom about the centre plus a shift, both scaled by nearness. Nearness belongs to the source pixel, which is what
    is being looked for, so the equation is iterated three times. Sources beyond the border stop at it.
    """
    height, width = near.shape
    max_x = width - 1.001
    max_y = height - 1.001
    for y in range(height):
        for x in range(width):
            source_x = float(x)
            source_y = float(y)
            for _ in range(3):
                column = min(max(int(source_x), 0), width - 1)
                row = min(max(int(source_y), 0), height - 1)
                d = near[row, column]
                scale = zoom + near_zoom * d
                source_x = centre_x + (x - centre_x) / scale - shift_x * d
                source_y = centre_y + (y - centre_y) / scale - shift_y * d
            source_x = min(max(source_x, 0.0), max_x)
            source_y = min(max(source_y, 0.0), max_y)
            column = int(source_x)
            row = int(source_y)
            fx = source_x - column
            fy = source_y - row
            for channel in range(3):
                top = image[row, column, channel] * (1 - fx) + image[row, column + 1, channel] * fx
                bottom = image[row + 1, column, channel] * (1 - fx) + image[row + 1, column + 1, channel] * fx
                out[y, x, channel] = np.uint8(top * (1 - fy) + bottom * fy + 0.5)
