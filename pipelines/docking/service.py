"""The use cases of a docked district: hand its catalogue up, and bring back what the city decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import dumps

from catalog.cases.person import Part, Person
from catalog.city import City
from catalog.departments import Department
from catalog.entries.content import meaning_of
from catalog.interchange.package import Package, open_package, pack
from catalog.interchange.sendings import Sendings
from catalog.model import Resource
from ground.errors import Forbidden, Unavailable, UserError
from pipelines.docking.client import CityPlatform, CityReceipt, RefusedByCity
from pipelines.docking.upstream import FILE, Upstream

PART = 6 << 20
"""Bytes of entries in one package, about: the interface takes no body over 12 MB, and a package is indented."""
MANY = 500
"""Entries in one package: the city holds each to its gate while the sender waits."""


@dataclass(frozen=True)
class Prepared:
    """A package that is ready to be sent.

    Attributes:
        package: what it says.
        text: as it travels.
        known: the city has its content already, and nothing else was delivered since.
    """

    package: Package
    text: str
    known: bool


@dataclass(frozen=True)
class Sent:
    """A package that the city has received."""

    prepared: Prepared
    receipt: CityReceipt


@dataclass
class Brought:
    """What was brought back.

    Attributes:
        since: from which place.
        next: from which place the next time.
        noted: steps written into the trails of entries.
        known: steps that stood there already.
        unknown: ids of entries that this platform does not have.
        entries: ids of those that it has, and of which the city told.
    """

    since: int
    next: int
    noted: int = 0
    known: int = 0
    unknown: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)


class Docking:
    """A district's platform docked to its city's.

    Args:
        upstream: to which, and in whose name.
        city: the district's own catalogue, as it is in force.
        sendings: where everything is written down.
        version: number of the catalogue in force.
    """

    def __init__(self, upstream: Upstream, city: City, sendings: Sendings, version: Callable[[], int]) -> None:
        self._upstream = upstream
        self._city = city
        self._sendings = sendings
        self._version = version

    @property
    def district(self) -> Department:
        """In whose name packages are made; UserError where it is no unit of this home."""
        return self._city.department(self._upstream.district)

    @property
    def by_clock(self) -> Person:
        """Who acts where nobody sits there: the hub, for the district's authority."""
        own = self._city.organisation.authority_of(self.district.id)
        return Person("hub", Part.AUTHORITY, own.id if own else None)

    def check_may(self, person: Person) -> None:
        """The district's authority hands its catalogue up (Wuhan 10, Haishu 10); Forbidden for everybody else."""
        own = self._city.organisation.authority_of(self.district.id)
        if person.part is Part.AUTHORITY and (person.department is None or (own and person.department == own.id)):
            return
        name = f"{own.name}（{own.id}）" if own else "大数据主管部门"
        raise Forbidden(
            f"区级目录由本区大数据主管部门报送：{name}。",
            f"The catalogue of a district is handed up by its data authority: {own.id if own else 'none is registered'}.",
            where="catalog send",
        )

    def prepare(self, now: datetime, *, part: int = PART) -> list[Prepared]:
        """The packages that hold what the district has published, each small enough for the interface.

        Args:
            now: the moment, aware.
            part: bytes of entries in one package, about.

        Raises:
            UserError: nothing is published.
        """
        unit, units = self.district, self._units()
        own = {one.id for one in units}
        chosen = sorted((one for one in self._city.resources if one.department in own), key=lambda one: one.id)
        version = self._version()
        prepared = []
        for some in _parts(chosen, part) if chosen else [[]]:
            text = pack(unit, units, some, version=version, now=now)
            package = open_package(text.encode(), FILE)
            prepared.append(Prepared(package, text, self._sendings.delivered(package.digest) is not None))
        return prepared

    def send(
        self, prepared: Sequence[Prepared], platform: CityPlatform, by: Person, now: datetime,
        told: Callable[[int, Prepared], None] = lambda number, one: None,  # noqa: ARG005
    ) -> Iterator[Sent]:  # fmt: skip
        """Hand packages up, one after another; what was sent and what the city answered is written down.

        Args:
            prepared: the packages, of `prepare`.
            platform: the city's.
            by: who sends.
            now: when, aware.
            told: is told before each of them.

        Raises:
            RefusedByCity: one is not taken; those before it are.
            Unavailable: no answer.
        """
        self.check_may(by)
        for number, one in enumerate(prepared, 1):
            told(number, one)
            case = self._sendings.prepared(one.package, self._upstream.base, by, now)
            try:
                receipt = platform.send(one.text)
            except RefusedByCity as fault:
                self._sendings.happened(case.id, "package_refused", fault.as_facts(), by, now)
                raise
            except Unavailable as fault:
                self._sendings.happened(case.id, "package_unanswered", {"zh": fault.zh, "en": fault.en}, by, now)
                raise
            if (receipt.receipt, receipt.digest) != (case.id, one.package.digest):
                self._sendings.happened(case.id, "package_unanswered", {"receipt": receipt.receipt}, by, now)
                raise _other_receipt()
            self._sendings.happened(case.id, "package_delivered", receipt.model_dump(mode="json"), by, now)
            yield Sent(one, receipt)

    def bring_back(
        self, platform: CityPlatform, by: Person, now: datetime, *, from_start: bool = False,
        told: Callable[[int], None] = lambda count: None,  # noqa: ARG005
    ) -> Brought:  # fmt: skip
        """Fetch what the city decided since the last time, and write it into the trails of the entries it is about.

        Args:
            platform: the city's.
            by: who fetches.
            now: when, aware.
            from_start: from the beginning, after the city's platform was restored; what stands in the trails already
                stays as it is.
            told: is told how many steps came so far.
        """
        self.check_may(by)
        since = 0 if from_start else self._sendings.cursor()
        brought = Brought(since, since)
        while True:
            page = platform.outcomes(brought.next)
            done = self._sendings.note(page.outcomes, brought.next, page.next, by, now)
            brought.next = page.next
            brought.noted += done.noted
            brought.known += done.known
            brought.unknown |= set(done.unknown)
            brought.entries |= {one.entry for one in page.outcomes} - set(done.unknown)
            told(brought.noted + brought.known)
            if not page.more:
                return brought

    def _units(self) -> list[Department]:
        below = self._city.organisation.below(self.district.id)
        own = self._city.organisation.authority_of(self.district.id)
        # Named by its authority, a district is what that authority governs.
        if own is not None and own.id == self.district.id:
            below = self._city.organisation.governed_by(own.id)
        return [one for one in self._city.departments if one.id in below]


def _parts(resources: Sequence[Resource], limit: int) -> Iterator[list[Resource]]:
    """Entries in order, as many together as are small enough and soon looked at; one that is larger alone."""
    part: list[Resource] = []
    size = 0
    for one in resources:
        length = len(dumps(meaning_of(one), ensure_ascii=False, indent=1).encode())
        if part and (size + length > limit or len(part) == MANY):
            yield part
            part, size = [], 0
        part.append(one)
        size += length
    if part:
        yield part


def _other_receipt() -> UserError:
    return UserError(
        "市级平台的回执与所送的报送包不符，未记为送达。请与市级核对两边的版本。",
        "The receipt is not that of the package that was sent; it is not taken for delivered. Compare versions with the city.",
        where=f"city/{FILE}",
    )
