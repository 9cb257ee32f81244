"""The page at /docs: all of /openapi.json, and nothing else."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visitor


def test_every_operation_is_there_with_its_errors(visitor: Visitor) -> None:
    page = visitor.visit("/docs")
    expect(page.locator("#state")).to_be_hidden()
    described = visitor.caller.http.get("/openapi.json").json()["paths"]
    expected = set()
    for path, methods in described.items():
        first = path.removeprefix("/openai").removeprefix("/replicate")
        for method, operation in methods.items():
            twin = described.get(first, {}).get(method)
            shown = first if twin is not None and twin["tags"] == operation["tags"] else path
            expected.add(f"{method.upper()}{shown}")
    methods_shown = page.locator(".route > summary .method").all_text_contents()
    paths_shown = page.locator(".route > summary .path").all_text_contents()
    found = {method + path for method, path in zip(methods_shown, paths_shown, strict=True)}
    assert found == expected
    submit = page.locator("#segmind_submit")
    submit.locator("summary").first.click()
    expect(submit.locator("table").first).to_contain_text("Idempotency-Key")
    refused = submit.locator(".answer").filter(has_text="406")
    refused.locator("summary").click()
    expect(refused.locator("pre")).to_contain_text("insufficient_credits")
    expect(submit.locator("h3", has_text="Body")).to_be_visible()


def test_routes_are_filtered(visitor: Visitor) -> None:
    page = visitor.visit("/docs")
    expect(page.locator("#state")).to_be_hidden()
    page.get_by_label("Filter the routes").fill("webhook")
    expect(page.locator("#segmind_submit")).to_be_hidden()
    expect(page.locator("#segmind_add_webhook")).to_be_visible()
    expect(page.locator("#tag-luma")).to_be_hidden()
