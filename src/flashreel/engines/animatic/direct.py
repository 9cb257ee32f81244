"""The director: from a scene graph to a staged scene."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from flashreel.engines.animatic import cast as casting
from flashreel.engines.animatic import props
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.registry import Anim
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.effects import Effect, Motes, Puffs, Rain, Snow
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.jit import wake
from flashreel.engines.animatic.lighting import look_for, stormy
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.scenes.launch import Launch
from flashreel.engines.animatic.scenes.lightning import Lightning
from flashreel.engines.animatic.scenes.sea import SAILING_SPEED, Sea
from flashreel.engines.animatic.scenes.travel import Dust, Framing, Travel
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.lap import Trip
from flashreel.engines.animatic.world.ocean import Ocean
from flashreel.engines.animatic.world.places import Site, build_place
from flashreel.engines.animatic.world.textures import draw_shared_maps
from flashreel.engines.animatic.world.world import World

_PAVED = ("city", "street", "road", "room", "studio")
_SOFT_LIGHT = ("golden", "dawn", "dusk", "sunset")
_WORTH_GOING = 0.5  # of the camera's distance
_DUST_FROM = 2.5  # m/s


@dataclass(frozen=True, slots=True)
class Order:
    """One shot to stage."""

    graph: SceneGraph
    duration: float
    loop: bool
    width: int
    height: int
    rng: np.random.Generator
    executor: Executor

    @property
    def loop_seconds(self) -> float:
        """The clip's length if it loops, else 0."""
        return self.duration if self.loop else 0.0


def build(
    graph: SceneGraph, duration: float, seed: int, loop: bool, *, width: int, height: int, executor: Executor
) -> Scene:
    """Stages the graph as a scene of `duration` seconds for frames of this size (pixels).

    The same graph, seed and size give the same scene. Work is shared among the executor's threads.
    """
    wake()
    executor.submit(draw_shared_maps)  # what every scene needs is made while its own land is
    rng = np.random.default_rng(zlib.crc32(graph.prompt.encode("utf-8", "surrogatepass")) + seed * 7919)
    order = Order(graph, duration, loop, width, height, rng, executor)
    mains = [subject for subject in graph.subjects if subject.role == "main"] or list(graph.subjects[:1])
    main = mains[0] if mains else None
    extras = [subject for subject in graph.subjects if subject is not main]
    anim = make(main, graph, rng, order.loop_seconds) if main else None
    if anim is not None and anim.medium == "launch":
        return _launch(order, anim)
    if graph.setting == "ocean" or (anim is not None and anim.medium == "water"):
        return _sea(order, main, anim)
    return _travel(order, main, anim, extras)


def _site(order: Order) -> Site:
    return Site(order.rng, look_for(order.graph), order.graph, order.executor)


def _falling(order: Order) -> list[Effect]:
    """Snow and rain."""
    weather = order.graph.weather
    effects: list[Effect] = []
    if "snow" in weather:
        effects.append(Snow(420, order.rng, order.duration))
    if "rain" in weather:
        effects.append(Rain(600, order.rng, order.duration))
    return effects


def _launch(order: Order, anim: Anim) -> Scene:
    built = build_place("harbour", _site(order))
    return Launch(
        built.world,
        built.look,
        order.duration,
        order.loop,
        rocket=anim.draw,
        cards=built.cards,
        rng=order.rng,
        effects=_falling(order),
    )


def _sea(order: Order, main: Subject | None, anim: Anim | None) -> Scene:
    graph, rng = order.graph, order.rng
    storm = stormy(graph)
    rough = 0.95 if storm else 0.6 if {"wind", "rain"} & set(graph.weather) else 0.32
    if graph.mood == "calm" and not storm:
        rough = 0.18
    world = Ocean(rng, rough, order.duration, SAILING_SPEED if anim else 0.0) if order.loop else Ocean(rng, rough, None)
    vessels = casting.fleet(main, anim, graph, rng, order.loop_seconds) if main and anim else []
    lightning = Lightning(order.duration, rng, order.loop) if storm else None
    effects: list[Effect] = [Rain(700, rng, order.duration)] if storm or "rain" in graph.weather else []
    if "snow" in graph.weather:
        effects.append(Snow(420, rng, order.duration))
    return Sea(
        world,
        look_for(graph),
        order.duration,
        order.loop,
        vessels=vessels,
        move=graph.camera or ("drone" if rough > 0.8 else "orbit"),
        lightning=lightning,
        rng=rng,
        effects=effects,
    )


def _travel(order: Order, main: Subject | None, anim: Anim | None, extras: Sequence[Subject]) -> Scene:
    graph, rng = order.graph, order.rng
    framing = casting.framing_of(main, anim, graph) if main is not None and anim is not None else Framing()
    distance = framing.distance(order.width, order.height)
    speed = anim.speed if anim else 1.2
    site = replace(_site(order), trip=_trip(order, anim, distance))
    built = build_place(graph.setting, site)
    members = []
    if main is not None and anim is not None:
        members = casting.group(main, anim, graph, rng, order.loop_seconds)
    members += casting.companions(extras, anim, graph, rng, order.loop_seconds)
    dust = None
    if anim is not None and speed > _DUST_FROM and anim.medium == "ground" and graph.setting not in _PAVED:
        sprites = [Sprite(props.puff(rng, 96, shadow=0.12 if site.snowy else 0.4), 1.0) for _ in range(4)]
        dust = Dust(Puffs(sprites, 34 if site.snowy else 16, 0.75, rng, order.loop_seconds), 0.3 if site.snowy else 0.2)
    return Travel(
        built.world,
        built.look,
        order.duration,
        order.loop,
        cast=members,
        framing=framing,
        speed=speed,
        move=graph.camera or "track",
        cards=_foreground(built.cards, built.world, distance) if anim else built.cards,
        dust=dust,
        effects=_air(order, built.look),
    )


def _trip(order: Order, anim: Anim | None, distance: float) -> Trip | None:
    """How a loop travels, seen from `distance` metres: on its feet or wheels always; what floats would hardly come
    along in the time stays where it is, and so does a place without anybody."""
    if not order.loop or anim is None or not anim.speed:
        return None
    trip = Trip(anim.speed * order.duration, distance)
    return trip if anim.medium == "ground" or trip.distance > distance * _WORTH_GOING else None


def _air(order: Order, look: Look) -> list[Effect]:
    effects = _falling(order)
    if order.graph.setting == "underwater":
        effects.append(Motes(120, order.rng, order.duration))
    elif order.graph.time in _SOFT_LIGHT and not effects and look.fog_density > 0.001:
        effects.append(Motes(60, order.rng, order.duration))
    return effects


def _foreground(cards: Sequence[Card], world: World, distance: float) -> list[Card]:
    """The cards without those that would stand before the lens; the out-of-focus ones moved to just before it.

    `distance` is the camera's from the trail (m).
    """
    kept = []
    for card in cards:
        if -0.54 * distance < card.z < -1.2 and card.sprite.h < 0.9 and card.z < 1.6 - distance:
            continue
        if -4 < card.z < -2 and card.sprite.h >= 0.45:
            card.z = 2.6 - distance + (card.z + 3) * 0.4
            card.y = world.height(card.x, card.z) - 0.1
        kept.append(card)
    return kept
