"""Finds what departments dropped into the inbox. Looks only below it: neither ``..`` nor a link leads out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from catalog.formats import Format, Vector
from catalog.model import UpdateCycle
from catalog.sources import FileSource
from ground.errors import UserError
from pipelines.intake import periods
from pipelines.intake.patterns import Named, Pattern

BESIDE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""The files that one shapefile is made of; what else lies beside it (indexes, metadata) says nothing about its rows."""


@dataclass(frozen=True)
class Dropped:
    """A delivery that lies in the inbox: one file, or the pieces of one in their order.

    Attributes:
        paths: the real files.
        name: its path below the inbox, for messages; of parts, the pattern with its period.
        period: canonical period.
        lacking: why it waits for more, (zh, en); None where it is whole.
    """

    paths: tuple[Path, ...]
    name: str
    period: str
    lacking: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Found:
    path: Path
    name: str
    period: str
    named: Named


def find(inbox: Path, source: FileSource, cycle: UpdateCycle, today: date, form: Format | None = None) -> list[Dropped]:
    """Files that match ``source.path``, by period, then by name; parts of one delivery together.

    Args:
        inbox: the folder of all departments.
        source: where to look.
        cycle: gives the period of files whose name carries none.
        today: the day of looking.
        form: the feed's format; a shapefile is found with the files beside it.

    Raises:
        UserError: a matching name is a link that leads out of the inbox.
    """
    pattern = Pattern(source.path)
    base = inbox.resolve()
    found = []
    for path in sorted(_candidates(inbox, pattern)):
        name = path.relative_to(inbox).as_posix()
        named = pattern.match(name)
        if named is None or not path.is_file():
            continue
        _refuse_leading_out(path, base, name)
        period = periods.canonical(named.period) if named.period else periods.of_day(today, cycle)
        found.append(_Found(path, name, period, named))
    found.sort(key=lambda one: (one.period, one.name))
    if source.in_parts:
        return [_of_parts(source, period, list(some)) for period, some in groupby(found, key=lambda one: one.period)]
    return [Dropped(_pieces(one, form, base), one.name, one.period) for one in found]


def _pieces(one: _Found, form: Format | None, base: Path) -> tuple[Path, ...]:
    """The file, with those beside it that a shapefile is made of."""
    if not (isinstance(form, Vector) and form.kind == "shapefile" and one.path.suffix.lower() == ".shp"):
        return (one.path,)
    beside = [
        path for path in sorted(one.path.parent.iterdir())
        if path.stem == one.path.stem and path.suffix.lower() in BESIDE and path.is_file()
    ]  # fmt: skip
    for path in beside:
        _refuse_leading_out(path, base, path.name)
    return tuple(beside)


def _of_parts(source: FileSource, period: str, found: list[_Found]) -> Dropped:
    """The files of one period as one delivery, in the order of their numbers."""
    found = sorted(found, key=lambda one: one.named.part or 0)
    numbers = [one.named.part or 0 for one in found]
    return Dropped(
        tuple(one.path for one in found),
        source.path.replace("{period}", found[0].named.period or period),
        period,
        _lacking(numbers, {one.named.parts for one in found if one.named.parts is not None}),
    )


def _lacking(numbers: list[int], declared: set[int]) -> tuple[str, str] | None:
    """What keeps parts from being a whole delivery, or None."""
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        return (
            f"第 {_listed(twice)} 份有两个文件，无法判断采用哪一个；请只留一个。",
            f"Part {_listed(twice)} is there twice; which one is meant cannot be told. Leave one.",
        )
    if len(declared) > 1:
        return (
            f"各份文件名写的总份数不同（{_listed(declared)}），请统一。",
            f"The names state different numbers of parts ({_listed(declared)}); make them agree.",
        )
    last = max([*declared, *numbers]) if declared else max(numbers)
    missing = sorted(set(range(1, last + 1)) - set(numbers))
    beyond = [number for number in numbers if number < 1 or (declared and number > max(declared))]
    if beyond:
        return (
            f"第 {_listed(beyond)} 份超出范围：份号从 1 起，不超过文件名写的总份数。",
            f"Part {_listed(beyond)} is out of range: parts count from 1 to the number that the names state.",
        )
    if missing:
        return (
            f"一次送达分为 {last} 份，还缺第 {_listed(missing)} 份，等待补齐后一并采集。",
            f"Of {last} parts part {_listed(missing)} has not come; the delivery waits until it is whole.",
        )
    return None


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _candidates(inbox: Path, pattern: Pattern) -> list[Path]:
    """Entries of the one folder a pattern names (wildcards are allowed in the last part only)."""
    folder = inbox.joinpath(*pattern.folders)
    if not folder.is_dir():
        return []
    # The folder itself may be a link out of the inbox.
    if not folder.resolve().is_relative_to(inbox.resolve()):
        raise UserError(
            "该文件夹是指向收件目录之外的链接，未读取。", "This folder is a link out of the inbox and was not read.",
            where=f"inbox/{folder.relative_to(inbox).as_posix()}",
        )  # fmt: skip
    return list(folder.iterdir())


def _refuse_leading_out(path: Path, base: Path, name: str) -> None:
    if not path.resolve().is_relative_to(base):
        raise UserError(
            "该文件是指向收件目录之外的链接，未读取。请把文件本身放入收件目录。",
            "This name is a link out of the inbox and was not read; put the file itself into the inbox.",
            where=f"inbox/{name}",
        )
