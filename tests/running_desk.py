"""The desk really running, on a port of this machine, with a clock that tests set."""

from __future__ import annotations

import socket
import threading
import time
from datetime import datetime
from pathlib import Path

import uvicorn

from hub.hub import Hub
from portal.application import create_application


class RunningDesk:
    """A desk over a home; ``now`` is the moment that it takes for the present."""

    def __init__(self, home: Path, now: datetime) -> None:
        self.now = now
        application = create_application(home, lambda: self.now)
        self._state = application.state
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        settings = uvicorn.Config(application, host="127.0.0.1", port=self.port, log_level="warning", access_log=False)
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    @property
    def hub(self) -> Hub:
        """The hub that requests are answered with now."""
        hub: Hub = self._state.hub
        return hub

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + 60
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < until, "the desk did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
