"""From a camera to what the kernels take."""

from __future__ import annotations

import numpy as np

from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.kernels.params import View


def view_of(camera: Camera) -> View:
    """The camera as float32 numbers."""
    c = camera
    numbers = (c.x, c.y, c.z, c.sn, c.cs, c.f, 1 / c.f, c.cx, c.cy, c.x - c.carried, c.backdrop)
    return View(*map(np.float32, numbers))
