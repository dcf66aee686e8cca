"""Aliases, residue and versions over a real lake: what an increment writes is what a full build finds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catalog.city import City
from catalog.departments import Department
from catalog.model import Resource
from catalog.register import Library, Register
from pipelines.fusion.kept_aliases import alias_name
from pipelines.fusion.residue import residue_name
from pipelines.fusion.service import base_name, build_library
from warehouse.lake import Lake, LakeLocation, LakeWriter

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

COMPANY = Library.model_validate(
    {
        "title": "法人库",
        "base": "legal_person",
        "key": "credit_code",
        "key_length": 18,
        "key_in": {"sc": "credit_code", "tj": "unit_code", "mz": "credit_code"},
        "in_force_from": {"mz": "valid_from"},
        "aliases": [
            {"resource": "change", "alias": "old", "key": "new", "kind": "kind"},
            {"resource": "sc", "alias": "number", "key": "credit_code", "means": "former_number"},
            {
                "resource": "sc",
                "alias_part": {"of": "credit_code", "from": 9, "to": 17},
                "key": "credit_code",
                "means": "former_number",
            },
        ],
        "items": {
            "name": {"title": "名称", "authority": "sc"},
            "staff": {"title": "从业人员", "authority": "tj"},
            "street": {"title": "街道", "authority": "mz"},
        },
    }
)
A, B, C, D = (f"9142010{n}{letter * 9}{n}" for n, letter in enumerate("ABCD"))
KEYS = {"sc": ["credit_code"], "tj": ["unit_no"], "mz": ["credit_code", "valid_from"], "change": ["old", "new"]}
COLUMNS = {
    "sc": ["credit_code", "number", "name"],
    "tj": ["unit_no", "unit_code", "staff"],
    "mz": ["credit_code", "valid_from", "street"],
    "change": ["old", "new", "kind"],
}


def _resource(name: str) -> Resource:
    access = {"class": "unconditional"}
    items = [{"id": one, "title": one, "type": "date" if one == "valid_from" else "text"} for one in COLUMNS[name]]
    entry = {"id": name, "title": name, "department": "d", "system": "s", "sharing": access, "opening": access}
    return Resource.model_validate(entry | {"update_cycle": "daily", "key": KEYS[name], "items": items})


CITY = City(
    departments=(Department(id="d", name="局"),),
    resources=tuple(_resource(name) for name in COLUMNS),
    feeds=(),
    register=Register(libraries={"company": COMPANY}),
)


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T10:00:00+08:00")


class Days:
    """One writer and the days of a hub: deliver, build, look."""

    def __init__(self, writer: LakeWriter) -> None:
        self.writer = writer
        self.since: int | None = None
        self.last: datetime | None = None

    def deliver(self, resource: str, *rows: tuple[str | None, ...]) -> None:
        columns = {name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(COLUMNS[resource])}
        if "valid_from" in columns:
            columns["valid_from"] = columns["valid_from"].cast(pa.date32())
        size = len(rows)
        table = pa.table(
            columns
            | {
                "_observed": pa.array([datetime(2026, 1, 1)] * size, pa.timestamp("us")),
                "_seq": pa.array([1] * size, pa.int64()),
                "_row": pa.array(range(size), pa.int64()),
                "_hash": pa.array(["h"] * size),
                "_batch": pa.array(["b"] * size),
            }
        )
        self.writer.upsert(f"standard.{resource}", self.writer.engine.load("_in", table), KEYS[resource])

    def forget(self, resource: str, *keys: tuple[str, ...]) -> None:
        names = KEYS[resource]
        table = pa.table({name: pa.array([key[n] for key in keys]) for n, name in enumerate(names)})
        self.writer.delete(f"standard.{resource}", self.writer.engine.load("_out", table), names)

    def build(self, now: str, mode: str) -> Any:
        """Build, then build whole: the second must find nothing that the first did not write."""
        built = build_library(self.writer, CITY, "company", since=self.since, now=day(now), last=self.last)
        assert built.mode == mode
        kept = {name: self.rows(name) for name in (alias_name("company"), residue_name("company"))}
        again = build_library(self.writer, CITY, "company", since=None, now=day(now))
        assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)
        assert {name: self.rows(name) for name in kept} == kept
        assert (again.residue, again.ambiguous) == (built.residue, built.ambiguous)
        self.since, self.last = self.writer.snapshot(), day(now)
        return built

    def rows(self, name: str) -> list[dict[str, Any]]:
        return sorted(self.writer.engine.to_arrow(self.writer.table(name)).to_pylist(), key=str)

    def library(self) -> dict[str, tuple[Any, ...]]:
        return {
            row["credit_code"]: (row["name"], row["staff"], row["street"]) for row in self.rows(base_name("company"))
        }


@pytest.fixture
def days(tmp_path: Path) -> Any:
    with Lake(LakeLocation(tmp_path / "lake"), threads=2).writing() as writer:
        days = Days(writer)
        days.deliver("sc", (A, "420100000000001", "甲"), (B, "420100000000002", "乙"), (C, None, "丙"))
        days.deliver(
            "tj", ("u1", "AAAAAAAAA", "10"), ("u2", "420100000000002", "20"), ("u3", None, "30"), ("u4", C, "40")
        )
        days.deliver("mz", (A, "2020-01-01", "今街"), (A, "2026-12-01", "新街"))
        days.deliver("change", ("x", A, "corrected"))
        yield days


def test_old_numbers_lead_to_the_credit_code_and_rows_without_one_wait(days: Days) -> None:
    built = days.build("2026-11-21", "first")
    assert days.library() == {A: ("甲", "10", "今街"), B: ("乙", "20", None), C: ("丙", "40", None)}
    assert (built.residue, built.ambiguous) == (1, 0)
    assert [(row["resource"], row["row_key"], row["staff"]) for row in days.rows(residue_name("company"))] == [
        ("tj", "u3", "30")
    ]


def test_an_increment_follows_every_change_of_a_code(days: Days) -> None:
    days.build("2026-11-21", "first")
    days.deliver("change", (B, D, "corrected"))  # the number of B leads to D now
    days.deliver("sc", (D, None, "丁"))
    days.build("2026-11-22", "increment")
    assert days.library() == {A: ("甲", "10", "今街"), D: ("乙", "20", None), C: ("丙", "40", None)}
    days.forget("change", (B, D))  # taken back
    days.build("2026-11-23", "increment")
    assert days.library()[B] == ("乙", "20", None)
    assert days.library()[D] == ("丁", None, None)


def test_a_number_that_a_second_holder_claims_is_not_resolved_any_more(days: Days) -> None:
    days.build("2026-11-21", "first")
    days.deliver("sc", (C, "420100000000002", "丙"))
    built = days.build("2026-11-22", "increment")
    assert built.ambiguous == 1
    assert days.library()[B] == ("乙", None, None)
    assert days.library()["420100000000002"] == (None, "20", None)


def test_a_split_code_stays_under_itself(days: Days) -> None:
    days.deliver("tj", ("u5", "Z" * 18, "50"))
    days.deliver("change", ("Z" * 18, A, "split"), ("Z" * 18, B, "split"))
    assert days.build("2026-11-21", "first").ambiguous == 1
    assert days.library()["Z" * 18] == (None, "50", None)
    days.deliver("change", ("Z" * 18, A, "corrected"))
    days.forget("change", ("Z" * 18, B))
    assert days.build("2026-11-22", "increment").ambiguous == 0
    assert "Z" * 18 not in days.library()


def test_rows_leave_the_residue_when_they_name_a_key(days: Days) -> None:
    days.build("2026-11-21", "first")
    days.deliver("tj", ("u3", B, "31"), ("u4", None, "41"), ("u6", None, "60"))
    built = days.build("2026-11-22", "increment")
    assert built.residue == 2
    assert [row["row_key"] for row in days.rows(residue_name("company"))] == ["u4", "u6"]
    days.forget("tj", ("u6",))
    assert days.build("2026-11-23", "unchanged").residue == 1


def test_a_version_comes_into_force_on_its_day_though_nobody_delivers(days: Days) -> None:
    days.build("2026-11-21", "first")
    days.build("2026-11-30", "unchanged")
    assert days.library()[A][2] == "今街"
    days.build("2026-12-01", "increment")
    assert days.library()[A][2] == "新街"
    days.build("2026-12-02", "unchanged")
