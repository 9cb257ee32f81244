"""A prompt as words, and which of them are phrases of place, time, weather or camera.

Everything here is linear in the length of the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from flashreel.engines.animatic import scene_words
from flashreel.engines.animatic.lexicon import noun_concept, singular
from flashreel.engines.animatic.tables import word_set
from flashreel.engines.animatic.words import COLORS, NEGATIONS, NOUNS, NUMBERS, PEOPLE

#: Stands for any punctuation that ends a clause.
BREAK: Final = ","

_WORD: Final = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[,.;:!?\n]|[\U0001f1e6-\U0001faff\u2600-\u27bf]")

_CLAUSE_MARKS: Final = frozenset(",.;:!?\n")

Kind = Literal["camera", "speed", "style", "time", "weather", "mood", "season", "setting", "absent"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens `start` to `end` (exclusive) say `value` about the scene. `absent` ones are negated and say nothing."""

    start: int
    end: int
    kind: Kind
    value: str


def tokenize(prompt: str) -> list[str]:
    """Lower-case words and emoji in order, `BREAK` for each clause mark. Anything else is dropped."""
    found = _WORD.findall(prompt.lower().replace("\u2019", "'"))
    return [BREAK if word in _CLAUSE_MARKS else word for word in found]


def find_phrases(tokens: Sequence[str]) -> list[Phrase]:
    """The scene phrases in order, longest first at each place; compound nouns are left whole ("ice cream")."""
    phrases: list[Phrase] = []
    at = 0
    while at < len(tokens):
        width = _compound_width(tokens, at)
        phrase = None if width else _phrase_at(tokens, at)
        if phrase is not None:
            phrases.append(phrase)
            width = phrase.end - at
        at += max(width, 1)
    return phrases


def _tables() -> dict[str, tuple[Kind, str]]:
    """All scene phrases in one table; where two tables have the same words the first one here has them."""
    table: dict[str, tuple[Kind, str]] = {}
    kinds: tuple[tuple[Kind, dict[str, str]], ...] = (
        ("camera", scene_words.CAMERA),
        ("speed", {words: str(factor) for words, factor in scene_words.SPEEDS.items()}),
        ("style", scene_words.STYLE),
        ("time", scene_words.TIME),
        ("weather", scene_words.WEATHER),
        ("mood", scene_words.MOOD),
        ("season", scene_words.SEASON),
        ("setting", scene_words.SETTING),
    )
    for kind, words_of in kinds:
        for words, value in words_of.items():
            table.setdefault(words, (kind, value))
    for words, value in scene_words.SETTING.items():
        table.setdefault(_plural(words), ("setting", value))
    return table


def _plural(words: str) -> str:
    if words.endswith("y") and not words.endswith(("ay", "ey", "oy")):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("s", "sh", "ch", "x", "o")) else "s")


_PHRASES: Final = _tables()
#: Cameras and pens are things, too: after one of these, or a colour, they are meant as such.
_DETERMINERS: Final = frozenset({"the", "his", "her", "my", "this", "that"}) | NUMBERS.keys()
_THINGS_TOO: Final = frozenset({"drone", "pencil"})
_FILM_WORDS: Final = word_set(
    "film movie style photo photograph footage video shot picture image cinematic cinematography animation"
)
_COMPOUND_MAX: Final = 3


def _compound_width(tokens: Sequence[str], at: int) -> int:
    for width in range(min(_COMPOUND_MAX, len(tokens) - at), 1, -1):
        if singular(" ".join(tokens[at : at + width]).replace("-", " ")) in NOUNS:
            return width
    return 0


def _phrase_at(tokens: Sequence[str], at: int) -> Phrase | None:
    for width in range(min(scene_words.PHRASE_MAX, len(tokens) - at), 0, -1):
        words = " ".join(tokens[at : at + width]).replace("-", " ")
        if words not in _PHRASES:
            continue
        kind, value = _PHRASES[words]
        before = tokens[at - 1] if at else BREAK
        after = tokens[at + width] if at + width < len(tokens) else BREAK
        if before in NEGATIONS:
            return Phrase(at, at + width, "absent", "")
        if words == "moon" and "on" not in tokens[max(at - 2, 0) : at]:
            return Phrase(at, at + width, "time", "night")
        if _is_meant(words, before, after):
            return Phrase(at, at + width, kind, value)
    return None


def _is_meant(words: str, before: str, after: str) -> bool:
    """Whether a phrase says something about the scene here, rather than being a thing, a verb or a coat."""
    if words in _THINGS_TOO:
        return before not in _DETERMINERS and before not in COLORS
    if words == "black and white":
        return before == "in" or after == BREAK or after in _FILM_WORDS
    if words == "painting":
        return after not in _DETERMINERS
    if words == "fall":
        return not scene_words.FALL_NEIGHBOURS.isdisjoint({before, after})
    if words == "waves":
        return noun_concept(before) not in PEOPLE
    return True
