"""A correction that an officer makes at the desk, or a department's system by the interface: a delivery like any other.

What is typed into the form becomes a small CSV file of the resource's own form feed (`catalog.forms`), is landed and held
against the contract. What breaks it is answered at once with row, item and reason, and nothing is taken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ibis

from catalog import forms
from catalog.city import City
from catalog.feed import Mode
from catalog.model import Resource
from ground.errors import RefusedData, UserError
from pipelines.intake import contract
from pipelines.intake.contract import REASONS
from pipelines.intake.service import IntakeService
from pipelines.intake.store import Delivery, Outcome
from pipelines.intake.uploads import Upload
from pipelines.problems.asking import item_of
from warehouse.lake import Lake

LARGEST = 16 << 20
"""Bytes of a correction that comes through a door; a larger one is delivered as a file of the department's own feed."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a department puts right: rows, each with its key items and the items that change; or keys that are struck off.

    ``file`` is the same as CSV (UTF-8, header of item ids) in place of rows. ``gone``: strike the rows off; ``reason`` says why.
    ``adds``: the rows are records that were missing; otherwise a key that is not there is a slip of the pen and refused.
    """

    rows: Sequence[Mapping[str, str | None]] = ()
    file: bytes | None = None
    gone: bool = False
    reason: str = ""
    adds: bool = False


class CorrectionDesk:
    """Takes corrections.

    Args:
        home: for the work file.
        city: what is declared.
        intake: lands and takes them.
        lake: knows which keys there are.
    """

    def __init__(self, home: Path, city: City, intake: IntakeService, lake: Lake) -> None:
        self._home = home
        self._city = city
        self._intake = intake
        self._lake = lake

    def take(self, resource_id: str, correction: Correction, by: str, now: datetime) -> Delivery:
        """Land and take a correction of a resource.

        Raises:
            UserError: no rows, an item that the resource does not have, a row that breaks the contract (row, item, reason).
            RefusedData: the delivery was refused; its bytes are kept.
        """
        resource = self._city.resource(resource_id)
        feed = forms.form_feed(resource, Mode.TOMBSTONE if correction.gone else Mode.CORRECTION)
        content = _content(resource, correction)
        path = self._home / "spill" / f"{feed.id}-{now:%Y%m%d%H%M%S%f}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(content)
            (reading,) = self._intake.check(feed.id, now, path)
            if reading.refusal is not None and not reading.problems:
                raise UserError(*reading.refusal, where=resource_id)
            if reading.problems:
                raise _broken(reading.problems, resource_id)
            if not correction.adds:
                self._refuse_unknown(resource, content)
            one = self._intake.upload(feed.id, Upload(path, by, correction.reason or "更正 correction"), now)
        finally:
            path.unlink(missing_ok=True)
        if one.outcome is Outcome.REFUSED:
            raise RefusedData(
                one.message_zh or "更正被退回。", one.message_en or "The correction was refused.", where=one.id
            )
        return one

    def _refuse_unknown(self, resource: Resource, content: bytes) -> None:
        """Refuse keys that the resource does not hold now, with their rows."""
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        keys = [{"_n": number, **{name: row[name] for name in resource.key}} for number, row in enumerate(rows, 1)]
        schema = {"_n": "int64", **dict.fromkeys(resource.key, "string")}
        with self._lake.reading(None) as reader:
            asked = ibis.memtable(keys, schema=schema)
            typed = asked.select("_n", **contract.key_values(asked, resource))
            name = f"standard.{resource.id}"
            unknown = typed.anti_join(reader.table(name), resource.key) if reader.has(name) else typed
            found = sorted(reader.engine.to_arrow(unknown.select("_n"))["_n"].to_pylist())
        if found:
            raise _broken({f"{resource.key[0]}:unknown_key": (len(found), [one + 1 for one in found])}, resource.id)


def _content(resource: Resource, correction: Correction) -> bytes:
    """The correction as the CSV of its form feed."""
    if correction.file is not None:
        if len(correction.file) > LARGEST:
            raise UserError(
                f"更正文件超过 {LARGEST >> 20} MB，请按本部门的数据源送达。",
                f"The correction is larger than {LARGEST >> 20} MB; deliver it by the department's own feed.",
            )
        try:
            correction.file.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UserError(
                "更正文件不是 UTF-8 编码，请另存为 UTF-8 的 CSV。",
                "The correction is not UTF-8; save it as CSV in UTF-8.",
            ) from None
        return correction.file
    if not correction.rows:
        raise UserError("更正没有任何行。", "The correction has no rows.", where=resource.id)
    if correction.gone and not correction.reason.strip():
        raise UserError("注销须写明原因。", "Say why the records are struck off.", where="reason")
    columns = list(dict.fromkeys([*resource.key, *(name for row in correction.rows for name in row)]))
    for name in columns:
        item_of(resource, name)
    missing = [
        number for number, row in enumerate(correction.rows, 1) if any(not row.get(name) for name in resource.key)
    ]
    if missing:
        raise UserError(
            f"第 {'、'.join(map(str, missing[:10]))} 行缺少主键（{'、'.join(resource.key)}）。",
            f"Rows {', '.join(map(str, missing[:10]))} lack their key ({', '.join(resource.key)}).",
            where="rows",
        )
    if not correction.gone and len({frozenset(row) for row in correction.rows}) > 1:
        # In one file a cell that is not filled in would empty a value that nobody spoke of.
        raise UserError(
            "一次更正的各行须填写相同的信息项；不同的请分开提交。",
            "The rows of one correction name the same items; send others apart.",
            where="rows",
        )
    if correction.gone:
        columns = [*resource.key, forms.REASON]
    return _csv(columns, [{**row, forms.REASON: correction.reason} for row in correction.rows])


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: row.get(name) or "" for name in columns} for row in rows)
    return text.getvalue().encode()


def _broken(problems: Mapping[str, tuple[int, Sequence[int]]], resource: str) -> UserError:
    """Row, item and reason of everything that breaks the contract."""
    zh, en = [], []
    for reason, (_, rows) in problems.items():
        item, _, code = reason.partition(":")
        words = REASONS.get(code, (code, code))
        named = [str(row - 1) for row in rows[:5]]  # the header is line 1
        zh.append(f"第 {'、'.join(named)} 行 {item}：{words[0]}")
        en.append(f"row {', '.join(named)} {item}: {words[1]}")
    return UserError("；".join(zh) + "。更正未采用。", "; ".join(en) + ". Nothing was taken.", where=resource)
