"""The declared catalogue as an asset: bringing it into the operational database comes before any delivery."""

import dagster as dg

from assets import keys
from assets.faults import RETRY, explained
from assets.resources import Clock, HubResource

DECLARED = (
    "城市声明的目录：部门、信息资源、数据源与来源登记（city/*.yaml）。改动后请在 Deployment 页重新加载。\n\n"
    "The declared catalogue. Reload the code location after a change, so that new feeds appear."
)


def catalogue_asset(problem: str | None) -> dg.AssetsDefinition:
    """The asset ``catalogue``.

    Args:
        problem: why no catalogue could be read when the definitions were loaded; it becomes the description.
    """

    @dg.asset(
        key=keys.CATALOGUE,
        group_name="catalogue",
        description=DECLARED if problem is None else problem,
        kinds={"yaml"},
        retry_policy=RETRY,
    )
    def catalogue(hub: HubResource, clock: Clock) -> dg.MaterializeResult[None]:
        with explained(), hub.opened() as opened:
            opened.load_catalogue(clock.now())
            city = opened.city
            facts = {"departments": len(city.departments), "resources": len(city.resources), "feeds": len(city.feeds)}
            return dg.MaterializeResult(metadata={**facts, "digest": city.digest})

    return catalogue
