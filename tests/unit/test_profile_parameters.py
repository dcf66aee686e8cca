"""The table of parameters: all 62 of the seed, every field of the model, words for every value, and each is acted on or waits."""

from __future__ import annotations

import ast
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from policy.calendar import WorkingCalendar
from policy.cited import Cited
from policy.clock import SHANGHAI
from policy.overlays import parameter_types
from policy.parameters import BY_PATH, PARAMETERS, SECTIONS, told
from policy.profile import STATUS_WORDS, load_profile, profile_ids
from policy.sections.supervision import Breach
from policy.silence import OnSilence
from policy.value_words import WORDS, said_en, said_zh
from quality.tickets.clocks import ProfileClock

ROOT = Path(__file__).resolve().parents[2]
SEED = [
    "instrument",
    "effective_from",
    "status_in_seed",
    "object_name",
    "provider_term",
    "authority_term",
    "operator_term",
    "scope_public_utilities",
    "sharing_in_scope",
    "share_types",
    "share_default",
    "not_shared_approval",
    "share_type_emergency_override",
    "unconditional_share_route",
    "cond_share_pre_review_by_authority",
    "cond_share_answer_days",
    "cond_share_clock_start",
    "cond_share_silence",
    "cond_share_delivery_days",
    "cond_share_refusal",
    "use_agreement_for_sharing",
    "application_fields_sharing",
    "verification_only_service",
    "uncatalogued_demand",
    "share_dispute_path",
    "bulk_export",
    "delivery_modes",
    "third_party_reuse",
    "open_types",
    "open_applicant_restriction",
    "open_application_fields",
    "open_answer_days",
    "open_silence",
    "open_refusal",
    "open_agreement",
    "open_decider",
    "desensitise_then_open",
    "university_purpose_limit",
    "commercial_use_rule",
    "objection_who",
    "objection_receiver",
    "objection_suspend",
    "objection_outcomes",
    "problem_data_days",
    "problem_data_extension",
    "problem_data_outcomes",
    "problem_data_channels",
    "catalogue_review_days",
    "catalogue_fields_min",
    "catalogue_exclude_shared_in",
    "catalogue_filed_upward",
    "gathering_mode",
    "base_libraries",
    "person_key",
    "legal_person_key",
    "log_retention_min",
    "use_log_fields",
    "mlps_required_to_connect",
    "cross_border",
    "project_gate",
    "assessment",
    "breach_overdue_consequence",
]
"""The 62 parameters in which the five regulations were compared."""


def test_the_seed_s_sixty_two_parameters_are_all_there() -> None:
    assert len(SEED) == 62
    assert {name for one in PARAMETERS for name in one.seed} == set(SEED)


def test_every_field_of_the_model_is_in_the_table_once() -> None:
    paths = [one.path for one in PARAMETERS]
    assert len(set(paths)) == len(paths)
    assert {path for path in paths if "." in path} == set(parameter_types())
    assert {one.section for one in PARAMETERS} == set(SECTIONS)


def _literals(kind: Any) -> set[str]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {value for field in kind.model_fields.values() for value in _literals(field.annotation)}
    found = {one for one in get_args(kind) if isinstance(one, str)}
    return found | {value for one in get_args(kind) if not isinstance(one, str) for value in _literals(one)}


def test_every_closed_value_has_a_chinese_word() -> None:
    values = set()
    for adapter in parameter_types().values():
        values |= _literals(adapter._type)
    assert len(values) > 80
    assert values - set(WORDS) == set()
    assert set(WORDS) - values == set()  # and no word is left of a value that is gone


@pytest.mark.parametrize("city", profile_ids())
def test_what_a_profile_says_can_be_said_in_both_languages(city: str) -> None:
    found = list(told(load_profile(city)))
    assert [one.parameter.path for one in found] == [one.path for one in PARAMETERS]
    for one in found:
        if not one.silent:
            assert said_zh(one.value)
            assert said_en(one.value)
            assert "_" not in said_zh(one.value)


def test_the_status_is_in_the_table_of_words() -> None:
    assert said_zh("repealed") == STATUS_WORDS["repealed"][0]


ELSEWHERE = {
    "scope.public_utilities": "unit/test_catalog_standing.py::test_a_utility_of_livelihood_must_be_connected_others_gradually",
    "catalogue.consultation": "integration/test_catalog_lists.py::test_a_district_files_its_supplement_after_hearing_the_providers",
    "catalogue.open_list_owner": "integration/test_catalog_lists.py::test_the_bureau_leads_where_the_city_says_so",
    "catalogue.open_list_fields": "integration/test_catalog_lists.py::test_each_provider_compiles_its_own_list_from_the_catalogue",
    "catalogue.open_list_consultation": "integration/test_catalog_lists.py::test_providers_and_the_public_are_heard_before_the_open_list_is_published",
    "catalogue.open_list_review": "integration/test_catalog_lists.py::test_no_list_is_published_or_updated_without_review",
    "base_libraries.kinds": "integration/test_cli_projects.py::test_special_libraries_are_listed_apart_and_their_end_is_told",
    "gathering.modes": "unit/test_gathering.py::test_each_city_wants_what_its_rules_say",
    "gathering.exceptions_filed": "integration/test_filings_db.py::test_only_longyan_knows_exceptions",
    "gathering.return_flow_by": "integration/test_filings_db.py::test_in_chifeng_the_authority_passes_requests_up",
    "sharing.unconditional_route": "integration/test_purchases_db.py::test_how_it_is_obtained_follows_class_and_city",
    "security.mlps_to_connect": "unit/test_catalog_standing.py::test_a_connected_system_without_protection_is_overdue_one_that_is_not_needs_it_first",
    "organisation.steward": "unit/test_catalog_standing.py::test_a_unit_without_a_steward_is_told_where_the_rules_ask",
    "organisation.unit_in_charge": "unit/test_catalog_standing.py::test_a_unit_names_its_section_in_charge",
    "organisation.first_responsible": "unit/test_catalog_standing.py::test_the_head_and_the_officer_of_security_are_named_where_asked",
    "organisation.security_officer": "unit/test_catalog_standing.py::test_the_head_and_the_officer_of_security_are_named_where_asked",
    "projects.gate": "integration/test_projects_db.py::test_lianyungang_has_no_gate",
    "projects.gate_rests_on": "integration/test_projects_db.py::test_chifeng_gives_money_for_what_was_given_to_the_authority",
    "projects.opinion_by": "integration/test_projects_db.py::test_wuhan_knows_no_opinion",
    "projects.systems_filed": "unit/test_catalog_standing.py::test_systems_and_services_in_use_are_filed",
}
"""Parameter -> the test of another part that drives it, where that test carries no mark of its own."""


