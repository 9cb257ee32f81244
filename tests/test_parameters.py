"""From fields to a spec: what is accepted, and in which words the rest is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flashreel.catalogue import Catalogue
from flashreel.errors import InvalidRequest
from flashreel.media.urls import FetchPolicy
from flashreel.parameters import FIELDS, check_loop, parse_spec, printable, shown
from flashreel.spec import PROMPT_MAX, SEED_MAX, AssetImage, GenerationSpec

MODEL = Catalogue.build({})["ray-flash-2-720p"]
IMAGE = "https://example.com/a.png"


def parsed(**fields: object) -> GenerationSpec:
    return parse_spec(MODEL, {"prompt": "a fox", **fields}, FetchPolicy())[0]


def refused(**fields: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_spec(MODEL, {"prompt": "a fox", **fields}, FetchPolicy())
    return caught.value


def test_a_prompt_alone_gets_the_defaults() -> None:
    spec = parsed()
    assert (spec.model, spec.prompt, spec.aspect_ratio, spec.duration) == ("ray-flash-2-720p", "a fox", "16:9", 5)
    assert (spec.width, spec.height, spec.frame_count) == (1280, 720, 121)
    assert (spec.loop, spec.start_image, spec.end_image) == (False, None, None)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("prompt", "  a fox\n", "a fox"),
        ("prompt", "x" * PROMPT_MAX, "x" * PROMPT_MAX),
        ("prompt", " " * 9999 + "x", "x"),
        ("prompt", "a\ttab\nand a line", "a\ttab\nand a line"),
        ("prompt", "a\x00\x1b\x7f\ud800 fox", "a fox"),
        ("prompt", "狐 🦊", "狐 🦊"),
        ("aspect_ratio", "9:21", "9:21"),
        ("aspect_ratio", " 1:1 ", "1:1"),
        ("aspect_ratio", "", "16:9"),
        ("aspect_ratio", None, "16:9"),
        ("duration", 9, 9),
        ("duration", 9.0, 9),
        ("duration", "9", 9),
        ("duration", " 9 ", 9),
        ("duration", "", 5),
        ("duration", None, 5),
        ("loop", True, True),
        ("loop", "true", True),
        ("loop", " TRUE ", True),
        ("loop", "false", False),
        ("loop", "", False),
        ("loop", None, False),
        ("seed", 0, 0),
        ("seed", SEED_MAX, SEED_MAX),
        ("seed", str(SEED_MAX), SEED_MAX),
        ("seed", 7.0, 7),
    ],
)
def test_what_is_accepted_is_kept_as_it_is_meant(field: str, value: object, kept: object) -> None:
    assert getattr(parsed(**{field: value}), field) == kept


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("prompt", None, "prompt is missing; it must be a text of 1 to 5000 characters"),
        ("prompt", "", "prompt is empty; it must be a text of 1 to 5000 characters"),
        ("prompt", " \n\x00", "prompt is empty; it must be a text of 1 to 5000 characters"),
        ("prompt", "x" * 5001, "prompt has 5001 characters; it must be a text of 1 to 5000 characters"),
        ("prompt", "\x00" * 10_001, "prompt has 10001 characters; it must be a text of 1 to 5000 characters"),
        ("prompt", 7, "prompt is 7; it must be a text of 1 to 5000 characters"),
        ("prompt", ["a"], "prompt is ['a']; it must be a text of 1 to 5000 characters"),
        ("aspect_ratio", "2:1", 'aspect_ratio is "2:1"; allowed are 1:1, 3:4, 4:3, 9:16, 16:9, 9:21, 21:9'),
        ("aspect_ratio", 1.5, "aspect_ratio is 1.5; allowed are 1:1, 3:4, 4:3, 9:16, 16:9, 9:21, 21:9"),
        ("duration", 7, "duration is 7; allowed are 5 and 9 (seconds)"),
        ("duration", "5s", 'duration is "5s"; allowed are 5 and 9 (seconds)'),
        ("duration", "-5", 'duration is "-5"; allowed are 5 and 9 (seconds)'),
        ("duration", "\u0665", 'duration is "\u0665"; allowed are 5 and 9 (seconds)'),
        ("duration", 5.5, "duration is 5.5; allowed are 5 and 9 (seconds)"),
        ("duration", True, "duration is true; allowed are 5 and 9 (seconds)"),
        ("loop", "yes", 'loop is "yes"; allowed are true and false'),
        ("loop", 1, "loop is 1; allowed are true and false"),
        ("seed", -1, f"seed is -1; it must be an integer from 0 to {SEED_MAX}"),
        ("seed", SEED_MAX + 1, f"seed is {SEED_MAX + 1}; it must be an integer from 0 to {SEED_MAX}"),
        ("seed", 0.5, f"seed is 0.5; it must be an integer from 0 to {SEED_MAX}"),
        ("seed", float("inf"), f"seed is inf; it must be an integer from 0 to {SEED_MAX}"),
        ("seed", False, f"seed is false; it must be an integer from 0 to {SEED_MAX}"),
        ("start_image_url", 5, "start_image_url is 5; it must be an http or https URL of an image"),
        ("end_image_url", {"url": "x"}, "end_image_url is {'url': 'x'}; it must be an http or https URL of an image"),
        (
            "start_image_url",
            "http://a/\x00",
            'start_image_url is "http://a/"; it has control characters, which no URL has',
        ),
    ],
)
def test_what_is_refused_is_named_with_its_value_and_what_is_allowed(field: str, value: object, sentence: str) -> None:
    refusal = refused(**{field: value})
    assert str(refusal) == sentence
    assert refusal.details["field"] == field
    assert refusal.details.keys() == {"field", "value", "allowed"}


@pytest.mark.parametrize("field", ["start_image_url", "end_image_url"])
def test_an_image_as_bare_base64_is_kept_as_its_data_uri(field: str) -> None:
    bare = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    assert getattr(parsed(**{field: bare}), field.removesuffix("_url")) == f"data:image/png;base64,{bare}"
    broken = str(refused(**{field: f"{bare}{'A' * 2000}!"}))
    assert broken.startswith(f"{field} is not valid base64: 'data:image/png;base64,iVBOR")
    assert str(refused(**{field: "Tm8gaW1hZ2UgYXQgYWxs"})).startswith(f"{field} is not an http or https URL")


@pytest.mark.parametrize("field", ["start_image_url", "end_image_url"])
def test_images_are_urls_or_absent(field: str) -> None:
    attribute = field.removesuffix("_url")
    assert getattr(parsed(**{field: IMAGE}), attribute) == IMAGE
    assert getattr(parsed(**{field: ""}), attribute) is None
    assert getattr(parsed(**{field: None}), attribute) is None
    for bad in ("ftp://example.com/a.png", "a.png", "http://127.0.0.1/", "http://user:secret@example.com/"):
        refusal = refused(**{field: bad})
        assert str(refusal).startswith(f"{field} ")
        assert "secret" not in json.dumps([str(refusal), refusal.details])


@pytest.mark.parametrize("field", ["start_image_url", "end_image_url"])
def test_a_stored_file_is_named_by_a_dialect_and_never_by_a_caller(field: str) -> None:
    image = AssetImage("a/1/b.mp4", "last")
    assert getattr(parsed(**{field: image}), field.removesuffix("_url")) == str(image)
    for text in (str(image), "asset:a/1/b.png", "ASSET:a", " asset:a", "data:asset:a", "asset:\x00a"):
        assert str(refused(**{field: text})).startswith(f"{field} ")


def test_a_loop_has_no_end_image_and_may_have_a_start_image() -> None:
    refusal = refused(loop=True, end_image_url=IMAGE)
    assert refusal.details == {"field": "loop", "value": True, "allowed": [False]}
    spec = parsed(loop=True, start_image_url=IMAGE)
    assert (spec.loop, spec.start_image, spec.frame_count) == (True, IMAGE, 120)
    check_loop(False, IMAGE)
    check_loop(True, None)


def test_a_job_without_a_seed_gets_one_of_its_own() -> None:
    seeds = {parsed().seed for _ in range(20)}
    assert len(seeds) == 20
    assert all(0 <= seed <= SEED_MAX for seed in seeds)
    assert parsed(seed=None).seed != parsed(seed="").seed


def test_unknown_fields_are_named_in_warnings_and_do_nothing_else() -> None:
    spec, warnings = parse_spec(MODEL, {"prompt": "a fox", "seed": 1, "fps": 60, "x\x00\ud800": []}, FetchPolicy())
    assert spec == parsed(seed=1)
    assert warnings == [f"the field {name!r} is not known here and was not used" for name in ("fps", "x")]


def test_warnings_have_an_end() -> None:
    fields: dict[str, object] = {"prompt": "a fox", **{"f" * 1000 + str(number): number for number in range(1000)}}
    _, warnings = parse_spec(MODEL, fields, FetchPolicy())
    assert len(warnings) == 21
    assert warnings[-1] == "980 more fields are not known here and were not used"
    assert len(json.dumps(warnings)) < 4096  # they are a header too


def test_text_is_shown_without_what_a_terminal_cannot_hold_and_cut() -> None:
    assert printable("a\x1b[31m\ud800b") == "a[31mb"
    assert printable("x" * 80) == "x" * 80
    assert printable("x" * 81) == "x" * 79 + "…"
    assert printable("x" * 10_000_000) == "x" * 79 + "…"
    assert (shown(True), shown("a"), shown(1.5), shown(None)) == ("true", '"a"', "1.5", "None")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(FIELDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(fields=st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), JSON, max_size=8))
@example(fields={"prompt": "a", "start_image_url": "http://example.com/#\ud800"})
@example(fields={"prompt": "a", "end_image_url": "data:image/png;x=\ud800;base64,AAAA"})
@example(fields={"prompt": "a", "seed": 10**4000})
@example(fields={"prompt": "a", "seed": float("nan"), "\ud800": 1})
@example(fields={"prompt": "a", "start_image_url": "http://[::1"})
def test_any_json_is_a_spec_or_a_refusal_that_can_be_kept_and_sent(fields: dict[str, Any]) -> None:
    try:
        spec, warnings = parse_spec(MODEL, fields, FetchPolicy())
    except InvalidRequest as refusal:
        answer = json.dumps({"error": str(refusal), **refusal.details}, ensure_ascii=False, allow_nan=False)
        assert len(answer.encode("utf-8")) < 5000
        assert refusal.details["field"] in FIELDS
    else:
        assert GenerationSpec.model_validate_json(spec.model_dump_json()) == spec
        json.dumps(warnings, ensure_ascii=False).encode("utf-8")


@given(url=st.from_regex(r"(https?://|data:image/png;)[^\n]{0,40}"), field=st.sampled_from(FIELDS[4:6]))
def test_any_image_url_is_kept_or_refused(url: str, field: str) -> None:
    try:
        spec, _ = parse_spec(MODEL, {"prompt": "a", field: url}, FetchPolicy())
    except InvalidRequest as refusal:
        json.dumps({"error": str(refusal), **refusal.details}, ensure_ascii=False).encode("utf-8")
    else:
        assert spec.model_dump_json().encode("utf-8")
