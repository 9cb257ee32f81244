"""Laying out a place: its grid, the trail through it, and scattering cards over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.colour import lin
from flashreel.engines.animatic.noise import AnyField, Field
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.lap import Lap, trail_z
from flashreel.engines.animatic.world.world import World

_TRIES = 20  # per card
#: Where more than a few laps are in view, what is taller than this (in laps) would be seen to come again and again.
_FEW = 1.9
_TALLEST = 0.75


def ground_grid(n: int, texel: float) -> tuple[Field, Field]:
    """World x and z (m) of every texel of an n×n torus whose texel (0, 0) is the origin."""
    along = ((np.arange(n) + n // 2) % n - n // 2) * texel
    x, z = np.meshgrid(along, along)
    return x.astype(np.float32), z.astype(np.float32)


def trail_mask(x: Field, z: Field, width: float = 0.95, lap: Lap | None = None) -> Field:
    """1 on the trail, 0 off it."""
    swing = np.array([trail_z(at, lap) for at in x[0].tolist()], np.float32)
    return _plateau((z - swing) / width)


def beside_trail(z: Field, width: float) -> Field:
    """1 where the land is kept low so that nothing hides the trail, 0 beyond `width` metres."""
    return _plateau(z / width)


def _plateau(t: AnyField) -> Field:
    """exp(-t^4): 1 around zero, then a fast fall."""
    squared = t * t
    flat: Field = np.exp(-np.minimum(squared * squared, 80)).astype(np.float32)
    return flat


def layers_of(colors: Sequence[str], rng: np.random.Generator, n: int = 512) -> Field:
    """(n, 3) strata: layers of 4 to 20 steps in random colours, softened a little."""
    layers: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    while len(layers) < n:
        color = lin(colors[int(rng.integers(len(colors)))])
        shade = color * rng.uniform(0.88, 1.1)
        layers += [shade] * int(rng.integers(4, 20))
    sharp = np.array(layers[:n], np.float32)
    kernel = np.ones(5) / 5
    soft = [np.convolve(np.pad(sharp[:, c], 2, "edge"), kernel, "valid") for c in range(3)]
    return np.stack(soft, 1).astype(np.float32)


def ramp_of(stops: Sequence[tuple[float, str]], n: int = 256) -> Field:
    """(n, 3) strata: a gradient through (height 0..1, colour) stops."""
    at = [height for height, _ in stops]
    colors = np.array([lin(color) for _, color in stops])
    t = np.linspace(0, 1, n)
    return np.stack([np.interp(t, at, colors[:, c]) for c in range(3)], 1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Patch:
    """`count` cards in a rectangle (m), none nearer than `clear` to the trail; `size` is the range of scales."""

    count: int
    x: tuple[float, float]
    z: tuple[float, float]
    clear: float
    size: tuple[float, float] = (0.8, 1.25)
    sway: float = 0.0


def scatter(rng: np.random.Generator, sprites: Sequence[Sprite], patch: Patch, world: World) -> list[Card]:
    """Cards on dry land, at random; fewer than asked for where the patch has no room.

    Where the land repeats, so do they, as densely.
    """
    lap = world.lap
    cards: list[Card] = []
    placed = 0.0
    for _ in range(patch.count * _TRIES):
        if placed >= patch.count:
            break
        x, z = float(rng.uniform(*patch.x)), float(rng.uniform(*patch.z))
        if abs(z - trail_z(x, lap)) < patch.clear:
            continue
        y = world.height(x, z)
        if y < world.water.level + 0.05:
            continue
        sprite = sprites[int(rng.integers(len(sprites)))]
        scale = float(rng.uniform(*patch.size))
        flip = bool(rng.random() < 0.5)
        phase = float(rng.random())
        standing, counts = [x], 1.0
        if lap is not None and z < lap.backdrop:
            if lap.in_view(z) > _FEW and sprite.h * scale > _TALLEST * lap.length:
                continue
            standing, counts = lap.copies(x, z), (patch.x[1] - patch.x[0]) / lap.length
        cards += [Card(sprite, at, z, y - 0.04, scale, patch.sway, flip, phase=phase) for at in standing]
        placed += counts
    return cards
