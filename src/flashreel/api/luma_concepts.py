"""Luma's camera words that a prompt can carry here. Data: what is not listed is not understood by the built-in engine.

Of Luma's 34 concepts (the list of `GET /generations/concepts/list`, 2025) these are missing, because the camera never
does them: bolt_cam, dolly_zoom, elevator_doors, eye_level, ground_level, high_angle, over_the_shoulder, overhead, pov,
roll_left, roll_right, selfie, tilt_down, tilt_up, tiny_planet. A scene on the open sea has its own camera, which knows
the drone and the orbits alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: The key of a concept, and the words that say it in a prompt.
CONCEPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aerial": "aerial shot",
        "aerial_drone": "drone shot",
        "crane_down": "crane down",
        "crane_up": "crane up",
        "handheld": "handheld",
        "low_angle": "low angle",
        "orbit_left": "orbit left",
        "orbit_right": "orbit right",
        "pan_left": "pan left",
        "pan_right": "pan right",
        "pedestal_down": "pedestal down",
        "pedestal_up": "pedestal up",
        "pull_out": "pull out",
        "push_in": "push in",
        "static": "static shot",
        "truck_left": "truck left",
        "truck_right": "truck right",
        "zoom_in": "zoom in",
        "zoom_out": "zoom out",
    }
)

#: What a caller writes into the prompt itself.
CAMERA_MOTIONS: Final = (
    "camera crane down",
    "camera crane up",
    "camera move left",
    "camera move right",
    "camera orbit left",
    "camera orbit right",
    "camera pan left",
    "camera pan right",
    "camera pull out",
    "camera push in",
    "camera static",
    "camera zoom in",
    "camera zoom out",
)
