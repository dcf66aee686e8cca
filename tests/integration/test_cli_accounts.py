"""Accounts and keys by command: what a steward types, what a program reads, what is refused."""

from __future__ import annotations

import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.api_key import Scope
from ground.errors import UserError
from hub.hub import Hub, init_home
from portal.cli.app import main

NOW = "2026-11-21T15:00"
WHEN = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
PASSWORD = "correct horse"
DEPARTMENTS = """\
departments:
  - {id: bureau, name: 大数据局, kind: authority}
  - {id: ga, name: 公安局}
  - {id: sw, name: 税务局}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("accounts") / "home"
    init_home(home)
    (home / "city" / "departments.yaml").write_text(DEPARTMENTS, encoding="utf-8")
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]):
    def call(*words: str, now: str = NOW) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*words, "--home", str(home), "--now", now])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def answer(run):
    def call(*words: str, now: str = NOW):
        code, out, err = run(*words, "--json", now=now)
        assert code == 0, err
        return json.loads(out)

    return call


@pytest.fixture
def hub(home: Path):
    one = Hub(home)
    yield one
    one.close()


def test_an_account_is_added_listed_shown_and_signs_in(answer, run, hub, secret_file) -> None:
    made = answer(
        "account", "add", "li.na", "--name", "李娜", "--role", "provider", "--department", "ga", "--email", "li.na@ga.example",
        "--password-file", secret_file, "--by", "wang",
    )  # fmt: skip
    assert (made["id"], made["role"], made["department"], made["active"]) == ("li.na", "provider", "ga", True)
    assert "password" not in made and PASSWORD not in json.dumps(made)
    assert hub.accounts.authenticate("li.na", PASSWORD, WHEN).name == "李娜"
    assert [one["id"] for one in answer("account", "list")] == ["li.na"]
    assert answer("account", "list", "--role", "steward") == answer("account", "list", "--department", "sw") == []
    shown = answer("account", "show", "li.na")
    assert [(one["event"], one["by"]) for one in shown["events"]] == [("added", "wang"), ("entered", "li.na")]
    assert shown["acting"] == "li.na"
    for words in (["account", "list"], ["account", "show", "li.na"]):
        code, out, _ = run(*words)
        assert code == 0 and "李娜" in out and "数据提供部门经办人" in out


def test_a_generated_password_is_told_once_and_opens(answer, run, hub) -> None:
    made = answer("account", "add", "wang", "--name", "王芳", "--role", "steward", "--generate")
    assert hub.accounts.authenticate("wang", made["password"], WHEN)
    code, out, _ = run("account", "password", "wang", "--generate")
    assert code == 0
    told = out.strip().splitlines()[-1]
    assert hub.accounts.authenticate("wang", told, WHEN)
    with pytest.raises(UserError):
        hub.accounts.authenticate("wang", made["password"], WHEN)
    code, out, err = run("account", "show", "wang")
    assert told not in out + err


def test_a_password_may_come_from_standard_input_or_be_asked_for_twice(run, hub, secret_file, monkeypatch) -> None:
    run("account", "add", "wang", "--name", "王芳", "--role", "steward", "--password-file", secret_file)
    monkeypatch.setattr("sys.stdin", io.StringIO("another horse\r\n"))
    assert run("account", "password", "wang", "--password-file", "-")[0] == 0
    assert hub.accounts.authenticate("wang", "another horse", WHEN)
    asked = iter(["third horse", "typing error", "third horse", "third horse"])
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(asked))
    code, out, err = run("account", "password", "wang")
    assert code == 0, err
    assert hub.accounts.authenticate("wang", "third horse", WHEN)
    assert "third horse" not in out + err


def test_an_absence_and_who_stands_in(answer, run, secret_file) -> None:
    for name in ("li.na", "wang"):
        run(
            "account",
            "add",
            name,
            "--name",
            name,
            "--role",
            "provider",
            "--department",
            "ga",
            "--password-file",
            secret_file,
        )
    noted = answer("account", "absence", "li.na", "--from", "2026-11-21", "--until", "2026-11-30", "--deputy", "wang")
    assert (noted["deputy"], noted["absent_from"], noted["absent_until"], noted["acting"]) == (
        "wang", "2026-11-21", "2026-11-30", "wang",
    )  # fmt: skip
    assert answer("account", "show", "li.na", now="2026-12-01")["acting"] == "li.na"
    back = answer("account", "absence", "li.na", "--back", now="2026-11-22")
    assert (back["absent_from"], back["absent_until"], back["deputy"], back["acting"]) == (None, None, "wang", "li.na")
    for wrong in ([], ["--back", "--from", "2026-11-21"], ["--until", "2026-11-30"], ["--from", "tomorrow"]):
        code, _, err = run("account", "absence", "li.na", *wrong)
        assert code == 2, err


def test_a_disabled_account_and_one_whose_agreement_ended_are_shown_as_such(answer, run, secret_file) -> None:
    run(
        "account",
        "add",
        "li.na",
        "--name",
        "李娜",
        "--role",
        "provider",
        "--department",
        "ga",
        "--password-file",
        secret_file,
    )
    run(
        "account", "add", "zhao", "--name", "赵强", "--role", "reporter", "--firm", "某公司", "--agreement", "BM-1",
        "--expires", "2026-12-31", "--password-file", secret_file,
    )  # fmt: skip
    assert answer("account", "disable", "li.na")["active"] is False
    assert {one["id"]: one["active"] for one in answer("account", "list")} == {"li.na": False, "zhao": True}
    assert {one["id"]: one["active"] for one in answer("account", "list", now="2027-01-01")} == {
        "li.na": False,
        "zhao": False,
    }


def add(*more: str, login: str = "x.y", role: str = "provider", department: str = "ga") -> list[str]:
    return ["account", "add", login, "--name", "某人", "--role", role, "--department", department, *more]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (add("--generate", department="gaa"), "是否想写 ga"),
        (add("--generate", login="Li"), "登录名须为"),
        (add("--generate", "--password-file", "x"), "只能选一个"),
        (add("--password-file", "/nowhere/at/all"), "无法读取"),
        (add("--generate", "--firm", "某公司"), "保密协议编号"),
        (add("--generate", "--agreement", "BM-1"), "登记期限"),
        (add("--generate", "--agreement", "BM-1", "--expires", "2026-11-20"), "届满"),
        (add("--generate", "--expires", "soon"), "应形如"),
        (add("--generate", "--deputy", "nobody"), "代理人的账号不存在"),
        (["account", "list", "--department", "nope"], "没有编号为 nope 的部门"),
        (["account", "show", "nobody"], "没有这个账号"),
        (["account", "disable", "nobody"], "没有这个账号"),
        (["account", "password", "nobody", "--generate"], "没有这个账号"),
        (["account", "absence", "nobody", "--back"], "没有这个账号"),
        (["key", "issue", "窗口", "--department", "nope", "--scope", "problems:read"], "没有编号为 nope 的部门"),
        (["key", "issue", "窗口", "--department", "ga", "--scope", "problems:read", "--callback", "x"], "回调地址"),
        (["key", "issue", "窗口", "--department", "ga", "--scope", "problems:read", "--per-minute", "0"], "每分钟次数"),
        (["key", "revoke", "k_00000000"], "没有这个密钥"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(run, answer, words, said) -> None:
    code, out, err = run(*words)
    assert code == 2 and said in err and out == ""
    code, out, err = run(*words, "--json")
    assert code == 2 and said in json.loads(err)["zh"]
    assert answer("account", "list") == [] and answer("key", "list") == []


def test_no_command_takes_a_password_as_an_argument(run) -> None:
    for words in (["account", "add", "--help"], ["account", "password", "--help"]):
        code, out, _ = run(*words)
        assert code == 0 and "--password " not in out and "--password-file" in out
    assert run(*add("--password", PASSWORD))[0] == 2


def test_a_key_is_issued_listed_and_taken_back(answer, run, hub, home) -> None:
    issued = answer(
        "key", "issue", "窗口系统", "--department", "ga", "--scope", "problems:write", "--scope", "problems:read",
        "--per-minute", "120", "--callback", "https://counter.example/hook", "--expires", "2027-06-30", "--by", "wang",
    )  # fmt: skip
    key = hub.api_keys.verify(issued["secret"], WHEN)
    assert (
        key.scopes == {Scope.PROBLEMS_WRITE, Scope.PROBLEMS_READ} and key.department == "ga" and key.per_minute == 120
    )
    assert issued["signing_secret"] == hub.api_keys.signing_secret(key.id)
    (listed,) = answer("key", "list")
    assert (listed["id"], listed["scopes"], listed["active"]) == (key.id, ["problems:read", "problems:write"], True)
    assert issued["secret"] not in json.dumps(listed) and issued["signing_secret"] not in json.dumps(listed)
    code, out, _ = run("key", "list")
    assert code == 0 and key.id in out and "窗口系统" in out and issued["secret"] not in out
    assert answer("key", "list", now="2027-07-01")[0]["active"] is False
    assert answer("key", "revoke", key.id, "--by", "wang")["active"] is False
    with pytest.raises(UserError, match="已收回"):
        hub.api_keys.verify(issued["secret"], WHEN)
    code, out, _ = run("key", "issue", "税务系统", "--department", "sw", "--scope", "answers:write")
    told = [
        line.split(": ")[1] for line in out.splitlines() if ": " in line and line.startswith(("密钥 key", "签名密钥"))
    ]
    assert code == 0 and hub.api_keys.signing_secret(hub.api_keys.verify(told[0], WHEN).id) == told[1]


def test_an_older_home_gets_its_sealing_key_when_it_is_first_needed(home, answer) -> None:
    sealing = home / "keys" / "sealing.key"
    assert len(sealing.read_bytes()) == 32 and sealing.stat().st_mode & 0o777 == 0o600
    sealing.unlink()
    answer("account", "list")
    assert not sealing.exists()
    answer("key", "issue", "窗口", "--department", "ga", "--scope", "problems:read")
    made = sealing.read_bytes()
    assert len(made) == 32 and sealing.stat().st_mode & 0o777 == 0o600
    answer("key", "issue", "窗口", "--department", "ga", "--scope", "problems:read")
    assert sealing.read_bytes() == made
    assert [one.name for one in (home / "keys").iterdir() if one.name.startswith(".")] == []
