"""The noun phrases of a prompt: who is seen, what they do, hold and wear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flashreel.engines.animatic import drawn
from flashreel.engines.animatic.drafts import Draft, Modifiers, Trait
from flashreel.engines.animatic.graph import Subject
from flashreel.engines.animatic.lexicon import base_verb, compound_concept, is_noun, noun_concept, singular
from flashreel.engines.animatic.scene_words import PLACE_CONCEPTS
from flashreel.engines.animatic.tokens import BREAK, Phrase
from flashreel.engines.animatic.words import (
    ACTIONS,
    AGES,
    CLOTHES,
    COLOR_NOUNS,
    COLORS,
    COUNT_MAX,
    IRREGULAR_PLURALS,
    LAUNCHES_WITH_OFF,
    NEGATIONS,
    NUMBERS,
    PEOPLE,
    PEOPLE_COLLECTIVES,
    PREPOSITIONS,
    SIZES,
    STAND_INS,
    STOP_WORDS,
    TAKES_PROP,
)

#: So many subjects beside the main one are shown; the rest of a long list is reported as unknown.
EXTRAS_MAX: Final = 3
_PLURAL_COUNT: Final = 3
_NOUN_WORDS_MAX: Final = 3
_GARMENT_WORDS_MAX: Final = 2
_WEAR: Final = frozenset({"wear", "wears", "wearing", "dressed"})
#: Lexicon rooms that are one; it also lists boxes and boots.
_ROOM_ENDINGS: Final = ("room", "kitchen", "chamber", "hall", "library", "studio")


@dataclass(frozen=True, slots=True)
class Place:
    """A place the lexicon knows, at token `start`."""

    start: int
    value: str


class SubjectReader:
    """Reads the tokens that are no scene phrase, once, in `read`.

    Then `subjects` has the main one first, `places` what only the lexicon knows, `palette` what a place is full of.
    `units` are the telling words, grammar left out, as {start: end} in tokens; a compound is one.
    """

    def __init__(self, tokens: Sequence[str], phrases: Sequence[Phrase]) -> None:
        self.subjects: list[Draft] = []
        self.places: list[Place] = []
        self.palette: list[str] = []
        self.units: dict[int, int] = {}
        self._tokens = tokens
        self._phrases = {phrase.start: phrase for phrase in phrases}
        self._place_ends = {phrase.end for phrase in phrases if phrase.kind == "setting"}
        self._grown: list[tuple[int, str]] = []
        self._absent: set[int] = set()
        self._modifiers = Modifiers()
        self._pending_action: tuple[str, int] | None = None
        self._verb = ""
        self._preposition = ""
        self._negated = False

    def graph_subjects(self) -> tuple[Subject, ...]:
        return tuple(draft.finish("extra" if nth else "main") for nth, draft in enumerate(self.subjects))

    def leave_to_place(self, setting: str) -> None:
        """What the place is full of anyway is no subject: a beach has its palms, in the right size."""
        grows = drawn.GROWS_IN.get(setting, frozenset())
        for draft in [draft for draft in self.subjects if draft.concept in grows and not draft.action]:
            self.subjects.remove(draft)
            self.palette.append(draft.word)
            self._grown += [(at, draft.concept) for at, trait in draft.said if trait == "noun"]

    def words_shown(self, setting: str, staging: drawn.Staging) -> set[int]:
        """The starts of the units that change the picture."""
        seen = self.subjects if drawn.shows_extras(staging) else self.subjects[:1]
        shown = {at for draft in seen for at in draft.words_shown()}
        grown = {at for at, concept in self._grown if concept in drawn.GROWS_IN.get(setting, ())}
        return shown | grown | self._absent

    def read(self) -> None:
        at = 0
        while at < len(self._tokens):
            at = self._step(at)

    def _step(self, at: int) -> int:
        """Takes in what begins at token `at`; returns where the next begins."""
        phrase = self._phrases.get(at)
        if phrase is not None:
            self._negated = False
            if phrase.kind == "setting":
                self._preposition = ""
                self._modifiers = Modifiers()
            return phrase.end
        word = self._tokens[at]
        if self._read_small_word(at, word):
            return at + 1
        self.units[at] = at + 1
        if self._read_modifier(at, word) or self._read_verb(at, word):
            return at + 1
        return self._read_noun(at)

    # -- small words

    def _read_small_word(self, at: int, word: str) -> bool:
        if word == BREAK:
            self._preposition = ""
            self._negated = False
            if self._verb != "wear":
                self._verb = ""
        elif word in PEOPLE_COLLECTIVES and self._stands_alone(at):
            return False
        elif word in NUMBERS or (word.isascii() and word.isdecimal()):
            self._modifiers.count = max(self._modifiers.count, _number(word))
        elif word in PREPOSITIONS:
            self._preposition = word
            self._negated = False
        elif word in _WEAR:
            self._verb = "wear"
        elif word in NEGATIONS:
            self._negated = True
        elif word == "with":
            self._verb = "with"
        else:
            return word in STOP_WORDS or (len(word) == 1 and word.isascii())
        return True

    def _stands_alone(self, at: int) -> bool:
        """Whether no noun or `of` follows: then "a couple" is people, not a number."""
        after = self._next(at)
        return after != "of" and (after in PREPOSITIONS or after in STOP_WORDS or not self._is_nounlike(at + 1))

    # -- adjectives

    def _read_modifier(self, at: int, word: str) -> bool:
        modifiers = self._modifiers
        color = word.removesuffix("-colored").removesuffix("-coloured")
        if color in COLORS and not (color in COLOR_NOUNS and self._ends_noun_phrase(at)):
            modifiers.colors.append(COLORS[color])
            modifiers.said.append((at, "color"))
        elif word in SIZES:
            modifiers.size = SIZES[word]
            modifiers.said.append((at, "size"))
        elif word in AGES and (noun_concept(word) is None or self._is_nounlike(at + 1)):
            modifiers.age = AGES[word]
            modifiers.said.append((at, "age"))
        else:
            return False
        return True

    def _ends_noun_phrase(self, at: int) -> bool:
        """Whether a colour word is itself the noun: "an orange on a plate"."""
        return (
            at > 0
            and (self._tokens[at - 1] in NUMBERS or self._tokens[at - 1] == "the")
            and not self._is_nounlike(at + 1)
        )

    def _is_nounlike(self, at: int) -> bool:
        """Whether a noun phrase may go on at this token."""
        if at >= len(self._tokens) or at in self._phrases:
            return False
        word = self._tokens[at]
        if word in COLORS or word in SIZES or word in AGES:
            return True
        return noun_concept(word) is not None and (base_verb(word) in (None, word))

    # -- verbs

    def _read_verb(self, at: int, word: str) -> bool:
        verb = base_verb(word)
        main = self.subjects[0] if self.subjects else None
        if verb is None or (verb in LAUNCHES_WITH_OFF and self._next(at) != "off"):
            return False
        if word == verb and (main is None or self._modifiers.colors or self._noun_at(at)[1] > 1):
            return False  # the bare form is as often a noun: "a race car"
        if main is None and word.endswith("s") and is_noun(word):
            return False
        action = ACTIONS[verb]
        said: list[tuple[int, Trait]] = [] if verb in STAND_INS else [(at, "action")]
        if main is None:
            if self._pending_action is None:
                self._pending_action = (action, at if said else -1)
        else:
            # "a dog and a cat running": both run; "a man watching a dog running": the man has something to do already
            for draft in (main, self.subjects[-1]):
                if not draft.action:
                    draft.action = action
                    draft.said.extend(said)
            self._modifiers = Modifiers()
        self._verb = action
        self._negated = False
        return True

    # -- nouns

    def _read_noun(self, at: int) -> int:
        word = self._tokens[at]
        concept, width = self._noun_at(at)
        if concept is None:
            self._modifiers.attrs.append(word)
            if self._negated:
                self._absent.add(at)
            return at + 1
        end = at + width
        self.units[at] = end
        if width == 1 and (word.endswith("'s") or self._is_modifier_of_next(at)):
            self._modifiers.attrs.append(word)
            return end
        if self._negated:
            self._absent.update([at, *(start for start, _ in self._modifiers.said)])
        elif concept in PLACE_CONCEPTS:
            self._add_place(at, end, concept)
        elif concept:
            self._add_thing(at, end, concept)
        self._modifiers = Modifiers()
        self._preposition = ""
        self._negated = False
        return end

    def _noun_at(self, at: int) -> tuple[str | None, int]:
        """The concept of the longest noun that begins here, and its number of tokens."""
        for width in range(_NOUN_WORDS_MAX, 0, -1):
            span = range(at, at + width)
            if span.stop > len(self._tokens) or any(self._tokens[i] == BREAK or i in self._phrases for i in span):
                continue
            words = " ".join(self._tokens[at : at + width]).removesuffix("'s")
            for spelling in dict.fromkeys((words, words.replace("-", " "))):
                concept = (_garment(spelling) if width <= _GARMENT_WORDS_MAX else "") or noun_concept(spelling)
                if concept is not None:
                    return concept, width
        word = self._tokens[at]
        return ("person" if word in PEOPLE_COLLECTIVES else compound_concept(word)), 1

    def _is_modifier_of_next(self, at: int) -> bool:
        """Whether this noun only describes the next one, as in "stone house"."""
        following = at + 1
        if following >= len(self._tokens) or following in self._phrases:
            return False
        word = self._tokens[following]
        if word in PREPOSITIONS or word in STOP_WORDS or word in NUMBERS or word in COLORS or base_verb(word):
            return False
        return bool(noun_concept(word))

    def _add_place(self, at: int, end: int, concept: str) -> None:
        value = PLACE_CONCEPTS[concept]
        if concept == "room" and not self._tokens[end - 1].endswith(_ROOM_ENDINGS):
            return
        if value:
            self.places.append(Place(at, value))

    def _add_thing(self, at: int, end: int, concept: str) -> None:
        word = " ".join(self._tokens[at:end])
        modifiers = self._modifiers
        if modifiers.count == 1 and word in PEOPLE_COLLECTIVES:
            modifiers.count = NUMBERS[word]
        elif modifiers.count == 1 and _is_plural(self._tokens[end - 1]):
            modifiers.count = _PLURAL_COUNT
        if self._tokens[at - 1 : at] == ["of"] and at - 1 in self._place_ends:
            self.palette.append(word)
            self._grown.append((at, concept))
            return
        draft = Draft(concept, word, modifiers, said=[*modifiers.said, (at, "noun")])
        owner = self.subjects[-1] if self.subjects else None
        if owner is None:
            self._take_pending_action(draft)
            self.subjects.append(draft)
        elif self._is_worn(owner, word, concept):
            owner.wears.append(draft)
        elif self._is_prop(owner, concept):
            owner.prop = draft
            self._verb = ""
        elif len(self.subjects) <= EXTRAS_MAX:
            self.subjects.append(draft)
        if self._verb == "with":
            self._verb = ""

    def _take_pending_action(self, draft: Draft) -> None:
        if self._pending_action is not None:
            draft.action, at = self._pending_action
            if at >= 0:
                draft.said.append((at, "action"))

    def _is_worn(self, owner: Draft, word: str, concept: str) -> bool:
        if _garment(word):
            one_more = bool(owner.wears) and not self._preposition  # "in a hat and a scarf"
            return self._verb in ("wear", "with") or self._preposition == "in" or one_more
        return self._verb == "wear" and concept.startswith("emoji:")

    def _is_prop(self, owner: Draft, concept: str) -> bool:
        """Whether the thing is ridden, driven, held or played by a person; animals do not hold things here."""
        if owner.concept not in PEOPLE or owner.prop is not None:
            return False
        if self._preposition and not (self._verb == "ride" and self._preposition == "on"):
            return False
        if self._verb == "with":
            return concept.startswith("emoji:")
        return self._verb in TAKES_PROP and (drawn.shows_prop(owner.action, concept) or concept in drawn.VEHICLES)

    def _next(self, at: int) -> str:
        return self._tokens[at + 1] if at + 1 < len(self._tokens) else BREAK


def _number(word: str) -> int:
    if word in NUMBERS:
        return NUMBERS[word]
    return min(int(word), COUNT_MAX) if len(word) <= 4 else COUNT_MAX


def _garment(words: str) -> str:
    """The concept of a piece of clothing, or ""; "evening dress" counts by its last word."""
    last = words.rsplit(" ", 1)[-1]
    return CLOTHES.get(last) or CLOTHES.get(singular(last)) or CLOTHES.get(last.removesuffix("s"), "")


def _is_plural(word: str) -> bool:
    return word in IRREGULAR_PLURALS or (word.endswith("s") and singular(word) != word)
