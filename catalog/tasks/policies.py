"""Whether a step of a catalogue task may be taken now."""

from __future__ import annotations

from collections.abc import Callable

from catalog.model import Resource
from catalog.tasks.model import Task, TaskRules
from catalog.tasks.states import KIND_WORDS, TASK, TaskKind
from ground.errors import Conflict, UserError


def check_can_take(task: Task) -> None:
    """It is open."""
    TASK.check_can(task.case.state, "taken", task.id)


def check_can_finish(
    task: Task, note: str | None, entry: str | None, published: Callable[[str], Resource | None]
) -> None:
    """Done by its department: with what was done, of a demand with a published entry of its own that can be shared.

    The holder adds it to the catalogue and shares it (Chifeng 四（二）2). What is decided, or delivered, is not simply done.

    Args:
        published: a published entry by its id; None where there is none.

    Raises:
        Conflict: not in this state, of a kind that the authority decides, or one that only a delivery ends.
        UserError: nothing says what was done, or the entry is not published, of another department, or not shared at all.
    """
    TASK.check_can(task.case.state, "done", task.id)
    if task.kind is TaskKind.NEAR_DUPLICATE:
        raise Conflict(
            "疑似重复采集由数据主管部门核定（catalog task decide），不能直接办结。",
            "A near-duplicate is decided by the data authority (catalog task decide), not simply done.",
            where=task.id,
        )
    if task.kind is TaskKind.GATHERING:
        raise Conflict(
            "首批数据采用后，汇聚任务自行了结，不能直接办结；确不汇聚的，写明理由不予办理（catalog task dismiss）。",
            "A task of gathering settles itself with the first delivery that is taken; what is not to be gathered is dismissed, with "
            "a reason (catalog task dismiss).",
            where=task.id,
        )
    if task.kind is TaskKind.DEMAND:
        found = published(entry) if entry is not None else None
        if found is None:
            raise UserError(
                f"未编目需求在补充的条目发布后办结：请写明已发布的信息资源（--entry）。{f'{entry} 尚未发布。' if entry else ''}",
                "A demand is done when the entry that answers it is published: name it with --entry."
                f"{f' {entry} is not published.' if entry else ''}",
                where=task.id,
            )
        _check_answers(task, found)
    else:
        _stated(note, task, "办理情况", "what was done")


def _check_answers(task: Task, found: Resource) -> None:
    if found.department != task.case.department:
        raise UserError(
            f"条目 {found.id} 由 {found.department} 提供；本需求经审核由 {task.case.department} 补充列入目录，请写明其自己的条目。",
            f"Entry {found.id} is provided by {found.department}; the demand was given to {task.case.department}: name an entry of its own.",
            where=task.id,
        )
    if found.sharing.class_ == "not":
        raise UserError(
            f"条目 {found.id} 不予共享，不能满足需求。依法不能共享的，请写明理由不予办理（catalog task dismiss）。",
            f"Entry {found.id} is not shared, which answers no demand; where the law forbids sharing, dismiss the task with the reason "
            "(catalog task dismiss).",
            where=task.id,
        )


def check_can_dismiss(task: Task, reason: str | None) -> None:
    """With a reason."""
    TASK.check_can(task.case.state, "dismissed", task.id)
    _stated(reason, task, "理由", "a reason")


def check_can_decide(task: Task, decision: str, reason: str | None) -> None:
    """A near-duplicate, with a decision and why."""
    TASK.check_can(task.case.state, "decided", task.id)
    if task.kind is not TaskKind.NEAR_DUPLICATE:
        zh, en = KIND_WORDS[task.kind]
        raise Conflict(
            f"只有疑似重复采集需要核定；本任务为{zh}，请接办、办结或不予办理。",
            f"Only near-duplicates are decided; this is a task of {en}: take it, finish it or dismiss it.",
            where=task.id,
        )
    if decision not in ("same", "different"):
        raise UserError(
            f"核定结果只能是 same（同一事实）或 different（不同），不是 {decision}。",
            f"A decision is same or different, not {decision}.",
            where=task.id,
        )
    _stated(reason, task, "理由", "a reason")


def check_can_demand(rules: TaskRules, content: str, scenario: str, title_zh: str) -> None:
    """The city knows demands for what is in no catalogue, and this one says what for.

    Raises:
        UserError: the city's rules have no such procedure (only Chifeng's explanation does), or something is not stated.
    """
    if rules.added_and_shared is None:
        raise UserError(
            f"{title_zh}的规则没有未编目需求补充列入目录的规定。请与数源部门或主管部门商定编目。",
            f"The rules of this city ({title_zh}) know no demand for what is in no catalogue; agree with the department that holds it.",
        )
    if not content.strip() or not scenario.strip():
        raise UserError(
            "需求须写明所需数据与应用场景。", "A demand states the data that are needed and the scenario of their use."
        )


def check_can_refuse(task: Task, reason: str | None) -> None:
    """With a reason."""
    TASK.check_can(task.case.state, "refused", task.id)
    _stated(reason, task, "理由", "a reason")


def _stated(text: str | None, task: Task, zh: str, en: str) -> None:
    if text is None or not text.strip():
        raise UserError(f"请写明{zh}。", f"State {en}.", where=task.id)
