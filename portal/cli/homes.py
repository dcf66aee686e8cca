"""``init`` and ``simulate``: a home, and a city to try it on."""

from __future__ import annotations

import json as json_  # the commands have an option of that name
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ground.errors import UserError
from hub.home import DEPARTMENTS
from hub.hub import init_home
from portal.cli import output
from portal.cli.context import HOME, Home, Json, Now, moment

if TYPE_CHECKING:
    from simulation.city import CitySummary

PERSONS, SEED = 100_000, 2026
"""Of the city that nobody described."""


def init(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """新建工作目录 Make a home: folders, settings, keys, the operational database."""
    moment(now)
    made = init_home(home)
    if json:
        output.as_json({"home": home.resolve(), "made": made})
    else:
        output.line(f"{'已新建' if made else '已存在'} {home}  —  {'made' if made else 'was there'}")
        output.line("下一步 next: shuyuan simulate（模拟城市）或编写 city/feeds/*.yaml（自己的数据源，见 README）")


def simulate(
    home: Home = HOME,
    persons: Annotated[
        int | None, typer.Option("--persons", help=f"人口数（默认 {PERSONS}）number of persons.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help=f"随机种子，同种子同数据（默认 {SEED}）same seed, same data.")
    ] = None,
    day: Annotated[
        int, typer.Option("--day", help="2：同一城市次月的送达 the same city's deliveries of the month after.")
    ] = 1,
    json: Json = False,
    now: Now = None,
) -> None:
    """生成模拟城市的目录与送达文件 Make a simulated city: its catalogue and its departments' deliveries."""
    moment(now)
    summary = run_simulation(home, persons=persons, seed=seed, day=day)
    if json:
        output.as_json(summary)
        return
    output.table("送达文件 deliveries", ["文件 file", "行 rows"], summary.files.items())
    output.table(
        "植入的错误与相似而无误者 planted errors and look-alikes",
        ["种类 kind", "数量 number"],
        [
            *summary.planted.items(),
            *((f"{kind}（无误 no error）", number) for kind, number in summary.look_alikes.items()),
            *((f"{kind}（已更正 repaired）", number) for kind, number in summary.repaired.items()),
        ],
    )


def run_simulation(home: Path, *, persons: int | None, seed: int | None, day: int = 1) -> CitySummary:
    """Simulate into a home, made first if it is not there.

    Args:
        home: the home folder.
        persons: of the city; None for those of the city that lives here, or `PERSONS`.
        seed: of the city; None likewise.
        day: 2 for the month after; the city must live here already.

    Raises:
        UserError: another city lives here, or none does on day 2.
    """
    # Faker takes seconds to load; only those who simulate pay for it.
    from simulation.city import simulate as make

    init_home(home)
    lives = _city_of(home)
    if day > 1 and lives is None:
        raise UserError(
            f"{home} 里还没有模拟城市，没有次月可言。请先运行 shuyuan simulate。",
            f"There is no simulated city in {home} yet, and so no month after; run shuyuan simulate first.",
            where="day",
        )
    known = lives or {}
    persons = persons if persons is not None else known.get("persons", PERSONS)
    seed = seed if seed is not None else known.get("seed", SEED)
    _refuse_other_city(home, {"persons": persons, "seed": seed})
    departments = home / "city" / "departments.yaml"
    if departments.read_text(encoding="utf-8") == DEPARTMENTS:
        departments.unlink()  # still as init wrote it: the city brings its own
    told: set[str] = set()

    def tell(step: str, _: float) -> None:
        if step not in told:
            told.add(step)
            output.progress(step)

    return make(home, persons=persons, seed=seed, day=day, progress=tell)


def _city_of(home: Path) -> dict[str, int] | None:
    """Persons and seed of the simulated city that lives in a home."""
    note = home / "simulation" / "city.json"
    return json_.loads(note.read_text(encoding="utf-8")) if note.exists() else None


def _refuse_other_city(home: Path, city: dict[str, int]) -> None:
    """One home, one city: another one's full deliveries would strike everybody off the libraries.

    Raises:
        UserError: a city of another size or seed lives here.
    """
    note = home / "simulation" / "city.json"
    if (lives := _city_of(home)) is not None and lives != city:
        raise UserError(
            f"{home} 里已有另一座模拟城市（人口 {lives['persons']}，种子 {lives['seed']}）。请换一个 --home，或先删除它（make clean）。",
            f"Another simulated city lives in {home} ({lives['persons']} persons, seed {lives['seed']}). Choose another --home, or "
            "remove it first (make clean).",
        )
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json_.dumps(city), encoding="utf-8")
