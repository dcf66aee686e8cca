"""The demo city's releases, published from small libraries into a folder: files, refusals, repetition."""

import csv
import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exchange.publication import service
from exchange.publication.policies import OpeningRules
from exchange.publication.release import Release
from exchange.publication.service import publish, published
from exchange.publication.subject import Key, Subject
from ground.documents import read_document
from ground.errors import RefusedData, UserError
from policy.profile import load_profile

DOCUMENTS = Path(__file__).resolve().parents[2] / "simulation" / "documents" / "releases"
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
RULES = OpeningRules.of(load_profile("haishu"))
DISTRICTS = ["420102", "420106", "420111"]
COMPANIES = 3_000
CON = ibis.duckdb.connect()
CON.raw_sql("CREATE MACRO test_hmac(x) AS sha256('k' || sha256('k' || x))")


@ibis.udf.scalar.builtin(name="test_hmac")
def _hmac(x: str) -> str: ...


KEY = Key(id="public-2026", hmac=_hmac)


def document(name) -> Release:
    return read_document(DOCUMENTS / f"{name}.yaml", Release)


def population(persons=600):
    random = np.random.default_rng(7)
    births = np.datetime64("1940-01-01") + random.integers(0, 31_000, persons)
    return ibis.memtable(
        pa.table(
            {
                "citizen_id": [f"ID-{number:06d}" for number in range(persons)],
                "division": random.choice(DISTRICTS, persons, p=[0.6, 0.37, 0.03]),
                "birth_date": pa.array(births.astype("datetime64[D]")),
            }
        )
    )


def legal_person(count=COMPANIES):
    random = np.random.default_rng(8)
    founded = np.datetime64("2000-01-01") + random.integers(0, 9_800, count)
    return ibis.memtable(
        pa.table(
            {
                "credit_code": [f"CODE-{number:06d}" for number in range(count)],
                "type": random.choice(
                    ["enterprise", "individual_business", "cooperative"], count, p=[0.55, 0.42, 0.03]
                ),
                "division": random.choice(DISTRICTS, count),
                "industry": random.choice(["F", "C", "H", "L", "Z"], count, p=[0.5, 0.3, 0.15, 0.04, 0.01]),
                "established_on": pa.array(founded.astype("datetime64[D]")),
                "registered_capital": pa.array(random.integers(1, 5_000, count), pa.int64()).cast(pa.decimal128(24, 4)),
                "legal_representative": ["张三"] * count,
                "state": random.choice(["active", "revoked"], count, p=[0.9, 0.1]),
            }
        )
    )


def subject(table, sources, snapshot="42"):
    return Subject(table, snapshot, date(2026, 11, 21), "市场监督管理局", frozenset(sources))


def send(release, table, target, *, snapshot="42", **changes):
    options = {"now": NOW, "rules": RULES, "to_arrow": CON.to_pyarrow, "key": KEY} | changes
    return publish(
        release,
        subject(table, {"ga", "sw"} if release.library == "population" else {"sc", "sw"}, snapshot),
        target=target,
        **options,
    )


def rows_of(one):
    return pq.read_table(next(one.folder.glob("*.parquet"))).to_pylist()


@pytest.mark.duty("R-215", "R-075", "R-194")
@pytest.mark.parametrize("name", sorted(path.stem for path in DOCUMENTS.glob("*.yaml")))
def test_every_release_of_the_demo_is_published_with_right_sums(name, tmp_path):
    release = document(name)
    one = send(release, population() if release.library == "population" else legal_person(), tmp_path)

    slug = name.replace("_", "-")
    assert one.folder == tmp_path / slug / "42"
    assert one.release == f"{slug}/42"
    assert sorted(path.name for path in one.folder.iterdir()) == sorted(
        [f"{slug}.csv", f"{slug}.parquet", "dcat.jsonld", "manifest.json"]
    )
    assert [path.name for path in one.folder.parent.iterdir()] == ["42"]
    written = json.loads((one.folder / "manifest.json").read_text(encoding="utf-8"))
    assert written["state"] == "published"
    for file in written["files"]:
        content = (one.folder / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    with next(one.folder.glob("*.csv")).open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.reader(file))
    assert read[0] == [column["title"] for column in written["columns"]]
    assert len(read) - 1 == written["rows"] == len(rows_of(one))


