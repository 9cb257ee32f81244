"""`flashreel generate`, as a user runs it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import flashreel as package
from flashreel.media.frame_files import read_frames
from flashreel.media.video import probe
from tests.support.caller import Caller
from tests.support.cli import SMALL, Run, flashreel, output_of
from tests.support.server import MODELS, ROOT, environment
from tests.support.web import get

#: A model whose engine is done at once and obeys the prompt.
SCRIPTED = ("--model", "scripted", "--config", str(MODELS))


def test_generate(tmp_path: Path) -> None:
    film = tmp_path / "made" / "fox.mp4"
    said = output_of(
        *("generate", "a zorblax red fox", "-o", str(film), "--duration", "5", "--aspect-ratio", "9:16", "--loop"),
        *("--seed", "11", "--data", str(tmp_path / "data"), *SMALL),
    )
    info = probe(film)
    assert (info.width, info.height, info.frames) == (90, 160, 120)
    # The path, the size and the seconds, for whoever made it.
    assert re.search(
        rf"^{re.escape(str(film))}  90x160, 120 frames, [0-9.]+ MB, seed 11, [0-9.]+ s$", said, re.MULTILINE
    )
    assert re.fullmatch(r'[1-9][0-9]% of the prompt was understood; not understood: "zorblax"', said.splitlines()[-1])


def test_python_the_command_line_and_a_server_make_the_same_frames(tmp_path: Path, caller: Caller) -> None:
    film = tmp_path / "cli.mp4"
    output_of("generate", "a red fox in snow", "-o", str(film), "--seed", "7", "--data", str(tmp_path), *SMALL)
    clip = package.generate("a red fox in snow", seed=7, model="tiny", config=MODELS, data=tmp_path)
    result = caller.result(caller.submit("a red fox in snow", model="tiny", seed=7)).json()
    (tmp_path / "server.mp4").write_bytes(get(result["output"]).content)
    frames = np.stack(list(clip.frames()))
    assert frames.shape == (121, 90, 160, 3)
    assert np.array_equal(frames, np.stack(list(read_frames(film))))
    assert np.array_equal(frames, np.stack(list(read_frames(tmp_path / "server.mp4"))))


def test_from_a_picture_that_is_none(tmp_path: Path, run: Run) -> None:
    picture = tmp_path / "fox.png"
    picture.write_text("no picture")
    film = tmp_path / "made" / "fox.mp4"
    said = run("generate", "a fox", "-o", str(film), "--start-image", str(picture), "--data", str(tmp_path))
    assert (said.status, said.out) == (1, "")
    assert re.fullmatch(r"flashreel: start_image is not an image.*\n", said.err)
    assert not film.parent.exists()


def test_into_a_folder_that_cannot_be(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").touch()
    said = run("generate", "a fox", "-o", str(tmp_path / "file" / "x.mp4"), "--data", str(tmp_path / "data"))
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"flashreel: the folder {tmp_path / 'file'} cannot be made")


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("a fox", "--duration", "7"), 2, 'duration is "7"; allowed are 5 and 9'),
        (("a fox", "--aspect-ratio", "2:1"), 2, 'aspect_ratio is "2:1"; allowed are 1:1, '),
        (("a fox", "--seed", "x"), 2, 'seed is "x"; it must be an integer from 0 '),
        (("  ",), 2, "prompt is empty; it must be"),
        (("a fox", "--model", "none"), 2, "there is no model 'none'"),
        (("a fox", "--engine", "none"), 1, "known engines are"),
        (("a fox", "--loop", "--end-image", "end.png"), 2, "loop is true and end_image is set"),
        (("a fox", "--start-image", "missing.png"), 1, "start_image missing.png cannot be read: No such file"),
        (("a fox", "--start-image", "http://10.0.0.1/x.png"), 2, "start_image leads to an address that is not public"),
        (("a fox", "--end-image", ""), 2, "end_image is"),
        (("a fox", "--config", "missing.toml"), 1, "missing.toml"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path, run: Run, words: tuple[str, ...], status: int, sentence: str
) -> None:
    said = run("generate", *words, "-o", str(tmp_path / "x.mp4"), "--data", str(tmp_path))
    assert (said.status, said.out) == (status, "")
    assert said.err.startswith("flashreel: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "x.mp4").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "one of the two"),
        (("a fox", "--prompts", "x.txt"), "one of the two"),
        (("--prompts", "x.txt", "-o", "-"), "one video"),
        (("a fox", "-o", "-", "--json"), "not free"),
        (("a fox", "--frames", "-"), "files of a folder"),
    ],
)
def test_words_that_do_not_go_together(run: Run, words: tuple[str, ...], sentence: str) -> None:
    said = run("generate", *words)
    assert (said.status, said.out) == (2, "")
    assert sentence in said.err


def test_a_terminal_is_sent_no_video(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    said = run("generate", "a fox", "-o", "-")
    assert (said.status, said.out) == (2, "")
    assert "standard output is a terminal" in said.err


def test_video_to_a_pipe_and_frames_to_a_folder(tmp_path: Path) -> None:
    frames = tmp_path / "new" / "frames"
    done = flashreel(
        *("generate", "a bar", "-o", "-", "--frames", str(frames), "--data", str(tmp_path / "data"), *SCRIPTED)
    )
    assert done.returncode == 0, done.stderr
    film = tmp_path / "film.mp4"
    film.write_bytes(done.stdout)
    assert probe(film).frames == 121
    assert re.search(rb"^standard output  160x90, 121 frames, ", done.stderr, re.MULTILINE)
    # Nobody watches it on a terminal: lines.
    assert re.search(rb"^rendering 50 %, [0-9]+ frames/s, [0-9.]+x real time$", done.stderr, re.MULTILINE)
    assert sorted(file.name for file in frames.iterdir()) == [f"{index:06}.png" for index in range(121)]
    # As the engine drew them: a red line on grey, one pixel further each time.
    picture = np.asarray(Image.open(frames / "000100.png"))
    wanted = np.full((90, 160, 3), 90, np.uint8)
    wanted[:, 100] = (200, 40, 40)
    assert np.array_equal(picture, wanted)


def test_a_pipe_that_nobody_reads_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        words = ("generate", "a bar", "-o", "-", "-q", "--data", str(tmp_path), *SCRIPTED)
        done = subprocess.run(
            [sys.executable, "-m", "flashreel", *words],
            env=environment(),
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=110,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"flashreel: standard output cannot be written: No space left on device\n"


def test_a_terminal_has_a_bar_with_stage_percent_and_speed(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = ("generate", "a bar", "-o", str(tmp_path / "x.mp4"), "--data", str(tmp_path), *SCRIPTED)
    process = subprocess.Popen(
        [sys.executable, "-m", "flashreel", *words],
        env=environment(COLUMNS="120", TERM="xterm"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:  # how a terminal ends whose other side is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0, seen
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(r"(rendering|encoding) .*[0-9]+%.*[0-9]+ frames/s, [0-9.]+x real time", text)


def test_quiet_says_nothing(tmp_path: Path, run: Run) -> None:
    said = run("generate", "a bar", "-q", "-o", str(tmp_path / "x.mp4"), "--data", str(tmp_path), *SCRIPTED)
    assert (said.status, said.out, said.err) == (0, "", "")
    assert probe(tmp_path / "x.mp4").frames == 121


def test_json_tells_all_of_a_video(tmp_path: Path, run: Run) -> None:
    film = tmp_path / "x.mp4"
    words = ("--seed", "5", "--loop", "--json", "-o", str(film), "--data", str(tmp_path))
    told = json.loads(run("generate", "a bar", *words, *SCRIPTED).out)
    assert told.pop("seconds") > 0
    asked = {"prompt": "a bar", "model": "scripted", "aspect_ratio": "16:9", "loop": True, "seed": 5}
    shape = {"width": 160, "height": 90, "fps": 24, "frames": 120, "duration": 5.0}
    said: dict[str, object] = {"understood": None, "unknown": [], "warnings": []}
    assert told == {"output": str(film), "file_size": film.stat().st_size, **asked, **shape, **said}


# --- several videos


def test_prompts_of_a_file(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "prompts.txt"
    fields = {"prompt": "A fox: 1/2?", "duration": 9, "seed": 3, "loop": True, "output": "fox.mp4"}
    file.write_text(f"a bar, \u00e9t\u00e9!\n\n{json.dumps(fields)}\ncrash\nupstream\n", encoding="utf-8")
    made, frames = tmp_path / "made", tmp_path / "frames"
    words = ("--prompts", str(file), "-o", str(made), "--frames", str(frames), "--seed", "1", "--json", "-q")
    said = run("generate", *words, "--data", str(tmp_path / "data"), *SCRIPTED)
    first, fox, crashed, failed = map(json.loads, said.out.splitlines())
    assert said.status == 1
    assert (first["output"], first["seed"], first["frames"]) == (str(made / "1-a-bar-t.mp4"), 1, 121)
    assert (fox["output"], fox["seed"], fox["frames"]) == (str(made / "fox.mp4"), 3, 216)
    assert (crashed["output"], crashed["error_code"]) == (str(made / "3-crash.mp4"), "engine_failed")
    assert (failed["prompt"], failed["error_code"]) == ("upstream", "upstream_failed")
    assert said.err.splitlines() == [
        f"flashreel: {made / '3-crash.mp4'}: RuntimeError: secret detail of a crash",
        f"flashreel: {made / '4-upstream.mp4'}: the upstream API answered 503",
        "flashreel: 2 of 4 videos failed",
    ]
    assert sorted(path.name for path in made.iterdir()) == ["1-a-bar-t.mp4", "fox.mp4"]
    assert sorted((path.name, len(list(path.iterdir()))) for path in frames.iterdir()) == [
        ("1-a-bar-t", 121),
        ("fox", 216),
    ]


def test_prompts_of_standard_input(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfa bar\r\na line")))
    said = run("generate", "--prompts", "-", "-o", str(tmp_path / "made"), "--data", str(tmp_path / "data"), *SCRIPTED)
    assert said.status == 0
    assert [line.partition("  ")[0] for line in said.out.splitlines()] == [
        str(tmp_path / "made" / "1-a-bar.mp4"),
        str(tmp_path / "made" / "2-a-line.mp4"),
    ]
    assert "\n2/2 2-a-line.mp4: rendering 100 %" in said.err


@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ('{"prompt": "a fox", "speed": 2}', 2, 'line 2: the field "speed" is not known; fields are prompt, duration,'),
        ('{"prompt": "a fox", "duration": 7}', 2, "line 2: duration is 7; allowed are 5 and 9"),
        ('{"prompt": "a fox", "start_image": 7}', 2, "line 2: start_image is 7; it must be the path of an image"),
        ('{"prompt": "a fox", "loop": "yes"}', 2, 'line 2: loop is "yes"; allowed are true and false'),
        ('{"duration": 5}', 2, "line 2: prompt is missing"),
        ('{"prompt": "a fox"', 2, "line 2: this is no JSON object"),
        ('{"prompt": "a fox", "output": "../x.mp4"}', 2, 'line 2: output is "../x.mp4"; it must be a file\'s name'),
        ('{"prompt": "a fox", "output": "1-a-bar.mp4"}', 2, 'line 2: output is "1-a-bar.mp4", as in line 1'),
        ('{"prompt": "a fox", "output": "1-a-bar.mov"}', 2, 'line 2: output is "1-a-bar.mov", as in line 1'),
        ('{"prompt": "a\u2028fox\x85", "duration": 7}', 2, "line 2: duration is 7; allowed are 5 and 9"),
    ],
)
def test_nothing_is_made_while_a_line_is_wrong(tmp_path: Path, run: Run, line: str, status: int, sentence: str) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text(f"a bar\n{line}\n", encoding="utf-8")
    said = run("generate", "--prompts", str(file), "-o", str(tmp_path / "made"), "--data", str(tmp_path), *SCRIPTED)
    assert (said.status, said.out) == (status, "")
    assert sentence in said.err
    assert not (tmp_path / "made").exists()


def test_line_that_moderation_blocks_is_named(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHREEL_MODERATION", "on")
    file = tmp_path / "prompts.txt"
    file.write_text("a fox\nporn\n")
    said = run("generate", "--prompts", str(file), "-o", str(tmp_path / "made"), "--data", str(tmp_path), *SCRIPTED)
    assert (said.status, said.out) == (1, "")
    assert "line 2: the prompt was blocked: sexual content" in said.err
    assert not (tmp_path / "made").exists()


def test_file_of_prompts_that_has_none(tmp_path: Path, run: Run) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    for name, sentence in (("empty.txt", "has no line that is not empty"), ("missing.txt", "cannot be read")):
        said = run("generate", "--prompts", str(tmp_path / name), "--data", str(tmp_path), *SCRIPTED)
        assert (said.status, said.out) == (1, "")
        assert sentence in said.err
