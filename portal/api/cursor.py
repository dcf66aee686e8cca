"""The mark of a page: opaque to those who ask, checked when it comes back."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime

from ground.errors import UserError

_PLACE = re.compile(r"([0-9T:.+-]{19,40})~(T-[0-9]{8}-[0-9]{4,9})", re.ASCII)


def written(place: str | None) -> str | None:
    """A place in an order as a mark."""
    return None if place is None else base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read(mark: str | None) -> str | None:
    """The place of a mark.

    Raises:
        UserError: it is no mark of ours.
    """
    if mark is None:
        return None
    try:
        place = base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True).decode("ascii")
        form = _PLACE.fullmatch(place)
        if form is not None and datetime.fromisoformat(form[1]).tzinfo is not None:
            return place
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise UserError(
        "翻页标记无效，请从第一页开始。", "That is no mark of a page; begin with the first.", where="cursor"
    )
