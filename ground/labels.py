"""Characters of a label that nobody sees."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
"""Controls and formats of Unicode (Cc, Cf, Zl, Zp) other than blanks, variation selectors and fillers: they are not seen, or turn
what stands beside them. Two labels that differ in these alone look the same."""
