"""From a scene graph to its look: time of day, then weather, style and mood."""

from __future__ import annotations

from dataclasses import replace

from flashreel.engines.animatic.colour import hex_of, mix
from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.look import LOOKS, Look

_RAIN = replace(
    LOOKS["storm"],
    zenith="#5f7383",
    mid="#8d9ca8",
    horizon="#c2cad0",
    fog="#a9b4bc",
    fog_gain=0.8,
    fog_density=0.006,
    ambient_gain=0.95,
    sun_gain=0.8,
    cloud_lit="#b5bfc7",
    cloud_shaded="#6c7884",
    contrast=1.15,
)
_CYBERPUNK = replace(
    LOOKS["night"],
    horizon="#c0389a",
    mid="#3a1a6a",
    fog="#8a2a8a",
    cloud_lit="#a03a9a",
    tint=(1.06, 0.94, 1.12),
)


def stormy(graph: SceneGraph) -> bool:
    """Whether a storm is on."""
    return bool({"storm", "lightning"} & set(graph.weather)) or graph.time == "storm"


def look_for(graph: SceneGraph) -> Look:
    """The look that a graph asks for."""
    return _mooded(_styled(_weathered(LOOKS.get(graph.time, LOOKS["day"]), graph), graph), graph)


def _weathered(look: Look, graph: SceneGraph) -> Look:
    weather = graph.weather
    if stormy(graph) and graph.time != "night":
        look = LOOKS["storm"]
    if "rain" in weather and graph.time in ("day", "dawn"):
        look = _RAIN
    if "fog" in weather:
        look = _foggy(look)
    if "cloudy" in weather:
        look = replace(look, cloud_cover=0.72, sun_gain=look.sun_gain * 0.6, ambient_gain=look.ambient_gain * 1.1)
    if "clear" in weather:
        look = replace(look, cloud_cover=0.15)
    if "snow" in weather and graph.time == "day":
        look = replace(
            look,
            zenith="#7fa3cf",
            mid="#b5cbe4",
            horizon="#e9f0f8",
            sun_gain=1.7,
            fog="#dfe8f4",
            fog_density=0.005,
            cloud_cover=0.6,
        )
    return look


def _foggy(look: Look) -> Look:
    """Air one can hardly see through; the sky goes the colour of the fog, from the horizon up."""
    return replace(
        look,
        fog_density=max(look.fog_density * 5, 0.02),
        sun_gain=look.sun_gain * 0.7,
        horizon=look.fog,
        mid=hex_of(mix(look.mid, look.fog, 0.75)),
        zenith=hex_of(mix(look.zenith, look.fog, 0.4)),
        cloud_cover=look.cloud_cover * 0.5,
        disc=look.disc * 0.3,
        rays=look.rays * 0.5,
    )


def _styled(look: Look, graph: SceneGraph) -> Look:
    match graph.style:
        case "noir":
            return replace(look, saturation=0.0, contrast=1.5, vignette=0.9, grain=0.02)
        case "vintage":
            return replace(look, tint=(1.08, 1.0, 0.82), saturation=0.75, grain=0.02, vignette=0.9)
        case "cyberpunk":
            return _CYBERPUNK
        case "pastel":
            return replace(look, saturation=0.72, contrast=1.0, exposure=look.exposure * 1.08)
        case _:
            return look


def _mooded(look: Look, graph: SceneGraph) -> Look:
    if graph.mood == "dark":
        return replace(look, exposure=look.exposure * 0.75, saturation=look.saturation * 0.8, vignette=0.95)
    return look
