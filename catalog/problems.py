"""One thing wrong in the catalogue's documents, in both languages, and the words all such messages share.

What counts as wrong is decided in `catalog.crosscheck` and `catalog.registercheck`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from ground.errors import DocumentError

SHOWN = 40
"""Allowed values listed in one message; a city with ten thousand resources must not fill the screen."""


@dataclass(frozen=True)
class Problem:
    """One problem.

    Args:
        zh: what was found, what was expected, what to do.
        en: the same in English.
        where: ``file:line field``.
    """

    zh: str
    en: str
    where: str

    @classmethod
    def of(cls, fault: DocumentError) -> Problem:
        """A fault met while reading one document, which may itself hold several lines."""
        return cls(fault.zh, fault.en, fault.where or "")

    def lines(self) -> tuple[str, str]:
        """The message in Chinese and in English, each beginning with its place."""
        place = f"{self.where}: " if self.where else ""
        return place + self.zh, place + self.en


def unknown(where: str, what: tuple[str, str], found: str, allowed: Iterable[str]) -> Problem:
    """``found`` names nothing that exists.

    Args:
        where: ``file:line field``.
        what: what kind of thing is named, in Chinese and in English.
        found: the name as written.
        allowed: the names that exist.
    """
    zh, en = choices(found, allowed)
    return Problem(f"没有名为 {found} 的{what[0]}。{zh}", f"There is no {what[1]} {found}. {en}", where)


def choices(found: str, allowed: Iterable[str]) -> tuple[str, str]:
    """The close match and the allowed values, as the end of a message in Chinese and in English."""
    names = sorted(allowed)
    if not names:
        return "目前一个也没有，请先登记。", "There are none yet; register one first."
    close = difflib.get_close_matches(found, names, n=1, cutoff=0.5)
    rest = len(names) - SHOWN
    shown = "、".join(names[:SHOWN])
    zh = (f"是否想写 {close[0]}？" if close else "") + f"可用的值：{shown}"
    en = (f"Did you mean {close[0]}? " if close else "") + f"Allowed: {', '.join(names[:SHOWN])}"
    return (zh + (f" 等，另有 {rest} 个" if rest > 0 else ""), en + (f" and {rest} more" if rest > 0 else ""))


def refuse(problems: list[Problem]) -> None:
    """Raise all problems as one error; do nothing when there are none.

    Raises:
        DocumentError: with one line for each problem.
    """
    if not problems:
        return
    pairs = [problem.lines() for problem in problems]
    raise DocumentError(
        "\n".join(["数据目录有问题，未作任何更改：", *[zh for zh, _ in pairs]]),
        "\n".join(["The catalogue has problems; nothing was changed:", *[en for _, en in pairs]]),
    )
