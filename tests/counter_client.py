"""A counter system as a department might write it: httpx and the standard library, nothing of the project.

    python counter_client.py URL KEY report RESOURCE RECORD ITEM PROPOSED REASON REFERENCE
    python counter_client.py URL KEY poll TICKET

Imported, it also receives callbacks: `Receiver` checks the signature as docs/interface.md says, by code of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


class Counter:
    """Reports problems and asks what became of them."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def report(self, **said: Any) -> dict[str, Any]:
        """Report; safe to send again with the same ``reference``."""
        answer = self._http.post("/problems", json=said)
        answer.raise_for_status()
        return {"status": answer.status_code, **answer.json()}

    def poll(self, ticket: str) -> dict[str, Any]:
        """What became of it."""
        answer = self._http.get(f"/problems/{ticket}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class Receiver:
    """Takes callbacks on a port of this machine; those whose signature is genuine are in ``taken``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.secret = b""
        self.taken: list[dict[str, Any]] = []
        self.refused = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stamp = self.headers["Shuyuan-Timestamp"]
                mac = hmac.new(receiver.secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
                genuine = hmac.compare_digest("v1=" + mac, self.headers["Shuyuan-Signature"])
                if genuine and abs(clock() - int(stamp)) <= 300:
                    receiver.taken.append(json.loads(body))
                    self.send_response(204)
                else:
                    receiver.refused += 1
                    self.send_response(401)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def main(url: str, key: str, what: str, *rest: str) -> None:
    """Run one of the two commands and print the answer as JSON."""
    counter = Counter(url, key)
    try:
        if what == "report":
            names = ("resource", "key", "item", "proposed", "reason", "reference")
            answer = counter.report(**dict(zip(names, rest, strict=True)))
        else:
            answer = counter.poll(*rest)
        sys.stdout.write(json.dumps(answer))
    finally:
        counter.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
