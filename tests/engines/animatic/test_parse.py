from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashreel.engines.animatic import drawn, scene_words, words
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.lexicon import load_lexicon
from flashreel.engines.animatic.parse import describe_unknown, parse
from flashreel.engines.animatic.subjects import EXTRAS_MAX
from flashreel.engines.animatic.tables import aliases
from flashreel.engines.animatic.tokens import find_phrases, tokenize
from flashreel.spec import PROMPT_MAX

RED = words.COLORS["red"]
WHITE = words.COLORS["white"]

GOLDENS = [
    SceneGraph(
        prompt="a young boy riding a red bicycle in grand canyon valleys",
        subjects=(
            Subject("boy", "boy", age="young", action="ride", prop=Subject("bicycle", "bicycle", colors=("#d8232a",))),
        ),
        setting="canyon",
        time="golden",
        understood=1.0,
    ),
    SceneGraph(
        prompt="a red fox running through a snowy forest at dusk",
        subjects=(Subject("fox", "fox", colors=("#d8232a",), action="run"),),
        setting="forest",
        time="dusk",
        weather=("snow",),
        understood=1.0,
    ),
    SceneGraph(
        prompt="a sailboat on a stormy sea, lightning, cinematic drone shot",
        subjects=(Subject("sailboat", "sailboat"),),
        setting="ocean",
        time="storm",
        weather=("storm", "lightning"),
        camera="drone",
        style="cinematic",
        understood=1.0,
    ),
    SceneGraph(
        prompt="a rocket launching over a city at night",
        subjects=(Subject("rocket", "rocket", action="launch"),),
        setting="city",
        time="night",
        understood=1.0,
    ),
    SceneGraph(
        prompt="an astronaut riding a horse on mars",
        subjects=(Subject("astronaut", "astronaut", action="ride", prop=Subject("horse", "horse")),),
        setting="mars",
        time="day",
        understood=1.0,
    ),
    SceneGraph(
        prompt="a quantum flibbertigibbet ponders beside a red car at sunset",
        subjects=(Subject("car", "car", colors=(RED,), attrs=("quantum", "flibbertigibbet", "ponders")),),
        setting="road",
        time="sunset",
        unknown=("quantum", "flibbertigibbet", "ponders"),
        understood=0.5,
    ),
    SceneGraph(
        prompt="abstract swirling colours",
        setting="meadow",
        time="day",
        unknown=("abstract", "swirling", "colours"),
        understood=0.0,
    ),
]


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.prompt)
def test_goldens(golden: SceneGraph) -> None:
    assert parse(golden.prompt) == golden


