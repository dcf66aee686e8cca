"""What a district's platform sends to its city's: the published entries of the district's departments, with a digest.

Sources: district platforms are docked to the city's (Wuhan 7, Haishu 6); the district's catalogue is filed with the city
(Haishu 10) or checked and merged by it (Wuhan 10). Reading a package believes nothing it says of itself but its digest: whose
departments are a district's, the city's own register of units says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from catalog.departments import Department, DepartmentKind
from catalog.entries.content import meaning_of
from catalog.model import Identifier, Resource
from ground.documents import Declared
from ground.errors import DocumentError, UserError
from ground.labels import UNSEEN

FORMAT = "shuyuan.catalogue.package/1"
LARGEST = 200 * 1024 * 1024
"""Bytes of a package."""
LAST_VERSION = 1_000_000_000
"""A number above it is none that a platform ever counted."""
MANY = 2_000
"""Items of one entry, and members of any other list in it: more than any table has columns, and few enough to compare."""
LONGEST, LONGEST_TITLE = 20_000, 500
"""Characters of one text, and of one title, which the gate compares with every other."""

_UNWRITTEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
"""Controls, and marks that turn the direction of what stands beside them: no text of a catalogue, and some databases keep none."""
_PROSE = frozenset({"abstract", "reason", "legal_basis", "condition", "collection_basis"})
"""Fields of running text, in which what comes along from a word processor unseen does no harm; in any other it hides a difference."""
_DEEPEST = 12
"""Levels of a package; an entry has seven."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


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
        version: number of the district's catalogue: it grows with every load, and says which of two packages is the later.
        digest: sha256 (hex) of ``content`` in its canonical form.
    """

    format: Literal["shuyuan.catalogue.package/1"]
    version: int = Field(ge=1, le=LAST_VERSION, strict=True)
    made_at: AwareDatetime
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    content: Content


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
    """A package as it was sent, or DocumentError: no package, another version of the format, changed on the way, or out of bounds.

    Args:
        raw: the file.
        name: how messages call it.
    """
    if len(raw) > LARGEST:
        raise DocumentError("报送包过大。请分批报送。", "The package is too large; send it in parts.", where=name)
    try:
        text = raw.decode("utf-8-sig")
        said = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except _WrittenTwice:
        raise DocumentError(
            "报送包中有对象的键写了两次，无法确定以哪一个为准。请报送单位更正。",
            "An object of the package has a key twice; which of them counts cannot be told. The sender has to correct it.",
            where=name,
        ) from None
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
    _check_bounds(said["content"], name)
    try:
        return Package.model_validate_json(text)
    except ValidationError as fault:
        lines = [(_place(one["loc"]), str(one["msg"])) for one in fault.errors(include_input=False)[:20]]
        raise DocumentError(
            "\n".join(f"{name} {place}：{said}" for place, said in lines),
            "\n".join(f"{name} {place}: {said}" for place, said in lines),
        ) from None


class _WrittenTwice(ValueError):
    """A key stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # One reader takes the first, another the last: what the digest vouches for would not be what is taken in.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _WrittenTwice
    return found


def _no_number(_: str) -> Any:
    raise ValueError  # NaN and the infinities are no JSON


def _check_bounds(content: Any, name: str) -> None:
    """Before the entries are read: what is out of all measure would take hours to compare, and a control hides what it stands in."""
    for place, one in _parts(content, ()):
        said = _out_of_bounds(place, one)
        if said is not None:
            raise DocumentError(*said, where=f"{name} {_place(('content', *place[:_DEEPEST]))}")


def _out_of_bounds(place: tuple[str | int, ...], one: str | list[Any]) -> tuple[str, str] | None:
    if len(place) > _DEEPEST:
        return "嵌套过深，不是目录报送包。", "Too deeply nested for a package."
    if isinstance(one, list):
        if len(one) <= MANY or place in (("resources",), ("departments",)):
            return None
        return f"列表过长，最多 {MANY} 项。", f"The list is too long; at most {MANY}."
    most = LONGEST_TITLE if place[-1:] == ("title",) else LONGEST
    if len(one) > most:
        return f"文本过长，最多 {most} 个字符。", f"The text is too long; at most {most} characters."
    found = _UNWRITTEN.search(one) or (None if place[-1:] and place[-1] in _PROSE else UNSEEN.search(one))
    if found is None:
        return None
    code = f"U+{ord(found.group()):04X}"
    return (
        f"第 {found.start() + 1} 个字符（{code}）看不见或为控制字符，不能接收。请报送单位删去。",
        f"Character {found.start() + 1} ({code}) cannot be seen, or is a control; the sender has to take it out.",
    )


def _parts(content: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str | list[Any]]]:
    """Every text and every list, keys included, in no order."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [(place, content)]
    while waiting:
        place, one = waiting.pop()
        if isinstance(one, dict):
            for key, value in one.items():
                yield (*place, "?"), key
                waiting.append(((*place, key), value))
        elif isinstance(one, list):
            yield place, one
            waiting += [((*place, number), value) for number, value in enumerate(one)]
        elif isinstance(one, str):
            yield place, one


def _place(loc: Iterable[str | int]) -> str:
    """Where in a package, without names that somebody made up."""
    return ".".join(str(one) if isinstance(one, int) or _NAME.fullmatch(one) else "?" for one in loc)
