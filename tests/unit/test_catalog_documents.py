"""The catalogue is read whole or refused with every problem, each at its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.city import City
from catalog.documents import READINGS, _Reader, load_city
from catalog.entries.files import Shelf
from catalog.places import Place
from catalog.problems import choices
from ground.errors import DocumentError, UserError

DEPARTMENTS = """\
departments:
  - {id: ga, name: 公安局}
  - {id: sw, name: 税务局}
"""
HOUSEHOLD = """\
id: ga_household
title: 户籍登记
department: ga
system: 户籍管理系统
storage_format: database
share_until: 长期
provision_mode: file
sharing: {class: conditional, reason: 含个人信息, legal_basis: 条例第十六条}
opening: {class: not, reason: 含个人信息, legal_basis: 条例第三十二条}
update_cycle: monthly
key: [citizen_id]
observed_at: updated_at
items:
  - {id: citizen_id, title: 公民身份号码, element: citizen_id}
  - {id: name, title: 姓名, element: person_name, required: true}
  - {id: former_name, title: 曾用名}
  - {id: birth_date, title: 出生日期, type: date}
  - {id: updated_at, title: 更新时间, type: timestamp}
"""
INSURANCE = """\
id: sw_social_insurance
title: 社会保险费征缴
department: sw
system: 征缴系统
storage_format: database
share_until: '2030-12-31'
provision_mode: exchange
sharing: {class: unconditional}
opening: {class: not, reason: 含个人信息, legal_basis: 条例第三十二条}
update_cycle: monthly
key: [citizen_id]
items:
  - {id: citizen_id, title: 公民身份号码, element: citizen_id}
  - {id: full_name, title: 姓名, element: person_name}
"""
HUKOU = """\
id: hukou
resource: ga_household
source: {kind: file, path: 'ga/hukou_{period}.csv'}
format: {kind: csv, encoding: gbk}
columns:
  公民身份号码: citizen_id
  姓名: name
  更新时间: updated_at
"""
INSURED = """\
id: insured
resource: sw_social_insurance
source: {kind: sql, url: 'sqlite:///inbox/sw/social_insurance.sqlite', query: social_insurance}
format: {kind: rows}
columns: {citizen_id: citizen_id, name: full_name}
"""
REGISTER = """\
libraries:
  population:
    title: 人口库
    key: citizen_id
    key_in: {ga_household: citizen_id, sw_social_insurance: citizen_id}
    items:
      name:
        title: 姓名
        authority: ga_household
        corroborating: [sw_social_insurance]
        fallback: [sw_social_insurance]
        from_item: {sw_social_insurance: full_name}
        also_agrees_with: [former_name]
      birth_date:
        title: 出生日期
        authority: ga_household
        type: date
