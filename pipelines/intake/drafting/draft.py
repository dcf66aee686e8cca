"""Drafts a feed from a file: reads it as intake would, measures its columns, and puts the guesses together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.feed import Feed, Geometry, Mode
from catalog.formats import Zip
from catalog.model import UpdateCycle
from catalog.sources import FileSource
from pipelines.intake import periods, take
from pipelines.intake.drafting import columns, form, keys, places, titles
from pipelines.intake.drafting.columns import Column
from pipelines.intake.drafting.guess import Guess, Guessed
from pipelines.intake.drafting.keys import Key
from pipelines.intake.drafting.places import Place
from standards import coordinates
from warehouse.duckdb_engine import DuckDbEngine

_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d{2}(?:Q[1-4]|-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?)(?!\d)")
_CYCLES = {4: UpdateCycle.YEARLY, 6: UpdateCycle.QUARTERLY, 7: UpdateCycle.MONTHLY, 10: UpdateCycle.DAILY}
"""Characters of a canonical period -> how often such files come."""
GEOMETRY_ITEM = "location"
"""What the item of a geometry is called."""


@dataclass(frozen=True)
class Drafted:
    """Everything that was guessed about a file.

    Attributes:
        file: its name.
        id: of the feed and its resource.
        department: whose it is.
        path: pattern below the inbox.
        cycle, mode: how often it comes, and what it says of rows it does not name.
        guessed: its form.
        columns: its columns with the names they get, in their order; the key's among them.
        key: what names a row.
        place: where rows say where they are; ``crs`` the reference system, None while nobody stated it.
        unusable: titles that cannot be taken: without a name, or twice there.
        rows: rows that were measured.
    """

    file: str
    id: str
    department: str
    path: str
    cycle: Guess
    mode: Guess
    guessed: Guessed
    columns: tuple[tuple[str, Column], ...]
    key: Key
    place: Place | None
    crs: Guess | None
    unusable: tuple[str, ...]
    rows: int


def draft(
    engine: DuckDbEngine, path: Path, spill: Path, *, feed_id: str | None, department: str, crs: str | None = None
) -> Drafted:
    """Draft the feed of a file.

    Args:
        engine: where the file is read into.
        path: the file.
        spill: folder for work files.
        feed_id: the id to use; None takes one from the file's name.
        department: id of the department.
        crs: the reference system, where the person who drafts knows it.

    Raises:
        RefusedData: no form that can be read, or no rows.
        UserError: the form cannot be told without the department, or there is no such reference system.
    """
    guessed = form.detect(path)
    stated = Guess(coordinates.normal_crs(crs), "起草时指明", "stated when this was drafted") if crs else guessed.crs
    header = _header(engine, guessed, path, spill)
    wanted = {title: f"c{number}" for number, title in enumerate(dict.fromkeys(header)) if header.count(title) == 1}
    staged = take.read(engine, _reading(guessed, wanted), path, spill, where=path.name)
    table = engine.stage(staged.table)
    measured = columns.measure(engine, table, {place: title for title, place in wanted.items()})
    place = places.find(engine, table, measured)
    located = place.columns if place is not None else ()
    # What only says where a row is does not name it; with a known system the coordinates are the geometry's alone.
    shown = [
        one for one in measured
        if one not in located or (stated is None and len(located) == len(("longitude", "latitude")))
    ]  # fmt: skip
    named = titles.names([(one.title, one.element) for one in shown], used=[GEOMETRY_ITEM] if place is not None else [])
    period, pattern = _period(path.name)
    chosen = feed_id or _id(path)
    return Drafted(
        file=path.name,
        id=chosen,
        department=department,
        path=f"{department}/{pattern}",
        cycle=_cycle(period),
        mode=_mode(period),
        guessed=_with_nothing(guessed, measured),
        columns=tuple(zip(named, shown, strict=True)),
        key=keys.find(engine, table, [one for one in shown if one not in located]),
        place=place,
        crs=stated,
        unusable=tuple(title for title in dict.fromkeys(header) if header.count(title) > 1),
        rows=take.count(engine, table),
    )


def _header(engine: DuckDbEngine, guessed: Guessed, path: Path, spill: Path) -> list[str]:
    """Titles of the columns as the reader finds them: a feed that maps none takes none."""
    return [
        title for title in take.read(engine, _reading(guessed, {}), path, spill, where=path.name).not_taken if title
    ]


def _reading(guessed: Guessed, wanted: dict[str, str]) -> Feed:
    """A feed that is good for reading only: it maps columns to places in a table, not to items of a resource."""
    return Feed.model_construct(
        id="draft", resource="draft", source=FileSource(path="draft"), format=guessed.form, columns=wanted, mode=Mode.FULL,
        geometry=None,
    )  # fmt: skip


def _with_nothing(guessed: Guessed, measured: Sequence[Column]) -> Guessed:
    """The form with the words that say there is no value, as the columns have them."""
    words = sorted({word for one in measured for word in one.nothing})
    if not words:
        return guessed
    found = {"null_values": Guess(words, "文件中这些写法表示没有值", "words in this file that say there is no value")}
    inner = form.kind_of(guessed.form).model_copy(update={"null_values": words})
    whole = guessed.form.model_copy(update={"content": inner}) if isinstance(guessed.form, Zip) else inner
    return Guessed(whole, {**guessed.guesses, **found}, guessed.crs)


def _period(name: str) -> tuple[str | None, str]:
    """The period that a name carries, and the name as a pattern."""
    for match in _PERIOD.finditer(Path(name).stem):
        try:
            periods.last_day(periods.canonical(match[1]))
        except ValueError:
            continue
        before, after = name[: match.start()], name[match.end() :]
        return periods.canonical(match[1]), f"{_plain(before)}{{period}}{_plain(after)}"
    return None, _plain(name)


def _plain(text: str) -> str:
    """A piece of a name without meaning to a shell pattern."""
    return re.sub(r"([*?\[])", r"[\1]", text).replace("{", "?").replace("}", "?")


def _cycle(period: str | None) -> Guess:
    if period is None:
        return Guess(UpdateCycle.YEARLY, "文件名中没有周期，请按实际改", "the name carries no period; correct it")
    return Guess(_CYCLES[len(period)], f"文件名中的周期是 {period}", f"the period in the name is {period}")


def _mode(period: str | None) -> Guess:
    if period is not None and _CYCLES[len(period)] is UpdateCycle.DAILY:
        return Guess(
            Mode.INCREMENT, "每天一个文件，应只含新增和变化；若是全量，改为 full",
            "one file a day usually holds what is new and changed; if it is the whole register, write full",
        )  # fmt: skip
    return Guess(
        Mode.FULL, "每次送全部数据，缺少的主键视为注销；若只送新增和变化，改为 increment",
        "every delivery is the whole: a key that is missing is gone. Write increment if only new and changed rows come",
    )  # fmt: skip


def _id(path: Path) -> str:
    """An id from the file's name, without its period; from its folder where the name is not Latin."""
    plain = _PERIOD.sub("", path.stem)
    for text in (plain, path.resolve().parent.name):
        found = titles.slug(text)
        if found is not None and found not in ("data", "inbox"):
            return found
    return "new_feed"


def geometry_of(drafted: Drafted) -> Geometry | None:
    """The declaration of the geometry, once its reference system is known."""
    if drafted.place is None or drafted.crs is None:
        return None
    located = [one.title for one in drafted.place.columns]
    pair = {"longitude": located[0], "latitude": located[1]} if len(located) > 1 else {"column": located[0]}
    return Geometry.model_validate({"item": GEOMETRY_ITEM, "crs": drafted.crs.value, **pair})
