"""docs/compatibility.md: what each official client's methods do here, as the acceptance tests have seen it.

    python tools/compatibility.py            writes the page
    python tools/compatibility.py --check    says whether it is as it would be written

Every line of the page comes from a mark on a test (tests/support/compat.py); a public method of a client that no test
speaks of is an error.
"""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import lumaai
import openai
import pytest
import replicate.client
import segmind

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "compatibility.md"


@dataclass
class Client:
    """An official package: what a user sets, and the resources of its client that make sense here."""

    package: str
    title: str
    base_url: str
    page: str | None
    made: object
    resources: tuple[str, ...]
    elsewhere: str = ""


@dataclass
class Line:
    says: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


class _Marks:
    """A pytest plugin that collects the marks and runs nothing."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], Line] = defaultdict(Line)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers("proves"):
                line = self.lines[mark.kwargs["client"], mark.kwargs["method"]]
                line.says.add(mark.kwargs["says"])
                if mark.kwargs["note"] and mark.kwargs["note"] not in line.notes:
                    line.notes.append(mark.kwargs["note"])


def clients() -> list[Client]:
    return [
        Client(
            package="segmind",
            title="Segmind",
            base_url="http://HOST:8000/v1",
            page="segmind.md",
            made=segmind.SegmindClient(api_key="x"),
            resources=("", "files", "webhooks", "generations", "models", "accounts", "finetune", "pixelflows"),
            elsewhere="All its resources (`files`, `generations`, ...) call hosts of Segmind's own, whatever the base "
            "URL says; the transport in [segmind.md](segmind.md) leads them here.",
        ),
        Client(
            package="lumaai",
            title="Luma Dream Machine",
            base_url="http://HOST:8000/dream-machine/v1",
            page="luma.md",
            made=lumaai.LumaAI(auth_token="x"),
            resources=(
                *("generations", "generations.video", "generations.concepts", "generations.image"),
                *("credits", "ping"),
            ),
        ),
        Client(
            package="openai",
            title="OpenAI Videos",
            base_url="http://HOST:8000/v1",
            page="openai.md",
            made=openai.OpenAI(api_key="x"),
            resources=("videos", "models"),
            elsewhere="Its other resources (chat, images, audio, files, ...) are not offered: 404.",
        ),
        Client(
            package="replicate",
            title="Replicate",
            base_url="http://HOST:8000/replicate",
            page="replicate.md",
            made=replicate.client.Client(api_token="x"),
            resources=(
                *("", "predictions", "models", "models.predictions", "files", "accounts"),
                *("webhooks.default", "collections", "deployments", "deployments.predictions", "hardware", "trainings"),
            ),
        ),
    ]


def methods(client: Client) -> Iterator[str]:
    """The public methods of a client's resources, as a user writes them after `client.`."""
    for resource in client.resources:
        found: object = client.made
        for name in filter(None, resource.split(".")):
            found = getattr(found, name)
        for name, _ in inspect.getmembers(type(found), inspect.isfunction):
            if not name.startswith(("_", "async_", "with_")) and not (resource == "" and name in _PLUMBING):
                yield f"{resource}.{name}" if resource else name


#: Of a client itself: how it is made and closed, its raw verbs.
_PLUMBING = frozenset({"close", "copy", "is_closed", "get", "post", "put", "patch", "delete", "request"})


def read_marks() -> dict[tuple[str, str], Line]:
    """What the tests' marks say, by client and method."""
    marks = _Marks()
    said = StringIO()
    with redirect_stdout(said):
        arguments = [str(ROOT / "tests" / "acceptance"), "--collect-only", "-q", "--rootdir", str(ROOT)]
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # the clients are imported by now
        status = pytest.main(arguments, plugins=[marks])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"the acceptance tests cannot be collected\n{said.getvalue()}")
    return marks.lines


def write(lines: dict[tuple[str, str], Line]) -> str:
    """The page. Raises SystemExit where a method has no test."""
    text = [
        "# What works with which client",
        "",
        "Made by `tools/compatibility.py` from the acceptance tests, which drive the official packages against a real",
        "server: every line is something a test has seen. Not written by hand.",
        "",
    ]
    silent = []
    for client in clients():
        text += [f"## {client.title}: `{client.package}` {version(client.package)}", ""]
        page = f" More: [{client.page}]({client.page})." if client.page else ""
        text += [f"Base URL: `{client.base_url}`.{page}", ""]
        text += ["| Method | Here | Mind |", "|---|---|---|"]
        mine = [method for package, method in lines if package == client.package]
        known = list(methods(client))
        silent += [f"{client.package}: {method}" for method in known if method not in mine]
        for method in [*known, *sorted(set(mine) - set(known))]:
            line = lines.get((client.package, method), Line())
            says = "; ".join(sorted(line.says, key=lambda say: (say != "works", say)))
            text.append(f"| `{method}` | {says} | {' '.join(note.rstrip('.') + '.' for note in line.notes)} |")
        text += ["", *([client.elsewhere, ""] if client.elsewhere else [])]
    if silent:
        raise SystemExit("no acceptance test says what these do here:\n  " + "\n  ".join(silent))
    return "\n".join(text)


def main() -> None:
    page = write(read_marks())
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
            raise SystemExit("docs/compatibility.md is not what the tests say; run python tools/compatibility.py")
        return
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {page.count(chr(10))} lines")


if __name__ == "__main__":
    main()
