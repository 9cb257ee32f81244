"""Effects: snow, rain, motes in the light, stars, and puffs of dust or spray. All come round once per clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.actors.kinematics import whole_cycles
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.kernels.params import Plane
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.painter import Painter
from flashreel.engines.animatic.sprite import Sprite

_TURN = 2 * np.pi
_STARS = 900
_BEHIND_ALL = 5e8  # deeper than any land, nearer than the sky's depth


class Effect(Protocol):
    """Something in the air before the camera."""

    def draw(self, painter: Painter) -> None:
        """Draws one instant."""


def _dots(*columns: NDArray[np.floating] | float) -> Plane:
    return np.ascontiguousarray(np.stack(np.broadcast_arrays(*columns), 1), np.float32)


class _Flakes:
    """`n` random points in a clip of `duration` seconds; subclasses move them."""

    def __init__(self, n: int, rng: np.random.Generator, duration: float) -> None:
        self._duration = duration
        self._at = rng.random((n, 3)).astype(np.float32)
        self._kind = rng.random((n, 3)).astype(np.float32)

    def _turns(self, hertz: NDArray[np.floating]) -> NDArray[np.floating]:
        """Whole turns in the clip, at least one."""
        return np.maximum(1, np.round(hertz * self._duration))


class Snow(_Flakes):
    """Flakes falling and drifting; the near ones are large, faint and out of focus."""

    def draw(self, painter: Painter) -> None:
        flakes = self.flakes(painter.progress, painter.width, painter.height, painter.pixel)
        painter.dots(flakes, painter.ambient * 0.7 + painter.sun * 0.35 + 0.15)

    def flakes(self, progress: float, width: int, height: int, pixel: float) -> Plane:
        """The flakes in a frame of this size, as `draw_dots` takes them; `pixel` scales them."""
        u, at, kind = progress, self._at, self._kind
        depth = 2.5 + 22 * kind[:, 0] ** 1.6
        swing = 0.03 * np.sin(_TURN * (u * self._turns(0.2 + 0.4 * kind[:, 1]) + kind[:, 2]))
        x = (at[:, 0] + swing - u * self._turns(0.2 + 2.4 / depth)) % 1
        y = (at[:, 1] + u * self._turns(0.2 + 4 / depth)) % 1
        radius = (10.0 / depth + 0.8) * pixel
        opacity = np.clip(0.55 + 0.4 * kind[:, 1], 0, 1) * np.where(depth < 3.4, 0.35, 1)
        return _dots(x * (width + 40) - 20, y * (height + 40) - 20, depth, radius, opacity)


class Rain(_Flakes):
    """Slanting streaks."""

    #: How far a drop runs during a frame, in radii.
    STREAK = (-6.0, 26.0)

    def draw(self, painter: Painter) -> None:
        drops = self.drops(painter.progress, painter.width, painter.height, painter.pixel)
        painter.dots(drops, painter.ambient + 0.25 + painter.flash * 0.5, added=True, streak=self.STREAK)

    def drops(self, progress: float, width: int, height: int, pixel: float) -> Plane:
        """The drops in a frame of this size, as `draw_dots` takes them; `pixel` scales them."""
        at, kind = self._at, self._kind
        depth = 2.5 + 30 * kind[:, 0]
        y = (at[:, 1] + progress * self._turns(2.8 + 10.56 / depth)) % 1
        x = (at[:, 0] + 0.22 * y) % 1
        return _dots(
            x * width * 1.3 - 0.15 * width,
            y * height * 1.2 - 0.1 * height,
            depth,
            0.8 * pixel,
            0.10 + 0.20 * kind[:, 1],
        )


class Motes(_Flakes):
    """Specks of dust rising in the sun."""

    def draw(self, painter: Painter) -> None:
        u, at, kind = painter.progress, self._at, self._kind
        x = (at[:, 0] + 0.05 * np.sin(_TURN * (u + kind[:, 1]))) % 1
        y = (at[:, 1] - u * np.round(kind[:, 0] * 0.4 * self._duration)) % 1
        radius = (1 + 2.5 * kind[:, 0]) * painter.pixel
        specks = _dots(x * painter.width, y * painter.height, 3.0, radius, 0.25 * kind[:, 2])
        painter.dots(specks, painter.sun * 0.5, added=True)


class Stars:
    """A fixed night sky that twinkles."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)  # the same stars over every scene
        self._azimuth = rng.uniform(-np.pi, np.pi, _STARS)
        self._elevation = np.arcsin(rng.uniform(0.02, 0.95, _STARS))
        self._brightness = rng.exponential(0.28, _STARS).clip(0.05, 1.2)
        self._phase = rng.uniform(0, _TURN, _STARS)

    def dots(self, camera: Camera, size: tuple[int, int], look: Look, progress: float) -> Plane:
        """The stars in a frame of `size` (width, height), as `draw_dots` takes them."""
        width, height = size
        right, ahead = np.sin(self._azimuth), np.cos(self._azimuth)
        depth = right * camera.sn + ahead * camera.cs
        safe = np.maximum(depth, 0.1)
        x = camera.cx + camera.f * (right * camera.cs - ahead * camera.sn) / safe
        y = camera.cy - camera.f * np.tan(self._elevation) / safe
        seen = (depth > 0.1) & (x > 0) & (x < width) & (y > 0) & (y < height)
        twinkle = 0.75 + 0.25 * np.sin(self._phase + _TURN * 2 * progress * np.round(1 + 3 * self._brightness))
        opacity = self._brightness * twinkle * look.stars * np.clip(self._elevation * 6, 0, 1)
        radius = 0.7 + self._brightness
        return _dots(x[seen], y[seen], _BEHIND_ALL, radius[seen], opacity[seen])


