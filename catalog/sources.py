"""Where a delivery comes from: files in the inbox, a database, a folder at the department, an HTTP interface, or a system that pushes.

No source holds a credential: it names an environment variable, ``${NAME}`` (held to by `catalog.crosscheck`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from catalog.interfaces import HttpSource
from ground.documents import Declared


def _refuse_odd_parts(path: str) -> None:
    """``{part}`` and ``{parts}`` stand once, in the file's name, and the number of parts says nothing without the part."""
    *folders, last = path.split("/")
    twice = [mark for mark in ("{period}", "{part}", "{parts}") if path.count(mark) > 1]
    if twice or any("{part" in folder for folder in folders):
        raise ValueError(
            "{period}、{part}、{parts} 各只能写一次，且 {part}、{parts} 写在文件名中；"
            "{period}, {part} and {parts} stand once each, the latter two in the file's name"
        )
    if "{parts}" in last and "{part}" not in last:
        raise ValueError("写了 {parts} 就要写 {part}；{parts} goes with {part}")


class FileSource(Declared):
    """Files that a department drops into its folder under ``inbox/``."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1)
    """Pattern below ``inbox/``, with ``{period}`` and shell wildcards: ``ga/hukou_{period}*.csv``.

    With ``{part}`` the files of a period are the parts of one delivery, numbered from 1 (a sheet holds only so many rows):
    ``ga/hukou_{period}_{part}.xls``. Where the name says how many there are, ``{part}of{parts}``, it is known when the
    last one is missing.
    """

    @field_validator("path")
    @classmethod
    def _below(cls, value: str) -> str:
        if (
            value.startswith(("/", "~"))
            or re.match(r"^[A-Za-z]:", value)
            or ".." in value.replace("\\", "/").split("/")
        ):
            raise ValueError("path 必须在 inbox/ 之下，不能是绝对路径或含 ..；path must stay below inbox/")
        _refuse_odd_parts(value)
        return value

    @property
    def place(self) -> str:
        """Where it is, for lists."""
        return self.path

    @property
    def in_parts(self) -> bool:
        """Whether the files of a period are the parts of one delivery."""
        return "{part}" in self.path


class SqlSource(Declared):
    """A table or query read through SQLAlchemy. ``${NAME}`` in the URL is taken from the environment."""

    kind: Literal["sql"]
    url: str = Field(min_length=1)
    query: str = Field(min_length=1)

    @property
    def place(self) -> str:
        """Where it is, for lists; it holds no password."""
        return self.url


class SftpSource(Declared):
    """Files in a folder that a department keeps on its own server; they are fetched whole and stay there.

    The server is known by its key before anything is said to it: ``host_key`` holds its fingerprint (``ssh-keygen -lf``),
    or ``known_hosts`` names a file below the home. A key that nobody stated is never accepted.
    """

    kind: Literal["sftp"]
    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1)
    password: str | None = None
    """``${NAME}``."""
    private_key: str | None = None
    """``${NAME}``, a variable that holds the path of the private key's file; ``password`` is then its passphrase."""
    host_key: str | None = Field(default=None, pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")
    known_hosts: str | None = None
    path: str = Field(min_length=1)
    """Pattern on the server, with ``{period}`` and shell wildcards in the name: ``/out/jz_{period}*.csv``."""
    timeout_seconds: int = Field(default=60, ge=1, le=3600)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.password is None and self.private_key is None:
            raise ValueError("须写 password 或 private_key；sftp needs a password or a private_key")
        if (self.host_key is None) == (self.known_hosts is None):
            raise ValueError(
                "host_key（服务器公钥指纹）与 known_hosts 写且只写一个；"
                "write one of host_key (the server's fingerprint) and known_hosts"
            )
        if "{part" in self.path:
            raise ValueError(
                "sftp 的 path 暂不支持 {part}，请由部门合并，或改放 inbox/；"
                "{part} is for files in the inbox, not for sftp"
            )
        return self

    @property
    def place(self) -> str:
        """Where it is, for lists."""
        return f"sftp://{self.user}@{self.host}:{self.port}{'' if self.path.startswith('/') else '/'}{self.path}"


class PushSource(Declared):
    """What a department's own system sends to the interface as it changes (推送); nothing is fetched.

    Which system may is said by its key (scope ``deliveries:write``), which belongs to the department of the resource.
    """

    kind: Literal["push"]

    @property
    def place(self) -> str:
        """Where it is, for lists."""
        return "接口推送 push"


Source = Annotated[FileSource | SqlSource | SftpSource | HttpSource | PushSource, Field(discriminator="kind")]


def comes_in_parts(source: Source) -> bool:
    """Whether one delivery is several answers or files, which are landed together in one archive."""
    return isinstance(source, HttpSource) or (isinstance(source, FileSource) and source.in_parts)
