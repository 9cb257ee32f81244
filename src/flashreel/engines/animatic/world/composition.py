"""Composition: turning a wrapping landscape until its skyline is well framed from the trail."""

from __future__ import annotations

import math

import numpy as np

from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.kernels.march import march, march_scratch
from flashreel.engines.animatic.kernels.view import view_of
from flashreel.engines.animatic.noise import Field
from flashreel.engines.animatic.world.world import DRY

_COLUMNS, _ROWS = 160, 90
_WINDOWS = 24
_SKY = 1e8
_YAW = 0.1
_FOCAL = 1312 / 8
_EYE = (0.0, 1.6, -6.4)


def well_framed(heights: Field, texel: float, sky_share: float, travel: float = 30.0) -> Field:
    """The field rolled along x to the best of 24 windows.

    Judged from the start and after `travel` metres: a share of sky near `sky_share`, a varied skyline, several planes
    of depth, nothing looming over the trail.
    """
    n = heights.shape[0]
    flat = heights.reshape(-1)
    top = float(heights.max())
    depth = np.empty((_ROWS, _COLUMNS), np.float32)
    edge = np.empty((_ROWS, _COLUMNS), np.float32)
    scratch = march_scratch(_ROWS)
    best, best_score = 0, -math.inf
    for window in range(_WINDOWS):
        start = window * n * texel / _WINDOWS
        score = 0.0
        for ahead in (0.0, travel):
            x, y, z = _EYE
            camera = Camera(x + start + ahead, y, z, _YAW, _FOCAL, _COLUMNS / 2, _ROWS / 2)
            view = view_of(camera)
            march(flat, n, 1 / texel, view, 2.2, 700.0, 0.012, 0.3, DRY, top, depth, edge, scratch)
            score += _score(depth, sky_share)
        if score > best_score:
            best, best_score = window, score
    return np.roll(heights, -int(best * n / _WINDOWS), 1)


def _score(depth: Field, sky_share: float) -> float:
    horizon = _ROWS // 2
    sky = depth > _SKY
    share = float(sky[:horizon].mean()) * 0.5
    skyline = sky.sum(0)
    land = depth[: horizon - 2]
    land = land[land < _SKY]
    planes = float(np.log(land).std()) if land.size > 50 else 0.0
    looming = float((land < 55).mean()) if land.size else 0.0
    varied = min(float(skyline.std()) / 9, 1.5)
    hidden = float((skyline < 3).mean())
    return -8 * abs(share - sky_share) + 1.2 * varied + 1.6 * planes - 2.5 * looming - 0.8 * hidden
