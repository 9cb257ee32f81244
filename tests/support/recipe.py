"""The client that docs/segmind.md makes, from the very lines that are printed there."""

from __future__ import annotations

import re
from pathlib import Path

from segmind import SegmindClient

_PAGE = Path(__file__).parents[2] / "docs" / "segmind.md"


def mapped_client(url: str, key: str) -> SegmindClient:
    """A client whose every host of Segmind's is the server at `url`."""
    (recipe,) = (
        block
        for block in re.findall(r"^```python\n(.+?)^```$", _PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        if "HTTPTransport" in block
    )
    for printed, meant in (("http://127.0.0.1:8000", url), ("fr_...", key)):
        assert recipe.count(printed) == 1, printed
        recipe = recipe.replace(printed, meant)
    made: dict[str, object] = {}
    exec(recipe, made)  # the page's own code
    client = made["client"]
    assert isinstance(client, SegmindClient)
    return client
