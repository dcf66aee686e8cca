"""The whole lives of the two lists against tables written apart, who may take each step, and what a consultation waits for."""

from __future__ import annotations

from datetime import date

import pytest
from entry_desk import BUREAU, CENTRE, EAST, EAST_GA, GA, MZ, ORGANISATION, ROOT, WEST

from catalog.cases.person import HUB
from catalog.lists import consultation, permissions
from catalog.lists.consultation import Window
from catalog.lists.states import OPEN_LIST, SUPPLEMENT
from ground.errors import Conflict, Forbidden, UserError

COMMON = "reminded overdue due_recomputed noted"
OPEN = f"""
(none)      opened>compiling
compiling   compiled consultation_opened>consulting submitted>submitted published>published withdrawn>withdrawn {COMMON}
consulting  provider_answered provider_silent consultation_closed>consulted comment_received comment_answered {COMMON}
consulted   amended comment_answered submitted>submitted published>published withdrawn>withdrawn {COMMON}
submitted   opinion_given returned>compiling reviewed>reviewed {COMMON}
reviewed    returned>compiling published>published {COMMON}
published   revised>compiling withdrawn>withdrawn {COMMON}
withdrawn
"""
SUPPLEMENTARY = f"""
(none)      opened>compiling
compiling   compiled consultation_opened>consulting filed>filed withdrawn>withdrawn {COMMON}
consulting  provider_answered provider_silent consultation_closed>consulted {COMMON}
consulted   amended filed>filed withdrawn>withdrawn {COMMON}
filed       took_effect>effective revised>compiling withdrawn>withdrawn {COMMON}
effective   revised>compiling withdrawn>withdrawn {COMMON}
withdrawn
"""


@pytest.mark.parametrize(
    ("machine", "life"), [(OPEN_LIST, OPEN), (SUPPLEMENT, SUPPLEMENTARY)], ids=lambda one: getattr(one, "kind", "")
)
def test_every_event_in_every_state(machine, life):
    table = {}
    for line in life.strip().splitlines():
        state, *words = line.split()
        for word in words:
            event, _, after = word.partition(">")
            table[(None if state == "(none)" else state, event)] = after or state
    assert {state for state, _ in table} - {None} | {"withdrawn"} == set(machine.states)
    assert {event for _, event in table} == set(machine.events)
    for state in (None, *machine.states):
        for event in machine.events:
            if (state, event) in table:
                machine.check_can(state, event, "x")
                assert machine.next[(state, event)] == table[(state, event)]
            else:
                with pytest.raises(Conflict):
                    machine.check_can(state, event, "x")


OWNER = {
    "opened", "compiled", "consultation_opened", "provider_silent", "consultation_closed", "amended", "comment_answered",
    "submitted", "published", "revised", "withdrawn", "filed", "took_effect",
}  # fmt: skip
EVENTS = sorted(set(OPEN_LIST.events) | set(SUPPLEMENT.events))
REVIEW = {"returned", "reviewed"}
MAY = {
    "ga": {
        GA: OWNER | {"comment_received", "provider_answered", "noted"}, MZ: {"provider_answered"},
        BUREAU: REVIEW | {"provider_answered", "noted"}, ROOT: REVIEW | {"provider_answered", "noted"},
        EAST: {"provider_answered"}, CENTRE: {"comment_received", "opinion_given"}, EAST_GA: {"provider_answered"},
    },
    "east_data": {
        EAST: OWNER | REVIEW | {"comment_received", "provider_answered", "noted"},
        BUREAU: REVIEW | {"provider_answered", "noted"}, ROOT: REVIEW | {"provider_answered", "noted"},
        WEST: {"provider_answered"}, GA: {"provider_answered"}, CENTRE: {"comment_received", "opinion_given"},
    },
    "bureau": {
        BUREAU: OWNER | REVIEW | {"comment_received", "provider_answered", "noted"},
        ROOT: OWNER | REVIEW | {"comment_received", "provider_answered", "noted"}, EAST: {"provider_answered"},
        GA: {"provider_answered"}, CENTRE: {"comment_received", "opinion_given"},
    },
}  # fmt: skip


