"""Vector layers onto the picture: actors with rim light, their shadows, and lights (flames, lightning)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32 as f32
from numba import int32 as i32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Pixels, Plane


class ActorLight(NamedTuple):
    """Light on an actor, fog's colour and amount, rim light and the way to its edge (pixels), own light."""

    r: np.float32
    g: np.float32
    b: np.float32
    fog_r: np.float32
    fog_g: np.float32
    fog_b: np.float32
    fog: np.float32
    rim_r: np.float32
    rim_g: np.float32
    rim_b: np.float32
    rim_x: np.float32
    rim_y: np.float32
    emission: np.float32


@kernel
def draw_actor(
    red: Plane,
    green: Plane,
    blue: Plane,
    depth: Plane,
    layer: Pixels,
    linear: Plane,
    x0: int,
    y0: int,
    z: float,
    test: float,
    light: ActorLight,
) -> None:
    """A premultiplied RGBA layer (rows, columns, 4), pixel for pixel with its corner at (`x0`, `y0`).

    It shows where the depth buffer is at least `test`, and writes `z` where it covers. The rim light comes from the
    layer's own alpha: an opaque pixel whose neighbours towards the light are clear catches it.
    """
    rows, columns = depth.shape
    high, wide = layer.shape[0], layer.shape[1]
    for y in range(max(y0, 0), min(y0 + high, rows)):
        v = y - y0
        for x in range(max(x0, 0), min(x0 + wide, columns)):
            u = x - x0
            alpha = layer[v, u, 3]
            if alpha == 0 or depth[y, x] < test:
                continue
            a = f32(alpha) * f32(1 / 255.0)
            unpremultiply = f32(255.0) / f32(alpha)
            r0 = linear[min(i32(f32(layer[v, u, 0]) * unpremultiply), 255)]
            g0 = linear[min(i32(f32(layer[v, u, 1]) * unpremultiply), 255)]
            b0 = linear[min(i32(f32(layer[v, u, 2]) * unpremultiply), 255)]
            rim = f32(0)
            for j in range(1, 4):
                uu = u + i32(light.rim_x * f32(j) * f32(1 / 3.0))
                vv = v + i32(light.rim_y * f32(j) * f32(1 / 3.0))
                inside = uu >= 0 and vv >= 0 and uu < wide and vv < high
                rim += f32(1) - (f32(layer[vv, uu, 3]) * f32(1 / 255.0) if inside else f32(0))
            rim *= f32(1 / 3.0)
            r = r0 * (light.r + light.emission) + (r0 * f32(0.6) + f32(0.25)) * light.rim_r * rim
            g = g0 * (light.g + light.emission) + (g0 * f32(0.6) + f32(0.25)) * light.rim_g * rim
            b = b0 * (light.b + light.emission) + (b0 * f32(0.6) + f32(0.25)) * light.rim_b * rim
            r += (light.fog_r - r) * light.fog
            g += (light.fog_g - g) * light.fog
            b += (light.fog_b - b) * light.fog
            red[y, x] += (r - red[y, x]) * a
            green[y, x] += (g - green[y, x]) * a
            blue[y, x] += (b - blue[y, x]) * a
            if a > f32(0.5):
                depth[y, x] = f32(z)


@kernel
def draw_shadow(
    red: Plane,
    green: Plane,
    blue: Plane,
    depth: Plane,
    coverage: Plane,
    x0: int,
    y0: int,
    loss_r: float,
    loss_g: float,
    loss_b: float,
) -> None:
    """Takes light from what is not sky: at `coverage` 1 (rows, columns) the share `loss` of each channel."""
    rows, columns = depth.shape
    high, wide = coverage.shape
    lr = f32(loss_r)
    lg = f32(loss_g)
    lb = f32(loss_b)
    for y in range(max(y0, 0), min(y0 + high, rows)):
        for x in range(max(x0, 0), min(x0 + wide, columns)):
            a = coverage[y - y0, x - x0]
            a = a if depth[y, x] < f32(1e8) else f32(0)
            red[y, x] *= f32(1) - a * lr
            green[y, x] *= f32(1) - a * lg
            blue[y, x] *= f32(1) - a * lb


@kernel
def add_light(
    red: Plane,
    green: Plane,
    blue: Plane,
    depth: Plane,
    layer: Pixels,
    linear: Plane,
    x0: int,
    y0: int,
    gain: float,
    test: float,
) -> None:
    """Adds a premultiplied RGBA layer as light, times `gain`, where the depth buffer is at least `test`."""
    rows, columns = depth.shape
    high, wide = layer.shape[0], layer.shape[1]
    k = f32(gain)
    for y in range(max(y0, 0), min(y0 + high, rows)):
        for x in range(max(x0, 0), min(x0 + wide, columns)):
            if layer[y - y0, x - x0, 3] == 0 or depth[y, x] < test:
                continue
            red[y, x] += linear[layer[y - y0, x - x0, 0]] * k
            green[y, x] += linear[layer[y - y0, x - x0, 1]] * k
            blue[y, x] += linear[layer[y - y0, x - x0, 2]] * k
