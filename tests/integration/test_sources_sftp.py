"""Files fetched from a real SFTP server on this machine: the server's key, whole files, nothing fetched twice, all that goes wrong."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
from intake_home import Home, feed, people

from catalog.documents import load_city
from ground.errors import DocumentError, Unavailable, UserError
from pipelines.intake import fetch_sftp
from pipelines.intake.store import Outcome

PASSWORD = "p4ss-of-the-test"


class Files(paramiko.SFTPServerInterface):
    """A folder of this machine, read only."""

    root: Path
    fetched: list[str]
    before_read: Callable[[Path], None]

    def _path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            folder = self._path(path)
            return [paramiko.SFTPAttributes.from_stat(one.lstat(), one.name) for one in folder.iterdir()]
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno or 0)

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        assert not flags & (os.O_WRONLY | os.O_RDWR), "nothing is written at the department's"
        self.fetched.append(path)
        try:
            stream = self._path(path).open("rb")
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = stream
        type(self).before_read(self._path(path))
        return handle

    def remove(self, path: str) -> int:
        raise AssertionError("nothing is deleted at the department's")


class Login(paramiko.ServerInterface):
    """One user, one password, one key."""

    def __init__(self, allowed: paramiko.PKey, tried: list[str]) -> None:
        self._allowed = allowed
        self._tried = tried

    def check_auth_password(self, username: str, password: str) -> int:
        self._tried.append(password)
        right = (username, password) == ("hub", PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._allowed else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class Server:
    """The SFTP server of a department."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key = paramiko.ECDSAKey.generate()
        self.user_key = paramiko.ECDSAKey.generate()
        self.tried: list[str] = []
        self.fetched: list[str] = []
        self.kind = type("Served", (Files,), {"root": root, "fetched": self.fetched, "before_read": lambda path: None})
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, self.kind)
            self._open.append(transport)
            try:
                transport.start_server(server=Login(self.user_key, self.tried))
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()

    def cut(self) -> None:
        for one in self._open:
            one.close()

    def close(self) -> None:
        self.cut()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "department"
    (root / "out").mkdir(parents=True)
    one = Server(root)
    yield one
    one.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    one = Home(tmp_path / "home", environment={"SFTP_PASSWORD": PASSWORD})
    yield one
    one.close()


def declared(server: Server, mode: str = "full", **source: Any) -> dict[str, Any]:
    whole = {
        "kind": "sftp", "host": "127.0.0.1", "port": server.port, "user": "hub", "password": "${SFTP_PASSWORD}",
        "host_key": fetch_sftp.fingerprint(server.key), "path": "/out/jz_{period}*.csv", "timeout_seconds": 10,
    }  # fmt: skip
    return feed("jz", mode, source={name: value for name, value in (whole | source).items() if value is not None})


def put(server: Server, name: str, content: str, at: int = 1_790_000_000) -> Path:
    path = server.root / "out" / name
    path.write_text(content, encoding="utf-8")
    os.utime(path, (at, at))
    return path


@pytest.mark.duty("R-062")
def test_files_come_whole_in_order_of_their_periods_and_stay_where_they_lie(home, server):
    put(server, "jz_202611.csv", people(range(4), "新"))
    put(server, "jz_202610.csv", people(range(3), "旧"))
    put(server, "other.csv", "not ours\n")
    home.declare(declared(server))
    settled = home.run("jz")
    assert [(one.id, one.name, one.rows_taken) for one in settled] == [
        ("jz/2026-10/0001", "out/jz_202610.csv", 3), ("jz/2026-11/0001", "out/jz_202611.csv", 4),
    ]  # fmt: skip
    assert home.payload(settled[1]) == people(range(4), "新").encode()
    assert sorted(path.name for path in (server.root / "out").iterdir()) == [
        "jz_202610.csv",
        "jz_202611.csv",
        "other.csv",
    ]
    assert not list((home.root / "spill").glob("*jz*"))


def test_what_has_not_changed_is_not_fetched_again_and_what_has_is_a_new_delivery(home, server):
    put(server, "jz_202611.csv", people(range(3)))
    home.declare(declared(server))
    home.run("jz")
    assert home.run("jz", minutes=5) == [] and len(server.fetched) == 1
    # The same size, another content: the time of change tells.
    put(server, "jz_202611.csv", people(range(3), "李娜"), at=1_790_000_060)
    (corrected,) = home.run("jz", minutes=10)
    assert (corrected.number, corrected.rows_changed) == (2, 3)
    put(server, "jz_202611.csv", people(range(3), "李娜"), at=1_790_000_120)
    (touched,) = home.run("jz", minutes=15)
    assert (touched.id, touched.outcome) == (corrected.id, Outcome.UNCHANGED)
    (home.root / "landing" / "jz" / "remote.json").unlink()
    assert [one.outcome for one in home.run("jz", minutes=20)] == [Outcome.UNCHANGED], "lost, it costs a download"
    assert home.deliveries() == 2


