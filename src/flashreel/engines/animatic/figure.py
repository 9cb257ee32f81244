"""Figure: one actor in one frame, placed in the world, ready to be painted and to cast its shadow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from flashreel.engines.animatic.figure_kernels import NEAREST, ORDER, lay_out, paint_parts
from flashreel.engines.animatic.pen import Joint, Pen, Sticker
from flashreel.engines.animatic.vector import Affine, Box, Canvas, Doubles, Floats, Pixels, blur
from flashreel.engines.animatic.vector_kernels import rasterise


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


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a rig stands (metres), how it is turned (radians) and how much larger it is."""

    position: tuple[float, float, float]
    heading: float = 0.0
    scale: float = 1.0
    pitch: float = 0.0
    roll: float = 0.0


class Figure:
    """What a pen has recorded, seen from a camera.

    With `sun` (a direction towards it, in the world) everything is sheared onto the plane y = `ground` instead, and
    only its coverage matters: that is the cast shadow.
    """

    def __init__(
        self,
        pen: Pen,
        camera: Camera,
        pose: Pose,
        *,
        light: tuple[float, float] = (-0.6, -0.8),
        sun: tuple[float, float, float] | None = None,
        ground: float = 0.0,
    ) -> None:
        """`light` points towards the light on the screen."""
        self._parts, self._joints, self._stops = pen.recorded()
        self._stickers = pen.stickers
        self._light = light
        self._casting = sun is not None
        matrix = _rig_to_camera(camera, pose, sun, ground)
        self._view: Doubles = np.array(
            (*matrix, camera.f, camera.cx, camera.cy, pose.scale, pen.depth_of_x, pen.depth_of_z)
        )
        self._edges, self._laid, bounds = lay_out(self._parts, self._joints, self._view, self._casting)
        boxes = [tuple(bounds.tolist()), *(self._sticker_box(sticker) for sticker in self._stickers)]
        left, top, right, bottom = zip(*boxes, strict=True)
        #: left, top, right, bottom in pixels around everything; left > right where there is nothing.
        self.bounds: Box = (min(left), min(top), max(right), max(bottom))

    def paint(self, left: int, top: int, right: int, bottom: int) -> Pixels:
        """The colours in a box of the screen, [bottom - top, right - left, 4], premultiplied RGBA."""
        canvas = Canvas.blank(right - left, bottom - top)
        self._draw_stickers(canvas, left, top)
        if len(self._parts):
            order = np.argsort(-self._laid[:, ORDER], kind="stable")
            paint_parts(
                canvas.pixels,
                float(left),
                float(top),
                order,
                self._parts,
                self._edges,
                self._laid,
                self._stops,
                float(self._light[0]),
                float(self._light[1]),
            )
        return canvas.pixels

    def coverage(self, left: int, top: int, right: int, bottom: int, soft: float) -> Floats:
        """How much of each pixel of the box is covered, 0 to 1, blurred by sigma `soft` (in y 0.6 of it: a shadow lies
        on the ground)."""
        width = right - left
        cover = np.zeros((bottom - top, width + 2), np.float32)
        rasterise(self._edges, len(self._edges), float(left), float(top), cover)
        united = cover[:, :width]
        if self._stickers:
            canvas = Canvas.blank(width, bottom - top)
            self._draw_stickers(canvas, left, top)
            united = np.maximum(united, canvas.pixels[..., 3] * np.float32(1 / 255))
        return np.ascontiguousarray(blur(united[..., None], soft, soft * 0.6)[..., 0])

    def _draw_stickers(self, canvas: Canvas, left: int, top: int) -> None:
        with canvas.saved():
            canvas.translate(-left, -top)
            for sticker in self._stickers:
                canvas.texture(sticker.pixels, self._sticker_map(sticker), black=self._casting)

    def _sticker_map(self, sticker: Sticker) -> Affine:
        """From texels to the screen."""
        rows, columns = sticker.pixels.shape[:2]
        if self._casting:  # the picture's own plane, sheared
            a, b, c = (self._project(*corner) for corner in sticker.corners())
            return ((b[0] - a[0]) / columns, (a[0] - c[0]) / rows, c[0],
                    (b[1] - a[1]) / columns, (a[1] - c[1]) / rows, c[1])  # fmt: skip
        x, y, metre = self._project(0.0, sticker.lift, 0.0)
        wide, tall = sticker.width * metre / math.sqrt(sticker.squash), sticker.height * metre * sticker.squash
        cos, sin = math.cos(sticker.tilt), math.sin(sticker.tilt)
        across, down = wide / columns, tall / rows
        return (
            cos * across,
            -sin * down,
            x - cos * wide / 2 + sin * tall,
            sin * across,
            cos * down,
            y - sin * wide / 2 - cos * tall,
        )

    def _sticker_box(self, sticker: Sticker) -> Box:
        rows, columns = sticker.pixels.shape[:2]
        a, b, c, d, e, f = self._sticker_map(sticker)
        corners = [(a * u + b * v + c, d * u + e * v + f) for u in (0, columns) for v in (0, rows)]
        x, y = zip(*corners, strict=True)
        return min(x), min(y), max(x), max(y)

    def _project(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Column, row, and pixels per metre of the rig, as the kernels find them."""
        v: list[float] = self._view.tolist()
        q = v[12] / max(v[8] * x + v[9] * y + v[10] * z + v[11], NEAREST)
        column = v[13] + q * (v[0] * x + v[1] * y + v[2] * z + v[3])
        row = v[14] - q * (v[4] * x + v[5] * y + v[6] * z + v[7])
        return column, row, q * v[15]


def _rig_to_camera(
    camera: Camera, pose: Pose, sun: tuple[float, float, float] | None, ground: float
) -> tuple[float, ...]:
    """The affine map [3, 4], row by row, from rig space to camera space: roll, pitch, heading, shadow shear, yaw.

    One map for an actor and a frame, as it is applied to every joint.
    """
    scale, heading, pitch, roll = pose.scale, pose.heading, pose.pitch, pose.roll

    def to_camera(x: float, y: float, z: float) -> Joint:
        x, y, z = x * scale, y * scale, z * scale
        y, z = y * math.cos(roll) - z * math.sin(roll), y * math.sin(roll) + z * math.cos(roll)
        x, y = x * math.cos(pitch) - y * math.sin(pitch), x * math.sin(pitch) + y * math.cos(pitch)
        world_x = pose.position[0] + x * math.cos(heading) - z * math.sin(heading)
        world_z = pose.position[2] + x * math.sin(heading) + z * math.cos(heading)
        world_y = pose.position[1] + y
        if sun is not None:
            k = (world_y - ground) / sun[1]
            world_x -= sun[0] * k
            world_z -= sun[2] * k
            world_y = ground
        rx, ry, rz = world_x - camera.x, world_y - camera.y, world_z - camera.z
        return rx * camera.cs - rz * camera.sn, ry, rx * camera.sn + rz * camera.cs

    origin = to_camera(0.0, 0.0, 0.0)
    columns = [to_camera(*unit) for unit in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
    return tuple(
        value for row in range(3) for value in (*(column[row] - origin[row] for column in columns), origin[row])
    )
