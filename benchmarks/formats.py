"""Intake of every form in rows per second, beside a bare read of the same file: ``python benchmarks/formats.py [--rows N]``.

Ours is the whole way as ``feed run`` goes it: bytes copied and digested, text kept in raw, contract, quarantine, standard,
one commit of the lake. The bare read is DuckDB's, pandas' or pyogrio's reader into memory, every value text. Each pair
runs three times in turn in processes of their own. Writes ``results/formats.md``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from run import spawn

HERE = Path(__file__).resolve().parent
RUNS = 3
NOW = datetime.datetime(2026, 11, 21, 7, tzinfo=datetime.UTC)
ITEMS = ["citizen_id", "name", "sex", "birth_date", "address", "phone", "amount", "updated_at"]
WIDTHS = {
    "citizen_id": 18,
    "name": 12,
    "sex": 1,
    "birth_date": 10,
    "address": 60,
    "phone": 11,
    "amount": 12,
    "updated_at": 19,
}
MOST = {"xls": 60_000, "xlsx": 100_000}
"""Rows that a department puts into one workbook; the other forms take them all."""


def frame(rows: int) -> pd.DataFrame:
    """``rows`` people as text, eight items."""
    rng = np.random.default_rng(1)
    number = np.arange(rows)
    day = (np.datetime64("1950-01-01") + rng.integers(0, 25_000, rows)).astype("datetime64[D]")
    return pd.DataFrame(
        {
            "citizen_id": [f"4201{n:014d}" for n in number],
            "name": rng.choice(["张伟", "王秀英", "李娜", "欧阳文博", "陈静"], rows),
            "sex": rng.choice(["1", "2"], rows),
            "birth_date": np.datetime_as_string(day),
            "address": [f"武汉市江岸区中山大道{n % 900 + 1}号{n % 30 + 1}栋{n % 32 + 1}01室" for n in number],
            "phone": [f"1380{n % 10_000_000:07d}" for n in number],
            "amount": [f"{n % 9000}.{n % 100:02d}" for n in number],
            "updated_at": "2026-10-01 08:00:00",
        }
    )


def points(rows: int) -> Any:
    """The same people as an Arrow table with a point each, for the forms made for features."""
    import pyarrow as pa
    import shapely

    table = pa.Table.from_pandas(frame(rows), preserve_index=False)
    number = np.arange(rows)
    geometry = shapely.to_wkb(shapely.points(114 + number % 1000 / 1000, 30 + number % 777 / 1000))
    return table.append_column("geometry", pa.array(geometry, type=pa.binary()))


def _zipped(content: Callable[[Path, int], None], suffix: str) -> Callable[[Path, int], None]:
    def write(path: Path, rows: int) -> None:
        inner = path.with_suffix(suffix)
        content(inner, rows)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(path.parent.glob(f"{path.stem}.*")):
                if part != path:
                    archive.write(part, part.name)
                    part.unlink()

    return write


def _features(driver: str, **options: Any) -> Callable[[Path, int], None]:
    def write(path: Path, rows: int) -> None:
        import pyogrio

        pyogrio.write_arrow(
            points(rows),
            path,
            driver=driver,
            geometry_name="geometry",
            geometry_type="Point",
            crs="EPSG:4490",
            **options,
        )

    return write


def _xml(path: Path, rows: int) -> None:
    table = frame(rows)
    body = "<record>" + "".join(f"<{name}>%s</{name}>" for name in ITEMS) + "</record>\n"
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<records>\n')
        file.writelines(body % row for row in zip(*(table[name] for name in ITEMS), strict=True))
        file.write("</records>\n")


def _fixed(path: Path, rows: int) -> None:
    table = frame(rows)
    columns = [[value.encode("gbk").ljust(width) for value in table[name]] for name, width in WIDTHS.items()]
    path.write_bytes(b"".join(b"".join(row) + b"\n" for row in zip(*columns, strict=True)))


def _xls(path: Path, rows: int) -> None:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("data")
    table = frame(rows)
    for column, name in enumerate(ITEMS):
        sheet.write(0, column, name)
        for row, value in enumerate(table[name], 1):
            sheet.write(row, column, value)
    book.save(str(path))


def _duckdb(reader: str) -> Callable[[Path], int]:
    def read(path: Path) -> int:
        import duckdb

        connection = duckdb.connect()
        connection.execute(f"CREATE TEMP TABLE t AS FROM {reader.format(path=path)}")
        return int(connection.execute("SELECT count(*) FROM t").fetchall()[0][0])

    return read


def _pandas(call: str, **options: Any) -> Callable[[Path], int]:
    return lambda path: len(getattr(pd, call)(path, dtype=str, **options))


def _pyogrio(prefix: str = "") -> Callable[[Path], int]:
    def read(path: Path) -> int:
        import pyogrio

        _, table = pyogrio.read_arrow(f"{prefix}{path}")
        return int(table.num_rows)

    return read


def _csv(**options: Any) -> Callable[[Path, int], None]:
    return lambda path, rows: frame(rows).to_csv(path, index=False, **options)


FORMS: dict[str, tuple[str, Any, Callable[[Path, int], None], str, Callable[[Path], int]]] = {
    "csv": ("csv", {"kind": "csv"}, _csv(), "DuckDB read_csv", _duckdb("read_csv('{path}', all_varchar=true)")),
    "csv, GBK": ("csv", {"kind": "csv", "encoding": "gbk"}, _csv(encoding="gbk"), "pandas read_csv", _pandas("read_csv", encoding="gbk")),
    "zip of csv": ("zip", {"kind": "zip", "content": {"kind": "csv"}}, _zipped(_csv(), ".csv"), "pandas read_csv", _pandas("read_csv")),
    "xlsx": ("xlsx", {"kind": "xlsx"}, lambda path, rows: frame(rows).to_excel(path, index=False, engine="xlsxwriter"), "pandas read_excel (calamine)", _pandas("read_excel", engine="calamine")),
    "xls": ("xls", {"kind": "xls"}, _xls, "pandas read_excel (calamine)", _pandas("read_excel", engine="calamine")),
    "json": ("json", {"kind": "json"}, lambda path, rows: frame(rows).to_json(path, orient="records", force_ascii=False), "DuckDB read_json", _duckdb("read_json('{path}', maximum_object_size=2000000000)")),
    "json lines": ("jsonl", {"kind": "jsonl"}, lambda path, rows: frame(rows).to_json(path, orient="records", lines=True, force_ascii=False), "DuckDB read_json", _duckdb("read_json('{path}')")),
    "xml": ("xml", {"kind": "xml", "record": "record"}, _xml, "pandas read_xml (iterparse)", _pandas("read_xml", iterparse={"record": ITEMS})),
    "fixed width, GBK": ("txt", {"kind": "fixed_width", "fields": {}}, _fixed, "pandas read_fwf", _pandas("read_fwf", widths=list(WIDTHS.values()), encoding="gbk", header=None)),
    "parquet": ("parquet", {"kind": "parquet"}, lambda path, rows: frame(rows).to_parquet(path, index=False), "DuckDB read_parquet", _duckdb("read_parquet('{path}')")),
    "geojson": ("geojson", {"kind": "geojson"}, _features("GeoJSON"), "pyogrio read_arrow", _pyogrio()),
    "geopackage": ("gpkg", {"kind": "geopackage"}, _features("GPKG", layer="data"), "pyogrio read_arrow", _pyogrio()),
    "shapefile, GBK, zipped": ("zip", {"kind": "zip", "member": "*.shp", "content": {"kind": "shapefile", "encoding": "gbk"}}, _zipped(_features("ESRI Shapefile", encoding="GBK"), ".shp"), "pyogrio read_arrow", _pyogrio("/vsizip/")),
}  # fmt: skip
FEATURES = ("geojson", "geopackage", "shapefile, GBK, zipped")


def home_for(work: Path, form: str) -> Path:
    """A home with one feed of one resource, declared as a department would."""
    suffix, format_, *_ = FORMS[form]
    home = work / "home"
    items: list[dict[str, Any]] = [{"id": name, "title": name} for name in ITEMS]
    items[ITEMS.index("birth_date")]["type"] = "date"
    items[ITEMS.index("amount")]["type"] = "decimal"
    items[ITEMS.index("updated_at")]["type"] = "timestamp"
    columns = {name: name for name in ITEMS}
    feed: dict[str, Any] = {
        "id": "person",
        "resource": "person",
        "source": {"kind": "file", "path": f"person_{{period}}.{suffix}"},
    }
    if form in FEATURES:
        # A shapefile's names have ten characters.
        columns = {name[:10] if "shapefile" in form else name: name for name in ITEMS}
        items.append({"id": "location", "title": "location", "type": "geometry", "srid": 4490, "shape": "point"})
        feed["geometry"] = {"item": "location", "crs": "cgcs2000", "column": "geometry"}
    if form.startswith("fixed"):
        starts = np.cumsum([1, *WIDTHS.values()])
        fields = {
            name: {"start": int(at), "width": width} for (name, width), at in zip(WIDTHS.items(), starts, strict=False)
        }
        format_ = format_ | {"fields": fields}
    resource = {
        "id": "person", "title": "人员", "department": "bureau", "system": "人口系统", "storage_format": "database",
        "provision_mode": "file", "share_until": "长期", "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"}, "update_cycle": "monthly", "key": ["citizen_id"],
        "observed_at": "updated_at", "items": items,
    }  # fmt: skip
    from hub.hub import init_home

    init_home(home)
    for path, document in (
        ("resources/person", resource),
        ("feeds/person", feed | {"format": format_, "columns": columns}),
    ):
        (home / "city" / f"{path}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return home


def ours(form: str, work: Path, rows: int) -> dict[str, Any]:
    """Intake of one file, as ``feed run`` does it."""
    from hub.hub import Hub
    from pipelines.intake.store import Outcome

    shutil.rmtree(work / "home", ignore_errors=True)
    home = home_for(work, form)
    suffix = FORMS[form][0]
    shutil.copyfile(work / f"person_2026-11.{suffix}", home / "inbox" / f"person_2026-11.{suffix}")
    hub = Hub(home)
    hub.load_catalogue(NOW)
    with hub.lake.writing() as writer:
        writer.engine.execute("SELECT $1", [b"warm"])
    started = time.perf_counter()
    (one,) = hub.intake.run("person", NOW)
    seconds = time.perf_counter() - started
    if one.outcome is not Outcome.TAKEN or one.rows_taken != rows:
        raise SystemExit(f"{form}: {one.outcome} {one.rows_taken} {one.message_en} {one.reasons}")
    return {"seconds": seconds}


def bare(form: str, work: Path, rows: int) -> dict[str, Any]:
    """A bare read of the same file."""
    import duckdb
    import pyogrio

    duckdb.connect().execute("SELECT 1")
    pyogrio.list_drivers()
    started = time.perf_counter()
    found = FORMS[form][4](work / f"person_2026-11.{FORMS[form][0]}")
    seconds = time.perf_counter() - started
    if found != rows:
        raise SystemExit(f"{form}: bare read found {found} rows")
    return {"seconds": seconds}


def measure(form: str, rows: int) -> str:
    """One line of the table."""
    rows = min(rows, MOST.get(form, rows))
    work = Path(tempfile.mkdtemp(prefix="shuyuan-formats-"))
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    peak = 0.0
    try:
        path = work / f"person_2026-11.{FORMS[form][0]}"
        FORMS[form][2](path, rows)
        for _ in range(RUNS):
            for who, kept in times.items():
                text, memory = spawn(str(HERE / "formats.py"), "--step", who, form, str(work), str(rows))
                kept.append(float(json.loads(text.splitlines()[-1])["seconds"]))
                peak = max(peak, memory if who == "ours" else 0.0)
        size = path.stat().st_size / 1e6
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ours_, bare_ = statistics.median(times["ours"]), statistics.median(times["bare"])
    return (
        f"| {form} | {rows:,} | {size:.0f} MB | {rows / ours_:,.0f} | {rows / bare_:,.0f} | {FORMS[form][3]} "
        f"| {ours_ / bare_:.1f} | {peak:.1f} GB |"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=500_000)
    arguments.add_argument("--forms", nargs="*", default=list(FORMS))
    arguments.add_argument("--step", nargs=4, metavar=("WHO", "FORM", "WORK", "ROWS"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        who, form, work, rows = given.step
        print(json.dumps({"ours": ours, "bare": bare}[who](form, Path(work), int(rows))))
        return
    lines = [
        "# Intake of every form",
        "",
        f"{os.cpu_count()} cores; medians of {RUNS}; written by `benchmarks/formats.py`. Ours is the whole intake: landing, raw, "
        "contract, quarantine, standard, one commit.",
        "",
        "| form | rows | file | intake, rows/s | bare read, rows/s | by | ratio | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for form in given.forms:
        lines.append(measure(form, given.rows))
        print(lines[-1], file=sys.stderr)
    page = HERE / "results" / "formats.md"
    page.write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
