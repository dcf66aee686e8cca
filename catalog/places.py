"""Where in a YAML document something stands, so that a cross-file problem can name its line.

Only the place belongs here. Reading and judging a document is `ground.documents`; what is wrong between documents is
`catalog.crosscheck`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Place:
    """One document of the catalogue and how messages call it.

    Args:
        path: the file.
        name: its name in messages, such as ``city/feeds/ga_household_monthly.yaml``.
    """

    path: Path
    name: str

    def at(self, *loc: str | int) -> str:
        """``name:line field`` of the deepest part of ``loc`` that the document has; without a line where it is gone since.

        Args:
            loc: keys and 0-based list positions from the top of the document.
        """
        shown = ".".join(str(part) for part in loc)
        try:
            line, node = 1, self._node
        except (OSError, UnicodeDecodeError, yaml.YAMLError):  # taken away or replaced since it was read
            return f"{self.name} {shown}".rstrip()
        for part in loc:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return f"{self.name}:{line} {shown}".rstrip()

    def value(self, *loc: str | int) -> str | None:
        """The plain value at ``loc`` of a document that need not be valid; None where there is none to be had."""
        try:
            node = self._node
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            return None
        for part in loc:
            found = _child(node, part)
            if found is None:
                return None
            node = found[1]
        return str(node.value) if isinstance(node, yaml.ScalarNode) else None

    @cached_property
    def _node(self) -> yaml.Node | None:
        # Composed again only when something is wrong: a sound catalogue of ten thousand entries pays nothing.
        return yaml.compose(self.path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    """The 1-based line and the value of ``part`` in ``node``; None if it is not there."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == str(part):
                return key_node.start_mark.line + 1, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    return None
