"""The code that the page shows, run as it stands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.server import environment

PROMPT = """a red fox, "it's" \\ $HOME `ls` é 狐"""

PROGRAMS = {
    "Segmind": (sys.executable, "snippet.py"),
    "curl": ("bash", "snippet.sh"),
    "JavaScript": ("node", "snippet.mjs"),
    "Luma": (sys.executable, "snippet.py"),
    "OpenAI": (sys.executable, "snippet.py"),
    "Replicate": (sys.executable, "snippet.py"),
}
#: What a machine may lack.
NEEDED = {"curl": "curl", "JavaScript": "node"}


def run(language: str, code: str, folder: Path, key: str) -> subprocess.CompletedProcess[str]:
    program, name = PROGRAMS[language]
    folder.mkdir()
    (folder / name).write_text(code, encoding="utf-8")
    return subprocess.run(
        [program, name],
        cwd=folder,
        env={**environment(), "FLASHREEL_API_KEY": key},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_code_makes_what_the_form_says(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.enter()
    page.get_by_label("Model").select_option("tiny")
    page.get_by_label("Prompt").fill(PROMPT)
    page.get_by_label("Seed").fill("11")
    page.get_by_label("Loop").check()
    page.get_by_label("4:3").check()
    codes = {}
    for language in PROGRAMS:
        page.locator("#languages").get_by_label(language, exact=True).check()
        expect(page.locator("#code")).to_contain_text(visitor.base)
        codes[language] = page.locator("#code").text_content() or ""
        assert visitor.caller.secret not in codes[language]
        assert "FLASHREEL_API_KEY" in codes[language]
    assert len(set(codes.values())) == len(codes)
    runs = {name: code for name, code in codes.items() if shutil.which(NEEDED.get(name, "sh"))}
    with ThreadPoolExecutor(2) as threads:
        results = {
            name: threads.submit(run, name, code, tmp_path / name, visitor.caller.secret) for name, code in runs.items()
        }
    for name, result in results.items():
        done = result.result()
        assert done.returncode == 0, (name, done.stderr, done.stdout)
        if name in ("curl", "OpenAI"):
            assert (tmp_path / name / "video.mp4").read_bytes()[4:8] == b"ftyp"
        else:
            assert ".mp4" in done.stdout
    history = visitor.caller.http.get("/inference-request/request-history").json()["requests"]
    assert len(history) == len(runs)
    for row in history:
        assert row["model_name"] == "tiny"
        assert row["model_status"] == "COMPLETED"
        asked = {name: value for name, value in row["request_body"].items() if value is not None}
        assert asked == {"prompt": PROMPT, "aspect_ratio": "4:3", "duration": 5, "loop": True, "seed": 11}


def test_the_code_names_the_images(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.enter()
    page.get_by_label("Model").select_option("tiny")
    page.get_by_label("Prompt").fill("a red fox")
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
    urls = visitor.caller.post("/upload-asset", data_urls=[pixel, pixel]).json()["file_urls"]
    for place, url in zip(("Start", "End"), urls, strict=True):
        page.get_by_label(f"{place} image: URL").fill(url)
        page.get_by_label(f"{place} image: URL").press("Tab")
    with ThreadPoolExecutor(2) as threads:
        results = []
        for language in ("Luma", "Replicate"):  # which have words of their own for them
            page.locator("#languages").get_by_label(language, exact=True).check()
            code = page.locator("#code").text_content() or ""
            results.append(threads.submit(run, language, code, tmp_path / language, visitor.caller.secret))
    for result in results:
        assert result.result().returncode == 0, result.result().stderr
    history = visitor.caller.http.get("/inference-request/request-history").json()["requests"]
    assert len(history) == 2
    for row in history:
        body = row["request_body"]
        assert [body["start_image_url"], body["end_image_url"]] == urls
