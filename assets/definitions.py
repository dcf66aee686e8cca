"""The one composition point of Dagster: a home's declared catalogue becomes a graph.

The graph is drawn when the code location is loaded; a changed catalogue needs a reload. A home without a catalogue, or with
a wrong one, still loads: then there is one asset, ``catalogue``, whose description says what to do.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from assets import docking, ticking
from assets.building import build_assets
from assets.catalogue import catalogue_asset
from assets.intake import feed_assets
from assets.jobs import jobs
from assets.opening import checked_again, release_asset
from assets.resources import Clock, HubResource
from assets.schedules import build_when_behind, feeds_due, notices_due, ticket_clock
from assets.sensors import inbox_sensor, proof_sensor, pushes_sensor, recollection_sensor
from catalog.city import City
from ground.errors import ShuyuanError
from hub.hub import Hub
from hub.settings import home_from_environment
from pipelines.themes.document import Theme


@dataclass(frozen=True)
class _Declared:
    """What a home declares, or why it could not be read."""

    city: City | None
    themes: tuple[Theme, ...] = ()
    releases: tuple[str, ...] = ()
    problem: str | None = None


def build_defs(*, home: Path | None = None, resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Everything of Dagster for one home.

    Args:
        home: the folder of all state; None for ``SHUYUAN_HOME``, by default ``.shuyuan``.
        resource_overrides: replace ``hub`` or ``clock``, such as a fixed clock in tests.
    """
    place = (home or home_from_environment()).resolve()
    declared = _read(place)
    resources = {"hub": HubResource(home=str(place)), "clock": Clock(), **(resource_overrides or {})}
    first = catalogue_asset(declared.problem)
    if declared.city is None:
        return dg.Definitions(assets=[first], resources=resources, executor=dg.in_process_executor)
    city = declared.city
    return dg.Definitions(
        assets=[
            first,
            *[feed_assets(city, feed) for feed in city.feeds],
            build_assets(city, declared.themes),
            checked_again,
            *[release_asset(release) for release in declared.releases],
        ],
        jobs=[*jobs(city), ticking.ticket_clock, ticking.notices, docking.docking],
        schedules=[feeds_due, build_when_behind, ticket_clock, notices_due, docking.docking_nightly],
        sensors=[inbox_sensor, pushes_sensor, recollection_sensor, proof_sensor],
        resources=resources,
        # One process per run: a process per step takes three times as long and as much memory.
        executor=dg.in_process_executor,
    )


def _read(home: Path) -> _Declared:
    try:
        with closing(Hub(home)) as hub:
            city = hub.city
            themes = hub.themes
            releases = tuple(hub.releases.declared())
    except ShuyuanError as fault:
        return _Declared(None, problem=f"目录无法读取 the catalogue cannot be read\n\n{fault}")
    if not city.feeds:
        return _Declared(
            None,
            problem="尚无数据源。请编写 city/feeds/*.yaml（或运行 shuyuan simulate），再重新加载。\n\n"
            "There is no feed yet: write city/feeds/*.yaml (or run shuyuan simulate), then reload.",
        )
    return _Declared(city, themes, releases)


defs = build_defs()
