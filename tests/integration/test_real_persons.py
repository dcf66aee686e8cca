"""Persons without a national number wait in the residue of the population library, whole and unguessed.

The sets were made for record linkage: febrl holds 500 and 2000 originals with 500 and 3000 duplicates, splink 251 persons.
Linking them comes later; what can be said of single rows is said now. Counted with pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from real_home import NOW, RealHome, counts, frame, home_of

from pipelines.building import BuildReport

STATES = ["nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt"]
NO_DAY = {"febrl_1": 3, "febrl_3": 35}
"""Dates of birth that no calendar has, such as the 33rd of December."""
WAITING = {"febrl_1": 997, "febrl_3": 4965, "splink_1000": 1000}
NO_STATE = {"febrl_1": 11, "febrl_3": 71}
SAME_NUMBER = {"febrl_1": 894, "febrl_3": 3801}
NO_ADDRESS = 31
NOT_BORN_YET = 8


@dataclass(frozen=True)
class Persons:
    """The home, what its build did, and the files as pandas reads them."""

    home: RealHome
    report: BuildReport
    frames: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Persons]:
    files = {
        "rk/dataset1.csv": shared_data("febrl") / "dataset1.csv",
        "rk/dataset3.csv": shared_data("febrl") / "dataset3.csv",
        "rk/fake_1000.csv": shared_data("splink_fake_1000") / "fake_1000.csv",
    }
    home = home_of("persons", tmp_path_factory.mktemp("persons"))
    home.drop(files)
    home.take()
    frames = dict(zip(WAITING, (frame(path, skipinitialspace=True) for path in files.values()), strict=True))
    yield Persons(home, home.build(), frames)
    home.hub.close()


def dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without a date of birth, or with one that exists."""
    days = pd.to_datetime(rows["date_of_birth"], format="%Y%m%d", errors="coerce")
    return rows[days.notna() | (rows["date_of_birth"] == "")]


def test_days_that_do_not_exist_are_refused_row_by_row(real: Persons) -> None:
    for name, rows in real.frames.items():
        bad = NO_DAY.get(name, 0)
        one = real.home.deliveries[f"{name}/2026/0001"]
        assert counts(one) == ("taken", len(rows), len(rows) - bad, bad, 0), name
        assert one.reasons == ({"birth_date:not_date": bad} if bad else {})
    for name in NO_DAY:
        good = dated(real.frames[name])
        assert len(good) == WAITING[name]
        assert set(real.home.column(f"SELECT record_id FROM {name}")) == set(good["rec_id"])


def test_all_of_them_wait_and_none_becomes_a_person(real: Persons) -> None:
    (built,) = real.report.built
    assert (built.library, built.rows, built.residue) == ("population", 0, sum(WAITING.values()))
    rows = real.home.sql("SELECT resource, count(*) AS n FROM population_residue GROUP BY 1")
    assert {row["resource"]: row["n"] for row in rows} == WAITING
    assert real.home.column("SELECT count(*) FROM population") == [0]
    query = "SELECT row_key, given_name, surname, birth_date::text AS dob FROM population_residue WHERE resource = 'splink_1000'"
    held = real.home.table(query).to_pandas().fillna("").set_index("row_key").sort_index()
    delivered = real.frames["splink_1000"].set_index("unique_id").sort_index()
    assert held.to_numpy().tolist() == delivered[["first_name", "surname", "dob"]].to_numpy().tolist()


def test_what_rules_say_of_the_rows(real: Persons) -> None:
    # Nobody wrote the second one: the element of the column says that a birth has happened.
    unborn = int((real.frames["splink_1000"]["dob"] > NOW.date().isoformat()).sum())
    expected = {
        "splink_1000.email.form": ("error", NO_ADDRESS),
        "splink_1000.birth_date.builtin_date_not_after": ("error", unborn),
    }
    assert unborn == NOT_BORN_YET
    for name, number in NO_STATE.items():
        rows = dated(real.frames[name])
        assert int((~rows["state"].isin([*STATES, ""])).sum()) == number
        assert int(rows["soc_sec_id"].duplicated(keep=False).sum()) == SAME_NUMBER[name]
        expected[f"{name}.state.known"] = ("error", number)
        expected[f"{name}.social_security_id.one_person"] = ("warning", SAME_NUMBER[name])
    assert {one["rule"]: (one["severity"], one["present"]) for one in real.report.findings} == expected
    emails = real.frames["splink_1000"]["email"]
    assert int((~emails.str.fullmatch(r"[^@ ]+@[^@ ]+\.[a-z.]+") & (emails != "")).sum()) == NO_ADDRESS
