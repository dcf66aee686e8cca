"""The second reading of the rules: DuckDB SQL conditions for the cross-check, written apart from `quality.checks`.

Part of the Great Expectations leaf; nothing else may use it. A condition is true where the value passes. Check digits
go by lists and lambdas here and by arithmetic there, dates by text here and by parts there: an error would have to be
made twice, in two ways, to go unseen.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from ground.errors import InternalFault
from quality import check_kinds as k
from quality import library_kinds as lk
from quality import relation_kinds as rk
from quality import spatial_kinds as sk
from quality.gx_library_conditions import same_place, steady
from quality.gx_names import quoted, table_name, text
from quality.rules import Rule

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the unified social credit code, in order of their value (GB 32100-2015)."""

CITIZEN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
"""Weights of the first 17 digits (GB 11643-1999, ISO 7064 MOD 11-2)."""

CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
"""Weights of the first 17 characters (GB 32100-2015): powers of 3 modulo 31."""


def condition_of(rule: Rule, *, as_of: datetime.date, references: Mapping[str, str]) -> str | None:
    """The SQL condition of a rule that no built-in expectation says, or None where another table is missing.

    Args:
        rule: any rule but those of `quality.gx_leaf` that are built in.
        as_of: the day of evaluation.
        references: resource -> name of its table or view, up to three parts, as the connection knows it.

    Raises:
        InternalFault: no condition is written for this kind of check, or a table name is not a plain one.
    """
    if not_covered(rule, references) is not None:
        return None
    condition = _condition(rule, as_of=as_of, references=references)
    if not rule.where:
        return condition
    asked = " AND ".join(f"{quoted(name)} = {text(value)}" for name, value in rule.where.items())
    return f"NOT coalesce({asked}, FALSE) OR ({condition})"


def _condition(rule: Rule, *, as_of: datetime.date, references: Mapping[str, str]) -> str:
    check, item = rule.check, quoted(rule.item)
    beyond = _beyond_row(rule, item, references, as_of)
    if beyond is not None:
        return beyond
    if isinstance(check, k.YearsAgo):
        day, today = f"CAST({item} AS DATE)", f"DATE '{as_of.isoformat()}'"
        early = f"CASE WHEN strftime({today}, '%m%d') < strftime({day}, '%m%d') THEN 1 ELSE 0 END"
        return f"date_diff('year', {day}, {today}) - {early} BETWEEN {check.min} AND {check.max}"
    if isinstance(check, k.DateNotAfter | k.DateNotBefore):
        sign = "<=" if isinstance(check, k.DateNotAfter) else ">="
        limit = as_of if isinstance(check.limit, str) else check.limit
        return f"CAST({item} AS DATE) {sign} DATE '{limit.isoformat()}'"
    if rule.is_spatial:
        return _spatial(check, item)
    return _of_codes(check, item) or _of_two_items(check, item) or _within_row(check, item)


def not_covered(rule: Rule, references: Mapping[str, str]) -> str | None:
    """Why a rule has no second reading here, in Chinese and English; None where it has one."""
    check = rule.check
    tables = list(rule.needs) + (
        [_resource_of(rule)] if isinstance(check, rk.UniqueItem | rk.UsualWith | sk.InsideOf) else []
    )
    if missing := "、".join(name for name in tables if name not in references):
        return f"缺少资源 {missing} 的表；the table of {missing} is missing"
    match check:
        case k.CodeList() | k.OneOf() | k.Matches() | k.Length() | k.Between() if rule.where:
            return "只问部分行的内置检查只由扫描计算；only the scan asks a built-in expectation of some rows"
        case k.IssuingDivisionKnown():
            return "区划沿革表只有一份，复核会读同一张表；there is one table of divisions, a second reading would read the same"
        case rk.Follows():
            return "前后记录的比较只由扫描计算；only the scan puts the rows in order"
        case sk.NoOverlap():
            return "图斑两两比较只由扫描计算；only the scan compares polygons with each other"
        case sk.CoordinateShift():
            return "坐标换算只由扫描计算；only the scan converts coordinates"
        case sk.WithinCity(bounds=None):
            return "与界线并集的比较只由扫描计算；only the scan unites the borders of a resource"
        case sk.InsideOf(tolerance_m=tolerance) if tolerance:
            return "带容差的包含只由扫描计算；only the scan widens polygons by a tolerance"
    return None


