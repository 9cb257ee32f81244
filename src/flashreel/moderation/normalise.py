"""From a prompt to words, whatever was done to hide them.

A word comes out as the set of all it may stand for: as written, its look-alike letters replaced, Cyrillic and Greek
letters by sound, digits and signs read as letters, letters pulled apart or pushed together. What none of these can be
is left to the word lists: they look up every reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Final

#: Digits and signs that stand for letters.
_LEET: Final = dict(zip("0123456789@$!|+€£", "oizeasgtbgasiitel", strict=True)) | {"1": "il", "|": "il", "*": "aeiou"}
_SIGNS: Final = frozenset(sign for sign in _LEET if not sign.isdigit())
_LEADING: Final = "!|+*€£"  # signs that are only signs at a word's start
_TRAILING: Final = "!|+*@€£"
_MOST_READINGS: Final = 32
_STRETCHED: Final = re.compile(r"(.)\1\1+")
_STOPS: Final = ".,;:!?()"
_APOSTROPHES: Final = "'\u2019\u2018\u02bc`"

#: The longest word that is looked for where letters or syllables were pulled apart or pushed together.
_LONGEST: Final = 24
_MOST_SYLLABLES: Final = 4

_CHILD_NUMBER: Final = re.compile(r"[1-9]|1[0-7]")
_YEARS_OLD: Final = re.compile(r"([1-9]|1[0-7])(yo|yr|yrs|year|years)(old)?")
#: The reading of a number that is a child's age.
CHILD_AGE: Final = "<childs-age>"


@dataclass(slots=True)
class Word:
    """One word's readings; none for a punctuation mark. `is_letter`: it was written with one character."""

    readings: set[str]
    is_letter: bool = False


def words(prompt: str, is_known: Callable[[str], bool]) -> list[Word]:
    """The prompt's words and punctuation marks, in order. `is_known` says which words are looked for: only those are
    put together from pieces. Work and result are linear in the prompt's length."""
    found = [word for chunk in _clean(prompt).split() for word in _of_chunk(chunk)]
    found = list(_letters_together(found, is_known))
    _syllables_together(found, is_known)
    for word in found:
        for reading in tuple(word.readings):
            word.readings.update(_pieces(reading, is_known))
    _child_ages([word for word in found if word.readings])
    return found


def _clean(prompt: str) -> str:
    """Compatibility forms (fullwidth, mathematical, circled) as plain letters; nothing invisible; no accents, strokes
    through letters or other marks."""
    text = "".join(_flag_letter(c) for c in prompt)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cs") or c.isspace())
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) not in ("Mn", "Me"))


def _flag_letter(c: str) -> str:
    """Letters of flags, and white letters on black circles and squares, which have no compatibility form."""
    for first in (0x1F1E6, 0x1F150, 0x1F170):
        if first <= ord(c) < first + 26:
            return chr(ord("a") + ord(c) - first)
    return c


def _of_chunk(chunk: str) -> Iterator[Word]:
    """The words and marks of what stands between two spaces."""
    written: list[str] = []
    for c in [*chunk, ""]:
        if c.isalnum() or c in _SIGNS:
            written.append(c)
            continue
        if c and c in _APOSTROPHES:
            written.append("'")
            continue
        yield from _of_writing("".join(written))
        written.clear()
        if c and c in _STOPS:
            yield Word(set())
        elif c and unicodedata.category(c) == "So":  # an emoji is a word
            yield Word({c})


def _of_writing(written: str) -> Iterator[Word]:
    """The words of letters, digits, signs and apostrophes without a gap."""
    bare = written.lstrip(_LEADING + "'").rstrip(_TRAILING + "'")
    bare = re.sub(r"'[sS]?$", "", bare).replace("'", "")
    if bare:
        readings = {reading for folded in _folded(bare) for reading in _decoded(folded)}
        humps = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", bare)
        if len(humps) > 1:  # NakedGirl
            readings |= {hump.casefold() for hump in humps}
        yield Word(readings, is_letter=len(bare) == 1)
        parts = [part for part in re.split(f"[{re.escape(''.join(_SIGNS))}]", bare) if part]
        if len(parts) > 1:  # cats+dogs
            yield from (Word(set(_folded(part))) for part in parts)
    if written[-1:] == "!":
        yield Word(set())


def _folded(written: str) -> list[str]:
    """Small Latin letters, other scripts both by look and by sound."""
    text = written.casefold()
    if text.isascii():
        return [text]
    look, sound = _letters("looks.txt"), _letters("sounds.txt")
    # "pоrn" with a Cyrillic o is meant by look, "порно" by sound, and "νude" with a Greek n by sound too.
    by_look = "".join(look.get(c, c) for c in text)
    by_sound = "".join(sound.get(c, look.get(c, c)) for c in text)
    return list(dict.fromkeys((text, by_look, by_sound)))


