"""Importing sheets and packages into the life of entries: one transaction, drafts and changes, nothing by halves."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from entry_desk import BUREAU, EAST, EAST_MZ, GA, MZ, NOW, ORGANISATION, UNITS, Desk, make_desk, resource

from catalog.cases import store
from catalog.cases.tables import catalogue_case, catalogue_event
from catalog.departments import Department
from catalog.entries.desk import Passed
from catalog.entries.drafting import EntryDrafting
from catalog.interchange.mapping import Mapping
from catalog.interchange.package import open_package, pack
from catalog.interchange.receipts import RECEIPT
from catalog.interchange.receiving import ReceivedEntries
from catalog.interchange.service import CatalogueExchange, Why
from catalog.interchange.sheets import rows, write_csv, write_xlsx
from catalog.interchange.words import Words
from catalog.model import Resource
from ground.documents import parse_document
from ground.errors import Conflict, DocumentError, Forbidden, UserError

CITY = tuple(Department.model_validate(one) for one in UNITS)
BY_ID = {one.id: one for one in CITY}
WHY = Why("data_changed", note="盘点")


@pytest.fixture
def desk(operational, tmp_path) -> Desk:
    return make_desk(operational, tmp_path / "home")


def exchange(desk: Desk, **office: Any) -> CatalogueExchange:
    return CatalogueExchange(replace(desk.service.office, **office), desk.city(), Words(), [])


def sheet(path: Path, *resources: Resource) -> Path:
    (write_csv if path.suffix == ".csv" else write_xlsx)(path, rows(resources, BY_ID, Words()))
    return path


def publish(desk: Desk, *resources: Resource) -> None:
    """As an engineer does: the document in its place."""
    for one in resources:
        desk.write(one)
    desk.service.reconcile(desk.city(), NOW)


def states(desk: Desk) -> dict[str, str]:
    with desk.database.begin() as connection:
        return {one.id: one.state for one in store.listed(connection) if one.kind == "entry"}


def counted(desk: Desk) -> tuple[int, int]:
    """Rows of cases and of events."""
    with desk.database.begin() as connection:
        return tuple(
            connection.execute(sa.select(sa.func.count()).select_from(one)).scalar()
            for one in (catalogue_case, catalogue_event)
        )  # type: ignore[return-value]


def test_new_entries_become_drafts_with_their_origin(desk, tmp_path):
    one = exchange(desk)
    plan = one.plan(
        one.read(
            sheet(tmp_path / "盘点.xlsx", resource("ga_a", code="1/1"), resource("ga_b", code="1/2", title="居住登记"))
        )
    )
    one.carry_out(plan, GA, NOW)
    assert states(desk) == {"ga_a": "drafted", "ga_b": "drafted"}
    (event,) = desk.trail("ga_a")
    assert event.facts["origin"] == "盘点.xlsx" and event.by == GA
    again = exchange(desk)
    plan = again.plan(again.read(tmp_path / "盘点.xlsx"))
    assert plan.unchanged == ("ga_a", "ga_b") and not plan.drafts()


def test_a_draft_is_replaced_and_a_published_entry_changes_only_where_it_is_asked_for(desk, tmp_path):
    publish(desk, resource("ga_a", code="1/1"))
    desk.service.draft(resource("ga_b", code="1/2", title="居住登记"), GA, NOW)
    path = sheet(
        tmp_path / "a.csv",
        resource("ga_a", code="1/1", update_cycle="daily"),
        resource("ga_b", code="1/2", title="居住登记", update_cycle="daily"),
    )
    one = exchange(desk)
    plan = one.plan(one.read(path))
    assert [(c.before.id, c.is_draft) for c in plan.changed] == [("ga_a", False), ("ga_b", True)]
    one.carry_out(plan, GA, NOW)
    assert states(desk) == {"ga_a": "published", "ga_b": "drafted"}
    assert desk.case("ga_b").facts["draft"]["update_cycle"] == "daily"
    one.carry_out(one.plan(one.read(path)), GA, NOW, why=WHY)
    assert states(desk) == {"ga_a": "change_submitted", "ga_b": "drafted"}
    assert desk.case("ga_a").facts["draft"]["update_cycle"] == "daily"
    assert desk.city().resource("ga_a").update_cycle == "monthly"


@pytest.mark.duty("R-036")
def test_one_wrong_row_in_five_thousand_and_nothing_is_written(desk, tmp_path):
    path = tmp_path / "a.csv"
    many = [resource(f"ga_{n}", code=f"1/{n}", title=f"登记{n}") for n in range(2_500)]
    sheet(path, *many)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 5_001
    lines[3_001] = lines[3_001].replace("长期", "")
    path.write_text("\n".join(lines), encoding="utf-8")
    one, before = exchange(desk), counted(desk)
    with pytest.raises(DocumentError, match=r"a\.csv:\w+3002 共享期限"):
        one.carry_out(one.plan(one.read(path)), GA, NOW)
    assert counted(desk) == before
    start = time.monotonic()
    sheet(path, *many)
    one.carry_out(one.plan(one.read(path)), GA, NOW)
    assert len(states(desk)) == 2_500 and time.monotonic() - start < 120


def test_drafts_and_changes_are_one_transaction(desk, tmp_path):
    """The drafts are written first; the change that the gate bars takes them back."""
    publish(desk, resource("ga_a", code="1/1"))
    path = sheet(
        tmp_path / "a.csv",
        resource("ga_a", code="1/1", update_cycle="daily"),
        resource("ga_new", code="1/3", title="新登记"),
    )

    def bars(candidates, under_review):
        return [Passed(refusals=(_Remark(),)) for _ in candidates]

    one, before = exchange(desk, gate=bars), counted(desk)
    plan = one.plan(one.read(path))
    assert [(r.id, [x.zh for x in verdict.refusals]) for r, verdict in one.verdicts(plan)] == [
        ("ga_new", ["不行"]),
        ("ga_a", ["不行"]),
    ]
    with pytest.raises(UserError, match="不行"):
        one.carry_out(plan, GA, NOW, why=WHY)
    assert counted(desk) == before and states(desk) == {"ga_a": "published"}


class _Remark:
    zh, en = "不行", "no"


def test_killed_between_drafts_and_changes_nothing_is_there(desk, tmp_path, monkeypatch):
    publish(desk, resource("ga_a", code="1/1"))
    path = sheet(
        tmp_path / "a.csv",
        resource("ga_a", code="1/1", update_cycle="daily"),
        resource("ga_new", code="1/3", title="新登记"),
    )
    one, before = exchange(desk), counted(desk)
    write = EntryDrafting.draft_many

    def dies(self, *args, **more):
        write(self, *args, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(EntryDrafting, "draft_many", dies)
    with pytest.raises(KeyboardInterrupt):
        one.carry_out(one.plan(one.read(path)), GA, NOW, why=WHY)
    assert counted(desk) == before


@pytest.mark.parametrize(
    ("person", "entry", "fault"),
    [
        (MZ, resource("ga_x", code="1/9", title="别的"), Forbidden),
        (GA, resource("ga_s", code="1/8", title="已提交"), Conflict),
    ],
)
def test_what_the_life_of_entries_forbids_stops_the_whole_import(desk, tmp_path, person, entry, fault):
    desk.service.draft(resource("ga_s", code="1/8", title="已提交"), GA, NOW)
    desk.service.submit(["ga_s"], GA, NOW)
    before = counted(desk)
    changed = Resource.model_validate({**entry.model_dump(by_alias=True), "update_cycle": "yearly"})
    path = sheet(tmp_path / "a.csv", resource("ga_new", code="1/3", title="新登记"), changed)
    one = exchange(desk)
    with pytest.raises(fault):
        one.carry_out(one.plan(one.read(path)), person, NOW)
    assert counted(desk) == before


def test_a_secret_is_refused_on_the_record_without_its_content(desk, tmp_path):
    path = sheet(tmp_path / "a.csv", resource("ga_a", code="1/1"))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*lines[0], "是否涉密"])
        writer.writeheader()
        writer.writerows({**one, "是否涉密": "是"} for one in lines[:1])
    one = exchange(desk)
    with pytest.raises(UserError, match="涉密"):
        one.carry_out(one.plan(one.read(path)), GA, NOW)
    assert states(desk) == {}
    with desk.database.begin() as connection:
        (refusal,) = store.listed(connection)
        assert refusal.kind == "refusal" and "户籍" not in str(list(store.trail(connection)))


# --- packages ---------------------------------------------------------------------------------------------------------


def package(*resources: Resource, version: int = 1):
    units = [BY_ID[name] for name in ORGANISATION.below("east")]
    return open_package(pack(BY_ID["east"], units, resources, version=version, now=NOW).encode(), "east.json")


PENSION = resource("east_mz_pension", code="2/1", title="高龄津贴", department="east_mz")


@pytest.mark.duty("R-014", "R-017")
def test_a_districts_package_becomes_drafts_for_the_citys_check_once(desk):
    one = exchange(desk)
    sent = package(PENSION, resource("east_mz_low", code="2/2", title="低收入家庭", department="east_mz"))
    done = one.receive(one.plan_receipt(sent), BUREAU, NOW)
    assert done.before is None and done.drafts == ("east_mz_low", "east_mz_pension")
    assert states(desk) == {"east_mz_low": "drafted", "east_mz_pension": "drafted"}
    assert "package east@1" in desk.trail("east_mz_pension")[0].facts["origin"]
    before = counted(desk)
    again = exchange(desk)
    assert again.receive(again.plan_receipt(sent), BUREAU, NOW).before == NOW
    assert counted(desk) == before
    with desk.database.begin() as connection:
        (receipt,) = store.listed(connection, kind=RECEIPT.kind)
        (event,) = store.events(connection, RECEIPT.kind, receipt.id)
    assert event.by == BUREAU and event.facts["digest"] == sent.digest and receipt.department == "east"
    assert event.facts["departments"] == ["east_mz"], "whose entries came is told"
    assert desk.trail("east_mz_pension")[0].by == BUREAU, "whoever received it did it, not the hub"


def test_the_next_package_changes_what_was_published_and_replaces_what_waits(desk):
    publish(desk, PENSION)
    desk.service.draft(resource("east_mz_low", code="2/2", title="低收入家庭", department="east_mz"), EAST_MZ, NOW)
    changed = resource("east_mz_pension", code="2/1", title="高龄津贴", department="east_mz", update_cycle="daily")
    low = resource("east_mz_low", code="2/2", title="低收入家庭", department="east_mz", update_cycle="daily")
    one = exchange(desk)
    done = one.receive(one.plan_receipt(package(changed, low, version=2)), BUREAU, NOW)
    assert (done.drafts, done.changes) == (("east_mz_low",), ("east_mz_pension",))
    assert states(desk) == {"east_mz_pension": "change_submitted", "east_mz_low": "drafted"}
    asked = desk.trail("east_mz_pension")[-1]
    assert asked.by == BUREAU and "区级报送 east@2" in asked.facts["note"]
    assert desk.trail("east_mz_low")[-1].by == BUREAU


def pension(abstract: str) -> Resource:
    return resource("east_mz_pension", code="2/1", title="高龄津贴", department="east_mz", abstract=abstract)


def receive(desk: Desk, sent: Any) -> Any:
    one = exchange(desk)
    return one.receive(one.plan_receipt(sent), BUREAU, NOW)


def test_a_district_may_return_to_what_it_said_before(desk):
    first, second, third = (package(pension(one), version=n) for n, one in enumerate(("甲", "乙", "甲"), 1))
    assert first.digest == third.digest
    for sent, said in ((first, "甲"), (second, "乙"), (third, "甲")):
        assert receive(desk, sent).drafts == ("east_mz_pension",)
        assert desk.case("east_mz_pension").facts["draft"]["abstract"] == said
    assert receive(desk, third).before == NOW


def test_a_package_older_than_the_latest_is_refused(desk):
    first, second, other = (package(pension(one), version=n) for one, n in (("甲", 1), ("乙", 2), ("丙", 2)))
    for sent in (first, second, other):  # a version may be sent anew with other content, while nothing later came
        assert receive(desk, sent).before is None
    before = counted(desk)
    for sent, version in ((first, 1), (second, 2)):
        with pytest.raises(DocumentError, match=f"第 {version} 版，该区较新的第 2 版已经接收"):
            receive(desk, sent)
    assert counted(desk) == before and desk.case("east_mz_pension").facts["draft"]["abstract"] == "丙"


def test_one_districts_packages_say_nothing_of_anothers(desk):
    """Two districts number their catalogues each for itself."""
    receive(desk, package(pension("甲"), version=9))
    west = [BY_ID[name] for name in ORGANISATION.below("west")]
    entry = resource("west_x", code="3/1", title="西区", department="west_data")
    sent = open_package(pack(BY_ID["west"], west, [entry], version=1, now=NOW).encode(), "west.json")
    assert receive(desk, sent).drafts == ("west_x",)


@pytest.mark.parametrize(("said", "state", "draft"), [("甲", "published", None), ("丙", "change_submitted", "丙")])
def test_a_change_of_an_earlier_package_gives_way_to_the_later(desk, said, state, draft):
    """What the district took back is not published because its first word was still under review."""
    publish(desk, pension("甲"))
    receive(desk, package(pension("乙"), version=2))
    assert receive(desk, package(pension("乙"), entry_of_east(), version=3)).changes == ()
    assert receive(desk, package(pension(said), version=4)).changes == ("east_mz_pension",)
    case = desk.case("east_mz_pension")
    assert case.state == state and (case.facts["draft"] or {}).get("abstract") == draft
    assert "区级报送 east@4" in str(desk.trail("east_mz_pension")[-1].facts)


def entry_of_east() -> Resource:
    return resource("east_mz_low", code="2/2", title="低收入家庭", department="east_mz")


def test_a_change_that_the_department_asked_for_itself_is_not_given_up_for_a_package(desk):
    publish(desk, pension("甲"))
    desk.service.request_change([pension("乙")], EAST_MZ, NOW, cause="data_changed", note="自查")
    assert receive(desk, package(pension("甲"), entry_of_east(), version=2)).changes == ()
    assert desk.case("east_mz_pension").facts["draft"]["abstract"] == "乙"


@pytest.mark.duty("R-006")
@pytest.mark.parametrize("sender", ["gov", "bureau", "ga", "mz", "east_mz"])
def test_a_package_rewrites_nobodys_entries_in_the_name_of_a_district(desk, sender):
    """The city's own government, or a department, is no district: nothing of what it sends is taken in."""
    department = sender if sender in ("mz", "east_mz") else "ga"
    publish(desk, resource(department=department))
    forged = resource(department=department, abstract="由报送包改写")
    units = [BY_ID[one] for one in ORGANISATION.below(sender)]
    one, before = exchange(desk), counted(desk)
    sent = pack(BY_ID[sender], [*units, BY_ID[department]], [forged], version=1, now=NOW)
    plan = one.plan_receipt(open_package(sent.encode(), "gov.json"))
    with pytest.raises(DocumentError, match="不是设有数据主管部门的区"):
        one.receive(plan, BUREAU, NOW)
    assert counted(desk) == before and states(desk) == {"ga_household": "published"}


