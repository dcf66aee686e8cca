"""What readers get: views over the published snapshot, with the disputed marks of today, and nothing unlogged.

A reader's connection is pinned at the published snapshot, confined to the lake's files and read only. SQL that a person
writes may name the served views and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial

import ibis.expr.types as ir
import pyarrow as pa

from catalog.city import City
from ground.errors import Unavailable, UserError
from ledger.entry import Kind, Use
from ledger.redact import redact_sql
from ledger.service import Ledger
from pipelines.discovery import FINDINGS
from pipelines.fusion.alias import in_force
from pipelines.fusion.kept_aliases import alias_name
from pipelines.fusion.marks import MARK_COLUMNS, marks_by_key
from pipelines.fusion.residue import residue_name
from pipelines.fusion.served import served
from pipelines.fusion.service import base_name, day_of, history_name
from pipelines.places.service import place_name
from pipelines.query_guard import check_named, check_query, without_values
from pipelines.themes.document import Theme
from pipelines.themes.marks import library_of, marked
from pipelines.themes.service import theme_name
from quality.tickets.confirmations import revoked_since
from quality.tickets.marks import stream_marks
from warehouse.duckdb_engine import DuckDbError
from warehouse.lake import Lake, LakeReader
from warehouse.operational import OperationalDatabase
from warehouse.publication import Publication, PublishedPointer

# Not `empty_table()`, which imports pandas: every command would wait for it.
NO_MARKS = pa.Table.from_batches([], pa.schema([(name, pa.string()) for name in MARK_COLUMNS]))


@dataclass(frozen=True)
class Reader:
    """Who reads, and what for: the part of the use log that only the person knows (Longyan 21)."""

    user: str
    purpose: str
    approver: str = "本机管理员授权 local administrator"


class Tables(Mapping[str, ir.Table]):
    """Tables by name, each made when it is first asked for: who reads one library does not wait for the views of all."""

    def __init__(self, makers: Mapping[str, Callable[[], ir.Table]]) -> None:
        self._makers = makers
        self._made: dict[str, ir.Table] = {}

    def __getitem__(self, name: str) -> ir.Table:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True)
class Session:
    """An open pinned reader.

    Attributes:
        reader: the lake at the published snapshot.
        publication: which one.
        libraries: served view of every published library.
        tables: name -> what SQL may read.
    """

    reader: LakeReader
    publication: Publication
    libraries: Mapping[str, ir.Table]
    tables: Mapping[str, ir.Table]


class ServingService:
    """Opens readers and answers SQL.

    Args:
        city: what is declared.
        lake, pointer, database, ledger: where things are kept.
        digest_key: secret of the queries' digests in the ledger.
        reported: what people reported and that stands, as `MARK_COLUMNS`: a value is in question as soon as it is reported,
            before any build has seen the report.
        themes: the theme libraries, for the marks of their rows.
    """

    def __init__(
        self,
        *,
        city: City,
        lake: Lake,
        pointer: PublishedPointer,
        database: OperationalDatabase,
        ledger: Ledger,
        digest_key: bytes,
        reported: Callable[[], pa.Table] = lambda: NO_MARKS,
        themes: Callable[[], Sequence[Theme]] = tuple,
    ) -> None:
        self._city = city
        self._lake = lake
        self._pointer = pointer
        self._database = database
        self._ledger = ledger
        self._digest_key = digest_key
        self._reported = reported
        self._themes = themes

    @contextmanager
    def open(self) -> Iterator[Session]:
        """Open the published snapshot with its views.

        Raises:
            Unavailable: nothing is published yet.
        """
        publication = self._pointer.current()
        if publication is None:
            raise Unavailable(
                "还没有发布任何数据，请先运行 feed run 与 build。",
                "Nothing is published yet; run feed run and build first.",
            )
        with self._lake.reading(publication.lake_snapshot) as reader:
            libraries = self._libraries(reader, day_of(publication.published_at))
            others: dict[str, Callable[[], ir.Table]] = {
                name: partial(reader.table, at) for name, at in self._places(reader) if reader.has(at)
            }
            others |= self._marked_themes(reader, libraries)
            yield Session(reader, publication, Tables(libraries), Tables(libraries | others))

    def _places(self, reader: LakeReader) -> Iterator[tuple[str, str]]:
        """What may be read besides the libraries: the name SQL calls it by, and the table of the lake."""
        for name in self._city.register.libraries:
            yield f"{name}_history", history_name(name)
            yield f"{name}_alias", alias_name(name)
            yield f"{name}_residue", residue_name(name)
            yield f"{name}_place", place_name(name)
        for one in self._city.resources:
            yield one.id, f"standard.{one.id}"
            yield f"{one.id}_quarantine", f"quarantine.{one.id}"
        for name in reader.tables("theme"):
            yield name, theme_name(name)
        yield "finding", FINDINGS

    def sql(self, query: str, who: Reader, now: datetime, *, limit: int | None = None) -> pa.Table:
        """Answer one query over the served views; the use is in the ledger before any row is.

        Args:
            query: one SELECT in DuckDB's dialect.
            who: reader and purpose.
            now: the moment of the use.
            limit: most rows to hand out.

        Raises:
            UserError: not one query, or it names something that is not served, or the engine refuses it.
            Unavailable: nothing is published, or the ledger cannot be written.
        """
        with self.open() as session:
            check_query(query, session.tables)
            named = check_named(session.reader.engine, query, session.tables)
            use = Use(
                kind=Kind.QUERY,
                user=who.user,
                purpose=who.purpose,
                approver=who.approver,
                content=self._content(query, session),
                mode="命令行查询 query",
                medium="屏幕 screen",
            )
            engine = session.reader.engine
            for name in named:
                engine.view(name, session.tables[name])
            engine.confine([self._lake.location.data.resolve(), self._lake.location.directory.resolve() / "spill"])

            def answer() -> pa.Table:
                try:
                    result = engine.connection.sql(query)
                    return (result if limit is None else result.limit(limit)).to_arrow_table()
                except DuckDbError as fault:
                    said = without_values(str(fault))
                    raise UserError(
                        f"查询无法执行：{said}", f"The query cannot be run: {said}", where=type(fault).__name__
                    ) from None

            return self._ledger.serve(use, now, answer, rows=lambda table: int(table.num_rows))

    def record(
        self, kind: Kind, who: Reader, now: datetime, content: dict[str, object], *, mode: str, medium: str
    ) -> None:
        """Write a use that another service is about to serve.

        Raises:
            Unavailable: the ledger cannot be written; serve nothing.
        """
        use = Use(
            kind=kind, user=who.user, purpose=who.purpose, approver=who.approver, content=content,  # type: ignore[arg-type]
            mode=mode, medium=medium,
        )  # fmt: skip
        self._ledger.record(use, now)

    def _content(self, query: str, session: Session) -> dict[str, str | int | list[str] | None]:
        redacted = redact_sql(query, key=self._digest_key)
        return {
            "snapshot": session.publication.lake_snapshot,
            "query": redacted.text,
            "digest": redacted.digest,
            "tables": list(redacted.tables),
        }

    def _libraries(self, reader: LakeReader, day: date) -> dict[str, Callable[[], ir.Table]]:
        """What makes the served view of every library that is published."""
        marks = cache(lambda: self._marks(reader))

        def view(name: str) -> ir.Table:
            library = self._city.library(name)
            alias = in_force(reader.table(alias_name(name))) if reader.has(alias_name(name)) else None
            known = marks()
            if known is not None:
                resources = {one.id: one for one in self._city.resources}
                tables = {
                    one: reader.table(f"standard.{one}") for one in library.key_in if reader.has(f"standard.{one}")
                }
                known = marks_by_key(library, known, resources, tables, alias, day=day)
            return served(library, reader.table(base_name(name)), known, alias)

        return {name: partial(view, name) for name in self._city.register.libraries if reader.has(base_name(name))}

    def _marked_themes(
        self, reader: LakeReader, libraries: Mapping[str, Callable[[], ir.Table]]
    ) -> dict[str, Callable[[], ir.Table]]:
        """What makes the served view of every theme that has one row per key of a library."""
        found: dict[str, Callable[[], ir.Table]] = {}
        for theme in self._themes():
            name = library_of(theme, self._city.register.libraries)
            if name is not None and name in libraries and reader.has(theme_name(theme.id)):
                found[theme.id] = partial(self._marked_theme, reader, theme, name, libraries[name])
        return found

    def _marked_theme(
        self, reader: LakeReader, theme: Theme, library: str, served_view: Callable[[], ir.Table]
    ) -> ir.Table:
        return marked(reader.table(theme_name(theme.id)), theme, self._city.library(library), served_view())

    def _marks(self, reader: LakeReader) -> ir.Table | None:
        """Resource, row and item of every finding in an open ticket, and of every reported problem; None if there is none."""
        found = self._marks_of_findings(reader)
        said = self._reported()
        if not said.num_rows:
            return found
        reported = reader.engine.load("_reported_marks", said)
        return reported if found is None else reader.engine.stage(found.union(reported).distinct(), "_all_marks")

    def _marks_of_findings(self, reader: LakeReader) -> ir.Table | None:
        if not reader.has(FINDINGS):
            return None
        with self._database.begin() as connection:
            chunks = [pa.chunked_array([chunk], type=pa.string()) for chunk in stream_marks(connection)]
            doubted = revoked_since(connection, None)
        if not chunks:
            return None
        column = pa.chunked_array([piece for chunk in chunks for piece in chunk.chunks])
        fingerprints = reader.engine.load("_open_fingerprints", pa.table({"fingerprint": column}))
        findings = reader.table(FINDINGS)
        stands = findings["gone_since"].isnull()
        if doubted:
            # Gone because it was confirmed; the dispute puts it in question before any rule looks at it again.
            names = reader.engine.load("_doubted", pa.table({"fingerprint": pa.array(doubted, pa.string())}))
            stands |= findings["fingerprint"].isin(names["fingerprint"])
        return reader.engine.stage(
            findings.filter(stands).semi_join(fingerprints, "fingerprint").select(*MARK_COLUMNS).distinct(),
            "_marks",
        )