def test_a_private_key_lets_us_in_without_a_password(home, server, tmp_path):
    path = tmp_path / "id"
    server.user_key.write_private_key_file(str(path), password="of the key")
    home.environment = {"KEY_FILE": str(path), "KEY_WORD": "of the key"}
    put(server, "jz_202611.csv", people(range(3)))
    home.declare(declared(server, private_key="${KEY_FILE}", password="${KEY_WORD}"))
    assert [one.rows_taken for one in home.run("jz")] == [3]
    assert server.tried == []


@pytest.mark.duty("R-197")
@pytest.mark.parametrize("way", ["fingerprint", "known_hosts", "nobody in known_hosts"])
def test_a_server_that_is_not_the_declared_one_is_told_nothing(home, server, way):
    put(server, "jz_202611.csv", people(range(3)))
    stranger = paramiko.ECDSAKey.generate()
    known = home.root / "known_hosts"
    line = f"[127.0.0.1]:{server.port} {stranger.get_name()} {stranger.get_base64()}\n"
    known.write_text(line if way == "known_hosts" else "", encoding="utf-8")
    by_file = {"host_key": None, "known_hosts": "known_hosts"}
    home.declare(
        declared(server, **({"host_key": fetch_sftp.fingerprint(stranger)} if way == "fingerprint" else by_file))
    )
    with pytest.raises(Unavailable, match="before any password was sent"):
        home.run("jz")
    assert server.tried == [] and home.deliveries() == 0
    assert known.read_text(encoding="utf-8") == (line if way == "known_hosts" else ""), "a key is never added"


def test_a_server_in_known_hosts_is_believed(home, server):
    put(server, "jz_202611.csv", people(range(3)))
    line = f"[127.0.0.1]:{server.port} {server.key.get_name()} {server.key.get_base64()}\n"
    (home.root / "known_hosts").write_text(line, encoding="utf-8")
    home.declare(declared(server, host_key=None, known_hosts="known_hosts"))
    assert [one.rows_taken for one in home.run("jz")] == [3]


def test_a_file_that_is_still_being_written_waits_for_the_next_run(home, server):
    path = put(server, "jz_202611.csv", people(range(3)))
    server.kind.before_read = staticmethod(lambda at: os.utime(at, (1_790_000_500, 1_790_000_500)))
    home.declare(declared(server))
    with pytest.raises(Unavailable, match="is writing it still"):
        home.run("jz")
    assert home.deliveries() == 0 and not list((home.root / "spill").iterdir())
    server.kind.before_read = staticmethod(lambda at: None)
    assert [one.rows_taken for one in home.run("jz", minutes=5)] == [3]
    assert path.exists()


def test_a_connection_that_breaks_leaves_nothing_half_taken(home, server):
    put(server, "jz_202611.csv", people(range(20_000)))
    server.kind.before_read = staticmethod(lambda at: server.cut())
    home.declare(declared(server))
    with pytest.raises(Unavailable, match="did not give"):
        home.run("jz")
    assert home.deliveries() == 0 and not list((home.root / "spill").iterdir())


@pytest.mark.parametrize(
    ("environment", "source", "fault", "says"),
    [({"SFTP_PASSWORD": "wrong"}, {}, Unavailable, "refused the user"),
     ({}, {}, UserError, "not set: SFTP_PASSWORD"),
     ({"K": "/nowhere/id"}, {"private_key": "${K}", "password": None}, UserError, "source.private_key"),
     (None, {"host_key": None, "known_hosts": "nowhere"}, UserError, "source.known_hosts"),
     (None, {"path": "/nowhere/jz_{period}.csv"}, Unavailable, "did not give /nowhere/"),
     (None, {"port": 1}, Unavailable, "did not give 127.0.0.1:1")],
)  # fmt: skip
def test_what_goes_wrong_is_said(home, server, environment, source, fault, says, caplog):
    home.environment = home.environment if environment is None else environment
    home.declare(declared(server, **source))
    with pytest.raises(fault, match=says) as said:
        home.run("jz")
    assert PASSWORD not in str(said.value) + caplog.text
    assert home.deliveries() == 0


@pytest.mark.parametrize(
    ("source", "says"),
    [({"password": "plain"}, "source.password"), ({"private_key": "/home/me/.ssh/id"}, "source.private_key"),
     ({"password": None}, "needs a password or a private_key"), ({"host_key": None}, "write one of host_key"),
     ({"host_key": "MD5:00"}, "SHA256:"), ({"path": "/out/jz_{period}_{part}.csv"}, "not for sftp")],
)  # fmt: skip
def test_what_a_document_may_not_say_is_refused(home, server, source, says):
    home.declare(declared(server, **source))
    with pytest.raises(DocumentError) as fault:
        load_city(home.root / "city")
    assert says in str(fault.value)
