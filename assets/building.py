"""The build as assets: one write-audit-publish run under one writer, every stage of it visible.

It is one step, because the stages share the writer's lock and the pointer moves only after all of them; it cannot be
run in parts. A stage is materialised as soon as it is committed; ``published`` says what readers see now.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Any

import dagster as dg

from assets import keys
from assets.faults import RETRY, explained
from assets.resources import Clock, HubResource
from catalog.city import City
from ground.errors import RefusedData
from hub.hub import Hub
from pipelines.build_stages import Followed, Published, Stage, Themes
from pipelines.discovery import Discovery
from pipelines.fusion.service import Built, base_name
from pipelines.places.service import Located
from pipelines.themes.document import Theme
from pipelines.themes.service import Derived
from quality.tickets.verifying import verified

ONE_ROW_PER_KEY = "one_row_per_key"
VERIFIED = "verified"
SHOWN = 100
"""Ids of tickets that the metadata name; the counts are always whole."""
Told = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def build_assets(city: City, themes: Sequence[Theme] = ()) -> dg.AssetsDefinition:
    """The assets ``base/<library>``, ``place/<library>``, ``theme/<theme>``, ``quality/findings``, ``published``, ``quality/tickets``."""

    @dg.multi_asset(
        name="build",
        specs=_specs(city, themes),
        check_specs=[*_base_checks(city), *_finding_checks(city), *_ticket_checks()],
        pool=keys.LAKE_WRITE,
        retry_policy=RETRY,
    )
    def build(context: dg.AssetExecutionContext, hub: HubResource, clock: Clock) -> Told:
        with explained(), hub.opened() as opened:
            now = clock.now()
            opened.load_catalogue(now)
            with closing(opened.builder.stages(now, progress=context.log.info)) as stages:
                yield from _told(city, stages, partial(_verified, opened, now))

    return build


def _told(city: City, stages: Iterator[Stage], verify: Callable[[], dg.AssetCheckResult]) -> Told:
    """Each stage as what it brought up to date; a refused library fails its check before it fails the run."""
    waiting = list(city.register.libraries)
    try:
        for stage in stages:
            match stage:
                case Built():
                    waiting.remove(stage.library)
                    yield _base(stage)
                case Themes():
                    yield from (_theme(one) for one in stage.built if one.rows is not None)
                case Discovery():
                    # Dagster wants an answer of every check; a library that nobody delivered to has no row to repeat.
                    note = "尚无送达，未建 nothing was delivered to it yet"
                    yield from (_one_row_per_key(name, passed=True, note=note) for name in waiting)
                    yield _findings(city, stage)
                case Followed():
                    yield dg.MaterializeResult(
                        asset_key=keys.TICKETS, metadata=_tickets(stage), check_results=[verify()]
                    )
                case Located() | Published():
                    yield _only(stage)
    except RefusedData as refusal:
        for name in city.register.libraries:
            if refusal.where == base_name(name):
                yield _one_row_per_key(name, passed=False, zh=refusal.zh, en=refusal.en)
        raise


def _base(built: Built) -> dg.MaterializeResult[None]:
    facts = {name: value for name, value in vars(built).items() if name not in ("keys", "library", "rows")}
    return dg.MaterializeResult(
        asset_key=keys.base(built.library),
        metadata={**facts, "dagster/row_count": built.rows},
        check_results=[_one_row_per_key(built.library, passed=True)],
    )


def _only(stage: Located | Published) -> dg.MaterializeResult[None]:
    """A stage that brings one asset up to date, no check beside it."""
    match stage:
        case Located():
            facts = {name: value for name, value in vars(stage).items() if name not in ("library", "rows")}
            metadata = {**facts, "dagster/row_count": stage.rows}
            return dg.MaterializeResult(asset_key=keys.place(stage.library), metadata=metadata)
        case Published():
            return dg.MaterializeResult(asset_key=keys.PUBLISHED, metadata=_publication(stage))


def _theme(built: Derived) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(asset_key=keys.theme(built.theme), metadata={"dagster/row_count": built.rows})


def _one_row_per_key(library: str, *, passed: bool, **facts: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=keys.base(library),
        check_name=ONE_ROW_PER_KEY,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata=facts,
    )


def _findings(city: City, found: Discovery) -> dg.MaterializeResult[None]:
    present: dict[str, int] = {}
    for row in found.summary:
        present[str(row["severity"])] = present.get(str(row["severity"]), 0) + int(str(row["present"]))
    blocked = {one.rule: f"{one.zh} {one.en}" for one in found.not_assessable}
    return dg.MaterializeResult(
        asset_key=keys.FINDINGS,
        metadata={
            "looked_at_every_row": found.full,
            "present": dg.MetadataValue.json(present),
            **({"not_assessable": dg.MetadataValue.json(blocked)} if blocked else {}),
        },
        check_results=[_no_errors(one.id, found.summary) for one in city.resources],
    )


def _no_errors(resource: str, summary: Sequence[Mapping[str, object]]) -> dg.AssetCheckResult:
    """Whether a resource has no finding of severity error; warnings are counted beside."""
    mine = [row for row in summary if row["resource"] == resource and row["present"]]
    by = {
        severity: {str(row["rule"]): int(str(row["present"])) for row in mine if row["severity"] == severity}
        for severity in sorted({str(row["severity"]) for row in mine})
    }
    return dg.AssetCheckResult(
        asset_key=keys.FINDINGS,
        check_name=keys.op_name("no_errors", resource),
        passed="error" not in by,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={severity: dg.MetadataValue.json(rules) for severity, rules in by.items()},
    )


def _publication(stage: Published) -> dict[str, dg.MetadataValue]:
    facts: dict[str, dg.MetadataValue] = {"moved": dg.MetadataValue.bool(stage.moved)}
    if stage.publication is not None:
        rows: Any = stage.publication.facts.get("libraries", {})
        facts |= {
            "publication": dg.MetadataValue.int(stage.publication.id),
            "snapshot": dg.MetadataValue.int(stage.publication.lake_snapshot),
            "published_at": dg.MetadataValue.text(stage.publication.published_at.isoformat()),
            "libraries": dg.MetadataValue.json(rows),
        }
    return facts


def _tickets(stage: Followed) -> dict[str, dg.MetadataValue]:
    return {
        "opened": dg.MetadataValue.int(len(stage.opened)),
        "closed": dg.MetadataValue.int(len(stage.closed)),
        "tickets": dg.MetadataValue.json({"opened": stage.opened[:SHOWN], "closed": stage.closed[:SHOWN]}),
    }


def _verified(hub: Hub, now: datetime) -> dg.AssetCheckResult:
    """Whether what departments said to have put right was right; counts, and ids of what was not."""
    with hub.database.begin() as connection:
        found = verified(connection, now, named=SHOWN)
    counts = {
        name: dg.MetadataValue.int(getattr(found, name))
        for name in ("closed", "progressed", "failed", "cleared", "waiting")
    }
    return dg.AssetCheckResult(
        asset_key=keys.TICKETS,
        check_name=VERIFIED,
        passed=not found.failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={**counts, **({"tickets": dg.MetadataValue.json(list(found.failed_ids))} if found.failed else {})},
    )


def _specs(city: City, themes: Sequence[Theme]) -> list[dg.AssetSpec]:
    libraries = [keys.base(name) for name in city.register.libraries]
    standard = [keys.standard(feed.id) for feed in city.feeds]
    located = [name for name, library in city.register.libraries.items() if library.located]
    places = [keys.place(name) for name in located]
    return [
        *[
            dg.AssetSpec(
                keys.base(name), deps=keys.sources_of(city, name), group_name="base", skippable=True, kinds={"ducklake"},
                description=f"{library.title}：每个 {library.key} 一行，每项有来源与一致性。One row per {library.key}.",
            )
            for name, library in city.register.libraries.items()
        ],
        *[
            dg.AssetSpec(
                keys.place(name), deps=keys.places_of(city, name), group_name="place", skippable=True, kinds={"ducklake"},
                description="地址对应的门牌、建筑、街道与匹配等级。The door, building, street and grade of each address.",
            )
            for name in located
        ],
        *[
            dg.AssetSpec(
                keys.theme(one.id), deps=libraries, group_name="theme", skippable=True, kinds={"ducklake", "sql"},
                description=f"{one.header.title}：{one.header.grain}。Lead department: {one.header.department}.",
            )
            for one in themes
        ],
        dg.AssetSpec(
            keys.FINDINGS, deps=[*standard, *libraries], group_name="quality", kinds={"ducklake"},
            description="问题数据：资源、主键、项、规则各一行，逐行保留。Findings, one per resource, key, item and rule.",
        ),
        dg.AssetSpec(
            keys.PUBLISHED, deps=[keys.FINDINGS, *libraries, *places, *(keys.theme(one.id) for one in themes)], group_name="publication",
            description="读者所见的快照；检查不通过则不移动。The snapshot that readers see; it moves only after every check.",
        ),
        dg.AssetSpec(
            keys.TICKETS, deps=[keys.PUBLISHED], group_name="quality",
            description="随发布派发与办结的工单。Tickets that publication opened and closed.",
        ),
    ]  # fmt: skip


def _base_checks(city: City) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            ONE_ROW_PER_KEY, asset=keys.base(name), blocking=True,
            description="每个主键恰有一行；不符则不发布。Exactly one row per key; else nothing is published.",
        )
        for name in city.register.libraries
    ]  # fmt: skip


def _ticket_checks() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            VERIFIED, asset=keys.TICKETS,
            description="称已完成整改的，均由新批次证明（提示，不阻断）。What is said to be put right was proven by a batch; it warns only.",
        )
    ]  # fmt: skip


def _finding_checks(city: City) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            keys.op_name("no_errors", one.id), asset=keys.FINDINGS,
            description=f"{one.title}没有错误级问题（提示，不阻断）。No finding of severity error in {one.id}; it warns only.",
        )
        for one in city.resources
    ]  # fmt: skip
