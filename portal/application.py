"""The office portal as one application: the desk and the interface over one hub.

Doors contain no logic: a route finds out who asks, calls a service of the hub, and shows what it says. The public site will be
another application with no credential to the lake.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.hub import Hub
from hub.renewal import Renewal, read
from portal.api.interface import create_interface
from portal.web.routes import router as web


class Renewed:
    """Before a request, sees to it that the doors hold a hub by the home's documents of now (`hub.renewal`).

    Args:
        app: what is inside.
        renewal: the hub, and when it is renewed.
        doors: the applications that hold it.
    """

    def __init__(self, app: ASGIApp, renewal: Renewal, doors: Sequence[FastAPI]) -> None:
        self._app = app
        self._renewal = renewal
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and self._renewal.due():
            hub = await run_in_threadpool(self._renewal.renew)
            for door in self._doors:
                door.state.hub = hub
        await self._app(scope, receive, send)


def create_application(home: Path, now: Callable[[], datetime]) -> FastAPI:
    """The application over a home.

    Args:
        home: the folder of all state.
        now: the clock; only doors read it.

    Raises:
        ShuyuanError: the home's documents do not hold together; nobody is let in to a desk that can answer nothing.
    """
    hub = Hub(home)
    try:
        hub.upgrade()
        renewal = Renewal(hub)  # it takes its mark before the documents are read: what changes meanwhile is seen
        read(hub)
    except BaseException:
        hub.close()
        raise

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        renewal.close()

    application = FastAPI(title="数源 Shuyuan", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    application.state.hub = hub
    application.state.now = now
    inner = create_interface(hub, now)
    interface = Mount("/api", app=inner, name="api")
    # An address with a line break in it is the interface's to refuse, too: without the flag "." does not match it.
    interface.path_regex = re.compile(interface.path_regex.pattern, re.DOTALL)
    application.router.routes.append(interface)
    application.include_router(web)
    application.add_middleware(Renewed, renewal=renewal, doors=(application, inner))
    return application
