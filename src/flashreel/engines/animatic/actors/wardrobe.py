"""What a person looks like: build, skin, hair and clothes, from what the prompt said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from flashreel.engines.animatic.colour import Colour
from flashreel.engines.animatic.graph import Subject

HairStyle = Literal["short", "long", "pony", "bald"]
Hat = Literal["cap", "helmet", "crown", "pointed", "toque", "helm", "straw"]
Age = Literal["toddler", "child", "teen", "adult", "elder"]


@dataclass(frozen=True, slots=True)
class Build:
    """Metres: body height, head radius, limb radius, half the width of the torso."""

    height: float
    head: float
    limb: float
    torso: float


BUILDS: Final[dict[Age, Build]] = {
    "toddler": Build(0.95, 0.155, 0.052, 0.135),
    "child": Build(1.25, 0.155, 0.052, 0.135),
    "teen": Build(1.60, 0.145, 0.056, 0.150),
    "adult": Build(1.76, 0.135, 0.062, 0.175),
    "elder": Build(1.68, 0.135, 0.058, 0.170),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One person, dressed. Colours that are None are not worn."""

    build: Build
    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour
    shoes: Colour = "#e8e4dc"
    hair_style: HairStyle = "short"
    trousers: bool = True
    sleeves: bool = False
    suit: bool = False
    hat: Hat | None = None
    hat_colour: Colour = "#d83a34"
    beard: Colour | None = None
    skirt: Colour | None = None
    cape: Colour | None = None
    pack: Colour | None = None

    @property
    def grown(self) -> bool:
        """Whether the body has an adult's proportions."""
        return self.build.height >= 1.4


SKINS: Final = ("#f2c39c", "#d99a6c", "#c6865a", "#8a5638")
_HAIRS: Final = ("#5a3420", "#2a2020", "#8a5a2a", "#c8963e", "#7a2f1a")
_TOPS: Final = ("#f2b632", "#e8574a", "#3f8fd0", "#4fae6a", "#f4f1ea", "#e58a3a", "#7d6bd0")
_BOTTOMS: Final = ("#2f5d8c", "#3a4250", "#6a5844", "#35526a")
_CAPS: Final = ("#2f7fb8", "#d8432f", "#3f9b55")

_FEMALE: Final = ("girl", "woman", "queen", "dancer")
_GREY_HAIR: Final = "#d8d8dc"
_GREY_BEARD: Final = "#e4e4e8"


def dress(subject: Subject, rng: np.random.Generator) -> Person:
    """The person a subject asks for; what it leaves open is drawn from `rng`."""
    age = _age_of(subject)
    female = subject.concept in _FEMALE or "girl" in subject.word or "woman" in subject.word
    child = age == "child"
    person = Person(
        build=BUILDS[age],
        skin=SKINS[rng.integers(len(SKINS))],
        hair=_HAIRS[rng.integers(len(_HAIRS))],
        top=_TOPS[rng.integers(len(_TOPS))],
        bottom=_BOTTOMS[rng.integers(len(_BOTTOMS))],
        hair_style="short" if not female else "pony" if child else "long",
        trousers=not child,
    )
    if age == "elder":
        person = replace(person, hair=_GREY_HAIR, beard=None if female else _GREY_BEARD)
    if child and not female:
        person = replace(person, hat="cap", hat_colour=_CAPS[rng.integers(len(_CAPS))], pack="#7a4a2a")
    person = _in_uniform(person, subject)
    if subject.colors:
        person = replace(person, top=subject.colors[0])
    for garment in subject.wears:
        person = _wearing(person, garment)
    return person


def _age_of(subject: Subject) -> Age:
    if subject.age == "teen":
        return "teen"
    if subject.age in ("baby", "toddler") or subject.concept == "baby":
        return "toddler"
    if subject.concept in ("boy", "girl", "child"):
        return "child"
    if subject.age == "old" or subject.concept == "elder":
        return "elder"
    return "adult"


def _in_uniform(person: Person, subject: Subject) -> Person:
    if subject.concept == "astronaut":
        return replace(
            person,
            skin="#eef0f4",
            hair_style="bald",
            hat=None,
            top="#eef0f4",
            bottom="#e2e5ea",
            shoes="#9aa0aa",
            pack="#c9ced6",
            sleeves=True,
            trousers=True,
            suit=True,
        )
    if subject.concept == "knight":
        return replace(
            person,
            top="#a9b0bb",
            bottom="#8c939e",
            sleeves=True,
            cape="#b3202a",
            hat="helm",
            hat_colour="#b9c0ca",
        )
    if subject.concept in ("king", "queen"):
        return replace(person, top="#7b3fa8", cape="#b3202a", hat="crown", hat_colour="#f2c230", sleeves=True)
    if subject.concept == "wizard":
        blue = "#3a3f9c"
        robe = replace(person, top=blue, bottom=blue, skirt=blue, cape="#2a2d78", sleeves=True)
        return replace(robe, hat="pointed", hat_colour=blue, hair=_GREY_HAIR, beard=_GREY_BEARD)
    if subject.concept == "chef":
        return replace(person, top="#f4f4f2", hat="toque", hat_colour="#f8f8f6", sleeves=True)
    if subject.concept == "farmer":
        return replace(person, bottom="#3f5f9c", hat="straw", hat_colour="#e0c070")
    if "superhero" in subject.word:
        return replace(person, top="#2f6fd0", bottom="#22346e", cape="#d8232a", sleeves=True)
    return person


def _wearing(person: Person, garment: Subject) -> Person:
    colour = garment.colors[0] if garment.colors else None

    def named(*words: str) -> bool:
        return any(word in garment.word for word in words)

    if named("dress", "skirt", "gown"):
        skirt = colour or "#d8432f"
        return replace(person, skirt=skirt, top=skirt, trousers=False)
    if named("shirt", "jacket", "coat", "sweater", "hoodie", "suit"):
        return replace(person, top=colour or person.top, sleeves=True)
    if named("pants", "jeans", "trousers", "shorts"):
        return replace(person, bottom=colour or person.bottom)
    if named("helmet"):
        return replace(person, hat="helmet", hat_colour=colour or "#f4f4f4")
    if named("hat", "cap", "beanie") and not named("cape"):
        return replace(person, hat="cap", hat_colour=colour or "#d8432f")
    if named("backpack"):
        return replace(person, pack=colour or "#7a4a2a")
    if named("cape", "cloak", "scarf"):
        return replace(person, cape=colour or "#d8232a")
    return person
