"""Skeletons drawn as vector art: joints live in metres in 3-D, skin is projected tubes, discs and polygons."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np

from flashreel.engines.animatic.colour import Colour, tri_stops
from flashreel.engines.animatic.vector import (
    Box,
    Canvas,
    Doubles,
    Fill,
    Paint,
    Path,
    Pixels,
    linear,
    smooth_curve,
    solid,
)
from flashreel.engines.animatic.vector_kernels import tube_outline

#: A joint in rig space, metres: +x forward, +y up, z sideways (negative is the near side when the rig heads right).
Joint = tuple[float, float, float]
Draw = Callable[[Canvas], None]

_NEAREST = 0.05  # metres in front of the camera; nothing is projected from closer
_RING_STEPS = 40
_RING_CIRCLE = [(math.cos(a), math.sin(a)) for a in np.linspace(0, 2 * np.pi, _RING_STEPS, endpoint=False).tolist()]
_THIN_PART_SHADOW = 0.22  # metres: what a flat part is thickened by in the shadow pass, where it may be seen edge-on


class Camera(Protocol):
    """A pinhole camera that only yaws: position x, y, z in metres, `sn`, `cs` of the yaw, focal length `f` and
    principal point `cx`, `cy` in pixels."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def z(self) -> float: ...
    @property
    def sn(self) -> float: ...
    @property
    def cs(self) -> float: ...
    @property
    def f(self) -> float: ...
    @property
    def cx(self) -> float: ...
    @property
    def cy(self) -> float: ...
    @property
    def yaw(self) -> float: ...


class Projected(NamedTuple):
    """A joint on the screen: pixels, the size of a metre there, and the depth by which parts are sorted."""

    x: float
    y: float
    scale: float
    depth: float