"""
SOUND = {
    "departments.yaml": DEPARTMENTS,
    "register.yaml": REGISTER,
    "resources/ga_household.yaml": HOUSEHOLD,
    "resources/sw_social_insurance.yaml": INSURANCE,
    "feeds/hukou.yaml": HUKOU,
    "feeds/insured.yaml": INSURED,
}
ELEMENTS = frozenset({"citizen_id", "person_name"})


def write(directory: Path, documents: dict[str, str]) -> Path:
    city = directory / "city"
    for name, text in documents.items():
        path = city / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return city


def load(directory: Path, documents: dict[str, str]) -> City:
    return load_city(write(directory, documents), known_elements=ELEMENTS, known_code_lists=frozenset({"GB/T 2261.1"}))


def refused(directory: Path, name: str, old: str, new: str) -> DocumentError:
    """Load the sound city with one text replaced in one document; it must be refused."""
    assert old in SOUND[name], "the test replaces nothing"
    with pytest.raises(DocumentError) as caught:
        load(directory, {**SOUND, name: SOUND[name].replace(old, new)})
    return caught.value


def problems(fault: DocumentError) -> list[str]:
    """Chinese lines without the heading; both languages must tell the same places."""
    zh, en = fault.zh.splitlines()[1:], fault.en.splitlines()[1:]
    assert [line.split(": ")[0] for line in zh] == [line.split(": ")[0] for line in en]
    return zh


@pytest.mark.duty("R-007", "R-022", "R-073")
def test_a_sound_city_is_read_and_found_by_id(tmp_path: Path) -> None:
    city = load(tmp_path, SOUND)
    assert [one.id for one in city.departments] == ["ga", "sw"]
    assert [one.id for one in city.resources] == ["ga_household", "sw_social_insurance"]
    assert [one.id for one in city.feeds_of("ga_household")] == ["hukou"]
    assert city.department_of("sw_social_insurance").name == "税务局"
    assert city.libraries_of("sw_social_insurance") == ("population",)
    assert city.library("population").items["name"].authority == "ga_household"
    assert city.resource("ga_household").update_cycle == "monthly"


def test_register_resources_and_feeds_may_be_absent(tmp_path: Path) -> None:
    city = load(tmp_path, {"departments.yaml": DEPARTMENTS})
    assert (city.resources, city.feeds, city.register.libraries) == ((), (), {})


def test_an_unknown_id_is_answered_with_the_close_match_and_the_allowed_values(tmp_path: Path) -> None:
    city = load(tmp_path, SOUND)
    with pytest.raises(
        UserError, match=r"是否想写 ga_household？可用的值：ga_household、sw_social_insurance"
    ) as caught:
        city.resource("ga_houshold")
    assert "Did you mean ga_household? Allowed: ga_household, sw_social_insurance" in caught.value.en
    for lookup in (city.department, city.feed, city.library, city.feeds_of, city.department_of, city.libraries_of):
        with pytest.raises(UserError):
            lookup("nothing")


def test_a_long_list_of_allowed_values_is_cut_and_counted() -> None:
    zh, en = choices("x", [f"r{number:03}" for number in range(50)])
    assert "r039" in zh and "r040" not in zh and "另有 10 个" in zh and en.endswith("and 10 more")


ONE_PROBLEM = [
    # document, text, replacement, place in the message, words in Chinese, words in English
    ("resources/ga_household.yaml", "title: 户籍登记", "titel: 户籍登记", ":2 titel", "是否想写 title？", "Did you mean title?"),
    ("resources/ga_household.yaml", "department: ga", "department: gq", ":3 department", "没有名为 gq 的部门。是否想写 ga？可用的值：ga、sw", "There is no department gq. Did you mean ga? Allowed: ga, sw"),
    ("resources/ga_household.yaml", "observed_at: updated_at", "observed_at: name", ":12 observed_at", "不是时间", "must be date"),
    ("resources/ga_household.yaml", "element: person_name", "element: person_nam", ":15 items.1.element", "标准数据元。是否想写 person_name", "Did you mean person_name?"),
    ("resources/ga_household.yaml", "title: 曾用名}", "title: 曾用名, code_list: GB/T 2261.2}", ":16 items.2.code_list", "代码集", "code list"),
    ("resources/ga_household.yaml", "id: ga_household", "id: ga_people", ":1 id", "ga_people.yaml", "rename it to ga_people.yaml"),
    ("feeds/hukou.yaml", "resource: ga_household", "resource: ga_houshold", ":2 resource", "是否想写 ga_household？", "Did you mean ga_household?"),
    ("feeds/hukou.yaml", "姓名: name", "姓名: nam", ":7 columns.姓名", "是否想写 name？", "Did you mean name?"),
    ("feeds/hukou.yaml", "  姓名: name\n", "", ":5 columns", "没有给出必须的信息项：name", "mode full needs: name"),
    ("feeds/hukou.yaml", "  公民身份号码: citizen_id\n", "", ":5 columns", "citizen_id", "citizen_id"),
    ("feeds/hukou.yaml", "ga/hukou_{period}.csv", "../ga/hukou.csv", ":3 source", "path 必须在 inbox/ 之下", "path must stay below inbox/"),
    ("feeds/hukou.yaml", "id: hukou", "id: hukou2", ":1 id", "hukou2.yaml", "rename"),
    ("feeds/insured.yaml", "sqlite:///inbox", "postgresql://u:secret@host/inbox", ":3 source.url", "口令", "password"),
    ("register.yaml", "key_in: {ga_household: citizen_id, ", "key_in: {ga_household: citizen_no, ", ":5 libraries.population.key_in.ga_household", "是否想写 citizen_id？", "Did you mean citizen_id?"),
    ("register.yaml", "{sw_social_insurance: full_name}", "{sw_social_insurance: fullname}", ":10 libraries.population.items.name.corroborating", "是否想写 full_name？", "Did you mean full_name?"),
    ("register.yaml", "[former_name]", "[old_name]", ":13 libraries.population.items.name.also_agrees_with", "old_name", "old_name"),
    ("register.yaml", "    items:\n", "    aliases: [{resource: ga_alias, alias: old, key: new}]\n    items:\n", ":6 libraries.population.aliases.0.resource", "没有名为 ga_alias 的信息资源", "no resource ga_alias"),
    ("register.yaml", "    items:\n", "    aliases:\n      - {resource: ga_household, alias: former_nam, key: citizen_id}\n    items:\n", ":7 libraries.population.aliases.0.alias", "是否想写 former_name？", "Did you mean former_name?"),
    ("register.yaml", "    items:\n", "    aliases:\n      - {resource: ga_household, alias: citizen_id, key: citizen_id}\n    items:\n", ":7 libraries.population.aliases.0.alias", "同一项", "same item"),
    ("register.yaml", "        type: date\n", "", ":16 libraries.population.items.birth_date.authority", "类型为 date，登记为 text", "of type date"),
    ("register.yaml", "      birth_date:", "      birth_date__source:", ":14 libraries.population.items.birth_date__source", "系统保留", "reserved"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "place", "zh", "en"), ONE_PROBLEM)
def test_each_problem_is_told_at_its_line_in_both_languages(
    tmp_path: Path, name: str, old: str, new: str, place: str, zh: str, en: str
) -> None:
    fault = refused(tmp_path, name, old, new)
    told = [line for line in problems(fault) if line.startswith(f"city/{name}{place}")]
    assert told and any(zh in line for line in told), fault.zh
    assert en in fault.en
    assert "secret@" not in str(fault)


def test_a_missing_resource_of_the_register_is_told_once_with_a_close_match(tmp_path: Path) -> None:
    text = REGISTER.replace("sw_social_insurance", "sw_social_insurence")
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, {**SOUND, "register.yaml": text})
    (line,) = problems(caught.value)
    assert line.startswith("city/register.yaml:5 libraries.population.key_in.sw_social_insurence")
    assert "是否想写 sw_social_insurance？" in line


def test_from_item_of_a_resource_that_is_no_source_of_the_item_is_refused(tmp_path: Path) -> None:
    fault = refused(tmp_path, "register.yaml", "        type: date\n", "        type: date\n        from_item: {sw_social_insurance: full_name}\n")  # fmt: skip
    assert problems(fault)[0].startswith("city/register.yaml:18 libraries.population.items.birth_date.from_item")


@pytest.mark.duty("R-056", "R-057")
def test_a_library_is_keyed_by_one_data_element_in_every_source(tmp_path: Path) -> None:
    other = refused(tmp_path / "a", "resources/sw_social_insurance.yaml", "element: citizen_id", "element: person_name")
    assert any(":5 libraries.population.key_in" in line and "不一致" in line for line in problems(other))
    listed = refused(tmp_path / "c", "register.yaml", "      birth_date:", "      citizen_id:")
    assert any("items.citizen_id" in line and "主键" in line for line in problems(listed))


@pytest.mark.duty("R-053", "R-056")
def test_an_item_has_one_authority_and_it_cannot_corroborate_itself(tmp_path: Path) -> None:
    two = refused(tmp_path / "a", "register.yaml", "authority: ga_household\n        corr", "authority: [ga_household, sw_social_insurance]\n        corr")  # fmt: skip
    assert "libraries.population.items.name.authority" in problems(two)[0]
    own = refused(tmp_path / "b", "register.yaml", "corroborating: [sw_social_insurance]", "corroborating: [ga_household]")  # fmt: skip
    assert "权威来源" in own.zh


@pytest.mark.duty("R-036", "R-039", "R-073")
@pytest.mark.parametrize(
    "field",
    [
        "title: 户籍登记",
        "system: 户籍管理系统",
        "storage_format: database",
        "sharing: {class: conditional, reason: 含个人信息, legal_basis: 条例第十六条}",
        "opening: {class: not, reason: 含个人信息, legal_basis: 条例第三十二条}",
        "provision_mode: file",
        "update_cycle: monthly",
        "share_until: 长期",
    ],
)
def test_each_mandatory_catalogue_field_is_required(tmp_path: Path, field: str) -> None:
    fault = refused(tmp_path, "resources/ga_household.yaml", field + "\n", "")
    assert any(f" {field.split(':', maxsplit=1)[0]}:" in line for line in problems(fault))


@pytest.mark.duty("R-036")
def test_the_name_of_every_item_is_required(tmp_path: Path) -> None:
    fault = refused(tmp_path, "resources/ga_household.yaml", "{id: former_name, title: 曾用名}", "{id: former_name}")
    assert problems(fault)[0].startswith("city/resources/ga_household.yaml:16 items.2.title")


@pytest.mark.duty("R-007", "R-008")
@pytest.mark.parametrize("owner", ["", "department:", "department: ''", "department: [ga, sw]", "department: nobody"])
def test_every_resource_has_exactly_one_existing_owner(tmp_path: Path, owner: str) -> None:
    fault = refused(tmp_path, "resources/ga_household.yaml", "department: ga", owner)
    assert any(
        line.startswith("city/resources/ga_household.yaml:") and " department:" in line for line in problems(fault)
    )


@pytest.mark.duty("R-104", "R-118")
@pytest.mark.parametrize(
    "given", ["", ", reason: 含个人信息", ", legal_basis: 条例第十六条", ", reason: '', legal_basis: x"]
)
@pytest.mark.parametrize("kind", ["conditional", "not"])
def test_a_restricted_class_needs_reason_and_legal_basis(tmp_path: Path, kind: str, given: str) -> None:
    whole = "{class: conditional, reason: 含个人信息, legal_basis: 条例第十六条}"
    fault = refused(tmp_path, "resources/ga_household.yaml", whole, f"{{class: {kind}{given}}}")
    assert problems(fault)[0].startswith("city/resources/ga_household.yaml:8 sharing")
    assert "reason" in fault.zh and "legal_basis" in fault.zh


@pytest.mark.duty("R-001", "R-196")
@pytest.mark.parametrize("value", ["true", "yes", "1", "0", "绝密", "null"])
def test_a_state_secret_is_never_registered(tmp_path: Path, value: str) -> None:
    fault = refused(tmp_path, "resources/ga_household.yaml", "system:", f"secret: {value}\nsystem:")
    assert problems(fault)[0].startswith("city/resources/ga_household.yaml:4 secret: 涉及国家秘密的数据不得登记")


def test_share_until_may_be_written_as_an_unquoted_date(tmp_path: Path) -> None:
    city = load(tmp_path, {**SOUND, "resources/ga_household.yaml": HOUSEHOLD.replace("长期", "2031-12-31")})
    assert city.resource("ga_household").share_until == "2031-12-31"


def test_a_correction_and_a_tombstone_need_the_key_only(tmp_path: Path) -> None:
    correction = HUKOU.replace("  姓名: name\n", "").replace("format:", "mode: correction\nformat:")
    assert load(tmp_path / "a", {**SOUND, "feeds/hukou.yaml": correction}).feed("hukou").mode == "correction"
    tombstone = correction.replace("mode: correction", "mode: tombstone\nreason_column: 原因")
    assert load(tmp_path / "b", {**SOUND, "feeds/hukou.yaml": tombstone}).feed("hukou").reason_column == "原因"
    for broken in (
        correction.replace("  公民身份号码: citizen_id\n", ""),
        tombstone.replace("reason_column: 原因", "reason_column: 更新时间"),
    ):
        with pytest.raises(DocumentError, match=r"feeds/hukou\.yaml:\d+ columns"):
            load(tmp_path / "c", {**SOUND, "feeds/hukou.yaml": broken})


def test_a_feed_may_hold_its_resource_and_no_id_is_used_twice(tmp_path: Path) -> None:
    inline = HUKOU.replace(
        "resource: ga_household\n", "resource:\n" + "".join(f"  {line}\n" for line in HOUSEHOLD.splitlines())
    )
    documents = {name: text for name, text in SOUND.items() if name != "resources/ga_household.yaml"}
    city = load(tmp_path / "a", {**documents, "feeds/hukou.yaml": inline})
    assert city.feeds_of("ga_household")[0].resource_id == "ga_household"
    assert city.department_of("ga_household").id == "ga"
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "b", {**SOUND, "feeds/hukou.yaml": inline})
    assert problems(caught.value) == [
        "city/feeds/hukou.yaml:3 resource.id: id ga_household 已在 city/resources/ga_household.yaml 中使用，请换一个。"
    ]


def test_two_resources_with_one_code_are_told_with_both_places(tmp_path: Path) -> None:
    documents = {
        **SOUND,
        "resources/ga_household.yaml": HOUSEHOLD.replace("department: ga", "code: 301001/000001\ndepartment: ga"),
        "resources/sw_social_insurance.yaml": INSURANCE.replace(
            "department: sw", "code: ' 301001/000001'\ndepartment: sw"
        ),
    }
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, documents)
    (told,) = problems(caught.value)
    assert (
        told.startswith("[city/resources/sw_social_insurance.yaml:3 code]") or "sw_social_insurance.yaml:3 code" in told
    )
    assert "（ga_household，city/resources/ga_household.yaml:3 code）" in told
    assert "另编代码" in told


def test_all_problems_of_all_documents_are_told_at_once(tmp_path: Path) -> None:
    documents = {
        **SOUND,
        "resources/ga_household.yaml": HOUSEHOLD.replace("department: ga", "department: gq"),
        "feeds/hukou.yaml": HUKOU.replace("姓名: name", "姓名: nam"),
        "feeds/insured.yaml": INSURED.replace("resource:", "resourse:"),
        "register.yaml": REGISTER.replace("[former_name]", "[old_name]"),
    }
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, documents)
    told = problems(caught.value)
    for name in ("resources/ga_household.yaml", "feeds/hukou.yaml", "feeds/insured.yaml", "register.yaml"):
        assert any(line.startswith(f"city/{name}:") for line in told)


def test_a_document_that_failed_does_not_fail_the_documents_that_name_it(tmp_path: Path) -> None:
    fault = refused(tmp_path, "resources/ga_household.yaml", "update_cycle: monthly", "update_cycle: montly")
    assert [line.split(":")[0] for line in problems(fault)] == ["city/resources/ga_household.yaml"]
    departments = refused(tmp_path / "d", "departments.yaml", "name: 公安局", "nome: 公安局")
    assert {line.split(":")[0] for line in problems(departments)} == {"city/departments.yaml"}


def test_broken_yaml_and_a_key_written_twice_are_told_with_their_line(tmp_path: Path) -> None:
    twice = refused(tmp_path / "a", "feeds/hukou.yaml", "format:", "resource: ga_household\nformat:")
    assert problems(twice)[0].startswith("city/feeds/hukou.yaml:4: YAML 语法有误：键 resource 写了两次")
    broken = refused(tmp_path / "b", "feeds/hukou.yaml", "encoding: gbk}", "encoding: gbk")
    assert problems(broken)[0].startswith("city/feeds/hukou.yaml:")
    empty = refused(tmp_path / "c", "feeds/hukou.yaml", HUKOU, "")
    assert "内容为空" in problems(empty)[0]


def test_a_byte_order_mark_is_taken_and_another_encoding_refused(tmp_path: Path) -> None:
    city = write(tmp_path, SOUND)
    (city / "feeds" / "hukou.yaml").write_text(HUKOU, encoding="utf-8-sig")
    assert load_city(city).digest == load(tmp_path / "plain", SOUND).digest
    (city / "feeds" / "hukou.yaml").write_bytes(HUKOU.replace("姓名: name", "姓名: nam").encode("utf-8-sig"))
    with pytest.raises(DocumentError, match=r"city/feeds/hukou\.yaml:7 columns"):
        load_city(city)
    (city / "feeds" / "hukou.yaml").write_bytes(HUKOU.encode("gbk"))
    with pytest.raises(DocumentError, match=r"city/feeds/hukou\.yaml: 文件不是 UTF-8"):
        load_city(city)


@pytest.mark.parametrize(
    "name", ["feed/x.yaml", "register.yml", "resource/x.yaml", "feeds/x.yml", "feeds/ga/x.yaml", "resources/x.YAML"]
)
def test_a_document_that_would_not_be_read_is_not_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, {**SOUND, name: "id: x\n"})
    shown = name if name.startswith(("feeds/", "resources/")) else name.split("/", maxsplit=1)[0]
    assert problems(caught.value)[0].startswith(f"city/{shown}: ")


def test_what_belongs_to_other_rooms_or_editors_is_left_alone(tmp_path: Path) -> None:
    others = ("rules/x.yaml", "releases/x.yaml", "feeds/.hukou.yaml", "feeds/README.md", "register.yaml~")
    assert load(tmp_path, {**SOUND, **dict.fromkeys(others, "id: x\n")}).digest == load(tmp_path / "b", SOUND).digest


def test_a_missing_directory_a_missing_document_and_a_directory_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="找不到城市目录"):
        load_city(tmp_path / "nowhere")
    with pytest.raises(DocumentError, match=r"city/departments\.yaml: 找不到文件"):
        load(tmp_path, {"resources/ga_household.yaml": HOUSEHOLD})
    (tmp_path / "city" / "departments.yaml").mkdir()
    with pytest.raises(DocumentError, match=r"city/departments\.yaml: 无法读取"):
        load_city(tmp_path / "city")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], object]], list[int]]:
    """Somebody does something between the listing of the resources and their reading, each time they are listed."""

    def installed(step: Callable[[int], object]) -> list[int]:
        listed, files = [], _Reader._files

        def slow(reader: _Reader, folder: str) -> list[Place]:
            found = files(reader, folder)
            if folder == "resources":
                listed.append(len(listed) + 1)
                step(len(listed))
            return found

        monkeypatch.setattr(_Reader, "_files", slow)
        return listed

    return installed


Meanwhile = Callable[[Callable[[int], object]], list[int]]


def test_a_document_that_is_withdrawn_while_the_folder_is_read_is_no_fault(
    tmp_path: Path, meanwhile: Meanwhile
) -> None:
    city = write(tmp_path, SOUND)
    leaving = city / "resources" / "zz_leaving.yaml"
    leaving.write_text(INSURANCE.replace("sw_social_insurance", "zz_leaving"), encoding="utf-8")
    listed = meanwhile(lambda number: leaving.unlink() if number == 1 else None)
    assert [one.id for one in load_city(city).resources] == ["ga_household", "sw_social_insurance"]
    assert listed == [1, 2]


def test_documents_of_a_step_that_was_half_seen_are_read_again(tmp_path: Path, meanwhile: Meanwhile) -> None:
    """A feed and its resource come together; the reader had listed the resources before."""
    city = write(tmp_path, SOUND)
    resource = city / "resources" / "ga_household.yaml"
    said = resource.read_text(encoding="utf-8")
    resource.unlink()
    with pytest.raises(DocumentError):
        load_city(city)

    def come(number: int) -> None:
        if number == 1:
            waits = tmp_path / "waits"
            waits.write_text(said, encoding="utf-8")
            waits.replace(resource)

    listed = meanwhile(come)
    assert load_city(city).resource("ga_household").title == "户籍登记"
    assert listed == [1, 2]


def test_what_others_take_away_while_a_step_is_checked_is_no_fault_of_its_documents(tmp_path: Path) -> None:
    city, looked = write(tmp_path, SOUND), []

    def load(directory: Path) -> City:
        looked.append(directory)
        if len(looked) == 1:
            (city / "resources" / "zz_leaving.yaml").unlink()
        return load_city(directory)

    (city / "resources" / "zz_leaving.yaml").write_text(INSURANCE.replace("sw_social_insurance", "zz_leaving"), "utf-8")
    Shelf(city, load).check({})
    assert len(looked) == 2
    looked.append(city)
    (city / "resources" / "ga_household.yaml").write_text("id: [", "utf-8")
    with pytest.raises(DocumentError):
        Shelf(city, load).check({})
    assert len(looked) == 4, "a true fault is told at once"


def test_a_true_fault_is_told_at_once_and_a_folder_that_never_rests_after_some_readings(
    tmp_path: Path, meanwhile: Meanwhile
) -> None:
    city = write(tmp_path, SOUND)
    nowhere = city / "resources" / "zz_nowhere.yaml"
    nowhere.symlink_to(tmp_path / "nothing.yaml")
    listed = meanwhile(lambda _: None)
    with pytest.raises(DocumentError, match=r"zz_nowhere\.yaml"):
        load_city(city)
    assert listed == [1], "a link that leads nowhere is there"
    listed.clear()
    monkeys = meanwhile(lambda number: (city / "resources" / f"new_{number}").touch())
    with pytest.raises(DocumentError, match=r"zz_nowhere\.yaml"):
        load_city(city)
    assert len(monkeys) == READINGS


def test_the_digest_follows_the_meaning_and_not_the_layout(tmp_path: Path) -> None:
    digest = load(tmp_path / "a", SOUND).digest
    same = {**SOUND, "feeds/hukou.yaml": "# 说明\n" + HUKOU + "mode: full\n"}
    assert load(tmp_path / "b", same).digest == digest
    departments = {**SOUND, "departments.yaml": "departments:\n- {id: sw, name: 税务局}\n- {name: 公安局, id: ga}\n"}
    assert load(tmp_path / "c", departments).digest == digest
    changes = (
        ("departments.yaml", "税务局", "税务总局"),
        ("feeds/hukou.yaml", "gbk", "gb18030"),
        ("resources/ga_household.yaml", "长期", "2031"),
        ("register.yaml", "{ga_household: citizen_id, sw_social_insurance: citizen_id}", "{sw_social_insurance: citizen_id, ga_household: citizen_id}"),
    )  # fmt: skip
    for number, (name, old, new) in enumerate(changes):
        assert load(tmp_path / str(number), {**SOUND, name: SOUND[name].replace(old, new)}).digest != digest


@settings(max_examples=40, deadline=None)
@given(lines=st.integers(0, 30), blank=st.sampled_from(["\n", "# 注释\n", "   \n"]))
def test_the_line_of_a_problem_moves_with_the_text_above_it(
    tmp_path_factory: pytest.TempPathFactory, lines: int, blank: str
) -> None:
    text = blank * lines + HUKOU.replace("姓名: name", "姓名: nam")
    with pytest.raises(DocumentError) as caught:
        load(tmp_path_factory.mktemp("lines"), {**SOUND, "feeds/hukou.yaml": text})
    assert f"city/feeds/hukou.yaml:{7 + lines} columns.姓名" in problems(caught.value)[0]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, len(HUKOU)))
def test_a_document_cut_anywhere_is_read_or_refused_but_never_a_fault_of_ours(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    documents = {**SOUND, "feeds/hukou.yaml": HUKOU[:cut]}
    try:
        city = load(tmp_path_factory.mktemp("cut"), documents)
    except DocumentError as fault:
        assert all(line.startswith("city/feeds/hukou.yaml") for line in problems(fault))
    else:
        assert city.feed("hukou").resource_id == "ga_household"


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\ufe00", "\u202e", "\u0007", "\ufeff", "\U000e0100"])
@pytest.mark.parametrize("title", ["户籍登记", "曾用名"])
def test_a_title_with_a_character_that_nobody_sees_is_refused_naming_it(tmp_path: Path, title: str, sign: str) -> None:
    wrong = f'"{title[:2]}\\U{ord(sign):08x}{title[2:]}"'
    fault = refused(tmp_path, "resources/ga_household.yaml", f"title: {title}", f"title: {wrong}")
    assert (
        f"第 3 个字符（U+{ord(sign):04X}）看不见" in fault.zh
        and "ga_household.yaml:" in fault.zh
        and sign not in fault.zh
    )
