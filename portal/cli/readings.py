"""How a reading is shown: what ``feed check`` (and ``feed new``) found out about a file, and what would become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.intake.contract import REASONS
from portal.cli import output

if TYPE_CHECKING:
    from pipelines.intake.checking import Reading


def explained(reason: str) -> tuple[str, str]:
    """``item:code`` as the item and the reason in both languages."""
    item, _, code = reason.partition(":")
    zh, en = REASONS.get(code, (code, ""))
    return item, f"{zh} {en}"


def show_reading(reading: Reading) -> None:
    """Print one reading."""
    output.line(f"[bold]{output.shown(reading.name)}[/bold]  周期 period {reading.period}  行 rows {reading.rows}")
    for zh, en in reading.notes:
        output.line(f"  {output.shown(zh)}  [dim]{output.shown(en)}[/dim]")
    output.table("列与信息项 columns and items", ["列 column", "项 item"], reading.mapping.items())
    if reading.not_taken:
        output.line(
            f"  目录之外、不采用的列 columns outside the entry, not taken：{output.shown('、'.join(reading.not_taken))}"
        )
    problems = [
        (*explained(reason), number, "、".join(map(str, rows))) for reason, (number, rows) in reading.problems.items()
    ]
    output.table(
        "违反约定的行 rows that break the contract",
        ["项 item", "原因 reason", "行数 rows", "首先见于 first rows"],
        problems,
    )
    if reading.refusal:
        output.line(
            f"[red]将整批退回 would be refused whole[/red]\n  {output.shown(reading.refusal[0])}\n  {output.shown(reading.refusal[1])}"
        )
