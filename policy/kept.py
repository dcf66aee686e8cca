"""Keeps what a version of a city's rules stood for, so that a case is dealt with to its end under what it was filed under.

A file of rules may be corrected, replaced or taken away while cases that rest on it are open. A home therefore writes down each
version before cases can be filed under it. Where the files say something else under the same name later, new cases rest on a name of
their own, ``wuhan@2021-11-15~1f2e3d4c``, whose end is a digest of what it says.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ground.errors import DocumentError, UserError
from ground.files import place
from policy.profile import Profile, load_profile

KEPT = "kept_rules"
"""The folder, below a home."""

Said = dict[str, Any]


class KeptRules:
    """The versions that a home keeps, a file for each.

    Args:
        folder: where; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, rules: Profile) -> str:
        """Keep what ``name`` stands for, unless it is kept already.

        Returns:
            the name under which a case may be filed: ``name``, or ``name~digest`` where it stood for something else before.

        Raises:
            DocumentError: a kept file is damaged.
            Unavailable: the home cannot be written.
        """
        said = _said(rules)
        before = self._read(name)
        if before is None:
            self._write(name, said)
        elif not _holds(said, before):
            name = f"{name}~{hashlib.sha256(_text(said)).hexdigest()[:8]}"
            if self._read(name) is None:
                self._write(name, said)
        return name

    def of(self, name: str) -> Profile | None:
        """What ``name`` stood for; None where it was never kept.

        Raises:
            DocumentError: the kept file is damaged.
        """
        said = self._read(name)
        if said is None:
            return None
        try:
            return Profile.model_validate(said)
        except ValidationError:
            pass
        try:
            # Kept by an earlier version of the software, which knew fewer parameters: those come from the rules as they are shipped.
            return Profile.model_validate(_filled(_said(load_profile(str(said["id"]))), said))
        except (ValidationError, KeyError, UserError) as fault:
            raise self._damaged(name) from fault

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, name: str) -> Said | None:
        path = self._path(name)
        if "/" in name or not path.exists():
            return None
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as fault:
            raise self._damaged(name) from fault

    def _write(self, name: str, said: Said) -> None:
        place(self._path(name), _text(said))

    def _damaged(self, name: str) -> DocumentError:
        return DocumentError(
            f"立案时所依规则 {name} 的留存文件已损坏，依它立案的案件无法办理。请从备份放回该文件。",
            f"What is kept of the rules {name} is damaged, and cases that rest on it cannot be dealt with: put the file back from a backup.",
            where=f"{self._folder.name}/{self._path(name).name}",
        )


def _said(rules: Profile) -> Said:
    return rules.model_dump(mode="json")


def _text(said: Said) -> bytes:
    return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


_WORDS = frozenset(
    {"note", "house", "title_zh", "title_en", "status", "status_note_zh", "status_note_en", "effective_to"}
)
"""What is told beside a rule and decides nothing of a case: that rules end later changes none that was filed before."""


def _holds(said: Said, before: Said) -> bool:
    """Whether every rule that there was before is the same still; parameters may have been added since, and words changed."""
    return all(
        _holds(said[name], value)
        if isinstance(value, dict) and isinstance(said.get(name), dict)
        else said.get(name) == value
        for name, value in before.items()
        if name not in _WORDS
    )


def _filled(said: Said, before: Said) -> Said:
    """``before``, with sections and parameters that it does not know from ``said``."""
    return {
        name: {**value, **before[name]}
        if isinstance(value, dict) and isinstance(before.get(name), dict)
        else before.get(name, value)
        for name, value in said.items()
    }
