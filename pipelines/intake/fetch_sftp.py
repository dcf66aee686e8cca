"""Fetches files from a department's SFTP server: whole, under a temporary name first, and left where they lie.

The server proves who it is before anything is said to it; a key that nobody stated is never accepted.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import logging
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import paramiko

from catalog.model import UpdateCycle
from catalog.sources import SftpSource
from ground.errors import Unavailable, UserError
from pipelines.intake import periods
from pipelines.intake.credentials import filled
from pipelines.intake.landing import full_disk
from pipelines.intake.patterns import Pattern

# paramiko logs names of users and files, and prints whole tracebacks; what went wrong is said once, by us.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Remote:
    """A file on the server.

    Attributes:
        path: where it lies there.
        name: for messages, without the server.
        period: canonical period.
        size: bytes.
        modified: its time of change, in seconds as the server tells it.
    """

    path: str
    name: str
    period: str
    size: int
    modified: int


class Seen:
    """What was fetched before, so that an unchanged file is not fetched again: size and time of change by name.

    Lost, it costs a download: whether bytes are new is decided by their digest.

    Args:
        path: ``landing/<feed>/remote.json``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._facts: dict[str, list[int]] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._facts = {}

    def has(self, one: Remote) -> bool:
        """Whether the file looks as it did when it was landed."""
        return self._facts.get(one.path) == [one.size, one.modified]

    def note(self, one: Remote) -> None:
        """Remember a file that was landed."""
        self._facts[one.path] = [one.size, one.modified]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(self._facts, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        partial.replace(self._path)


class Folder:
    """The folder of an open connection."""

    def __init__(self, client: paramiko.SFTPClient, source: SftpSource, where: str) -> None:
        self._client = client
        self._source = source
        self._where = where

    def find(self, cycle: UpdateCycle, today: date) -> list[Remote]:
        """Files that match, by period, then by name.

        Raises:
            Unavailable: the folder is not there or may not be read.
        """
        pattern, folder = Pattern(self._source.path), self._source.path.rpartition("/")[0]
        try:
            entries = self._client.listdir_attr(folder or ("/" if self._source.path.startswith("/") else "."))
        except (OSError, paramiko.SSHException) as fault:
            raise _broken(fault, f"{folder}/", self._where) from None
        found = []
        for entry in entries:
            named = pattern.match_name(entry.filename)
            if named is None or "/" in entry.filename or not stat.S_ISREG(entry.st_mode or 0):
                continue
            period = periods.canonical(named.period) if named.period else periods.of_day(today, cycle)
            path = f"{folder}/{entry.filename}" if folder or self._source.path.startswith("/") else entry.filename
            found.append(Remote(path, path.lstrip("/"), period, entry.st_size or 0, int(entry.st_mtime or 0)))
        return sorted(found, key=lambda one: (one.period, one.name))

    def fetch(self, one: Remote, target: Path) -> Path:
        """Copy a file here; it has its name only when it is whole.

        Raises:
            Unavailable: the connection broke, the file is still being written, or the disk is full.
        """
        partial = target.with_name(f".{target.name}.partial")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as out:
                try:
                    self._client.getfo(one.path, out, max_concurrent_prefetch_requests=64)
                    after = self._client.stat(one.path)
                except (paramiko.SSHException, EOFError, OSError) as fault:
                    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
                        raise  # our disk, not their server
                    raise _broken(fault, one.name, self._where) from None
            size = partial.stat().st_size
            if (size, after.st_size, int(after.st_mtime or 0)) != (one.size, one.size, one.modified):
                raise Unavailable(
                    "文件在取回期间有变化，部门可能仍在写入，未采用；下次运行会重新取回。",
                    "The file changed while it was fetched: the department is writing it still. It was not taken; the next run "
                    "fetches it again.",
                    where=one.name,
                )
            return partial.replace(target)
        except OSError as fault:
            raise full_disk(fault, one.name) from fault
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def connected(source: SftpSource, *, home: Path, environment: Mapping[str, str], where: str) -> Iterator[Folder]:
    """A connection to the server, whose key was checked.

    Raises:
        UserError: a variable is not set, or a file of keys is not there.
        Unavailable: the server does not answer, is not the one that was declared, or does not let us in.
    """
    password = filled(source.password, environment, where=where) if source.password else None
    key = filled(source.private_key, environment, where=where) if source.private_key else None
    client = paramiko.SSHClient()
    if source.known_hosts is not None:
        client.load_host_keys(str(_file(home / source.known_hosts, "known_hosts", where)))
    client.set_missing_host_key_policy(_Declared(source.host_key))
    try:
        client.connect(
            source.host, source.port, source.user,
            password=None if key else password, passphrase=password if key else None,
            key_filename=str(_file(Path(key), "private_key", where)) if key else None,
            allow_agent=False, look_for_keys=False,
            timeout=source.timeout_seconds, banner_timeout=source.timeout_seconds, auth_timeout=source.timeout_seconds,
        )  # fmt: skip
        sftp = client.open_sftp()
        channel = sftp.get_channel()
        if channel is not None:
            channel.settimeout(source.timeout_seconds)
        yield Folder(sftp, source, where)
    except (_StrangeKey, paramiko.BadHostKeyException):
        raise Unavailable(
            "服务器的公钥不是数据源约定的那一个，已断开，口令没有发出。若服务器确已更换，请向部门核实新的指纹后改 host_key 或 known_hosts。",
            "The server's key is not the one that the feed states; the connection was closed before any password was sent. If "
            "the server was truly replaced, verify the new fingerprint with the department and mend host_key or known_hosts.",
            where=where,
        ) from None
    except paramiko.AuthenticationException:
        raise Unavailable(
            "服务器拒绝了用户名与口令（或密钥）。请核对 source.user 与环境变量。",
            "The server refused the user and password (or key). Check source.user and the environment variable.",
            where=where,
        ) from None
    except (paramiko.SSHException, EOFError, OSError) as fault:
        raise _broken(fault, f"{source.host}:{source.port}", where) from None
    finally:
        client.close()


class _StrangeKey(Exception):
    """The server showed a key that nobody stated."""


class _Declared:
    """paramiko's policy for a server of no known_hosts: the one key whose fingerprint is declared, and no other."""

    def __init__(self, fingerprint: str | None) -> None:
        self._fingerprint = fingerprint

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if self._fingerprint != fingerprint(key):
            raise _StrangeKey


def fingerprint(key: paramiko.PKey) -> str:
    """``SHA256:…`` as ``ssh-keygen -lf`` shows it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def _file(path: Path, name: str, where: str) -> Path:
    if not path.is_file():
        raise UserError(
            f"source.{name} 指向的文件不存在或不可读，请检查。",
            f"The file that source.{name} names is not there; check it.",
            where=where,
        )
    return path


def _broken(fault: BaseException, what: str, where: str) -> Unavailable:
    return Unavailable(
        f"SFTP 服务器未能给出 {what}（{type(fault).__name__}），本次未采用，原有数据不变。请核对地址、目录与权限，或稍后重试。",
        f"The SFTP server did not give {what} ({type(fault).__name__}); nothing of it was taken. Check address, folder and "
        "rights, or try again later.",
        where=where,
    )
