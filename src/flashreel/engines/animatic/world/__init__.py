"""Places: land and sea as height fields, what grows and stands on them, and their light.

Importing the package registers every place.
"""

from __future__ import annotations

from flashreel.engines.animatic.world import canyon, city, forest, hills, lake, seabed, shore, studio, village

__all__ = ["canyon", "city", "forest", "hills", "lake", "seabed", "shore", "studio", "village"]
