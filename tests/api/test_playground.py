"""The pages: what is sent with them, and how little they weigh."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser

import pytest

from flashreel.api.openapi.own import PAGE_PARTS
from flashreel.api.playground.pages import FILES, POLICY
from tests.api.conftest import Api
from tests.support.server import ROOT

#: What the playground and the operator's page may weigh, each all in all, in bytes.
WEIGHT, ADMIN_WEIGHT = 150_000, 80_000
#: What pages begin with.
MAIN = {"main.js", "docs.js", "admin/main.js"}
PATHS = ["/", "/docs", "/admin", *(f"/playground/{name}" for name in FILES if not name.endswith(".html"))]


def test_the_pages_are_light() -> None:
    admin = sum(len(file.data) for name, file in FILES.items() if name.startswith("admin/"))
    assert admin < ADMIN_WEIGHT
    assert sum(len(file.data) for file in FILES.values()) - admin < WEIGHT


@pytest.mark.parametrize("path", PATHS)
def test_a_page_needs_no_key_and_may_load_nothing_from_elsewhere(api: Api, path: str) -> None:
    answer = api.get(path, key=None)
    assert answer.status_code == 200
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in ("text/html", *PAGE_PARTS)
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY and POLICY.startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", PATHS)
def test_a_page_that_is_known_is_not_sent_again(api: Api, path: str) -> None:
    etag = api.get(path, key=None).headers["etag"]
    again = api.get(path, key=None, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == POLICY
    assert api.get(path, key=None, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "name", ["", "nope.js", "index.html/", "../pages.py", "..%2fpages.py", "%2e%2e/pages.py", "/etc/passwd", "examples"]
)
def test_there_is_nothing_else(api: Api, name: str) -> None:
    answer = api.get(f"/playground/{name}", key=None)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


class _Links(HTMLParser):
    """Collects what a page loads, and what it must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.inline += [name for name in named if name == "style" or name.startswith("on")]
        if tag in ("script", "img", "link"):
            self.loaded.append(named.get("src") or named.get("href") or "inline")


@pytest.mark.parametrize("name", ["index.html", "docs.html", "admin/index.html"])
def test_what_a_page_loads_is_there(name: str) -> None:
    links = _Links()
    links.feed(FILES[name].data.decode())
    assert links.inline == []
    assert len(links.loaded) > 3
    assert {link.removeprefix("playground/") for link in links.loaded} <= FILES.keys()


def test_what_a_script_imports_is_there_and_nothing_is_left_over() -> None:
    scripts = {name: file.data.decode() for name, file in FILES.items() if name.endswith(".js")}
    imported = {
        posixpath.normpath(posixpath.join(posixpath.dirname(script), name))
        for script, text in scripts.items()
        for name in re.findall(r'from "(\.\.?/[\w./]+)"', text)
    }
    assert imported | MAIN == scripts.keys()
    markup = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function")
    for name, text in scripts.items():
        assert not markup.search(text), name


def test_every_example_has_its_still() -> None:
    text = FILES["examples.js"].data.decode()
    examples = re.findall(r'^  \["(\w+)", "([^"]+)"\],$', text, re.MULTILINE)
    assert {f"examples/{name}.webp" for name, _ in examples} == {name for name in FILES if name.startswith("examples/")}
    gallery = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for _, prompt in examples:
        assert f"![{prompt}]" in gallery