def _resource_of(rule: Rule) -> str:
    return rule.id.split(".", maxsplit=1)[0]


def _beyond_row(rule: Rule, item: str, references: Mapping[str, str], as_of: datetime.date) -> str | None:
    match rule.check:
        case rk.InReference() as check:
            return _in_reference(check, item, references)
        case rk.AbsentInReference() as check:
            return _absent(check, item, references[check.resource])
        case rk.AgreesWith() as check:
            return _agrees(check, item, references[check.resource])
        case rk.Cross() as check:
            return _cross(check, references[check.other], as_of)
        case rk.UniqueItem() as check:
            return _unique(check, item, references[_resource_of(rule)])
        case rk.UsualWith() as check:
            return _usual_with(check, item, references[_resource_of(rule)])
        case lk.Steady() as check:
            return steady(check, item, references)
        case lk.SamePlace() as check:
            return same_place(check, item, references)
        case sk.InsideOf() as check:
            return _inside_of(check, item, references[_resource_of(rule)], references[check.resource])
    return None


def _of_codes(check: object, item: str) -> str | None:
    match check:
        case k.OrganisationCode():
            return organisation_code(item)
        case k.RegistrationNumber():
            return registration_number(item)
        case k.BankCard():
            return bank_card(item)
        case k.Plate():
            return plate(item)
    return None


def _of_two_items(check: object, item: str) -> str | None:
    match check:
        case k.StartsAlike():
            return f"left({item}, {check.length}) IS NOT DISTINCT FROM left({quoted(check.other)}, {check.length}) OR {quoted(check.other)} IS NULL"
        case k.EqualsDifference():
            rest = f"CAST({quoted(check.minuend)} AS DOUBLE) - CAST({quoted(check.subtrahend)} AS DOUBLE)"
            low, high = f"{rest} - {check.tolerance} - 1e-9", f"{rest} + {check.tolerance} + 1e-9"
            return f"coalesce(CAST({item} AS DOUBLE) BETWEEN {low} AND {high}, TRUE)"
        case k.NotBeforeItem():
            return f"NOT (CAST({item} AS DATE) < CAST({quoted(check.other)} AS DATE))"
        case k.NotAfterItem():
            return f"NOT (CAST({item} AS DATE) > CAST({quoted(check.other)} AS DATE))"
        case k.AgeBetween():
            number = quoted(check.citizen_id)
            born = f"try_strptime({number}[7:14], '%Y%m%d')::DATE"
            # A birthday has come when the year is full; the 29th of February comes on the 1st of March.
            years = f"date_diff('year', {born}, CAST({item} AS DATE)) - CASE WHEN strftime(CAST({item} AS DATE), '%m%d') < {number}[11:14] THEN 1 ELSE 0 END"
            least = str(check.min)
            if check.min_of_men is not None:
                least = (
                    f"CASE WHEN {number}[17] IN ('1', '3', '5', '7', '9') THEN {check.min_of_men} ELSE {check.min} END"
                )
            return f"(NOT {citizen_id(number)}) OR ({years}) BETWEEN {least} AND {check.max}"
    return None


