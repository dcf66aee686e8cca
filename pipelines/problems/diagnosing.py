"""What would this fix? The causes that explain many findings of a ticket at once, each with its numbers and what to do.

Counted in the engine over the failing rows (`quality.causes`); said here in words. No value of a record is told: batches,
divisions, patterns of characters, and codes of at most four letters or digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial

import ibis.expr.types as ir

from catalog.city import City
from catalog.model import Item, ItemType, Resource
from pipelines.intake import contract
from quality import causes
from quality import check_kinds as k
from quality import relation_kinds as rk
from quality.causes import Counted, Neighbour, Whole
from quality.rules import Rule
from standards import division_history, elements
from warehouse.duckdb_engine import DuckDbEngine

BASELINE = 50_000
"""Sound rows that forms and neighbours are held against; batches are held against all rows."""
RARE = 0.1
"""Of the sound rows: a form that more of them have is no new one."""
PREFIX = 6
"""Characters of a key that may name a division."""


class CauseKind(StrEnum):
    """What many findings have in common; of two that explain as many, the one that says more exactly what to do is first."""

    SHIFTED = "shifted"
    COPIED = "copied"
    CODE = "code"
    MISSING_REFERENCE = "missing_reference"
    SOURCE = "source"
    BATCH = "batch"
    FEED = "feed"
    PATTERN = "pattern"
    DIVISION = "division"


CAUSE_WORDS: dict[CauseKind, tuple[str, str]] = {
    CauseKind.BATCH: ("同一批次", "one batch"),
    CauseKind.FEED: ("同一数据源", "one feed"),
    CauseKind.DIVISION: ("同一区划", "one division"),
    CauseKind.SHIFTED: ("列错位", "a shifted column"),
    CauseKind.COPIED: ("两列同值", "one column written twice"),
    CauseKind.CODE: ("代码表变更", "a change of codes"),
    CauseKind.MISSING_REFERENCE: ("被引用方缺记录", "missing in the register referred to"),
    CauseKind.PATTERN: ("格式变化", "a change of form"),
    CauseKind.SOURCE: ("某一来源独异", "one source stands alone"),
}


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that, put right, would put many findings right.

    Attributes:
        kind: what they have in common.
        explained, of: how many findings it explains, of how many that stand.
        zh, en: the evidence, in numbers.
        todo_zh, todo_en: what to do.
        facts: the same for machines: names, patterns and counts.
    """

    kind: CauseKind
    explained: int
    of: int
    zh: str
    en: str
    todo_zh: str
    todo_en: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def by_weight(found: Iterable[Cause]) -> list[Cause]:
    """Causes, the one that explains most first."""
    order = list(CauseKind)
    return sorted(found, key=lambda one: (-one.explained, order.index(one.kind)))


