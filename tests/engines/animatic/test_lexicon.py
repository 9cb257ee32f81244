from __future__ import annotations

import gzip
import json
from importlib import resources

import pytest

from flashreel.engines.animatic import words
from flashreel.engines.animatic.lexicon import (
    WORD_MAX,
    base_verb,
    compound_concept,
    load_lexicon,
    noun_concept,
    singular,
)


@pytest.mark.parametrize(
    ("noun", "concept"),
    [
        ("stallion", "horse"),
        ("minivan", "car"),
        ("hawk", "eagle"),
        ("oaks", "tree"),
        ("foxes", "fox"),
        ("wolves", "wolf"),
        ("butterflies", "butterfly"),
        ("children", "child"),
        ("buses", "bus"),
        ("golden retriever", "dog"),
        ("golden retrievers", "dog"),
        ("oranges", "emoji:tangerine"),  # not orang-utans
        ("scooter", "emoji:kick-scooter"),  # not a boat
        ("tuna", "fish"),  # not a cactus
        ("phone booths", ""),
        ("modern", None),
        ("wade", None),
        ("flibbertigibbet", None),
        ("quantum", None),
        ("", None),
    ],
)
def test_noun_concept(noun: str, concept: str | None) -> None:
    assert noun_concept(noun) == concept


@pytest.mark.parametrize(
    ("word", "verb"),
    [
        ("riding", "ride"),
        ("rode", "ride"),
        ("running", "run"),
        ("flies", "fly"),
        ("carried", "carry"),
        ("dashes", "dash"),
        ("swims", "swim"),
        ("play", "play"),
        ("lying", "lie"),
        ("ing", None),
        ("pondering", None),
        ("king", None),
    ],
)
def test_base_verb(word: str, verb: str | None) -> None:
    assert base_verb(word) == verb


def test_compounds() -> None:
    assert compound_concept("lanternfish") == "fish"
    assert compound_concept("riverboats") == "boat"
    assert compound_concept("fish") is None
    assert compound_concept("friendship") is None


def test_words_longer_than_any_are_not_looked_at() -> None:
    assert compound_concept("x" * WORD_MAX + "fish") is None
    assert noun_concept("fox" + "s" * WORD_MAX) is None
    assert base_verb("rid" + "d" * WORD_MAX + "ing") is None


def test_singular_leaves_unknown_words_alone() -> None:
    assert singular("ponders") == "ponders"
    assert singular("glass") == "glass"


def test_corrections_are_base_forms() -> None:
    assert set(words.IRREGULAR_VERBS.values()) <= words.ACTIONS.keys()
    assert not words.NOT_NOUNS & words.NOUNS.keys()


def test_every_emoji_named_is_there() -> None:
    packed = resources.files("flashreel.engines.animatic").joinpath("data/emoji.json.gz").read_bytes()
    pictures: dict[str, str] = json.loads(gzip.decompress(packed))
    concepts = {*load_lexicon().values(), *words.NOUNS.values(), *words.CLOTHES.values()}
    named = {concept.removeprefix("emoji:") for concept in concepts if concept.startswith("emoji:")}
    assert len(named) > 900
    assert named <= pictures.keys()
