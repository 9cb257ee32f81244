"""Start and end images: dropped, pasted, named by URL, and the crop that is shown of them."""

from __future__ import annotations

import base64

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.support.images import saved
from tests.support.server import wait_for

#: Wide, its middle red: whatever is cropped to 9:16 is red all over.
PICTURE = Image.new("RGB", (300, 100), (0, 0, 255))
PICTURE.paste((255, 0, 0), (120, 0, 180, 100))
PNG = saved(PICTURE, "PNG")

TRANSFER = """(text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "picture.png", {type: "image/png"}));
    return transfer;
}"""


def drop(page: Page, target: str, data: bytes = PNG) -> None:
    """As if the file were dragged there."""
    transfer = page.evaluate_handle(TRANSFER, base64.b64encode(data).decode())
    page.locator(target).dispatch_event("drop", {"dataTransfer": transfer})


def paste(page: Page, data: bytes = PNG) -> None:
    transfer = page.evaluate_handle(TRANSFER, base64.b64encode(data).decode())
    page.evaluate(
        """(data) => document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}))""",
        transfer,
    )


def middle(page: Page) -> tuple[int, int, int]:
    """The colour that most of the frame around the video shows at its left edge."""
    red, green, blue, _ = page.evaluate(
        """() => {
            const video = document.getElementById("video");
            const canvas = document.createElement("canvas");
            canvas.width = video.videoWidth;
            canvas.height = video.videoHeight;
            const context = canvas.getContext("2d");
            context.drawImage(video, 0, 0);
            return [...context.getImageData(4, canvas.height / 2, 1, 1).data];
        }"""
    )
    return red, green, blue


def test_images_are_dropped_and_pasted_and_shown_as_they_are_cropped(visitor: Visitor) -> None:
    page = visitor.enter()
    page.get_by_label("9:16").check()
    drop(page, "#start-well .frame")
    crop = page.locator("#start-well img")
    expect(crop).to_be_visible()
    box = crop.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(9 / 16, abs=0.03)
    assert crop.evaluate("(image) => getComputedStyle(image).objectFit") == "cover"
    page.get_by_label("End image: URL").focus()
    paste(page)
    expect(page.locator("#end-well img")).to_be_visible()
    visitor.generate("a red fox")
    assert visitor.plays()["width"] == 90
    sent = visitor.submitted()
    for name in ("start_image_url", "end_image_url"):
        assert sent[name].startswith(f"{visitor.base}/assets/uploads/")
    red, green, blue = middle(page)  # blue would be the picture's edge, which the crop cuts off
    assert red > 180
    assert max(green, blue) < 80


def test_an_image_by_url_and_an_image_removed(visitor: Visitor) -> None:
    page = visitor.enter()
    text = "data:image/png;base64," + base64.b64encode(PNG).decode()
    url = visitor.caller.post("/upload-asset", data_urls=[text]).json()["file_urls"][0]
    page.get_by_label("Start image: URL").fill(url)
    page.get_by_label("Start image: URL").press("Tab")
    expect(page.locator("#start-well img")).to_be_visible()
    page.get_by_label("End image: URL").fill("https://example.com/far.png")
    page.get_by_label("End image: URL").press("Tab")
    expect(page.locator("#end-note")).to_contain_text("The server fetches it")
    page.get_by_role("button", name="Remove the end image").click()
    expect(page.locator("#end-note")).to_be_hidden()
    visitor.generate("a red fox")
    visitor.plays()
    sent = visitor.submitted()
    assert sent["start_image_url"] == url
    assert "end_image_url" not in sent


def test_what_is_no_image_is_refused_where_it_was_dropped(visitor: Visitor) -> None:
    page = visitor.enter()
    drop(page, "#start-well .frame", b"%PDF-1.7 no picture")
    expect(page.locator("#start-note")).to_contain_text("it must be an image")
    visitor.generate("a red fox")
    expect(page.locator("#failure-title")).to_have_text("An image could not be uploaded")
    assert not [one for one in visitor.sent if one.url.endswith("/v2/tiny")]


def test_an_image_waits_for_the_key(visitor: Visitor) -> None:
    page = visitor.visit()
    drop(page, "body")
    expect(page.locator("#start-note")).to_have_text("It is uploaded once there is a key.")
    page.get_by_label("API key").fill(visitor.caller.secret)
    page.get_by_role("button", name="Use key").click()
    expect(page.locator("#code")).to_contain_text("start_image_url=")


def test_the_last_frame_begins_the_next_video(visitor: Visitor) -> None:
    page = visitor.enter()
    drop(page, "#end-well .frame")
    visitor.generate("a red fox")
    visitor.plays()
    page.get_by_role("button", name="Remove the end image").click()
    page.get_by_role("button", name="Use last frame as start image").click()
    picture = "document.querySelector('#start-well img')"
    wait_for(lambda: page.evaluate(f"{picture}.naturalWidth") == 160)
    expect(page.locator("#code")).to_contain_text("start_image_url=")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#working")).to_be_visible()
    visitor.plays()
    assert visitor.submitted()["start_image_url"].endswith(".png")
    assert "end_image_url" not in visitor.submitted()
