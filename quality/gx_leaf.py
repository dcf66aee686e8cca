"""The one module that knows Great Expectations: the rules as its suite, evaluated by itself on DuckDB.

Import it through `quality.crosscheck`, which loads it only when used. Out of the box Great Expectations does not run
on DuckDB: it fetches results after closing the connection, and refuses regular expressions. Without patching it:

* `DuckDBDatasource` registers ``add_duckdb`` and hands over an engine over the caller's live connection;
* `_LiveConnection` turns begin, commit, rollback and close into nothing, so that the caller's transaction stays his;
* `DuckDBExecutionEngine` keeps one connection open for as long as results are read;
* metric providers keyed to that engine say how DuckDB matches a pattern and how a condition of ours is asked.

Results come in SUMMARY mode with no sample: counts leave the engine, row values never.
"""

from __future__ import annotations

import datetime
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Literal

os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read while it is imported; a city's hub reports to nobody
with warnings.catch_warnings():
    # Both come from its imports: its own use of sre_constants and sre_parse, and the Spark client it looks for.
    warnings.filterwarnings(
        "ignore", message="module 'sre_(constants|parse)' is deprecated", category=DeprecationWarning
    )
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations import core as gxe
    from great_expectations.expectations.expectation import ColumnMapExpectation
    from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
        column_condition_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
        ColumnMapMetricProvider,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

import duckdb_sqlalchemy
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from ground.errors import InternalFault
from quality import check_kinds as k
from quality.gx_conditions import condition_of, not_covered
from quality.gx_names import table_name
from quality.offline_html import STYLE, make_offline
from quality.rules import Rule
from quality.verdict import CrossCheck, CrossCheckResult, Verdict
from standards import code_list

_SUMMARY = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


class _LiveConnection(duckdb_sqlalchemy.ConnectionWrapper):
    """Somebody else's open connection: used, never begun, committed, rolled back or closed."""

    def begin(self) -> None:
        self._buffer_pending_result()

    def commit(self) -> None:
        self._buffer_pending_result()

    def rollback(self) -> None:
        self._buffer_pending_result()

    def close(self) -> None:
        self._buffer_pending_result()


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """Keeps one connection: a DuckDB result is gone when its connection closes."""

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        """The one connection, open until the engine goes."""
        kept: Any = getattr(self, "_connection", None)
        if kept is None:
            kept = self._connection = self.engine.connect()
        yield kept


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """A data source over a live connection; being defined, it is registered as ``add_duckdb``."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> Any:
        """The engine whose metrics below are meant."""
        return DuckDBExecutionEngine

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The engine given by `use`."""
        return self._execution_engine

    def use(self, connection: Any) -> None:
        """Evaluate on this open DuckDB connection."""
        engine = sa.create_engine("duckdb://", creator=lambda: _LiveConnection(connection), poolclass=StaticPool)
        self._engine = engine
        self._cached_connection_string = self.connection_string
        self._execution_engine = DuckDBExecutionEngine(engine=engine, create_temp_table=False)


