"""A hub that goes with its home: a server that runs for weeks answers by the documents of now, not by those of its start.

A holiday notice, another city's rules, a published entry, a rule or a theme come into a home from another process. Before each
request the home is looked at; where a document changed, a fresh hub over the same connections takes the place of the old one. A
request that is under way keeps the hub it began with. Documents that do not hold together change nothing until they do.

Looking costs two dozen ``stat`` calls, since who writes a document puts it into place by renaming it, which its folder shows; a
document that an editor wrote over in place shows in its own time, and all of them are looked at every few seconds only.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ground.errors import ShuyuanError
from hub.hub import Hub
from hub.settings import FILE

LOG = logging.getLogger("shuyuan.renewal")

EVERY = 5.0
"""Seconds between two looks at every single document."""

_NOT_DECLARED = frozenset({"releases"})
"""Folders of the city that are read from disk whenever they are asked for."""

Mark = tuple[tuple[str, int, int], ...]
"""Name, time and size of everything that was looked at."""


class Renewal:
    """The hub of a server, renewed when its home's documents change.

    Args:
        hub: as it was opened.
        elapsed: seconds that go by; replaced in tests.
    """

    def __init__(self, hub: Hub, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._elapsed = elapsed
        self._turn = threading.Lock()
        self._near, self._whole, self._looked = mark(hub.home), mark(hub.home, whole=True), elapsed()

    @property
    def hub(self) -> Hub:
        """The hub as it is now, without looking."""
        return self._hub

    def due(self) -> bool:
        """Whether `renew` is to be called: a document was put into place, or it is time to look at all of them."""
        if mark(self._hub.home) != self._near:
            return True
        if self._elapsed() - self._looked < EVERY:
            return False
        self._looked = self._elapsed()  # one request looks, the others go on
        return True

    def renew(self) -> Hub:
        """The hub by the documents of now, the same where none changed; one thread makes it, the others wait for it."""
        with self._turn:
            # Taken before the documents are read: what changes while they are read is seen at the next look.
            near, whole = mark(self._hub.home), mark(self._hub.home, whole=True)
            if whole != self._whole:
                self._hub = self._read() or self._hub
            # Known only now: whoever comes while the documents are read waits for them.
            self._near, self._whole, self._looked = near, whole, self._elapsed()
            return self._hub

    def _read(self) -> Hub | None:
        """A fresh hub; None, and a line in the log, where the documents do not hold together."""
        try:
            return fresh(self._hub)
        except (ShuyuanError, OSError) as fault:
            name = type(fault).__name__
            zh, en = (fault.zh, fault.en) if isinstance(fault, ShuyuanError) else (name, name)
            LOG.warning(
                "工作目录中的文件不能一并成立，服务仍按此前的文件办理：%s\n"
                "The home's documents do not hold together; the server goes on by those before: %s",
                zh,
                en,
            )
            return None

    def close(self) -> None:
        """Let go of the database."""
        self._hub.close()


def fresh(hub: Hub) -> Hub:
    """A hub that has read its home anew, over the connections of ``hub`` where the settings still name them.

    Raises:
        ShuyuanError: what is declared does not hold together.
    """
    made = Hub(hub.home)
    before, after = hub.settings, made.settings
    if before.operational_url == after.operational_url:
        vars(made)["database"] = hub.database
    of_lake = [(one.lake_catalog, one.threads, one.memory_limit, one.lock_timeout) for one in (before, after)]
    if of_lake[0] == of_lake[1]:
        vars(made)["lake"] = hub.lake
    read(made)
    made.database.before_writing = made.read_first  # the connections no longer hold the hub before
    return made


def read(hub: Hub) -> None:
    """Read everything that is declared in a home, so that what is wrong is said before the first request needs it.

    Raises:
        ShuyuanError: what is declared does not hold together.
    """
    _ = hub.city, hub.rulebook, hub.themes, hub.profiles, hub.calendar, hub.notice_settings


def mark(home: Path, *, whole: bool = False) -> Mark:
    """What tells that a home's documents changed: of its settings, its single documents and its folders.

    Args:
        home: the home.
        whole: look at every document in the folders too.
    """
    return tuple(_seen(home, whole=whole))


def _seen(home: Path, *, whole: bool) -> Iterator[tuple[str, int, int]]:
    settings = (home / FILE).stat()
    yield FILE, settings.st_mtime_ns, settings.st_size
    folders = [home / "city"]
    while folders:
        folder = folders.pop()
        top = folder.name == "city" and folder.parent == home
        with os.scandir(folder) as entries:
            for one in sorted(entries, key=lambda entry: entry.name):
                # What begins with a dot is a step's own: its journal, and documents that wait to be put into place.
                if one.name.startswith(".") or (top and one.name in _NOT_DECLARED):
                    continue
                try:
                    here = one.stat()
                except FileNotFoundError:
                    continue  # renamed this very moment: the folder's time tells of it
                yield one.path, here.st_mtime_ns, here.st_size
                if whole and one.is_dir():
                    folders.append(Path(one.path))
