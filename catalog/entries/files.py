"""The documents of ``city/resources`` as the hub writes them: all of a step or none, and none that would not load.

Before a file in place is touched, the city is read as it would be with the new documents beside the old ones. Then each file
is replaced in one step (written beside it, flushed to the disk, renamed). When the step fails later on, because its
transaction cannot be committed, the files are put back. Killed in between, the next load tells from the documents which of
both it was (`catalog.entries.reconciling`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from catalog.entries.content import Document, text_of


class Shelf:
    """Where the published documents of a home stand.

    Args:
        directory: the folder ``city`` of the home.
        load: reads and checks a whole city's folder; raises DocumentError where it does not hold together.
    """

    def __init__(self, directory: Path, load: Callable[[Path], object]) -> None:
        self.directory = directory
        self._load = load

    @contextmanager
    def changing(self) -> Iterator[Shelving]:
        """Change documents around a transaction: begun before it, so that files go back where it is not committed."""
        shelving = Shelving(self.directory, self._load)
        try:
            yield shelving
        except BaseException:
            shelving.undo()
            raise

    def check(self, documents: Mapping[str, Document]) -> None:
        """The city would load with these documents; nothing is written.

        Args:
            documents: id of the entry -> its document.

        Raises:
            DocumentError: it would not, with file, line and field.
        """
        shelving = Shelving(self.directory, self._load)
        for name, document in documents.items():
            shelving.put(name, document)
        shelving.check()

    def withdrawn(self, name: str) -> bool:
        """Whether the document of a withdrawn entry lies among the withdrawn."""
        return self._removed(name).exists()

    def _removed(self, name: str) -> Path:
        return self.directory / "withdrawn" / f"{name}.yaml"


class Shelving:
    """What one step writes and takes away."""

    def __init__(self, directory: Path, load: Callable[[Path], object]) -> None:
        self._directory = directory
        self._load = load
        self._texts: dict[str, str | None] = {}
        self._before: dict[Path, bytes | None] = {}

    def put(self, name: str, document: Document) -> None:
        """The document of an entry is to stand there."""
        path = self._path(name)
        before = path.read_text(encoding="utf-8-sig") if path.exists() else None
        self._texts[name] = text_of(document, before)

    def remove(self, name: str) -> None:
        """The document of an entry is to go to ``city/withdrawn``."""
        self._texts[name] = None

    def write(self) -> None:
        """Check the city as it will be, then write.

        Raises:
            DocumentError: the city would not load; nothing was written.
        """
        self.check()
        for name, text in self._texts.items():
            path, gone = self._path(name), self._directory / "withdrawn" / f"{name}.yaml"
            if text is not None:
                self._replace(path, text.encode("utf-8"))
            elif path.exists():
                self._replace(gone, path.read_bytes())
                self._before[path] = path.read_bytes()
                path.unlink()

    def undo(self) -> None:
        """Put back what stood there before."""
        for path, content in self._before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                _place(path, content)
        self._before = {}

    def check(self) -> None:
        """Read the city as it will be: links to all that stays, and the new documents.

        Raises:
            DocumentError: it would not load.
        """
        with tempfile.TemporaryDirectory(prefix="shuyuan-city-") as held:
            staged = Path(held) / self._directory.name
            (staged / "resources").mkdir(parents=True)
            for one in self._directory.iterdir():
                if one.name != "resources":
                    (staged / one.name).symlink_to(one.resolve())
            for one in (self._directory / "resources").glob("*.yaml"):
                if one.stem not in self._texts:
                    (staged / "resources" / one.name).symlink_to(one.resolve())
            for name, text in self._texts.items():
                if text is not None:
                    (staged / "resources" / f"{name}.yaml").write_text(text, encoding="utf-8")
            self._load(staged)

    def _path(self, name: str) -> Path:
        return self._directory / "resources" / f"{name}.yaml"

    def _replace(self, path: Path, content: bytes) -> None:
        self._before.setdefault(path, path.read_bytes() if path.exists() else None)
        _place(path, content)


def _place(path: Path, content: bytes) -> None:
    """The file whole, or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        Path(made).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    # A name is kept by its folder: without this a power cut may leave the old file after the commit.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
