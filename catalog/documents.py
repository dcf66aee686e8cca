"""The catalogue read from its directory: departments, systems, resources, feeds, register and norms, whole or not at all.

Which documents there are and where they stand is decided here; what must hold between them in `catalog.crosscheck`,
`catalog.organisation_check`, `catalog.systemcheck`, `catalog.registercheck` and `catalog.collectorcheck`; that no fact is
collected twice, in `catalog.gate`.
"""

from __future__ import annotations

import difflib
import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from catalog.city import City
from catalog.collectorcheck import check_collectors, check_functions
from catalog.collectors import CollectorDocument, LawfulCollectors
from catalog.crosscheck import Draft, Entry, check_codes, check_entry, check_feed
from catalog.departments import Departments
from catalog.document_cache import DocumentCache
from catalog.feed import Feed
from catalog.gate.loading import basis_warnings, gate_problems
from catalog.model import Resource
from catalog.normcheck import check_issuers
from catalog.norms import NormDocument, Norms
from catalog.organisation_check import check_organisation
from catalog.places import Place
from catalog.problems import Problem, refuse
from catalog.register import Register
from catalog.registercheck import check_register
from catalog.systemcheck import check_systems
from catalog.systems import Systems
from ground.errors import DocumentError

EXPECTED = ("departments.yaml", "systems.yaml", "norms.yaml", "collectors.yaml", "register.yaml", "resources", "feeds")
"""What this room reads in a city's directory; all but ``departments.yaml`` may be absent."""

READINGS = 5
"""How often a folder is read that moves while it is read; what is wrong then is told as it stands."""
BETWEEN = 0.05
"""Seconds from one reading to the next, and more before each: a step puts its documents into place within that."""

M = TypeVar("M", bound=BaseModel)


def load_city(
    directory: Path,
    *,
    known_elements: frozenset[str] | None = None,
    known_code_lists: frozenset[str] | None = None,
    gated: bool = True,
    cache: Path | None = None,
) -> City:
    """Read and check the catalogue of a city.

    The folder is read without a lock, and others publish and withdraw meanwhile: what is wrong in documents that were put into
    place or taken away while they were read is read again, `READINGS` times at most.

    Args:
        directory: the directory ``city/`` with the documents of `EXPECTED`.
        known_elements: names of the standard data elements; None leaves ``element`` unchecked.
        known_code_lists: names of the code lists; None leaves ``code_list`` unchecked.
        gated: whether the gate's refusals are problems; whoever reports on the gate reads without it.
        cache: file of what earlier loads remember (`catalog.document_cache`); None reads and checks everything again.

    Raises:
        DocumentError: with every problem of every document at once, each with file, line and field.
    """
    if not directory.is_dir():
        raise DocumentError(
            "找不到城市目录，请检查路径，或先初始化。",
            "The city's directory does not exist; check the path, or initialise first.",
            where=str(directory),
        )
    for reading in range(1, READINGS + 1):
        with _uncollected():
            reader = _Reader(directory, DocumentCache(cache))
            draft = reader.read()
            collectors = LawfulCollectors.standard(draft.collectors[0] if draft.collectors else None)
            state = reader.cache.state(known_elements, known_code_lists)
            problems = reader.problems
            if not reader.cache.is_sound(state):
                problems += _checked(draft, collectors, known_elements, known_code_lists)
                if gated and not problems:
                    problems += gate_problems(draft, collectors)
            if problems and reading < READINGS and reader.has_moved():
                time.sleep(BETWEEN * reading)
                continue
            reader.cache.keep(state if gated and not problems else None)
            refuse(problems)
            return _city(draft, collectors)
    raise AssertionError("the last reading is what it is")


def _checked(
    draft: Draft,
    collectors: LawfulCollectors,
    known_elements: frozenset[str] | None,
    known_code_lists: frozenset[str] | None,
) -> Iterator[Problem]:
    """What does not fit together, the gate left aside. Depends on nothing but its arguments, or it could not be remembered."""
    if draft.departments_place is not None:
        yield from check_organisation(draft.departments, draft.departments_place)
    yield from check_functions(draft, collectors)
    yield from check_systems(draft)
    yield from check_issuers(draft)
    for entry in draft.entries.values():
        yield from check_entry(entry, draft, known_elements, known_code_lists)
    yield from check_codes(draft)
    for feed, place in draft.feeds.values():
        yield from check_feed(feed, place, draft)
    yield from check_register(draft)
    yield from check_collectors(draft, collectors)


