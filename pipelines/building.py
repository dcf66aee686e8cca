"""Write, audit, publish: one build of the hub, and what follows from it.

Every stage commits to the lake; the checks run on what was written; then one pointer moves. A run that is killed or
refused leaves readers where they were, and the next run first puts derived tables back to what was published.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catalog.city import City
from pipelines.build_stages import Cleared, Followed, Published, Stage, Themes
from pipelines.consequences import CORRECTIONS, TICKETS, Consequences
from pipelines.discovery import FINDINGS, SHANGHAI, Discoverer, Discovery
from pipelines.fusion.service import Built, build_library, derived_tables
from pipelines.intake.store import Delivery, DeliveryStore, Outcome
from pipelines.lateness import Overdue
from pipelines.places.service import Located, Locator, place_tables
from pipelines.problems.proofs import REPAIRS
from pipelines.problems.standing import NOTHING, ReadStanding, gathered_between
from pipelines.themes.document import Theme
from pipelines.themes.service import Derived, build_themes, theme_name
from quality.findings import summary
from quality.freshness import DELIVERY
from quality.rulebook import Rulebook
from quality.scan import NotAssessable
from warehouse.lake import Lake, LakeReader
from warehouse.publication import Publication, PublishedPointer

Progress = Callable[[str], None]


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        publication: what readers see now; None if nothing was ever published.
        published: whether this build moved the pointer.
        built: per library.
        located: per library whose addresses were matched.
        themes: per theme library.
        findings: per rule, see `pipelines.discovery.Discovery`.
        not_assessable: rules that could not be evaluated.
        opened, closed: tickets that followed.
        restored: derived tables put back after an unfinished run.
        orphans: files removed that no snapshot knew.
    """

    publication: Publication | None
    published: bool
    built: list[Built]
    located: list[Located]
    themes: list[Derived]
    findings: list[dict[str, object]]
    not_assessable: list[NotAssessable]
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    orphans: int = 0


@dataclass(frozen=True)
class _Start:
    """Where a build sets out from."""

    publication: Publication | None
    since: int | None
    """Snapshot of the last build under the same catalogue; None: look at every key."""
    since_rules: int | None
    """The same for the findings, under the same rules too."""
    last_delivery: int
    same_themes: bool = False


