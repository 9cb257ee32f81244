"""The built-in text check: what it finds of the labelled prompts, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.moderation import Part, cases, found, score, table

from flashreel.moderation.policy import CATEGORIES, Category, Finding
from flashreel.moderation.text import TextChecker
from flashreel.moderation.wordlist import WordLists

CHECKER = TextChecker()


def test_there_are_prompts_enough_and_half_are_innocent() -> None:
    labelled = list(cases())
    innocent = [case for case in labelled if case.expected is None]
    assert len(labelled) >= 300
    assert 0.4 <= len(innocent) / len(labelled) <= 0.6
    assert len({case.prompt for case in labelled}) == len(labelled)
    assert {case.expected for case in labelled} == {None, *CATEGORIES}
    for part in get_args(Part):
        assert {case.expected for case in labelled if case.part == part} == {None, *CATEGORIES}


@pytest.mark.parametrize("part", get_args(Part))
def test_precision_and_recall(part: Part) -> None:
    scores = score(case for case in cases() if case.part == part)
    assert scores["any"].precision >= 0.97
    assert scores["any"].recall >= 0.95
    for category in CATEGORIES:
        assert scores[category].precision >= 0.85
        assert scores[category].recall >= 0.85


@pytest.mark.parametrize("part", get_args(Part))
def test_the_document_says_what_is_measured(part: Part) -> None:
    document = Path(__file__).parents[2] / "docs" / "moderation.md"
    assert table(part) in document.read_text(encoding="utf-8")


def test_what_is_mild_is_told_from_what_is_not() -> None:
    right = [case.mild == found(CHECKER, case.prompt).get(case.expected) for case in cases() if case.expected]
    assert sum(right) / len(right) >= 0.95


@pytest.mark.parametrize(
    "prompt",
    [
        "Essex",
        "shooting stars",
        "a killer whale",
        "the pen is red",
        "Scunthorpe, Middlesex and Sussex",
        "a calm lake, no nudity, no blood or gore",
    ],
)
def test_look_alikes_pass(prompt: str) -> None:
    assert CHECKER.check_text(prompt) == []


#: Ways to hide a word, applied to prompts that are found as they are.
DISGUISES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "leet": lambda text: text.translate(str.maketrans("aeio", "4310")),
    "zero width": lambda text: "\u200b".join(text),
    "soft hyphens": lambda text: "\u00ad".join(text),
    "fullwidth": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in text),
    "mathematical": lambda text: "".join(chr(0x1D41A + ord(c) - ord("a")) if c.isalpha() else c for c in text),
    "Cyrillic": lambda text: text.translate(str.maketrans("aeopcyx", "\u0430\u0435\u043e\u0440\u0441\u0443\u0445")),
    "accents": lambda text: "".join(c + "\u0301" if c in "aeiou" else c for c in text),
    "struck through": lambda text: "".join(c + "\u0336" for c in text),
    "stretched": lambda text: text.replace("o", "ooooo").replace("e", "eeee"),
    "letters apart": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "letters dotted": lambda text: " ".join(".".join(word) for word in text.split()),
    "together": lambda text: text.replace(" ", ""),
    "hyphens for spaces": lambda text: text.replace(" ", "-"),
    "humps": lambda text: text.title().replace(" ", ""),
    "in other words": lambda text: "a calm morning by the sea. " * 30 + text + ". gulls follow the boats" * 30,
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(("prompt", "category"), [("porno video", "sexual"), ("naked woman", "sexual")])
def test_disguised_words_are_found(disguise: str, prompt: str, category: Category) -> None:
    assert Finding(category) in CHECKER.check_text(prompt)
    hidden = DISGUISES[disguise](prompt)
    assert hidden != prompt
    assert Finding(category) in CHECKER.check_text(hidden)


@pytest.mark.parametrize("age", ["14 year old", "14-year-old", "14yo", "fourteen-year-old", "aged 14"])
def test_a_childs_age_makes_sexual_content_that_of_a_minor(age: str) -> None:
    assert Finding("minors") in CHECKER.check_text(f"a nude woman, {age}")
    assert Finding("minors") not in CHECKER.check_text(f"a nude woman, {age.replace('14', '34').replace('four', 'x')}")
    assert CHECKER.check_text(f"a woman, {age}, in a garden") == []


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    for finding in CHECKER.check_text(text):
        assert finding.category in CATEGORIES


@given(st.text(st.sampled_from("sexporn naked1$*!.- \u200b\u043a\u0433\u0438ñ🔞"), max_size=200))
def test_any_text_of_what_it_looks_at_has_an_answer(text: str) -> None:
    plain = set(CHECKER.check_text(f"hardcore porn. {text}"))
    assert Finding("sexual") in plain  # whatever stands beside it


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python ran."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "a ",
            "s e x ",
            "s.e.x.",
            "1",
            "1a",
            "*a",
            "!a ",
            "$",
            "naked",
            "naked ",
            "nakedwoman ",
            "po rn ",
            "no ",
        ),
        *(
            "a*a*a*a*a* ",
            "l1l1l1l1l1l1l1l1l1l1 ",
            "aaab",
            "aB",
            "\u0430",
            "ж ",
            "14 year ",
            "or ",
            "'s",
            "kill a ",
            "🔞",
            "\u0301",
        ),
    ],
)
def test_work_is_linear_in_the_prompt(unit: str) -> None:
    short, long = ((unit * 5000)[:length] for length in (250, 2500))
    assert steps(lambda: CHECKER.check_text(long)) < 12 * steps(lambda: CHECKER.check_text(short)) + 1000


def lists(rules: str, classes: str = "") -> WordLists:
    return WordLists(classes, {"violence": rules})


@pytest.mark.parametrize(
    ("rules", "yes", "no"),
    [
        ("gore*", "goregous", "ogre"),
        ("pool_of_blood", "a pool of blood", "blood of a pool"),
        ("stab~", "stabbing", "stable"),
        ("carve~", "carving", "care"),
        ("carry~", "carries", "car"),
        ("blood + wall", "wall of red blood", "blood " + "very " * 6 + "wall"),
        ("blood wound + wall", "wound, wall", "blood, wound"),
        ("kill > man", "kill a man", "man, kill"),
        ("gun ++ school", "gun " + "x " * 50 + "school", "gun"),
        ("kill - time", "kill him", "kill some time"),
        ("=who man\nkill + @who", "kill man", "kill"),
        ("blood", "blood", "no blood"),
        ("blood", "no. blood", "no red blood"),
        ("blood gore", "no one knows where gore is", "no blood or gore"),
        ("[always]\nblood", "no blood", "no"),
    ],
)
def test_rules(rules: str, yes: str, no: str) -> None:
    assert lists(rules).findings(yes) == [Finding("violence")]
    assert lists(rules).findings(no) == []


def test_sections_and_what_other_lists_found() -> None:
    both = WordLists(
        "=child kid", {"sexual": "naked\n[mild]\nsexy", "minors": "!sexual ++ @child\n[mild]\n?sexual + @child"}
    )
    assert both.findings("naked kid") == [Finding("sexual"), Finding("minors")]
    assert both.findings("sexy kid") == [Finding("sexual", mild=True), Finding("minors", mild=True)]
    assert both.findings("kid") == []


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("kill + @nobody", "@nobody is not a class"),
        ("ab* cd", "ab. must have 3 to 18 letters"),
        ("[loud]", "is not .mild., .full. or .always."),
        ("=a b\n=a c", "the class a is there twice"),
        ("a b + b c", "the same word on both sides"),
        ("!sexual kill", "what another list found stands alone"),
    ],
)
def test_a_line_that_is_no_rule_is_named(rules: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        lists(rules)
