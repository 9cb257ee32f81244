"""What strangers wrote is printed as they wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flashreel.terminal import out, plain


def printed(console: Console, text: str) -> str:
    with console.capture() as captured:
        console.print(f"[red]before[/red] {plain(text)}")
    return captured.get()


@pytest.mark.parametrize("text", [r"\[/]", r"\[/red]", "[/]", "[red]x", r"a\[b", "a\\", "[link=http://x]x", ":smile:"])
def test_text_is_no_markup(text: str) -> None:
    assert printed(out, text) == f"before {text}\n"


@given(st.text("\\[]/ab#@ \n", max_size=12))
def test_no_text_is_markup(text: str) -> None:
    assert printed(out, text) == f"before {text}\n"


def test_text_commands_no_terminal() -> None:
    assert printed(out, "a\x9b31mb\x1b]0;title\x07c\r\nd") == "before a31mb]0;titlec\nd\n"
