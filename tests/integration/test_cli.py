"""The command line as a person or a program meets it: options, JSON, exit codes, injected time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_city import FOUR, keep_only

from hub.hub import Hub
from portal.cli.app import app, main

NOW = "2026-11-21T15:00"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home on which every step was run by command."""
    home = tmp_path_factory.mktemp("cli") / "home"
    for command in (
        ["init"],
        ["simulate", "--persons", "1500", "--seed", "11"],
        ["feed", "run"],
        ["build"],
        ["publish"],
    ):
        with pytest.raises(SystemExit) as left:
            main([*command, "--home", str(home), "--now", NOW])
        assert left.value.code in (0, 3), command  # of so few companies no dataset is safe enough
        if command[0] == "simulate":
            keep_only(home, FOUR)
    return home


@pytest.fixture
def home(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "home"))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def as_json(capsys: pytest.CaptureFixture[str], *words: str):
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def commands() -> list[list[str]]:
    from typer.main import get_command

    found: list[list[str]] = []

    def walk(command, path: list[str]) -> None:
        if hasattr(command, "commands"):
            for name, one in command.commands.items():
                walk(one, [*path, name])
        else:
            found.append(path)

    walk(get_command(app), [])
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_takes_home_json_now_and_explains_itself(words: list[str], capsys) -> None:
    code, out, _ = run(capsys, *words, "--help")
    assert code == 0
    # `serve` goes on until it is stopped: it has no answer that could be written as JSON
    for option in ("--home", "--now") if words == ["serve"] else ("--home", "--json", "--now"):
        assert option in out, f"{words} lacks {option}"


def test_the_commands_of_the_spine_are_there() -> None:
    named = {" ".join(words) for words in commands()}
    assert named >= {
        "init", "simulate", "feed list", "feed check", "feed run", "feed replay", "build", "findings", "ticket list",
        "ticket show", "publish", "sql", "status", "clock", "ledger export",
    }  # fmt: skip


def test_clock(capsys) -> None:
    answer = as_json(capsys, "clock", "2026-09-24", "--days", "10wd")
    assert answer["due"] == "2026-10-15"
    assert answer["provisional"] is False
    assert len([line for line in answer["explanation"]["zh"] if "第" in line]) == 10


def test_status_counts_stages_feeds_and_libraries(home: Path, capsys) -> None:
    facts = as_json(capsys, "status", "--home", str(home), "--now", NOW)
    assert facts["libraries"]["population"] >= 1500
    assert facts["libraries"]["legal_person"] >= facts["stages"]["standard"]["sc_company"] == 165
    assert facts["stages"]["landing"] == {"taken": 4}
    assert facts["stages"]["standard"]["ga_household"] == facts["feeds"]["ga_household"]["rows_taken"]
    assert facts["profile"]["status"] == "repealed"
    assert not any(one["late"] for one in facts["feeds"].values())
    # Two months on, nothing has come: every monthly feed is late, by the injected clock.
    facts = as_json(capsys, "status", "--home", str(home), "--now", "2027-01-21")
    assert all(one["late"] for one in facts["feeds"].values())
    assert facts["overdue"] == sum(facts["tickets"].values())


@pytest.mark.duty("R-180")
def test_tickets_have_an_owner_and_a_date(home: Path, capsys) -> None:
    found = as_json(capsys, "ticket", "list", "--home", str(home), "--now", NOW)
    assert found
    assert all(one["id"] and one["state"] == "routed" for one in found)
    # Received on Saturday the 21st: five working days end on Friday the 27th.
    assert {one["due"] for one in found} == {"2026-11-27"}
    assert {one["department"] for one in found} == {"ga", "sc", "sw"}
    shown = as_json(capsys, "ticket", "show", found[0]["id"], "--home", str(home), "--now", NOW)
    assert [event["event"] for event in shown["events"]] == ["opened"] or shown["events"][0]["seq"] == 1
    assert any("第5日" in line for line in shown["deadline"])
    late = as_json(capsys, "ticket", "list", "--home", str(home), "--now", "2026-11-28T00:00")
    assert all(one["overdue"] for one in late)


def test_a_second_run_takes_nothing_twice(home: Path, capsys) -> None:
    before = as_json(capsys, "status", "--home", str(home), "--now", NOW)
    again = as_json(capsys, "feed", "run", "--home", str(home), "--now", NOW)
    assert {one["outcome"] for one in again} == {"unchanged"}
    built = as_json(capsys, "build", "--home", str(home), "--now", NOW)
    assert built["published"] is False
    after = as_json(capsys, "status", "--home", str(home), "--now", NOW)
    assert after["stages"]["raw"] == before["stages"]["raw"]
    assert after["published"] == before["published"]


