"""`python -m flashreel.child`: what a child process of `serve` runs. Not for use by hand."""

from __future__ import annotations

import signal
from pathlib import Path

from flashreel.process import read_message
from flashreel.settings import Settings
from flashreel.telemetry import configure_logging, events, metrics, traces


def main() -> None:
    # Told to stop while it still starts, a child ends without a traceback; each role sets its own handlers later.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    message = read_message()
    settings = Settings(**message["settings"])
    configure_logging(settings.log_format, message["name"])
    metrics.begin(Path(message["metrics"]), message["name"].partition("-")[0])
    events.begin(with_texts=settings.log_prompts)
    traces.begin(message["name"], message["otel"])
    # Imported by role: the api never loads an engine, the worker never loads a web framework.
    if message["role"] == "api":
        from flashreel.api.server import run_api

        run_api(settings, socket_fd=message["socket"], first_start=message["starts"] == 1)
    elif message["role"] == "worker":
        from flashreel.worker import run_worker

        scratch = Path(message["scratch"])
        run_worker(
            settings, name=message["name"], engine=message["engine"], threads=message["threads"], scratch=scratch
        )
    else:
        from flashreel.keeper import run_keeper

        run_keeper(settings, name=message["name"])


if __name__ == "__main__":
    main()
