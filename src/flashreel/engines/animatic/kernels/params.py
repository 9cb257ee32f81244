"""What the kernels of one frame share: named tuples of float32, so that each kernel is compiled once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Row = NDArray[np.float32]
Words = NDArray[np.uint32]
Pixels = NDArray[np.uint8]
Numbers = NDArray[np.int32]
#: A scalar of numba's own types, which a type checker does not see.
Scalar = Any


class View(NamedTuple):
    """The camera: position (m), sine and cosine of yaw, focal length, its inverse, principal point (pixels).

    Land from world z `backdrop_z` (m) on is seen from x = `backdrop_x`: a looping trip carries it along.
    """

    x: np.float32
    y: np.float32
    z: np.float32
    sin: np.float32
    cos: np.float32
    focal: np.float32
    inv_focal: np.float32
    cx: np.float32
    cy: np.float32
    backdrop_x: np.float32
    backdrop_z: np.float32


class Light(NamedTuple):
    """Direction of the key light, radiance of sun, sky (ambient) and ground (bounce), direction of the visible disc,
    and the lightning of this instant (0 to about 1)."""

    key_x: np.float32
    key_y: np.float32
    key_z: np.float32
    sun_r: np.float32
    sun_g: np.float32
    sun_b: np.float32
    ambient_r: np.float32
    ambient_g: np.float32
    ambient_b: np.float32
    bounce_r: np.float32
    bounce_g: np.float32
    bounce_b: np.float32
    disc_x: np.float32
    disc_y: np.float32
    disc_z: np.float32
    flash: np.float32


class Air(NamedTuple):
    """Fog: extinction per metre, its colour, fall with height per metre, and the sun's glow in it."""

    density: np.float32
    r: np.float32
    g: np.float32
    b: np.float32
    falloff: np.float32
    glow: np.float32


class Disc(NamedTuple):
    """The visible sun on the screen: centre and radius in pixels, brightness (0 hides it)."""

    x: np.float32
    y: np.float32
    radius: np.float32
    gain: np.float32


class Ground(NamedTuple):
    """Materials of the land: two ground colours, the path's colour, from which slope on a wall shows and how quickly
    (1 / range), their noise, and the lowest height and range of heights that the strata span."""

    base_r: np.float32
    base_g: np.float32
    base_b: np.float32
    other_r: np.float32
    other_g: np.float32
    other_b: np.float32
    path_r: np.float32
    path_g: np.float32
    path_b: np.float32
    slope: np.float32
    inv_slope_range: np.float32
    wall_noise: np.float32
    lowest: np.float32
    height_range: np.float32


class Grain(NamedTuple):
    """How the textures of the land lie along world x, in texels per metre: coarse and fine detail of the ground, and
    the bands, runs and warp of walls; `bands_tilt` and `warp_tilt` slant the latter. Across x the scales are fixed."""

    coarse: np.float32
    fine: np.float32
    bands: np.float32
    runs: np.float32
    warp: np.float32
    bands_tilt: np.float32
    warp_tilt: np.float32


class Water(NamedTuple):
    """Height of the surface (m), colour, 1 for an ocean and 0 for still water, light through crests, the sun's
    sparkle, and how far its two layers of ripples have drifted (texels along x and z)."""

    level: np.float32
    r: np.float32
    g: np.float32
    b: np.float32
    ocean: np.float32
    crest: np.float32
    sparkle: np.float32
    first_u: np.float32
    first_v: np.float32
    second_u: np.float32
    second_v: np.float32


class RowScratch(NamedTuple):
    """Room for one row of pixels and a margin: each array is (width + 64,)."""

    column: Numbers
    chosen: Numbers
    depth: Plane
    slope_x: Plane
    slope_z: Plane
    sunlit: Plane
    occlusion: Plane
    detail: Plane
    fine: Plane
    wall: Plane
    world_x: Plane
    world_z: Plane
    world_y: Plane
    red: Plane
    green: Plane
    blue: Plane
    cloud_r: Plane
    cloud_g: Plane
    cloud_b: Plane
    cloud_a: Plane


def row_scratch(width: int) -> RowScratch:
    """Fresh scratch for rows of `width` pixels."""
    n = width + 64
    column, chosen = np.zeros(n, np.int32), np.zeros(n, np.int32)
    return RowScratch(column, chosen, *(np.zeros(n, np.float32) for _ in range(len(RowScratch._fields) - 2)))
