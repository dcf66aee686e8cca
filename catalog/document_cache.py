"""Remembers documents that were read, and catalogues that passed every check, so that neither is done twice.

The file is derived: it may be deleted at any time, and one that is damaged, of another version of the software, or not to be
read is passed over. What is remembered is found by the content of a document, never by its name or times, so there is no
answer that is out of date; a document that is wrong is not remembered, so its messages keep their lines. Several
processes may use one file: each replaces it whole, and what another wrote is as true as one's own.
"""

from __future__ import annotations

import io
import json
import os
import platform
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ground.documents import parse_document, read_document

DEPENDS_ON = ("ground", "policy", "standards", "catalog")
"""Packages whose text decides what a document means and which catalogue passes."""
LIBRARIES = ("pydantic", "pydantic-core", "PyYAML", "rapidfuzz", "pypinyin", "opencc")
"""Libraries that have a say in it too."""
KEPT = 8
"""Catalogues that passed and are remembered: those of the home, and those that a step tried before it was taken."""

M = TypeVar("M", bound=BaseModel)


class DocumentCache:
    """What earlier loads left in one file.

    Args:
        path: the file; None remembers nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._sound: list[str] = []
        self._known: dict[str, bytes] = {}
        self._used: dict[str, bytes] = {}
        self._read: list[tuple[str, str]] = []
        if path is not None:
            self._open(path)

    def document(self, path: Path, model: type[M], *, name: str) -> M:
        """`ground.documents.read_document`, from what is remembered where the very same text was read before.

        Raises:
            DocumentError: as `read_document`.
            OSError: the file cannot be read.
        """
        try:
            content = path.read_bytes()
            text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
        except (FileNotFoundError, UnicodeDecodeError):
            return read_document(path, model, name=name)
        key = blake2b(content, digest_size=20, person=model.__name__.encode()[:16]).hexdigest()
        self._read.append((name, key))
        document = self._remembered(key, model)
        if document is None:
            document = parse_document(text, model, name=name)
            self._remember(key, document)
        return document

    def state(self, *more: Iterable[str] | None) -> str:
        """What all documents read so far and ``more`` amount to: the same again only where nothing of it has changed."""
        said = [self._read, [None if one is None else sorted(one) for one in more]]
        return blake2b(json.dumps(said, ensure_ascii=False).encode(), digest_size=20).hexdigest()

    def is_sound(self, state: str) -> bool:
        """Whether a catalogue in this state has passed every check before."""
        return state in self._sound

    def keep(self, state: str | None = None) -> None:
        """Write down what was read, and that a catalogue in ``state`` passed. Where it cannot be written, nothing happens."""
        if self._path is None:
            return
        sound = self._sound if state is None or state in self._sound else [*self._sound, state][-KEPT:]
        # One document more in the file than were read does no harm; thousands that are gone would stay for ever.
        if sound == self._sound and self._used.keys() <= self._known.keys() and len(self._known) <= 2 * len(self._used):
            return
        body = b"\n".join(key.encode() + b" " + text for key, text in self._used.items())
        with suppress(OSError):
            _replace(self._path, _head(sound, body) + b"\n" + body)

    def _open(self, path: Path) -> None:
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            sound = json.loads(head)["sound"]
            if head != _head(sound, body):
                return
        except (OSError, ValueError, TypeError, KeyError):
            return
        self._sound = sound
        for line in body.split(b"\n"):
            key, _, text = line.partition(b" ")
            self._known[key.decode()] = text

    def _remembered(self, key: str, model: type[M]) -> M | None:
        text = self._used.get(key) or self._known.get(key)
        if text is None:
            return None
        self._used[key] = text
        return model.model_validate_json(text)

    def _remember(self, key: str, document: BaseModel) -> None:
        """Only what comes back as the very same document."""
        text = document.model_dump_json(by_alias=True, exclude_unset=True)
        with suppress(ValidationError):
            again = type(document).model_validate_json(text)
            if again == document and again.model_dump_json(by_alias=True, exclude_unset=True) == text:
                self._used[key] = text.encode()


@cache
def software() -> str:
    """blake2b (hex) of everything but the documents that decides what they mean and which catalogue passes."""
    found = blake2b(json.dumps([platform.python_version(), *map(version, LIBRARIES)]).encode(), digest_size=20)
    for package in DEPENDS_ON:
        root = Path(str(files(package)))
        for path in sorted(one for one in root.rglob("*") if one.suffix in (".py", ".yaml", ".csv")):
            found.update(path.relative_to(root).as_posix().encode() + blake2b(path.read_bytes()).digest())
    return found.hexdigest()


def _head(sound: list[str], body: bytes) -> bytes:
    """The first line of the file: it holds of this body, of this software, or of nothing."""
    check = blake2b(json.dumps([software(), sound]).encode() + body, digest_size=20).hexdigest()
    return json.dumps({"sound": sound, "check": check}).encode()


def _replace(path: Path, content: bytes) -> None:
    """The file whole or as it was; nothing of it need outlast a power cut."""
    path.parent.mkdir(exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
        Path(made).chmod(path.parent.stat().st_mode & 0o666)  # as open to others as its folder
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
