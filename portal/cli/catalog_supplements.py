"""``catalog supplement``: a district's supplementary catalogue, heard on and filed with the city (Haishu 10)."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.lists.consultation import Window
from policy.clock import legal_date
from portal.cli.acting import As, Document, OfDepartment, day
from portal.cli.catalog_lists import Name, Of, Title, Until, add_common, owner_of, told
from portal.cli.catalog_steps import acting
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now

supplement = Noun("补充目录 A district's supplementary catalogue (Haishu 10).")
add_common(supplement, lambda hub: hub.supplements, "补充目录 supplementary catalogues")


@supplement.command("open")
def open_supplement(
    title: Title = "", of: Of = None, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """开始编制补充目录 Begin a supplementary catalogue."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        told(at, desk, desk.open(owner_of(at, of), title, at.person, at.now))


@supplement.command("compile")
def compile_supplement(
    name: Name, entries: Annotated[list[str], typer.Argument(help="条目 entries.")], account: As = None,
    department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """列入本区条目，替换原有内容 Put down the district's entries, in place of those it held."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        told(at, desk, desk.compile(name, entries, at.person, at.now))


@supplement.command("consult")
def consult_supplement(
    name: Name, until: Until = None, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """征求提供单位意见 Hear the providers."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        window = Window(day(until, "--until") if until else None)
        told(at, desk, desk.consult(name, at.person, at.now, window))


@supplement.command("file")
def file_supplement(
    name: Name, document: Document = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """报市备案 File it with the city, under the number of the document."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        told(at, desk, desk.file(name, at.person, at.now, document=document))


@supplement.command("effect")
def effect_supplement(
    name: Name, on: Annotated[str | None, typer.Option("--on", help="生效日，默认今天 first day in effect; today.")] = None,
    account: As = None, department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """生效 It is in effect."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        first = day(on, "--on") if on else legal_date(at.now)
        told(at, desk, desk.take_effect(name, at.person, at.now, on=first))


def register(app: Noun) -> None:
    """Add the group to ``catalog``."""
    app.add_typer(supplement, name="supplement")