class _MatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]
    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _on_duckdb(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805  the decorator passes the class
        return sa.func.regexp_matches(column, regex)


class _Satisfy(ColumnMapMetricProvider):  # type: ignore[misc]
    condition_metric_name = "column_values.satisfy_condition"
    condition_value_keys = ("condition",)

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _on_duckdb(cls, column: Any, condition: str, **_: Any) -> Any:  # noqa: N805
        return sa.literal_column(f"({condition})", sa.Boolean)


class _BeGiven(ColumnMapMetricProvider):  # type: ignore[misc]
    condition_metric_name = "column_values.be_given"
    condition_value_keys = ("condition",)
    filter_column_isnull = False

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _on_duckdb(cls, column: Any, condition: str, **_: Any) -> Any:  # noqa: N805
        return sa.literal_column(f"({condition})", sa.Boolean)


class ExpectColumnValuesToSatisfyCondition(ColumnMapExpectation):  # type: ignore[misc]
    """Values that are there satisfy a condition of `quality.gx_conditions`."""

    condition: str
    map_metric = "column_values.satisfy_condition"
    success_keys = ("condition", "mostly")
    args_keys = ("column", "condition")


class ExpectColumnValuesToBeGiven(ColumnMapExpectation):  # type: ignore[misc]
    """Every row has a value, and an empty text is none."""

    condition: str
    map_metric = "column_values.be_given"
    success_keys = ("condition", "mostly")
    args_keys = ("column", "condition")


def crosscheck(
    connection: Any,
    view: str,
    rules: Sequence[Rule],
    *,
    scan_counts: Mapping[str, int],
    references: Mapping[str, str],
    as_of: datetime.date,
    now: datetime.datetime,
    name: str,
) -> CrossCheckResult:
    """See `quality.crosscheck.crosscheck`."""
    table_name(view)  # refuse before anything is asked
    expectations = {rule.id: expectation_of(rule, as_of=as_of, references=references) for rule in rules}
    validation = _validate(connection, view, [one for one in expectations.values() if one], name=name, now=now)
    found = {one.expectation_config.meta["rule"]: _count(one) for one in validation.results}
    rows = max((one.result.get("element_count", 0) for one in validation.results), default=0)
    checks = tuple(
        _compared(rule, found.get(rule.id), scan_counts.get(rule.id), not_covered(rule, references)) for rule in rules
    )
    return CrossCheckResult(name=name, rows=rows, checks=checks, validation=validation)


def expectation_of(rule: Rule, *, as_of: datetime.date, references: Mapping[str, str]) -> Any | None:
    """The rule as an expectation: a built-in one where there is one, else a condition; None where it cannot be asked."""
    check = rule.check
    if not_covered(rule, references) is not None:
        return None
    # The description is a template to Great Expectations and goes into the page as it stands: a dollar sign would be
    # taken for a parameter, an angle bracket for markup.
    said: dict[str, Any] = {
        "column": rule.item,
        "meta": {"rule": rule.id},
        "description": escape(f"{rule.title} [{rule.id}] {rule.basis}").replace("$", ""),
    }
    match check:
        case k.CodeList():
            return gxe.ExpectColumnValuesToBeInSet(value_set=sorted(code_list.codes(check.list)), **said)
        case k.OneOf():
            return gxe.ExpectColumnValuesToBeInSet(value_set=list(check.values), **said)
        case k.Matches():
            return gxe.ExpectColumnValuesToMatchRegex(regex=rf"\A(?:{check.pattern})\z", **said)
        case k.Length():
            return gxe.ExpectColumnValueLengthsToBeBetween(min_value=check.min, max_value=check.max, **said)
        case k.Between():
            return gxe.ExpectColumnValuesToBeBetween(min_value=check.min, max_value=check.max, **said)
    condition = condition_of(rule, as_of=as_of, references=references)
    if condition is None:
        return None
    if isinstance(check, k.NotNull):
        return ExpectColumnValuesToBeGiven(condition=condition, **said)
    return ExpectColumnValuesToSatisfyCondition(condition=condition, **said)


def write_documents(results: Sequence[CrossCheckResult], directory: Path) -> list[Path]:
    """See `quality.crosscheck.write_documents`."""
    directory.mkdir(parents=True, exist_ok=True)
    index = directory / "index.html"
    index.write_text(_index(results), encoding="utf-8")
    written = [index]
    for result in results:
        page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result.validation))
        path = directory / f"{result.name}.html"
        path.write_text(make_offline(page, home="index.html"), encoding="utf-8")
        written.append(path)
    return written


def _validate(connection: Any, view: str, expectations: list[Any], *, name: str, now: datetime.datetime) -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_duckdb(name="standard", connection_string="duckdb://")
    source.use(connection)
    batch = source.add_table_asset(name, table_name=view).add_batch_definition_whole_table("all")
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = gx.ValidationDefinition(name=name, data=batch, suite=suite)
    return context.validation_definitions.add(definition).run(
        result_format=_SUMMARY, run_id=RunIdentifier(run_name=name, run_time=now.astimezone(datetime.UTC))
    )


def _count(result: Any) -> int:
    rule = result.expectation_config.meta["rule"]
    if "unexpected_count" not in result.result:
        # Its own message may quote the statement or a value: only the rule is named.
        raise InternalFault(
            f"Great Expectations 未能计算规则 {rule}。",
            f"Great Expectations could not evaluate rule {rule}.",
            where=rule,
        )
    return int(result.result["unexpected_count"])


def _compared(rule: Rule, gx_count: int | None, scan_count: int | None, uncovered: str | None) -> CrossCheck:
    reason = ""
    if gx_count is None:
        reason = uncovered or ""
    elif scan_count is None:
        reason = "扫描未评估此规则；the scan did not assess this rule"
    return CrossCheck(rule=rule.id, title=rule.title, gx_count=gx_count, scan_count=scan_count, reason=reason)


_WORDS = {Verdict.AGREES: "一致 agrees", Verdict.DIFFERS: "不一致 differs", Verdict.NOT_COVERED: "未覆盖 not covered"}
_CLASSES = {Verdict.AGREES: "", Verdict.DIFFERS: "differs", Verdict.NOT_COVERED: "uncovered"}


def _index(results: Sequence[CrossCheckResult]) -> str:
    sections = "".join(
        f'<h2><a href="{escape(result.name)}.html">{escape(result.name)}</a> ({result.rows} 行 rows)</h2>'
        "<table><thead><tr><th>规则 rule</th><th>名称 title</th><th>Great Expectations</th><th>扫描 scan</th>"
        "<th>结论 verdict</th></tr></thead><tbody>"
        + "".join(_row(check) for check in result.checks)
        + "</tbody></table>"
        for result in results
    )
    title = "规则核对 Rules, counted twice"
    return (
        f'<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body><h1>{title}</h1>{sections}</body></html>"
    )


def _row(check: CrossCheck) -> str:
    cells = [check.rule, check.title, check.gx_count, check.scan_count]
    shown = "".join(f"<td>{'–' if cell is None else escape(str(cell))}</td>" for cell in cells)
    verdict = f"{_WORDS[check.verdict]} {escape(check.reason)}"
    return f'<tr class="{_CLASSES[check.verdict]}">{shown}<td>{verdict}</td></tr>'
