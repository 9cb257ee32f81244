"""What a prompt asks to be shown: the only thing the text side hands to the picture side.

Colours are `#rrggbb` strings. Words that the prompt left open are empty strings or empty tuples, except
`SceneGraph.setting` and `SceneGraph.time`, which the parser always fills (a sailboat without a place is at sea).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is shown, or several alike.

    `concept` is a rig name (`fox`, `sailboat`) or `emoji:<name>` for a picture of the emoji set; `word` is what the
    prompt said (`vixen`). `count` is 1 or more. `size`: tiny, small, big, huge, tall. `age`: baby, toddler, young,
    teen, adult, old. `attrs` are the other words said of it. `action` is a value of `words.ACTIONS`. `prop` is what
    it rides, holds or plays, `wears` its clothes. `role` is `main` or `extra`.
    """

    concept: str
    word: str
    count: int = 1
    colors: tuple[str, ...] = ()
    size: str = ""
    age: str = ""
    attrs: tuple[str, ...] = ()
    action: str = ""
    prop: Subject | None = None
    wears: tuple[Subject, ...] = ()
    role: str = "main"


@dataclass(frozen=True, slots=True)
class SceneGraph:
    """One shot: who is seen, where, when, and through which camera.

    `setting`, `time`, `weather`, `camera`, `style` and `mood` are values of the tables of the same names in
    `scene_words` (`time` also `storm`). `season`: winter, spring, summer, autumn. `speed` is the factor on all
    motion (0.5 is slow motion, 3.0 a time lapse). `palette` names what a place is made of (a field of *flowers*).

    `unknown` lists the words that change nothing in the picture, in the prompt's order, each once; `understood` is
    the share of the prompt's telling words that do change it, 0 to 1.
    """

    prompt: str
    subjects: tuple[Subject, ...] = ()
    setting: str = ""
    time: str = ""
    weather: tuple[str, ...] = ()
    camera: str = ""
    speed: float = 1.0
    style: str = ""
    mood: str = ""
    season: str = ""
    palette: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    understood: float = 0.0
