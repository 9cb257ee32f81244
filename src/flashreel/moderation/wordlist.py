"""Word lists: files of rules in `data/`, and the search for all of them in a prompt at once.

A line of a list is one rule, or several words that are a rule each:

    porn* hentai              any of these words; a star stands for any ending
    make_love                 words in a row
    shoot~                    with the endings of an English verb or noun: shoots, shooting, ...
    @bare body + @person      one of each side, at most REACH words between, either order
    @kill > @person           in this order
    @gun ++ @school           both, anywhere in the prompt
    naked - mole_rat eye      unless one of these stands within REACH words

    !sexual ++ @child         where a full rule of that list, read before, has matched; `?sexual` a mild one

`=name word word ...` names a class of words for use as @name in all lists. What follows `[mild]` gives mild findings,
`[full]` ends that; what follows `[always]` counts though a "no" or "without" stands before it. `#` begins a comment.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, cast

from flashreel.moderation.normalise import Word, small_words, words
from flashreel.moderation.policy import Category, Finding

#: How many words may stand between the parts of a rule.
REACH: Final = 5
_SHORTEST_STEM, _LONGEST_STEM = 3, 18

#: First and last word of what matched.
Span = tuple[int, int]
#: A word of a list, as the numbers of its entries: "in a row" is a tuple of them.
Phrase = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One part of a rule: any of these phrases, or whatever gave `finding`."""

    phrases: tuple[Phrase, ...]
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`first`, and `second` if there is one, at the distance that `relation` says; not beside `unless`."""

    finding: Finding
    first: Term
    relation: str
    second: Term | None
    unless: Term | None
    always: bool


class WordLists:
    """The rules of several lists over one vocabulary."""

    def __init__(self, classes: str, lists: Mapping[Category, str]) -> None:
        """`classes` and `lists` are the text of files. Raises ValueError naming the line that is no rule."""
        self._exact: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._classes: dict[str, Term] = {}
        self.rules: list[Rule] = []
        for text in (classes, *lists.values()):
            for line in _lines(text):
                if line.startswith("="):
                    name, *entries = line[1:].split()
                    if name in self._classes:
                        raise ValueError(f"the class {name} is there twice")
                    self._classes[name] = self._any(entries)
        for category, text in lists.items():
            self._read(category, text)

    def _read(self, category: Category, text: str) -> None:
        mild = always = False
        for line in _lines(text):
            if line.startswith("["):
                mild, always = line == "[mild]", line == "[always]"
                if line not in ("[mild]", "[full]", "[always]"):
                    raise ValueError(f"{category}: {line!r} is not [mild], [full] or [always]")
                continue
            if line.startswith("="):
                continue
            finding = Finding(category, mild)
            stated, _, unless = f"{line} ".partition(" - ")
            exception = self._any(unless.split()) if unless.split() else None
            left, relation, right = [*re.split(r" (\+\+|\+|>) ", stated, maxsplit=1), "", ""][:3]
            first, second = self._any(left.split()), self._any(right.split()) if right else None
            if second and set(first.phrases) & set(second.phrases):
                raise ValueError(f"{category}: {line!r} has the same word on both sides, which would match alone")
            self.rules.append(Rule(finding, first, relation, second, exception, always))

    def _any(self, entries: Sequence[str]) -> Term:
        terms = [self._term(entry) for entry in entries]
        if len(terms) == 1:
            return terms[0]
        if any(term.finding for term in terms):
            raise ValueError(f"{' '.join(entries)!r}: what another list found stands alone")
        return Term(tuple(phrase for term in terms for phrase in term.phrases))

    def _term(self, entry: str) -> Term:
        """What an entry of a list stands for, its words entered in the vocabulary."""
        if entry[0] in "!?":
            return Term((), Finding(cast(Category, entry[1:]), mild=entry[0] == "?"))
        if entry.startswith("@"):
            if entry[1:] not in self._classes:
                raise ValueError(f"{entry} is not a class")
            return self._classes[entry[1:]]
        choices = [[self._number(form) for form in _forms(word)] for word in entry.split("_")]
        return Term(tuple(product(*choices)))

    def _number(self, word: str) -> int:
        table, key = (self._stems, word[:-1]) if word.endswith("*") else (self._exact, word)
        if table is self._stems and not _SHORTEST_STEM <= len(key) <= _LONGEST_STEM:
            raise ValueError(f"{word} must have {_SHORTEST_STEM} to {_LONGEST_STEM} letters before the star")
        return table.setdefault(key, len(self._exact) + len(self._stems))

    def is_known(self, word: str) -> bool:
        """Whether any rule looks for this word."""
        return word in self._exact or any(True for _ in self._stems_of(word))

    def _stems_of(self, word: str) -> Iterator[int]:
        for length in range(_SHORTEST_STEM, min(len(word), _LONGEST_STEM) + 1):
            if (number := self._stems.get(word[:length])) is not None:
                yield number

    def findings(self, prompt: str) -> list[Finding]:
        """What the rules find, each finding once. Work is linear in the prompt's length."""
        text = _Text(words(prompt, self.is_known), self)
        for rule in self.rules:
            text.apply(rule)
        return list(text.found)

    def numbers(self, word: Word) -> set[int]:
        """The entries of the vocabulary that a word may be."""
        found = {self._exact[reading] for reading in word.readings if reading in self._exact}
        return found.union(*(self._stems_of(reading) for reading in word.readings))


