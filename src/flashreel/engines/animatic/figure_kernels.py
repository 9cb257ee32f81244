"""The compiled half of figures: an actor's parts from metres to the screen, and all of them painted in one call.

A figure is a display list. `parts` is float64 [n, PART_COLUMNS], a row a part, columns named below; `joints` float64
[m, 4], the x, y, z and radius (metres) of the parts' joints one after another. `view` float64 [VIEW_NUMBERS] is an
affine map from rig to camera space [3, 4] row by row, then focal length, cx, cy (pixels), the rig's scale, and what a
metre of x and of z adds to a part's depth.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.jit import kernel, small_kernel
from flashreel.engines.animatic.vector_kernels import (
    LINEAR_GRADIENT,
    SOLID,
    append_ellipse,
    append_polygon,
    append_stroke,
    clip_to,
    paint,
    tube_outline,
)

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Counts = NDArray[np.int64]
Bytes = NDArray[np.uint8]

TUBE: Final = 0
POLYGON: Final = 1
LINE: Final = 2
RING: Final = 3  # the line of a circle
PLATE: Final = 4  # its area
BALL: Final = 5

KIND: Final = 0
FIRST: Final = 1  # joint
COUNT: Final = 2  # joints
DEPTH: Final = 3  # added to the mean depth of the joints; of a group's part, the group's own
GROUPED: Final = 4
SIZE: Final = 5  # metres: width of a line; radius of a ring, plate or ball
OTHER: Final = 6  # a ring's line width, a ball's radius in y; a tube's caps (1: first, 2: last); a polygon's steps
STOPS: Final = 7  # first row of its gradient
STOP_COUNT: Final = 8  # 1: one colour
HOST: Final = 9  # the part inside which it is seen, or -1
PART_COLUMNS: Final = 10

VIEW_NUMBERS: Final = 18

NEAREST: Final = 0.05  # metres in front of the camera; nothing is projected from closer
_RING_STEPS: Final = 40
_TUBE_STEPS: Final = 6  # of a spline's segment
_TUBE_STEPS_IN_SHADOW: Final = 3
_THIN_PART_SHADOW: Final = 0.22  # metres: what a flat part is thickened by in the shadow, where it may be edge-on
_THINNEST_LINE: Final = 0.6  # pixels
_THINNEST_RING: Final = 0.7
_SMALLEST_BALL: Final = 0.4

# What `lay_out` finds for a part: columns of `laid`.
_FIRST_EDGE: Final = 0
_LAST_EDGE: Final = 1  # and one more
_LEFT: Final = 2  # the box of its area, pixels
_TOP: Final = 3
_RIGHT: Final = 4
_BOTTOM: Final = 5
ORDER: Final = 6  # depth by which parts are sorted
_LAID_COLUMNS: Final = 7

_ELLIPSE_EDGES: Final = 64  # at most, see `append_ellipse`


@small_kernel
def _project(view: Doubles, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Column, row, and pixels per metre of the rig."""
    distance = view[8] * x + view[9] * y + view[10] * z + view[11]
    q = view[12] / max(distance, NEAREST)
    column = view[13] + q * (view[0] * x + view[1] * y + view[2] * z + view[3])
    row = view[14] - q * (view[4] * x + view[5] * y + view[6] * z + view[7])
    return column, row, q * view[15]


