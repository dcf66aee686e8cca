"""Which channels there are and when they may be used: ``city/notices.yaml``.

The document may be missing: then notices are kept and read at the desk, and nothing is sent. Secrets are ``${NAME}`` of
the environment; a document that holds one in clear is refused.
"""

from __future__ import annotations

import difflib
import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ground.documents import Declared, read_document
from ground.errors import DocumentError
from notices.model import Topic
from notices.timing import Quiet

FILE = "notices.yaml"
ROBOTS = {
    "dingtalk": "https://oapi.dingtalk.com/robot/send",
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
}
"""Kind of robot -> its public address, without the token or key that it gives out."""

_VARIABLE = re.compile(r"\$\{\w+\}")


def _variable(text: Any) -> Any:
    if not (isinstance(text, str) and _VARIABLE.fullmatch(text)):  # it may be the secret itself: never quoted
        raise ValueError(
            "密钥不能写在文件里，请写成环境变量 ${名称}；a secret is not written here, name a variable: ${NAME}"
        )
    return text


def _plain_url(text: str) -> str:
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        whole = False
        url = urlsplit("")
    if not whole or "@" in url.netloc or url.query or url.fragment or "?" in text:
        raise ValueError(
            "应为 http 或 https 地址，不含账号、参数与锚点；机器人的 access_token 或 key 请写到 token 或 secret 项；"
            "must be an http or https address without credentials, parameters or fragment; the token or key of a robot "
            "belongs to token or secret"
        )
    return text


def _clock(value: Any) -> Any:
    # YAML 1.1 reads 17:00 without quotes as the number 17 * 60; a number below 60 cannot have been a time.
    if isinstance(value, int) and not isinstance(value, bool) and 60 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise ValueError(
        '应为 "HH:MM" 形式的时刻（北京时间），如 "17:00"；must be a time of day (Beijing time), such as "17:00"'
    )


Variable = Annotated[str, BeforeValidator(_variable)]
"""``${NAME}``, filled in when a message is sent."""
PlainUrl = Annotated[str, AfterValidator(_plain_url)]
Clock = Annotated[time, BeforeValidator(_clock)]


class _Channel(Declared):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    topics: tuple[Topic, ...] = ()
    """Which topics it carries; none named: all."""
    departments: tuple[str, ...] = ()
    """Which departments it serves; none named: all."""
    timeout_seconds: float = Field(default=15, gt=0, le=30)
    """For a request; of mail, for each of its steps. All of them must end before a sender's claim does."""
    ca_file: str | None = None
    """Certificates of an authority of one's own (PEM); they are trusted in place of the public ones."""

    def carries(self, topic: Topic) -> bool:
        """Whether it is meant for a topic."""
        return not self.topics or topic in self.topics

    def serves(self, department: str | None) -> bool:
        """Whether it is meant for a department."""
        return not self.departments or department in self.departments


class SmtpChannel(_Channel):
    """A mail server; persons with a mailbox are told through it."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "ssl", "none"] = "starttls"
    from_: str = Field(alias="from", pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    user: str | None = None
    secret: Variable | None = None

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.user is None) != (self.secret is None):
            raise ValueError("user 与 secret 一起写；user and secret are written together")
        if self.tls == "none" and self.secret is not None:
            raise ValueError(
                "tls: none 时口令会明文传输，请改用 starttls 或 ssl；with tls: none the password would travel in clear, use starttls or ssl"
            )
        return self


class WebhookChannel(_Channel):
    """A system that is told of its departments' notices, signed with a shared secret."""

    kind: Literal["webhook"]
    url: PlainUrl
    secret: Variable


class DingtalkChannel(_Channel):
    """A custom robot (自定义机器人) in a group of DingTalk 钉钉, with 加签."""

    kind: Literal["dingtalk"]
    url: PlainUrl = ROBOTS["dingtalk"]
    token: Variable
    """``access_token`` of the robot's address."""
    secret: Variable
    """The text ``SEC…`` of 加签."""


class WecomChannel(_Channel):
    """A group robot (群机器人) of WeCom 企业微信. It has no signature: whoever knows the key may post."""

    kind: Literal["wecom"]
    url: PlainUrl = ROBOTS["wecom"]
    secret: Variable
    """``key`` of the robot's address."""


Channel = Annotated[SmtpChannel | WebhookChannel | DingtalkChannel | WecomChannel, Field(discriminator="kind")]


class Digest(Declared):
    """Notices on some topics wait and are told together, once a day."""

    at: Clock
    topics: tuple[Topic, ...] = Field(min_length=1)


class QuietHours(Declared):
    """When persons are left alone, in Beijing time; urgent notices are sent all the same."""

    from_: Clock = Field(alias="from")
    to: Clock
    days_off: bool = False
    """Days that are no working days (weekends and public holidays, make-up days excepted) are quiet as a whole."""

    @model_validator(mode="after")
    def _some_of_the_day(self) -> Self:
        if self.from_ == self.to:
            raise ValueError("from 与 to 不能相同；from and to must differ")
        return self

    @property
    def rule(self) -> Quiet:
        """The same for `notices.timing`."""
        return Quiet(self.from_, self.to, self.days_off)


class Callbacks(Declared):
    """Whether systems of departments are called back at the address that stands beside their API key."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be called; ``.gov.cn`` means every host below. None named: all that are not forbidden."""
    allow_loopback: bool = False
    """This very machine may be called; for trials."""
    timeout_seconds: float = Field(default=10, gt=0, le=30)
    ca_file: str | None = None


class NoticeSettings(Declared):
    """The whole document."""

    channels: tuple[Channel, ...] = ()
    digest: Digest | None = None
    quiet_hours: QuietHours | None = None
    callbacks: Callbacks | None = None
    """Without it no system is called back."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        ids = [one.id for one in self.channels]
        twice = sorted({one for one in ids if ids.count(one) > 1} | ({"callback"} & set(ids)))
        if twice:
            names = ", ".join(twice)
            raise ValueError(f"通道 id 重复或被占用：{names}；channel ids that stand twice or are reserved: {names}")
        if self.digest and self.quiet_hours and self.quiet_hours.rule.covers(self.digest.at):
            raise ValueError("digest.at 落在免打扰时段内；digest.at lies within quiet_hours")
        return self

    @property
    def sends(self) -> bool:
        """Whether anything is sent at all."""
        return bool(self.channels) or self.callbacks is not None

    @property
    def quiet(self) -> Quiet | None:
        """When persons are left alone."""
        return self.quiet_hours.rule if self.quiet_hours else None


def read_notice_settings(city: Path) -> NoticeSettings:
    """The settings of a city; nothing is sent where there is no document.

    Args:
        city: the folder ``city/`` of a home.

    Raises:
        DocumentError: the document is not what is allowed, or has nearly the right name.
    """
    path = city / FILE
    if path.exists():
        return read_document(path, NoticeSettings, name=f"{city.name}/{FILE}")
    names = sorted(one.name for one in city.iterdir()) if city.is_dir() else []
    for name in difflib.get_close_matches(FILE, names, n=1, cutoff=0.85):
        if not name.startswith(FILE):  # an editor's backup is no misspelt document
            raise DocumentError(
                f"名称不对，不会被读取。是否应为 {FILE}？",
                f"This name is not read. Did you mean {FILE}?",
                where=f"{city.name}/{name}",
            )
    return NoticeSettings()
