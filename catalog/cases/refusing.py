"""The words in which somebody is told that a step is another's, the same for every noun."""

from __future__ import annotations

from catalog.cases.machine import Machine, Words
from catalog.cases.person import PART_WORDS, Person
from ground.errors import Forbidden


def not_for(person: Person, machine: Machine, event: str, who: Words, department: str) -> Forbidden:
    """The refusal to raise.

    Args:
        person: who asked to take the step.
        machine: of the case.
        event: the step.
        who: who takes it, in Chinese and in English.
        department: whose case it is.
    """
    step, (zh, en) = machine.events[event], PART_WORDS[person.part]
    # Whoever sits at the machine of the hub and names nobody is the administrator; people with accounts have their department.
    unnamed = not person.department
    zh_do = "以命令办理的，请用 --department 写明办理部门，或用 --as 写明账号。" if unnamed else ""
    en_do = " By command, name the department by --department, or the account by --as." if unnamed else ""
    return Forbidden(
        f"“{step.zh}”由{who[0]}办理，您现为{zh}（{person.department or '未指明部门'}）。{zh_do}",
        f"The step '{step.en}' is taken by {who[1]}; you act as {en} ({person.department or 'no department'}).{en_do}",
        where=department,
    )
