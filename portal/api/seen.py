"""What the asker saw of a ticket, so that of two who act at once one is told: ``seen`` of the body, or ``If-Match``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from ground.errors import UserError

Match = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^("[0-9]{1,9}"|\*)$',
        max_length=20,
        description="所见工单的 ETag the ETag of the ticket as it was read",
        examples=['"2"'],
    ),
]


def seen_of(match: str | None, seen: int | None) -> int | None:
    """The ``seen`` of a request; None where it does not say what it saw.

    Raises:
        UserError: header and body say different things.
    """
    told = None if match in (None, "*") else int(str(match).strip('"'))
    if told is not None and seen is not None and told != seen:
        raise UserError("If-Match 与 seen 不一致。", "If-Match and seen say different things.", where="seen")
    return seen if told is None else told