class Pen:
    """Collects the parts of one actor in one frame, then paints them far to near.

    `pos` is where the rig's origin stands in the world; `heading`, `pitch`, `roll` are radians, `scale` multiplies
    the rig's size. `light` points towards the light on the screen. With `shadow` (a direction towards the sun, in the
    world) every part is sheared onto the plane y = `ground` instead, and colours do not matter: that is the cast
    shadow of the rig.

    Part methods share some arguments: `depth` moves a part towards the camera (negative) or away in the painting
    order; `flat` paints one colour instead of the three-stop gradient along the light; `alpha` is its opacity; `lit`
    and `dark` say how strong the gradient's ends are.
    """

    def __init__(
        self,
        camera: Camera,
        pos: Sequence[float],
        heading: float = 0.0,
        scale: float = 1.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        light: tuple[float, float] = (-0.6, -0.8),
        shadow: Sequence[float] | None = None,
        ground: float = 0.0,
    ) -> None:
        self.scale = scale
        self.light = light
        self.casting = shadow is not None
        #: left, top, right, bottom in pixels around everything added so far; left > right while there is nothing.
        self.bounds: list[float] = [1e9, 1e9, -1e9, -1e9]
        self._parts: list[tuple[float, Draw]] = []
        self._group: list[Draw] | None = None
        self._camera = (camera.f, camera.cx, camera.cy)
        relative = heading + camera.yaw  # 0 is pure profile
        self._depth_of_z = math.cos(relative)
        self._depth_of_x = math.sin(relative) if abs(math.sin(relative)) > 0.6 else 0.0
        self._map = _rig_to_camera(camera, pos, heading, scale, pitch, roll, shadow, ground)

    @property
    def in_profile(self) -> bool:
        """Whether the rig is seen from the side rather than along its axis."""
        return abs(self._depth_of_z) > 0.2

    # -- projection

    def project(self, joint: Joint) -> Projected:
        x, y, z = joint
        a, b, c, d, e, f, g, h, i, j, k, m = self._map
        focal, cx, cy = self._camera
        distance = i * x + j * y + k * z + m
        q = focal / (distance if distance > _NEAREST else _NEAREST)
        return Projected(
            cx + q * (a * x + b * y + c * z + d),
            cy - q * (e * x + f * y + g * z + h),
            q * self.scale,
            z * self._depth_of_z + x * self._depth_of_x,
        )

    def include(self, box: Box, margin: float = 0.0) -> None:
        """Widens the bounds by a box in pixels."""
        b = self.bounds
        b[0] = min(b[0], box[0] - margin)
        b[1] = min(b[1], box[1] - margin)
        b[2] = max(b[2], box[2] + margin)
        b[3] = max(b[3], box[3] + margin)

    # -- order

    def add(self, depth: float, draw: Draw) -> None:
        """Adds a hand-made part; `draw` gets the canvas in pixels. The caller keeps `bounds` with `include`."""
        if self._group is not None:
            self._group.append(draw)
        else:
            self._parts.append((depth, draw))

    @contextmanager
    def group(self, depth: float) -> Iterator[None]:
        """Parts added inside are painted in the order of the calls, at one depth (heads, sails, cabins)."""
        outer, self._group = self._group, []
        members = self._group
        try:
            yield
        finally:
            self._group = outer

        def draw_all(canvas: Canvas) -> None:
            for draw in members:
                draw(canvas)

        self.add(depth, draw_all)

    def draw(self, canvas: Canvas) -> None:
        for _, draw in sorted(self._parts, key=lambda part: -part[0]):
            draw(canvas)

    # -- parts

    def tube(
        self,
        joints: Sequence[Joint],
        radii: Sequence[float],
        colour: Colour,
        *,
        depth: float = 0.0,
        caps: tuple[bool, bool] = (True, True),
        flat: bool = False,
        alpha: float = 1.0,
        lit: float = 0.22,
        dark: float = 0.34,
    ) -> Path:
        """A tapered tube (radii in metres) through the joints; `caps` rounds its first and last end."""
        outline, info, middle = self._outline(joints, radii)
        path = Path().polygon(outline)
        x0, y0, x1, y1 = info[6:]
        for on, (x, y, r) in ((caps[0], info[0:3]), (caps[1], info[3:6])):
            if on:
                path.circle(x, y, r)
                x0, y0, x1, y1 = min(x0, x - r), min(y0, y - r), max(x1, x + r), max(y1, y + r)
        box = (x0, y0, x1, y1)
        self.include(box)
        self._add_path(middle + depth, path, self._paint(colour, box, alpha, flat, lit, dark))
        return path

    def clip_tube(
        self,
        host: Path,
        joints: Sequence[Joint],
        radii: Sequence[float],
        colour: Colour,
        *,
        depth: float = -1e-3,
    ) -> None:
        """A tube seen only inside `host` (what a part method returned): a coat pattern."""
        if self.casting:
            return
        outline, info, middle = self._outline(joints, radii)
        path = Path().polygon(outline).circle(*info[0:3]).circle(*info[3:6])
        paint = self._paint(colour, host.bounds(), 1.0, False, 0.22, 0.34)

        def draw(canvas: Canvas) -> None:
            with canvas.saved():
                canvas.clip(host)
                canvas.draw(path, paint)

        self.add(middle + depth, draw)

    def polygon(
        self,
        joints: Sequence[Joint],
        colour: Colour,
        *,
        depth: float = 0.0,
        smooth: int = 0,
        flat: bool = False,
        alpha: float = 1.0,
        lit: float = 0.22,
        dark: float = 0.34,
    ) -> Path:
        """A filled outline; `smooth` > 0 rounds it with so many steps a segment."""
        points = [self.project(joint) for joint in joints]
        xy: Doubles = np.array([(point.x, point.y) for point in points])
        if smooth:
            xy = smooth_curve(np.vstack([xy, xy[:1]]), smooth)
        path = Path().polygon(xy)
        box = _box_of(xy)
        paint = self._paint(colour, box, alpha, flat, lit, dark)
        margin = 0.0
        if self.casting:
            thickness = _THIN_PART_SHADOW * points[0].scale
            margin = 0.5 * thickness + 1
            paint = Paint(paint.fill, stroke=max(2.0, thickness), stroke_and_area=True)
        self.include(box, margin)
        self._add_path(_mean_depth(points) + depth, path, paint)
        return path

    def line(
        self, start: Joint, end: Joint, width: float, colour: Colour, *, depth: float = 0.0, alpha: float = 1.0
    ) -> None:
        """A round-ended line of one colour, `width` in metres (never thinner than 0.6 pixels)."""
        a, b = self.project(start), self.project(end)
        pixels = max(width * (a.scale + b.scale) / 2, 0.6)
        path = Path().polygon(((a.x, a.y), (b.x, b.y)), closed=False)
        self.include((min(a.x, b.x), min(a.y, b.y), max(a.x, b.x), max(a.y, b.y)), pixels)
        self._add_path((a.depth + b.depth) / 2 + depth, path, Paint(self._flat(colour, alpha), stroke=pixels))

    def ring(
        self,
        centre: Joint,
        radius: float,
        width: float,
        colour: Colour,
        *,
        depth: float = 0.0,
        fill: Colour | None = None,
    ) -> None:
        """A circle in the rig's x-y plane, drawn with a line of `width` metres (0: none) and filled if asked."""
        cx, cy, cz = centre
        points = [self.project((cx + radius * c, cy + radius * s, cz)) for c, s in _RING_CIRCLE]
        xy: Doubles = np.array([(point.x, point.y) for point in points])
        path = Path().polygon(xy)
        box = _box_of(xy)
        pixels = max(width * points[0].scale, 0.7)
        self.include(box, pixels)
        middle = _mean_depth(points) + depth
        if fill is not None:
            self._add_path(middle + 1e-4, path, self._paint(fill, box, 1.0, False, 0.22, 0.34))
        if width:
            paint = self._paint(colour, box, 1.0, False, 0.22, 0.34)
            self._add_path(middle, path, Paint(paint.fill, stroke=pixels))

    def ball(
        self,
        centre: Joint,
        radius: float,
        colour: Colour,
        *,
        depth: float = 0.0,
        flat: bool = False,
        alpha: float = 1.0,
        ry: float | None = None,
        lit: float = 0.22,
        dark: float = 0.34,
    ) -> Path:
        """A disc facing the camera, `radius` wide and `ry` high (metres, the same where not given)."""
        x, y, scale, middle = self.project(centre)
        rx = max(radius * scale, 0.4)
        r_y = rx if ry is None else max(ry * scale, 0.4)
        box = (x - rx, y - r_y, x + rx, y + r_y)
        self.include(box)
        path = Path().ellipse(x, y, rx, r_y)
        self._add_path(middle + depth, path, self._paint(colour, box, alpha, flat, lit, dark))
        return path

    def picture(self, pixels: Pixels, width: float, height: float, lift: float, tilt: float, squash: float) -> None:
        """A premultiplied picture standing on the rig's origin, `lift` metres above it, facing the camera.

        `tilt` turns it about its foot (radians), `squash` stretches it upwards and keeps its area (1: as it is).
        """
        rows, columns = pixels.shape[:2]
        if self.casting:
            a, b, c = (
                self.project(corner)
                for corner in ((-width / 2, lift, 0.0), (width / 2, lift, 0.0), (-width / 2, height + lift, 0.0))
            )
            opposite = (b.x + c.x - a.x, b.y + c.y - a.y)
            self.include(_box_of(np.array([(a.x, a.y), (b.x, b.y), (c.x, c.y), opposite])))
            affine = (
                (b.x - a.x) / columns,
                (a.x - c.x) / rows,
                c.x,
                (b.y - a.y) / columns,
                (a.y - c.y) / rows,
                c.y,
            )
            self.add(0.0, lambda canvas: canvas.texture(pixels, affine, black=True))
            return
        x, y, scale, middle = self.project((0.0, lift, 0.0))
        w, h = width * scale / math.sqrt(squash), height * scale * squash
        reach = math.hypot(w / 2, h)
        self.include((x - reach, y - reach, x + reach, y + w / 2))

        def draw(canvas: Canvas) -> None:
            with canvas.saved():
                canvas.translate(x, y)
                canvas.rotate(tilt)
                canvas.texture(pixels, (w / columns, 0.0, -w / 2, 0.0, h / rows, -h))

        self.add(middle, draw)

    # -- inside

    def _outline(self, joints: Sequence[Joint], radii: Sequence[float]) -> tuple[Doubles, list[float], float]:
        points = [self.project(joint) for joint in joints]
        spine = np.array([(p.x, p.y, p.scale * r) for p, r in zip(points, radii, strict=True)], np.float64)
        outline, info = tube_outline(spine, 3 if self.casting else 6)
        return outline, info.tolist(), _mean_depth(points)

    def _add_path(self, depth: float, path: Path, paint: Paint) -> None:
        self.add(depth, lambda canvas: canvas.draw(path, paint))

    def _flat(self, colour: Colour, alpha: float) -> Fill:
        return _ANY_FILL if self.casting else solid(colour, alpha)

    def _paint(self, colour: Colour, box: Box, alpha: float, flat: bool, lit: float, dark: float) -> Paint:
        if self.casting or flat:
            return Paint(self._flat(colour, alpha))
        x0, y0, x1, y1 = box
        mx, my = (x0 + x1) / 2, (y0 + y1) / 2
        lx, ly = self.light
        reach = (abs(lx) * (x1 - x0) + abs(ly) * (y1 - y0)) / 2 + 0.5
        stops = tri_stops(colour, lit, dark, alpha)
        return Paint(linear(mx + lx * reach, my + ly * reach, mx - lx * reach, my - ly * reach, stops))


