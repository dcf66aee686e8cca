"""Intake as assets: per feed one step that brings landing, raw and standard up to date, and its checks.

``landing`` is materialised when something arrived, ``raw`` when what arrived was accepted (it carries the freshness), and
``standard`` whenever it is current and free of refused deliveries. Metadata are counts, names and reasons, never values.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from assets import keys
from assets.faults import RETRY, explained
from assets.freshness import freshness_of
from assets.resources import Clock, HubResource
from catalog.city import City
from catalog.feed import Feed, Mode
from hub.overview import FeedState, feed_state
from pipelines.intake.store import Delivery, Outcome

CONTRACT = "contract"
UPDATE_CYCLE = "update_cycle"
FRESH = (Outcome.TAKEN, Outcome.UNCHANGED)
_COUNTS = ("rows_in", "rows_taken", "rows_quarantined", "rows_repeated", "rows_changed", "rows_gone")

Told = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def feed_assets(city: City, feed: Feed) -> dg.AssetsDefinition:
    """The assets ``landing/<feed>``, ``raw/<feed>`` and ``standard/<feed>``."""

    @dg.multi_asset(
        name=keys.op_name("intake", feed.id),
        specs=_specs(city, feed),
        check_specs=_checks(feed),
        pool=keys.LAKE_WRITE,
        retry_policy=RETRY,
        op_tags={"shuyuan/feed": feed.id},
    )
    def take(context: dg.AssetExecutionContext, hub: HubResource, clock: Clock) -> Told:
        with explained(), hub.opened() as opened:
            now = clock.now()
            settled = opened.intake.run(feed.id, now, context.log.info)
            looked = settled or opened.deliveries.of(feed.id)[-1:]
            yield _cycle_kept(feed, feed_state(opened, feed.id, now))
            yield from _told(feed, looked, now)

    return take


def standing_refusals(feed: Feed, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Refused deliveries that still stand: not overtaken, in a full feed, by a good one of the same or a later period."""
    best = max([(one.period, one.seq) for one in deliveries if one.outcome in FRESH], default=("", 0))
    return [
        one
        for one in deliveries
        if one.outcome is Outcome.REFUSED and not (feed.mode is Mode.FULL and (one.period, one.seq) < best)
    ]


def _told(feed: Feed, looked: Sequence[Delivery], now: datetime) -> Told:
    """What became of a run of intake, stage by stage."""
    arrived = [one for one in looked if one.settled_at == now]
    if arrived:
        yield dg.MaterializeResult(asset_key=keys.landing(feed.id), metadata=_landed(arrived))
    fresh = [one for one in arrived if one.outcome in FRESH]
    if fresh:
        yield dg.MaterializeResult(asset_key=keys.raw(feed.id), metadata=_facts(fresh))
    refused = standing_refusals(feed, looked)
    yield _contract_kept(feed, looked, refused)
    if refused:
        raise dg.Failure(
            f"[{refused[-1].id}] {refused[-1].message_zh}\n[{refused[-1].id}] {refused[-1].message_en}",
            metadata=_facts(refused),
            allow_retries=False,
        )
    yield dg.MaterializeResult(asset_key=keys.standard(feed.id), metadata=_facts(looked))


def _contract_kept(feed: Feed, looked: Sequence[Delivery], refused: Sequence[Delivery]) -> dg.AssetCheckResult:
    share, limit = _quarantined(looked), feed.on_breach.refuse_above
    return dg.AssetCheckResult(
        asset_key=keys.standard(feed.id),
        check_name=CONTRACT,
        passed=not refused and share <= limit,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={**_facts(refused or looked), "quarantined_share": share, "refuse_above": limit},
    )


def _cycle_kept(feed: Feed, state: FeedState) -> dg.AssetCheckResult:
    due = state.next_due.isoformat() if state.next_due else "无 none"
    never = state.deliveries == state.refused
    return dg.AssetCheckResult(
        asset_key=keys.standard(feed.id),
        check_name=UPDATE_CYCLE,
        passed=not (state.late or never),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"department": state.department, "cycle": state.cycle, "due": due, "last": state.last or "无 none"},
    )


def _quarantined(looked: Sequence[Delivery]) -> float:
    """The largest share of quarantined rows of any delivery that was taken."""
    shares = [
        (one.rows_quarantined or 0) / one.rows_in for one in looked if one.outcome is Outcome.TAKEN and one.rows_in
    ]
    return round(max(shares, default=0.0), 6)


def _landed(arrived: Sequence[Delivery]) -> dict[str, dg.MetadataValue]:
    return {
        **_facts(arrived),
        "bytes": dg.MetadataValue.int(sum(one.size for one in arrived)),
        "sha256": dg.MetadataValue.text("\n".join(one.sha256 for one in arrived)),
    }


def _facts(looked: Sequence[Delivery]) -> dict[str, dg.MetadataValue]:
    """Which deliveries, what became of each, how many rows, and why some stand in quarantine."""
    if not looked:
        return {"note": dg.MetadataValue.text("没有等待采集的送达 nothing was delivered yet")}
    counts = {name: sum(getattr(one, name) or 0 for one in looked) for name in _COUNTS}
    reasons: dict[str, int] = {}
    for one in looked:
        for reason, rows in (one.reasons or {}).items():
            reasons[reason] = reasons.get(reason, 0) + rows
    said = [f"{one.message_zh}\n{one.message_en}" for one in looked if one.message_zh]
    return {
        "deliveries": dg.MetadataValue.text("\n".join(f"{one.id} {one.outcome} {one.name}" for one in looked)),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
        **({"reasons": dg.MetadataValue.json(reasons)} if reasons else {}),
        **({"messages": dg.MetadataValue.text("\n".join(said))} if said else {}),
    }


def _specs(city: City, feed: Feed) -> list[dg.AssetSpec]:
    resource = city.resource(feed.resource_id)
    department = city.department_of(feed.resource_id)
    whole: dict[str, Any] = {
        "group_name": department.id,
        "tags": {"cycle": str(resource.update_cycle), "mode": str(feed.mode)},
    }
    title = f"{department.name} {resource.title}（{feed.id}）"
    return [
        dg.AssetSpec(
            keys.landing(feed.id), deps=[keys.CATALOGUE], skippable=True, kinds={feed.format.kind}, **whole,
            description=f"{title}：送达的原始字节与结果。The delivered bytes, untouched, each with its outcome.",
        ),
        dg.AssetSpec(
            keys.raw(feed.id), deps=[keys.landing(feed.id)], skippable=True, kinds={"ducklake"}, **whole,
            description=f"{title}：原样的行，只增不改。Rows as delivered, append only. Grain: row of a delivery.",
            freshness_policy=freshness_of(resource.update_cycle),
        ),
        dg.AssetSpec(
            keys.standard(feed.id), deps=[keys.raw(feed.id)], kinds={"ducklake"}, **whole,
            description=f"{title}：每个主键的当前行。The current row per {', '.join(resource.key)}.",
        ),
    ]  # fmt: skip


def _checks(feed: Feed) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            CONTRACT, asset=keys.standard(feed.id), blocking=True,
            description="送达未被整批退回，隔离行的比例不超过约定；不符则下游不运行。"
            "No delivery was refused and the share of quarantined rows is within the contract; else nothing downstream runs.",
        ),
        dg.AssetCheckSpec(
            UPDATE_CYCLE, asset=keys.standard(feed.id),
            description="按目录的更新周期和工作日历未逾期。Not late by its update cycle, on the working-day calendar.",
        ),
    ]  # fmt: skip
