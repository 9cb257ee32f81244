"""What is told of a video in the making."""

from __future__ import annotations

import pytest

from flashreel.cli.progress import Lines, Speed


def test_speed_is_the_mean_since_rendering_began() -> None:
    times = iter([10.0, 10.0, 12.0])
    speed = Speed(120, lambda: next(times))
    assert speed.of("preparing", 0.5) == ""
    assert speed.of("rendering", 0.0) == ""
    assert speed.of("rendering", 0.1) == ""  # no time has passed: nothing can be told
    assert speed.of("rendering", 0.8) == "48 frames/s, 2.0x real time"
    assert speed.of("encoding", 0.0) == "48 frames/s, 2.0x real time"


def test_a_line_for_each_quarter_of_what_takes_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter(float(second) for second in range(100))
    lines = Lines("1/2 [a].mp4", Speed(100, lambda: next(times)))
    for stage in ("preparing", "compiling", "rendering", "encoding"):
        for hundredth in (0, 10, 26, 30, 60, 80, 100):
            lines(stage, hundredth / 100)
    assert capsys.readouterr().err.splitlines() == [
        *(f"1/2 [a].mp4: compiling {share} %" for share in (25, 50, 75, 100)),
        "1/2 [a].mp4: rendering 25 %, 13 frames/s, 0.5x real time",
        "1/2 [a].mp4: rendering 50 %, 15 frames/s, 0.6x real time",
        "1/2 [a].mp4: rendering 75 %, 16 frames/s, 0.7x real time",
        "1/2 [a].mp4: rendering 100 %, 17 frames/s, 0.7x real time",
    ]
