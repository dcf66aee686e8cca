"""``serve``: the desk and the interface, on this machine until it is told otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import HOME, Home, Now, moment


def serve(
    home: Home = HOME,
    host: Annotated[str, typer.Option("--host", help="监听地址 address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口 port.")] = 8080,
    now: Now = None,
) -> None:
    """办理台与接口 Serve the desk and the interface (Ctrl+C ends it)."""
    import uvicorn

    from portal.application import create_application

    application = create_application(home, lambda: moment(now))
    output.line(f"办理台 desk http://{host}:{port}/  接口文档 interface http://{host}:{port}/api/docs")
    uvicorn.run(application, host=host, port=port, log_level="warning", access_log=False, server_header=False)
