"""An anti-aliased vector canvas: exact-area coverage, gradients, round strokes, clips, blur, layers, textures.

Pixel (0, 0) is at the top left and covers the square from (0, 0) to (1, 1). Pictures are premultiplied RGBA uint8
[height, width, 4], display-encoded. Outlines of one path are united, so they must all wind the same way: clockwise on
the screen, as ellipses and strokes do (`clockwise` turns a polygon round).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flashreel.engines.animatic import vector_kernels as kernels
from flashreel.engines.animatic.colour import Colour, rgba
from flashreel.engines.animatic.image_kernels import box_blur, composite, draw_texture

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
#: left, top, right, bottom
Box = tuple[float, float, float, float]
#: a, b, c, d, e, f: (x, y) becomes (a x + b y + c, d x + e y + f)
Affine = tuple[float, float, float, float, float, float]

_EDGES_OF_PART = 8192
_NO_CLIP: Floats = np.zeros((1, 1), np.float32)
_NO_AXIS: Doubles = np.zeros(4)


@dataclass(slots=True)
class Fill:
    """What an area is filled with: `stops` [k, 5] (position, r, g, b, a) along an `axis` in local coordinates.

    The axis is x0, y0, x1, y1 for a linear gradient, cx, cy, radius, 0 for a radial one. Make one with `solid`,
    `linear` or `radial`.
    """

    stops: Doubles
    kind: int = kernels.SOLID
    axis: Doubles = field(default_factory=lambda: _NO_AXIS)


@dataclass(slots=True)
class Paint:
    """How a path is drawn: its area, or with `stroke` > 0 a line of that width along its outline, or both.

    `blur` is a Gaussian sigma in pixels.
    """

    fill: Fill
    stroke: float = 0.0
    stroke_and_area: bool = False
    blur: float = 0.0


@lru_cache(4096)
def solid_stops(colour: Colour, alpha: float) -> Doubles:
    return np.array([(0.0, *rgba(colour, alpha))], np.float64)


@lru_cache(4096)
def _gradient_stops(colours: tuple[Colour, ...], positions: tuple[float, ...], alpha: float) -> Doubles:
    return np.array([(p, *rgba(c, alpha)) for p, c in zip(positions, colours, strict=True)], np.float64)


def stops_of(colours: Sequence[Colour], positions: Sequence[float] | None = None, alpha: float = 1.0) -> Doubles:
    """Gradient stops [k, 5]; evenly spaced where no positions (0 to 1, rising) are given."""
    if positions is None:
        positions = [i / (len(colours) - 1) for i in range(len(colours))]
    return _gradient_stops(tuple(colours), tuple(positions), alpha)


def solid(colour: Colour, alpha: float = 1.0) -> Fill:
    return Fill(solid_stops(colour, alpha))


def linear(x0: float, y0: float, x1: float, y1: float, stops: Doubles) -> Fill:
    """A gradient from (x0, y0) to (x1, y1); before and after it the end colours go on."""
    return Fill(stops, kernels.LINEAR_GRADIENT, np.array((x0, y0, x1, y1), np.float64))


def radial(cx: float, cy: float, radius: float, stops: Doubles) -> Fill:
    """A gradient from the centre outwards; beyond the radius the last colour goes on."""
    return Fill(stops, kernels.RADIAL_GRADIENT, np.array((cx, cy, radius, 0.0), np.float64))


def clockwise(points: ArrayLike) -> Doubles:
    """The polygon [k, 2] with the winding of ellipses and strokes, so that unions never cancel."""
    xy = np.asarray(points, np.float64)
    x, y = xy[:, 0], xy[:, 1]
    area = np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]) + x[-1] * y[0] - x[0] * y[-1]
    return np.ascontiguousarray(xy[::-1] if area < 0 else xy)


@lru_cache(16)
def _catmull_rom_basis(per_segment: int) -> Doubles:
    t = np.linspace(0, 1, per_segment, endpoint=False)[:, None]
    return 0.5 * np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3])


def smooth_curve(points: ArrayLike, per_segment: int = 6) -> Doubles:
    """A Catmull-Rom spline through `points` [k, m], as a polyline of `per_segment` steps a segment."""
    knots = np.asarray(points, np.float64)
    k = len(knots)
    if k < 3:
        return knots
    padded = np.vstack([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    windows = np.stack([padded[i : i + k - 1] for i in range(4)], 1)  # [k - 1, 4, m]
    inner = (_catmull_rom_basis(per_segment)[None] @ windows).reshape(-1, knots.shape[1])
    return np.vstack([inner, knots[-1:]])


@dataclass(frozen=True, slots=True)
class _Polygon:
    points: Doubles
    closed: bool


@dataclass(frozen=True, slots=True)
class _Ellipse:
    cx: float
    cy: float
    rx: float
    ry: float

    def points(self) -> Doubles:
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        return np.stack([self.cx + self.rx * np.cos(angle), self.cy + self.ry * np.sin(angle)], 1)


class Path:
    """Outlines drawn as one shape."""

    __slots__ = ("_shapes",)

    def __init__(self) -> None:
        self._shapes: list[_Polygon | _Ellipse] = []

    def polygon(self, points: ArrayLike, closed: bool = True) -> Path:
        """Adds [k, 2] points; an open polygon matters to strokes only."""
        self._shapes.append(_Polygon(np.ascontiguousarray(points, np.float64), closed))
        return self

    def circle(self, x: float, y: float, r: float) -> Path:
        return self.ellipse(x, y, r, r)

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> Path:
        self._shapes.append(_Ellipse(float(x), float(y), float(rx), float(ry)))
        return self

    def bounds(self) -> Box:
        """The box around all outlines, strokes not counted."""
        boxes: list[Box] = []
        for shape in self._shapes:
            if isinstance(shape, _Ellipse):
                boxes.append((shape.cx - shape.rx, shape.cy - shape.ry, shape.cx + shape.rx, shape.cy + shape.ry))
            else:
                (x0, y0), (x1, y1) = shape.points.min(0).tolist(), shape.points.max(0).tolist()
                boxes.append((x0, y0, x1, y1))
        left, top, right, bottom = zip(*boxes, strict=True)
        return min(left), min(top), max(right), max(bottom)

    def append_edges(self, paint: Paint, matrix: Doubles, edges: Doubles, n: int) -> int:
        """Writes the outlines, as `paint` draws them, behind the first `n` edges; returns the new count."""
        if paint.stroke <= 0 or paint.stroke_and_area:
            for shape in self._shapes:
                if isinstance(shape, _Ellipse):
                    n = kernels.append_ellipse(shape.cx, shape.cy, shape.rx, shape.ry, matrix, edges, n)
                else:
                    n = kernels.append_polygon(shape.points, matrix, edges, n)
        if paint.stroke > 0:
            width = float(paint.stroke)
            for shape in self._shapes:
                if isinstance(shape, _Ellipse):
                    n = kernels.append_stroke(shape.points(), True, width, matrix, edges, n)
                else:
                    closed = shape.closed or paint.stroke_and_area
                    n = kernels.append_stroke(shape.points, closed, width, matrix, edges, n)
        return n


@dataclass(slots=True)
class _State:
    matrix: Doubles
    clip: Floats | None


class Canvas:
    """Draws on a picture in place."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self._matrix: Doubles = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        self._clip: Floats | None = None
        self._edges: Doubles = np.empty((_EDGES_OF_PART, 4))
        self._work: Floats = np.empty(pixels.shape[0] * (pixels.shape[1] + 2), np.float32)

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        """A transparent canvas."""
        return cls(np.zeros((height, width, 4), np.uint8))

    @contextmanager
    def saved(self) -> Iterator[None]:
        """What is done to the coordinates and the clip inside ends with the block."""
        state = _State(self._matrix, self._clip)
        try:
            yield
        finally:
            self._matrix, self._clip = state.matrix, state.clip

    @contextmanager
    def layer(self, blur_sigma: float) -> Iterator[None]:
        """What is drawn inside is blurred together and laid over the picture at the end."""
        below = self.pixels
        self.pixels = np.zeros_like(below)
        try:
            yield
        finally:
            top, self.pixels = self.pixels, below
        _lay_over(below, top, blur_sigma)

    def transform(self, affine: Affine) -> None:
        """Puts a map before the present one: local coordinates go through `affine` first."""
        a, b, c, d, e, f = affine
        self._matrix = self._matrix @ np.array([[a, b, c], [d, e, f], [0.0, 0.0, 1.0]])

    def translate(self, x: float, y: float) -> None:
        self.transform((1, 0, x, 0, 1, y))

    def rotate(self, radians: float, x: float = 0.0, y: float = 0.0) -> None:
        """Turns about (x, y), clockwise on the screen."""
        c, s = math.cos(radians), math.sin(radians)
        self.transform((c, -s, x - c * x + s * y, s, c, y - s * x - c * y))

    def draw(self, path: Path, paint: Paint) -> None:
        n = path.append_edges(paint, self._matrix, self._edges, 0)
        if not n:
            return
        clip = _NO_CLIP if self._clip is None else self._clip
        clipped = self._clip is not None
        fill = paint.fill
        if paint.blur > 0:
            found = self._coverage(n, int(3 * paint.blur) + 1)
            if found is None:
                return
            cover, x0, y0 = found
            cover = np.ascontiguousarray(blur(cover[..., None], paint.blur)[..., 0])
            kernels.blend(self.pixels, cover, x0, y0, clip, clipped, fill.kind, fill.axis, fill.stops, self._matrix)
            return
        kernels.paint(
            self.pixels,
            self._edges,
            n,
            self._work,
            clip,
            clipped,
            fill.kind,
            fill.axis,
            fill.stops,
            self._matrix,
        )

    def fill(self, path: Path, fill: Fill) -> None:
        self.draw(path, Paint(fill))

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: Fill) -> None:
        self.fill(Path().polygon(((x0, y0), (x1, y0), (x1, y1), (x0, y1))), fill)

    def circle(self, x: float, y: float, r: float, fill: Fill) -> None:
        self.fill(Path().circle(x, y, r), fill)

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float, fill: Fill) -> None:
        self.draw(Path().polygon(((x0, y0), (x1, y1)), closed=False), Paint(fill, stroke=width))

    def clip(self, path: Path) -> None:
        """From here to the end of the `saved` block, only what lies inside the path's area is painted."""
        height, width = self.pixels.shape[:2]
        mask = np.zeros((height, width), np.float32)
        n = path.append_edges(_AREA_ONLY, self._matrix, self._edges, 0)
        found = self._coverage(n, 0)
        if found is not None:
            cover, x0, y0 = found
            h, w = cover.shape[0], cover.shape[1] - 2
            mask[y0 : y0 + h, x0 : x0 + w] = cover[:, :w]
        self._clip = mask if self._clip is None else self._clip * mask

    def texture(self, texture: Pixels, affine: Affine, alpha: float = 1.0, black: bool = False) -> None:
        """Draws a premultiplied picture; `affine` maps its texels to local coordinates. `black`: its shape only."""
        with self.saved():
            self.transform(affine)
            forward = np.vstack([self._matrix, (0.0, 0.0, 1.0)])
        if abs(forward[0, 0] * forward[1, 1] - forward[0, 1] * forward[1, 0]) < 1e-9:
            return  # seen edge-on
        inverse = np.ascontiguousarray(np.linalg.inv(forward)[:2])
        draw_texture(self.pixels, texture, inverse, alpha, black)

    def _coverage(self, n: int, pad: int) -> tuple[Floats, int, int] | None:
        """Coverage [h, w + 2] of the first `n` edges and its origin, `pad` pixels wider; None outside the picture."""
        if not n:
            return None
        height, width = self.pixels.shape[:2]
        ends = self._edges[:n, 2:]
        (left, top), (right, bottom) = ends.min(0).tolist(), ends.max(0).tolist()
        x0 = max(math.floor(left) - pad, -pad)
        y0 = max(math.floor(top) - pad, -pad)
        x1 = min(math.ceil(right) + pad, width + pad)
        y1 = min(math.ceil(bottom) + pad, height + pad)
        if x1 <= x0 or y1 <= y0:
            return None
        cover = np.zeros((y1 - y0, x1 - x0 + 2), np.float32)
        kernels.rasterise(self._edges, n, float(x0), float(y0), cover)
        return cover, x0, y0


