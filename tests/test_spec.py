"""GenerationSpec: how many frames, and what can never be one."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from flashreel.spec import SEED_MAX, AssetImage, GenerationSpec
from tests.support.store import a_spec


@pytest.mark.parametrize(
    ("duration", "loop", "frames"), [(5, False, 121), (9, False, 217), (5, True, 120), (9, True, 216)]
)
def test_frames_are_24_a_second_and_the_closing_one_except_in_a_loop(duration: int, loop: bool, frames: int) -> None:
    assert a_spec(duration=duration, loop=loop).frame_count == frames


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": ""},
        {"prompt": "x" * 5001},
        {"width": 161},
        {"height": 0},
        {"duration": 0},
        {"seed": -1},
        {"seed": SEED_MAX + 1},
        {"fps": 24},
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        a_spec(**change)


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (AssetImage("ab12/1/cd34.png"), "asset:ab12/1/cd34.png"),
        (AssetImage("ab12/1/cd34.mp4", "first"), "asset:ab12/1/cd34.mp4#first"),
        (AssetImage("ab12/1/cd34.mp4", "last"), "asset:ab12/1/cd34.mp4#last"),
        (AssetImage("..a/b..c"), "asset:..a/b..c"),
    ],
)
def test_a_stored_image_has_a_text_form(image: AssetImage, text: str) -> None:
    assert str(image) == text
    assert AssetImage.parse(text) == image


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../flashreel.db", "a/../b", "a//b", "a/.", "a/", "a b", "a#b", "a\n"]
)
def test_a_stored_image_lies_among_the_stored_files(path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a stored file"):
        AssetImage(path)
    assert AssetImage.parse(f"asset:{path}") is None


@pytest.mark.parametrize(
    "text", ["", "a", "https://example.com/a.png", "data:image/png;base64,aa", "asset:a#", "asset:a#middle", "Asset:a"]
)
def test_any_other_string_is_no_stored_image(text: str) -> None:
    assert AssetImage.parse(text) is None


def test_a_spec_survives_the_store_and_cannot_be_changed() -> None:
    spec = a_spec(seed=SEED_MAX, prompt="狐 \n\t🦊", start_image="https://example.com/a.png")
    assert GenerationSpec.model_validate_json(spec.model_dump_json()) == spec
    with pytest.raises(ValidationError):
        setattr(spec, "seed", 1)  # noqa: B010  # an assignment would not pass the type check
