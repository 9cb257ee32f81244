"""`python -m flashreel`: the same as the command `flashreel`."""

from __future__ import annotations

from flashreel.cli import console

console()
