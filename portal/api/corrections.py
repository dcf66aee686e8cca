"""The feed of corrections for systems that keep copies: what was put right, from a place on (Haishu 27: shared again)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from portal.api import replies
from portal.api.documentation import faults
from portal.api.security import Corrections

router = APIRouter(prefix="/corrections", tags=["corrections"])


@router.get("", response_model=replies.CorrectionPage, responses=faults(), summary="更正 Corrections")
def corrections(
    asked: Corrections,
    since: Annotated[
        int,
        Query(
            ge=0, le=2**53, description="上一页的 next；0 为从头 the `next` of the page before; 0: from the beginning"
        ),
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> replies.CorrectionPage:
    """按发布的先后；记入使用台账。无权查看主键的系统只得到 fingerprint。

    In the order of publication, and logged; a system that may not see the keys gets fingerprints alone.
    """
    page = asked.hub.corrections.feed(since, limit, asked.provider, asked.now)
    return replies.CorrectionPage(
        corrections=[
            replies.CorrectionOut(
                place=row.seq, resource=row.resource, item=row.item, key=row.row_key, new_key=row.new_key,
                fingerprint=row.fingerprint, kind=row.kind, batch_before=row.batch_before, batch_after=row.batch_after,
                at=row.at, ticket=row.ticket,
            )
            for row in page.rows
        ],
        next=page.next, more=page.more,
    )  # fmt: skip