@pytest.mark.duty("R-215")
def test_the_description_is_dcat(tmp_path):
    one = send(document("legal_person_dataset"), legal_person(), tmp_path)
    found = json.loads((one.folder / "dcat.jsonld").read_text(encoding="utf-8"))
    assert found["@type"] == "dcat:Dataset"
    assert found["dct:title"] == {"@language": "zh-CN", "@value": "法人单位基本信息（脱敏）"}
    assert found["dct:publisher"]["foaf:name"]["@value"] == "市场监督管理局"
    assert found["dct:issued"]["@value"] == "2026-11-21T15:00:00+08:00"
    assert found["dct:temporal"]["dcat:endDate"]["@value"] == "2026-11-21"
    assert found["dcat:theme"][0]["@value"] == "经济与市场"
    for part in found["dcat:distribution"]:
        file = one.folder / part["dcat:downloadURL"]["@id"]
        assert part["dcat:byteSize"]["@value"] == str(file.stat().st_size)
        checksum = part["spdx:checksum"]
        assert checksum["spdx:algorithm"]["@id"] == "spdx:checksumAlgorithm_sha256"
        assert checksum["spdx:checksumValue"]["@value"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert {prefix for key in found for prefix in [key.split(":")[0]] if ":" in key} <= set(found["@context"])


@pytest.mark.duty("R-128", "R-194")
def test_the_dataset_shows_no_person_and_meets_its_k(tmp_path):
    one = send(document("legal_person_dataset"), legal_person(), tmp_path)
    rows = rows_of(one)
    text = "".join(path.read_text(encoding="utf-8-sig") for path in one.folder.glob("*.csv"))

    assert "CODE-" not in text
    assert "张三" not in text
    assert "individual_business" not in text
    classes = {}
    for row in rows:
        key = tuple(value for name, value in row.items() if name != "subject")
        classes[key] = classes.get(key, 0) + 1
    assert min(classes.values()) == one.manifest.k >= 5
    assert one.manifest.rows_withheld > 0
    assert one.manifest.filter == {"type": ["enterprise", "cooperative"], "state": ["active"]}
    table = CON.to_pyarrow(legal_person()).to_pylist()
    kept = sum(row["state"] == "active" and row["type"] != "individual_business" for row in table)
    assert one.manifest.rows + one.manifest.rows_withheld == kept
    assert one.manifest.pseudonym_key == "public-2026"
    assert [row["subject"] for row in rows] == sorted(row["subject"] for row in rows)


def test_the_statistic_counts_everybody_and_suppresses_the_few(tmp_path):
    one = send(document("population_by_district_age"), population(), tmp_path, key=None)
    rows = {(row["division"], row["age"]): row for row in rows_of(one)}
    assert rows["_T", "合计"]["count"] == 600
    assert rows["420106", "合计"]["division_title"] == "武昌区"
    assert one.manifest.cells_suppressed == sum(row["status"] == "suppressed" for row in rows.values()) > 0
    assert all(row["count"] is None or row["count"] == 0 or row["count"] >= 5 for row in rows.values())
    assert one.manifest.pseudonym_key is None


@pytest.mark.duty("R-203", "R-128")
def test_a_dataset_of_persons_is_refused_with_the_article_and_nothing_is_written(tmp_path):
    plan = {
        "columns": {"division": {"title": "区划", "technique": "division", "digits": 6}},
        "quasi_identifiers": ["division"],
        "k": 20,
    }
    release = Release.model_validate(
        document("population_by_district_age").model_dump() | {"kind": "dataset", "masking": plan, "statistic": None}
    )
    with pytest.raises(RefusedData, match="第32条"):
        send(release, population(), tmp_path / "published")
    assert not (tmp_path / "published").exists()


@pytest.mark.duty("R-194", "R-075")
def test_a_release_below_its_k_is_refused_and_nothing_is_written(tmp_path):
    release = document("legal_person_dataset")
    strict = release.model_copy(update={"masking": release.masking.model_copy(update={"suppress_below_k": False})})
    with pytest.raises(RefusedData, match=r"k=5，实测 k=[1-4]，\d+ 行"):
        send(strict, legal_person(), tmp_path / "published")
    with pytest.raises(RefusedData, match="实测 k=0"):
        send(release, legal_person(0), tmp_path / "published")
    assert not (tmp_path / "published").exists()


def test_the_same_snapshot_again_is_the_same_release(tmp_path):
    first = send(document("legal_person_dataset"), legal_person(), tmp_path)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.folder.iterdir()}

    again = send(document("legal_person_dataset"), legal_person(10), tmp_path, now=NOW.replace(year=2027))
    renamed = document("legal_person_dataset").model_copy(update={"title": "新标题"})
    changed = send(renamed, legal_person(), tmp_path)

    assert (first.existed, again.existed, changed.existed) == (False, True, True)
    assert (again.document_changed, changed.document_changed) == (False, True)
    assert again.manifest == first.manifest
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.folder.iterdir()} == before


