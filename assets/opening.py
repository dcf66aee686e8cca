"""What follows a publication: each declared release, and the second evaluation of the rules by Great Expectations."""

from collections.abc import Iterator

import dagster as dg

from assets import keys
from assets.faults import RETRY, explained
from assets.resources import Clock, HubResource
from exchange.publication.service import Published
from pipelines.crosschecking import CrossChecked, cross_check
from pipelines.serving import Reader

WHO = Reader("dagster", "按计划发布 scheduled publication")
COUNTS_EQUAL = "counts_equal"


def release_asset(release: str) -> dg.AssetsDefinition:
    """The asset ``open/<release>``: masked and measured, or refused."""

    @dg.multi_asset(
        name=keys.op_name("release", release),
        specs=[
            dg.AssetSpec(
                keys.released(release), deps=[keys.PUBLISHED], group_name="open", kinds={"csv", "parquet"},
                description=f"按 city/releases/{release}.yaml 发布，先记台账。Published as declared, in the ledger first.",
            )
        ],
        retry_policy=RETRY,
    )  # fmt: skip
    def publish(hub: HubResource, clock: Clock) -> dg.MaterializeResult[None]:
        with explained(), hub.opened() as opened:
            return dg.MaterializeResult(metadata=_released(opened.releases.publish(release, WHO, clock.now())))

    return publish


def _released(made: Published) -> dict[str, dg.MetadataValue]:
    manifest = made.manifest
    measured = {
        name: getattr(manifest, name)
        for name in ("k_required", "k", "l", "rows_withheld", "min_cell", "cells", "cells_suppressed")
        if getattr(manifest, name) is not None
    }
    return {
        "folder": dg.MetadataValue.path(made.folder),
        "existed": dg.MetadataValue.bool(made.existed),
        "document_changed": dg.MetadataValue.bool(made.document_changed),
        "snapshot": dg.MetadataValue.text(manifest.snapshot),
        "dagster/row_count": dg.MetadataValue.int(manifest.rows),
        "measured": dg.MetadataValue.json(measured),
    }


@dg.asset(
    key=keys.CROSS_CHECK,
    deps=[keys.PUBLISHED],
    group_name="quality",
    kinds={"great_expectations"},
    description="同一规则由 Great Expectations 复核并出文档。The same rules counted again by Great Expectations.",
    check_specs=[
        dg.AssetCheckSpec(
            COUNTS_EQUAL,
            asset=keys.CROSS_CHECK,
            description="两次计数全部相等；不等是程序的错，不是数据的错。"
            "Both counts are equal; a difference is a fault of the software, not of the data.",
        )
    ],
    retry_policy=RETRY,
)
def checked_again(
    context: dg.AssetExecutionContext, hub: HubResource, clock: Clock
) -> Iterator[dg.MaterializeResult[None]]:
    """Evaluate every rule a second time and write the documents."""
    with explained(), hub.opened() as opened:
        target = opened.home / "reports" / "quality"
        done = cross_check(opened.serving, opened.city, opened.rulebook, target, clock.now(), context.log.info)
        yield dg.MaterializeResult(metadata=done.facts(), check_results=[_counts_equal(done)])


def _counts_equal(done: CrossChecked) -> dg.AssetCheckResult:
    facts = done.facts()
    return dg.AssetCheckResult(
        check_name=COUNTS_EQUAL,
        passed=not done.differing,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={name: facts[name] for name in ("rules", "differing", "not_covered")},
    )
