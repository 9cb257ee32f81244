"""Scene: a function of time. No frame depends on an earlier one, so frames can be drawn in any order and at once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.actors.kinematics import whole_cycles
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.cards import Atlas, Card, CardSet
from flashreel.engines.animatic.effects import Effect
from flashreel.engines.animatic.kernels.billboards import DEPTH
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.painter import Painter, Placement
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.ocean import Ocean
from flashreel.engines.animatic.world.world import World

DrawList = NDArray[np.float64]


def ease(u: float) -> float:
    """0 to 1 with a soft start and end."""
    return u * u * (3 - 2 * u)


class Scene(ABC):
    """One shot of `duration` seconds. Everything but construction is a pure function of time, safe on many threads.

    `near` to `far` (m) is what the march sees, its steps growing by `growth` of the distance from `min_step` (m).
    `mirrored` scenes show reflections in still water. `under_way` is how far (in turns) a loop's camera is on its way
    there and back when the loop begins: an eighth where nothing but the camera moves, as that is its median speed;
    otherwise it begins at rest, for it moves with the rest of the picture or against it.
    """

    near = 2.2
    far = 700.0
    growth = 0.0075
    min_step = 0.14
    mirrored = False
    under_way = 0.0

    def __init__(
        self,
        world: World | Ocean,
        look: Look,
        duration: float,
        loop: bool,
        cards: Sequence[Card] = (),
        sprites: Sequence[Sprite] = (),
        effects: Sequence[Effect] = (),
    ) -> None:
        """`sprites` are those of cards that appear later (puffs)."""
        self.world = world
        self.look = look
        self.duration = duration
        self.loop = loop
        self.effects = list(effects)
        self.atlas = Atlas([*(card.sprite for card in cards), *sprites])
        self.cards = CardSet(cards, self.atlas)

    @abstractmethod
    def camera(self, time: float, width: int, height: int) -> Camera:
        """Where the camera is at `time` seconds."""

    @abstractmethod
    def draw(self, painter: Painter) -> None:
        """Draws cards, actors and effects onto the shaded world."""

    def draw_after_reflection(self, painter: Painter) -> None:  # noqa: B027 (most scenes have nothing in front)
        """Draws what still water does not mirror; only called for `mirrored` scenes."""

    def flash(self, time: float) -> float:
        """Lightning at `time`: 0, or up to about 1."""
        return 0.0

    def cloud_drift(self, time: float) -> tuple[float, float]:
        """How far the clouds have moved, in texels."""
        return self.drift(time, 1.2, 0.4)

    def drift(self, time: float, u: float, v: float) -> tuple[float, float]:
        """How far something has come that drifts by (`u`, `v`) a second; in a loop it goes as fast, but in a circle.

        What drifts the other way is a quarter turn apart, so that two layers together change evenly.
        """
        if not self.loop:
            return time * u, time * v
        radius = math.hypot(u, v) * self.duration / (2 * math.pi)
        angle = 2 * math.pi * (time / self.duration + (0.25 if u > 0 else 0.5))
        return radius * math.cos(angle), radius * math.sin(angle)

    def eased(self, time: float) -> float:
        """Progress of the camera's move, 0 to 1; a loop goes there and back."""
        u = time / self.duration
        return 0.5 - 0.5 * math.cos(2 * math.pi * (u + self.under_way)) if self.loop else ease(u)

    def whole(self, hertz: float) -> float:
        """The frequency; in a loop the nearest with whole cycles."""
        return whole_cycles(hertz, self.duration if self.loop else 0.0)

    def draw_list(
        self, painter: Painter, cards: CardSet, light: DrawList | None = None, camera: Camera | None = None
    ) -> DrawList:
        """The draw list of a card set in this frame, seen from `camera` where it is not the painter's."""
        size = (painter.width, painter.height)
        return cards.draw_list(camera or painter.camera, size, painter.card_light(), light)

    def draw_in_depth(self, painter: Painter, draws: DrawList, actors: Sequence[Placement]) -> None:
        """Cards (a draw list, far to near) and actors, interleaved by depth."""
        behind = -draws[:, DEPTH]
        done = 0
        depths = [painter.camera.project(actor.position)[2] for actor in actors]
        for i in sorted(range(len(actors)), key=lambda i: -depths[i]):
            until = int(np.searchsorted(behind, -depths[i]))
            painter.cards(draws, done, until, self.atlas)
            done = max(done, until)
            painter.actor(actors[i])
        painter.cards(draws, done, len(draws), self.atlas)


def merged(*lists: DrawList) -> DrawList:
    """Draw lists as one, far to near."""
    draws = np.concatenate(lists)
    return np.ascontiguousarray(draws[np.argsort(-draws[:, DEPTH], kind="stable")])
