"""Draws docs/ticket-states.md from `quality.tickets.states`; a test fails when the committed file differs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from quality.tickets.states import ENDED, STATE_WORDS, STEPS, Stage, Step

COMMITTED = Path(__file__).parents[2] / "docs" / "ticket-states.md"


def render() -> str:
    """The page: mermaid diagram, table of states, table of steps."""
    lines = [
        "# 工单状态 Ticket states",
        "",
        "由 `quality/tickets/states.py` 生成，请勿手改。Generated; do not edit:",
        "`python -m quality.tickets.diagram`.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *[f"    {state}: {zh}" for state, (zh, _, _) in STATE_WORDS.items()],
        *[arrow for step in STEPS for arrow in _arrows(step)],
        *[f"    {state} --> [*]" for state in ENDED],
        "```",
        "",
        "| 状态 state | 含义 meaning | 环节 stage (Haishu 27) |",
        "|---|---|---|",
        f"| – | 问题清单中的问题 a finding, before there is a ticket | {Stage.FIND} |",
        *[f"| `{state}` {zh} | {en} | {stage} |" for state, (zh, en, stage) in STATE_WORDS.items()],
        "",
        "| 事件 event | 从 from | 到 to | 由 by | 凭据 proof |",
        "|---|---|---|---|---|",
        *[_row(step) for step in STEPS],
    ]
    return "\n".join(lines) + "\n"


def write(path: Path = COMMITTED) -> None:
    """Write the page where it is committed."""
    path.write_text(render(), encoding="utf-8", newline="\n")


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
    return f"| `{step.event}` {step.zh}: {step.en} | {before} | {after} | {step.by} | {step.proof} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` return 1 when the committed one is stale."""
    parser = argparse.ArgumentParser(prog="python -m quality.tickets.diagram", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is stale")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    if COMMITTED.exists() and COMMITTED.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(
        "docs/ticket-states.md 已过时，请运行 python -m quality.tickets.diagram。\n"
        "docs/ticket-states.md is stale; run python -m quality.tickets.diagram.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
