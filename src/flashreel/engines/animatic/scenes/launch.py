"""Launch: a rocket climbs out of a harbour city on a column of smoke, and the frame rises with it.

A loop shows it hovering over the harbour on its flame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.camera import Camera, focal_length
from flashreel.engines.animatic.cards import Card, CardSet
from flashreel.engines.animatic.effects import Effect
from flashreel.engines.animatic.kernels.billboards import DEPTH
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.painter import Painter, Placement
from flashreel.engines.animatic.scenes.base import DrawList, Scene, ease
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.vector import Canvas, Paint, clockwise, smooth_curve, solid
from flashreel.engines.animatic.vector import Path as VectorPath
from flashreel.engines.animatic.world.world import World

_FIELD_OF_VIEW = 50.0
_PAD_Z = 188.0  # metres from the camera's start to the launch pad
_PAD_Y = 2.0
_SCALE = 1.55
_LIFT_OFF = 0.7  # seconds into the clip
_IGNITION = 0.25  # seconds before lift-off
_SMOKE_RATE = 20  # puffs a second
_SMOKE_LIFE = 9.0  # seconds
_HOVER_Y = 24.0
_HOVER_SWING = 1.4  # metres up and down
_FALL = 16.0  # m/s of the smoke under who hovers
_WARM = np.array([1.6, 0.85, 0.42], np.float32)
_GLOW = np.array([1.0, 0.46, 0.20], np.float32)
#: width, length (factors), colour, opacity, blur (in widths): from the outer flame to its core
_FLAMES = (
    (2.1, 1.15, "#ff5a1e", 0.55, 0.55),
    (1.35, 1.0, "#ff9a2e", 0.8, 0.28),
    (0.85, 0.78, "#ffd98a", 1.0, 0.14),
    (0.5, 0.5, "#ffffff", 1.0, 0.06),
)


class Launch(Scene):
    """See the module."""

    near = 4.0
    far = 900.0
    growth = 0.01
    min_step = 0.4
    mirrored = True
    world: World

    def __init__(
        self,
        world: World,
        look: Look,
        duration: float,
        loop: bool,
        *,
        rocket: Callable[[float], DrawRig],
        cards: Sequence[Card],
        rng: np.random.Generator,
        effects: Sequence[Effect] = (),
    ) -> None:
        self._smoke_sprites = [Sprite(props.puff(rng, 200), 1.0) for _ in range(5)]
        super().__init__(world, look, duration, loop, cards, self._smoke_sprites, effects)
        self._rocket = rocket
        births = round(duration * _SMOKE_RATE) + (0 if loop else 1)
        self._noise = rng.normal(size=(births, 2))
        self._chance = rng.random((births, 3))

    def altitude(self, time: float) -> float:
        """Height (m) of the rocket's foot."""
        if self.loop:
            return _HOVER_Y + _HOVER_SWING * math.sin(2 * math.pi * time / self.duration)
        since = max(0.0, time - _LIFT_OFF)
        slowness = (5.0 / self.duration) ** 1.2  # longer clips climb as high
        return float(_PAD_Y + 2.9 * since**2 * (1 + 0.12 * since) * slowness)

    def thrust(self, time: float) -> float:
        """Brightness of the flame, about 1 once it burns."""
        if time <= _LIFT_OFF - _IGNITION and not self.loop:
            return 0.0
        quick, slow = (2 * math.pi * self.whole(rate / (2 * math.pi)) for rate in (47, 31))
        unrest = 0.5 if self.loop else 1.0  # who hovers burns evenly
        return 1 + unrest * (0.12 * math.sin(time * quick) + 0.08 * math.sin(time * slow))

    def camera(self, time: float, width: int, height: int) -> Camera:
        u = time / self.duration
        eased = 0.35 + 0.06 * math.sin(2 * math.pi * u) if self.loop else ease(min(1.0, u * 1.02))
        focal = height * 0.62 if width < height else focal_length(width, _FIELD_OF_VIEW)
        y, z = 12 + 10 * eased, 22 - 62 * eased
        nose = focal * ((_HOVER_Y if self.loop else self.altitude(time)) + 24 - y) / (_PAD_Z - z)
        horizon = max(height * 0.76, height * 0.50 + nose * 0.72)  # the lens shifts up after the rocket
        x = 3 * math.cos(2 * math.pi * u) if self.loop else -3 + 6 * u
        return Camera(x, y, z, 0.0, focal, width / 2, horizon)

    def draw(self, painter: Painter) -> None:
        time = painter.time
        altitude, thrust = self.altitude(time), self.thrust(time)
        city = self.draw_list(painter, self.cards, self._city_light(altitude, thrust))
        behind = city[:, DEPTH] * painter.camera.cs + painter.camera.z > _PAD_Z
        painter.cards(np.ascontiguousarray(city[behind]), 0, int(behind.sum()), self.atlas)
        if thrust:
            self._draw_smoke(painter, altitude, thrust)
        painter.actor(
            Placement(
                self._rocket(time),
                (0.0, altitude, _PAD_Z),
                scale=_SCALE,
                shadow=0,
                rim=1.2,
                light=1.1,
                emission=0.16 + 0.12 * thrust,
            )
        )
        if thrust:
            self._draw_flame(painter, altitude, thrust)
        painter.cards(np.ascontiguousarray(city[~behind]), 0, int((~behind).sum()), self.atlas)
        if thrust:
            x, y, _ = painter.camera.project((0.0, altitude - 5, _PAD_Z))
            radius = min(painter.height, painter.width) * 0.40
            haze = np.array([[x, y, 0.0, radius, 0.15 * thrust]], np.float32)
            painter.dots(haze, _GLOW, added=True)

    def draw_after_reflection(self, painter: Painter) -> None:
        for effect in self.effects:
            effect.draw(painter)

    def _city_light(self, altitude: float, thrust: float) -> DrawList:
        """Light factors of the buildings, brighter near the flame."""
        distance2 = self.cards.x**2 * 0.6 + (self.cards.z - _PAD_Z) ** 2 + (altitude * 0.5) ** 2
        return self.cards.light + np.minimum(1.6, thrust * 2080 / (distance2 + 1500))

    def _draw_smoke(self, painter: Painter, altitude: float, thrust: float) -> None:
        cards = self._smoke(painter.time, altitude, thrust)
        lit = painter.card_light(_WARM * 0.16)
        size = (painter.width, painter.height)
        draws = CardSet(cards, self.atlas).draw_list(painter.camera, size, lit)
        painter.cards(draws, 0, len(draws), self.atlas)

    def _smoke(self, time: float, altitude: float, thrust: float) -> list[Card]:
        """A puff for every twentieth of a second of flight. The first ones roll out over the ground, and so do three of
        four that are born while it hovers."""
        cards = []
        for number in range(math.ceil((time - _SMOKE_LIFE) * _SMOKE_RATE), int(time * _SMOKE_RATE) + 1):
            born = number / _SMOKE_RATE
            if born < _LIFT_OFF - _IGNITION and not self.loop:
                continue
            age = time - born
            i = number % len(self._noise)
            on_ground = i % 4 > 0 if self.loop else born < _LIFT_OFF + 0.9
            aside, back = self._noise[i]
            drop, swell, lift = self._chance[i]
            y = self.altitude(born) - 7 - drop * 4
            tall = (12 + 8 * age**0.7) * (1.5 if on_ground else 1.0) * (0.8 + 0.4 * swell)
            spread = (20 if on_ground else 2.0) * (1 - math.exp(-age * 1.1)) * 1.3
            level = 1.5 + lift * 5 if on_ground else max(1.5, y - age * (_FALL if self.loop else 1.5))
            near_flame = math.exp(-max(0.0, altitude - y - 8) / 34.0) * thrust
            cards.append(
                Card(
                    self._smoke_sprites[i % len(self._smoke_sprites)],
                    float(aside * spread + age * 0.5),
                    float(_PAD_Z + back * 2 - (0 if on_ground else 1.5)),
                    float(level - tall * 0.45),
                    scale=float(tall),
                    light=0.55 + 2.2 * near_flame,
                    emission=0.22 * near_flame,
                    alpha=min(0.85, 0.3 + age * 2) * max(0.0, 1 - age / (_SMOKE_LIFE * 1.1)),
                    fog=0.6,
                    flip=bool(i & 1),
                    solid=False,
                )
            )
        return cards

    def _draw_flame(self, painter: Painter, altitude: float, thrust: float) -> None:
        camera = painter.camera
        x, y, depth = camera.project((0.0, altitude - 0.5, _PAD_Z))
        metre = camera.scale(depth) * _SCALE
        rng = np.random.default_rng(int(painter.time * 24))  # another shape in every frame
        grown = 1.0 if self.loop else min(1.0, (painter.time - _LIFT_OFF + 0.3) * 2)
        length = (15 + 2.5 * float(rng.random())) * metre * grown
        width = 2.1 * metre
        reach = int(width * 4) + 4
        x0, y0 = max(0, int(x) - reach), max(0, int(y) - reach)
        x1, y1 = min(painter.width, int(x) + reach), min(painter.height, int(y + length * 1.2) + reach)
        if x1 <= x0 or y1 <= y0:
            return
        canvas = Canvas.blank(x1 - x0, y1 - y0)
        canvas.translate(-x0, -y0)
        for wide, long, color, alpha, blur in _FLAMES:
            w, h = width * wide, length * long
            left, right = 0.62 + 0.08 * float(rng.random()), 0.62 + 0.08 * float(rng.random())
            outline = [
                (x - w * 0.45, y),
                (x - w * left, y + h * 0.22),
                (x - w * 0.34, y + h * 0.6),
                (x + w * 0.1 * float(rng.normal()), y + h),
                (x + w * 0.34, y + h * 0.6),
                (x + w * right, y + h * 0.22),
                (x + w * 0.45, y),
            ]
            path = VectorPath().polygon(clockwise(smooth_curve([*outline, outline[0]], 5)))
            canvas.draw(path, Paint(solid(color, alpha), blur=max(1.0, width * blur)))
        painter.light_layer(canvas.pixels, x0, y0, 3.0 * thrust)
