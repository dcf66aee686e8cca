"""The documents of ``city/resources`` as the hub writes them: all of a step or none, and none that would not load.

Before a file in place is touched, the city is read as it would be with the new documents beside the old ones; that takes
seconds in a large city and holds no lock of the database. Then, within the transaction, the folder must still be the one that
was read, and each file, written aside and flushed to the disk before, is renamed into its place. When the step fails later
on, because its transaction cannot be committed, the files are put back; killed in between, its journal says what to do
(`catalog.entries.journal`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from catalog.cases.store import Change
from catalog.documents import READINGS
from catalog.entries import journal
from catalog.entries.content import Document, text_of
from catalog.entries.held import digest_in_force
from catalog.entries.lying import UNREADABLE, Stamp, lying
from ground.errors import Conflict, DocumentError
from ground.files import turn
from warehouse.operational import OperationalDatabase

_READ = ("resources", "feeds", "rules")
"""Folders that a load reads, beside the documents at the top."""


class Shelf:
    """Where the published documents of a home stand.

    Args:
        directory: the folder ``city`` of the home.
        load: reads and checks a whole city's folder; raises DocumentError where it does not hold together.
    """

    def __init__(self, directory: Path, load: Callable[[Path], object]) -> None:
        self.directory = directory
        self._load = load
        self._sound: tuple[dict[str, str | None], dict[Path, Stamp] | None] | None = None

    @contextmanager
    def changing(self, database: OperationalDatabase) -> Iterator[Shelving]:
        """Change documents around a transaction: begun before it, so that files go back where it is not committed.

        One at a time among all processes. What a killed step left is settled first.
        """
        with turn(self.directory), database.preparing():
            journal.settle_held(self.directory, database)
            shelving = Shelving(self.directory, self._load)
            try:
                yield shelving
            except BaseException:
                shelving.undo()
                raise
            shelving.done()

    def check(self, documents: Mapping[str, Document]) -> None:
        """The city would load with these documents; nothing is written.

        What was found sound last is not read again while no file of the city has moved: a step asks before it locks the
        database, and once more under the lock.

        Args:
            documents: id of the entry -> its document.

        Raises:
            DocumentError: it would not, with file, line and field.
        """
        shelving = Shelving(self.directory, self._load)
        for name, document in documents.items():
            shelving.draft(name, document)
        if self._sound is None or self._sound != shelving.asked():
            shelving.check()
            self._sound = shelving.checked()

    def is_known(self, name: str, *digests: str | None) -> bool:
        """Whether what stands there for an entry is one of these; None is nothing."""
        return lying(self.directory, name).digest in digests

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
        self._read: dict[Path, Stamp] | None = None
        self._staged: dict[Path, Path] = {}
        self._files: dict[Path, tuple[bytes | None, bytes | None]] = {}

    def draft(self, name: str, document: Document, *, anew: bool = False) -> None:
        """The document of an entry is to stand there, whatever stands there now.

        Args:
            anew: nothing is kept of a file that is no document, not even the comment at its head.
        """
        path = self._path(name)
        kept = path.exists() and not (anew and self.is_known(name, UNREADABLE))
        self._texts[name] = text_of(document, path.read_text(encoding="utf-8-sig") if kept else None)

    def put(self, name: str, document: Document, known: str | None) -> None:
        """The document of an entry is to stand there.

        Args:
            known: digest of what the entry's case knows to stand there; None is nothing.

        Raises:
            Conflict: something else stands there, which nobody has noted yet.
        """
        self.expect(name, known, digest_in_force(document))
        self.draft(name, document)

    def put_back(self, name: str, document: Document, known: str | None) -> None:
        """`put`, also in the place of a file that is no document: nothing is lost with it."""
        self.expect(name, known, digest_in_force(document), UNREADABLE)
        self.draft(name, document, anew=True)

    def asked(self) -> tuple[dict[str, str | None], dict[Path, Stamp] | None]:
        """What a check would look at: the new documents, and the files of the city as they lie now."""
        return self._texts, self._stamps()

    def checked(self) -> tuple[dict[str, str | None], dict[Path, Stamp] | None]:
        """What the last check looked at."""
        return self._texts, self._read

    def remove(self, name: str, known: str | None) -> None:
        """The document of an entry is to go to ``city/withdrawn``; Conflict as for `put`."""
        self.expect(name, known, None)
        self._texts[name] = None

    def is_known(self, name: str, *digests: str | None) -> bool:
        """Whether what stands there is one of these; None is nothing."""
        return lying(self._directory, name).digest in digests

    def expect(self, name: str, *digests: str | None) -> None:
        """`is_known`, or Conflict."""
        if not self.is_known(name, *digests):
            raise Conflict(
                "此条目的文件刚被手工改动，尚未登记；未作任何更改。请重新执行本命令，改动会先登记为待复核。",
                "The document of this entry was just changed by hand, which is not noted yet; nothing was changed. Run the "
                "command again: the change is noted first, for the authority to look at.",
                where=name,
            )

    def prepare(self, changes: Sequence[Change]) -> None:
        """Check the city as it will be, write the journal, and the new documents aside: all that takes time.

        Raises:
            DocumentError: the city would not load; nothing was written.
        """
        self.check()
        for name, text in self._texts.items():
            path, gone = self._path(name), self._directory / "withdrawn" / f"{name}.yaml"
            before = path.read_bytes() if path.exists() else None
            if text is not None:
                self._files[path] = (before, text.encode("utf-8"))
            elif before is not None:
                self._files[gone] = (gone.read_bytes() if gone.exists() else None, before)
                self._files[path] = (before, None)
        if self._files:
            contents = {path: new for path, (_, new) in self._files.items() if new is not None}
            self._staged = journal.stage(self._directory, contents)
            journal.begin(self._directory, self._files, changes)

    def write(self) -> None:
        """Put everything into place; within the transaction that commits what was prepared.

        Raises:
            Conflict: the folder is no longer the one that was checked.
        """
        if self._read != self._stamps():
            raise Conflict(
                "目录文件在检查期间被改动，未作任何更改。请重新执行本命令。",
                "Documents were changed while the catalogue was checked; nothing was changed. Run the command again.",
                where=f"{self._directory.name}/",
            )
        for path, (_, new) in self._files.items():
            if new is None:
                path.unlink(missing_ok=True)
            else:
                journal.move(self._staged[path], path)
        journal.flush({path.parent for path in self._files})

    def undo(self) -> None:
        """Put back what stood there before."""
        for path, (old, new) in self._files.items():
            journal.replace(path, new, old)
        self.done()

    def done(self) -> None:
        """Nothing is under way any more."""
        if self._files:
            journal.end(self._directory)
        self._files = {}

    def check(self) -> None:
        """Read the city as it will be: links to all that stays, and the new documents.

        What others put into place or take away meanwhile is no fault of these documents: the city is looked at again then.

        Raises:
            DocumentError: it would not load.
        """
        for _ in range(READINGS - 1):
            try:
                return self._check()
            except DocumentError:
                if self._read == self._stamps():
                    raise
        return self._check()

    def _check(self) -> None:
        self._read = self._stamps()
        with tempfile.TemporaryDirectory(prefix="shuyuan-city-") as held:
            staged = Path(held) / self._directory.name
            (staged / "resources").mkdir(parents=True)
            for one in self._directory.iterdir():
                if one.name != "resources" and not one.name.startswith("."):
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

    def _stamps(self) -> dict[Path, Stamp]:
        """Every document that a load reads, with what moves when it is replaced."""
        found: dict[Path, Stamp] = {}
        for folder in (self._directory, *(self._directory / one for one in _READ)):
            if not folder.is_dir():
                continue
            with os.scandir(folder) as entries:
                for one in entries:
                    if one.is_file() and not one.name.startswith("."):
                        try:
                            stat = one.stat()
                        except FileNotFoundError:
                            continue  # taken away this very moment
                        found[Path(one.path)] = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        return found