@cache
def _letters(name: str) -> dict[str, str]:
    """A table of the data folder: a Latin letter or letters, then the characters that stand for it."""
    table = {}
    for line in (files("flashreel.moderation") / "data" / name).read_text(encoding="utf-8").splitlines():
        latin, _, others = line.partition(" ")
        if not line.startswith("#"):
            table.update(dict.fromkeys(others.replace(" ", ""), latin))
    return table


@cache
def small_words(name: str) -> frozenset[str]:
    """A set of the data folder's small_words.txt."""
    lines = (files("flashreel.moderation") / "data" / "small_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines for word in line.split()[1:] if line.split()[0] == name)


def _common() -> frozenset[str]:
    return small_words("common")


def _decoded(text: str) -> set[str]:
    """The readings of digits and signs as letters, where letters stand beside them; and of letters said at length
    (nuuude)."""
    found = {text}
    if any(c.isalpha() for c in text) and (choices := [_LEET.get(c, c) for c in text]) and len(text) <= _LONGEST:
        for count, reading in enumerate(product(*choices)):
            if count == _MOST_READINGS:
                break
            found.add("".join(reading))
    stretched = [reading for reading in found if _STRETCHED.search(reading)]
    return found.union(*({_STRETCHED.sub(r"\1", it), _STRETCHED.sub(r"\1\1", it)} for it in stretched))


def _letters_together(found: list[Word], is_known: Callable[[str], bool]) -> Iterator[Word]:
    """Letters that stand alone, three or more in a row, as one word: "s e x", "n.u.d.e"."""
    row: list[Word] = []
    for word in [*found, None]:
        if word is not None and (word.is_letter or (row and not word.readings)):  # a letter, or a mark after one
            row.append(word)
            continue
        letters = [word for word in row if word.readings]
        if len(letters) >= 3:
            yield _in_a_row(letters, is_known)
        else:
            yield from row
        row = []
        if word is not None:
            yield word


def _in_a_row(row: list[Word], is_known: Callable[[str], bool]) -> Word:
    spellings = {"".join(min(word.readings) for word in row), "".join(max(word.readings) for word in row)}
    readings: set[str] = set()
    for spelling in spellings:
        for reading in _decoded(spelling):
            readings.add(reading)
            readings.update(_pieces(reading, is_known, or_common=True))
    return Word(readings)


def _syllables_together(found: list[Word], is_known: Callable[[str], bool]) -> None:
    """Short words that make a known one when pushed together: "na ked". The first one gets the reading."""
    for place, word in enumerate(found):
        joined = {reading for reading in word.readings if len(reading) <= 5 and reading not in _common()}
        for following in found[place + 1 : place + _MOST_SYLLABLES]:
            tails = {reading for reading in following.readings if len(reading) <= 5}
            if not joined or not tails or tails & _common() or len(joined) * len(tails) > _MOST_READINGS:
                break
            joined = {head + tail for head in joined for tail in tails}
            word.readings |= {reading for reading in joined if len(reading) >= 4 and is_known(reading)}


def _pieces(text: str, is_known: Callable[[str], bool], *, or_common: bool = False) -> tuple[str, ...]:
    """The known words that `text` is made of from end to end ("nakedwoman"), the longest first; none where it is known
    itself or something is left over. `or_common` also takes common words, for text whose spaces were lost."""
    if len(text) < (3 if or_common else 6) or is_known(text):
        return ()
    start_of: dict[int, int] = {0: 0}  # where the last piece begins, by where it ends
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _LONGEST), end):
            if start in start_of and _is_piece(text[start:end], is_known, or_common):
                start_of[end] = start
                break
    found, end = [], len(text)
    while end in start_of and end > 0:
        found.append(text[start_of[end] : end])
        end = start_of[end]
    return tuple(found)


def _is_piece(text: str, is_known: Callable[[str], bool], or_common: bool) -> bool:
    return or_common if text in _common() else len(text) >= 3 and is_known(text)


def _child_ages(found: list[Word]) -> None:
    """Marks "14", "fourteen" and "14yo" where they are the age of somebody under eighteen."""
    for before, word, after in zip([Word(set()), *found], found, [*found[1:], Word(set())], strict=False):
        is_number = any(
            _CHILD_NUMBER.fullmatch(reading) or reading in small_words("number") for reading in word.readings
        )
        if (is_number and (after.readings & small_words("years") or before.readings & {"age", "aged"})) or any(
            _YEARS_OLD.fullmatch(reading) for reading in word.readings
        ):
            word.readings.add(CHILD_AGE)
