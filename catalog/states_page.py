"""The lives of the catalogue's cases as a page: diagram, states and steps of each, written from the tables that act.

``python -m catalog.states_page`` writes docs/catalogue-states.md; ``--check`` fails when the committed page is stale.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from catalog.cases.machine import DUE_RECOMPUTED, NOTED, OVERDUE, REMINDED, Machine, Step
from catalog.machines import MACHINES

COMMITTED = Path(__file__).parents[1] / "docs" / "catalogue-states.md"

_COMMON = (REMINDED, OVERDUE, DUE_RECOMPUTED, NOTED)


def render(machines: Iterable[Machine]) -> str:
    """The page: of each life its mermaid diagram, its states, its steps."""
    known = list(machines)
    lines = [
        "# 目录办件状态 Lives of the catalogue's cases",
        "",
        "由各 `states.py` 生成，请勿手改。Generated; do not edit: `python -m catalog.states_page`.",
        "",
        "未办结的办件都可以催办、记逾期、重算期限、备注；这四种不改变状态，下列各表从略。期限届满不产生任何决定。",
        "",
        "Every open case may be reminded of, noted as overdue, given a recomputed date, and noted on; these four change no state",
        "and are left out below. No limit that runs out decides anything.",
        "",
        *[f"- [{one.title[0]} {one.title[1]}](#{one.kind})" for one in known],
    ]
    for one in known:
        lines += _chapter(one)
    return "\n".join(lines) + "\n"


def write(path: Path = COMMITTED) -> None:
    """Write the page where it is committed."""
    path.write_text(render(MACHINES.values()), encoding="utf-8", newline="\n")


def _chapter(machine: Machine) -> list[str]:
    own = [one for one in machine.steps if one.event not in _COMMON]
    return [
        "",
        f'<a id="{machine.kind}"></a>',
        f"## {machine.title[0]} {machine.title[1]}",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *[f"    {state}: {zh}" for state, (zh, _) in machine.states.items()],
        *[arrow for step in own for arrow in _arrows(step)],
        *[f"    {state} --> [*]" for state in machine.states if state in machine.ended],
        "```",
        "",
        "| 状态 state | 含义 meaning |",
        "|---|---|",
        *[f"| `{state}` {zh} | {en} |" for state, (zh, en) in machine.states.items()],
        "",
        "| 事件 event | 从 from | 到 to | 由 by | 须有 needs |",
        "|---|---|---|---|---|",
        *[_row(step) for step in own],
    ]


def _arrows(step: Step) -> list[str]:
    """What leads on; what happens in a state and leaves it stands in the table below."""
    return [
        f"    {before or '[*]'} --> {step.after}: {step.zh}"
        for before in step.before
        if step.after is not None and step.after != before
    ]


def _row(step: Step) -> str:
    before = "、".join(f"`{one}`" if one else "–" for one in step.before)
    after = f"`{step.after}`" if step.after else "不变 unchanged"
    return f"| `{step.event}` {step.zh}: {step.en} | {before} | {after} | {step.by} | {step.needs} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` return 1 when the committed one is stale."""
    parser = argparse.ArgumentParser(prog="python -m catalog.states_page", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is stale")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    if COMMITTED.exists() and COMMITTED.read_text(encoding="utf-8") == render(MACHINES.values()):
        return 0
    sys.stderr.write(
        "docs/catalogue-states.md 已过时，请运行 python -m catalog.states_page。\n"
        "docs/catalogue-states.md is stale; run python -m catalog.states_page.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
