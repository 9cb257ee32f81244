"""Nouns and verbs of English, as far as they lead to something that can be drawn.

The noun table is compiled from WordNet by `tools/build_lexicon.py`; `words` corrects it.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib import resources
from typing import Final

from flashreel.engines.animatic.words import (
    ACTIONS,
    COMPOUND_TAILS,
    IRREGULAR_PLURALS,
    IRREGULAR_VERBS,
    NOT_NOUNS,
    NOUNS,
)

#: No English word is longer; what is longer gets no further look, so that a prompt costs time linear in its length.
WORD_MAX: Final = 32
_PLURALS: Final = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"))
_VERB_ENDINGS: Final = ("ing", "ed", "s", "es")


@cache
def load_lexicon() -> dict[str, str]:
    """The compiled table: noun or compound -> concept. Read once, some 10 ms; treat it as read-only."""
    packed = resources.files("flashreel.engines.animatic").joinpath("data/lexicon.json.gz").read_bytes()
    words_of: dict[str, str] = json.loads(gzip.decompress(packed))
    return {word: concept for concept, words in words_of.items() for word in words.split("|")}


def is_noun(words: str) -> bool:
    """Whether the vocabulary lists exactly this singular form, drawable or not."""
    if words in NOUNS:
        return True
    return words not in NOT_NOUNS and words in load_lexicon()


def singular(words: str) -> str:
    """The singular of a noun or compound; what is in no list comes back as it is."""
    *head, last = words.split(" ")
    if last in IRREGULAR_PLURALS:
        return " ".join([*head, IRREGULAR_PLURALS[last]])
    if is_noun(words) or words in NOT_NOUNS:
        return words
    for ending, replacement in _PLURALS:
        if last.endswith(ending) and len(last) > len(ending) + 1:
            candidate = words.removesuffix(ending) + replacement
            if is_noun(candidate) or candidate in NOT_NOUNS:
                return candidate
    return words


def noun_concept(words: str) -> str | None:
    """The concept of a noun or compound in either number.

    None where it is no known noun, the empty string where it names something that cannot be drawn.
    """
    if len(words) > WORD_MAX:
        return None
    if words in NOUNS:
        return NOUNS[words]
    form = singular(words)
    if form in NOT_NOUNS:
        return None
    return NOUNS[form] if form in NOUNS else load_lexicon().get(form)


def compound_concept(word: str) -> str | None:
    """The concept of the tail of a one-word compound the vocabulary lacks ("lanternfish"), or None."""
    if len(word) > WORD_MAX:
        return None
    form = word.removesuffix("s")
    for tail in COMPOUND_TAILS:
        if form.endswith(tail) and len(form) >= len(tail) + 3:
            return noun_concept(tail)
    return None


def base_verb(word: str) -> str | None:
    """The base form in `ACTIONS` of any form of a verb, or None."""
    if word in ACTIONS:
        return word
    if word in IRREGULAR_VERBS:
        return IRREGULAR_VERBS[word]
    if len(word) > WORD_MAX:
        return None
    for ending in _VERB_ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2:
            continue
        candidates = [stem, stem + "e"]
        if len(stem) > 2 and stem[-1] == stem[-2]:
            candidates.append(stem[:-1])
        if stem.endswith("i"):
            candidates.append(stem[:-1] + "y")
        for candidate in candidates:
            if candidate in ACTIONS:
                return candidate
    return None
