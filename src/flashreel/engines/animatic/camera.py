"""Camera: a pinhole that turns about the vertical and shifts its lens instead of tilting."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

#: Nearer than this (metres) a point counts as this far, so that nothing divides by zero.
_NEAREST = 0.05
#: Farther than any land (metres): nothing is carried along.
NO_BACKDROP = 1e8


@dataclass(slots=True)
class Camera:
    """Position in metres (y up, z into the picture), `yaw` in radians, focal length `f` and principal point
    (`cx`, `cy`) in pixels. `cy` is the horizon's row: moving it is a lens shift, so verticals stay vertical.

    On a looping trip everything beyond world z = `backdrop` comes along: it has been `carried` that many metres."""

    x: float
    y: float
    z: float
    yaw: float
    f: float
    cx: float
    cy: float
    carried: float = 0.0
    backdrop: float = NO_BACKDROP
    sn: float = field(init=False)
    cs: float = field(init=False)

    def __post_init__(self) -> None:
        self.sn, self.cs = math.sin(self.yaw), math.cos(self.yaw)

    def project(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """A point in the world -> (column, row, depth in metres)."""
        dx, dy, dz = point[0] - self.x, point[1] - self.y, point[2] - self.z
        depth = dx * self.sn + dz * self.cs
        right = dx * self.cs - dz * self.sn
        k = self.f / max(depth, _NEAREST)
        return self.cx + k * right, self.cy - k * dy, depth

    def scale(self, depth: float) -> float:
        """Pixels per metre at a depth."""
        return self.f / max(depth, _NEAREST)


def focal_length(extent: float, field_of_view: float) -> float:
    """Focal length in pixels for a view of `field_of_view` degrees across `extent` pixels."""
    return extent / 2 / math.tan(math.radians(field_of_view) / 2)
