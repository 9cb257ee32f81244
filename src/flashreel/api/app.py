"""The HTTP application: every route, every error, one state."""

from __future__ import annotations

import re

from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from flashreel import __version__
from flashreel.api import (
    admin,
    admin_keys,
    answers,
    assets,
    events,
    health,
    luma,
    openai_videos,
    replicate,
    segmind,
    segmind_files,
    segmind_history,
    segmind_side,
    segmind_webhooks,
    uploads,
)
from flashreel.api.bounds import BoundedBodies
from flashreel.api.estimates import Estimates
from flashreel.api.headers import AllowedHosts, SafeHeaders
from flashreel.api.limits import Buckets
from flashreel.api.observed import Observed, name_routes
from flashreel.api.openapi.document import openapi_route
from flashreel.api.playground import pages
from flashreel.api.prometheus import metrics_route
from flashreel.api.room import Room
from flashreel.api.snapshots import Snapshots
from flashreel.api.state import Life, State
from flashreel.api.waiting import Waiting
from flashreel.catalogue import RESERVED_NAMES
from flashreel.errors import RequestRefused
from flashreel.jobs.database import Database
from flashreel.jobs.writer import Writer
from flashreel.settings import Settings
from flashreel.storage import Storage
from flashreel.telemetry.logs import RequestLog


class _ModelName(Convertor[str]):
    """What may be a model's name: the names of other paths are left to those, so that a wrong method there is 405."""

    regex = rf"(?!(?:{'|'.join(map(re.escape, sorted(RESERVED_NAMES)))})$)[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("model", _ModelName())


def create_app(settings: Settings, *, life: Life, warmed_up: bool) -> FastAPI:
    """The application over the store and the assets of `settings.data`. `warmed_up` False makes /health/ready wait
    once for a worker."""
    database = Database(settings.database, impatient=True)
    app = FastAPI(
        title="flashreel",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Its own would send paths, which hold secrets; `observed.py` does what we want of it.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,  # a redirect would name the Host as it came, and http behind a proxy that speaks https
    )
    app.state.flashreel = State(
        settings=settings,
        catalogue=settings.catalogue,
        database=database,
        writer=Writer(database),
        storage=Storage(settings.assets),
        buckets=Buckets(settings.rate, settings.burst),
        room=Room(settings),
        estimates=Estimates(settings, database),
        snapshots=Snapshots(database),
        waiting=Waiting(database, life.stopping),
        life=life,
        warmed_up=warmed_up,
    )
    # The last added is the first to see a request.
    app.add_middleware(BoundedBodies, max_bytes=settings.max_body, seconds=settings.body_seconds)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["*"],
            max_age=3600,
        )
    if settings.allowed_hosts:
        app.add_middleware(AllowedHosts, hosts=settings.allowed_hosts)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Observed, log=RequestLog(settings.log_format), lines=settings.log_requests)
    app.add_exception_handler(RequestRefused, answers.refused)
    app.add_exception_handler(HTTPException, answers.http_error)
    app.add_exception_handler(OperationalError, answers.store_failed)
    app.add_exception_handler(ClientDisconnect, answers.gone)
    app.add_exception_handler(Exception, answers.crashed)
    # Plain Starlette routes: polls are nearly all of the traffic, and cost a third of what FastAPI's own take.
    app.router.routes += [
        *luma.ROUTES,
        *openai_videos.ROUTES,
        *replicate.ROUTES,
        *segmind_history.ROUTES,
        *segmind_side.ROUTES,
        *segmind_webhooks.ROUTES,
        Route("/v2/requests/{request_id}/status", segmind.status_v2),
        Route("/v2/requests/{request_id}/events", events.events),
        Route("/v2/requests/{request_id}/cancel", segmind.cancel_v2, methods=["POST"]),
        Route("/v2/requests/{request_id}", segmind.request_v2, methods=["GET", "DELETE"]),
        Route("/v1/requests/{request_id}", segmind.result),
        Route("/v1/get-user-credits", segmind.credits_v1),
        Route("/upload-asset", segmind_files.upload_asset, methods=["POST"]),
        Route("/assets/uploads/{upload_id}/{name}", uploads.uploaded),
        Route("/assets/{job_id}/{rest:path}", assets.asset),
        openapi_route(settings),
        *pages.ROUTES,
        *admin.ROUTES,
        *admin_keys.ROUTES,
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/health/workers", health.worker_health),
        metrics_route(settings, database),
        Route("/v2/{model:model}", segmind.submit_v2, methods=["POST"]),
        Route("/v1/{model:model}", segmind.generate_v1, methods=["POST"]),  # last: it matches whatever nothing else did
    ]
    name_routes(app.router.routes)
    return app
