"""Characters of a label that nobody sees."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
"""Controls and formats of Unicode (Cc, Cf, Zl, Zp) other than blanks, variation selectors and fillers: they are not seen, or turn
what stands beside them. Two labels that differ in these alone look the same."""


def unseen(text: str) -> tuple[str, str] | None:
    """Every character of a label that nobody sees, in Chinese and in English: where it stands, and its code; None if there is none."""
    found = [(one.start() + 1, f"U+{ord(one.group()):04X}") for one in UNSEEN.finditer(text)]
    if not found:
        return None
    many = len(found) > 1
    zh = "、".join(f"第 {place} 个字符（{code}）" for place, code in found)
    en = ", ".join(f"{place} ({code})" for place, code in found)
    return f"{zh}看不见", f"character{'s' if many else ''} {en} cannot be seen"
