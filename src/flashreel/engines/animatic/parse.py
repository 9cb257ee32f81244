"""Prompt -> SceneGraph: a small grammar of English over the vocabulary tables. No model, nothing downloaded.

Reads left to right once: modifiers gather until a noun takes them; the first noun is the main subject, a verb before
a later one makes that the thing it rides or holds, anything else stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flashreel.engines.animatic import drawn
from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.scene_words import HOME_OF, LIGHT_OF, SETTING_RANK
from flashreel.engines.animatic.subjects import SubjectReader
from flashreel.engines.animatic.tokens import Kind, Phrase, find_phrases, tokenize
from flashreel.engines.animatic.words import STOP_WORDS

_LISTED_MAX: Final = 12
_SHOWN_LENGTH: Final = 32


def parse(prompt: str) -> SceneGraph:
    """Reads any string; never raises. Takes time linear in its length, well under 1 ms for a usual prompt."""
    tokens = tokenize(prompt)
    phrases = find_phrases(tokens)
    reader = SubjectReader(tokens, phrases)
    reader.read()

    main = reader.subjects[0].concept if reader.subjects else ""
    weather = tuple(dict.fromkeys(_values(phrases, "weather")))
    mood = _first(phrases, "mood")
    named_setting = _most_telling_setting(phrases) or next((place.value for place in reader.places), "")
    setting = named_setting or HOME_OF.get(main, "meadow")
    reader.leave_to_place(setting)
    main = reader.subjects[0].concept if reader.subjects else ""
    time = _first(phrases, "time") or _usual_light(setting, weather)
    camera = _camera(phrases)
    style = _first(phrases, "style")
    season = _first(phrases, "season")
    speed = _first(phrases, "speed")

    staging = drawn.staging_of(main, setting)
    chosen: dict[Kind, set[str]] = {
        "camera": {camera} if drawn.shows_camera(camera, staging) else set(),
        "speed": {speed},
        "style": {style} & drawn.DRAWN_STYLES,
        "time": {time},
        "weather": {value for value in weather if drawn.shows_weather(value, staging)},
        "mood": {mood} if drawn.shows_mood(mood, staging) else set(),
        "season": {season},
        "setting": {value for value in (setting, "sky") if drawn.shows_setting(value, staging)},
        "absent": {""},
    }
    used = {phrase.start for phrase in phrases if phrase.value in chosen[phrase.kind]}
    used |= _joined_to_place(phrases, used)
    used |= {place.start for place in reader.places if place.value in chosen["setting"]}
    used |= reader.words_shown(setting, staging)
    units = {phrase.start: phrase.end for phrase in phrases if not STOP_WORDS.issuperset(_words(tokens, phrase))}
    unknown, understood = _reckon(tokens, units | reader.units, used)

    return SceneGraph(
        prompt=prompt,
        subjects=reader.graph_subjects(),
        setting=setting,
        time=time,
        weather=weather,
        camera=camera,
        speed=float(speed or 1.0),
        style=style,
        mood=mood,
        season=season,
        palette=tuple(reader.palette),
        unknown=unknown,
        understood=understood,
    )


def describe_unknown(graph: SceneGraph) -> tuple[str, ...]:
    """Warnings for the user: which words were not used, and whether nothing but a place is shown."""
    sentences: list[str] = []
    if graph.unknown:
        listed = ", ".join(f'"{_shortened(word)}"' for word in graph.unknown[:_LISTED_MAX])
        more = len(graph.unknown) - _LISTED_MAX
        sentences.append(f"not understood: {listed}" + (f" and {more} more" if more > 0 else ""))
    if not graph.subjects and not graph.palette:
        sentences.append("no subject was recognised; the place alone is shown")
    return tuple(sentences)


def _shortened(word: str) -> str:
    return word if len(word) <= _SHOWN_LENGTH else word[: _SHOWN_LENGTH - 1] + "…"


def _values(phrases: Sequence[Phrase], kind: Kind) -> list[str]:
    return [phrase.value for phrase in phrases if phrase.kind == kind]


def _first(phrases: Sequence[Phrase], kind: Kind) -> str:
    return next(iter(_values(phrases, kind)), "")


def _words(tokens: Sequence[str], phrase: Phrase) -> Sequence[str]:
    return tokens[phrase.start : phrase.end]


def _camera(phrases: Sequence[Phrase]) -> str:
    """The first move; a framing (wide, close) only where no move is asked for."""
    asked = _values(phrases, "camera")
    moves = [value for value in asked if value not in ("wide", "close")]
    return next(iter(moves or asked), "")


def _most_telling_setting(phrases: Sequence[Phrase]) -> str:
    """The place of the highest rank, the first of equals, or ""."""
    return max(_values(phrases, "setting"), key=lambda value: SETTING_RANK.get(value, 2), default="")


def _usual_light(setting: str, weather: Sequence[str]) -> str:
    if "storm" in weather or "lightning" in weather:
        return "storm"
    return LIGHT_OF.get(setting, "day")


def _joined_to_place(phrases: Sequence[Phrase], used: set[int]) -> set[int]:
    """Places named in one breath are one place: the valleys of "grand canyon valleys" need no scene of their own."""
    runs: list[list[Phrase]] = []
    for phrase in phrases:
        if phrase.kind != "setting":
            continue
        if runs and runs[-1][-1].end == phrase.start:
            runs[-1].append(phrase)
        else:
            runs.append([phrase])
    return {place.start for run in runs if any(place.start in used for place in run) for place in run}


def _reckon(tokens: Sequence[str], units: dict[int, int], used: set[int]) -> tuple[tuple[str, ...], float]:
    """The unknown words in order, and the share of the others. Words said twice are one; one use is enough."""
    is_used: dict[str, bool] = {}
    for start in sorted(units):
        words = " ".join(tokens[start : units[start]])
        is_used[words] = is_used.get(words, False) or start in used
    unknown = tuple(words for words, known in is_used.items() if not known)
    known = len(is_used) - len(unknown)
    # Rounded down: 1.0 is said only when nothing was missed.
    return unknown, (100 * known // len(is_used)) / 100 if is_used else 0.0
