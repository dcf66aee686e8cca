"""How rules are added to a document that a person wrote: its own text, comments and order stay as they are.

Only texts are handled here, nothing is read or written. New rules go behind the last one, as they were written, with the indent
of those that are there.
"""

from __future__ import annotations

import textwrap

import yaml

from ground.errors import DocumentError


def with_rules_added(current: str | None, given: str, *, name: str) -> str:
    """The document with the rules of ``given`` behind its own.

    Args:
        current: the document as it is; None where the resource has none yet.
        given: a document of the same resource that is known to be sound, with ``rules`` as a list of one rule below another.
        name: how the document is called in messages.

    Raises:
        DocumentError: one of the two writes its rules in brackets, so that nothing can be put behind them.
    """
    if current is None:
        return given if given.endswith("\n") else f"{given}\n"
    lines = current.rstrip("\n").split("\n")
    added = _rules_of(given, name)
    last = _last_rule(current, name)
    if last is None:
        return "\n".join([*lines, "rules:", *textwrap.indent(added, "  ").split("\n"), ""])
    line, indent = last
    return "\n".join([*lines[:line], *textwrap.indent(added, " " * indent).split("\n"), *lines[line:], ""])


def lines_of_rules(text: str) -> dict[str, int]:
    """Rule id -> the line on which it is written, for messages."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    rules: list[yaml.Node] = next((value.value for key, value in pairs if key.value == "rules"), [])
    return {
        value.value: value.start_mark.line + 1
        for one in rules
        if isinstance(one, yaml.MappingNode)
        for key, value in one.value
        if key.value == "id"
    }


def _rules_of(given: str, name: str) -> str:
    """The text of the rules alone, without the indent they had."""
    rules = _sequence(given, name)
    if rules is None:
        raise DocumentError("文件中没有 rules。", "The document has no rules.", where=name)
    lines = given.split("\n")
    first, after = rules.start_mark.line, _end(rules, lines)
    # A comment above the first rule is about it.
    while lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return textwrap.dedent("\n".join(lines[first:after])).rstrip()


def _last_rule(text: str, name: str) -> tuple[int, int] | None:
    """The line behind the last rule, and the indent of its dash; None where the document has no rules."""
    rules = _sequence(text, name)
    if rules is None:
        return None
    return _end(rules, text.rstrip("\n").split("\n")), rules.start_mark.column


def _end(rules: yaml.SequenceNode, lines: list[str]) -> int:
    """The line behind the last one of the rules: blank lines and comments that follow belong to what comes next."""
    after = min(rules.end_mark.line, len(lines))
    if rules.end_mark.column > 0 and rules.end_mark.line < len(lines):
        after += 1
    while after > rules.start_mark.line and (not lines[after - 1].strip() or lines[after - 1].lstrip().startswith("#")):
        after -= 1
    return after


def _sequence(text: str, name: str) -> yaml.SequenceNode | None:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "rules"), None)
    if found is None:
        return None
    if not isinstance(found, yaml.SequenceNode) or found.flow_style:
        raise DocumentError(
            "rules 写在方括号内，无法追加；请改为每条规则一段，以短横线开头。",
            "The rules stand in brackets, so none can be added; write one below another, each with a dash.",
            where=f"{name}:{found.start_mark.line + 1} rules",
        )
    return found
