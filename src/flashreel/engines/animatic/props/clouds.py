"""Smoke, dust and spray."""

from __future__ import annotations

import math

import numpy as np

from flashreel.engines.animatic.vector import Pixels


def puff(rng: np.random.Generator, h: int = 160, shadow: float = 0.52) -> Pixels:
    """A soft white ball of smoke or dust; the scene's light tints it. `shadow` is how dark its far side is."""
    yy, xx = (np.mgrid[0:h, 0:h] / (h - 1) * 2 - 1).astype(np.float32)
    height = np.zeros((h, h), np.float32)
    light = np.full((h, h), 1 - shadow * 0.58, np.float32)
    for _ in range(9):
        angle, away = rng.uniform(0, 2 * math.pi), rng.uniform(0, 0.42)
        size = rng.uniform(0.34, 0.5)
        px, py = (xx - math.cos(angle) * away) / size, (yy - math.sin(angle) * away) / size
        bump = np.clip(1 - (px * px + py * py), 0, 1)
        light = np.where(bump > height, 1 - shadow * (0.5 - 0.5 * np.clip(-py * 0.8 - px * 0.4, -1, 1)), light)
        height = np.maximum(height, bump)
    edge = np.clip(1 - (xx * xx + yy * yy), 0, 1) ** 0.6
    alpha = np.clip(height * 1.15, 0, 1) ** 1.6 * edge
    grey = alpha * np.clip(light, 0.3, 1)
    return (np.stack([grey, grey, grey, alpha], -1) * 255).astype(np.uint8)