#: (seconds of birth, three standard normals) -> where a puff is born, metres
Source = Callable[[float, NDArray[np.float64]], tuple[float, float, float]]


class Puffs:
    """Short-lived puffs born along a path: dust, thrown snow, spray."""

    def __init__(
        self,
        sprites: Sequence[Sprite],
        rate: float,
        life: float,
        rng: np.random.Generator,
        loop_seconds: float = 0.0,
    ) -> None:
        """`rate` puffs a second, each living `life` seconds; in a loop of so many seconds they come again."""
        self.sprites = list(sprites)
        self._rate = whole_cycles(rate, loop_seconds)
        #: after so many births the same puffs are born again
        self._births = round(self._rate * loop_seconds)
        self._life = life
        self._noise = rng.normal(size=(61, 6))

    def cards(
        self,
        time: float,
        source: Source,
        *,
        size: tuple[float, float],
        rise: float,
        alpha: float,
        light: float,
    ) -> list[Card]:
        """The puffs alive at `time`: they grow from `size[0]` to `size[1]` metres, rise (m) and fade."""
        cards = []
        first = math.floor((time - self._life) * self._rate) + 1
        for number in range(first, int(time * self._rate) + 1):
            born = number / self._rate
            age = (time - born) / self._life
            if not 0 <= age < 1:
                continue
            kind = number % self._births if self._births else number
            noise = self._noise[kind % len(self._noise)]
            x, y, z = source(born, noise[:3])
            across, along = 0.35 * noise[3], 0.35 * noise[4]
            tall = size[0] + (size[1] - size[0]) * age**0.6
            sprite = self.sprites[kind % len(self.sprites)]
            cards.append(
                Card(
                    sprite,
                    float(x + across * age),
                    float(z + along * age * 0.3),
                    float(y + rise * age - tall * 0.35),
                    scale=tall / sprite.h,
                    flip=bool(kind & 1),
                    alpha=alpha * (1 - age) ** 1.2 * min(1, age * 8),
                    light=light,
                    solid=False,
                )
            )
        return cards
