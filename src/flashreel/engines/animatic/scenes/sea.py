"""Sea: boats on open water, calm to stormy, with rain and lightning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic import props
from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.camera import Camera, focal_length
from flashreel.engines.animatic.cards import Card, CardSet
from flashreel.engines.animatic.effects import Effect, Puffs
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.painter import Painter, Placement
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.scenes.lightning import Lightning
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.ocean import Ocean
from flashreel.engines.animatic.world.surface import Surface

_FIELD_OF_VIEW = 46.0
SAILING_SPEED = 2.2  # m/s
_EYE = 4.6  # metres above the sea
_DRAUGHT = 0.42
_HALF_LENGTH, _HALF_BEAM = 3.0, 1.5  # metres from the middle where the sea lifts the hull


@dataclass(frozen=True, slots=True)
class Vessel:
    """Something afloat: its drawing by time, its place (m) beside the first, heading and size."""

    draw: Callable[[float], DrawRig]
    ahead: float = 0.0
    beside: float = 0.0
    heading: float = 0.25
    scale: float = 1.0


class Sea(Scene):
    """See the module. `move` is a camera word of the scene graph."""

    near = 3.0
    far = 900.0
    growth = 0.008
    min_step = 0.25
    world: Ocean

    def __init__(
        self,
        world: Ocean,
        look: Look,
        duration: float,
        loop: bool,
        *,
        vessels: Sequence[Vessel],
        move: str,
        lightning: Lightning | None,
        rng: np.random.Generator,
        effects: Sequence[Effect] = (),
    ) -> None:
        sprites = [Sprite(props.puff(rng), 1.0) for _ in range(4)]
        self._spray = Puffs(sprites, 26, 1.0, rng, duration if loop else 0.0)
        super().__init__(world, look, duration, loop, (), self._spray.sprites, effects)
        self.vessels = list(vessels)
        self.move = move
        self.lightning = lightning

    def flash(self, time: float) -> float:
        return self.lightning.flash(time) if self.lightning else 0.0

    def camera(self, time: float, width: int, height: int) -> Camera:
        eased = self.eased(time)
        drone = self.move == "drone"
        turned = 1 - eased if self.move == "orbit_right" else eased
        yaw = -0.45 + (0.55 if self.move in ("drone", "orbit", "orbit_right") else 0.15) * turned
        distance = 58 - 17 * eased if drone else 40 - 5 * eased
        eye = 15 - 7 * eased if drone else _EYE
        focal = focal_length(max(width, height), _FIELD_OF_VIEW) * (0.62 if width < height else 1)
        horizon = height * 0.52 + focal * (_EYE - eye) / distance  # the boat stays framed at any height
        x = self._way(time) - math.sin(yaw) * distance
        return Camera(x, eye, -math.cos(yaw) * distance, yaw, focal, width / 2, horizon)

    def draw(self, painter: Painter) -> None:
        if self.lightning:
            self.lightning.draw(painter)
        actors = [self._afloat(vessel, painter) for vessel in self.vessels]
        spray = [card for vessel in self.vessels for card in self._spray_cards(vessel, painter)]
        self.draw_in_depth(painter, self.draw_list(painter, CardSet(spray, self.atlas)), actors)
        for effect in self.effects:
            effect.draw(painter)

    def _way(self, time: float) -> float:
        """How far the boat has come; in a loop the waves come to it."""
        return 0.0 if self.loop else time * SAILING_SPEED

    def _afloat(self, vessel: Vessel, painter: Painter) -> Placement:
        x, z = self._way(painter.time) + vessel.ahead, vessel.beside
        bow, stern, port, starboard, middle = (
            painter.surface.height(x + dx, z + dz)
            for dx, dz in ((_HALF_LENGTH, 0), (-_HALF_LENGTH, 0), (0, _HALF_BEAM), (0, -_HALF_BEAM), (0, 0))
        )
        return Placement(
            vessel.draw(painter.time),
            (x, (bow + stern + port + starboard + middle) / 5 - _DRAUGHT, z),
            heading=vessel.heading,
            pitch=math.atan((bow - stern) / (2 * _HALF_LENGTH)) * 0.75,
            roll=math.atan((port - starboard) / (2 * _HALF_BEAM)) * 0.45 + 0.10 * self.world.rough,
            scale=vessel.scale,
            shadow=0,
            rim=0.8,
            give=1.3,
        )

    def _spray_cards(self, vessel: Vessel, painter: Painter) -> list[Card]:
        surface: Surface = painter.surface
        bow = 4.2 * vessel.scale

        def source(born: float, noise: NDArray[np.float64]) -> tuple[float, float, float]:
            x = self._way(born) + vessel.ahead
            water = surface.height(x + 4, vessel.beside)
            return (
                x + bow * math.cos(vessel.heading) + 0.3 * noise[0],
                water + 0.1 + 0.4 * abs(noise[1]),
                vessel.beside + 4.2 * math.sin(vessel.heading) - 0.6 + 0.4 * noise[2],
            )

        return self._spray.cards(
            painter.time, source, size=(0.5, 2.6), rise=1.1, alpha=0.30 * self.world.rough, light=1.3
        )