def test_sql_as_table_json_and_csv(home: Path, capsys) -> None:
    query = "SELECT count(*) AS n FROM population"
    rows = as_json(capsys, "sql", query, "--home", str(home), "--now", NOW)
    assert rows[0]["n"] >= 1500
    code, out, _ = run(capsys, "sql", query, "--csv", "--home", str(home), "--now", NOW)
    assert (code, out.split()[0]) == (0, "n")
    code, out, _ = run(capsys, "sql", "SELECT * FROM population LIMIT 1", "--home", str(home), "--now", NOW)
    assert code == 0
    assert "name__disputed" in out


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sqlite_scan('lake/catalog.sqlite', 'ducklake_table')",
        "SELECT * FROM lake.base.population",
        "SELECT * FROM duckdb_secrets()",
        "SELECT (SELECT content FROM read_text('/etc/passwd')) AS x",
        "WITH population AS (SELECT * FROM read_blob('/etc/passwd')) SELECT * FROM population",
        "COPY population TO '/tmp/out.csv'",
        "CREATE TABLE x AS SELECT 1",
        "DELETE FROM population",
        "ATTACH '/tmp/x.db'",
        "SET threads = 1",
        "SELECT 1; SELECT 2",
        "SELEC 1",
        "",
    ],
)
def test_sql_reads_the_served_tables_and_nothing_else(home: Path, capsys, query: str) -> None:
    code, out, err = run(capsys, "sql", query, "--home", str(home), "--now", NOW)
    assert code == 2
    assert not out.strip()
    assert err.strip()


def test_errors_carry_no_value(home: Path, capsys) -> None:
    query = "SELECT CAST(name AS INTEGER) FROM population"
    code, _, err = run(capsys, "sql", query, "--home", str(home), "--now", NOW)
    assert code == 2
    names = as_json(capsys, "sql", "SELECT name FROM population LIMIT 2000", "--home", str(home), "--now", NOW)
    assert not [row["name"] for row in names if row["name"] and row["name"] in err]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["feed", "run", "nothing"], 2),
        (["feed", "check", "ga_houshold"], 2),
        (["feed", "replay", "ga_household/2026-11/0009"], 2),
        (["publish", "nothing"], 2),
        (["ticket", "show", "T-0"], 2),
        (["clock", "yesterday"], 2),
        (["clock", "2026-09-24", "--days", "ten"], 2),
        (["status", "--now", "noon"], 2),
        (["no-such-command"], 2),
        (["build", "--no-such-option"], 2),
    ],
)
def test_exit_codes_tell_a_mistake(home: Path, capsys, words: list[str], code: int) -> None:
    option = [] if words[0] in ("no-such-command",) else ["--home", str(home)]
    found, _, err = run(capsys, *words, *option)
    assert found == code
    assert err


def test_refused_data_has_its_own_exit_code(home: Path, capsys) -> None:
    (home / "inbox/ga/hukou_2026-12.csv").write_bytes(b"")
    code, out, _ = run(capsys, "feed", "run", "ga_household", "--home", str(home), "--now", NOW)
    assert code == 3
    assert "0 字节" in out
    code, _, _ = run(capsys, "feed", "run", "ga_household", "--home", str(home), "--now", NOW, "--json")
    assert code == 3  # refused bytes stay refused until they change or are replayed


def test_a_home_that_is_none_is_said_to_be_none(tmp_path: Path, capsys) -> None:
    code, _, err = run(capsys, "status", "--home", str(tmp_path / "none"))
    assert code == 2
    assert "init" in err
    code, _, err = run(capsys, "status", "--home", str(tmp_path / "none"), "--json")
    assert json.loads(err)["kind"] == "user_error"


def test_nothing_published_yet_is_no_fault(tmp_path: Path, capsys) -> None:
    assert run(capsys, "init", "--home", str(tmp_path / "h"))[0] == 0
    assert run(capsys, "sql", "SELECT 1", "--home", str(tmp_path / "h"))[0] == 4
    assert as_json(capsys, "status", "--home", str(tmp_path / "h"))["libraries"] == {}
    assert as_json(capsys, "ticket", "list", "--home", str(tmp_path / "h")) == []


@pytest.mark.duty("R-149")
def test_the_exported_ledger_is_verified_by_the_program_beside_it(home: Path, tmp_path: Path, capsys) -> None:
    run(capsys, "sql", "SELECT count(*) FROM population", "--home", str(home), "--user", "甲", "--purpose", "核查")
    target = tmp_path / "ledger"
    head = as_json(capsys, "ledger", "export", str(target), "--home", str(home), "--now", NOW)
    assert head["count"] >= 2
    verifier = [sys.executable, "-I", str(target / "verify_ledger.py"), str(target)]
    assert subprocess.run(verifier, capture_output=True, check=False).returncode == 0
    [file] = target.glob("ledger*.jsonl")
    file.write_text(file.read_text(encoding="utf-8").replace("核查", "核実"), encoding="utf-8")
    assert subprocess.run(verifier, capture_output=True, check=False).returncode == 1


def test_findings_by_rule_and_by_row(home: Path, capsys) -> None:
    by_rule = as_json(capsys, "findings", "--home", str(home))
    rows = as_json(capsys, "findings", "--rows", "--limit", "5000", "--home", str(home))
    assert sum(one["present"] for one in by_rule) == len(rows)
    assert all(one["row_key"] and one["fingerprint"] for one in rows)


BRACKETS = "select '[b]东湖[/b] :100: [/x]' as x"


