"""Subjects while they are being read: mutable, and knowing which word said what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from flashreel.engines.animatic import drawn
from flashreel.engines.animatic.graph import Subject
from flashreel.engines.animatic.words import PEOPLE

Trait = Literal["noun", "color", "size", "age", "action"]


@dataclass(slots=True)
class Modifiers:
    """What has been said of the noun to come. `said` notes which token says what."""

    count: int = 1
    colors: list[str] = field(default_factory=list)
    size: str = ""
    age: str = ""
    attrs: list[str] = field(default_factory=list)
    said: list[tuple[int, Trait]] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """A subject to be. `said` lists the tokens that speak of it, and what each says."""

    concept: str
    word: str
    modifiers: Modifiers
    action: str = ""
    prop: Draft | None = None
    wears: list[Draft] = field(default_factory=list)
    said: list[tuple[int, Trait]] = field(default_factory=list)

    def finish(self, role: str = "main") -> Subject:
        """The subject as it goes into the graph."""
        return Subject(
            concept=self.concept,
            word=self.word,
            count=self.modifiers.count,
            colors=tuple(self.modifiers.colors),
            size=self.modifiers.size,
            age=self.modifiers.age,
            attrs=tuple(self.modifiers.attrs),
            action=self.action,
            prop=self.prop.finish() if self.prop else None,
            wears=tuple(garment.finish() for garment in self.wears),
            role=role,
        )

    def words_shown(self) -> Iterator[int]:
        """The tokens that change how this subject, its prop and its clothes are drawn."""
        prop = self.prop.concept if self.prop else ""
        color_shown = False
        for at, trait in self.said:
            if trait == "noun":
                yield at
            elif trait == "color" and not color_shown:
                color_shown = True  # things are drawn in one colour: the first
                yield at
            elif (
                (trait == "size" and drawn.shows_size(self.concept, self.modifiers.size))
                or (trait == "age" and drawn.shows_age(self.concept, self.modifiers.age))
                or (trait == "action" and drawn.shows_action(self.concept, self.action, prop))
            ):
                yield at
        if self.concept in PEOPLE:
            for garment in self.wears:
                if drawn.shows_garment(garment.concept):
                    yield from garment.words_shown()
            if self.prop and drawn.shows_prop(self.action, prop):
                yield from self.prop.words_shown()