def _spatial(check: object, item: str) -> str:
    shape = _tried(item)
    match check:
        case sk.GeometryValid():
            # What needs no mending is valid; invalid geometry comes out of it in another form.
            return f"coalesce(ST_AsText(ST_MakeValid({shape})) = ST_AsText({shape}), FALSE)"
        case sk.WithinCity(bounds=tuple() as bounds):
            inside = (
                f"ST_XMin({shape}) >= {bounds[0]} AND ST_YMin({shape}) >= {bounds[1]} AND "
                f"ST_XMax({shape}) <= {bounds[2]} AND ST_YMax({shape}) <= {bounds[3]}"
            )
            return f"NOT {_mended(shape)} OR ({inside})"
        case sk.AreaEquals():
            polygon = _tried(quoted(check.geometry))
            # By an equal-area projection here, on the ellipsoid there.
            plane = f"ST_Area(ST_Transform({polygon}, 'EPSG:4490', '{EQUAL_AREA}', always_xy := true))"
            written = f"CAST({item} AS DOUBLE) * {_SQUARE_METRES[check.unit]}"
            return f"CASE WHEN {_mended(polygon)} THEN abs({written} - {plane}) <= {check.tolerance} * {plane} ELSE TRUE END"
    raise InternalFault(
        f"检查类型 {type(check).__name__} 没有对照条件。", f"No second reading is written for {type(check).__name__}."
    )


EQUAL_AREA = "+proj=cea +lon_0=105 +lat_ts=30 +ellps=GRS80 +units=m"
"""Lambert's cylindrical equal-area projection on the ellipsoid of CGCS2000."""
_SQUARE_METRES = {"m2": "1", "mu": "10000 / 15", "hectare": "10000"}


def _mended(shape: str) -> str:
    return f"coalesce(ST_AsText(ST_MakeValid({shape})) = ST_AsText({shape}), FALSE)"


def _within_row(check: object, item: str) -> str:
    match check:
        case k.NotNull():
            return f"coalesce(CAST({item} AS VARCHAR), '') <> ''"
        case k.CitizenId():
            return citizen_id(item)
        case k.CreditCode():
            return credit_code(item)
        case k.Phone():
            return phone(item)
        case k.BirthDateOf():
            number = quoted(check.citizen_id)
            return f"(NOT {citizen_id(number)}) OR try_strptime({number}[7:14], '%Y%m%d')::DATE = CAST({item} AS DATE)"
        case k.SexOf():
            number = quoted(check.citizen_id)
            parity = f"CASE WHEN CAST({number}[17] AS INTEGER) % 2 = 0 THEN '2' ELSE '1' END"
            return f"CASE WHEN {item} IN ('1', '2') AND {citizen_id(number)} THEN {item} = {parity} ELSE TRUE END"
        case k.DivisionIn():
            known = " OR ".join(f"starts_with({item}, {text(code)})" for code in check.divisions)
            return f"length({item}) = 6 AND ({known})"
        case k.NotEqualsItem():
            return f"{item} IS DISTINCT FROM {quoted(check.other)}"
        case k.EqualsItem():
            return f"{item} = {quoted(check.other)}"
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


def organisation_code(item: str) -> str:
    """Alphabet and check digit of an organisation code, in SQL (GB 11714-1997)."""
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = f"list_sum(list_transform(range(1, 9), lambda i: (instr('{signs}', {item}[i]) - 1) * [3, 7, 9, 10, 5, 8, 4, 2][i]))"
    check = f"'0123456789X0'[CAST(12 - {total} % 11 AS INTEGER)]"
    return f"(CASE WHEN NOT regexp_full_match({item}, '[0-9A-Z]{{8}}[0-9X]') THEN FALSE ELSE {item}[9] = {check} END)"


def registration_number(item: str) -> str:
    """Fifteen digits that ISO 7064 MOD 11,10 brings to one, in SQL (GS 15-2006)."""
    digits = f"list_transform(range(1, 15), lambda i: CAST({item}[i] AS INTEGER))"
    step = "lambda p, d: (CASE WHEN (p + d) % 10 = 0 THEN 10 ELSE (p + d) % 10 END) * 2 % 11"
    return (
        f"(CASE WHEN NOT regexp_full_match({item}, '[0-9]{{15}}') THEN FALSE "
        f"ELSE (list_reduce({digits}, {step}, 10) + CAST({item}[15] AS INTEGER)) % 10 = 1 END)"
    )