def test_what_is_printed_is_what_is_there(home: Path, capsys) -> None:
    assert as_json(capsys, "sql", BRACKETS, "--home", str(home)) == [{"x": "[b]东湖[/b] :100: [/x]"}]
    for option in ([], ["--csv"]):
        code, out, _ = run(capsys, "sql", BRACKETS, *option, "--home", str(home))
        assert code == 0
        assert "[b]东湖[/b] :100: [/x]" in out
    code, out, _ = run(capsys, "sql", "select 'a\tb' as x", "--csv", "--home", str(home))
    assert out == "x\r\na\tb\r\n"
    assert as_json(capsys, "sql", "select 'nan'::double as x", "--home", str(home)) == [{"x": None}]


@pytest.mark.parametrize("option", [[], ["--csv"], ["--json"]])
def test_a_cut_answer_says_so(home: Path, capsys, option: list[str]) -> None:
    query = "SELECT citizen_id FROM population"
    code, _, err = run(capsys, "sql", query, "--limit", "5", *option, "--home", str(home))
    assert code == 0
    assert "--limit" in err
    code, _, err = run(capsys, "sql", query + " LIMIT 5", "--limit", "5", *option, "--home", str(home))
    assert (code, err) == (0, "")


def test_errors_of_a_program_are_one_json_document(home: Path, capsys) -> None:
    code, _, err = run(capsys, "publish", "nothing", "--json", "--home", str(home))
    assert code == 2
    assert json.loads(err)["kind"] == "user_error"


def test_names_that_are_none_are_told_so(home: Path, capsys) -> None:
    assert run(capsys, "ticket", "list", "--department", "xx", "--home", str(home))[0] == 2
    assert run(capsys, "findings", "--resource", "xx", "--home", str(home))[0] == 2
    assert run(capsys, "feed", "check", "sc_company", "--file", "nowhere.csv", "--home", str(home))[0] == 2
    assert run(capsys, "ledger", "export", "/dev/null/x", "--home", str(home))[0] == 2


def test_one_home_one_city(home: Path, capsys) -> None:
    inbox = (home / "inbox/ga/hukou_2026-11.csv").read_bytes()
    code, _, err = run(capsys, "simulate", "--persons", "900", "--home", str(home))
    assert code == 2
    assert "make clean" in err
    assert (home / "inbox/ga/hukou_2026-11.csv").read_bytes() == inbox


def test_a_header_without_rows_empties_no_resource(home: Path, capsys) -> None:
    path = home / "inbox/sc/company_2026-11.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").splitlines()[0] + "\n", encoding="utf-8-sig")
    code, out, _ = run(capsys, "feed", "run", "sc_company", "--home", str(home))
    assert code == 3
    assert "refuse_gone_above" in out
    assert as_json(capsys, "status", "--home", str(home))["stages"]["standard"]["sc_company"] == 165


def test_a_ticket_says_what_is_wrong_and_leads_to_its_rows(home: Path, capsys) -> None:
    ticket = next(one for one in as_json(capsys, "ticket", "list", "--home", str(home)) if "sex.code" in one["rule"])
    code, out, _ = run(capsys, "ticket", "show", ticket["id"], "--home", str(home))
    assert code == 0
    assert "GB/T 2261.1" in out
    rows = as_json(capsys, "findings", "--rows", "--rule", ticket["rule"], "--home", str(home))
    assert len(rows) == ticket["findings_open"]
    code, _, err = run(capsys, "findings", "--rows", "--limit", "1", "--rule", ticket["rule"], "--home", str(home))
    assert "--limit" in err


def test_every_quarantined_row_can_be_listed(home: Path, capsys) -> None:
    facts = as_json(capsys, "status", "--home", str(home))
    rows = as_json(capsys, "sql", "SELECT _row, reasons FROM ga_household_quarantine", "--home", str(home))
    assert len(rows) == facts["feeds"]["ga_household"]["rows_quarantined"] > 0
    assert all(one["reasons"] for one in rows)


@pytest.mark.duty("R-100")
def test_what_leaves_is_in_the_ledger_first(home: Path, tmp_path: Path, capsys) -> None:
    as_json(capsys, "findings", "--rows", "--user", "甲", "--purpose", "核查", "--home", str(home))
    target = tmp_path / "ledger"
    run(capsys, "ledger", "export", str(target), "--home", str(home))
    [file] = target.glob("ledger*.jsonl")
    lines = file.read_text(encoding="utf-8").splitlines()
    published = {path.parent.parent.name for path in (home / "published").glob("*/*/manifest.json")}
    assert published
    for name in published:
        assert [line for line in lines if "share" in line and name in line], name
    [read] = [line for line in lines if "核查" in line]
    assert "甲" in read
    assert "finding" in read


def test_no_ledger_nothing_is_published(home: Path, capsys) -> None:
    shutil.rmtree(home / "published")
    hub = Hub(home)
    with hub.database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_entry")
    hub.close()
    code, _, err = run(capsys, "publish", "legal_person_by_district_industry", "--home", str(home))
    assert code == 4
    assert "台账" in err
    assert not list((home / "published").glob("*/[!.]*"))
