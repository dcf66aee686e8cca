"""Which findings are meant by their numbers in ``ticket show``? ``1-5,8``."""

from __future__ import annotations

import re

from ground.errors import UserError
from portal.cli.acting import Step

MOST = 10_000
"""Numbers of one list: more are better named by what they have in common, such as their batch."""


def numbers_of(at: Step, ticket: str, text: str) -> list[str]:
    """The fingerprints of the findings with these numbers.

    Raises:
        UserError: not numbers, or one that the ticket does not have.
    """
    wanted = parse(text)
    found = at.hub.problems.findings(ticket, at.actor, limit=max(wanted))
    if max(wanted) > len(found):
        raise UserError(
            f"此工单只有 {len(found)} 条问题，没有第 {max(wanted)} 条。",
            f"The ticket has {len(found)} findings; there is no number {max(wanted)}.",
            where=ticket,
        )
    return [found[number - 1].fingerprint for number in wanted]


def parse(text: str) -> list[int]:
    """Numbers and ranges, counted from 1, each once and in order."""
    parts = [part.strip() for part in text.split(",")]
    numbers: set[int] = set()
    for part in parts:
        match = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", part)
        first = int(match.group(1)) if match else 0
        last = int(match.group(2) or first) if match else 0
        if not 1 <= first <= last or last - first >= MOST or len(numbers) > MOST:
            raise UserError("序号应形如 1-5,8。", "Write numbers as 1-5,8.", where="--findings")
        numbers |= set(range(first, last + 1))
    return sorted(numbers)
