"""Laps: land that a looping trip comes home through.

Over such a clip the camera travels one lap, and the land near the trail repeats with that length: its last frame leads
into its first. Seen from far, many laps would lie side by side like wallpaper; so from a certain distance on the land
stands still behind the trip instead, as far land nearly does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from flashreel.engines.animatic.noise import AnyField, Field, smoothstep

_TRAIL_SWING = 0.35  # metres the trail strays from z = 0
_TRAIL_WAVE = 7.0  # metres of x per radian
_LAPS_IN_VIEW = 3.6  # at most, side by side, before the land stands still
_VIEW = 0.976  # metres seen across, per metre of depth
_SHORT = 10  # laps in the land from which on they are short
_BEHIND = 60.0  # metres of land behind the trail that still repeat
_BLEND_FROM = 0.45  # share of a lap after which it turns into what comes before it
_SHORE = 0.4  # share of the backdrop's distance over which the land evens out on both sides


@dataclass(frozen=True, slots=True)
class Trip:
    """What a looping clip asks of a place: how far it goes, and from how far it is seen (both m)."""

    distance: float
    seen_from: float

    def lap(self, n: int, texel: float) -> Lap:
        """The lap of this trip on land that wraps after `n` texels (m): as near to the distance as it can be.

        A short one is a whole number of texels, so that every lap is the same to the bit; the land's own seam is then
        far out of sight. A long one is a whole part of the land.
        """
        size = n * texel
        if self.distance * _SHORT < size:
            length = max(2, round(self.distance / texel)) * texel
        else:
            length = size / max(1, round(size / self.distance))
        nearest = 0.9 * self.seen_from + 4
        return Lap(length, max(_LAPS_IN_VIEW * length / _VIEW - self.seen_from, nearest), self.seen_from)


@dataclass(frozen=True, slots=True)
class Lap:
    """`length` is metres along x after which the near land repeats; from z = `backdrop` (m) on it stands still. The
    trail is `seen_from` so far (m)."""

    length: float
    backdrop: float
    seen_from: float

    def nearer(self, backdrop: float) -> Lap:
        """The same lap with a backdrop from `backdrop` metres on, if it was not nearer."""
        return replace(self, backdrop=min(self.backdrop, backdrop))

    def in_view(self, z: float) -> float:
        """How many laps lie side by side in a frame, at world z."""
        return (z + self.seen_from) * _VIEW / self.length

    def trail_z(self, x: float) -> float:
        """Where the trail runs at world x: in whole waves, on short laps straight on."""
        waves = round(self.length / (2 * math.pi * _TRAIL_WAVE))
        return _TRAIL_SWING * math.sin(2 * math.pi * waves * x / self.length)

    def repeated(self, field: AnyField, texel: float) -> Field:
        """A wrapping (n, n) field whose near rows repeat along x; the rest of it is as it was.

        A lap begins as the field does at x = 0; its last part blends into what lies before x = 0.
        """
        n = field.shape[1]
        out = np.array(field, np.float32)
        rows = np.nonzero(self._near(n, texel))[0]
        at = np.mod(_signed(n, texel), self.length)
        late = smoothstep(_BLEND_FROM, 1.0, at / self.length)
        near = out[rows]
        out[rows] = _columns(near, at / texel) * (1 - late) + _columns(near, (at - self.length) / texel) * late
        return out

    def evened(self, field: AnyField, texel: float, percentile: float) -> Field:
        """The field with its rows around the backdrop evened out along x, to that percentile of each row: the near
        land slides along the backdrop, and there must be nothing to see it by."""
        z = _signed(field.shape[0], texel)
        away = np.abs(z - self.backdrop) / (_SHORE * self.backdrop)
        rows = np.nonzero(away < 1)[0]
        out = np.array(field, np.float32)
        level = np.percentile(out[rows], percentile, axis=1, keepdims=True).astype(np.float32)
        out[rows] = level + (out[rows] - level) * smoothstep(0.15, 1.0, away[rows])[:, None]
        return out

    def copies(self, x: float, z: float) -> list[float]:
        """Where a thing at (x, z) stands again in every lap that a camera on the trail may see."""
        reach = 1.25 * (max(z, 0.0) + 14.0)
        first = math.ceil((-reach - x) / self.length)
        last = math.floor((self.length + reach - x) / self.length)
        return [x + lap * self.length for lap in range(first, last + 1)]

    def _near(self, n: int, texel: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        z = _signed(n, texel)
        return (z > -_BEHIND) & (z < self.backdrop + texel)


def trail_z(x: float, lap: Lap | None = None) -> float:
    """Where the trail runs at world x (m)."""
    return lap.trail_z(x) if lap else _TRAIL_SWING * math.sin(x / _TRAIL_WAVE)


def _signed(n: int, texel: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """World coordinate (m) of every texel of a wrapping row whose first is the origin."""
    return np.asarray(((np.arange(n) + n // 2) % n - n // 2) * texel, np.float64)


def _columns(rows: Field, at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Field:
    """Columns of wrapping rows at fractional texels."""
    n = rows.shape[1]
    left = np.floor(at).astype(np.int64)
    share = (at - left).astype(np.float32)
    mixed: Field = rows[:, left % n] * (1 - share) + rows[:, (left + 1) % n] * share
    return mixed
