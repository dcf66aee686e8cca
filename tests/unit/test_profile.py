"""City profiles: the five as their instruments have them, every parameter grounded or silent, wrong files refused with their line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pydantic import BaseModel

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from policy.cited import SILENT, Cited
from policy.clock import Period, Unit
from policy.profile import PROFILES, Profile, cited_as, load_profile, profile_ids

HAISHU = (PROFILES / "haishu.yaml").read_text(encoding="utf-8")
CITIES = ["chifeng", "haishu", "lianyungang", "longyan", "wuhan"]
LAST_ARTICLE = {"wuhan": 37, "lianyungang": 43, "longyan": 33, "haishu": 38}
SECTIONS = {"四（二）1", "四（二）2", "四（二）3", "四（二）4", "四（三）1", "四（三）2", "四（三）3", "四（四）"}
"""Of the explanation of Chifeng's measures, which has no articles."""


def _cited(model: BaseModel, path: str = "") -> Iterator[tuple[str, Cited[object]]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Cited):
            yield f"{path}{name}", value
        elif isinstance(value, BaseModel):
            yield from _cited(value, f"{path}{name}.")


def test_there_are_five_cities() -> None:
    assert profile_ids() == CITIES


@pytest.mark.duty("R-226")
@pytest.mark.parametrize(
    ("city", "number", "since", "status", "shown"),
    [
        ("wuhan", "武汉市人民政府令第309号", date(2021, 11, 15), "in_force", "武汉市"),
        ("lianyungang", "连政规发〔2019〕2号", date(2020, 1, 1), "in_force", "连云港市"),
        ("longyan", "龙政办〔2020〕91号", date(2020, 10, 26), "trial", "龙岩市（规则试行）"),
        ("chifeng", "未见文号（据2025-07-09官方解读）", date(2025, 7, 7), "explanation", "赤峰市（规则仅有官方解读）"),
        ("haishu", "海政办发〔2021〕47号", date(2022, 1, 1), "repealed", "宁波市海曙区（规则已废止）"),
    ],
)
def test_a_profile_has_its_instrument_its_dates_and_its_status(city, number, since, status, shown) -> None:
    profile = load_profile(city)
    assert (profile.instrument.number, profile.effective_from, profile.status) == (number, since, status)
    assert profile.named_zh(date(2026, 11, 2)) == shown
    assert profile.version == f"{city}@{since}"
    assert not profile.covers(date.fromordinal(since.toordinal() - 1))
    assert profile.covers(since)


def test_haishu_article_27() -> None:
    rules = load_profile("haishu").problem_data
    assert rules.days.value == Period(5, Unit.WORKING_DAYS)
    assert isinstance(rules.extension_cap, Cited)
    assert rules.extension_cap.value == Period(60, Unit.NATURAL_DAYS)
    assert rules.roll_past_holidays.value is False
    assert rules.roll_past_holidays.house
    assert list(rules.outcomes.value.values()) == ["完成整改", "确认无误", "沟通解决"]
    assert {rules.days.article, rules.extension_cap.article, rules.outcomes.article} == {"27"}


def test_what_the_text_is_silent_on_is_marked_as_a_house_rule() -> None:
    profile = load_profile("haishu")
    house = {name for name, one in _cited(profile) if one.house}
    assert house == {
        "sharing.silence",
        "opening.silence",
        "problem_data.roll_past_holidays",
        "problem_data.remind_before",
        "problem_data.rectify_after",
        "problem_data.triage",
        "problem_data.dispute",
        "statistics.min_cell",
        "statistics.complementary",
        "logs.retention_months",
    }
    assert isinstance(profile.sharing.silence, Cited)
    assert profile.sharing.silence.value == "nothing"
    assert profile.statistics.min_cell.value == 5


def test_silence_is_consent_in_wuhan_alone() -> None:
    meaning = {city: load_profile(city).sharing.silence for city in CITIES}
    assert {city for city, said in meaning.items() if said.value == "consent"} == {"wuhan"}
    assert {city for city in CITIES if load_profile(city).sharing.silence_provided_by is not SILENT} == {"wuhan"}
    assert meaning["wuhan"].article == "17"
    assert all(meaning[city].house for city in CITIES if city != "wuhan")
    assert {load_profile(city).opening.silence.value for city in CITIES} == {"nothing"}


@pytest.mark.parametrize("city", CITIES)
def test_every_article_exists(city: str) -> None:
    articles = {part.strip() for _, one in _cited(load_profile(city)) for part in (one.article or "").split(",")} - {""}
    there_are = {str(number) for number in range(1, LAST_ARTICLE[city] + 1)} if city in LAST_ARTICLE else SECTIONS
    assert articles <= there_are


