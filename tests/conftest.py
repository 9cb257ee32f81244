"""What holds for every test."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything imports numba: one JIT cache for this process and every server it starts.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".cache" / "numba"))
# Servers under test are on this machine, whatever proxy reaches the rest of the world.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