def proven() -> dict[str, list[str]]:
    """Parameter -> the tests that drive a case to where its value shows (``@pytest.mark.parameter``)."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.parameter":
                    for name in mark.args:
                        found.setdefault(ast.literal_eval(name), []).append(f"{path.name}::{node.name}")
    for name, place in ELSEWHERE.items():
        file, _, function = place.partition("::")
        assert f"def {function}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), place
        found.setdefault(name, []).append(place)
    return found


def test_a_parameter_that_is_acted_on_is_proven_and_one_that_waits_says_for_what() -> None:
    marked = proven()
    assert set(marked) <= set(BY_PATH), "a test names a parameter that there is none of"
    acts = {one.path for one in PARAMETERS if one.use[0] == "acts"}
    assert acts - set(marked) == set(), "acted on, and no test shows it"
    assert set(marked) - acts - {one.path for one in PARAMETERS if one.use[0] == "always"} == set(), (
        "proven, and said to wait"
    )
    assert {one.use[1] for one in PARAMETERS if one.use[0] == "waits"} <= {
        "catalogue",
        "sharing",
        "opening",
        "supervision",
    }


def test_the_places_that_act_are_modules_that_read_their_parameter() -> None:
    for one in PARAMETERS:
        kind, where = one.use
        if kind == "waits":
            continue
        module = ROOT / (where.replace(".", "/") + ".py")
        assert module.exists(), where
        if kind == "acts":
            field = one.path.rpartition(".")[2]
            assert re.search(rf"\b{field}\b", module.read_text(encoding="utf-8")), (one.path, where)


def test_of_what_follows_a_breach_only_the_report_to_the_government_acts() -> None:
    """The others wait for supervision: with them an order that nobody carried out stays with the authority."""
    known = BY_PATH["supervision.breach"]
    ordered = datetime(2026, 11, 16, 9, tzinfo=SHANGHAI)
    goes_up = {}
    for value in get_args(Breach):
        breach = Cited[list[Breach]](value=[value], article="39")
        clock = ProfileClock("x", load_profile("haishu").problem_data, WorkingCalendar.standard(), breach=breach)
        first = clock.receipt(ordered)
        goes_up[value] = clock.on_silence(clock.ordered(first, date(2026, 11, 27), ordered))
    assert {value for value, said in goes_up.items() if said is OnSilence.ESCALATE} == set(known.acting)
    assert set(known.acting) < set(goes_up), "some of them wait"
    assert [one.path for one in PARAMETERS if one.acting] == [known.path]


def test_what_is_read_outside_the_policy_room_is_not_said_to_wait() -> None:
    rooms = ("catalog", "quality", "exchange", "pipelines", "hub", "assets", "portal")
    code = "\n".join(path.read_text(encoding="utf-8") for room in rooms for path in sorted((ROOT / room).rglob("*.py")))
    waits = [one.path for one in PARAMETERS if one.use[0] == "waits" and "." in one.path]
    assert [path for path in waits if re.search(rf"\.{re.escape(path)}\b", code)] == []


PAUSES = re.compile("暂停|中止|中断|补正|补充材料|不计入|pause|suspen|interrupt")
OPENING_STOPS = {"objection.suspend", "objection.handle_within", "opening.silence"}
"""An objection stops the opening of data, not the count of any limit (Wuhan 24, Lianyungang 26, Chifeng part 4(二)3)."""


def test_no_instrument_lets_a_limit_pause_so_that_no_built_case_can() -> None:
    """Whoever enters an instrument that knows pauses meets this, and gives its cases the events pause and resume."""
    named = {one.path for one in PARAMETERS if PAUSES.search(f"{one.path} {one.zh} {one.en}")}
    said = {
        (name, one.parameter.path)
        for name in profile_ids()
        for one in told(load_profile(name))
        if PAUSES.search(f"{one.value} {one.note} {one.house}")
    }
    assert named == {"objection.suspend"}
    assert {path for _, path in said} <= OPENING_STOPS, said
    waits = {one.path for one in PARAMETERS if one.use == ("waits", "opening")}
    assert named <= waits, "it is acted on only once applications to open are built"
