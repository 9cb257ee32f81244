"""Travel: the subject moves along the trail, or stands on it, and the camera keeps beside it with a move of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.camera import NO_BACKDROP, Camera, focal_length
from flashreel.engines.animatic.cards import Card, CardSet
from flashreel.engines.animatic.effects import Effect, Puffs
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.painter import Painter, Placement
from flashreel.engines.animatic.scenes.base import Scene, merged
from flashreel.engines.animatic.world.lap import trail_z
from flashreel.engines.animatic.world.world import World

_FIELD_OF_VIEW = 52.0
_NEAREST = 2.9  # metres from camera to subject
_FEET = 0.86  # the row of the subject's feet, as a share of the frame
_FEET_IN_AIR = 0.93


@dataclass(frozen=True, slots=True)
class CastMember:
    """One actor of a travelling group: its drawing by time, and its place (m) ahead of, beside and above the leader.

    Dust rises at `foot` metres ahead of it, in puffs of `dust` metres, where the scene has dust.
    """

    draw: Callable[[float], DrawRig]
    ahead: float = 0.0
    beside: float = 0.0
    above: float = 0.0
    scale: float = 1.0
    shadow: float = 0.75
    foot: float = -0.4
    dust: tuple[float, float] = (0.12, 0.55)


@dataclass(frozen=True, slots=True)
class Dust:
    """Puffs under the feet, and how opaque they are."""

    puffs: Puffs
    alpha: float


@dataclass(frozen=True, slots=True)
class Framing:
    """What the camera must show: the group's height and width (m), how high it flies, the share of the frame's height
    it fills, and the camera's own height (m)."""

    height: float = 2.4
    width: float = 3.0
    above: float = 0.0
    fill: float = 0.46
    eye: float = 2.2

    def focal(self, width: int, height: int) -> float:
        """Focal length in pixels for a frame of this size."""
        if width < height:
            return focal_length(height, _FIELD_OF_VIEW) * 0.74
        return focal_length(width, _FIELD_OF_VIEW)

    def distance(self, width: int, height: int) -> float:
        """From how far (m) the group fits the frame in both directions."""
        focal = self.focal(width, height)
        across = 0.56 if width >= height else 0.74
        tall = (self.height + self.above) * focal / (self.fill * height)
        return max(tall, self.width * focal / (across * width), _NEAREST)


#: By move: distance at the start, and its change to the end, as factors of what fits.
_DOLLY = {
    "push": (1.25, -0.42),
    "pull": (0.85, 0.5),
    "drone": (1.75, -0.45),
    "wide": (1.7, 0.0),
    "crane": (1.0, 0.25),
    "crane_down": (1.25, -0.25),
    "static": (1.0, 0.0),
}
#: How far an orbit turns (radians) and a pan goes (in distances); a loop goes back as well, in the same time.
_ORBIT, _ORBIT_IN_LOOP = 0.62, 0.26
_PAN, _PAN_IN_LOOP = 0.55, 0.14
#: Of a loop that stays where it is: the camera's circle, in distances, and a hoverer's rise and fall, in heights.
_CIRCLE = 0.06
_BOB = 0.05
_SLIGHT_PUSH = (1.03, -0.06)


