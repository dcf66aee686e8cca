"""The month after: what is delivered again, what is put right, what is wrong anew, and that its truth says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ground.errors import UserError
from portal.cli.homes import run_simulation
from simulation.city import CitySummary, simulate
from simulation.truth import read_truth

PERSONS, SEED = 2_000, 7
KEY = "公民身份号码"


@dataclass(frozen=True)
class Months:
    home: Path
    second: CitySummary
    before: pd.DataFrame
    after: pd.DataFrame
    truth: pd.DataFrame


def _register(home: Path, name: str, encoding: str = "gbk") -> pd.DataFrame:
    return pd.read_csv(home / "inbox" / "ga" / name, encoding=encoding, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Months:
    home = tmp_path_factory.mktemp("months")
    simulate(home, persons=PERSONS, seed=SEED)
    second = simulate(home, persons=PERSONS, seed=SEED, day=2)
    truth = pq.read_table(home / "simulation" / "truth_day2.parquet").to_pandas()
    before, after = _register(home, "hukou_2026-11.csv"), _register(home, "hukou_2026-12.csv")
    return Months(home, second, before, after, truth)


def test_every_full_feed_comes_again_for_the_next_month(months: Months) -> None:
    files = {path.name for path in (months.home / "inbox").rglob("*") if path.is_file()}
    again = {name.replace("2026-12", "2026-11") for name in files if "2026-12" in name}
    assert again - files == {"hukou_correction_2026-11.csv", "hukou_cancelled_2026-11.csv"}
    assert {name for name in files if "2026-11" in name} <= again


def test_little_has_changed_and_all_that_has_says_when(months: Months) -> None:
    old = months.before.drop_duplicates(KEY, keep=False).set_index(KEY)
    new = months.after.drop_duplicates(KEY, keep=False).set_index(KEY)
    shifted = new.index[~new["更新时间"].str.startswith("20")]
    both = old.index.intersection(new.index).difference(shifted)
    assert len(both) > 0.97 * len(old)
    changed = (old.loc[both] != new.loc[both]).any(axis=1)
    assert 0.01 < changed.mean() < 0.1
    assert (new.loc[both, "更新时间"][changed] > "2026-11-01").mean() > 0.97
    assert (new.loc[both, "更新时间"][~changed] < "2026-11-01").all()


def test_what_was_repaired_is_right_now(months: Months) -> None:
    day1 = read_truth(months.home)
    mended = months.truth[months.truth["status"] == "repaired"]
    mended = mended[mended["resource"] == "ga_household"]
    assert len(mended) > 5
    names = dict(
        zip(
            ["sex", "ethnicity", "birth_date", "name", "citizen_id"],
            ["性别", "民族", "出生日期", "姓名", KEY],
            strict=True,
        )
    )
    for truth in mended.itertuples():
        row = months.after.iloc[truth.row - 2]
        assert row[names[truth.item]] == truth.right
        assert (day1["wrong"].eq(truth.wrong) & day1["right"].eq(truth.right) & day1["item"].eq(truth.item)).any()
    left = read_truth(months.home, day=2)
    assert len(left) == (months.truth["status"] != "repaired").sum()
    assert sum(months.second.repaired.values()) == (months.truth["status"] == "repaired").sum()


def test_what_is_wrong_anew_was_right_before(months: Months) -> None:
    fresh = months.truth[(months.truth["status"] == "new") & (months.truth["resource"] == "ga_household")]
    fresh = fresh[fresh["is_error"] & (fresh["item"] == "sex")]
    assert len(fresh) >= 2
    before = months.before.set_index(KEY)["性别"]
    assert (before.loc[fresh["key"]].to_numpy() == fresh["right"].to_numpy()).all()
    after = months.after.set_index(KEY)["性别"]
    assert (after.loc[fresh["key"]].to_numpy() == fresh["wrong"].to_numpy()).all()


def test_corrections_are_the_repaired_rows_as_they_stand_now(months: Months) -> None:
    batch = _register(months.home, "hukou_correction_2026-12.csv")
    mended = months.truth[(months.truth["status"] == "repaired") & (months.truth["resource"] == "ga_household")]
    assert set(batch[KEY]) == set(mended.loc[mended["item"] != "citizen_id", "key"])
    now = months.after.set_index(KEY).loc[batch[KEY], batch.columns.drop(KEY)]
    assert (now.to_numpy() == batch.set_index(KEY).to_numpy()).all()


def test_tombstones_name_who_is_in_the_register_no_more(months: Months) -> None:
    batch = _register(months.home, "hukou_cancelled_2026-12.csv", "utf-8")
    assert list(batch.columns) == [KEY, "注销原因"]
    assert 5 <= len(batch) < 0.05 * PERSONS
    assert set(batch["注销原因"]) <= {"死亡", "迁出"}
    assert batch[KEY].isin(months.before[KEY]).all()
    assert not batch[KEY].isin(months.after[KEY]).any()


def test_day_two_is_the_same_twice(months: Months) -> None:
    names = [months.home / name for name in months.second.files]
    before = [path.read_bytes() for path in names]
    simulate(months.home, persons=PERSONS, seed=SEED, day=2)
    assert [path.read_bytes() for path in names] == before


def test_the_command_takes_the_city_that_lives_there(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        run_simulation(tmp_path, persons=None, seed=None, day=2)
    run_simulation(tmp_path, persons=600, seed=3)
    assert run_simulation(tmp_path, persons=None, seed=None, day=2).persons == 600
    with pytest.raises(UserError):
        run_simulation(tmp_path, persons=700, seed=None, day=2)
