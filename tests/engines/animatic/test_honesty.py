"""What could not be understood or drawn is said, and never costs the clip."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

import numpy as np
import pytest
from tests.engines.animatic.i420 import rgb_of

from flashreel.engines.animatic.actors import library
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.registry import RIGS, Anim, DrawRig
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.parse import describe_unknown, parse
from flashreel.engines.animatic.pen import Pen
from flashreel.engines.animatic.stage import Stage
from flashreel.engines.base import Frame
from flashreel.spec import FPS

PROMPT: Final = "a fox standing on a table"
#: A moment that no trial of a rig looks at.
BAD: Final = 31 / FPS


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def _stage(executor: Executor, prompt: str = PROMPT) -> Stage:
    return Stage(build(parse(prompt), 5, 0, False, width=160, height=90, executor=executor), 160, 90)


def _raises(pen: Pen) -> None:
    pen.ball((0.0, 0.3, 0.0), 5.0, "#ff00ff")  # what it drew before it failed must not be seen
    raise ZeroDivisionError


def _not_a_number(pen: Pen) -> None:
    pen.tube([(0.0, 0.0, 0.0), (0.0, float("nan"), 0.0)], [0.1, 0.1], "#ff00ff")


def _infinite(pen: Pen) -> None:
    pen.ball((0.0, 0.3, 0.0), float("inf"), "#ff00ff")


def _miles_away(pen: Pen) -> None:
    pen.ball((1e30, 0.3, 0.0), 1.0, "#ff00ff")


def _left_open(pen: Pen) -> None:
    with pen.group(0.5):
        _raises(pen)


def _sound(pen: Pen) -> None:
    pen.ball((0.0, 0.5, 0.0), 0.5, "#20a040")


def _break(monkeypatch: pytest.MonkeyPatch, broken: DrawRig, moments: Callable[[float], bool]) -> None:
    def maker(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
        return Anim(lambda t: broken if moments(t) else _sound, h=1.0, w=1.0)

    monkeypatch.setitem(RIGS, "fox", maker)


def _is_magenta(frame: Frame) -> bool:
    red, green, blue = rgb_of(frame).transpose(2, 0, 1)
    return bool(((red - green > 0.25) & (blue - green > 0.25)).any())


@pytest.mark.parametrize("broken", [_raises, _not_a_number, _infinite, _miles_away, _left_open])
def test_a_rig_that_fails_in_the_middle_of_a_clip_is_a_cutout_then(
    executor: Executor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: DrawRig
) -> None:
    _break(monkeypatch, _sound, lambda t: False)
    sound = _stage(executor)
    before, without = sound.frame(30), sound.frame(31)
    _break(monkeypatch, broken, lambda t: abs(t - BAD) < 0.02)

    with caplog.at_level(logging.WARNING):
        stage = _stage(executor)
        np.testing.assert_array_equal(stage.frame(30), before)
        found = stage.frame(31)
        again = stage.frame(31)

    assert not _is_magenta(found)
    assert np.abs(found.astype(int) - without).mean() > 0.3  # the cut-out is there
    assert len([record for record in caplog.records if "fox" in record.getMessage()]) == 1
    np.testing.assert_array_equal(again, found)
    np.testing.assert_array_equal(_stage(executor).frame(31), found)


def test_a_rig_that_fails_when_tried_out_is_a_cutout_for_the_whole_clip(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _break(monkeypatch, _raises, lambda t: t > 4)

    with caplog.at_level(logging.WARNING):
        anim = make(Subject("fox", "fox"), parse(PROMPT), np.random.default_rng(1), 0.0)

    assert anim is not None
    assert anim.fallback
    assert "fox" in caplog.text


def test_what_has_no_cutout_either_is_left_out(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, _raises, lambda t: abs(t - BAD) < 0.02)
    monkeypatch.setattr(library, "emoji_for", lambda concept: None)

    assert _stage(executor).frame(31).any()


def test_many_threads_see_one_failure_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    _break(monkeypatch, _raises, lambda t: abs(t - BAD) < 0.02)
    anim = make(Subject("fox", "fox"), parse(PROMPT), np.random.default_rng(1), 0.0)
    assert anim is not None
    pens = [Pen() for _ in range(8)]

    with caplog.at_level(logging.WARNING):
        threads = [threading.Thread(target=anim.draw(BAD), args=(pen,)) for pen in pens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(caplog.records) == 1
    assert all(len(pen.stickers) == 1 for pen in pens)


_STRANGE: Final = (
    "!?.,;:-_()[]{}<>/\\|@#$%^&*~`'\"",
    "🦊🚲🏜️👨‍👩‍👧‍👦🏳️‍🌈",
    "\x00\x07\x1b[31m\u202e\ufeff\u200d",
    "\ud800 lone surrogate \udfff",
    "雪の森を走る赤い狐",
    "ثعلب أحمر يركض",
    "рыжая лиса бежит по снегу",
    "שועל אדום בשלג",
    "e\u0301" * 2500,
    "fox " * 1250,
    "x" * 5000,
    "-" * 5000,
    "a very " * 700 + "red fox",
    "1e309 foxes and -5 dogs and 0 cats",
    " \t\n\r ",
    "\u00df \ufb01 \u0130 \u0131 \u01c5",
)


@pytest.mark.parametrize("prompt", _STRANGE, ids=range(len(_STRANGE)))
def test_any_string_is_a_scene(prompt: str) -> None:
    graph = parse(prompt)

    assert graph.setting
    assert 0 <= graph.understood <= 1
    for sentence in describe_unknown(graph):
        assert sentence.strip()
        assert len(sentence) < 1000


@pytest.mark.parametrize("prompt", _STRANGE[:5], ids=range(5))
def test_any_string_is_a_picture(executor: Executor, prompt: str) -> None:
    frame = _stage(executor, prompt + ", table").frame(3)

    assert rgb_of(frame).std() > 0.02
