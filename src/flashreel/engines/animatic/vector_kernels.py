"""The compiled half of the vector rasteriser: geometry to edges, edges to coverage, coverage to pixels.

Shared words: `matrix` is a float64 [2, 3] affine map from local to pixel coordinates; `edges` a float64 [capacity, 4]
buffer of directed segments x0, y0, x1, y1 in pixels, of which the first `n` are used; `stops` a float64 [k, 5] gradient
(position, r, g, b, a; display-encoded, not premultiplied); `pixels` uint8 [h, w, 4], premultiplied RGBA.
Functions named `append_*` return the new `n`; what does not fit the buffer is left out.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.jit import small_kernel

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

SOLID: Final = 0
LINEAR_GRADIENT: Final = 1
RADIAL_GRADIENT: Final = 2

_INVISIBLE: Final = 0.002  # coverage below this cannot change a byte


@small_kernel
def append_polygon(points: Doubles, matrix: Doubles, edges: Doubles, n: int) -> int:
    """The closed polygon through `points` [k, 2]."""
    k = points.shape[0]
    if n + k > edges.shape[0]:
        return n
    last_x, last_y = points[k - 1, 0], points[k - 1, 1]
    px = matrix[0, 0] * last_x + matrix[0, 1] * last_y + matrix[0, 2]
    py = matrix[1, 0] * last_x + matrix[1, 1] * last_y + matrix[1, 2]
    for i in range(k):
        x = matrix[0, 0] * points[i, 0] + matrix[0, 1] * points[i, 1] + matrix[0, 2]
        y = matrix[1, 0] * points[i, 0] + matrix[1, 1] * points[i, 1] + matrix[1, 2]
        edges[n, 0] = px
        edges[n, 1] = py
        edges[n, 2] = x
        edges[n, 3] = y
        n += 1
        px = x
        py = y
    return n


@small_kernel
def append_ellipse(cx: float, cy: float, rx: float, ry: float, matrix: Doubles, edges: Doubles, n: int) -> int:
    """An axis-parallel ellipse as a polygon of equal area, finer the larger it is."""
    k = min(64, max(12, int(4 + 3.2 * math.sqrt(max(rx, ry)))))
    if n + k > edges.shape[0]:
        return n
    grow = 1.0 / math.sqrt(math.cos(math.pi / k))
    turn_cos = math.cos(2 * math.pi / k)
    turn_sin = math.sin(2 * math.pi / k)
    ux = 1.0
    uy = 0.0
    x = cx + rx * grow
    px = matrix[0, 0] * x + matrix[0, 1] * cy + matrix[0, 2]
    py = matrix[1, 0] * x + matrix[1, 1] * cy + matrix[1, 2]
    first_x = px
    first_y = py
    for i in range(k):
        ux, uy = ux * turn_cos - uy * turn_sin, ux * turn_sin + uy * turn_cos
        x = cx + rx * grow * ux
        y = cy + ry * grow * uy
        qx = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
        qy = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
        if i == k - 1:  # rounding must not leave the outline open: coverage would run out to the right
            qx = first_x
            qy = first_y
        edges[n, 0] = px
        edges[n, 1] = py
        edges[n, 2] = qx
        edges[n, 3] = qy
        n += 1
        px = qx
        py = qy
    return n


@small_kernel
def append_stroke(points: Doubles, closed: bool, width: float, matrix: Doubles, edges: Doubles, n: int) -> int:
    """A polyline [k, 2] drawn with a round pen: one quad a segment, one disc a joint."""
    k = points.shape[0]
    radius = width / 2
    quad = np.empty((4, 2))
    for i in range(k if closed else k - 1):
        j = (i + 1) % k
        dx = points[j, 0] - points[i, 0]
        dy = points[j, 1] - points[i, 1]
        length = math.sqrt(dx * dx + dy * dy)
        if length < 1e-4:
            continue
        nx = -dy / length * radius
        ny = dx / length * radius
        quad[0, 0] = points[i, 0] - nx
        quad[0, 1] = points[i, 1] - ny
        quad[1, 0] = points[j, 0] - nx
        quad[1, 1] = points[j, 1] - ny
        quad[2, 0] = points[j, 0] + nx
        quad[2, 1] = points[j, 1] + ny
        quad[3, 0] = points[i, 0] + nx
        quad[3, 1] = points[i, 1] + ny
        n = append_polygon(quad, matrix, edges, n)
    if radius > 0.6:
        step = 1 if k < 60 else 2
        for i in range(0, k, step):
            n = append_ellipse(points[i, 0], points[i, 1], radius, radius, matrix, edges, n)
    return n


@small_kernel
def rasterise(edges: Doubles, n: int, origin_x: float, origin_y: float, cover: Floats) -> None:
    """Coverage (0 to 1) of the union of all outlines, with exact areas, into `cover` [h, w + 2] (cleared before).

    Signed trapezoid areas are accumulated where edges pass and summed along each row, as in font-rs. Outlines must
    wind the same way; where two of them share an edge it comes out a little heavy. The two columns on the right are
    work space.
    """
    h = cover.shape[0]
    stride = cover.shape[1]
    w = stride - 2
    for i in range(n):
        x0 = edges[i, 0] - origin_x
        y0 = edges[i, 1] - origin_y
        x1 = edges[i, 2] - origin_x
        y1 = edges[i, 3] - origin_y
        if y0 == y1:
            continue
        sign = 1.0
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
            sign = -1.0
        if y1 <= 0 or y0 >= h:
            continue
        slope = (x1 - x0) / (y1 - y0)
        x = x0
        if y0 < 0:
            x -= y0 * slope
            y0 = 0.0
        y_end = min(y1, float(h))
        y = int(y0)
        while y < y_end:
            dy = min(y + 1.0, y_end) - max(float(y), y0)
            x_next = x + slope * dy
            area = dy * sign
            a = min(x, x_next)
            b = max(x, x_next)
            if a < 0 and b > 0:  # what lies left of the picture counts for the whole row
                outside = area * a / (a - b)
                cover[y, 0] += outside
                area -= outside
                a = 0.0
            if a < w and b > w:  # what lies right of it counts for nothing
                area *= (w - a) / (b - a)
                b = float(w)
            a = min(max(a, 0.0), float(w))
            b = min(max(b, 0.0), float(w))
            first = int(a)
            last = math.ceil(b)
            if last <= first + 1:  # within one pixel
                inside = 0.5 * (a + b) - first
                cover[y, first] += area - area * inside
                cover[y, first + 1] += area * inside
            else:
                s = 1.0 / (b - a)
                a_part = a - first
                b_part = b - last + 1.0
                head = 0.5 * s * (1.0 - a_part) * (1.0 - a_part)
                tail = 0.5 * s * b_part * b_part
                cover[y, first] += area * head
                if last == first + 2:
                    cover[y, first + 1] += area * (1.0 - head - tail)
                else:
                    second = s * (1.5 - a_part)
                    cover[y, first + 1] += area * (second - head)
                    for xi in range(first + 2, last - 1):
                        cover[y, xi] += area * s
                    before_last = second + (last - first - 3.0) * s
                    cover[y, last - 1] += area * (1.0 - before_last - tail)
                cover[y, last] += area * tail
            x = x_next
            y += 1
    for row in range(h):
        total = 0.0
        for column in range(stride):
            total += cover[row, column]
            value = abs(total)
            cover[row, column] = value if value < 1.0 else 1.0


@small_kernel
def blend(
    pixels: Bytes,
    cover: Floats,
    origin_x: int,
    origin_y: int,
    clip: Floats,
    clipped: bool,
    kind: int,
    axis: Doubles,
    stops: Doubles,
    matrix: Doubles,
) -> None:
    """Paints through coverage [h, w + 2] (the last two columns are not used), source over.

    `axis` is in local coordinates: x0, y0, x1, y1 of a linear gradient; cx, cy, radius of a radial one.
    """
    h = cover.shape[0]
    w = cover.shape[1] - 2
    image_h, image_w = pixels.shape[0], pixels.shape[1]
    k = stops.shape[0]
    ax = matrix[0, 0] * axis[0] + matrix[0, 1] * axis[1] + matrix[0, 2]
    ay = matrix[1, 0] * axis[0] + matrix[1, 1] * axis[1] + matrix[1, 2]
    gx = 0.0
    gy = 0.0
    if kind == LINEAR_GRADIENT:
        dx = matrix[0, 0] * axis[2] + matrix[0, 1] * axis[3] + matrix[0, 2] - ax
        dy = matrix[1, 0] * axis[2] + matrix[1, 1] * axis[3] + matrix[1, 2] - ay
        square = dx * dx + dy * dy + 1e-9
        gx = dx / square
        gy = dy / square
    elif kind == RADIAL_GRADIENT:
        scale = math.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]))
        gx = 1.0 / (axis[2] * scale + 1e-9)
    for row in range(max(0, -origin_y), min(h, image_h - origin_y)):
        y = row + origin_y
        for column in range(max(0, -origin_x), min(w, image_w - origin_x)):
            x = column + origin_x
            c = float(cover[row, column])
            if c < _INVISIBLE:
                continue
            if clipped:
                c *= clip[y, x]
            r = stops[0, 1]
            g = stops[0, 2]
            b = stops[0, 3]
            a = stops[0, 4]
            if kind != SOLID:
                px = x + 0.5 - ax
                py = y + 0.5 - ay
                t = px * gx + py * gy if kind == LINEAR_GRADIENT else math.sqrt(px * px + py * py) * gx
                if t >= stops[k - 1, 0]:
                    r = stops[k - 1, 1]
                    g = stops[k - 1, 2]
                    b = stops[k - 1, 3]
                    a = stops[k - 1, 4]
                elif t > stops[0, 0]:
                    for i in range(k - 1):
                        if t <= stops[i + 1, 0]:
                            q = (t - stops[i, 0]) / (stops[i + 1, 0] - stops[i, 0] + 1e-9)
                            r = stops[i, 1] + (stops[i + 1, 1] - stops[i, 1]) * q
                            g = stops[i, 2] + (stops[i + 1, 2] - stops[i, 2]) * q
                            b = stops[i, 3] + (stops[i + 1, 3] - stops[i, 3]) * q
                            a = stops[i, 4] + (stops[i + 1, 4] - stops[i, 4]) * q
                            break
            a *= c
            keep = 1 - a
            pixels[y, x, 0] = np.uint8(pixels[y, x, 0] * keep + r * a * 255 + 0.5)
            pixels[y, x, 1] = np.uint8(pixels[y, x, 1] * keep + g * a * 255 + 0.5)
            pixels[y, x, 2] = np.uint8(pixels[y, x, 2] * keep + b * a * 255 + 0.5)
            pixels[y, x, 3] = np.uint8(pixels[y, x, 3] * keep + a * 255 + 0.5)


@small_kernel
def _covered_pixels(edges: Doubles, n: int, width: int, height: int) -> tuple[int, int, int, int]:
    """The box x0, y0, x1, y1 of a picture that the first `n` edges touch; empty where x1 <= x0 or y1 <= y0."""
    left = 1e9
    top = 1e9
    right = -1e9
    bottom = -1e9
    for i in range(n):
        x = edges[i, 2]
        y = edges[i, 3]
        left = min(left, x)
        right = max(right, x)
        top = min(top, y)
        bottom = max(bottom, y)
    return (
        max(math.floor(left), 0),
        max(math.floor(top), 0),
        min(math.ceil(right), width),
        min(math.ceil(bottom), height),
    )


@small_kernel
def clip_to(clip: Floats, edges: Doubles, n: int, work: Floats) -> None:
    """Coverage of the first `n` edges into `clip` [h, w]. `work` holds h * (w + 2) floats."""
    clip[:] = 0
    x0, y0, x1, y1 = _covered_pixels(edges, n, clip.shape[1], clip.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    h = y1 - y0
    w = x1 - x0
    cover = work[: h * (w + 2)].reshape((h, w + 2))
    cover[:] = 0
    rasterise(edges, n, float(x0), float(y0), cover)
    clip[y0:y1, x0:x1] = cover[:, :w]


@small_kernel
def paint(
    pixels: Bytes,
    edges: Doubles,
    n: int,
    work: Floats,
    clip: Floats,
    clipped: bool,
    kind: int,
    axis: Doubles,
    stops: Doubles,
    matrix: Doubles,
) -> None:
    """Bounds, coverage, gradient and blending of one part in one call. `work` holds height * (width + 2) floats."""
    x0, y0, x1, y1 = _covered_pixels(edges, n, pixels.shape[1], pixels.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    h = y1 - y0
    w = x1 - x0 + 2
    cover = work[: h * w].reshape((h, w))
    cover[:] = 0
    rasterise(edges, n, float(x0), float(y0), cover)
    blend(pixels, cover, x0, y0, clip, clipped, kind, axis, stops, matrix)


@small_kernel
def tube_outline(spine: Doubles, per_segment: int) -> tuple[Doubles, Doubles]:
    """The skin of a tapered tube along `spine` [k, 3] (x, y, radius), smoothed by a Catmull-Rom spline.

    Returns the outline [2m, 2], wound as `append_ellipse` winds, and ten numbers: x, y, radius of the first end, the
    same of the last end, then left, top, right, bottom of the outline.
    """
    k = spine.shape[0]
    m = k if k < 3 else (k - 1) * per_segment + 1
    line = np.empty((m, 3))
    for i in range(m):
        step = per_segment if k >= 3 else 1
        knot = min(i // step, max(k - 2, 0))
        t = (i - knot * step) / step
        t2 = t * t
        t3 = t2 * t
        for c in range(3):
            p1 = spine[knot, c]
            p2 = spine[min(knot + 1, k - 1), c]
            p0 = spine[knot - 1, c] if knot > 0 else 2 * p1 - p2
            p3 = spine[knot + 2, c] if knot + 2 < k else 2 * p2 - p1
            line[i, c] = 0.5 * (
                (-t + 2 * t2 - t3) * p0 + (2 - 5 * t2 + 3 * t3) * p1 + (t + 4 * t2 - 3 * t3) * p2 + (t3 - t2) * p3
            )
    outline = np.empty((2 * m, 2))
    for i in range(m):
        a = max(i - 1, 0)
        b = min(i + 1, m - 1)
        dx = line[b, 0] - line[a, 0]
        dy = line[b, 1] - line[a, 1]
        length = math.sqrt(dx * dx + dy * dy) + 1e-6
        radius = max(line[i, 2], 0.25)
        nx = -dy / length * radius
        ny = dx / length * radius
        outline[i, 0] = line[i, 0] + nx
        outline[i, 1] = line[i, 1] + ny
        outline[2 * m - 1 - i, 0] = line[i, 0] - nx
        outline[2 * m - 1 - i, 1] = line[i, 1] - ny
    info = np.empty(10)
    info[0] = line[0, 0]
    info[1] = line[0, 1]
    info[2] = max(line[0, 2], 0.25)
    info[3] = line[m - 1, 0]
    info[4] = line[m - 1, 1]
    info[5] = max(line[m - 1, 2], 0.25)
    info[6] = 1e9
    info[7] = 1e9
    info[8] = -1e9
    info[9] = -1e9
    area = 0.0
    for i in range(2 * m):
        j = (i + 1) % (2 * m)
        area += outline[i, 0] * outline[j, 1] - outline[j, 0] * outline[i, 1]
        info[6] = min(info[6], outline[i, 0])
        info[7] = min(info[7], outline[i, 1])
        info[8] = max(info[8], outline[i, 0])
        info[9] = max(info[9], outline[i, 1])
    if area < 0:
        for i in range(m):
            j = 2 * m - 1 - i
            for c in range(2):
                swap = outline[i, c]
                outline[i, c] = outline[j, c]
                outline[j, c] = swap
    return outline, info
