"""The use case of drafting: a file becomes a feed document in the city's directory, checked before it stays there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catalog.city import City
from catalog.feed import Feed
from catalog.gate.loading import city_gate
from catalog.gate.verdict import Reason, Refusal
from catalog.model import Resource
from ground.documents import parse_document
from ground.errors import UserError
from pipelines.intake.drafting import document
from pipelines.intake.drafting.draft import Drafted, draft
from warehouse.duckdb_engine import DuckDbEngine


@dataclass(frozen=True)
class Written:
    """A drafted feed: what was guessed, and the document that says it."""

    drafted: Drafted
    document: Path
    feed: Feed
    resource: Resource


class DraftingService:
    """Drafts feeds.

    Args:
        home: the home folder; documents go to ``city/feeds/`` below it.
        city: what is declared already.
    """

    def __init__(self, home: Path, city: City) -> None:
        self._home = home
        self._city = city

    def new(
        self, file: Path, *, feed_id: str | None = None, department: str | None = None, crs: str | None = None
    ) -> Written:
        """Draft the feed of a file and write its document.

        Args:
            file: a file as the department delivers it, anywhere.
            feed_id: the id to use; None takes one from the file's name.
            department: id of the department; None where the file lies in its inbox folder, or there is only one.
            crs: the reference system of its coordinates, where it is known.

        Raises:
            UserError: no such department, the id is in use, or the form cannot be told without the department.
            RefusedData: a file of no form that can be read.
        """
        owner = self._department(file, department)
        with DuckDbEngine() as engine:
            drafted = draft(engine, file, self._home / "spill", feed_id=feed_id, department=owner, crs=crs)
        self._refuse_used(drafted.id)
        text = document.write(drafted)
        target = self._home / "city" / "feeds" / f"{drafted.id}.yaml"
        feed = parse_document(text, Feed, name=target.name)
        if not isinstance(feed.resource, Resource):
            raise TypeError("a draft holds its resource")
        refused = self._refused(feed.resource)
        if refused:
            text = document.write(drafted, refused)
            feed = parse_document(text, Feed, name=target.name)
        if not isinstance(feed.resource, Resource):
            raise TypeError("a draft holds its resource")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return Written(drafted, target, feed, feed.resource)

    def _department(self, file: Path, stated: str | None) -> str:
        known = [one.id for one in self._city.departments]
        if stated is not None:
            return self._city.department(stated).id
        inbox = (self._home / "inbox").resolve()
        if file.resolve().is_relative_to(inbox) and (folder := file.resolve().relative_to(inbox).parts[0]) in known:
            return folder
        if len(known) == 1:
            return known[0]
        raise UserError(
            f"请用 --department 写明部门，可用的有：{'、'.join(known)}。",
            f"State the department with --department; there are: {', '.join(known)}.",
        )

    def _refused(self, resource: Resource) -> dict[str, Refusal]:
        """Item -> why it cannot be a source of its own: the fact has one, or another department collects it by law."""
        (verdict,) = city_gate(self._city)([resource])
        kinds = (Reason.DUPLICATE, Reason.NOT_ITS_COLLECTOR)
        return {one.item: one for one in verdict.refusals if one.item is not None and one.reason in kinds}

    def _refuse_used(self, name: str) -> None:
        if name in [one.id for one in self._city.feeds] or name in [one.id for one in self._city.resources]:
            raise UserError(
                f"编号 {name} 已被数据源或资源使用，请用 --id 另取一个。",
                f"The id {name} is in use by a feed or a resource; choose another with --id.",
            )
