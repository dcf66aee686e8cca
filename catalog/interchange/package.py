"""What a district's platform sends to its city's: the published entries of the district's departments, with a digest.

Sources: district platforms are docked to the city's (Wuhan 7, Haishu 6); the district's catalogue is filed with the city
(Haishu 10) or checked and merged by it (Wuhan 10). Reading a package believes nothing it says of itself but its digest: whose
departments are a district's, the city's own register of units says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from catalog.departments import Department, DepartmentKind
from catalog.entries.content import Difference, differences, meaning_of
from catalog.interchange.names import Providers
from catalog.model import Identifier, Resource
from catalog.problems import Problem, refuse
from ground.documents import Declared
from ground.errors import DocumentError, UserError

FORMAT = "shuyuan.catalogue.package/1"
LARGEST = 200 * 1024 * 1024


class Content(Declared):
    """What is sent: whose it is, and the entries as their district published them."""

    district: Identifier
    district_name: str = Field(min_length=1)
    departments: list[Department]
    """The units the entries belong to, as the district knows them."""
    resources: list[Resource]


class Package(Declared):
    """A package as it travels.

    Attributes:
        version: number of the district's catalogue.
        digest: sha256 (hex) of ``content`` in its canonical form.
    """

    format: Literal["shuyuan.catalogue.package/1"]
    version: int = Field(ge=1)
    made_at: AwareDatetime
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    content: Content


@dataclass(frozen=True)
class ChangedByPackage:
    """An entry that is there and says something else in the package.

    Attributes:
        resource: as the package has it.
        before: as it stands; where an earlier package asked for a change that is under way, as that one would have it.
        fields: what differs between the two.
        is_draft: it was never published.
        gives_up: a change that an earlier package asked for is under way and is given up for this one.
        is_in_force: the package says what is published, so that nothing is asked for but giving up.
    """

    resource: Resource
    before: Resource
    fields: tuple[Difference, ...]
    is_draft: bool
    gives_up: bool = False
    is_in_force: bool = False


@dataclass(frozen=True)
class ReceivePlan:
    """What receiving a package would do.

    Attributes:
        package: what came.
        new: entries that the city has not yet.
        changed: entries that it has and that differ.
        unchanged: ids of those that say the same.
        problems: what stands in the way; nothing is received while there is one.
    """

    package: Package
    new: tuple[Resource, ...]
    changed: tuple[ChangedByPackage, ...]
    unchanged: tuple[str, ...]
    problems: tuple[Problem, ...]

    def check(self) -> None:
        """Nothing stands in the way; DocumentError with every problem otherwise."""
        refuse(list(self.problems))


def pack(
    district: Department,
    departments: Iterable[Department],
    resources: Iterable[Resource],
    *,
    version: int,
    now: datetime,
) -> str:
    """The package of a district, as text.

    Args:
        district: the unit whose catalogue it is.
        departments: the district's units.
        resources: published entries; those of other departments are left out, and those of public enterprises, whose catalogue
            goes to the city's authority directly (Wuhan 10).
        version: number of the catalogue in force.
        now: the moment, aware.

    Raises:
        UserError: the district's departments have no published entry.
    """
    units = (*departments, district)
    own = {one.id: one for one in units if one.kind is not DepartmentKind.PUBLIC_ENTERPRISE}
    sent = [meaning_of(one) for one in sorted(resources, key=lambda one: one.id) if one.department in own]
    if not sent:
        raise UserError(
            f"{district.name}（{district.id}）及其下级部门没有已发布的条目，没有可报送的内容。请核对 --district。",
            f"{district.id} and the units below it have no published entry: there is nothing to send. Check --district.",
        )
    used = {one["department"] for one in sent}
    content = {
        "district": district.id,
        "district_name": district.name,
        "departments": [own[name].model_dump(mode="json") for name in sorted(used)],
        "resources": sent,
    }
    whole = {
        "format": FORMAT,
        "version": version,
        "made_at": now.isoformat(),
        "digest": digest_of(content),
        "content": content,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def digest_of(content: Any) -> str:
    """sha256 (hex) of what is sent, whatever the layout of the file."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _digest(content: Any) -> str | None:
    """`digest_of`, None for what has none: half a surrogate pair is no text."""
    try:
        return digest_of(content)
    except (UnicodeEncodeError, RecursionError):
        return None