def test_whoever_receives_changes_what_the_district_compiles_and_nothing_else(desk):
    """The right to draft for others ends with the district's area, and with the authority of the city."""
    entries = ReceivedEntries(desk.service.office, ORGANISATION.district_area("east"))
    entries.draft_many([PENSION], BUREAU, NOW)
    for document, person in ((resource(), BUREAU), (PENSION, EAST), (PENSION, GA)):
        with pytest.raises(Forbidden):
            entries.draft_many([document], person, NOW)
    for step in (
        lambda: entries.submit([PENSION.id], BUREAU, NOW),
        lambda: entries.discard([PENSION.id], BUREAU, NOW, reason="不要"),
    ):
        with pytest.raises(Forbidden):
            step()


@pytest.mark.parametrize("foreign", ["west_data", "ga", "east_ga"])
def test_a_department_outside_the_district_stops_the_whole_package(desk, foreign):
    """The police of the district are managed by the city's: their catalogue is not the district's to send."""
    units = [BY_ID[name] for name in ORGANISATION.below("east")] + [BY_ID[foreign]]
    text = pack(BY_ID["east"], units, [PENSION, resource("x", code="2/9", department=foreign)], version=1, now=NOW)
    one, before = exchange(desk), counted(desk)
    plan = one.plan_receipt(open_package(text.encode(), "east.json"))
    with pytest.raises(DocumentError, match=f"部门 {foreign} 不属于"):
        one.receive(plan, BUREAU, NOW)
    assert counted(desk) == before


