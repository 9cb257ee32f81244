"""The playground as a visitor uses it, in a real browser on a real server."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser.conftest import Visitor, Visitors
from tests.support.caller import Caller
from tests.support.server import Server, wait_for

WATCH = """() => {
    window.percents = [];
    const percent = document.getElementById("percent");
    new MutationObserver(() => percents.push(Number(percent.textContent))).observe(percent, {childList: true});
}"""


def test_a_first_visit_says_where_the_key_is(visitor: Visitor) -> None:
    page = visitor.visit()
    expect(page.locator("#key-panel")).to_contain_text("The server prints a key when it first starts")
    page.get_by_label("Prompt").fill("a fox")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#key-error")).to_have_text("Set a key first.")
    expect(page.get_by_label("API key")).to_be_focused()


def test_a_video_is_made_and_plays(visitor: Visitor) -> None:
    page = visitor.enter()
    expect(page.locator("#credits")).to_have_text("100 credits")
    expect(page.locator("#price")).to_contain_text("0.375 credits")
    expect(page.locator("#price")).to_contain_text("99.625 left after")
    visitor.generate("a red fox running beside a zorblax")
    assert visitor.plays() == {"width": 160, "height": 90, "loop": False}
    expect(page.locator("#warnings")).to_have_text('Not understood: "zorblax".')
    expect(page.locator("#facts")).to_contain_text(re.compile("160 . 90"))
    expect(page.locator("#facts")).to_contain_text(re.compile(r"Expires in (1 h|59 min)"))
    expect(page.locator("#credits")).to_have_text("99.625 credits")
    expect(page.locator("#live")).to_contain_text("The video is ready.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"tiny-[0-9a-f]{8}\.mp4", download.value.suggested_filename)
    assert download.value.path().read_bytes()[4:8] == b"ftyp"


def test_progress_moves_and_a_page_loaded_again_goes_on(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.enter()
    page.evaluate(WATCH)
    prompt = f"seconds=1 until={tmp_path / 'go'}"
    visitor.generate(prompt, "scripted")
    expect(page.locator("#stage-word")).to_have_text("Drawing frames")
    expect(page.locator("#left")).to_have_text(re.compile(r"about \d+ .+ left"))
    percents = page.evaluate("percents")
    assert percents == sorted(percents)
    assert percents[0] == 0 and percents[-1] > 5
    page.reload()
    expect(page.locator("#stage-word")).to_have_text("Drawing frames")
    expect(page.get_by_label("Prompt")).to_have_value(prompt)
    (tmp_path / "go").touch()
    visitor.plays()
    assert len([one for one in visitor.sent if one.method == "POST"]) == 1
    page.reload()
    visitor.plays()


def test_a_loop_loops_and_takes_no_end_image(visitor: Visitor) -> None:
    page = visitor.enter()
    page.get_by_label("End image: URL").fill("https://example.com/end.png")
    page.get_by_label("Loop").check()
    expect(page.get_by_label("End image: URL")).to_be_disabled()
    page.get_by_label("9:16").check()
    visitor.generate("a red fox")
    assert visitor.plays() == {"width": 90, "height": 160, "loop": True}
    assert visitor.submitted() == {"prompt": "a red fox", "aspect_ratio": "9:16", "duration": 5, "loop": True}


def test_cancel(visitor: Visitor) -> None:
    page = visitor.enter()
    visitor.generate("seconds=100", "scripted")
    expect(page.locator("#stage-word")).to_have_text("Drawing frames")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#failure-title")).to_have_text("Cancelled")
    expect(page.locator("#failure-text")).to_have_text("Nothing was charged.")
    expect(page.locator("#credits")).to_have_text("100 credits")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#examples")).to_be_visible()


def test_a_job_is_cancelled_that_was_not_yet_accepted(visitor: Visitor) -> None:
    page = visitor.enter()
    held: list[Route] = []
    page.route("**/v2/scripted", lambda route: held.append(route))
    visitor.generate("seconds=100", "scripted")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#stage-word")).to_have_text("Cancelling")
    wait_for(lambda: page.evaluate("true") and bool(held))
    held[0].continue_()
    expect(page.locator("#failure-title")).to_have_text("Cancelled")
    assert visitor.caller.credits() == 100.0


def test_a_failure_is_said(visitor: Visitor) -> None:
    page = visitor.enter()
    visitor.generate("upstream", "scripted")
    expect(page.locator("#failure-title")).to_have_text("The service behind this failed")
    expect(page.locator("#failure-text")).to_contain_text("Nothing was charged.")


def test_an_expired_video_is_said_to_be(visitor: Visitor) -> None:
    page = visitor.enter()
    visitor.generate("a red fox", "scripted")
    visitor.plays()
    request_id = page.evaluate("localStorage.getItem('flashreel.job')")
    assert visitor.caller.http.delete(f"/v2/requests/{request_id}").status_code == 200
    page.reload()
    expect(page.locator("#failure-title")).to_have_text("This video has expired")
    page.reload()
    expect(page.locator("#examples")).to_be_visible()


def test_a_wrong_key(visitor: Visitor) -> None:
    page = visitor.enter("fr_" + "0" * 48)
    expect(page.locator("#key-error")).to_contain_text("This key is not valid")
    page.get_by_label("API key").fill(visitor.caller.secret)
    page.get_by_label("Remember it in this browser").uncheck()
    page.get_by_role("button", name="Use key").click()
    expect(page.locator("#key-panel")).to_be_hidden()
    assert visitor.caller.secret not in page.evaluate("Object.values(localStorage)")
    page.get_by_role("button", name="Key").click()
    page.get_by_role("button", name="Forget this key").click()
    expect(page.locator("#credits")).to_be_hidden()
    assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == ["flashreel.form"]


def test_no_credits(server: Server, visitors: Visitors) -> None:
    with closing(Caller.create(server, 0.1)) as poor:
        visitor = visitors(caller=poor)
        page = visitor.enter()
        expect(page.locator("#price")).to_contain_text("you have 0.1")
        visitor.generate("a fox")
        expect(page.locator("#failure-title")).to_have_text("Not enough credits")
        expect(page.locator("#failure-text")).to_have_text("Not enough credits: you have 0.1 and this needs 0.375.")


def test_too_many_at_once_and_a_second_try(server: Server, visitors: Visitors) -> None:
    with closing(Caller.create(server, max_queued=1)) as busy:
        visitor = visitors(caller=busy)
        page = visitor.enter()
        request_id = busy.submit("seconds=100")
        visitor.generate("a fox")
        expect(page.locator("#failure-title")).to_have_text("Too many at once")
        expect(page.locator("#failure-text")).to_contain_text("This key already has 1 unfinished jobs")
        busy.post(f"/v2/requests/{request_id}/cancel")
        busy.wait_for_state(request_id, "FAILED")
        page.get_by_role("button", name="Try again").click()
        visitor.plays()


def test_a_server_that_takes_no_jobs(visitor: Visitor) -> None:
    page = visitor.enter()
    refusal = {"error": "the server is shutting down; submit again in a moment", "code": "unavailable"}
    page.route("**/v2/tiny", lambda route: route.fulfill(status=503, json=refusal, headers={"retry-after": "5"}))
    visitor.generate("a fox")
    expect(page.locator("#failure-title")).to_have_text("The server takes no jobs just now")
    expect(page.locator("#failure-text")).to_have_text("The server is shutting down; submit again in a moment.")


def test_a_server_that_is_gone_and_comes_back(server: Server, visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.enter()
    visitor.generate(f"until={tmp_path / 'go'}", "scripted")
    expect(page.locator("#stage-word")).to_have_text("Drawing frames")
    visitor.context.set_offline(True)
    server.kill("api")  # which ends the stream
    expect(page.locator("#trouble")).to_contain_text("The server cannot be reached. Trying again")
    visitor.context.set_offline(False)
    expect(page.locator("#trouble")).to_be_hidden()
    (tmp_path / "go").touch()
    visitor.plays()
    assert len([one for one in visitor.sent if one.method == "POST"]) == 1


def test_a_submit_without_an_answer_is_sent_again_as_the_same(visitor: Visitor) -> None:
    page = visitor.enter()
    visitor.context.set_offline(True)
    visitor.generate("a fox")
    expect(page.locator("#trouble")).to_be_visible()
    visitor.context.set_offline(False)
    visitor.plays()
    posts = [one for one in visitor.sent if one.method == "POST"]
    assert len(posts) > 1
    assert len({one.headers["idempotency-key"] for one in posts}) == 1
    assert visitor.caller.credits() == 99.625


def test_a_stream_that_breaks_is_replaced_by_polling(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.enter()
    page.route("**/events", lambda route: route.abort())
    visitor.generate(f"until={tmp_path / 'go'}", "scripted")
    expect(page.locator("#stage-word")).to_have_text("Drawing frames")
    expect(page.locator("#trouble")).to_be_hidden()
    (tmp_path / "go").touch()
    visitor.plays()


def test_history(server: Server, visitor: Visitor) -> None:
    caller = visitor.caller
    first = caller.submit("a red fox in the snow", model="tiny", aspect_ratio="9:16", duration=9, loop=True, seed=7)
    second = caller.submit("crash")
    caller.wait_for_state(first, "COMPLETED")
    caller.wait_for_state(second, "FAILED")
    page = visitor.enter()
    page.get_by_role("tab", name="History").click()
    rows = page.locator("#history li")
    expect(rows).to_have_count(2)
    row = rows.filter(has_text="a red fox in the snow")
    expect(row).to_contain_text("0.675 credits")
    expect(row).to_contain_text(re.compile(r"Expires in (1 h|59 min)"))
    wait_for(lambda: page.evaluate("document.querySelector('.poster img').naturalWidth") == 90)
    expect(rows.filter(has_text="crash")).to_contain_text("Failed")
    row.get_by_role("button", name="Use again").click()
    expect(page.get_by_label("Prompt")).to_have_value("a red fox in the snow")
    expect(page.get_by_label("Model")).to_have_value("tiny")
    expect(page.get_by_label("Seed")).to_have_value("7")
    expect(page.get_by_label("Loop")).to_be_checked()
    expect(page.get_by_label("9:16")).to_be_checked()
    row.get_by_role("button", name="Open").click()
    assert visitor.plays() == {"width": 90, "height": 160, "loop": True}
    page.get_by_role("button", name="Generate").click()
    expect(rows).to_have_count(3)
    assert visitor.submitted()["seed"] == 7


def test_the_keyboard_alone_is_enough(visitor: Visitor) -> None:
    page = visitor.enter()
    expect(page.get_by_label("Prompt")).to_be_focused()
    page.get_by_label("Model").select_option("tiny")
    page.get_by_label("Prompt").focus()
    page.keyboard.type("a red fox")
    page.keyboard.press("Tab")
    expect(page.get_by_label("16:9")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("9:21")).to_be_checked()
    page.get_by_role("tab", name="Code").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="History")).to_be_focused()
    expect(page.locator("#panel-history")).to_be_visible()
    page.get_by_label("Prompt").focus()
    page.keyboard.press("Control+Enter")
    assert visitor.plays()["width"] == 82


def test_nothing_moves_for_who_wants_it_still(visitors: Visitors) -> None:
    visitor = visitors(motion="reduce")
    page = visitor.enter()
    visitor.generate("a red fox")
    visitor.plays()
    assert page.evaluate("document.getElementById('video').paused") is True


def test_the_form_says_what_cannot_be(visitor: Visitor) -> None:
    page = visitor.enter()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#prompt-error")).to_have_text("Say what the video shows.")
    page.locator("#examples button").first.click()
    expect(page.get_by_label("Prompt")).to_have_value("a young boy riding a red bicycle in grand canyon valleys")
    page.get_by_label("Seed").fill("-1")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_label("Seed")).to_be_focused()
    expect(page.locator("#seed-error")).to_contain_text("A whole number up to")
    assert not [one for one in visitor.sent if one.method == "POST"]
