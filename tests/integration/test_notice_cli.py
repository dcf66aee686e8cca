"""``shuyuan notice``: from a home's own settings and keys to a system that was called back."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from accounts.api_key import Scope
from ground.errors import UserError
from hub.hub import Hub, init_home
from notices.channels.webhook import verify
from notices.model import Notice, Topic, to_department, to_key
from policy.clock import SHANGHAI
from portal.cli.app import app

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)


class Counter:
    """A counter system that takes what is signed with its secret."""

    def __init__(self):
        self.taken, self.up = [], True
        counter = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                stamp, signature = self.headers["Shuyuan-Timestamp"], self.headers["Shuyuan-Signature"]
                at = datetime.fromtimestamp(int(stamp), SHANGHAI)
                genuine = verify(counter.secret, stamp, signature, body, now=at)
                if counter.up and genuine:
                    counter.taken.append(json.loads(body))
                self.send_response(503 if not counter.up else 200 if genuine else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.secret = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback?token=of-the-test"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def counter():
    one = Counter()
    yield one
    one.close()


@pytest.fixture
def home(tmp_path):
    init_home(tmp_path / "home")
    return tmp_path / "home"


def run(home, *words, now=NOW):
    done = CliRunner().invoke(app, ["notice", *words, "--home", str(home), "--now", now.isoformat(), "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return json.loads(done.stdout)


def text(home, *words, now=NOW):
    return CliRunner().invoke(app, ["notice", *words, "--home", str(home), "--now", now.isoformat()]).output


def tell(home, counter):
    """A key with a callback, and one notice to it and one to a department."""
    hub = Hub(home)
    key, _ = hub.api_keys.issue("窗口系统", "bureau", [Scope.PROBLEMS_WRITE], "admin", NOW, callback_url=counter.url)
    counter.secret = hub.api_keys.signing_secret(key.id)
    words = {"subject_zh": "状态", "subject_en": "state", "body_zh": "", "body_en": "", "created_at": NOW}
    with hub.database.begin() as connection:
        hub.notices.queue(
            connection,
            [
                Notice(topic=Topic.CALLBACK, about="T-1", recipient=to_key(key.id), occasion="1", **words),
                Notice(topic=Topic.TICKET_ROUTED, about="T-1", recipient=to_department("bureau"), occasion="1", **words),
            ],
            NOW,
        )  # fmt: skip
    hub.close()


def test_a_system_is_called_back_after_it_was_down(home, counter):
    (home / "city" / "notices.yaml").write_text("callbacks: {allow_loopback: true}\n", encoding="utf-8")
    tell(home, counter)
    counter.up = False
    assert run(home, "send")["report"] == {"sent": 0, "failed": 1, "given_up": 0, "nowhere": 1, "left": 0}
    (failed,) = run(home, "list", "--state", "failed")
    assert (failed["last_error"], failed["about"], failed["name"]) == ("http_503", "T-1", "窗口系统")
    assert "http_503" in text(home, "list")
    assert "of-the-test" not in text(home, "list") + json.dumps(failed)
    counter.up = True
    assert run(home, "retry", str(failed["id"]))["state"] == "waiting"
    assert run(home, "send", now=NOW + timedelta(seconds=1))["report"]["sent"] == 1
    assert [one["about"] for one in counter.taken] == ["T-1"]
    with pytest.raises(UserError, match="cannot be tried again"):
        run(home, "retry", str(failed["id"]))


def test_without_settings_nothing_leaves_the_house(home, counter):
    tell(home, counter)
    assert run(home, "send")["report"] == {"sent": 0, "failed": 0, "given_up": 0, "nowhere": 0, "left": 0}
    assert "notices.yaml" in text(home, "send")
    assert counter.taken == []
    hub = Hub(home)
    assert [one.notice.about for one in hub.notices.inbox(to_department("bureau"))] == ["T-1"]
    hub.close()


def test_secrets_that_are_not_set_are_named(home, monkeypatch):
    monkeypatch.delenv("GROUP_KEY_OF_THE_TEST", raising=False)
    settings = 'channels: [{id: group, kind: wecom, secret: "${GROUP_KEY_OF_THE_TEST}"}]\n'
    (home / "city" / "notices.yaml").write_text(settings, encoding="utf-8")
    assert run(home, "send")["unset_variables"] == ["GROUP_KEY_OF_THE_TEST"]
    assert "GROUP_KEY_OF_THE_TEST" in text(home, "send")
