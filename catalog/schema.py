"""JSON Schemas of the declared documents, generated from their models, for editors and outside checks.

A document names its schema in its first line: ``# yaml-language-server: $schema=…/resource.schema.json``. What must
hold between documents cannot be said in a schema and is checked on loading. Written by ``python -m catalog.schema``;
``--check`` fails when the committed files are stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from catalog.collectors import CollectorDocument
from catalog.departments import Departments
from catalog.feed import Feed
from catalog.model import Resource
from catalog.norms import NormDocument
from catalog.register import Register
from catalog.systems import Systems
from policy.overlays import Overlay
from policy.parameters import labelled
from policy.profile import Profile

DIRECTORY = Path(__file__).resolve().parent.parent / "docs" / "schemas"
KINDS: dict[str, type[BaseModel]] = {
    "collectors": CollectorDocument,
    "departments": Departments,
    "feed": Feed,
    "norms": NormDocument,
    "overlay": Overlay,
    "profile": Profile,
    "register": Register,
    "resource": Resource,
    "systems": Systems,
}
ALWAYS_WRITTEN = ("provision_mode",)
"""Of the fields that the model leaves open those that every unit writes. What else is mandatory depends on the kind of the
unit (`catalog.norms`), which another document says."""


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of document.

    Args:
        kind: one of `KINDS`.
    """
    schema = KINDS[kind].model_json_schema(by_alias=True)
    _close(schema)
    if kind == "profile":
        labelled(schema)
    for entry in (schema, schema.get("$defs", {}).get("Resource", {})):
        if entry.get("title") == "Resource":
            entry["required"] = sorted({*entry["required"], *ALWAYS_WRITTEN})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{kind}.schema.json", **schema}


def schema_files() -> dict[str, str]:
    """File name -> text of every schema."""
    return {
        f"{kind}.schema.json": json.dumps(schema_of(kind), ensure_ascii=False, indent=2) + "\n"
        for kind in sorted(KINDS)
    }


def write(directory: Path = DIRECTORY) -> None:
    """Write every schema file."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (directory / name).write_text(text, encoding="utf-8")


def stale(directory: Path = DIRECTORY) -> list[str]:
    """Names of schema files that are missing or no longer say what the models say."""
    files = schema_files()
    present = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.schema.json")}
    return [name for name in sorted(files) if present.get(name) != files[name]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the schemas, or with ``--check`` say which are stale and return 1."""
    parser = argparse.ArgumentParser(prog="python -m catalog.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a file is stale")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    chosen = parser.parse_args(arguments)
    if not chosen.check:
        write(chosen.directory)
        return 0
    names = stale(chosen.directory)
    if names:
        sys.stderr.write(
            f"过期的模式文件：{'、'.join(names)}。请运行 python -m catalog.schema。\n"
            f"Stale schema files: {', '.join(names)}; run python -m catalog.schema.\n"
        )
    return 1 if names else 0


def _close(node: Any) -> None:
    """A mapping whose keys follow a pattern takes no other keys, as the model does."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node.setdefault("additionalProperties", False)
        for value in node.values():
            _close(value)
    elif isinstance(node, list):
        for value in node:
            _close(value)


if __name__ == "__main__":
    sys.exit(main())
