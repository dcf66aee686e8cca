"""Which writer a feed needs, and where its delivery goes."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

from catalog.feed import Feed
from catalog.formats import Csv, FixedWidth, Json, Parquet, Rows, Vector, Workbook, Xml, Zip
from catalog.sources import FileSource, SqlSource
from simulation.register import Habits, Writer
from simulation.writers.archive import ArchiveWriter
from simulation.writers.columnar import ParquetWriter
from simulation.writers.database import DatabaseWriter
from simulation.writers.delimited import DelimitedWriter
from simulation.writers.fixed_width import FixedWidthWriter
from simulation.writers.layout import Layout, layout_of
from simulation.writers.nested import JsonWriter, XmlWriter
from simulation.writers.vector import open_vector
from simulation.writers.workbook import WorkbookWriter

_SQLITE = "sqlite:///"


def place_of(feed: Feed, home: Path, period: str) -> Path:
    """Where the delivery of a period goes; ``{part}`` stays in the name.

    Raises:
        ValueError: the feed's source is no file.
    """
    source = feed.source
    if isinstance(source, FileSource):
        return home / "inbox" / source.path.replace("{period}", period).replace("*", "")
    if isinstance(source, SqlSource) and source.url.startswith(_SQLITE):
        return home / source.url.removeprefix(_SQLITE)
    raise ValueError(f"{feed.id} is not delivered as a file")


def open_writer(feed: Feed, path: Path, habits: Habits, as_of: date) -> Writer:
    """The writer for the form of a feed.

    Args:
        feed: says the form and the columns.
        path: where the delivery goes (`place_of`).
        habits: what the feed does not say.
        as_of: goes into workbooks as the day of their making.

    """
    layout = layout_of(feed, habits)
    form = feed.format
    content = form.content if isinstance(form, Zip) else form
    if isinstance(content, Vector):
        return open_vector(path, feed, habits)
    if isinstance(form, Zip):
        return ArchiveWriter(path, lambda member: _plain(form.content, member, layout, habits, as_of), habits)
    return _plain(form, path, layout, habits, as_of)


def _plain(form: object, path: Path, layout: Layout, habits: Habits, as_of: date) -> Writer:
    match form:
        case Csv():
            return DelimitedWriter(path, layout, form, habits)
        case FixedWidth():
            return FixedWidthWriter(path, layout, form, habits)
        case Json():
            return JsonWriter(path, layout, form, habits)
        case Xml():
            return XmlWriter(path, layout, form, habits)
        case Parquet():
            return ParquetWriter(path, layout, form, habits)
        case Workbook():
            return WorkbookWriter(path, layout, form, habits, created=datetime.combine(as_of, time()))
        case Rows():
            return DatabaseWriter(path, layout)
        case _:
            raise ValueError(f"{type(form).__name__} has no writer of its own")