class _Text:
    """A prompt's words by where they stand."""

    def __init__(self, found: Sequence[Word], lists: WordLists) -> None:
        self._where: dict[int, list[int]] = {}
        self._spans: dict[Term, list[Span]] = {}
        self._negated: list[bool] = []
        self.found: dict[Finding, list[Span]] = {}
        since_no, since_or, place = 9, 9, 0
        for word in found:
            if not word.readings:
                since_no = since_or = 9
                continue
            for number in lists.numbers(word):
                self._where.setdefault(number, []).append(place)
            # "no nudity", "without any blood", "no nudity or gore"
            is_negated = since_no <= 2 or (since_or == 1 and place >= 2 and self._negated[place - 2])
            self._negated.append(is_negated)
            since_no = 1 if word.readings & small_words("no") else since_no + 1
            since_or = 1 if word.readings & small_words("or") else since_or + 1
            place += 1

    def apply(self, rule: Rule) -> None:
        """Notes where the rule matches."""
        if spans := self._matches(rule):
            self.found.setdefault(rule.finding, []).extend(spans)

    def _matches(self, rule: Rule) -> list[Span]:
        firsts, seconds = self._of(rule.first), self._of(rule.second) if rule.second else []
        if not firsts or (rule.second and not seconds):
            return []
        if not rule.always:
            firsts = [span for span in firsts if not self._negated[span[0]]]
            seconds = [span for span in seconds if not self._negated[span[0]]]
        if rule.unless and (near := self._of(rule.unless)):
            firsts = [span for span, closest in _closest(firsts, near) if closest > REACH]
        if rule.second is None:
            return firsts
        if rule.relation == "++":
            return firsts if seconds else []
        is_ordered = rule.relation == ">"
        return [span for span, closest in _closest(firsts, seconds, only_after=is_ordered) if closest <= REACH]

    def _of(self, term: Term) -> list[Span]:
        """Where the term stands, in order."""
        if term.finding is not None:
            return sorted(self.found.get(term.finding, ()))
        if (known := self._spans.get(term)) is None:
            found = {span for phrase in term.phrases if phrase[0] in self._where for span in self._of_phrase(phrase)}
            known = self._spans[term] = sorted(found)
        return known

    def _of_phrase(self, phrase: Phrase) -> Iterator[Span]:
        places = [set(self._where.get(number, ())) for number in phrase[1:]]
        for place in self._where[phrase[0]]:
            if all(place + step in there for step, there in enumerate(places, 1)):
                yield place, place + len(phrase) - 1


def _closest(spans: Sequence[Span], others: Sequence[Span], *, only_after: bool = False) -> Iterator[tuple[Span, int]]:
    """Each span with how many words lie between it and the closest of `others`; 0 where they touch or overlap."""
    for span in spans:
        place = bisect_left(others, span)
        distances = [max(0, other[0] - span[1] - 1) for other in others[place : place + 1]]
        if not only_after:
            distances += [max(0, span[0] - other[1] - 1) for other in others[max(0, place - 1) : place]]
        yield span, min(distances, default=10**9)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if stated := line.partition("#")[0].strip():
            yield stated


def _forms(word: str) -> list[str]:
    """shoot~ as shoot, shoots, shooting, ...; other words as they are. Forms that English has not do no harm."""
    if not word.endswith("~"):
        return [word]
    stem = word[:-1]
    short = stem.removesuffix("e")
    doubled = stem + stem[-1] if re.search(r"[^aeiou][aeiou][bdgklmnprt]$", stem) else stem
    short = doubled if doubled != stem else short
    forms = [stem, stem + "s", stem + "es", short + "ed", short + "ing", short + "er", short + "ers"]
    if stem.endswith("y"):
        forms += [stem[:-1] + "ies", stem[:-1] + "ied"]
    return list(dict.fromkeys(forms))
