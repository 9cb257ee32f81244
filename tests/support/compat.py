"""Marks on acceptance tests that say which method of which official client they prove. `docs/compatibility.md` is made
of them by `tools/compatibility.py`, so that it says nothing that no test has seen."""

from __future__ import annotations

from typing import Literal

import pytest

Client = Literal["segmind", "lumaai", "openai", "replicate"]


def proves(client: Client, method: str, says: str = "works", note: str = "") -> pytest.MarkDecorator:
    """This test calls `method` of the `client` package (as a user writes it after `client.`: `videos.create`) and sees
    that it works, or is answered as `says` says (`404: not offered`). `note` is for what a user must know besides."""
    return pytest.mark.proves(client=client, method=method, says=says, note=note)
