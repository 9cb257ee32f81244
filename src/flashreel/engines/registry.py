"""From an engine's name to the engine. Each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from flashreel.engines.base import Engine
from flashreel.engines.capabilities import capabilities
from flashreel.errors import SetupError

_CLASSES = {"animatic": "flashreel.engines.animatic.engine:AnimaticEngine"}


def load_engine(name: str, threads: int) -> Engine:
    """The engine called `name`, or the operator's own given as `module:Class`, rendering with `threads` threads.

    Raises SetupError when there is none of that name or it cannot be imported.
    """
    capabilities(name)
    module_name, _, class_name = _CLASSES.get(name, name).partition(":")
    try:
        factory = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError, TypeError) as error:  # the last: a relative module
        raise SetupError(f"engine {name!r} cannot be loaded: {error}") from error
    engine: Engine = factory(threads=threads)
    return engine
