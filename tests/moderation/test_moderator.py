"""The moderator: who is asked, when it ends, and what is said where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import structlog
from structlog.testing import capture_logs

from flashreel.errors import JobFailed, SetupError
from flashreel.moderation.checker import CheckFailed, Image
from flashreel.moderation.moderator import SAMPLE_SIDE, FrameSampler, Moderator, moderator
from flashreel.moderation.policy import Finding, Policy, Rules
from flashreel.moderation.text import TextChecker
from tests.moderation.checkers import Red, Talkative


class Scripted:
    """Finds what it is given, or raises it, and counts."""

    checks_images = True

    def __init__(self, says: Sequence[Finding] | Exception) -> None:
        self.says = says
        self.asked = 0

    def check_text(self, prompt: str) -> Sequence[Finding]:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def check_images(self, images: Sequence[Image]) -> Sequence[Finding]:
        return self.check_text("")


RED = np.full((8, 8, 3), (200, 10, 10), np.uint8)


def test_a_block_names_the_category_and_nothing_else() -> None:
    with capture_logs() as log, pytest.raises(JobFailed) as failed:
        Moderator(Policy(), [TextChecker()]).check_prompt("a pornographic film")
    assert (failed.value.code, str(failed.value)) == ("content_blocked", "the prompt was blocked: sexual content")
    assert [line["category"] for line in log] == ["sexual"]
    assert "porn" not in str(log)


def test_the_first_block_ends_the_questions() -> None:
    second = Scripted([])
    with pytest.raises(JobFailed):
        Moderator(Policy(), [Scripted([Finding("hate")]), second]).check_prompt("x")
    assert second.asked == 0


def test_flags_are_gathered_and_said_once() -> None:
    log = structlog.get_logger().bind(request_id="r1")
    checkers = [Scripted([Finding("public_figures")]), Scripted([Finding("violence", True), Finding("public_figures")])]
    with capture_logs() as lines:
        flagged = Moderator(Policy(), checkers).check_prompt("x", log)
    assert flagged == ("the prompt was flagged: public figures, violence",)
    assert {line["request_id"] for line in lines} == {"r1"}
    assert Moderator(Policy({"violence": "allow"}), [Scripted([Finding("violence")])]).check_prompt("x") == ()


def test_sexual_content_with_minors_is_blocked_whatever_the_policy_says() -> None:
    policy = Policy({"minors": "allow", "sexual": "allow"})
    with pytest.raises(JobFailed, match="the prompt was blocked: content that endangers minors"):
        Moderator(policy, [TextChecker()]).check_prompt("a nude child")
    assert Moderator(policy, [TextChecker()]).check_prompt("a nude woman") == ()


@pytest.mark.parametrize("error", [CheckFailed("no answer"), ValueError("quotes a secret wish"), MemoryError()])
def test_what_cannot_be_checked_is_not_made_unless_failing_is_open(error: Exception) -> None:
    last = Scripted([Finding("public_figures")])
    with capture_logs() as log, pytest.raises(JobFailed, match="could not be checked, and this server makes") as failed:
        Moderator(Policy(), [Scripted(error), last]).check_prompt("a secret wish")
    assert failed.value.code == "content_blocked"
    assert last.asked == 0
    with capture_logs() as more:
        flagged = Moderator(Policy(), [Scripted(error), last], fail_open=True).check_prompt("a secret wish")
    assert flagged == ("the prompt was flagged: public figures",)  # the others are still asked
    assert "secret" not in str(log) + str(more) + str(failed.value)


def test_only_who_looks_at_pictures_is_shown_them() -> None:
    blind = Talkative()
    assert Moderator(Policy(), [blind]).check_images("start image", [RED]) == ()
    with pytest.raises(JobFailed, match="the start image was blocked: violence"):
        Moderator(Policy(), [blind, Red()]).check_images("start image", [RED])
    assert Moderator(Policy(), [Scripted(ValueError())]).check_images("video", []) == ()


def test_frames_are_sampled_only_for_who_looks() -> None:
    assert Moderator(Policy(), [TextChecker()], frames=3).sampler(121) is None
    assert Moderator(Policy(), [Red()], frames=0).sampler(121) is None
    assert Moderator(Policy(), [Red()], frames=3).sampler(121) is not None


@pytest.mark.parametrize(
    ("frames", "count", "indices"),
    [(121, 3, [0, 60, 120]), (121, 1, [60]), (2, 5, [0, 1]), (1, 2, [0]), (10, 4, [0, 3, 6, 9])],
)
def test_which_frames_are_sampled(frames: int, count: int, indices: list[int]) -> None:
    sampler = FrameSampler(frames, count)
    for index in range(frames):
        sampler.see(index, np.full((4, 6, 3), index, np.uint8), "rgb24")
    assert [int(image[0, 0, 0]) for image in sampler.images] == indices


def test_samples_are_small_copies_in_rgb() -> None:
    sampler = FrameSampler(1, 1)
    luma, chroma = np.full((720, 1280), 63, np.uint8), np.empty((360, 1280), np.uint8)
    chroma[:180], chroma[180:] = 102, 240  # BT.709 red
    frame = np.concatenate([luma, chroma])
    sampler.see(0, frame, "yuv420p")
    frame[:] = 0
    [image] = sampler.images
    assert image.shape == (288, SAMPLE_SIDE, 3)
    assert np.abs(image.astype(int) - (255, 0, 0)).max() < 6


def test_an_operators_own_checker_is_loaded_by_name() -> None:
    made = moderator(Rules(checker="tests.moderation.checkers:Red", frames=2))
    with pytest.raises(JobFailed, match="the video was blocked: violence"):
        made.check_images("video", [RED])
    for name, sentence in (
        ("tests.moderation.checkers:None_", "cannot be loaded: .*None_"),
        ("no_such_module:Checker", "cannot be loaded: No module"),
        ("tests.moderation.checkers:Incomplete", "has no check_text and no check_images"),
    ):
        with pytest.raises(SetupError, match=f"moderation_checker '{name}' {sentence}"):
            moderator(Rules(checker=name))
