"""The interface as one application, mounted below ``/api`` beside the desk.

An application of its own, so that its errors are problem details for machines and the desk's are pages for people, and so
that neither's limits and headers are the other's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from accounts.limits import RateLimiter
from hub.docking import PackageTurn
from hub.hub import Hub
from portal.api import (
    answers,
    attachments,
    bulk,
    catalogue,
    corrections,
    deliveries,
    documentation,
    packages,
    problems,
    projects,
    rules,
    tickets,
)
from portal.api.errors import install_handlers
from portal.api.guard import Guard

ROUTERS = (
    problems.router,
    bulk.router,
    attachments.router,
    tickets.router,
    answers.router,
    corrections.router,
    deliveries.router,
    rules.router,
    catalogue.router,
    projects.router,
    packages.router,
)


def create_interface(hub: Hub, now: Callable[[], datetime]) -> FastAPI:
    """The interface over a hub.

    Args:
        hub: every service; shared by the threads of the server.
        now: the clock.
    """
    interface = FastAPI(
        title="数源接口 Shuyuan interface",
        version="1",
        description=documentation.DESCRIPTION,
        openapi_tags=documentation.TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    interface.state.hub = hub
    interface.state.now = now
    interface.state.limiter = RateLimiter()
    interface.state.package_turn = PackageTurn()
    install_handlers(interface)
    for router in ROUTERS:
        interface.include_router(router, prefix="/v1")
    documentation.install(interface)
    interface.add_middleware(Guard)
    return interface
