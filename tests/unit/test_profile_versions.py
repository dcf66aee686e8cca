"""Versions and higher law: which rules hold on which day, what is refused, what binds and from when."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from policy.cited import SILENT, Cited
from policy.kept import KEPT
from policy.overlays import OVERLAYS, Overlay
from policy.profile import PROFILES, Profile
from policy.profiles import Profiles

HAISHU = (PROFILES / "haishu.yaml").read_text(encoding="utf-8")
WUHAN = (PROFILES / "wuhan.yaml").read_text(encoding="utf-8")
NOW = date(2026, 11, 2)
CONFIRMED = """\
id: order_809
instrument: {title_zh: 政务数据共享条例, title_en: Regulations, number: 国务院令第809号, issuer: 国务院}
effective_from: 2025-08-01
note_zh: 已核对
note_en: checked
numbers:
  - {parameter: sharing.answer_within, value: 10wd, verified: true, article: "20", confirmed: {by: 李工, on: 2026-09-01}}
  - {parameter: sharing.silence, value: nothing, verified: true, article: "21", confirmed: {by: 李工, on: 2026-10-01}}
"""


def profile(text: str) -> Profile:
    return parse_document(text, Profile, name="x.yaml")


def dated(text: str, since: str, until: str = "null") -> Profile:
    first = text.split("effective_from: ")[1].split("\n", maxsplit=1)[0]
    return profile(
        text.replace(f"effective_from: {first}", f"effective_from: {since}").replace(
            "effective_to: null", f"effective_to: {until}"
        )
    )


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """The folder ``city`` of a home of its own: what is kept lies beside it."""
    city = tmp_path / "home" / "city"
    city.mkdir(parents=True)
    return city


def home(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        folder, _, stem = name.partition("__")
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{stem.replace('_AT_', '@').replace('_TO_', '-')}.yaml").write_text(
            text, encoding="utf-8"
        )
    return tmp_path


def test_the_shipped_cities_each_have_one_version() -> None:
    profiles = Profiles.standard()
    assert profiles.cities() == ["chifeng", "haishu", "lianyungang", "longyan", "wuhan"]
    assert profiles.on("wuhan", NOW).name == "wuhan@2021-11-15"
    assert profiles.version("wuhan@2021-11-15").profile == profiles.version("wuhan").profile
    assert profiles.file_of(profiles.versions("wuhan")[0]) == "policy/profiles/wuhan.yaml"


def test_the_version_of_a_day_is_the_one_in_force_then_the_last_that_was() -> None:
    first, second = dated(HAISHU, "2022-01-01", "2024-12-31"), dated(HAISHU, "2025-03-01", "2025-12-31")
    profiles = Profiles({"a.yaml": first, "b.yaml": second})
    on = {day: profiles.on("haishu", date.fromisoformat(day)).name for day in (
        "2021-06-01", "2022-01-01", "2024-12-31", "2025-01-15", "2025-03-01", "2026-06-01",
    )}  # fmt: skip
    assert on == {
        "2021-06-01": "haishu@2022-01-01",  # none yet: the first to come
        "2022-01-01": "haishu@2022-01-01",
        "2024-12-31": "haishu@2022-01-01",
        "2025-01-15": "haishu@2022-01-01",  # a gap: the last that was in force
        "2025-03-01": "haishu@2025-03-01",
        "2026-06-01": "haishu@2025-03-01",
    }
    assert profiles.newest("haishu").name == "haishu@2025-03-01"


@pytest.mark.parameter("effective_to", "effective_from", "status")
@pytest.mark.parametrize(
    ("city", "zh", "en"),
    [
        ("chifeng", "仅有官方解读", "explanation only"),
        ("haishu", "已废止", "repealed"),
        ("lianyungang", "", ""),
        ("longyan", "试行", "on trial"),
        ("wuhan", "", ""),
    ],
)
def test_no_rules_are_said_to_be_in_force_before_their_first_day_or_after_their_last(
    city: str, zh: str, en: str
) -> None:
    text = (PROFILES / f"{city}.yaml").read_text(encoding="utf-8")
    first, second = dated(text, "2026-01-01", "2026-10-31"), dated(text, "2026-12-01")
    alone, followed = Profiles({"a.yaml": first}), Profiles({"a.yaml": first, "b.yaml": second})
    before, last, after = date(2025, 12, 31), date(2026, 10, 31), date(2026, 11, 1)
    title, declared, beside = first.title_zh, f"{zh}，" * bool(zh), f"{en}, " * bool(en)
    plain = f"{title}（规则{zh}）" if zh else title
    assert {day: first.named_zh(day) for day in (before, last, after)} == {
        before: f"{title}（规则{declared}2026-01-01 起施行）", last: plain, after: f"{title}（规则{declared}已于 2026-10-31 失效）",
    }  # fmt: skip
    assert first.named_en(after) == f"{first.title_en} (rules {beside}ended, last day 2026-10-31)"
    assert first.named_en(last) == (f"{first.title_en} (rules {en})" if en else first.title_en)
    assert [first.status_on(day) for day in (before, last, after)] == ["to_come", first.status, "ended"]
    ends = {known: known.on(city, after) for known in (alone, followed)}
    assert ends[alone].status_zh(last) == (zh or "现行有效") and ends[alone].status_en(last) == (en or "in force")
    assert ends[alone].status_zh(after) == f"{declared}已于 2026-10-31 失效，之后没有版本"
    assert ends[alone].status_en(after) == f"{beside}ended, last day 2026-10-31; no version follows"
    assert ends[followed].status_zh(after) == f"{declared}已于 2026-10-31 失效，下一版本自 2026-12-01 起施行"
    assert ends[followed].status_en(after).endswith("the next version is in force from 2026-12-01")
    assert followed.on(city, date(2026, 12, 1)).status_zh(date(2026, 12, 1)) == (zh or "现行有效")


@pytest.mark.parametrize(
    ("until", "since", "days_zh"),
    [("null", "2025-03-01", "自 2025-03-01 起"), ("2025-03-01", "2025-03-01", "自 2025-03-01 至"), ("2026-01-01", "2025-03-01", "自 2025-03-01 至")],
)  # fmt: skip
def test_two_versions_in_force_at_once_are_refused_with_both_files_the_days_and_the_remedy(
    until, since, days_zh
) -> None:
    with pytest.raises(UserError) as caught:
        Profiles({"one.yaml": dated(HAISHU, "2022-01-01", until), "two.yaml": dated(HAISHU, since)})
    for told in ("one.yaml", "two.yaml", days_zh, "effective_to", "2025-02-28"):
        assert told in caught.value.zh
    for told in ("one.yaml", "two.yaml", "from 2025-03-01", "set effective_to", "2025-02-28"):
        assert told in caught.value.en


def test_a_version_that_follows_the_day_after_is_no_overlap() -> None:
    Profiles({"one.yaml": dated(HAISHU, "2022-01-01", "2025-02-28"), "two.yaml": dated(HAISHU, "2025-03-01")})


def test_a_home_adds_cities_and_versions_and_replaces_a_shipped_file_of_the_same_day(tmp_path: Path) -> None:
    ended = HAISHU.replace("effective_to: null", "effective_to: 2026-12-31")
    newer = HAISHU.replace("effective_from: 2022-01-01", "effective_from: 2027-01-01")
    city = home(
        tmp_path,
        profiles__haishu=ended,
        profiles__haishu_AT_2027_TO_01_TO_01=newer,
        profiles__ours=WUHAN.replace("id: wuhan", "id: ours"),
    )
    profiles = Profiles.standard(city)
    assert "ours" in profiles.cities()
    assert profiles.on("haishu", date(2026, 12, 31)).name == "haishu@2022-01-01"
    assert profiles.on("haishu", date(2027, 1, 1)).name == "haishu@2027-01-01"
    assert profiles.file_of(profiles.versions("haishu")[0]) == "city/profiles/haishu.yaml"


def test_a_newer_version_beside_an_open_shipped_one_is_told_what_to_do(tmp_path: Path) -> None:
    newer = HAISHU.replace("effective_from: 2022-01-01", "effective_from: 2027-01-01")
    with pytest.raises(UserError, match="and there set effective_to"):
        Profiles.standard(home(tmp_path, profiles__haishu_AT_2027_TO_01_TO_01=newer))


def test_a_file_called_otherwise_than_what_it_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="differ") as caught:
        Profiles.standard(home(tmp_path, profiles__wuhu=WUHAN))
    assert "city/profiles/wuhu.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["haishu@2021-01-01", "nowhere@2022-01-01", "nowhere", "haishu@2022-01-01+order_809@soon"]
)
def test_a_version_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UserError) as caught:
        Profiles.standard().version(name)
    assert "haishu" in caught.value.en or "order_809" in caught.value.en


# --- higher law -----------------------------------------------------------------------------------------------------------


def test_nothing_of_the_shipped_higher_law_is_verified_and_nothing_of_it_binds() -> None:
    profiles = Profiles.standard()
    for city in profiles.cities():
        version = profiles.on(city, NOW)
        assert version.profile == profiles.versions(city)[0]
        pending = {one.number.parameter: str(one.number.typed) for one in version.pending}
        assert pending == {
            "problem_data.days": "10wd",
            "sharing.unconditional_answer_within": "1wd",
            "sharing.answer_within": "10wd",
            "sharing.answer_extension": "10wd",
            "sharing.deliver_within": "20wd",
            "sharing.silence": "nothing",
        }
        assert "（10个工作日，未经核实" in version.pending_of("sharing.answer_within")[0].zh
        assert "(10 working days, unverified" in version.pending_of("sharing.answer_within")[0].en
    assert profiles.on("wuhan", NOW).profile.sharing.silence.value == "consent"


def test_what_a_bureau_confirms_replaces_the_city_s_number_from_the_day_it_was_confirmed(tmp_path: Path) -> None:
    profiles = Profiles.standard(home(tmp_path, overlays__order_809=CONFIRMED))
    august, september, october = (profiles.on("wuhan", date(2026, month, 15)) for month in (8, 9, 10))
    assert [one.name for one in (august, september, october)] == [
        "wuhan@2021-11-15",
        "wuhan@2021-11-15+order_809@2026-09-01",
        "wuhan@2021-11-15+order_809@2026-10-01",
    ]
    assert [one.profile.sharing.silence.value for one in (august, september, october)] == [
        "consent",
        "consent",
        "nothing",
    ]
    said = profiles.on("haishu", date(2026, 9, 15)).profile.sharing.answer_within
    assert isinstance(said, Cited)
    assert (str(said.value), said.article, said.instrument) == ("10wd", "20", "《政务数据共享条例》")
    assert "sharing.answer_within" not in {one.number.parameter for one in october.pending}
    assert "problem_data.days" in {one.number.parameter for one in october.pending}  # the others still warn


def test_a_case_s_version_with_higher_law_is_the_same_afterwards(tmp_path: Path) -> None:
    profiles = Profiles.standard(home(tmp_path, overlays__order_809=CONFIRMED))
    kept = profiles.on("wuhan", date(2026, 9, 15))
    again = profiles.version(kept.name)
    assert (again.name, again.profile) == (kept.name, kept.profile)
    assert again.profile.sharing.silence.value == "consent"  # confirmed in October, after this case was filed
    assert profiles.version("wuhan@2021-11-15").profile.sharing.silence.value == "consent"


def test_a_confirmation_that_cases_rest_on_may_not_go(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="which is gone"):
        Profiles.standard(tmp_path).version("wuhan@2021-11-15+order_809@2026-09-01")


def test_a_higher_law_with_days_leaves_no_word_of_the_city_s_in_their_place(tmp_path: Path) -> None:
    text = (
        CONFIRMED
        + '  - {parameter: problem_data.days, value: 10wd, verified: true, article: "26", confirmed: {by: 李工, on: 2026-09-01}}\n'
    )
    rules = (
        Profiles.standard(home(tmp_path, overlays__order_809=text)).on("longyan", date(2026, 9, 1)).profile.problem_data
    )
    assert (str(rules.days.value), rules.days.article, rules.law_says) == ("10wd", "26", None)


SHIPPED = (OVERLAYS / "order_809.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("value: 20wd", "value: 20h", "10wd", id="unit"),
        pytest.param("parameter: sharing.deliver_within", "parameter: sharing.deliver_soon", "sharing.deliver_soon", id="no such parameter"),
        pytest.param("value: nothing", "value: refusal", "sharing.silence", id="value"),
        pytest.param("verified: false\n    source: 据记忆：没有", "verified: true\n    source: 据记忆：没有", "confirmed", id="verified by nobody"),
        pytest.param("    source: 据记忆：没有逾期视为同意的规定\n", "", "source", id="without source"),
        pytest.param("parameter: sharing.answer_extension", "parameter: sharing.answer_within", "sharing.answer_within", id="twice"),
    ],
)  # fmt: skip
def test_a_wrong_overlay_is_refused_with_file_and_line(old: str, new: str, message: str) -> None:
    assert SHIPPED.count(old) == 1
    with pytest.raises(DocumentError) as caught:
        parse_document(SHIPPED.replace(old, new), Overlay, name="order_809.yaml")
    assert message in caught.value.zh
    assert "order_809.yaml:" in caught.value.zh


def test_an_overlay_called_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="file's name"):
        Profiles.standard(home(tmp_path, overlays__order_810=CONFIRMED))


# --- what a case was filed under stays --------------------------------------------------------------------------------


def test_rules_that_are_changed_under_the_same_name_change_no_case(tmp_path: Path) -> None:
    city = home(tmp_path, profiles__wuhan=WUHAN)
    filed = Profiles.standard(city).for_cases("wuhan", NOW)
    assert filed.name == "wuhan@2021-11-15"
    assert isinstance(filed.profile.catalogue.not_shared_needs, Cited)
    rule = next(line for line in WUHAN.splitlines() if line.strip().startswith("not_shared_needs:"))
    home(tmp_path, profiles__wuhan=WUHAN.replace(rule, "  not_shared_needs: silent"))
    profiles = Profiles.standard(city)
    later = profiles.for_cases("wuhan", NOW)
    assert later.name.startswith("wuhan@2021-11-15~") and later.profile.catalogue.not_shared_needs is SILENT
    assert profiles.version(filed.name).profile == filed.profile
    home(tmp_path, profiles__wuhan=WUHAN)
    profiles = Profiles.standard(city)
    assert profiles.for_cases("wuhan", NOW).name == filed.name
    assert profiles.version(later.name).profile == later.profile
    (tmp_path / "profiles" / "wuhan.yaml").unlink()
    assert Profiles.standard(city).version(later.name).profile == later.profile


def test_a_case_keeps_its_rules_and_tells_the_status_that_they_have_now(tmp_path: Path) -> None:
    city = home(tmp_path, profiles__wuhan=WUHAN)
    filed = Profiles.standard(city).for_cases("wuhan", NOW)
    assert filed.status_zh(NOW) == "现行有效"
    home(tmp_path, profiles__wuhan=WUHAN.replace("effective_to: null", "effective_to: 2026-10-31"))
    ended = Profiles.standard(city).version(filed.name)
    assert ended.status_zh(NOW) == "已于 2026-10-31 失效，之后没有版本"
    assert ended.profile.model_copy(update={"effective_to": None}) == filed.profile
    home(tmp_path, profiles__wuhan=WUHAN.replace("status: in_force", "status: repealed"))
    assert Profiles.standard(city).version(filed.name).status_zh(NOW) == "已废止"


def test_a_day_of_confirmation_that_is_corrected_stops_no_case(tmp_path: Path) -> None:
    city = home(tmp_path, overlays__order_809=CONFIRMED)
    filed = Profiles.standard(city).for_cases("wuhan", date(2026, 9, 15))
    home(tmp_path, overlays__order_809=CONFIRMED.replace("on: 2026-09-01", "on: 2026-09-20"))
    profiles = Profiles.standard(city)
    assert profiles.version(filed.name).profile == filed.profile
    assert profiles.for_cases("wuhan", date(2026, 9, 15)).name == "wuhan@2021-11-15"


def test_words_beside_a_rule_may_be_corrected_and_nothing_is_kept_by_looking(tmp_path: Path) -> None:
    city = home(tmp_path, profiles__wuhan=WUHAN)
    Profiles.standard(city).on("wuhan", NOW)
    assert not (tmp_path.parent / KEPT).exists()
    filed = Profiles.standard(city).for_cases("wuhan", NOW)
    note = next(line for line in WUHAN.splitlines() if line.startswith("status_note_zh:"))
    home(tmp_path, profiles__wuhan=WUHAN.replace(note, "status_note_zh: 另一种说法"))
    assert Profiles.standard(city).for_cases("wuhan", NOW).name == filed.name
    home(tmp_path, profiles__wuhan=WUHAN.replace("effective_to: null", "effective_to: 2026-12-31"))
    assert Profiles.standard(city).for_cases("wuhan", NOW).name == filed.name


def test_what_an_earlier_software_kept_is_completed_and_what_is_damaged_is_told(tmp_path: Path) -> None:
    filed = Profiles.standard(tmp_path).for_cases("wuhan", NOW)
    kept = tmp_path.parent / KEPT / f"{filed.name}.json"
    said = json.loads(kept.read_text(encoding="utf-8"))
    del said["catalogue"]["not_shared_needs"], said["supervision"]
    kept.write_text(json.dumps(said), encoding="utf-8")
    assert Profiles.standard(tmp_path).version(filed.name).profile == filed.profile
    assert Profiles.standard(tmp_path).for_cases("wuhan", NOW).name == filed.name
    for damaged in ("{", '{"id": "nowhere"}'):
        kept.write_text(damaged, encoding="utf-8")
        with pytest.raises(DocumentError, match=r"kept_rules/wuhan@2021-11-15\.json"):
            Profiles.standard(tmp_path).version(filed.name)
