"""The second reading of the rules: DuckDB SQL conditions for the cross-check, written apart from `quality.checks`.

Part of the Great Expectations leaf; nothing else may use it. A condition is true where the value passes. Check digits
go by lists and lambdas here and by arithmetic there, dates by text here and by parts there: an error would have to be
made twice, in two ways, to go unseen.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from ground.errors import InternalFault
from quality import rules as r

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the unified social credit code, in order of their value (GB 32100-2015)."""

CITIZEN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
"""Weights of the first 17 digits (GB 11643-1999, ISO 7064 MOD 11-2)."""

CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
"""Weights of the first 17 characters (GB 32100-2015): powers of 3 modulo 31."""

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,2}", re.ASCII)


def condition_of(rule: r.Rule, *, as_of: datetime.date, references: Mapping[str, str]) -> str | None:
    """The SQL condition of a rule that no built-in expectation says, or None where another table is missing.

    Args:
        rule: any rule but those of `quality.gx_leaf` that are built in.
        as_of: the day of evaluation.
        references: resource -> name of its table or view, up to three parts, as the connection knows it.

    Raises:
        InternalFault: no condition is written for this kind of check, or a table name is not a plain one.
    """
    check, item = rule.check, _quoted(rule.item)
    if rule.needs is not None and rule.needs not in references:
        return None
    if isinstance(check, r.InReference):
        return _in_reference(check, item, references[check.resource])
    if isinstance(check, r.Cross):
        return _cross(check, references[check.other])
    if isinstance(check, r.DateNotAfter | r.DateNotBefore):
        sign = "<=" if isinstance(check, r.DateNotAfter) else ">="
        limit = as_of if isinstance(check.limit, str) else check.limit
        return f"CAST({item} AS DATE) {sign} DATE '{limit.isoformat()}'"
    return _within_row(check, item)


def _within_row(check: object, item: str) -> str:
    match check:
        case r.NotNull():
            return f"coalesce(CAST({item} AS VARCHAR), '') <> ''"
        case r.CitizenId():
            return citizen_id(item)
        case r.CreditCode():
            return credit_code(item)
        case r.Phone():
            return phone(item)
        case r.BirthDateOf():
            number = _quoted(check.citizen_id)
            return f"(NOT {citizen_id(number)}) OR try_strptime({number}[7:14], '%Y%m%d')::DATE = CAST({item} AS DATE)"
        case r.SexOf():
            number = _quoted(check.citizen_id)
            parity = f"CASE WHEN CAST({number}[17] AS INTEGER) % 2 = 0 THEN '2' ELSE '1' END"
            return f"CASE WHEN {item} IN ('1', '2') AND {citizen_id(number)} THEN {item} = {parity} ELSE TRUE END"
        case r.DivisionIn():
            known = " OR ".join(f"starts_with({item}, {_text(code)})" for code in check.divisions)
            return f"length({item}) = 6 AND ({known})"
        case r.NotEqualsItem():
            return f"{item} IS DISTINCT FROM {_quoted(check.other)}"
        case r.EqualsItem():
            return f"{item} = {_quoted(check.other)}"
    raise InternalFault(
        f"检查类型 {type(check).__name__} 没有对照条件。", f"No second reading is written for {type(check).__name__}."
    )


def citizen_id(item: str) -> str:
    """Shape, calendar date and check character of a citizen identity number, in SQL."""
    weights = f"[{', '.join(map(str, CITIZEN_WEIGHTS))}]"
    total = f"list_sum(list_transform(range(1, 18), lambda i: CAST({item}[i] AS INTEGER) * {weights}[i]))"
    check = f"'10X98765432'[CAST({total} % 11 AS INTEGER) + 1]"
    return (
        f"(CASE WHEN NOT regexp_full_match({item}, '[0-9]{{6}}(18|19|20)[0-9]{{9}}[0-9X]') THEN FALSE "
        f"WHEN try_strptime({item}[7:14], '%Y%m%d') IS NULL THEN FALSE "
        f"ELSE {item}[18] = {check} END)"
    )


def credit_code(item: str) -> str:
    """Alphabet and check character of a unified social credit code, in SQL."""
    weights = f"[{', '.join(map(str, CREDIT_WEIGHTS))}]"
    total = f"list_sum(list_transform(range(1, 18), lambda i: (instr('{ALPHABET}', {item}[i]) - 1) * {weights}[i]))"
    check = f"'{ALPHABET}'[CAST((31 - {total} % 31) % 31 AS INTEGER) + 1]"
    return f"(CASE WHEN NOT regexp_full_match({item}, '[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}') THEN FALSE ELSE {item}[18] = {check} END)"


def phone(item: str) -> str:
    """A mobile or landline number of the mainland, in SQL."""
    return f"regexp_full_match({item}, '1[3-9][0-9]{{9}}|(010|02[0-9]|0[3-9][0-9]{{2}})-?[0-9]{{7,8}}(-[0-9]{{1,6}})?')"


def table_name(name: str) -> str:
    """A table name of up to three plain parts, quoted; anything else is refused."""
    if not _NAME.fullmatch(name):
        raise InternalFault("表名含有不允许的字符。", "The table name has characters that are not allowed.", where=name)
    return ".".join(_quoted(part) for part in name.split("."))


def _in_reference(check: r.InReference, item: str, table: str) -> str:
    value = f"{item}[{check.part.from_}:{check.part.to}]" if check.part else item
    held = _quoted(check.item)
    inside = f"{value} IN (SELECT {held} FROM {table_name(table)} WHERE {held} IS NOT NULL)"  # noqa: S608  quoted names
    if not check.starting:
        return inside
    other = " AND ".join(f"NOT starts_with({item}, {_text(start)})" for start in check.starting)
    return f"({other}) OR {inside}"


def _cross(check: r.Cross, table: str) -> str:
    here = " AND ".join(f"{_quoted(name)} = {_text(value)}" for name, value in check.when.items())
    there = " AND ".join(f"{_quoted(name)} = {_text(value)}" for name, value in check.other_when.items())
    key = _quoted(check.other_key or check.key)
    found = f"{_quoted(check.key)} IN (SELECT {key} FROM {table_name(table)} WHERE {key} IS NOT NULL AND {there})"  # noqa: S608  quoted
    return f"NOT coalesce(({here}) AND {found}, FALSE)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