def blur(image: Floats, sigma_x: float, sigma_y: float | None = None) -> Floats:
    """A near-Gaussian blur of float32 [h, w, channels]: three box passes an axis. `image` is used as work space."""
    source = np.ascontiguousarray(image)
    spare = np.empty_like(source)
    for sigma, along_x in ((sigma_x, True), (sigma_x if sigma_y is None else sigma_y, False)):
        radius = round((math.sqrt(4 * sigma * sigma + 1) - 1) / 2)
        if radius < 1:
            continue
        for _ in range(3):
            box_blur(source, spare, radius, along_x)
            source, spare = spare, source
    return source


def _lay_over(below: Pixels, top: Pixels, sigma: float) -> None:
    used = top[..., 3] > 0
    rows, columns = np.nonzero(used.any(1))[0], np.nonzero(used.any(0))[0]
    if not len(rows):
        return
    pad = int(3 * sigma) + 2
    y0, y1 = max(int(rows[0]) - pad, 0), min(int(rows[-1]) + pad + 1, top.shape[0])
    x0, x1 = max(int(columns[0]) - pad, 0), min(int(columns[-1]) + pad + 1, top.shape[1])
    composite(below, blur(top[y0:y1, x0:x1].astype(np.float32), sigma), x0, y0)


_AREA_ONLY = Paint(solid("#000000"))
