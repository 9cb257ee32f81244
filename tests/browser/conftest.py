"""One browser and one server for all of these tests; every test has a key and a browser profile of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.support.browser import NoBrowser, chromium
from tests.support.caller import Caller
from tests.support.server import Server, wait_for

#: Generous: two cores may be shared with a whole test run.
PATIENCE: Final = 90_000
expect.set_options(timeout=PATIENCE)

#: What the browser itself logs of every answer that is no success; which of them may come, the tests say.
_REFUSED: Final = ("Failed to load resource",)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as browser:
            yield browser
    except NoBrowser as error:
        pytest.fail(str(error))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with closing(Server(tmp_path_factory.mktemp("browser") / "data").start()) as server:
        yield server


@pytest.fixture
def caller(server: Server) -> Iterator[Caller]:
    """Whose key the page is given; also for what a test does behind the page's back."""
    with closing(Caller.create(server)) as caller:
        yield caller


class Visitor:
    """Somebody at the page. `wrong` collects what a page must never do; `sent` the requests."""

    def __init__(self, context: BrowserContext, caller: Caller) -> None:
        self.context = context
        self.caller = caller
        self.base = caller.server.url
        self.wrong: list[str] = []
        self.sent: list[Request] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"uncaught: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.wrong.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        self.sent.append(request)
        if not request.url.startswith((f"{self.base}/", "blob:", "data:")):
            self.wrong.append(f"asked elsewhere: {request.url}")
        if self.caller.secret in request.url:
            self.wrong.append(f"the key is in an address: {request.url}")

    def visit(self, path: str = "/") -> Page:
        self.page.goto(self.base + path)
        return self.page

    def enter(self, key: str | None = None) -> Page:
        """Visits the page for the first time, and sets a key: the caller's, unless another is given."""
        page = self.visit()
        page.get_by_label("API key").fill(key or self.caller.secret)
        page.get_by_role("button", name="Use key").click()
        if key is None:
            expect(page.locator("#key-panel")).to_be_hidden()
            expect(page.get_by_label("Model")).to_be_visible()
        return page

    def generate(self, prompt: str, model: str = "tiny") -> None:
        self.page.get_by_label("Model").select_option(model)
        self.page.get_by_label("Prompt").fill(prompt)
        self.page.get_by_role("button", name="Generate").click()

    def plays(self) -> dict[str, Any]:
        """Of the video, once it can be played: width, height, whether it loops."""
        expect(self.page.locator("#video")).to_be_visible()
        video = "document.getElementById('video')"
        wait_for(lambda: bool(self.page.evaluate(f"{video}.readyState >= 3")))
        found: dict[str, Any] = self.page.evaluate(
            f"({{width: {video}.videoWidth, height: {video}.videoHeight, loop: {video}.loop}})"
        )
        return found

    def submitted(self) -> dict[str, Any]:
        """The body of the last submit."""
        posts = [request for request in self.sent if request.method == "POST" and "/v2/" in request.url]
        body = posts[-1].post_data_json
        assert isinstance(body, dict)
        return body


class Visitors:
    """Makes visitors, and looks at the end what their pages have done."""

    def __init__(self, browser: Browser, caller: Caller) -> None:
        self._browser = browser
        self._caller = caller
        self._made: list[Visitor] = []

    def __call__(
        self,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["no-preference", "reduce"] = "no-preference",
        caller: Caller | None = None,
    ) -> Visitor:
        context = self._browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion=motion
        )
        self._made.append(Visitor(context, caller or self._caller))
        return self._made[-1]

    def leave(self) -> None:
        for visitor in self._made:
            visitor.context.close()
        assert [one for visitor in self._made for one in visitor.wrong] == []


@pytest.fixture
def visitors(browser: Browser, caller: Caller) -> Iterator[Visitors]:
    visitors = Visitors(browser, caller)
    yield visitors
    visitors.leave()


@pytest.fixture
def visitor(visitors: Visitors) -> Visitor:
    return visitors()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the tests leave pictures of the pages, for whoever wants to look."""
    folder = Path(__file__).parents[2] / ".cache" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
