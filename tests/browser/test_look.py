"""How the pages look and read: accessible by axe-core's rules, whole at every width, in light and in dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors

WIDTHS = {"phone": 390, "tablet": 820, "desktop": 1440}


def assert_accessible(page: Page) -> None:
    """By every rule of axe-core; in the dark by those about colours, since nothing else changes."""
    page.emulate_media(color_scheme="light")
    everything = Axe().run(page)
    page.emulate_media(color_scheme="dark")
    colours = Axe().run(page, options={"runOnly": ["color-contrast"]})
    for found in (everything, colours):
        assert found.violations_count == 0, found.generate_report()


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_playground_is_accessible(visitors: Visitors) -> None:
    visitor = visitors(motion="reduce")  # a colour half way to another is no fault
    page = visitor.visit()
    expect(page.locator("#key-panel")).to_be_visible()
    assert_accessible(page)
    visitor.enter()
    visitor.generate("seconds=100", "scripted")
    expect(page.locator("#stage-word")).to_have_text("Drawing frames")
    assert_accessible(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#failure")).to_be_visible()
    assert_accessible(page)
    visitor.generate("a red fox and a zorblax")
    visitor.plays()
    page.get_by_role("tab", name="History").click()
    expect(page.locator("#history li")).to_have_count(2)
    assert_accessible(page)


def test_the_description_is_accessible(visitors: Visitors) -> None:
    page = visitors(motion="reduce").visit("/docs#segmind_submit")
    page.locator("#segmind_submit .answer").first.locator("summary").click()
    expect(page.locator("#segmind_submit .answer pre").first).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("name", WIDTHS)
def test_the_pages_fit(visitors: Visitors, pictures: Path, name: str) -> None:
    visitor = visitors(width=WIDTHS[name], scheme="dark" if name == "tablet" else "light")
    page = visitor.visit()
    expect(page.locator("#key-panel")).to_be_visible()
    assert_fits(page)
    page.screenshot(path=pictures / f"{name}-first.png", full_page=True)
    visitor.enter()
    visitor.generate("a red fox and a zorblax")
    visitor.plays()
    assert_fits(page)
    page.screenshot(path=pictures / f"{name}-video.png", full_page=True)
    visitor.visit("/docs#segmind_submit")
    expect(page.locator("#segmind_submit .body")).to_be_visible()
    assert_fits(page)
    page.screenshot(path=pictures / f"{name}-docs.png", full_page=True)