def bank_card(item: str) -> str:
    """Sixteen to nineteen digits whose sum by Luhn ends in zero, in SQL (ISO/IEC 7812-1)."""
    digit = f"CAST(reverse({item})[i] AS INTEGER)"
    doubled = f"CASE WHEN i % 2 = 1 THEN {digit} WHEN {digit} > 4 THEN {digit} * 2 - 9 ELSE {digit} * 2 END"
    total = f"list_sum(list_transform(range(1, length({item}) + 1), lambda i: {doubled}))"
    return f"(CASE WHEN NOT regexp_full_match({item}, '[0-9]{{16,19}}') THEN FALSE ELSE {total} % 10 = 0 END)"


def plate(item: str) -> str:
    """The forms of GA 36-2018, sign by sign, in SQL."""
    provinces = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
    head = (
        f"contains('{provinces}', {item}[1]) AND regexp_full_match({item}[2], '[A-Z]') AND {item}[2] NOT IN ('I', 'O')"
    )
    rest = f"{item}[3:]"
    plain = f"regexp_full_match({rest}, '[A-Z0-9]{{5}}') OR regexp_full_match({rest}, '[A-Z0-9]{{4}}[挂学警港澳领]')"
    energy = f"regexp_full_match({rest}, '[A-HJK][A-Z0-9][0-9]{{4}}|[0-9]{{5}}[A-HJK]')"
    letters = f"NOT regexp_matches({rest}, '[IO]')"
    consulate = f"regexp_full_match({item}, '使[0-9]{{6}}')"
    return f"({consulate} OR ({head} AND {letters} AND ({plain} OR {energy})))"


def phone(item: str) -> str:
    """A mobile or landline number of the mainland, in SQL."""
    return f"regexp_full_match({item}, '1[3-9][0-9]{{9}}|(010|02[0-9]|0[3-9][0-9]{{2}})-?[0-9]{{7,8}}(-[0-9]{{1,6}})?')"


def _in_reference(check: rk.InReference, item: str, references: Mapping[str, str]) -> str:
    value = f"{item}[{check.part.from_}:{check.part.to}]" if check.part else item
    asked = [
        f"{value} IN (SELECT {held} FROM {table_name(references[name])} WHERE {held} IS NOT NULL)"  # noqa: S608  quoted
        for name, held in [(check.resource, quoted(check.item)), *((n, quoted(i)) for n, i in check.or_in.items())]
    ]
    inside = " OR ".join(asked)
    if not check.starting:
        return inside
    other = " AND ".join(f"NOT starts_with({item}, {text(start)})" for start in check.starting)
    return f"({other}) OR {inside}"


def _absent(check: rk.AbsentInReference, item: str, table: str) -> str:
    held = quoted(check.item)
    there = "".join(f" AND {quoted(name)} = {text(value)}" for name, value in check.other_when.items())
    return f"{item} NOT IN (SELECT {held} FROM {table_name(table)} WHERE {held} IS NOT NULL{there})"  # noqa: S608  quoted


def _unique(check: rk.UniqueItem, item: str, table: str) -> str:
    names = [item, *map(quoted, check.together_with)]
    several = " OR ".join(f"count(DISTINCT {quoted(name)}) > 1" for name in check.differs_in) or "count(*) > 1"
    given, listed = " AND ".join(f"{name} IS NOT NULL" for name in names), ", ".join(names)
    found = f"SELECT {listed} FROM {table_name(table)} WHERE {given} GROUP BY {listed} HAVING {several}"  # noqa: S608  quoted
    return f"NOT ({given}) OR ({listed}) NOT IN ({found})"