@pytest.mark.parametrize("name", CITIES)
def test_every_value_has_one_ground(name: str) -> None:
    cited = list(_cited(load_profile(name)))
    assert len(cited) >= 40
    assert [where for where, one in cited if (one.article is None) == (one.house is None)] == []


def test_articles_are_cited_as_they_are_called() -> None:
    assert cited_as("27") == "第27条"
    assert cited_as("15, 17") == "第15、17条"
    assert cited_as("四（二）2") == "四（二）2"


def test_a_class_is_called_as_the_city_calls_it() -> None:
    words = {city: [load_profile(city).share_class(name) for name in ("conditional", "not")] for city in CITIES}
    assert words == {
        "wuhan": ["有条件共享", "不予共享"],
        "lianyungang": ["有条件共享", "不予共享"],  # silent on sharing: our own words
        "longyan": ["有条件共享", "暂不共享"],
        "chifeng": ["有条件共享", "不予共享"],
        "haishu": ["受限共享", "非共享"],
    }
    assert [load_profile("longyan").open_class(name) for name in ("unconditional", "conditional", "not")] == [
        "普遍开放",
        "授权开放",
        "不开放",
    ]


@pytest.mark.parametrize("name", ["nowhere", "", "../profiles/haishu", "Haishu"])
def test_an_unknown_city_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UserError) as caught:
        load_profile(name)
    assert "haishu" in caught.value.zh
    assert "haishu" in caught.value.en


DAYS = '  days: {value: 5wd, article: "27"}'


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        pytest.param(DAYS, "  days: {value: 5wd}", "problem_data.days", "house", id="no ground"),
        pytest.param(DAYS, '  days: {value: 5wd, article: "27", house: x}', "problem_data.days", "house", id="two grounds"),
        pytest.param(DAYS, '  days: {value: 5 days, article: "27"}', "problem_data.days.value", "10wd", id="period"),
        pytest.param(DAYS, '  days: {value: 5hours, article: "27"}', "problem_data.days.value", "60nd", id="unknown unit"),
        pytest.param(DAYS, "  days: silent", "problem_data.days", "映射", id="silence where software must act"),
        pytest.param(
            '  answer_within: {value: 5wd, article: "17"}', '  answer_within: {value: 5w, article: "17"}',
            "sharing.answer_within.value", "10wd", id="unknown unit of a rule that may be silent",
        ),
        pytest.param('  answer_within: {value: 5wd, article: "17"}', "  answer_within: silnt", "sharing.answer_within", "silent", id="silence misspelt"),
        pytest.param('  answer_within: {value: 5wd, article: "17"}\n', "", "sharing.answer_within", "缺少", id="a parameter forgotten"),
        pytest.param("value: 60nd", "value: 60wd", "problem_data", "60nd", id="cap in working days"),
        pytest.param("  extension_needs: {value: authority_review", "  extension_needs: silent #", "problem_data", "extension_cap", id="a cap that nobody grants"),
        pytest.param("confirmed: 确认无误, ", "", "problem_data", "confirmed", id="an answer too few"),
        pytest.param("min_cell: {value: 5", "min_cell: {value: 1", "min_cell", "2", id="cell of one"),
        pytest.param("retention_months: {value: 6", "retention_months: {value: 3", "retention_months", "6", id="short logs"),
        pytest.param("silence: {value: nothing, house: 第17", "silence: {value: refusal, house: 第17", "sharing.silence.value", "consent", id="silence"),
        pytest.param("effective_to: null", "effective_to: 2021-01-01", "(document)", "effective_from", id="dates"),
        pytest.param("roll_past_holidays:", "roll_past_holiday:", "problem_data.roll_past_holiday", "roll_past_holidays", id="unknown key"),
        pytest.param("status: repealed", "status: abolished", "status", "repealed", id="status"),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_refused_with_file_line_and_field(old: str, new: str, field: str, message: str) -> None:
    assert HAISHU.count(old) == 1
    with pytest.raises(DocumentError) as caught:
        parse_document(HAISHU.replace(old, new), Profile, name="haishu.yaml")
    assert message in caught.value.zh
    assert field in caught.value.zh
    lines = [int(one.removeprefix("haishu.yaml:").split(" ")[0]) for one in caught.value.en.splitlines()]
    written = HAISHU[: HAISHU.index(old)].count("\n") + 1
    # What is missing, or contradicts another field, stands at the mapping that should have had it.
    assert written in lines or field in ("(document)", "problem_data") or not new
