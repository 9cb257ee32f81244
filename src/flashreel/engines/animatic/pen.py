"""Pen: what rigs draw with. Joints live in metres in 3-D, skin is tubes, discs and polygons over them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NewType

import numpy as np

from flashreel.engines.animatic import figure_kernels as kernels
from flashreel.engines.animatic.colour import Colour, tri_stops
from flashreel.engines.animatic.vector import Doubles, Pixels, solid_stops

#: A joint in rig space, metres: +x forward, +y up, z sideways (negative is the near side when the rig heads right).
Joint = tuple[float, float, float]
#: A part that was drawn, to be the host of others.
Part = NewType("Part", int)

_NO_HOST: Final = -1
_CLIPPED_LIT: Final = 0.22
_CLIPPED_DARK: Final = 0.34


@dataclass(frozen=True, slots=True)
class Sticker:
    """A premultiplied picture standing on the rig's origin, `lift` metres above it, facing the camera.

    `tilt` turns it about its foot (radians), `squash` stretches it upwards and keeps its area (1: as it is).
    """

    pixels: Pixels
    width: float
    height: float
    lift: float
    tilt: float
    squash: float

    def corners(self) -> tuple[Joint, Joint, Joint]:
        """Bottom left, bottom right, top left, as it stands when it is neither tilted nor squashed."""
        half, foot = self.width / 2, self.lift
        return (-half, foot, 0.0), (half, foot, 0.0), (-half, foot + self.height, 0.0)


class Pen:
    """Records the parts of one actor in one frame: a display list, which a `Figure` places and paints.

    `turn` (radians) is the rig's heading against the camera: 0 is pure profile. Far parts are painted first.

    Part methods share some arguments: `depth` moves a part towards the camera (negative) or away in the painting
    order; `flat` paints one colour instead of the three-stop gradient along the light; `alpha` is its opacity; `lit`
    and `dark` say how strong the gradient's ends are.
    """

    def __init__(self, turn: float = 0.0) -> None:
        #: what a metre of z and of x adds to a part's depth
        self.depth_of_z = math.cos(turn)
        self.depth_of_x = math.sin(turn) if abs(math.sin(turn)) > 0.6 else 0.0
        self.stickers: list[Sticker] = []
        self._parts: list[tuple[float, ...]] = []
        self._joints: list[Joint] = []
        self._radii: list[float] = []
        self._stops: list[Doubles] = []
        self._stops_used = 0
        self._stops_at: dict[tuple[Colour, float, float, float], tuple[int, int]] = {}
        self._group_depth: float | None = None
        self._arrays: tuple[Doubles, Doubles, Doubles] | None = None

    def clear(self) -> None:
        """Forgets all parts."""
        self.stickers.clear()
        self._parts.clear()
        self._joints.clear()
        self._radii.clear()
        self._group_depth = None
        self._arrays = None

    @property
    def in_profile(self) -> bool:
        """Whether the rig is seen from the side rather than along its axis."""
        return abs(self.depth_of_z) > 0.2

    def recorded(self) -> tuple[Doubles, Doubles, Doubles]:
        """Parts, joints and gradient stops, as `figure_kernels` takes them.

        Raises ValueError for a joint that is not finite: the rasteriser would write anywhere.
        """
        if self._arrays is not None:
            return self._arrays
        parts = np.array(self._parts, np.float64).reshape(-1, kernels.PART_COLUMNS)
        joints = np.empty((len(self._joints), 4))
        joints[:, :3] = np.array(self._joints, np.float64).reshape(-1, 3)
        joints[:, 3] = self._radii
        if not (np.isfinite(joints).all() and np.isfinite(parts).all()):
            raise ValueError("a rig drew a part that is not finite")
        stops = np.concatenate(self._stops) if self._stops else np.zeros((1, 5))
        self._arrays = parts, joints, stops
        return self._arrays

    @contextmanager
    def group(self, depth: float) -> Iterator[None]:
        """Parts added inside are painted in the order of the calls, at one depth (heads, sails, cabins)."""
        outer = self._group_depth
        if outer is None:
            self._group_depth = depth
        try:
            yield
        finally:
            self._group_depth = outer

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
    ) -> Part:
        """A tapered tube (radii in metres) through the joints; `caps` rounds its first and last end."""
        stops = self._flat(colour, alpha) if flat else self._shaded(colour, lit, dark, alpha)
        return self._record(kernels.TUBE, joints, radii, depth, stops, other=caps[0] + 2 * caps[1])

    def clip_tube(
        self,
        host: Part,
        joints: Sequence[Joint],
        radii: Sequence[float],
        colour: Colour,
        *,
        depth: float = -1e-3,
    ) -> None:
        """A tube seen only inside `host` (what a part method returned): a coat pattern."""
        stops = self._shaded(colour, _CLIPPED_LIT, _CLIPPED_DARK, 1.0)
        self._record(kernels.TUBE, joints, radii, depth, stops, other=3, host=host)

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
    ) -> Part:
        """A filled outline; `smooth` > 0 rounds it with so many steps a segment."""
        stops = self._flat(colour, alpha) if flat else self._shaded(colour, lit, dark, alpha)
        return self._record(kernels.POLYGON, joints, [0.0] * len(joints), depth, stops, other=smooth)

    def line(
        self, start: Joint, end: Joint, width: float, colour: Colour, *, depth: float = 0.0, alpha: float = 1.0
    ) -> None:
        """A round-ended line of one colour, `width` in metres (never thinner than 0.6 pixels)."""
        self._record(kernels.LINE, (start, end), (0.0, 0.0), depth, self._flat(colour, alpha), size=width)

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
        if fill is not None:
            stops = self._shaded(fill, 0.22, 0.34, 1.0)
            self._record(kernels.PLATE, (centre,), (0.0,), depth + 1e-4, stops, size=radius)
        if width:
            stops = self._shaded(colour, 0.22, 0.34, 1.0)
            self._record(kernels.RING, (centre,), (0.0,), depth, stops, size=radius, other=width)

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
    ) -> Part:
        """A disc facing the camera, `radius` wide and `ry` high (metres, the same where not given)."""
        stops = self._flat(colour, alpha) if flat else self._shaded(colour, lit, dark, alpha)
        high = radius if ry is None else ry
        return self._record(kernels.BALL, (centre,), (0.0,), depth, stops, size=radius, other=high)

    def picture(self, sticker: Sticker) -> None:
        """A picture; parts are painted over it."""
        self.stickers.append(sticker)

    # -- inside

    def _record(
        self,
        kind: int,
        joints: Sequence[Joint],
        radii: Sequence[float],
        depth: float,
        stops: tuple[int, int],
        *,
        size: float = 0.0,
        other: float = 0.0,
        host: int = _NO_HOST,
    ) -> Part:
        if len(joints) != len(radii):
            raise ValueError(f"{len(joints)} joints have {len(radii)} radii")
        self._arrays = None
        grouped = self._group_depth is not None
        at = len(self._joints)
        self._parts.append(
            (kind, at, len(joints), depth if self._group_depth is None else self._group_depth, grouped, size, other,
             *stops, host)
        )  # fmt: skip
        self._joints.extend(joints)
        self._radii.extend(radii)
        return Part(len(self._parts) - 1)

    def _flat(self, colour: Colour, alpha: float) -> tuple[int, int]:
        return self._stops_of((colour, -1.0, -1.0, alpha))

    def _shaded(self, colour: Colour, lit: float, dark: float, alpha: float) -> tuple[int, int]:
        return self._stops_of((colour, lit, dark, alpha))

    def _stops_of(self, key: tuple[Colour, float, float, float]) -> tuple[int, int]:
        """First row and number of rows of a colour's gradient, or of the colour alone where `lit` is negative."""
        found = self._stops_at.get(key)
        if found is None:
            colour, lit, dark, alpha = key
            stops = solid_stops(colour, alpha) if lit < 0 else tri_stops(colour, lit, dark, alpha)
            found = self._stops_at[key] = (self._stops_used, len(stops))
            self._stops.append(stops)
            self._stops_used += len(stops)
        return found
