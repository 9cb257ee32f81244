"""Weather over a picture: snow, rain and fog on frames that came from an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from flashreel.engines.animatic.effects import Rain, Snow
from flashreel.engines.animatic.kernels.dots import draw_dots
from flashreel.engines.animatic.kernels.params import Plane
from flashreel.engines.base import Frame

_FLAKES: Final = 420
_DROPS: Final = 600
_REFERENCE_WIDTH: Final = 1280
_IN_FRONT: Final = 1e9  # pictures have no depth: it falls before everything
_SNOW_COLOUR: Final = np.array([0.97, 0.98, 1.0], np.float32)
_RAIN_COLOUR: Final = np.array([0.55, 0.58, 0.62], np.float32)
_FOG_COLOUR: Final = np.float32(0.82)
_FOG_ABOVE, _FOG_BELOW = 0.5, 0.15  # opacity at the top and at the bottom of the frame


class Overlay:
    """The weather of one clip, a pure function of time. Safe to call from threads."""

    def __init__(self, weather: Sequence[str], width: int, height: int, duration: float, seed: int) -> None:
        """`weather` are words of the scene graph; those that cannot be laid over a picture change nothing.

        Frames are `width` x `height` pixels, the clip lasts `duration` seconds.
        """
        rng = np.random.default_rng(seed)
        self._width, self._height = width, height
        self._snow = Snow(_FLAKES, rng, duration) if "snow" in weather else None
        self._rain = Rain(_DROPS, rng, duration) if {"rain", "storm"} & set(weather) else None
        self._foggy = "fog" in weather
        self._pixel = max(width, height) / _REFERENCE_WIDTH
        self._depth = np.full((height, width), _IN_FRONT, np.float32)

    def __bool__(self) -> bool:
        """Whether there is anything to draw."""
        return self._snow is not None or self._rain is not None or self._foggy

    def over(self, frame: Frame, progress: float, strength: float) -> Frame:
        """The RGB frame with the weather of `progress` (share of the clip gone by) at `strength`, 0 to 1.

        With strength 0 it is the frame itself.
        """
        if strength <= 0 or not self:
            return frame
        planes = np.ascontiguousarray(frame.transpose(2, 0, 1), np.float32)
        planes *= np.float32(1 / 255)
        if self._foggy:
            rows = np.linspace(_FOG_ABOVE, _FOG_BELOW, self._height, dtype=np.float32)[:, None]
            planes += (_FOG_COLOUR - planes) * (rows * np.float32(strength))
        size = (self._width, self._height, self._pixel)
        if self._snow is not None:
            self._draw(planes, self._snow.flakes(progress, *size), _SNOW_COLOUR, strength, (0.0, 0.0), added=False)
        if self._rain is not None:
            self._draw(planes, self._rain.drops(progress, *size), _RAIN_COLOUR, strength, Rain.STREAK, added=True)
        np.clip(planes, 0, 1, out=planes)
        planes *= np.float32(255)
        planes += np.float32(0.5)
        return np.ascontiguousarray(planes.astype(np.uint8).transpose(1, 2, 0))

    def _draw(
        self, planes: Plane, dots: Plane, color: Plane, strength: float, streak: tuple[float, float], *, added: bool
    ) -> None:
        dots[:, 4] *= np.float32(strength)
        red, green, blue = planes
        draw_dots(red, green, blue, self._depth, dots, color, added, *streak)
