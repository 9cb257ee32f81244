"""What the picture side reacts to: the parser asks here before it calls a word understood.

A word may be read correctly and still change nothing in the picture (no scene looks "whimsical" today). Then it is
reported as unknown, so that nobody is misled. Whoever teaches the picture something new adds it here.
"""

from __future__ import annotations

from typing import Final, Literal

from flashreel.engines.animatic.tables import word_set
from flashreel.engines.animatic.words import PEOPLE

#: How a shot is staged: a rocket's launch, the open sea, or along a trail on land, in the air or under water.
Staging = Literal["launch", "sea", "travel"]

#: Settings that stand on the ground of another: there is nothing of a galaxy on the Moon.
UNDRAWN_SETTINGS: Final = frozenset({"space"})
_STAGED_SETTINGS: Final[dict[Staging, frozenset[str]]] = {
    "launch": frozenset({"city"}),
    "sea": frozenset({"ocean"}),
}
UNDRAWN_CAMERA: Final = frozenset({"pov", "tilt"})
_STAGED_CAMERA: Final[dict[Staging, frozenset[str]]] = {
    "launch": frozenset({"tilt"}),
    "sea": frozenset({"drone", "orbit", "orbit_right", "push", "track"}),
}
DRAWN_STYLES: Final = frozenset({"cinematic", "cyberpunk", "noir", "pastel", "vintage"})
DRAWN_WEATHER: Final = frozenset({"clear", "cloudy", "fog", "lightning", "rain", "snow", "storm"})
#: These show only on the sea, as its roughness.
SEA_WEATHER: Final = frozenset({"wind"})
SEA_MOODS: Final = frozenset({"calm"})
DRAWN_MOODS: Final = frozenset({"dark"})

#: Things a place is made of anyway: "a forest of oak trees".
GROWS_IN: Final[dict[str, frozenset[str]]] = {
    "beach": frozenset({"palm", "emoji:palm-tree"}),
    "desert": frozenset({"cactus", "emoji:cactus"}),
    "forest": frozenset({"tree", "pine", "emoji:deciduous-tree", "emoji:evergreen-tree"}),
}

#: All of them can be ridden, too.
QUADRUPEDS: Final = word_set(
    "fox dog wolf cat horse deer elephant bear rabbit lion cow sheep big_cat tiger zebra donkey giraffe pig mouse "
    "monkey"
)
CARS: Final = word_set("car truck bus tractor motorcycle wagon train")
BOATS: Final = word_set("sailboat boat ship")
BIRDS: Final = word_set("bird eagle")
FISHES: Final = word_set("fish shark")

VEHICLES: Final = CARS | BOATS | {"rocket", "balloon"}
#: Concepts that are drawn as jointed figures; every other one is shown as a cut-out.
RIGGED: Final = PEOPLE | QUADRUPEDS | VEHICLES | BIRDS | FISHES

_CYCLES: Final = frozenset({"bicycle", "motorcycle", "emoji:kick-scooter"})
_DRIVEN: Final = CARS - {"motorcycle"}
_PERSON_ACTIONS: Final = word_set("run walk travel dance spin play jump wave sit stand hold")
_QUADRUPED_ACTIONS: Final = word_set("run walk trot travel jump play eat stand howl")
_CUTOUT_ACTIONS: Final = word_set(
    "run walk travel drive fly swim ride jump sail float surf skate hover glide dance play stand"
)
_RIG_ACTIONS: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = (
    (PEOPLE, _PERSON_ACTIONS),
    (QUADRUPEDS, _QUADRUPED_ACTIONS),
    (CARS, frozenset({"drive", "travel", "run", "ride"})),
    (BOATS, frozenset({"sail", "travel", "float"})),
    (BIRDS, frozenset({"fly", "glide", "float", "hover"})),
    (FISHES, frozenset({"swim", "dive", "float"})),
    (frozenset({"rocket"}), frozenset({"launch", "fly"})),
    (frozenset({"balloon"}), frozenset({"fly", "float", "glide", "hover", "travel"})),
)


def staging_of(main: str, setting: str) -> Staging:
    """How a shot of the main concept (or "") at a setting is staged."""
    if main == "rocket":
        return "launch"
    return "sea" if setting == "ocean" or main in BOATS else "travel"


def shows_setting(setting: str, staging: Staging) -> bool:
    """Every staging has a sky."""
    return setting == "sky" or setting in _STAGED_SETTINGS.get(staging, {setting} - UNDRAWN_SETTINGS)


def shows_camera(camera: str, staging: Staging) -> bool:
    """Whether a staging knows this move or framing."""
    return camera in _STAGED_CAMERA.get(staging, {camera} - UNDRAWN_CAMERA)


def shows_extras(staging: Staging) -> bool:
    """Whether anybody is seen beside the main subject."""
    return staging == "travel"


def shows_weather(weather: str, staging: Staging) -> bool:
    """Wind is seen in the waves alone."""
    return weather in DRAWN_WEATHER or (weather in SEA_WEATHER and staging == "sea")


def shows_mood(mood: str, staging: Staging) -> bool:
    """A calm is seen in the waves alone."""
    return mood in DRAWN_MOODS or (mood in SEA_MOODS and staging == "sea")


def shows_size(concept: str, size: str) -> bool:
    """Animals and cut-outs come in sizes; people and vehicles, and "tall", do not."""
    return size != "tall" and (concept in QUADRUPEDS or concept not in RIGGED)


def shows_age(concept: str, age: str) -> bool:
    """People come in ages, four-legged animals also as young ones."""
    return concept in PEOPLE or (concept in QUADRUPEDS and age in ("baby", "young"))


def shows_garment(concept: str) -> bool:
    """Whether a piece of clothing, by its concept in `words.CLOTHES`, is drawn on a person."""
    return concept not in ("emoji:glasses", "emoji:sunglasses", "emoji:hiking-boot")


def shows_prop(action: str, prop: str) -> bool:
    """Whether a person is drawn with this thing: on it, in it, or with it in the hand."""
    if prop in _CYCLES:
        return action in ("ride", "drive", "")
    if prop in QUADRUPEDS:
        return action in ("ride", "")
    if prop in _DRIVEN:
        return True
    return prop not in RIGGED


def shows_action(concept: str, action: str, prop: str) -> bool:
    """Whether an action changes how a subject (with a prop, or "") is drawn."""
    if concept in PEOPLE and action in ("ride", "drive"):
        return prop in _CYCLES | QUADRUPEDS | _DRIVEN and shows_prop(action, prop)
    for concepts, actions in _RIG_ACTIONS:
        if concept in concepts:
            return action in actions
    return action in _CUTOUT_ACTIONS