def _city(draft: Draft, collectors: LawfulCollectors) -> City:
    return City(
        departments=tuple(sorted(draft.departments, key=lambda one: one.id)),
        systems=tuple(sorted(draft.systems[0], key=lambda one: one.id)) if draft.systems else (),
        norms=Norms.standard(draft.norms.norms if draft.norms else ()),
        collectors=collectors,
        resources=tuple(draft.entries[name].resource for name in sorted(draft.entries)),
        feeds=tuple(draft.feeds[name][0] for name in sorted(draft.feeds)),
        register=draft.register[0] if draft.register else Register(libraries={}),
        warnings=partial(basis_warnings, draft),
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: of the many objects of a catalogue all stay, and looking takes longer than making them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Reader:
    """Reads document after document and keeps the problems, so that one bad file does not hide the others."""

    def __init__(self, directory: Path, cache: DocumentCache) -> None:
        self.directory = directory
        self.cache = cache
        self.problems: list[Problem] = []
        self.listed: list[Path] = []
        self._folders = self._stamps()

    def has_moved(self) -> bool:
        """Whether a document was put into place or taken away since reading began: a renaming shows in the folder.

        A listed file that is gone says so as well; a link that leads nowhere is there, and a fault.
        """
        return self._folders != self._stamps() or not all(os.path.lexists(one) for one in self.listed)

    def _stamps(self) -> list[int]:
        folders = (self.directory, self.directory / "resources", self.directory / "feeds")
        return [one.stat().st_mtime_ns for one in folders if one.exists()]

    def read(self) -> Draft:
        """All documents that can be read."""
        draft = Draft()
        self.problems += _misplaced(self.directory)
        place = self._place("departments.yaml")
        departments = self._one(place, Departments)
        draft.departments = departments.departments if departments else []
        draft.departments_unread = departments is None
        draft.departments_place = place if departments else None
        if (systems := self._optional("systems.yaml", Systems)) is not None:
            draft.systems = (systems[0].systems, systems[1])
        if (norms := self._optional("norms.yaml", NormDocument)) is not None:
            draft.norms, draft.norms_place = norms
        draft.collectors = self._optional("collectors.yaml", CollectorDocument)
        for place in self._files("resources"):
            resource = self._one(place, Resource)
            if resource is None:
                draft.unread |= {place.path.stem, place.value("id") or ""}
            else:
                self._own_name(place, resource.id)
                self._add(draft, Entry(resource, place))
        for place in self._files("feeds"):
            self._feed(draft, place)
        draft.register = self._optional("register.yaml", Register)
        return draft

    def _optional(self, name: str, model: type[M]) -> tuple[M, Place] | None:
        """A document that may be absent, with its place."""
        if not (self.directory / name).exists():
            return None
        place = self._place(name)
        document = self._one(place, model)
        return (document, place) if document is not None else None

    def _feed(self, draft: Draft, place: Place) -> None:
        feed = self._one(place, Feed)
        if feed is None:
            draft.unread.add(place.value("resource", "id") or "")
            return
        self._own_name(place, feed.id)
        if feed.id in draft.feeds:
            self._repeated(place.at("id"), feed.id, draft.feeds[feed.id][1])
            return
        draft.feeds[feed.id] = (feed, place)
        if isinstance(feed.resource, Resource):
            self._add(draft, Entry(feed.resource, place, ("resource",)))

    def _add(self, draft: Draft, entry: Entry) -> None:
        first = draft.entries.setdefault(entry.resource.id, entry)
        if first is not entry:
            self._repeated(entry.at("id"), entry.resource.id, first.place)

    def _one(self, place: Place, model: type[M]) -> M | None:
        try:
            return self.cache.document(place.path, model, name=place.name)
        except DocumentError as fault:
            self.problems.append(Problem.of(fault))
        except OSError:
            self.problems.append(
                Problem(
                    "无法读取，请检查它是否为普通文件及其权限。",
                    "Cannot be read; check that it is a plain file, and its permissions.",
                    place.name,
                )
            )
        return None

    def _own_name(self, place: Place, name: str) -> None:
        if place.path.stem != name:
            self.problems.append(
                Problem(
                    f"文件名应与 id 一致：id 为 {name}，请将文件改名为 {name}.yaml，或改 id。",
                    f"The file is named after its id: rename it to {name}.yaml, or change the id.",
                    place.at("id"),
                )
            )

    def _repeated(self, where: str, name: str, first: Place) -> None:
        self.problems.append(
            Problem(
                f"id {name} 已在 {first.name} 中使用，请换一个。",
                f"The id {name} is already used in {first.name}; choose another.",
                where,
            )
        )

    def _place(self, *parts: str) -> Place:
        return Place(self.directory.joinpath(*parts), "/".join((self.directory.name, *parts)))

    def _files(self, folder: str) -> list[Place]:
        paths = [one for one in sorted((self.directory / folder).glob("*.yaml")) if not one.name.startswith(".")]
        self.listed += paths
        return [self._place(folder, path.name) for path in paths]


def _misplaced(directory: Path) -> Iterator[Problem]:
    """Documents that would be passed over in silence: a near miss of a name, another ending, a folder too deep."""
    for path in sorted(directory.iterdir()):
        close = difflib.get_close_matches(path.name, EXPECTED, n=1, cutoff=0.8)
        # An editor's backup (register.yaml~, register.yaml.bak) is not a misspelt document.
        if close and not path.name.startswith(close[0]):
            yield Problem(
                f"名称不对，不会被读取。是否应为 {close[0]}？",
                f"This name is not read. Did you mean {close[0]}?",
                f"{directory.name}/{path.name}",
            )
    for folder in ("resources", "feeds"):
        for path in sorted((directory / folder).rglob("*")):
            looks_declared = path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")
            if looks_declared and (path.suffix != ".yaml" or path.parent != directory / folder):
                yield Problem(
                    f"不会被读取：请放在 {folder}/ 之下（不再分子目录），并以 .yaml 结尾。",
                    f"Not read: put it directly below {folder}/ with the ending .yaml.",
                    f"{directory.name}/{path.relative_to(directory).as_posix()}",
                )
