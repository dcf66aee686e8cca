"""Normalisation of text in named steps: what two departments write differently and mean the same.

Each step has a scalar and a set-based form that give the same text, and a pattern of the text that it can change at all.
Only `translate` and plain expressions are used, so that every engine agrees. What a step means for one kind of value
(a phone number) stands with that value; which steps a data element takes stands in `elements.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

SPACES = "\t\n\v\f\r\x85\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""Every space but the plain one, the ideographic space (U+3000) among them."""
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters without width that copies from web pages and spreadsheets carry along."""
_BLANK = " " + SPACES + INVISIBLE
_LATIN = "[A-Za-zＡ-Ｚａ-ｚ]"


@dataclass(frozen=True)
class Step:
    """One way of writing the same text alike.

    Attributes:
        touches: an expression that is found in every text that the step changes; it may be found in others.
        scalar: the step on one text.
        column: the same, set-based; null stays null.
    """

    touches: str
    scalar: Callable[[str], str]
    column: Callable[[ir.StringValue], ir.StringValue]


def whole_match(col: ir.StringValue, pattern: str) -> ir.BooleanValue:
    r"""Whether ``pattern`` describes each text from end to end, alike on RE2, Java and Rust.

    ``$`` of Java's expressions also matches before a line break at the end; ``\z`` does not.
    """
    return col.re_search(rf"\A(?:{pattern})\z")


def _translation(old: str, new: str = "") -> Step:
    """Each character of ``old`` becomes the one at its place in ``new``; those beyond the end of ``new`` go."""
    table = {ord(character): new[place] if place < len(new) else None for place, character in enumerate(old)}
    return Step(
        touches=f"[{old}]",  # no backslash, no bracket: Spark reads a backslash in a literal as its own
        scalar=lambda value: value.translate(table),
        column=lambda col: col.translate(old, new),
    )


def _trim_column(col: ir.StringValue) -> ir.StringValue:
    return col.re_replace(f"^[{_BLANK}]+|[{_BLANK}]+$", "")


_blanks_alike = _translation(SPACES + INVISIBLE, " " * len(SPACES))


def _collapse_column(col: ir.StringValue) -> ir.StringValue:
    return _blanks_alike.column(col).re_replace("  +", " ")


def _collapse(value: str) -> str:
    return re.sub("  +", " ", _blanks_alike.scalar(value))


_remove_spaces = _translation(_BLANK)


def _close_up_column(col: ir.StringValue) -> ir.StringValue:
    return ibis.ifelse(col.re_search(_LATIN), col, _remove_spaces.column(col))


def _close_up(value: str) -> str:
    return value if re.search(_LATIN, value) else _remove_spaces.scalar(value)


def _full(half: Iterable[int]) -> str:
    return "".join(chr(code + 0xFEE0) for code in half)


_PRINTABLE = range(0x21, 0x7F)
_ALPHANUMERIC = [code for code in _PRINTABLE if chr(code).isalnum()]
_LOWER = [code for code in _PRINTABLE if chr(code).islower()]

STEPS: dict[str, Step] = {
    # Blanks at both ends go; those within stay as they are.
    "trim": Step(f"^[{_BLANK}]|[{_BLANK}]$", lambda value: value.strip(_BLANK), _trim_column),
    # Every run of blanks becomes one plain space.
    "collapse": Step(f"[{SPACES}{INVISIBLE}]|  ", _collapse, _collapse_column),
    # All blanks go: for codes.
    "remove_spaces": _remove_spaces,
    # All blanks go unless there are Latin letters: 张　三 is 张三, but JOHN SMITH stays two words.
    "close_up": Step(f"[{_BLANK}]", _close_up, _close_up_column),
    # Full-width signs, digits and letters (U+FF01 to U+FF5E) become ASCII: for codes and numbers.
    "half_width": _translation(_full(_PRINTABLE), "".join(map(chr, _PRINTABLE))),
    # The same for digits and letters alone: for names and addresses, whose punctuation is Chinese.
    "half_width_alphanumerics": _translation(_full(_ALPHANUMERIC), "".join(map(chr, _ALPHANUMERIC))),
    # Parentheses in names of organisations are full width.
    "full_width_parentheses": _translation("()﹙﹚", "（）（）"),
    # Latin letters become capitals; other scripts stay, since engines disagree about them.
    "upper": _translation("".join(map(chr, _LOWER)), "".join(map(chr, _LOWER)).upper()),
    # The dot between the parts of a person's name is U+00B7.
    "middle_dot": _translation("•‧∙⋅・･．", "·" * 7),
    # The dot on a number plate, 鄂A·12345, is no part of the number.
    "remove_dots": _translation("·•‧∙⋅・･．."),
    # Dashes of every length become a plain hyphen.
    "hyphens": _translation("‐‑‒–—―−－", "-" * 8),
    "remove_hyphens": _translation("-"),
    # Separators of thousands.
    "remove_commas": _translation(",，"),
}


def apply_text(value: str, steps: Iterable[Step]) -> str:
    """The text after the steps, in their order."""
    for step in steps:
        value = step.scalar(value)
    return value


def apply(col: ir.StringValue, steps: Iterable[Step]) -> ir.StringValue:
    """Set-based `apply_text`; null stays null.

    One expression match passes over the rows that no step can change, nearly all of them: DuckDB's `translate` builds its
    table again for every row (on clean names 40 times the cost of the match).
    """
    steps = list(steps)
    changed = col
    for step in steps:
        changed = step.column(changed)
    return ibis.ifelse(col.re_search("|".join(step.touches for step in steps)), changed, col) if steps else col