# prompt | concepts | setting | time | weather | camera
ROWS = """
two white horses galloping across a green meadow | horse | meadow | day | |
a blue sports car driving in the city at night | car | city | night | |
a teddy bear dancing in the park | emoji:teddy-bear | meadow | day | |
a woman in a yellow dress dancing on the beach at sunset | woman | beach | sunset | |
a huge elephant walking in the savanna at golden hour | elephant | savanna | golden | |
an eagle soaring over the grand canyon at sunset, aerial view | eagle | canyon | sunset | | drone
a girl with a red umbrella walking in the rain | girl | meadow | day | rain |
an orange clownfish swimming in a coral reef | fish | underwater | day | |
a cup of coffee on a wooden table, close-up | emoji:hot-beverage | room | day | | close
a knight riding a white horse through a misty forest at dawn | knight | forest | dawn | fog |
a penguin walking on the ice in Antarctica, snowing | penguin | snowfield | day | snow |
a sailboat on a calm sea at sunset | sailboat | ocean | sunset | |
hot air balloons floating over mountains at dawn | balloon | mountains | dawn | |
a herd of zebras | zebra | savanna | golden | |
a wolf howling at the moon | wolf | forest | night | |
an astronaut walking on the moon | astronaut | moon | day | |
a drone flying over a city | helicopter | city | day | |
ice cream melting on the table | emoji:ice-cream | room | day | |
a space shuttle launching at dawn | rocket | city | dawn | |
a family on the beach, tracking shot | person | beach | day | | track
a baby sleeping | baby | meadow | day | |
a pirate ship in a storm at sea | ship | ocean | storm | storm |
a boat on the Seine River | boat | lake | day | |
a lighthouse on a cliff, thunderstorm at night | lighthouse | mountains | night | storm |
a truck on a desert highway at noon, zoom out | truck | desert | day | | pull
a train crossing a bridge over a river | train bridge | lake | day | |
sunflowers swaying in the wind | emoji:sunflower | meadow | day | wind |
a robot in a neon city, rain, orbit left | robot | city | day | rain | orbit
an owl in a tree, foggy autumn night | owl tree | meadow | night | fog |
a cat and a dog playing in the garden, pan right | cat dog | meadow | day | | pan_right
a camel walking over sand dunes | emoji:camel | desert | golden | |
an apple and a glass of milk in a kitchen | emoji:red-apple emoji:glass-of-milk | room | day | |
a kitten in a village street, overcast morning | cat | village | dawn | cloudy |
close up of a butterfly, then push in | butterfly | meadow | day | | push
a helicopter in the sky, handheld camera | helicopter | sky | day | | handheld
a man on a motorcycle on the road, low angle | man motorcycle | road | day | | low
a dinosaur in the jungle, wide shot | dinosaur | forest | day | | wide
botanical garden | | meadow | day | |
a traffic light and a fire hydrant | | meadow | day | |
modern house in a super natural steady landscape | house | meadow | day | |
a forest with no people, without snow | | forest | day | |
a volcano erupting under the northern lights | | volcano | day | aurora |
waterfall in the mountains, static shot | | mountains | day | | static
a lion's mane jellyfish | jellyfish | underwater | day | |
a snowman, crane up | snowman | meadow | day | | crane
""".strip().splitlines()


@pytest.mark.parametrize("row", ROWS)
def test_vocabulary(row: str) -> None:
    prompt, concepts, setting, time, weather, camera = (cell.strip() for cell in row.split("|"))
    graph = parse(prompt)
    assert [subject.concept for subject in graph.subjects] == concepts.split()
    assert (graph.setting, graph.time, " ".join(graph.weather), graph.camera) == (setting, time, weather, camera)


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a green dog in a green meadow", ()),  # said twice, used once
        ("a dog in a green meadow", ("green",)),  # no place takes on a colour
        ("a black and white cat", ("white",)),  # coats have one colour
        ("a fox, black and white", ()),  # here it is a film
        ("a tall tree beside a big dog", ("tall",)),
        ("a big car", ("big",)),
        ("a girl in a red hat and sunglasses", ("sunglasses",)),
        ("a cat wearing a hat", ("hat",)),
        ("a man rowing a boat", ("rowing", "boat")),
        ("a man riding a skateboard", ("riding",)),  # he holds it
        ("a woman singing", ("singing",)),  # she stands
        ("a man lifting weights", ("lifting", "weights")),
        ("a fox in the forest by a lake, oil painting", ("forest", "oil painting")),
        ("a happy dog in a galaxy", ("happy", "galaxy")),
        ("calm sailboat in the wind", ()),
        ("a calm dog in the wind", ("calm", "wind")),
        ("a boat and a whale on a lake, zoom out", ("whale", "lake", "zoom out")),  # the open sea, one subject
        ("a rocket launching over a desert, tilt up", ("desert",)),
        ("a forest of oak trees", ()),
        ("a field of sunflowers", ("sunflowers",)),
        ("a street with no red cars and no text", ()),
        ("a cave", ("cave",)),
        ("highly detailed beautiful 4k video of a fox", ()),
        ("🦊 кошка in a forest", ("🦊", "кошка")),
        ("a dog, a cat, a fox, a wolf, a bear", ("bear",)),  # four are shown
    ],
)
def test_words_without_effect_are_unknown(prompt: str, unknown: tuple[str, ...]) -> None:
    graph = parse(prompt)
    assert graph.unknown == unknown
    assert (graph.understood == 1.0) == (not unknown)


