"""City profiles: Haishu as its instrument has it, every value grounded, and wrong profiles refused with their line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pydantic import BaseModel

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from policy.clock import Period, Unit
from policy.profile import PROFILES, Cited, Profile, load_profile, profile_ids

HAISHU = (PROFILES / "haishu.yaml").read_text(encoding="utf-8")


def _cited(model: BaseModel, path: str = "") -> Iterator[tuple[str, Cited[object]]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Cited):
            yield f"{path}{name}", value
        elif isinstance(value, BaseModel):
            yield from _cited(value, f"{path}{name}.")


def test_haishu_is_shown_as_repealed_with_its_instrument_and_dates() -> None:
    profile = load_profile("haishu")
    assert profile.status == "repealed"
    assert "废止" in profile.status_note_zh
    assert profile.instrument.number == "海政办发〔2021〕47号"
    assert profile.effective_from == date(2022, 1, 1)
    assert not profile.covers(date(2021, 12, 31))
    assert profile.covers(date(2022, 1, 1))


def test_haishu_article_27() -> None:
    rules = load_profile("haishu").problem_data
    assert rules.days.value == Period(5, Unit.WORKING_DAYS)
    assert rules.extension_cap is not None
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
        "problem_data.roll_past_holidays",
        "problem_data.remind_before",
        "problem_data.rectify_after",
        "problem_data.triage",
        "statistics.min_cell",
        "statistics.complementary",
        "logs.retention_months",
    }
    assert profile.sharing.silence.value == "nothing"
    assert profile.statistics.min_cell.value == 5


def test_every_article_of_haishu_exists() -> None:
    articles = {part.strip() for _, one in _cited(load_profile("haishu")) for part in (one.article or "1").split(",")}
    assert articles <= {str(number) for number in range(1, 39)}


@pytest.mark.parametrize("name", profile_ids())
def test_every_profile_loads_and_grounds_each_value(name: str) -> None:
    cited = list(_cited(load_profile(name)))
    assert len(cited) >= 15
    assert [where for where, one in cited if (one.article is None) == (one.house is None)] == []


@pytest.mark.parametrize("name", ["nowhere", "", "../profiles/haishu", "Haishu"])
def test_an_unknown_city_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UserError) as caught:
        load_profile(name)
    assert "haishu" in caught.value.zh
    assert "haishu" in caught.value.en


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('days: {value: 5wd, article: "27"}', "days: {value: 5wd}", "house", id="no ground"),
        pytest.param(
            'days: {value: 5wd, article: "27"}',
            'days: {value: 5wd, article: "27", house: x}',
            "house",
            id="two grounds",
        ),
        pytest.param('days: {value: 5wd, article: "27"}', 'days: {value: 5 days, article: "27"}', "10wd", id="period"),
        pytest.param("value: 60nd", "value: 60wd", "60nd", id="cap in working days"),
        pytest.param("min_cell: {value: 5", "min_cell: {value: 1", "min_cell", id="cell of one"),
        pytest.param("retention_months: {value: 6", "retention_months: {value: 3", "retention_months", id="short logs"),
        pytest.param("silence: {value: nothing", "silence: {value: refusal", "consent", id="silence"),
        pytest.param("effective_to: null", "effective_to: 2021-01-01", "effective_from", id="dates"),
        pytest.param("roll_past_holidays:", "roll_past_holiday:", "roll_past_holidays", id="unknown key"),
        pytest.param("status: repealed", "status: abolished", "repealed", id="status"),
    ],
)
def test_a_wrong_profile_is_refused_with_file_and_line(old: str, new: str, message: str) -> None:
    assert HAISHU.count(old) == 1
    with pytest.raises(DocumentError) as caught:
        parse_document(HAISHU.replace(old, new), Profile, name="haishu.yaml")
    assert message in caught.value.zh
    assert "haishu.yaml:" in caught.value.en