def test_two_runs_of_one_snapshot_write_the_same_bytes(tmp_path):
    one, two = (send(document("legal_person_dataset"), legal_person(), tmp_path / name) for name in ("a", "b"))
    assert one.manifest == two.manifest


def test_the_next_snapshot_is_another_release_and_both_are_listed(tmp_path):
    for number, snapshot in enumerate(("42", "43")):
        send(
            document("population_by_district_age"),
            population(),
            tmp_path,
            snapshot=snapshot,
            now=NOW.replace(minute=number),
        )
    assert [one.release for one in published(tmp_path)] == [
        "population-by-district-age/42",
        "population-by-district-age/43",
    ]


def test_altered_files_are_noticed(tmp_path):
    one = send(document("population_by_district_age"), population(), tmp_path)
    with next(one.folder.glob("*.csv")).open("a", encoding="utf-8") as file:
        file.write("x")
    with pytest.raises(RefusedData, match=r"population-by-district-age\.csv"):
        send(document("population_by_district_age"), population(), tmp_path)


@pytest.mark.parametrize("moment", ["ledger", "writing"])
def test_what_fails_half_way_leaves_nothing_visible(tmp_path, monkeypatch, moment):
    seen = []

    def ledger(manifest):
        seen.append(manifest.release)
        assert published(tmp_path) == []
        if moment == "ledger":
            raise OSError("ledger is away")

    def broken(*_, **__):
        raise OSError("disk is full")

    if moment == "writing":
        monkeypatch.setattr(service, "write_draft", broken)
    with pytest.raises(OSError, match=r"ledger|disk"):
        send(document("population_by_district_age"), population(), tmp_path, before_release=ledger)
    assert seen == (["population-by-district-age/42"] if moment == "ledger" else [])
    assert list((tmp_path / "population-by-district-age").iterdir()) == []


def test_large_libraries_go_out_in_batches(tmp_path):
    asked = []

    def batches(rows):
        asked.append(rows.columns)
        return CON.to_pyarrow(rows).to_batches(max_chunksize=100)

    whole = send(document("legal_person_dataset"), legal_person(), tmp_path / "a")
    parts = send(document("legal_person_dataset"), legal_person(), tmp_path / "b", batches=batches)
    assert len(asked) == 1
    assert rows_of(parts) == rows_of(whole)


@pytest.mark.parametrize("snapshot", ["../42", "", "4/2", ".hidden"])
def test_a_snapshot_id_is_no_path(tmp_path, snapshot):
    with pytest.raises(UserError, match="snapshot"):
        send(document("population_by_district_age"), population(), tmp_path, snapshot=snapshot)
