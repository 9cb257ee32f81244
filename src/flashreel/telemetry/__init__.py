"""What an operator sees of a running server: logs, metrics, traces. Each is loaded where it is begun."""

from flashreel.telemetry.logs import configure_logging

__all__ = ["configure_logging"]
