"""Painter: what a scene draws with in one frame, on top of the shaded world."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.cards import Atlas, CardLight
from flashreel.engines.animatic.colour import LINEAR, lin
from flashreel.engines.animatic.figure import Figure, Pose
from flashreel.engines.animatic.kernels.billboards import draw_billboards
from flashreel.engines.animatic.kernels.composite import ActorLight, add_light, draw_actor, draw_shadow
from flashreel.engines.animatic.kernels.dots import draw_dots
from flashreel.engines.animatic.kernels.params import Pixels, Plane
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.pen import Pen
from flashreel.engines.animatic.world.surface import Surface

Rgb = NDArray[np.float32]

#: The width for which pixel sizes (sun disc, snowflakes) are given.
REFERENCE_WIDTH = 1280

_SHADOW_MARGIN = 40  # pixels beyond the frame that still matter
_ACTOR_MARGIN = 60
_LOWEST_SUN = 0.22  # sine of elevation: lower, and shadows would run to the horizon
_DARKEST_SUBJECT = 0.62
_FLASH = np.array([0.2, 0.22, 0.28], np.float32)


@dataclass(frozen=True, slots=True)
class Placement:
    """An actor in the world: what draws it, where it stands (m), how it is turned (radians) and lit.

    `shadow` is the strength of its cast shadow on the plane at `ground` (its own foot where None); `rim` and `light`
    scale the light on it, `emission` is its own. `give` is how far (m) it may be behind what hides it and still be
    seen; None means 6 % of its distance and 0.3 m.
    """

    draw: DrawRig
    position: tuple[float, float, float]
    heading: float = 0.0
    scale: float = 1.0
    pitch: float = 0.0
    roll: float = 0.0
    shadow: float = 0.75
    ground: float | None = None
    rim: float = 1.0
    light: float = 1.0
    emission: float = 0.0
    give: float | None = None

    @property
    def pose(self) -> Pose:
        return Pose(self.position, self.heading, self.scale, self.pitch, self.roll)


@dataclass(slots=True)
class Painter:
    """One frame in the making: linear light in three planes, and the depth (m) of every pixel.

    `time` is seconds, `progress` the share of the clip gone by, `flash` the lightning of this instant.
    """

    red: Plane
    green: Plane
    blue: Plane
    depth: Plane
    width: int
    height: int
    camera: Camera
    surface: Surface
    look: Look
    time: float
    progress: float
    flash: float
    sun: Rgb
    ambient: Rgb
    fog: Rgb

    @property
    def pixel(self) -> float:
        """Pixels in this frame for one at the reference width."""
        return max(self.width, self.height) / REFERENCE_WIDTH

    def subject_light(self, tint: Rgb | None = None) -> Rgb:
        """Light on flat subjects, which face the camera: part sun, part sky. They never sink into the night.

        `tint` is light beside the sky's, from a flame close by.
        """
        ambient = self.ambient if tint is None else self.ambient * np.float32(0.8) + tint
        light: Rgb = self.sun * np.float32(0.30) + ambient * np.float32(0.80) + _FLASH * np.float32(self.flash)
        strongest = float(light.max())
        if strongest < _DARKEST_SUBJECT:
            light = light * np.float32(0.45 + 0.34 / strongest)
        return light

    def card_light(self, tint: Rgb | None = None) -> CardLight:
        """What lights cards, see `subject_light`."""
        return CardLight(self.subject_light(tint), self.look, self.progress)

    def cards(self, draws: NDArray[np.float64], first: int, last: int, atlas: Atlas) -> None:
        """Draws rows `first` to `last` of a draw list."""
        if last > first:
            fog = (float(self.fog[0]), float(self.fog[1]), float(self.fog[2]))
            draw_billboards(
                self.red, self.green, self.blue, self.depth, atlas.texels, atlas.spans, LINEAR, draws, first, last, *fog
            )

    def actor(self, placed: Placement) -> None:
        """Draws an actor: its cast shadow, then the rig on a layer of its own, lit, rimmed and in its depth."""
        key = self.look.key_direction
        across = key[0] * self.camera.cs - key[2] * self.camera.sn
        length = math.hypot(across, key[1]) or 1.0
        light = (across / length, -key[1] / length)
        pen = Pen(placed.heading + self.camera.yaw)
        placed.draw(pen)
        if placed.shadow > 0:
            self._cast_shadow(placed, pen)
        figure = Figure(pen, self.camera, placed.pose, light=light)
        box = self._box(figure, 3, _ACTOR_MARGIN)
        if box is not None:
            self._composite(placed, light, figure.paint(*box), box[0], box[1])

    def light_layer(self, layer: Pixels, x0: int, y0: int, gain: float, *, sky_only: bool = False) -> None:
        """Adds a premultiplied RGBA layer as light, its corner at (`x0`, `y0`)."""
        test = 1e8 if sky_only else 0.0
        add_light(self.red, self.green, self.blue, self.depth, layer, LINEAR, int(x0), int(y0), float(gain), test)

    def dots(
        self, dots: Plane, color: NDArray[np.floating], *, added: bool = False, streak: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        """Draws particles, see `draw_dots`."""
        rgb = np.ascontiguousarray(color, np.float32)
        sx, sy = streak
        draw_dots(self.red, self.green, self.blue, self.depth, dots, rgb, added, float(sx), float(sy))

    def _box(self, figure: Figure, grow: int, margin: int) -> tuple[int, int, int, int] | None:
        """The whole pixels a figure covers, clipped to the frame and a margin; None when it is outside."""
        left, top, right, bottom = figure.bounds
        x0, y0 = max(int(left) - grow, -margin), max(int(top) - grow, -margin)
        x1, y1 = min(int(right) + grow + 1, self.width + margin), min(int(bottom) + grow + 1, self.height + margin)
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

    def _cast_shadow(self, placed: Placement, pen: Pen) -> None:
        x, y, z = self.look.key_direction
        ground = placed.position[1] if placed.ground is None else placed.ground
        figure = Figure(pen, self.camera, placed.pose, sun=(x, max(y, _LOWEST_SUN), z), ground=ground)
        box = self._box(figure, 8, _SHADOW_MARGIN)
        if box is None:
            return
        coverage = figure.coverage(*box, 2.0 * self.pixel)
        loss = placed.shadow * (1 - self.ambient / (self.ambient + self.sun * 0.6 + 1e-6))
        draw_shadow(self.red, self.green, self.blue, self.depth, coverage, box[0], box[1], *(float(k) for k in loss))

    def _composite(self, placed: Placement, light: tuple[float, float], layer: Pixels, x0: int, y0: int) -> None:
        depth = self.camera.project(placed.position)[2]
        look = self.look
        thin = 0.35 + 0.65 * math.exp(-max(placed.position[1] - 1, 0) * look.fog_falloff)
        fog = 1 - math.exp(-depth * look.fog_density * thin)
        fog = min(fog, 0.16 + 0.25 * min(1, depth / 120))  # the subject stays clear of the haze
        reach = max(2.0, self.camera.f / max(depth, 0.05) * 0.018 * placed.scale)
        values = (
            *(self.subject_light() * placed.light),
            *self.fog,
            fog,
            *(self.sun * (placed.rim * 0.55)),
            light[0] * reach,
            light[1] * reach,
            placed.emission,
        )
        lit = ActorLight(*map(np.float32, values))
        give = 0.06 * depth + 0.3 if placed.give is None else placed.give
        draw_actor(
            self.red, self.green, self.blue, self.depth, layer, LINEAR, x0, y0, float(depth), float(depth - give), lit
        )


def light_colors(look: Look) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """Linear radiance of sun, ambient, bounce and fog."""
    return (
        lin(look.sun, look.sun_gain),
        lin(look.ambient, look.ambient_gain),
        lin(look.bounce, look.bounce_gain),
        lin(look.fog, look.fog_gain),
    )
