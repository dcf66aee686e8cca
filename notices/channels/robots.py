"""What the robots of chat services have in common: they answer 200 with an ``errcode``, and 0 means taken."""

from __future__ import annotations

import json

from notices.channels.channel import DeliveryFailed
from notices.channels.posting import Post, post

TOO_MANY = frozenset({45009, 130101})
"""WeCom and DingTalk: more than 20 messages in a minute."""


def tell(request: Post) -> None:
    """Post to a robot.

    Raises:
        DeliveryFailed: no answer, one that is none, or an ``errcode`` other than 0.
    """
    try:
        answer = json.loads(post(request))
        code = int(answer["errcode"])
    except (ValueError, KeyError, TypeError):
        raise DeliveryFailed("no_robot", retry=True) from None
    if code in TOO_MANY:
        raise DeliveryFailed("rate_limited", retry=True)
    if code != 0:
        raise DeliveryFailed(f"errcode_{code}", retry=True)
