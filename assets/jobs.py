"""The jobs: what can be asked for as one run. Runs are tagged with what they are; intake goes before builds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from assets import keys
from catalog.city import City

if TYPE_CHECKING:  # Dagster gives this type no public name
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

FLOW = "shuyuan/flow"
FEED = "shuyuan/feed"
RESOURCE = "shuyuan/resource"
DAY = "shuyuan/day"
INTAKE = "intake"
BUILD_AND_PUBLISH = "build_and_publish"
DAILY = "daily"


def jobs(city: City) -> Sequence["UnresolvedAssetJobDefinition"]:
    """``intake`` takes what was delivered, ``build_and_publish`` does what follows, ``daily`` both in one run."""
    intake = dg.AssetSelection.assets(keys.CATALOGUE, *[key for feed in city.feeds for key in keys.of_feed(feed)])
    everything = dg.AssetSelection.all()
    return (
        dg.define_asset_job(
            INTAKE, intake, tags={FLOW: INTAKE, "dagster/priority": "1"},
            description="采集全部数据源。Take what is waiting for every feed.",
        ),
        dg.define_asset_job(
            BUILD_AND_PUBLISH, everything - intake, tags={FLOW: BUILD_AND_PUBLISH},
            description="融合、检查、发布、复核、开放。Build, audit, publish, check again, release.",
        ),
        dg.define_asset_job(
            DAILY, everything, tags={FLOW: DAILY},
            description="从采集到开放的全流程；有退回的送达则不发布。The whole flow; a refused delivery holds it back.",
        ),
    )  # fmt: skip