def _usual_with(check: rk.UsualWith, item: str, table: str) -> str:
    """Not among the values that a window over their like shows to be outvoted."""
    names = list(map(quoted, check.given))
    given, listed = " AND ".join(f"{name} IS NOT NULL" for name in [*names, item]), ", ".join(names)
    like = f"OVER (PARTITION BY {listed})"
    outvoted = (
        f"SELECT {listed}, {item} FROM {table_name(table)} WHERE {given} GROUP BY {listed}, {item} "  # noqa: S608  quoted
        f"QUALIFY count(*) <> max(count(*)) {like} AND max(count(*)) {like} > sum(count(*)) {like} - max(count(*)) {like}"
    )
    return f"NOT ({given}) OR ({listed}, {item}) NOT IN ({outvoted})"


def _inside_of(check: sk.InsideOf, item: str, own: str, table: str) -> str:
    """Not among the geometries with a polygon of their code where each such polygon leaves something of them over."""
    code, polygon = quoted(check.key), quoted(check.item)
    here = f"SELECT {item} AS _text, {code} AS _code, {_tried(item)} AS _shape FROM {table_name(own)}"  # noqa: S608  quoted
    there = f"SELECT {quoted(check.other_key or check.key)} AS _code, {_tried(polygon)} AS _polygon FROM {table_name(table)}"  # noqa: S608  quoted
    outside = (
        f"SELECT _text, _code FROM (SELECT DISTINCT * FROM ({here})) JOIN ({there}) USING (_code) "  # noqa: S608  quoted
        f"WHERE {_mended('_shape')} AND {_mended('_polygon')} GROUP BY _text, _code "
        "HAVING NOT bool_or(ST_IsEmpty(ST_Difference(_shape, _polygon)))"
    )
    return f"coalesce(({item}, {code}) NOT IN ({outside}), TRUE)"


def _tried(text: str) -> str:
    return f"TRY(ST_GeomFromText({text}))"


def _agrees(check: rk.AgreesWith, item: str, table: str) -> str:
    key, names = quoted(check.other_key or check.key), [check.item, *([check.or_item] if check.or_item else [])]
    # Renamed inside, so that a name of this row cannot be taken for one of the other table.
    there = f"SELECT {key} AS _key, unnest([{', '.join(map(quoted, names))}]) AS _held FROM {table_name(table)}"  # noqa: S608  quoted
    given = f"FROM ({there}) WHERE _held IS NOT NULL AND _key = {quoted(check.key)}"
    return f"NOT EXISTS (SELECT 1 {given}) OR EXISTS (SELECT 1 {given} AND _held = {item})"


def _cross(check: rk.Cross, table: str, as_of: datetime.date) -> str:
    here = " AND ".join(f"{quoted(name)} = {text(value)}" for name, value in check.when.items()) or "TRUE"
    key = quoted(check.other_key or check.key)
    wanted = [f"{key} IS NOT NULL", *(f"{quoted(name)} = {text(value)}" for name, value in check.other_when.items())]
    dates = [f"CAST({quoted(name)} AS DATE) AS _date_{place}" for place, name in enumerate(check.other_earlier)]
    earlier = "".join(
        f" AND _date_{place} + {check.days} < {text(as_of.isoformat()) + '::DATE' if own == rk.AS_OF else f'CAST({quoted(own)} AS DATE)'}"
        for place, own in enumerate(check.other_earlier.values())
    )
    # Renamed inside, so that a name of this row cannot be taken for one of the other table.
    there = f"SELECT {', '.join([f'{key} AS _key', *dates])} FROM {table_name(table)} WHERE {' AND '.join(wanted)}"  # noqa: S608  quoted
    found = f"EXISTS (SELECT 1 FROM ({there}) WHERE _key = {quoted(check.key)}{earlier})"  # noqa: S608  quoted
    return f"NOT coalesce(({here}) AND {found}, FALSE)"
