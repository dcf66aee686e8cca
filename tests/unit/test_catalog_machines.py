"""Every life of the catalogue is known to whoever goes through all of them, and sound in itself."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import catalog
from catalog.cases.machine import DUE_RECOMPUTED, NOTED, OVERDUE, REMINDED, Machine
from catalog.machines import MACHINES


def declared() -> dict[str, Machine]:
    """Every machine that any module of the room declares."""
    found: dict[str, Machine] = {}
    for module in pkgutil.walk_packages(catalog.__path__, "catalog."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, Machine):
                found[one.kind] = one
    return found


def test_the_clock_knows_every_life_there_is():
    assert declared() == MACHINES


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.kind)
def test_every_state_is_reached_and_only_ended_ones_are_left_by_nothing(machine: Machine):
    reached, before = {None}, set()
    while reached != before:
        before = set(reached)
        reached |= {after for (state, _), after in machine.next.items() if state in before}
    assert reached - {None} == set(machine.states)
    common = {REMINDED, OVERDUE, DUE_RECOMPUTED, NOTED}
    for state in machine.states:
        own = [step for step in machine.possible(state) if step.event not in common]
        assert own or state in machine.ended, f"{state} is open, and nothing leads on"


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.kind)
def test_words_are_there_in_both_languages(machine: Machine):
    for zh, en in [machine.title, *machine.states.values(), *((step.zh, step.en) for step in machine.steps)]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
        assert en.isascii() and en