@small_kernel
def _smooth_outline(knots: Doubles, steps: int) -> Doubles:
    """The closed Catmull-Rom spline through knots [k, 2], of which the last repeats the first."""
    k = knots.shape[0]
    if k < 3:
        return knots
    line = np.empty(((k - 1) * steps + 1, 2))
    for i in range(line.shape[0]):
        knot = min(i // steps, k - 2)
        t = (i - knot * steps) / steps
        t2 = t * t
        t3 = t2 * t
        for c in range(2):
            p1 = knots[knot, c]
            p2 = knots[knot + 1, c]
            p0 = knots[knot - 1, c] if knot > 0 else 2 * p1 - p2
            p3 = knots[knot + 2, c] if knot + 2 < k else 2 * p2 - p1
            line[i, c] = 0.5 * (
                (-t + 2 * t2 - t3) * p0 + (2 - 5 * t2 + 3 * t3) * p1 + (t + 4 * t2 - 3 * t3) * p2 + (t3 - t2) * p3
            )
    return line


@small_kernel
def _edge_capacity(parts: Doubles, casting: bool) -> int:
    """Room for the edges of all parts."""
    total = 0
    for i in range(parts.shape[0]):
        kind = int(parts[i, KIND])
        points = int(parts[i, COUNT])
        stroked = kind in (LINE, RING)
        if kind == TUBE:
            points = 2 * (points * _TUBE_STEPS + 1) + 2 * _ELLIPSE_EDGES
        elif kind == POLYGON:
            points = (points + 1) * max(int(parts[i, OTHER]), 1) + 1
            stroked = casting
        elif kind == BALL:
            points = _ELLIPSE_EDGES
        elif kind != LINE:
            points = _RING_STEPS
        total += points * (5 + _ELLIPSE_EDGES) if stroked else points
    return total


@small_kernel
def _widen_box(box: Doubles, x: float, y: float, rx: float, ry: float) -> None:
    """Makes a box (left, top, right, bottom) hold an ellipse."""
    box[0] = min(box[0], x - rx)
    box[1] = min(box[1], y - ry)
    box[2] = max(box[2], x + rx)
    box[3] = max(box[3], y + ry)


@kernel
def lay_out(parts: Doubles, joints: Doubles, view: Doubles, casting: bool) -> tuple[Doubles, Doubles, Doubles]:
    """Where the parts are on the screen: for the colours, or `casting` the shadow (then `view` shears).

    Returns the edges of all parts [e, 4] (see `vector_kernels`) in pixels of the screen, a row of numbers for each
    part, and left, top, right, bottom around all of them; left > right where there is nothing. Parts inside a host do
    not count for these, as they are not seen beyond it, and cast no shadow.
    """
    edges = np.empty((_edge_capacity(parts, casting), 4))
    laid = np.zeros((parts.shape[0], _LAID_COLUMNS))
    bounds = np.array([1e9, 1e9, -1e9, -1e9])
    here = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    n = 0
    for i in range(parts.shape[0]):
        kind = int(parts[i, KIND])
        first = int(parts[i, FIRST])
        count = int(parts[i, COUNT])
        size = parts[i, SIZE]
        other = parts[i, OTHER]
        laid[i, _FIRST_EDGE] = n
        depth = 0.0
        for j in range(first, first + count):
            depth += joints[j, 0] * view[16] + joints[j, 2] * view[17]
        laid[i, ORDER] = parts[i, DEPTH] if parts[i, GROUPED] > 0 else depth / count + parts[i, DEPTH]
        hidden = casting and parts[i, HOST] >= 0
        x, y, scale = _project(view, joints[first, 0], joints[first, 1], joints[first, 2])
        box = laid[i, _LEFT : _BOTTOM + 1]
        box[:2] = 1e9
        box[2:] = -1e9
        stroke = 0.0
        margin = 0.0
        area = True
        outline = np.empty((0, 2))
        if kind == TUBE:
            spine = np.empty((count, 3))
            for j in range(count):
                joint = joints[first + j]
                spine[j, 0], spine[j, 1], scale = _project(view, joint[0], joint[1], joint[2])
                spine[j, 2] = scale * joint[3]
            outline, info = tube_outline(spine, _TUBE_STEPS_IN_SHADOW if casting else _TUBE_STEPS)
            box[:] = info[6:]
        elif kind == BALL:
            info = np.zeros(10)
        elif kind == LINE:
            outline = np.empty((2, 2))
            outline[0, 0] = x
            outline[0, 1] = y
            joint = joints[first + 1]
            outline[1, 0], outline[1, 1], far_scale = _project(view, joint[0], joint[1], joint[2])
            stroke = max(size * (scale + far_scale) / 2, _THINNEST_LINE)
            margin = stroke
            area = False
            info = np.zeros(10)
        elif kind == POLYGON:
            knots = np.empty((count + 1, 2))
            for j in range(count + 1):
                joint = joints[first + j % count]
                knots[j, 0], knots[j, 1], _ = _project(view, joint[0], joint[1], joint[2])
            outline = _smooth_outline(knots, int(other)) if other > 0 else knots[:count].copy()
            if casting:
                stroke = max(_THIN_PART_SHADOW * scale, 2.0)
                margin = 0.5 * _THIN_PART_SHADOW * scale + 1
            info = np.zeros(10)
        else:
            outline = np.empty((_RING_STEPS, 2))
            for j in range(_RING_STEPS):
                angle = 2 * math.pi * (_RING_STEPS - 1 - j) / _RING_STEPS
                rim_x = joints[first, 0] + size * math.cos(angle)
                rim_y = joints[first, 1] + size * math.sin(angle)
                outline[_RING_STEPS - 1 - j, 0], outline[_RING_STEPS - 1 - j, 1], scale = _project(
                    view, rim_x, rim_y, joints[first, 2]
                )
            margin = max(other * scale, _THINNEST_RING)
            if kind == RING:
                stroke = margin
                area = False
            info = np.zeros(10)
        for j in range(outline.shape[0]):
            _widen_box(box, outline[j, 0], outline[j, 1], 0.0, 0.0)
        if area and not hidden and outline.shape[0] > 0:
            n = append_polygon(outline, here, edges, n)
        for end in range(2):  # a tube's caps; a ball is one of them
            if (kind == TUBE and int(other) & (end + 1)) or (kind == BALL and end == 0):
                rx = info[3 * end + 2]
                ry = rx
                if kind == TUBE:
                    x = info[3 * end]
                    y = info[3 * end + 1]
                else:
                    rx = max(size * scale, _SMALLEST_BALL)
                    ry = max(other * scale, _SMALLEST_BALL)
                _widen_box(box, x, y, rx, ry)
                if not hidden:
                    n = append_ellipse(x, y, rx, ry, here, edges, n)
        if stroke > 0:
            n = append_stroke(outline, kind != LINE, stroke, here, edges, n)
        laid[i, _LAST_EDGE] = n
        if parts[i, HOST] < 0:
            bounds[0] = min(bounds[0], box[0] - margin)
            bounds[1] = min(bounds[1], box[1] - margin)
            bounds[2] = max(bounds[2], box[2] + margin)
            bounds[3] = max(bounds[3], box[3] + margin)
    return edges[:n], laid, bounds


@small_kernel
def _edges_of(edges: Doubles, laid: Doubles, i: int, left: float, top: float, own: Doubles) -> int:
    """Copies a part's edges, moved by an origin, to the beginning of `own`; how many."""
    first = int(laid[i, _FIRST_EDGE])
    n = int(laid[i, _LAST_EDGE]) - first
    for j in range(n):
        own[j, 0] = edges[first + j, 0] - left
        own[j, 1] = edges[first + j, 1] - top
        own[j, 2] = edges[first + j, 2] - left
        own[j, 3] = edges[first + j, 3] - top
    return n


@kernel
def paint_parts(
    pixels: Bytes,
    left: float,
    top: float,
    order: Counts,
    parts: Doubles,
    edges: Doubles,
    laid: Doubles,
    stops: Doubles,
    light_x: float,
    light_y: float,
) -> None:
    """Paints the parts in this `order` on premultiplied RGBA [h, w, 4] whose corner is at (left, top) on the screen.

    `edges` and `laid` are from `lay_out`. `stops` [k, 5] holds the gradients of all parts, which run along the light
    (a direction towards it).
    """
    h = pixels.shape[0]
    w = pixels.shape[1]
    here = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]])
    own = np.empty((max(edges.shape[0], 1), 4))
    work = np.empty(h * (w + 2), np.float32)
    clip = np.empty((0, 0), np.float32)
    clipped_to = -1
    axis = np.zeros(4)
    for i in order:
        host = int(parts[i, HOST])
        if host >= 0 and host != clipped_to:
            if clipped_to < 0:
                clip = np.empty((h, w), np.float32)
            clip_to(clip, own, _edges_of(edges, laid, host, left, top, own), work)
            clipped_to = host
        first = int(parts[i, STOPS])
        count = int(parts[i, STOP_COUNT])
        if count > 1:
            box = laid[host if host >= 0 else i]
            middle_x = (box[_LEFT] + box[_RIGHT]) / 2
            middle_y = (box[_TOP] + box[_BOTTOM]) / 2
            reach = (abs(light_x) * (box[_RIGHT] - box[_LEFT]) + abs(light_y) * (box[_BOTTOM] - box[_TOP])) / 2 + 0.5
            axis[0] = middle_x + light_x * reach
            axis[1] = middle_y + light_y * reach
            axis[2] = middle_x - light_x * reach
            axis[3] = middle_y - light_y * reach
        n = _edges_of(edges, laid, i, left, top, own)
        kind = LINEAR_GRADIENT if count > 1 else SOLID
        paint(pixels, own, n, work, clip, host >= 0, kind, axis, stops[first : first + count], here)
