"""Settings of one home: ``HOME/settings.yaml``. The only place that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from ground.documents import Declared, read_document
from ground.errors import UserError

FILE = "settings.yaml"

TEMPLATE = """\
# 数源的设置 settings of this home. 改后立即生效 taken at the next command.
profile: haishu            # 城市规则 the city's rules (policy/profiles/)
# operational_url: postgresql+psycopg://user@host/shuyuan   # 默认 SQLite；SQLite by default
# lake_catalog: "postgres:dbname=shuyuan_lake host=host"    # 默认 SQLite；SQLite by default
# threads: 2
# memory_limit: 3GB
# route_findings: true     # 规则发现的问题直接分派；false 为先由主管机构受理 findings go to their department at once
# route_reports: false     # 报告的问题先由主管机构受理 reports are looked at by the authority first
# lock_timeout: 60         # 等待另一写入任务的秒数 seconds to wait for another writer
"""


class Settings(Declared):
    """What a home may set; everything has a default but the profile."""

    profile: str = "haishu"
    operational_url: str | None = None
    lake_catalog: str | None = None
    threads: int | None = Field(default=None, ge=1)
    memory_limit: str | None = None
    lock_timeout: float = Field(default=60.0, ge=0)
    route_findings: bool = True
    """What rules found goes to its department at once; else it waits for the authority, and what is found meanwhile joins."""
    route_reports: bool = False
    """What people report goes to the owner at once; else the authority looks at it first."""


def read_settings(home: Path) -> Settings:
    """Settings of a home that was made with ``init``.

    Raises:
        UserError: there is no home at that place.
        DocumentError: the settings are not what is allowed.
    """
    path = home / FILE
    if not path.exists():
        raise UserError(
            f"{home} 还不是数源的工作目录，请先运行 shuyuan init --home {home}。",
            f"{home} is no home of Shuyuan yet; run shuyuan init --home {home} first.",
        )
    return read_document(path, Settings, name=FILE)


def home_from_environment() -> Path:
    """The home for a door that has no ``--home``: ``SHUYUAN_HOME``, by default ``.shuyuan`` here."""
    return Path(os.environ.get("SHUYUAN_HOME") or ".shuyuan")


def environment() -> Mapping[str, str]:
    """The process environment, for source URLs that name variables."""
    return os.environ