@pytest.mark.parametrize("person", [EAST, GA])
def test_nobody_but_the_citys_authority_receives(desk, person):
    one, before = exchange(desk), counted(desk)
    with pytest.raises(Forbidden):
        one.receive(one.plan_receipt(package(PENSION)), person, NOW)
    assert counted(desk) == before


# --- real catalogues ----------------------------------------------------------------------------------------------------

FOREIGN = """
header: false
columns: {1: title, 2: abstract, 3: code}
values: {信息资源提供方: 市大数据局, 信息系统名称: 数据开放平台, 信息资源格式: CSV, 提供方式: 文件, 共享期限: 长期,
         共享类型: 无条件共享, 开放类型: 无条件开放, 更新周期: 不定时, 信息项名称: 数据内容}
items_from: {column: abstract}
"""


@pytest.mark.parametrize(("name", "entries"), [("kaohisung", 1_495), ("tainan", 665)])
def test_a_real_portals_catalogue_is_refused_as_it_is_and_comes_in_by_a_mapping(desk, shared_data, name, entries):
    """Titles, descriptions and paths of two open portals in traditional characters, without a header."""
    path = next((shared_data("catalogue_tw_portals")).glob(f"{name}*.csv"))
    one = exchange(desk)
    with pytest.raises(DocumentError) as caught:
        one.read(path)
    assert "找不到表头" in caught.value.zh and "--columns" in caught.value.zh
    mapping = parse_document(FOREIGN, Mapping, name="columns.yaml")
    table = one.read(path, mapping=mapping)
    plan = one.plan(table)
    assert (len(plan.new), plan.faults) == (entries, ())
    listed = [entry for entry in plan.new if len(entry.resource.items) > 3]
    assert len(listed) > 20
    one.carry_out(plan, BUREAU, NOW)
    assert len(states(desk)) == entries


@pytest.mark.parametrize(
    ("text", "word"),
    [("columns: {标题: titel}", "没有名为 titel 的列"), ("header: false\ncolumns: {标题: title}", "列号"), ("columns: {}", "不能为空"), ("columns: {标题: title}", "没有列：标题")],
)  # fmt: skip
def test_a_mapping_that_fits_nothing_is_told(desk, tmp_path, text, word):
    path = tmp_path / "a.csv"
    path.write_text("名称,部门\n户籍,公安局\n", encoding="utf-8")
    read: Callable[[], Any] = lambda: exchange(desk).read(path, mapping=parse_document(text, Mapping, name="c.yaml"))  # noqa: E731
    with pytest.raises(DocumentError, match=word):
        read()