def open_package(raw: bytes, name: str) -> Package:
    """A package as it was sent, or DocumentError: no package, another version of the format, or changed on the way.

    Args:
        raw: the file.
        name: how messages call it.
    """
    if len(raw) > LARGEST:
        raise DocumentError("报送包过大。请分批报送。", "The package is too large; send it in parts.", where=name)
    try:
        said = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # no UTF-8, no JSON, a number of thousands of digits
        said = None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise DocumentError(
            f"不是目录报送包（格式应为 {FORMAT}）。请用 catalog export --format package 生成。",
            f"This is no catalogue package (format {FORMAT}); 'catalog export --format package' makes one.",
            where=name,
        )
    if _digest(said.get("content")) != said.get("digest"):
        raise DocumentError(
            "报送包的内容与其摘要不符：文件不完整或被改动。请向报送单位重新索取。",
            "The content does not match its digest: the file is incomplete or was changed. Ask the sender for it again.",
            where=name,
        )
    try:
        return Package.model_validate_json(raw.decode("utf-8-sig"))
    except ValidationError as fault:
        lines = [(".".join(map(str, one["loc"])), str(one["msg"])) for one in fault.errors(include_input=False)[:20]]
        raise DocumentError(
            "\n".join(f"{name} {place}：{said}" for place, said in lines),
            "\n".join(f"{name} {place}: {said}" for place, said in lines),
        ) from None


def plan_receipt(
    package: Package,
    *,
    providers: Providers,
    district_units: Collection[str],
    existing: Sequence[Resource],
    drafts: Collection[str] = (),
    under_way: Mapping[str, Resource] | None = None,
) -> ReceivePlan:
    """What a package would do to the city's catalogue.

    Args:
        package: what came.
        providers: the city's departments.
        district_units: ids of the units whose catalogue the district compiles by the city's own register
            (`catalog.organisation.Organisation.district_area`); none where the sender leads no district.
        existing: the city's entries, published or not.
        drafts: ids of those that were never published.
        under_way: by id, what published entries are to say by the changes that the district's earlier packages asked for.
    """
    content = package.content
    if not district_units:
        return ReceivePlan(package, (), (), (), (_no_district(content),))
    by_id = {one.id: one for one in existing}
    problems: list[Problem] = list(_repeated(content.resources))
    new: list[Resource] = []
    changed: list[ChangedByPackage] = []
    unchanged: list[str] = []
    for one in content.resources:
        before = by_id.get(one.id)
        problem = _foreign(one, content, providers, district_units, before)
        if problem is not None:
            problems.append(problem)
        elif before is None:
            new.append(one)
        elif change := _change(one, before, (under_way or {}).get(one.id), is_draft=one.id in drafts):
            changed.append(change)
        else:
            unchanged.append(one.id)
    return ReceivePlan(package, tuple(new), tuple(changed), tuple(unchanged), tuple(problems))


def _change(one: Resource, before: Resource, asked: Resource | None, *, is_draft: bool) -> ChangedByPackage | None:
    """What the package changes in an entry that is there; None where it says what the city has, or has under way."""
    against_published = tuple(differences(meaning_of(before), meaning_of(one)))
    if asked is None:
        return ChangedByPackage(one, before, against_published, is_draft) if against_published else None
    fields = tuple(differences(meaning_of(asked), meaning_of(one)))
    if not fields:
        return None
    return ChangedByPackage(one, asked, fields, is_draft, gives_up=True, is_in_force=not against_published)


def _repeated(resources: Sequence[Resource]) -> Iterable[Problem]:
    seen: set[str] = set()
    for one in resources:
        if one.id in seen:
            yield Problem(
                "标识重复，请报送单位更正。",
                "The id occurs twice; the sender has to correct it.",
                f"resources {one.id}",
            )
        seen.add(one.id)


def _no_district(content: Content) -> Problem:
    """Whatever a package calls itself: only what stands below the city with an authority of its own is a district."""
    return Problem(
        f"{content.district_name}（{content.district}）不是设有数据主管部门的区（功能区），其报送包不接收。"
        "请由区人民政府（管委会）或区大数据主管部门报送，并核对本市登记的部门。",
        f"{content.district} leads no district with a data authority of its own; its package is not received. A district's "
        "government or authority sends it; check the units registered here.",
        "district",
    )


def _foreign(
    one: Resource, content: Content, providers: Providers, district_units: Collection[str], before: Resource | None
) -> Problem | None:
    """Why an entry cannot be the district's."""
    where = f"resources {one.id}"
    if not any(unit.id == one.department for unit in providers.departments):
        close = providers.close_to(one.department)
        hint_zh, hint_en = (f"是否应为“{close}”？", f"Did you mean {close}? ") if close else ("", "")
        return Problem(
            f"本市没有登记部门 {one.department}。{hint_zh}请先登记该部门，再接收。",
            f"The department {one.department} is not registered here. {hint_en}Register it first.",
            where,
        )
    if one.department not in district_units:
        return Problem(
            f"部门 {one.department} 不属于 {content.district_name}（{content.district}）的目录，不接收其条目"
            "（垂直管理的单位、公共企事业单位的目录由市级编制，武汉第10条）。请报送单位移出，或更正部门的上级。",
            f"The catalogue of {one.department} is not compiled by {content.district} (that of vertical units and public "
            "enterprises is the city's, Wuhan 10); take its entries out, or correct its parent.",
            where,
        )
    if before is not None and before.department not in district_units:
        return Problem(
            f"标识 {one.id} 在本市属于另一部门 {before.department}。请报送单位更换标识。",
            f"The id {one.id} belongs to the department {before.department} here; the sender has to choose another.",
            where,
        )
    return None
