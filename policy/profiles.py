"""Which version of a city's rules holds on which day, with the higher law that stands above it.

Versions are files: those shipped with the hub (``policy/profiles/``) and those a home adds (``city/profiles/``), where a
bureau puts a newer version or a city of its own. What `policy.overlays` has confirmed is applied here; what it has not is
told and never binds. A case keeps the *name* of its version, ``haishu@2022-01-01``, and is dealt with under it to its end; what a
name stood for is kept by the home (`policy.kept`), so that a file that is changed later changes no case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path

from ground.errors import UserError
from policy.calendar import ONE_DAY
from policy.kept import KEPT, KeptRules
from policy.overlays import OVERLAYS, Number, Overlay, applied, binding, read_overlays
from policy.profile import PROFILES, Profile, read_profile
from policy.value_words import said_en, said_zh

_SHIPPED = "policy/profiles"


@dataclass(frozen=True, slots=True)
class Pending:
    """A number of a higher law that nobody has confirmed: it is told beside its parameter and changes nothing."""

    overlay: Overlay
    number: Number

    @property
    def zh(self) -> str:
        """What is to be known of it."""
        return (
            f"上位法《{self.overlay.instrument.title_zh}》可能另有规定（{said_zh(self.number.typed)}，未经核实，不作依据）；"
            f"核对原文后在 city/overlays/{self.overlay.id}.yaml 确认"
        )

    @property
    def en(self) -> str:
        """`zh` in English."""
        return (
            f"{self.overlay.instrument.title_en} may have another rule ({said_en(self.number.typed)}, unverified, not applied); "
            f"confirm it with the text in city/overlays/{self.overlay.id}.yaml"
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a city's rules as it holds.

    Attributes:
        name: what a case keeps: ``haishu@2022-01-01``, with ``+order_809@2026-09-01`` behind it where numbers of a higher
            law bind, confirmed up to that day, and ``~1f2e3d4c`` where the files said otherwise under that name before.
        profile: the rules, with those numbers in place.
        pending: numbers of higher law that nobody has confirmed.
        followed_on: the first day of the city's next version; None where there is none.
    """

    name: str
    profile: Profile
    pending: tuple[Pending, ...] = ()
    followed_on: date | None = None

    def status_zh(self, day: date) -> str:
        """`Profile.status_zh`; of a version that has ended also what came after it, or that nothing did."""
        said = self.profile.status_zh(day)
        if self.profile.status_on(day) != "ended":
            return said
        return f"{said}，{f'下一版本自 {self.followed_on} 起施行' if self.followed_on else '之后没有版本'}"

    def status_en(self, day: date) -> str:
        """`status_zh` in English."""
        said = self.profile.status_en(day)
        if self.profile.status_on(day) != "ended":
            return said
        after = f"the next version is in force from {self.followed_on}" if self.followed_on else "no version follows"
        return f"{said}; {after}"

    def pending_of(self, parameter: str) -> list[Pending]:
        """What is pending on one parameter (``sharing.answer_within``)."""
        return [one for one in self.pending if one.number.parameter == parameter]