def only(prompt: str) -> Subject:
    (subject,) = parse(prompt).subjects
    return subject


def test_counts() -> None:
    assert only("a cat").count == 1
    assert only("cats").count == 3
    assert only("a pair of cats").count == 2
    assert only("7 cats").count == 7
    assert only("99999999 cats").count == words.COUNT_MAX
    assert only("a couple dancing").count == 2


def test_who_does_what() -> None:
    man, dog = parse("a man watching a dog running").subjects
    assert (man.action, man.role, dog.action, dog.role) == ("stand", "main", "run", "extra")
    dog, cat = parse("a dog and a cat running").subjects
    assert (dog.action, cat.action) == ("run", "run")
    assert only("a red running fox") == Subject("fox", "fox", colors=(RED,), action="run")
    assert only("a man waves at the camera").action == "wave"
    assert only("a plane taking off").action == "launch"


def test_what_people_wear_and_use() -> None:
    girl = only("a girl wearing a red hat riding a white horse")
    assert girl.wears == (Subject("emoji:billed-cap", "hat", colors=(RED,)),)
    assert girl.prop == Subject("horse", "horse", colors=(WHITE,))
    assert only("a woman in a long evening dress").wears[0].concept == "emoji:dress"
    assert only("a man riding on a horse").prop == Subject("horse", "horse")


def test_animals_hold_nothing() -> None:
    bear, guitar = parse("a teddy bear playing electric guitar").subjects
    assert bear.prop is None
    assert guitar == Subject("emoji:guitar", "electric guitar", role="extra")
    girl, _cat = parse("a girl holding a cat").subjects
    assert girl.prop is None


def test_speed_style_mood_season_palette() -> None:
    graph = parse("a field of tulips in spring, spooky, vintage, slow motion")
    assert (graph.speed, graph.style, graph.mood, graph.season) == (0.5, "vintage", "dark", "spring")
    assert graph.palette == ("tulips",)
    assert parse("a fox, time-lapse, early fall").speed == 3.0
    assert parse("a fox in early fall").season == "autumn"
    assert parse("a man about to fall").season == ""


def test_describe_unknown() -> None:
    assert describe_unknown(parse("a red fox at dusk")) == ()
    assert describe_unknown(parse("a quantum flibbertigibbet and a fox")) == (
        'not understood: "quantum", "flibbertigibbet"',
    )
    assert describe_unknown(parse("a forest")) == ("no subject was recognised; the place alone is shown",)
    assert describe_unknown(parse("?!")) == ("no subject was recognised; the place alone is shown",)


def test_describe_unknown_stays_short() -> None:
    sentence, _ = describe_unknown(parse(" ".join("qx" + "z" * n for n in range(80))))
    assert sentence.endswith(" and 68 more")
    assert "…" not in sentence
    sentence, _ = describe_unknown(parse("q" * PROMPT_MAX))
    assert sentence == f'not understood: "{"q" * 31}…"'