_ANY_FILL = solid("#000000")


def _mean_depth(points: Sequence[Projected]) -> float:
    return sum(point.depth for point in points) / len(points)


def _box_of(xy: Doubles) -> Box:
    (x0, y0), (x1, y1) = xy.min(0).tolist(), xy.max(0).tolist()
    return x0, y0, x1, y1


def _rig_to_camera(
    camera: Camera,
    pos: Sequence[float],
    heading: float,
    scale: float,
    pitch: float,
    roll: float,
    shadow: Sequence[float] | None,
    ground: float,
) -> tuple[float, ...]:
    """The affine map [3, 4], row by row, from rig space to camera space: roll, pitch, heading, shadow shear, yaw.

    One map for an actor and a frame, as it is applied to every joint.
    """

    def to_camera(x: float, y: float, z: float) -> Joint:
        x, y, z = x * scale, y * scale, z * scale
        y, z = y * math.cos(roll) - z * math.sin(roll), y * math.sin(roll) + z * math.cos(roll)
        x, y = x * math.cos(pitch) - y * math.sin(pitch), x * math.sin(pitch) + y * math.cos(pitch)
        world_x = pos[0] + x * math.cos(heading) - z * math.sin(heading)
        world_z = pos[2] + x * math.sin(heading) + z * math.cos(heading)
        world_y = pos[1] + y
        if shadow is not None:
            k = (world_y - ground) / shadow[1]
            world_x -= shadow[0] * k
            world_z -= shadow[2] * k
            world_y = ground
        rx, ry, rz = world_x - camera.x, world_y - camera.y, world_z - camera.z
        return rx * camera.cs - rz * camera.sn, ry, rx * camera.sn + rz * camera.cs

    origin = to_camera(0.0, 0.0, 0.0)
    columns = [to_camera(*unit) for unit in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
    return tuple(
        value for row in range(3) for value in (*(column[row] - origin[row] for column in columns), origin[row])
    )
