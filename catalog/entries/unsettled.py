"""Documents that a step is among this moment, for whoever may not wait for it."""

from __future__ import annotations

from pathlib import Path

from catalog.entries.journal import JOURNAL
from ground.errors import Unavailable


def refuse_unsettled(directory: Path) -> None:
    """Nobody is among the documents of ``directory``, the folder ``city``.

    Raises:
        Unavailable: a step is, or was killed among them.
    """
    if (directory / JOURNAL).exists():
        raise Unavailable(
            "目录正在发布，或上次发布中断尚未恢复，本步已撤销。请稍后重试；仍不行，请先运行 shuyuan catalog check，它会恢复中断的"
            "操作，或说明原因。",
            "The catalogue is being published, or a publication was cut off and is not restored yet; this step was undone. Try again "
            "in a moment; if it fails still, run shuyuan catalog check first, which restores it or says why it cannot.",
            where=f"{directory.name}/{JOURNAL}",
        )
