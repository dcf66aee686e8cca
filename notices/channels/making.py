"""Makes the channels that the settings declare, their secrets filled in from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from notices.channels.channel import Channel, UnsetSecret
from notices.channels.dingtalk import Dingtalk
from notices.channels.smtp import Smtp
from notices.channels.webhook import Callback, Webhook
from notices.channels.wecom import Wecom
from notices.routing import CALLBACK
from notices.settings import Channel as Declared
from notices.settings import DingtalkChannel, NoticeSettings, SmtpChannel, WebhookChannel, WecomChannel

_NAME = re.compile(r"\w+")


def make_channels(settings: NoticeSettings, environment: Mapping[str, str]) -> dict[str, Channel]:
    """Channel id -> channel. One whose variables are not set refuses every message, and the others work."""
    made: dict[str, Channel] = {}
    for one in settings.channels:
        made[one.id] = (
            UnsetSecret(merges=one.kind != "webhook") if _missing(one, environment) else _made(one, environment)
        )
    if settings.callbacks is not None:
        calls = settings.callbacks
        made[CALLBACK] = Callback(
            allow_hosts=calls.allow_hosts,
            allow_loopback=calls.allow_loopback,
            timeout=calls.timeout_seconds,
            ca_file=calls.ca_file,
        )
    return made


def unset_variables(settings: NoticeSettings, environment: Mapping[str, str]) -> list[str]:
    """Names of the environment variables that channels need and that are not set."""
    return sorted({name for one in settings.channels for name in _missing(one, environment)})


def _missing(one: Declared, environment: Mapping[str, str]) -> list[str]:
    written = [one.secret, one.token if isinstance(one, DingtalkChannel) else None]
    return [name for text in written if text for name in [_variable(text)] if not environment.get(name)]


def _made(one: Declared, environment: Mapping[str, str]) -> Channel:
    secret = environment[_variable(one.secret)] if one.secret else None
    match one:
        case SmtpChannel():
            return Smtp(one, secret)
        case WebhookChannel():
            return Webhook(one.url, secret or "", timeout=one.timeout_seconds, ca_file=one.ca_file)
        case DingtalkChannel():
            token = environment[_variable(one.token)]
            return Dingtalk(one.url, token, secret or "", timeout=one.timeout_seconds, ca_file=one.ca_file)
        case WecomChannel():
            return Wecom(one.url, secret or "", timeout=one.timeout_seconds, ca_file=one.ca_file)


def _variable(text: str) -> str:
    found = _NAME.search(text)
    return found[0] if found else ""
