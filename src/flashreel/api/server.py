"""The api child: uvicorn on the socket that the supervisor bound, in this very process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from flashreel.api.app import create_app
from flashreel.api.connection import BoundedConnection
from flashreel.api.state import Life
from flashreel.settings import Settings

_log = structlog.get_logger(__name__)

#: What open answers get to end themselves once the process stops.
_LAST_SECONDS = 2


class _Server(uvicorn.Server):
    """uvicorn with our signals: SIGTERM drains (polls and files are still answered), SIGINT stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_api(settings: Settings, *, socket_fd: int, first_start: bool) -> None:
    """Serves until SIGINT. `first_start` False: an api that replaces a dead one does not wait for a worker again."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(settings, socket.socket(fileno=socket_fd), first_start))


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _serve(settings: Settings, listener: socket.socket, first_start: bool) -> None:
    life = Life()
    app = create_app(settings, life=life, warmed_up=not first_start or settings.workers == 0)
    server = _Server(
        uvicorn.Config(
            app,
            http=BoundedConnection,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=False,  # api/base_url.py believes only the proxies the operator named
            timeout_graceful_shutdown=_LAST_SECONDS,
            timeout_keep_alive=30,
        )
    )

    def stop() -> None:
        life.draining.set()
        life.stopping.set()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, life.draining.set)
    loop.add_signal_handler(signal.SIGINT, stop)
    await server.serve(sockets=[listener])
    app.state.flashreel.writer.close()
    _log.info("api stopped")
