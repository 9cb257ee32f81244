"""flashreel: an open, self-hosted text-to-video API, and its engine from Python: `flashreel.generate("a red fox")`."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Clip",
    "FlashreelError",
    "InvalidRequest",
    "JobFailed",
    "Metadata",
    "NotFound",
    "SetupError",
    "agenerate",
    "generate",
]

if TYPE_CHECKING:
    from flashreel.errors import FlashreelError, InvalidRequest, JobFailed, NotFound, SetupError
    from flashreel.generation import Clip, agenerate, generate
    from flashreel.studio import Metadata
else:

    def __getattr__(name):
        """Imports what is asked for: every process of a server imports this package, and few make videos with it."""
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = {"Clip": "generation", "Metadata": "studio", "agenerate": "generation", "generate": "generation"}
        return getattr(import_module(f"{__name__}.{home.get(name, 'errors')}"), name)
