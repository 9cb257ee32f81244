"""How the vocabulary tables are written down."""

from __future__ import annotations

from collections.abc import Mapping


def aliases(meanings: Mapping[str, str]) -> dict[str, str]:
    """Turns `{meaning: "word, other words"}` around, into `{word: meaning}`.

    Raises ValueError where one word is given two meanings, which in a table this long nobody would see.
    """
    table: dict[str, str] = {}
    for meaning, words in meanings.items():
        for word in filter(None, words.split(", ")):
            if table.setdefault(word, meaning) != meaning:
                raise ValueError(f"{word!r} means both {table[word]!r} and {meaning!r}")
    return table


def word_set(words: str) -> frozenset[str]:
    """The words of a text that are separated by white space."""
    return frozenset(words.split())
