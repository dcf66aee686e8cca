"""What an entry says: its document as plain values, which of two documents differ and where, and its readable text.

A document is a `Resource` as its author wrote it: what was left out stays left out, so that a mandatory field which only
a default would fill is still seen to be missing. Two documents are the same when they mean the same, whatever their layout.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from catalog.model import Resource
from policy.sections.sharing import ClassName

if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeDumper
else:  # libyaml writes thousands of documents ten times as fast
    from yaml import CSafeDumper as SafeDumper

Document = Mapping[str, Any]
"""A resource as JSON values, by the names of the YAML documents."""

LONG_TERM = "长期"
"""A share term without end, as the nine fields write it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs between two documents.

    Attributes:
        field: ``sharing.class``, ``items.phone``, ``items.phone.title``.
        old, new: what it says; None where the one or the other says nothing.
    """

    field: str
    old: Any
    new: Any

    def as_json(self) -> dict[str, Any]:
        """The difference as events carry it."""
        return {"field": self.field, "old": self.old, "new": self.new}


def document_of(resource: Resource) -> dict[str, Any]:
    """The document of a resource as it was written."""
    return resource.model_dump(mode="json", by_alias=True, exclude_unset=True)


def resource_of(document: Document) -> Resource:
    """The resource that a kept document describes."""
    return Resource.model_validate(dict(document))


def meaning_of(resource: Resource) -> dict[str, Any]:
    """The whole document, defaults included."""
    return resource.model_dump(mode="json", by_alias=True)


def digest_of(meaning: Document) -> str:
    """sha256 (hex) of a whole document (`meaning_of`, or what `catalog.city.City.content` holds of it).

    What says nothing (null, false, an empty list) does not count: a field that a later version of the hub knows changes no
    digest.
    """
    text = json.dumps(_said(meaning), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def differences(old: Document | None, new: Document | None) -> list[Difference]:
    """Where two documents differ, in the order of their fields; items are compared by their ids.

    Args:
        old, new: documents, whole or as written; None is no document.
    """
    before = meaning_of(resource_of(old)) if old is not None else {}
    after = meaning_of(resource_of(new)) if new is not None else {}
    return list(_compared(before, after))


def text_of(document: Document, before: str | None = None) -> str:
    """The document as YAML for people, keys in the order of the model.

    Args:
        document: what to write.
        before: text of the file that stands there; the comment at its head is kept.
    """
    resource = resource_of(document)
    whole = resource.model_dump(mode="json", by_alias=True, exclude_none=True)
    plain = {name: value for name, value in whole.items() if value != [] and name not in ("secret", "items", "key")}
    plain["key"] = _Flow(resource.key)
    plain["items"] = [_FlowMap(_item(one)) for one in resource.model_dump(mode="json", by_alias=True)["items"]]
    order = [name for name in Resource.model_fields if name in plain]
    text = yaml.dump(
        {name: plain[name] for name in order}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=4000
    )
    # libyaml writes a list beside its heading; it stands below it here, as in every document that people wrote.
    return _head(before) + re.sub(r"(?m)^- ", "  - ", text)


def term_of(document: Document) -> date | None:
    """The last day of the share term; None where it has no end or none was stated as a day."""
    try:
        return date.fromisoformat(str(document.get("share_until") or ""))
    except ValueError:
        return None


def code_of(document: Document | None) -> str | None:
    """The code of a resource (信息资源代码), without spaces around it; None where none is stated."""
    return str((document or {}).get("code") or "").strip() or None


def class_of(document: Document, attribute: str) -> ClassName:
    """``unconditional``, ``conditional`` or ``not`` of ``sharing`` or ``opening``."""
    name: ClassName = document[attribute]["class"]
    return name


def _said(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _said(one) for name, one in value.items() if one is not None and one is not False and one != []}
    return [_said(one) for one in value] if isinstance(value, list) else value


def _compared(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> Iterator[Difference]:
    for name in [*before, *(one for one in after if one not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        field = prefix + name
        if name == "items" and not prefix:
            yield from _compared_items(old or [], new or [])
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _compared(old, new, f"{field}.")
        else:
            yield Difference(field, old, new)


def _compared_items(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Difference]:
    before, after = {one["id"]: one for one in old}, {one["id"]: one for one in new}
    for name in [*before, *(one for one in after if one not in before)]:
        if name in before and name in after:
            yield from _compared(before[name], after[name], f"items.{name}.")
        else:
            old_title = before[name]["title"] if name in before else None
            yield Difference(f"items.{name}", old_title, after[name]["title"] if name in after else None)
    if list(before) != list(after) and set(before) == set(after):
        yield Difference("items", list(before), list(after))


def _item(whole: dict[str, Any]) -> dict[str, Any]:
    """An item without what is the rule anyway."""
    usual = {"type": "text", "required": False, "sensitivity": "general"}
    return {name: value for name, value in _said(whole).items() if usual.get(name) != value}


def _head(text: str | None) -> str:
    kept: list[str] = []
    for line in (text or "").splitlines(keepends=True):
        if not line.lstrip().startswith("#"):
            break
        kept.append(line)
    return "".join(kept)


class _Flow(list[str]):
    """A list written on one line."""


class _FlowMap(dict[str, Any]):
    """A mapping written on one line."""


class _Dumper(SafeDumper):
    """Writes items one a line, as people write them."""

    def ignore_aliases(self, data: Any) -> bool:
        """No anchors: a document says what it says where it stands."""
        return True


_Dumper.add_representer(_Flow, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, True))
_Dumper.add_representer(
    _FlowMap, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), True)
)
