"""The office portal as one application: the desk and the interface over one hub.

Doors contain no logic: a route finds out who asks, calls a service of the hub, and shows what it says. The public site will be
another application with no credential to the lake.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.routing import Mount

from hub.hub import Hub
from portal.api.interface import create_interface
from portal.web.routes import router as web


def create_application(home: Path, now: Callable[[], datetime]) -> FastAPI:
    """The application over a home.

    Args:
        home: the folder of all state.
        now: the clock; only doors read it.
    """
    hub = Hub(home)
    hub.upgrade()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        hub.close()

    application = FastAPI(title="数源 Shuyuan", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    application.state.hub = hub
    application.state.now = now
    interface = Mount("/api", app=create_interface(hub, now), name="api")
    # An address with a line break in it is the interface's to refuse, too: without the flag "." does not match it.
    interface.path_regex = re.compile(interface.path_regex.pattern, re.DOTALL)
    application.router.routes.append(interface)
    application.include_router(web)
    return application