@pytest.mark.parametrize("owner", MAY)
def test_who_may_take_which_step(owner):
    for person, allowed in MAY[owner].items():
        for event in EVENTS:
            assert permissions.may(person, event, owner, ORGANISATION) == (event in allowed), (person, event)
    with pytest.raises(Forbidden, match="您现为平台运维机构"):
        permissions.check_may(CENTRE, "published", owner, ORGANISATION, OPEN_LIST)


ANSWERS = {
    # Owner of the list, who was asked -> who may put down its answer on paper.
    ("bureau", "ga"): {BUREAU, ROOT},
    ("bureau", "east_mz"): {BUREAU, ROOT, EAST},
    ("bureau", "east_ga"): {BUREAU, ROOT},
    ("bureau", "west_data"): {BUREAU, ROOT, WEST},
    ("east_data", "east_mz"): {BUREAU, ROOT, EAST},
    ("east_data", "ga"): {BUREAU, ROOT, EAST},
    ("ga", "mz"): {BUREAU, ROOT},
}  # fmt: skip


@pytest.mark.duty("R-006")
@pytest.mark.parametrize(("owner", "department"), ANSWERS)
def test_who_puts_down_the_answer_of_another(owner, department):
    """Its authority, or whoever compiles the list; no other district's, and nobody who is no authority."""
    for person in (GA, MZ, EAST_GA, BUREAU, EAST, WEST, ROOT, CENTRE, HUB):
        if person in ANSWERS[owner, department]:
            permissions.check_may_answer_for(person, department, owner, ORGANISATION)
        else:
            with pytest.raises(Forbidden, match="只能代表本单位答复"):
                permissions.check_may_answer_for(person, department, owner, ORGANISATION)


TODAY, LAST = date(2026, 11, 25), date(2026, 12, 5)


@pytest.mark.parametrize(
    ("window", "needs", "fault"),
    [
        (Window(), {"providers"}, "答复期限"),
        (Window(LAST), {"providers", "public"}, "起止日期"),
        (Window(), set(), "没有征求任何一方"),
        (Window(TODAY), set(), "应晚于今天"),
        (Window(None, TODAY, None), set(), "同时写明"),
        (Window(None, date(2026, 12, 9), LAST), set(), "早于起始"),
        (Window(LAST, TODAY, LAST), {"providers", "public"}, None),
        (Window(LAST), {"providers"}, None),
        (Window(None, TODAY, LAST), {"public"}, None),
    ],
)
def test_a_consultation_has_its_days(window, needs, fault):
    if fault is None:
        consultation.check_window(window, frozenset(needs), TODAY)
        return
    with pytest.raises(UserError, match=fault):
        consultation.check_window(window, frozenset(needs), TODAY)


def test_a_consultation_waits_for_answers_days_and_comments_and_silence_is_no_answer():
    held = consultation.opened(Window(LAST, TODAY, LAST), ["ga", "mz"])
    after = date(2026, 12, 6)
    with pytest.raises(Forbidden, match="ga、mz"):
        consultation.answered(held, "water", {"agrees": True})
    held = consultation.answered(held, "ga", {"agrees": False, "opinion": "不宜公开"})
    held = consultation.with_comment(held, "王某", "希望按月更新", LAST)
    with pytest.raises(Conflict, match="不在征求公众意见的期间"):
        consultation.with_comment(held, "", "迟到", after)
    with pytest.raises(Conflict, match=r"未答复：mz.*至 2026-12-05 24:00；公众意见第 1 条未答复"):
        consultation.check_can_close(held, LAST, "OL-1")
    with pytest.raises(Conflict, match="尚未届满"):
        consultation.with_silent(held, LAST)
    with pytest.raises(Conflict, match="未答复：mz"):
        consultation.check_can_close(held, after, "OL-1")
    held, silent = consultation.with_silent(held, after)
    assert silent == ["mz"]
    assert "mz" not in held["providers"]["answers"], "silence is noted, it is no consent"
    with pytest.raises(UserError, match="第 2 条"):
        consultation.with_reply(held, 2, "已采纳", taken=True)
    held = consultation.with_reply(held, 1, "已采纳", taken=True)
    consultation.check_can_close(held, after, "OL-1")