@dataclass(frozen=True)
class Diagnosis:
    """Looks for causes over the rows of one resource.

    Args:
        engine: counts.
        city: titles and columns.
        resource, item: what the findings are about.
        rule: the rule they break; None where it is none of the rulebook.
        rules: all rules of the resource, to know the forms of its other items.
        today: the day of evaluation.
    """

    engine: DuckDbEngine
    city: City
    resource: Resource
    item: str | None
    rule: Rule | None
    rules: Sequence[Rule]
    today: date

    def causes(self, rows: ir.Table, standing: ir.Table) -> list[Cause]:
        """Causes, the one that explains most first.

        Args:
            rows: the whole standard table, with ``_row_key``.
            standing: ``row_key`` of the findings that stand.
        """
        failing = self.engine.stage(rows.semi_join(standing, rows["_row_key"] == standing["row_key"]), "_failing")
        number = self._size(failing)
        if number < causes.LEAST:
            return []
        found = [*self._gathered(failing, rows, Whole(number, self._size(rows)))]
        if self.item is not None and self.item in rows.columns:
            sound = rows.anti_join(failing, "_row_key").filter(rows[self.item].notnull())
            sound = self.engine.stage(sound.limit(BASELINE), "_sound")
            against = Whole(number, self._size(sound))
            moved = [*self._misplaced(failing, sound, against)]
            found += [*self._codes(failing, sound, against), *moved]
            # Values of another column have another form: that is said already.
            explained = max((one.explained for one in moved), default=0)
            found += [one for one in self._patterns(failing, sound, against) if one.explained > explained]
        return by_weight(found)

    # --- how it was gathered --------------------------------------------------------------------------------------

    def _gathered(self, failing: ir.Table, rows: ir.Table, whole: Whole) -> Iterator[Cause]:
        aspects: dict[str, Callable[[ir.Table], ir.Value]] = {
            CauseKind.BATCH: lambda table: table["_batch"], CauseKind.FEED: lambda table: table["_feed"],
        }  # fmt: skip
        aspects |= {f"{CauseKind.DIVISION}:{name}": partial(_start, name=name) for name in self._divided()}
        found = self._counted(causes.shared_values(failing, rows, aspects))
        telling = [one for one in found if causes.stands_out(one, whole)]
        batches = [one for one in telling if one.aspect == CauseKind.BATCH]
        for one in telling:
            kind = CauseKind(one.aspect.partition(":")[0])
            if kind is CauseKind.DIVISION:
                place = division_history.name_of(one.value)
                if place is not None:
                    yield self._of_division(one, whole, place)
            elif kind is CauseKind.BATCH:
                yield self._of_batch(one, whole)
            elif not any(batch.failing == one.failing for batch in batches):
                yield self._of_feed(one, whole)

    def _divided(self) -> list[str]:
        """Items that begin with a division's code: the key of persons, and divisions themselves."""
        named = [one.id for one in self.resource.items if one.code_list == "division" or _is_division(one)]
        return list(dict.fromkeys([*named, *[name for name in self.resource.key if _is_id(self.resource.item(name))]]))

    def _of_batch(self, one: Counted, whole: Whole) -> Cause:
        share = f"{one.rows}/{whole.rows}"
        return Cause(
            kind=CauseKind.BATCH, explained=one.failing, of=whole.failing,
            zh=f"{one.failing}/{whole.failing} 条问题来自批次 {one.value}，该批次只占全部行的 {share}",
            en=f"{one.failing} of {whole.failing} findings came in batch {one.value}, which brought {share} of all rows",
            todo_zh="请数据提供部门核对该批次的生成过程，更正后重新送达该批。",
            todo_en="Ask the department how this batch was made; have it delivered again, corrected.",
            facts={"batch": one.value, "rows": one.rows, "all_rows": whole.rows},
        )  # fmt: skip

    def _of_feed(self, one: Counted, whole: Whole) -> Cause:
        return Cause(
            kind=CauseKind.FEED, explained=one.failing, of=whole.failing,
            zh=f"{one.failing}/{whole.failing} 条问题来自数据源 {one.value}，它只占全部行的 {one.rows}/{whole.rows}",
            en=f"{one.failing} of {whole.failing} findings came by feed {one.value}, which brought {one.rows} of {whole.rows} rows",
            todo_zh="请核对该数据源的列对应与取数口径（feed show）。",
            todo_en="Check the columns and the query of this feed (feed show).",
            facts={"feed": one.value, "rows": one.rows, "all_rows": whole.rows},
        )  # fmt: skip

    def _of_division(self, one: Counted, whole: Whole, place: str) -> Cause:
        item = one.aspect.partition(":")[2]
        return Cause(
            kind=CauseKind.DIVISION, explained=one.failing, of=whole.failing,
            zh=f"{one.failing}/{whole.failing} 条问题的{self._title(item)}属于{place}，该区划只占全部行的 {one.rows}/{whole.rows}",
            en=f"{one.failing} of {whole.failing} findings lie in division {one.value} by {item}, which has {one.rows} of {whole.rows} rows",
            todo_zh=f"请核对{place}的受理点或前置系统。",
            todo_en="Look at the office or the front system of this division.",
            facts={"item": item, "division": one.value, "rows": one.rows, "all_rows": whole.rows},
        )  # fmt: skip

    # --- what stands there ----------------------------------------------------------------------------------------

    def _codes(self, failing: ir.Table, sound: ir.Table, against: Whole) -> Iterator[Cause]:
        """Few values with many findings each: codes that the list does not have, or references that lead nowhere."""
        check = self.rule.check if self.rule is not None else None
        item = self.item or ""
        if not isinstance(check, k.CodeList | k.OneOf | k.DivisionIn | rk.InReference):
            return
        for one in self._counted(causes.shared_values(failing, sound, {"value": lambda table: table[item]})):
            if not causes.differs_from_sound(one, against):
                continue
            code = causes.shown_code(one.value)
            said = (f"代码“{code}”", f"The code '{code}'") if code else ("同一个值（不显示）", "One value (not shown)")
            facts: dict[str, str | int] = {"uses": one.failing, **({"code": code} if code else {})}
            reference = isinstance(check, rk.InReference)
            yield Cause(
                kind=CauseKind.MISSING_REFERENCE if reference else CauseKind.CODE,
                explained=one.failing, of=against.failing,
                zh=f"{said[0]}在问题行中使用 {one.failing} 次（共 {against.failing} 条），合格行中 {one.rows} 次",
                en=f"{said[1]} is used {one.failing} times among {against.failing} findings and {one.rows} times in sound rows",
                todo_zh="若对方登记确有此条，请其补送；否则更正引用。" if reference
                else "若为新启用的代码，请将其加入代码表；否则请部门给出与标准代码的对照。",
                todo_en="If the register referred to should hold it, have it delivered there; else correct the reference." if reference
                else "If it is a new code, add it to the list; else have the department map it to the standard's.",
                facts=facts,
            )  # fmt: skip

    def _misplaced(self, failing: ir.Table, sound: ir.Table, against: Whole) -> Iterator[Cause]:
        item = self.item or ""
        neighbours = [self._neighbour(one) for one in self.resource.items if one.id != item]
        usable = [one for one in neighbours if one.item in failing.columns]
        table = causes.misplaced(failing, sound, item, usable, self.today)
        telling = [one for one in self._counted(table) if causes.differs_from_sound(one, against)]
        order = self._order()
        telling.sort(key=lambda one: (-one.failing, abs(order[one.value] - order[item])))
        for aspect, kind in (("fits:", CauseKind.SHIFTED), ("equals:", CauseKind.COPIED)):
            best = [one for one in telling if one.aspect.startswith(aspect)][:1]
            for one in best:
                yield self._of_neighbour(kind, one, against, abs(order[one.value] - order[item]))

    def _of_neighbour(self, kind: CauseKind, one: Counted, against: Whole, distance: int) -> Cause:
        title, own = self._title(one.value), self._title(self.item or "")
        what = ("符合", "are right for") if kind is CauseKind.SHIFTED else ("等于", "equal")
        return Cause(
            kind=kind, explained=one.failing, of=against.failing,
            zh=f"{one.failing}/{against.failing} 条问题值{what[0]}“{title}”的{'规则' if kind is CauseKind.SHIFTED else '值'}"
            f"（合格行中 {one.rows}/{against.rows}），两项相隔 {distance} 列",
            en=f"{one.failing} of {against.failing} failing values {what[1]} {one.value} "
            f"({one.rows} of {against.rows} sound ones), {distance} columns away",
            todo_zh=f"请核对送达文件中“{own}”与“{title}”两列的表头和列对应，疑为错位。",
            todo_en=f"Compare the headings of {self.item} and {one.value} in the delivered file: columns seem to be shifted.",
            facts={"item": one.value, "columns_away": distance, "sound": one.rows, "sound_rows": against.rows},
        )  # fmt: skip

    def _patterns(self, failing: ir.Table, sound: ir.Table, against: Whole) -> Iterator[Cause]:
        item = self.item or ""
        table = causes.shared_values(failing, sound, {"pattern": lambda rows: causes.pattern_of(rows[item])})
        telling = [one for one in self._counted(table) if causes.differs_from_sound(one, against)]
        for one in [one for one in telling if one.rows <= RARE * against.rows][:1]:
            pattern = causes.shown_pattern(one.value)
            yield Cause(
                kind=CauseKind.PATTERN, explained=one.failing, of=against.failing,
                zh=f"{one.failing}/{against.failing} 条问题值形如 {pattern}，合格行中只有 {one.rows}/{against.rows}",
                en=f"{one.failing} of {against.failing} failing values have the form {pattern}, of the sound ones {one.rows} of {against.rows}",
                todo_zh="写法可能已改变：请部门按目录格式送达，或在数据元中增加规范化步骤。",
                todo_en="The way of writing may have changed: deliver it as the catalogue says, or add a step of normalisation.",
                facts={"pattern": pattern, "sound": one.rows, "sound_rows": against.rows},
            )  # fmt: skip

    # --- parts ----------------------------------------------------------------------------------------------------

    def _neighbour(self, item: Item) -> Neighbour:
        def read(text: ir.StringValue) -> ir.Value:
            return contract.convert(elements.normalise(text, item.element).nullif(""), item)

        typed = item.type in (ItemType.DATE, ItemType.TIMESTAMP)
        return Neighbour(item.id, read, causes.form_rules(self.rules, item.id), typed)

    def _order(self) -> dict[str, int]:
        """Place of each item among the delivered columns; those that no feed delivers come after."""
        feeds = self.city.feeds_of(self.resource.id)
        delivered = list(feeds[0].columns.values()) if feeds else []
        every = dict.fromkeys([*delivered, *self.resource.item_ids])
        return {name: place for place, name in enumerate(every)}

    def _title(self, item: str) -> str:
        return self.resource.item(item).title if item in self.resource.item_ids else item

    def _counted(self, table: ir.Table) -> list[Counted]:
        found = [Counted(**row) for row in self.engine.to_arrow(table).to_pylist()]
        return sorted(found, key=lambda one: (-one.failing, one.aspect, one.value))

    def _size(self, table: ir.Table) -> int:
        return int(self.engine.to_arrow(table.count()).column(0)[0].as_py())


def _start(table: ir.Table, *, name: str) -> ir.Value:
    return table[name].cast("string").substr(0, PREFIX)


def _is_division(item: Item) -> bool:
    return item.element is not None and item.element.endswith("division")


def _is_id(item: Item) -> bool:
    return item.element == "citizen_id"