class BuildService:
    """Builds, publishes and carries out what follows.

    Args:
        city, rulebook, themes: what is declared.
        lake, pointer, deliveries: where things are kept.
        consequences: carries out what follows from a publication.
        fingerprint_key: secret of the findings' fingerprints.
        standing: reads what people confirmed and reported.
        overdue: which resources are late at a moment.
    """

    def __init__(
        self,
        *,
        city: City,
        rulebook: Rulebook,
        themes: Sequence[Theme] = (),
        lake: Lake,
        pointer: PublishedPointer,
        deliveries: DeliveryStore,
        consequences: Consequences,
        fingerprint_key: bytes,
        standing: ReadStanding = lambda _: NOTHING,
        overdue: Callable[[datetime], Overdue | None] = lambda _: None,
    ) -> None:
        self._city = city
        self._rulebook = rulebook
        self._themes = themes
        self._lake = lake
        self._pointer = pointer
        self._deliveries = deliveries
        self._consequences = consequences
        self._key = fingerprint_key
        self._standing = standing
        self._overdue = overdue

    def run(self, now: datetime, *, full: bool = False, progress: Progress = lambda _: None) -> BuildReport:
        """Build every library, look for findings, audit and publish, then carry out what waits in the outbox.

        Args:
            now: the moment of this build.
            full: look at every key even if little changed.
            progress: told the name of each step.

        Raises:
            RefusedData: a blocking check failed; nothing was published.
            Unavailable: another run is writing, or the disk is full.
        """
        return _report(self.stages(now, full=full, progress=progress))

    def stages(
        self, now: datetime, *, full: bool = False, progress: Progress = lambda _: None
    ) -> Generator[Stage, None, None]:
        """The same build stage by stage, for whoever shows each: what was done, as soon as it is done.

        The writer's lock is held until the last stage is taken; close the generator if you stop before. Args and
        errors as for `run`.
        """
        with self._lake.writing() as writer:
            orphans = writer.clean()
            start = self._start(full)
            snapshot = start.publication.lake_snapshot if start.publication else None
            restored = writer.restore(
                [
                    *derived_tables(self._city),
                    *place_tables(self._city),
                    FINDINGS,
                    REPAIRS,
                    *(theme_name(one.id) for one in self._themes),
                ],
                snapshot,
            )
            yield Cleared(restored, orphans)
            # What an interrupted build left to do comes before what this one will add.
            late = self._consequences.carry_out(now, progress)
            ready = [name for name in self._city.register.libraries if self._delivered(writer, name)]
            last = start.publication.published_at if start.publication else None
            built = []
            for name in ready:
                progress(f"融合 fusing {name}")
                built.append(build_library(writer, self._city, name, since=start.since, now=now, last=last))
                yield built[-1]
            overdue = self._overdue(now)
            if self._nothing_new(start, built) and not self._lateness_moved(writer, overdue):
                yield Discovery(False, self._known_findings(writer), [])
                yield Published(start.publication, moved=False)
                yield Followed(*late)
                return
            if place_tables(self._city):
                progress("匹配地址 matching addresses")
            yield from Locator(writer, self._city, start.since).run(built)
            progress("主题库 deriving themes")
            themes = build_themes(writer, self._themes, self._city, as_of=now.astimezone(SHANGHAI).date())
            yield Themes(themes)
            progress("检查规则 evaluating rules")
            found = Discoverer(
                writer, self._city, self._rulebook, self._key, now,
                known=self._standing(_moment_of(start.publication)), gathered=self._gathered(start, now), before=snapshot,
                overdue=overdue,
            ).run(built, start.since_rules)  # fmt: skip
            yield found
            facts: dict[str, object] = {
                "libraries": {one.library: one.rows for one in built},
                "residue": {one.library: one.residue for one in built if one.residue},
                "rules": self._rulebook.digest,
                "themes": {one.id: one.digest for one in self._themes},
                "last_delivery": self._last_delivery(),
                "first_delivery": start.last_delivery + 1,
                "full": found.full,
                "previous": start.publication.published_at.isoformat() if start.publication else None,
                "not_assessable": [[one.rule, one.zh, one.en] for one in found.not_assessable],
            }
            progress("发布 publishing")
            publication = self._pointer.move(
                writer.snapshot(),
                now=now,
                catalogue_digest=self._city.digest,
                facts=facts,
                consequences=(TICKETS, CORRECTIONS),
            )
            yield Published(publication, moved=True)
            opened, closed = self._consequences.carry_out(now, progress)
            yield Followed(late[0] + opened, late[1] + closed)

    def behind(self) -> bool:
        """Whether a build would find anything new: a delivery taken, or a declaration changed, since the last one."""
        start = self._start(full=False)
        taken = [one for one in self._deliveries.of() if one.outcome is Outcome.TAKEN]
        if start.publication is None or not taken:
            return bool(taken)
        at = start.publication.published_at
        return (
            start.since_rules is None
            or not start.same_themes
            or any(
                one.seq > start.last_delivery or (one.settled_at is not None and one.settled_at > at) for one in taken
            )
        )

    # --- where to set out from ------------------------------------------------------------------------------------

    def _start(self, full: bool) -> _Start:
        last = self._pointer.current()
        if last is None:
            return _Start(None, None, None, 0)
        same = not full and last.catalogue_digest == self._city.digest
        since = last.lake_snapshot if same else None
        same_rules = same and last.facts.get("rules") == self._rulebook.digest and not self._doubted(last)
        same_themes = last.facts.get("themes", {}) == {one.id: one.digest for one in self._themes}
        last_delivery = int(str(last.facts.get("last_delivery", 0)))
        return _Start(last, since, since if same_rules else None, last_delivery, same_themes)

    def _gathered(self, start: _Start, now: datetime) -> list[Delivery]:
        """What was taken since readers were last given anything new."""
        after = start.publication.published_at if start.publication else datetime.min.replace(tzinfo=UTC)
        return gathered_between(
            self._deliveries, first=start.last_delivery + 1, last=self._last_delivery(), after=after, until=now
        )

    def _doubted(self, last: Publication) -> bool:
        """Whether what was confirmed is doubted since: the rows did not change, and the rules see them fail again."""
        return bool(self._standing(last.published_at).revoked.num_rows)

    def _delivered(self, writer: LakeReader, library: str) -> bool:
        return any(writer.has(f"standard.{name}") for name in self._city.library(library).key_in)

    def _nothing_new(self, start: _Start, built: list[Built]) -> bool:
        """No library changed, the rules are the same, and no delivery was taken since."""
        return (
            start.publication is not None
            and start.since_rules is not None
            and start.same_themes
            and all(one.mode == "unchanged" for one in built)
            and self._last_delivery() <= start.last_delivery
        )

    def _lateness_moved(self, reader: LakeReader, overdue: Overdue | None) -> bool:
        """A resource has become late, or is no longer, since the findings were made: days go by without a delivery."""
        if overdue is None or not reader.has(FINDINGS):
            return False
        findings = reader.table(FINDINGS)
        known = findings.filter((findings["item"] == DELIVERY) & findings["gone_since"].isnull()).select("resource")
        was, now = (set(reader.engine.to_arrow(one)["resource"].to_pylist()) for one in (known, overdue.failures))
        return was != now

    def _last_delivery(self) -> int:
        taken = [one.seq for one in self._deliveries.of() if one.outcome is Outcome.TAKEN]
        return max(taken, default=0)

    def _known_findings(self, reader: LakeReader) -> list[dict[str, object]]:
        if not reader.has(FINDINGS):
            return []
        found: list[dict[str, object]] = reader.engine.to_arrow(summary(reader.table(FINDINGS))).to_pylist()
        return found


def _moment_of(publication: Publication | None) -> datetime | None:
    return publication.published_at if publication else None


def _report(stages: Iterator[Stage]) -> BuildReport:
    """Take every stage and say what was done."""
    taken = list(stages)
    built = [stage for stage in taken if isinstance(stage, Built)]
    cleared = next(stage for stage in taken if isinstance(stage, Cleared))
    themes = [one for stage in taken if isinstance(stage, Themes) for one in stage.built]
    found = next(stage for stage in taken if isinstance(stage, Discovery))
    published = next(stage for stage in taken if isinstance(stage, Published))
    followed = next(stage for stage in taken if isinstance(stage, Followed))
    return BuildReport(
        publication=published.publication,
        published=published.moved,
        built=built,
        located=[stage for stage in taken if isinstance(stage, Located)],
        themes=themes,
        findings=found.summary,
        not_assessable=found.not_assessable,
        opened=followed.opened,
        closed=followed.closed,
        restored=cleared.restored,
        orphans=cleared.orphans,
    )
