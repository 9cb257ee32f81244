"""The parser's idea of what is drawn, held against what is."""

from __future__ import annotations

from flashreel.engines.animatic import drawn, scene_words, words
from flashreel.engines.animatic.actors.cutout import emoji_for
from flashreel.engines.animatic.actors.library import FAMILIES
from flashreel.engines.animatic.actors.registry import RIGS
from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.lexicon import load_lexicon
from flashreel.engines.animatic.lighting import look_for
from flashreel.engines.animatic.world import canyon, city, forest, hills, lake, seabed, shore, studio, village
from flashreel.engines.animatic.world.places import PLACES

assert FAMILIES  # their import fills RIGS, as the next ones' fills PLACES
assert all((canyon, city, forest, hills, lake, seabed, shore, studio, village))


def test_rigs() -> None:
    assert set(RIGS) == drawn.RIGGED


def test_every_concept_has_a_picture() -> None:
    concepts = {*load_lexicon().values(), *words.NOUNS.values()} - scene_words.PLACE_CONCEPTS.keys() - {""}
    assert [concept for concept in concepts if concept not in RIGS and emoji_for(concept) is None] == []


def test_settings() -> None:
    """The sea is a staging of its own, and every place has a sky."""
    assert set(scene_words.SETTING.values()) - PLACES.keys() == {"ocean", "sky"}
    assert set(scene_words.SETTING.values()) >= drawn.UNDRAWN_SETTINGS


def test_looks() -> None:
    def changes(graph: SceneGraph) -> bool:
        return look_for(graph) != look_for(SceneGraph("", setting="forest", time="day"))

    for style in set(scene_words.STYLE.values()) - {"cinematic"}:  # it is the look already
        assert changes(SceneGraph("", setting="forest", time="day", style=style)) == (style in drawn.DRAWN_STYLES)
    for mood in set(scene_words.MOOD.values()):
        assert changes(SceneGraph("", setting="forest", time="day", mood=mood)) == (mood in drawn.DRAWN_MOODS)
    for weather in set(scene_words.WEATHER.values()):
        graph = SceneGraph("", setting="forest", time="day", weather=(weather,))
        assert changes(graph) == (weather in drawn.DRAWN_WEATHER)
