"""What a counter system needs to fill a report: resources, their keys, their items."""

from __future__ import annotations

from fastapi import APIRouter

from portal.api import replies
from portal.api.documentation import faults
from portal.api.security import AnyKey

router = APIRouter(prefix="/catalog", tags=["catalogue"])


@router.get("/resources", response_model=replies.ResourceList, responses=faults(), summary="信息资源 Resources")
def resources(asked: AnyKey) -> replies.ResourceList:
    """编号、名称、主键与信息项 Ids, titles, keys and items."""
    city = asked.hub.city
    names = {one.id: one.name for one in city.departments}
    return replies.ResourceList(
        resources=[
            replies.ResourceOut(
                id=one.id, title=one.title, department=one.department,
                department_name=names[one.department], key=[*one.key],
                items=[
                    replies.ItemOut(
                        id=item.id, title=item.title, type=item.type.value, required=item.required,
                        max_length=item.max_length, code_list=item.code_list,
                    )
                    for item in one.items
                ],
            )
            for one in city.resources
        ]
    )  # fmt: skip