HOSTILE = [
    "",
    " \t\r\n",
    "?!.,;:-_'\"()[]{}",
    "'" * PROMPT_MAX,
    "-'" * (PROMPT_MAX // 2),
    "\x00\x01\x1b[31m\x7f\u2028\ufeff",
    "\ud800\udfff",
    "a" * PROMPT_MAX,
    "s" * PROMPT_MAX,
    "ing " * (PROMPT_MAX // 4),
    "a-" * (PROMPT_MAX // 2),
    "red fox " * (PROMPT_MAX // 8),
    "no without " * (PROMPT_MAX // 11),
    "wearing a hat " * (PROMPT_MAX // 14),
    "black and white " * (PROMPT_MAX // 16),
    "9" * PROMPT_MAX,
    "²³ ½ Ⅷ ٣ 一二三",
    "👩‍🚀🏽🇩🇪" * 800,
    "الثعلب الأحمر يركض",
    "雪の森を走る赤い狐",
    "İİ ß ﬁ ǅ",
]


@pytest.mark.parametrize("prompt", HOSTILE, ids=lambda prompt: ascii(prompt[:12]))
def test_hostile_prompts(prompt: str) -> None:
    check(parse(prompt))


VOCABULARY = sorted(
    {
        *words.ACTIONS,
        *words.COLORS,
        *words.NOUNS,
        *words.NUMBERS,
        *words.PREPOSITIONS,
        *scene_words.SETTING,
        *scene_words.CAMERA,
        *words.CLOTHES,
        *words.AGES,
        *words.NEGATIONS,
        "with",
        "of",
        "wearing",
        "off",
        ",",
        "fox",
        "man",
    }
)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text(prompt: str) -> None:
    check(parse(prompt))


@settings(deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=30))
def test_any_order_of_known_words(parts: list[str]) -> None:
    check(parse(" ".join(parts)))


def check(graph: SceneGraph) -> None:
    """What holds for every graph: values of the vocabulary only, and an honest reckoning."""
    assert graph.setting in scene_words.SETTING.values()
    assert graph.time in {*scene_words.TIME.values(), "storm"}
    assert set(graph.weather) <= set(scene_words.WEATHER.values())
    assert graph.camera in {"", *scene_words.CAMERA.values()}
    assert graph.style in {"", *scene_words.STYLE.values()}
    assert graph.mood in {"", *scene_words.MOOD.values()}
    assert graph.season in {"", *scene_words.SEASON.values()}
    assert graph.speed in {1.0, *scene_words.SPEEDS.values()}
    assert 0.0 <= graph.understood <= 1.0
    assert graph.understood < 1.0 or not graph.unknown
    assert len(set(graph.unknown)) == len(graph.unknown)
    assert [subject.role for subject in graph.subjects] == ["main", *["extra"] * EXTRAS_MAX][: len(graph.subjects)]
    for subject in graph.subjects:
        check_subject(subject)
    for sentence in describe_unknown(graph):
        assert len(sentence) < 600


def check_subject(subject: Subject) -> None:
    assert subject.concept
    assert subject.concept not in scene_words.PLACE_CONCEPTS
    assert 1 <= subject.count <= words.COUNT_MAX
    assert subject.action in {"", *words.ACTIONS.values()}
    assert set(subject.colors) <= set(words.COLORS.values())
    assert subject.size in {"", *words.SIZES.values()}
    assert subject.age in {"", *words.AGES.values()}
    for other in (*subject.wears, *filter(None, [subject.prop])):
        check_subject(other)


@pytest.mark.parametrize("prompt", ["red fox ", "grand canyon valleys ", "quantum ", "👩‍🚀", "ab", ".,"])
def test_work_grows_with_length_only(prompt: str) -> None:
    """Counts Python calls, which no other process disturbs: ten times the text may take ten times as many."""

    def calls(text: str) -> int:
        count = 0

        def tally(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(tally)
        try:
            parse(text)
        finally:
            sys.setprofile(None)
        return count

    parse(prompt)  # the lexicon is read now, not while counting
    short = calls((prompt * PROMPT_MAX)[: PROMPT_MAX // 10])
    assert calls((prompt * PROMPT_MAX)[:PROMPT_MAX]) <= 11 * short + 100


def test_phrases_do_not_overlap() -> None:
    tokens = tokenize("An ice cream in New York at golden hour, slow-motion, bird\u2019s eye view of falling leaves")
    found = [" ".join(tokens[phrase.start : phrase.end]) for phrase in find_phrases(tokens)]
    assert found == ["new york", "golden hour", "slow-motion", "bird's eye view", "falling leaves"]


def test_aliases_refuse_two_meanings() -> None:
    assert aliases({"dog": "dog, hound"}) == {"dog": "dog", "hound": "dog"}
    with pytest.raises(ValueError, match="'hound' means both 'dog' and 'cat'"):
        aliases({"dog": "hound", "cat": "hound"})


def test_homes_are_of_concepts() -> None:
    assert scene_words.HOME_OF.keys() <= drawn.RIGGED | set(load_lexicon().values())