class Profiles:
    """All versions of all cities.

    Args:
        files: profile by the name of its file as messages have it.
        overlays: higher law.
        kept: what versions stood for when cases could first be filed under them; None keeps nothing.

    Raises:
        UserError: two versions of one city are in force on the same day.
    """

    def __init__(
        self, files: Mapping[str, Profile], overlays: Sequence[Overlay] = (), kept: KeptRules | None = None
    ) -> None:
        self._kept = kept
        self._named: dict[str, Version] = {}
        self._made: dict[tuple[str, tuple[tuple[str, date], ...]], Version] = {}
        self._overlays = tuple(overlays)
        self._pending = tuple(Pending(one, number) for one in overlays for number in one.numbers if not number.verified)
        self._by_city: dict[str, list[tuple[str, Profile]]] = {}
        for name, one in sorted(files.items(), key=lambda entry: entry[1].effective_from):
            self._by_city.setdefault(one.id, []).append((name, one))
        for found in self._by_city.values():
            for before, after in combinations(found, 2):
                _check_apart(before, after)

    @classmethod
    def standard(cls, city: Path | None = None) -> Profiles:
        """Those shipped, with what a home adds.

        Args:
            city: the folder ``city`` of a home.

        Raises:
            DocumentError: a file is wrong, with line and field.
            UserError: two versions of one city are in force on the same day, or a file is called otherwise than what it holds.
        """
        shipped = _read(PROFILES, _SHIPPED)
        own = _read(city / "profiles", "city/profiles") if city else {}
        replaced = {one.version for one in own.values()}
        above = [(OVERLAYS, "policy/overlays"), *([(city / "overlays", "city/overlays")] if city else [])]
        return cls(
            {name: one for name, one in shipped.items() if one.version not in replaced} | own,
            read_overlays(above),
            KeptRules(city.parent / KEPT) if city else None,
        )

    def cities(self) -> list[str]:
        """The cities there are rules for."""
        return sorted(self._by_city)

    def versions(self, city: str) -> list[Profile]:
        """Every version of a city, the oldest first, without higher law.

        Raises:
            UserError: there is no such city.
        """
        return [one for _, one in self._of(city)]

    def file_of(self, profile: Profile) -> str:
        """The file a version was read from, as messages call it."""
        return next(name for name, one in self._of(profile.id) if one.version == profile.version)

    def on(self, city: str, day: date) -> Version:
        """The version in force on ``day``; where none is, the last that was (`Version.status_zh` tells), else the first to come.

        Raises:
            UserError: there is no such city.
        """
        versions = self.versions(city)
        begun = [one for one in versions if one.effective_from <= day]
        in_force = [one for one in begun if one.covers(day)]
        return self._with_overlays((in_force or begun or versions[:1])[-1], day)

    def for_cases(self, city: str, day: date) -> Version:
        """`on`, kept as it is (`policy.kept`) before a case is filed under it; its name tells it from what it said before.

        Raises:
            UserError: there is no such city.
            DocumentError: what is kept is damaged.
        """
        found = self.on(city, day)
        if self._kept is None:
            return found
        if found.name not in self._named:
            self._named[found.name] = replace(found, name=self._kept.keep(found.name, found.profile))
        return self._named[found.name]

    def newest(self, city: str) -> Version:
        """The version with the latest first day, and all that is confirmed: for what has no day of its own."""
        return self._with_overlays(self.versions(city)[-1], date.max)

    def version(self, name: str) -> Version:
        """The version that a case kept; a bare city (``haishu``, of cases from before versions) is its earliest.

        Raises:
            UserError: there is no such version any more.
        """
        if self._kept is not None and (was := self._kept.of(name)) is not None:
            return Version(name, self._as_of_today(was), self._pending, self._followed(was))
        base, *above = name.partition("~")[0].split("+")
        city, _, since = base.partition("@")
        versions = self.versions(city)
        found = versions[:1] if not since else [one for one in versions if one.effective_from.isoformat() == since]
        if not found:
            known = "、".join(one.version for one in versions)
            raise UserError(
                f"没有规则版本 {name}；{city} 现有：{known}。已有案件沿用其立案时的版本，请放回该版本的文件。",
                f"There is no version {name} of these rules; {city} has {known}. Cases keep the version they were filed "
                "under: put its file back.",
            )
        profile, until = found[0], _until(above)
        for known, on in until.items():
            above_it = [one for one in self._overlays if one.id == known and binding(one, on)]
            if not above_it:
                raise UserError(
                    f"规则版本 {name} 依据的上位法确认文件 city/overlays/{known}.yaml 已不在，请放回。",
                    f"Version {name} rests on city/overlays/{known}.yaml, which is gone: put it back.",
                )
        return self._bound(profile, until, name=name)

    def _of(self, city: str) -> list[tuple[str, Profile]]:
        if city not in self._by_city:
            known = "、".join(self.cities())
            raise UserError(
                f"没有名为“{city}”的城市规则。可用：{known}", f"There is no profile '{city}'. Available: {known}"
            )
        return self._by_city[city]

    def _with_overlays(self, profile: Profile, day: date) -> Version:
        until = {
            one.id: max(number.binds_from(one) for number in numbers)
            for one in self._overlays
            if (numbers := binding(one, day))
        }
        return self._bound(profile, until)

    def _bound(self, profile: Profile, until: Mapping[str, date], *, name: str | None = None) -> Version:
        key = profile.version, tuple(sorted(until.items()))
        if key in self._made and name in (None, self._made[key].name):
            return self._made[key]
        bound = profile
        for one in self._overlays:
            if one.id in until:
                bound = applied(bound, one, until[one.id])
        made = "+".join([profile.version, *(f"{known}@{on.isoformat()}" for known, on in sorted(until.items()))])
        self._made[key] = Version(name or made, bound, self._pending, self._followed(profile))
        return self._made[key]

    def _as_of_today(self, kept: Profile) -> Profile:
        """Kept rules with the status and the last day that their file has now: no case goes by these, and people read them."""
        now = next((one for _, one in self._by_city.get(kept.id, []) if one.version == kept.version), None)
        if now is None:
            return kept
        told = ("effective_to", "status", "status_note_zh", "status_note_en")
        return kept.model_copy(update={name: getattr(now, name) for name in told})

    def _followed(self, profile: Profile) -> date | None:
        """The first day of the next version of a city."""
        later = [one for _, one in self._by_city.get(profile.id, []) if one.effective_from > profile.effective_from]
        return later[0].effective_from if later else None


def _until(above: Iterable[str]) -> dict[str, date]:
    """``order_809@2026-09-01`` of a version's name."""
    found = {}
    for one in above:
        known, _, on = one.partition("@")
        try:
            found[known] = date.fromisoformat(on)
        except ValueError:
            raise UserError(f"规则版本名无法识别：{one}。", f"Not the name of a version: {one}.") from None
    return found


def _read(folder: Path, shown: str) -> dict[str, Profile]:
    """Profiles of a folder, by file."""
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    return {f"{shown}/{path.name}": read_profile(path, name=f"{shown}/{path.name}") for path in paths}


def _check_apart(before: tuple[str, Profile], after: tuple[str, Profile]) -> None:
    (name, one), (other_name, other) = before, after
    first = max(one.effective_from, other.effective_from)
    ends = [end for end in (one.effective_to, other.effective_to) if end is not None]
    last = min(ends) if ends else None
    if last is not None and last < first:
        return
    until_zh, until_en = (f"至 {last}", f"to {last}") if last else ("起", "on")
    copy_zh, copy_en = (
        (f"将 {name} 复制到 city/profiles/ 并", f"Copy {name} to city/profiles/ and there ")
        if name.startswith(_SHIPPED)
        else (f"请在 {name} ", f"In {name} ")
    )
    raise UserError(
        f"{one.id} 有两个版本同时有效：{name} 与 {other_name}，自 {first} {until_zh}。"
        f"{copy_zh}写明 effective_to（不晚于 {other.effective_from - ONE_DAY}），或删除其中一个。",
        f"Two versions of {one.id} are in force at once: {name} and {other_name}, from {first} {until_en}. "
        f"{copy_en}set effective_to (no later than {other.effective_from - ONE_DAY}), or remove one of them.",
        where=f"{other_name} effective_from",
    )