class Travel(Scene):
    """See the module. `speed` is metres a second along the trail; `move` a camera word of the scene graph.

    A loop goes one lap of its world, or stays where it is and the camera circles a little.
    """

    world: World

    def __init__(
        self,
        world: World,
        look: Look,
        duration: float,
        loop: bool,
        *,
        cast: Sequence[CastMember],
        framing: Framing,
        speed: float,
        move: str,
        cards: Sequence[Card] = (),
        dust: Dust | None = None,
        effects: Sequence[Effect] = (),
    ) -> None:
        sprites = dust.puffs.sprites if dust else ()
        super().__init__(world, look, duration, loop, cards, sprites, effects)
        self._lap = world.lap if loop else None
        backdrop = self._lap.backdrop if self._lap else NO_BACKDROP
        self._near_cards = CardSet([card for card in cards if card.z < backdrop], self.atlas)
        self._far_cards = CardSet([card for card in cards if card.z >= backdrop], self.atlas)
        self.cast = list(cast)
        self.framing = framing
        self.speed = self._lap.length / duration if self._lap else 0.0 if loop else speed
        self.under_way = 0.0 if self.speed else 0.125
        self.move = move
        self.dust = dust

    def camera(self, time: float, width: int, height: int) -> Camera:
        u, eased = time / self.duration, self.eased(time)
        focal = self.framing.focal(width, height)
        start, change = _DOLLY.get(self.move, _SLIGHT_PUSH)
        distance = self.framing.distance(width, height) * (start + change * eased)
        yaw, sway = self._yaw(time, u, eased)
        subject_x = time * self.speed
        aside, rise = self._circle(u, distance)
        aim_x = subject_x + self._lead(eased if self.loop else u, distance) + aside
        trail = trail_z(subject_x, self._lap)
        ground = self.world.height(subject_x, trail)
        x = aim_x - math.sin(yaw) * distance
        z = trail * 0.3 - math.cos(yaw) * distance
        y = rise + max(ground + self.framing.eye * self._lift(eased), self._clearance(x, z, aim_x, ground))
        feet = _FEET_IN_AIR if self.framing.above else _FEET
        horizon = height * feet - focal * (y - ground) / distance + sway * height / 720
        horizon = min(max(horizon, height * 0.30), height * 0.78)
        camera = Camera(x, y, z, yaw, focal, width / 2, horizon)
        return replace(camera, carried=subject_x, backdrop=self._lap.backdrop) if self._lap else camera

    def draw(self, painter: Painter) -> None:
        time = painter.time
        actors = []
        puffs: list[Card] = []
        for member in self.cast:
            x = time * self.speed + member.ahead
            z = trail_z(x, self._lap) + member.beside
            ground = self.world.height(x, z)
            bend = (trail_z(x + 0.3, self._lap) - trail_z(x - 0.3, self._lap)) / 0.6
            actors.append(
                Placement(
                    member.draw(time),
                    (x, ground + member.above + self._bob(time), z),
                    heading=math.atan(bend),
                    scale=member.scale,
                    shadow=member.shadow,
                    ground=ground,
                )
            )
            if self.dust is not None:
                puffs += self._dust_cards(self.dust, member, time)
        draws = self.draw_list(painter, self._near_cards)
        if len(self._far_cards):
            camera = painter.camera
            carried = replace(camera, x=camera.x - camera.carried)
            draws = merged(draws, self.draw_list(painter, self._far_cards, camera=carried))
        if puffs:
            draws = merged(draws, self.draw_list(painter, CardSet(puffs, self.atlas)))
        self.draw_in_depth(painter, draws, actors)
        for effect in self.effects:
            effect.draw(painter)

    def _yaw(self, time: float, u: float, eased: float) -> tuple[float, float]:
        """The camera's yaw (radians), and its hand-held rise (pixels of a 720-line frame)."""
        yaw, sway = 0.10, 0.0
        if self.move in ("orbit", "orbit_right"):
            turn = _ORBIT_IN_LOOP if self.loop else _ORBIT
            yaw += (eased - 0.5) * (turn if self.move == "orbit" else -turn)
        elif self.move != "static" and not self.loop:
            yaw += (u - 0.5) * 0.10
        if self.move == "handheld":
            yaw += 0.006 * self._tremor(9, time) - 0.004 * self._tremor(14.3, time)
            sway = 2.2 * self._tremor(7.7, time) - 1.5 * self._tremor(12.1, time)
        return yaw, sway

    def _tremor(self, rate: float, time: float) -> float:
        """A swing of `rate` radians a second, at rest at the clip's start: a loop's seam is no jolt."""
        return math.cos(2 * math.pi * self.whole(rate / (2 * math.pi)) * time)

    def _circle(self, u: float, distance: float) -> tuple[float, float]:
        """How far (m) the camera is aside and higher on its circle, in a loop that does not travel."""
        if not self.loop or self.speed or self.move == "static":
            return 0.0, 0.0
        radius = _CIRCLE * distance
        angle = 2 * math.pi * u
        return radius * math.cos(angle), radius * 0.7 * (1 + math.sin(angle))  # never into the ground

    def _bob(self, time: float) -> float:
        """How far (m) who hovers in a loop is above its height."""
        if not self.loop or self.speed or not self.framing.above:
            return 0.0
        return _BOB * self.framing.height * math.sin(2 * math.pi * time / self.duration)

    def _lead(self, u: float, distance: float) -> float:
        """How far ahead of the subject the camera aims."""
        if self.move in ("pan_left", "pan_right"):
            reach = _PAN_IN_LOOP if self.loop else _PAN
            return (u - 0.5) * distance * (reach if self.move == "pan_right" else -reach)
        if self.move != "static" and not self.loop:
            return -(u - 0.5) * distance * 0.11
        return 0.0

    def _lift(self, eased: float) -> float:
        """Factor on the camera's height."""
        if self.move == "drone":
            return 1 + 2.2 * (1 - 0.4 * eased)
        return 1 + 1.6 * {"crane": eased, "crane_down": 1 - eased}.get(self.move, 0.0)

    def _clearance(self, x: float, z: float, aim_x: float, ground: float) -> float:
        """The lowest height from which the land does not hide the subject."""
        tops = (
            self.world.height(x + (aim_x - x) * part, z * (1 - part)) - ground * part for part in (0, 0.2, 0.4, 0.6)
        )
        return max(tops) + 0.35

    def _dust_cards(self, dust: Dust, member: CastMember, time: float) -> list[Card]:
        def source(born: float, noise: NDArray[np.float64]) -> tuple[float, float, float]:
            x = born * self.speed
            ground = self.world.height(x, 0) + 0.02
            across = x + member.ahead + member.foot + 0.08 * noise[0]
            return across, ground, trail_z(x, self._lap) + member.beside + 0.12 * noise[1]

        return dust.puffs.cards(time, source, size=member.dust, rise=0.25, alpha=dust.alpha, light=1.15)
