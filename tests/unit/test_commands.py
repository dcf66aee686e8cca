"""The door's table says what its commands say, and a command that is written wrongly is told so in both languages."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from ground.errors import UserError
from portal.cli.app import Shuyuan, app, main
from portal.cli.usage import in_chinese

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{3}")


def every_command() -> dict[str, Any]:
    """Every command with a function, by its words."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("shuyuan", typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop()
        if hasattr(command, "commands"):
            waiting += [(f"{path} {name}", one) for name, one in command.commands.items()]
        else:
            found[path] = command
    return found


COMMANDS = every_command()


@pytest.mark.parametrize("listed", Shuyuan.listed, ids=lambda one: one.name)
def test_what_is_listed_is_there_and_says_the_same(listed: Any) -> None:
    command = listed.load()
    assert command.name == listed.name
    assert inspect.cleandoc(command.help).split("\n\n")[0] == listed.words


def test_every_command_and_every_option_is_explained_in_both_languages() -> None:
    assert len(COMMANDS) > 150
    for path, command in COMMANDS.items():
        assert CHINESE.search(command.help) and ENGLISH.search(command.help), path
        for one in command.params:
            assert one.help and CHINESE.search(one.help) and ENGLISH.search(one.help), f"{path} {one.name}"


def test_help_speaks_chinese_and_english() -> None:
    said = CliRunner().invoke(app, ["project", "opinion", "--help"], env={"COLUMNS": "150"}).stdout
    for words in (
        "用法 Usage: shuyuan project opinion",
        "参数 Arguments",
        "选项 Options",
        "[必填 required]",
        "[默认 default: .shuyuan]",
    ):
        assert words in said
    assert "显示本说明 show this message." in said and "Show this message and exit" not in said
    top = CliRunner().invoke(app, [], env={"COLUMNS": "150"})
    assert top.exit_code == 2
    assert [one.name for one in Shuyuan.listed if not re.search(rf"^│ {one.name} ", top.stdout, re.MULTILINE)] == []


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("tickt", "没有命令“tickt”，是否想用 ticket？", "No such command 'tickt'"),
        ("zzz", "没有命令“zzz”。", "No such command 'zzz'"),
        ("ticket lst", "没有命令“lst”，是否想用 list？", "Did you mean 'list'?"),
        ("ticket show", "缺少参数 ticket。", "Missing argument 'ticket'."),
        ("project opinion X", "缺少选项 --agreed。", "Missing option '--agreed'."),
        ("ticket list --zzz", "没有选项 --zzz。", "No such option: --zzz"),
        ("ticket list --stat open", "没有选项 --stat，是否想用 --as, --state？", "No such option: --stat"),
        ("ticket list --limit", "选项 --limit 后须写一个值。", "requires an argument"),
        ("ticket list --json=1", "选项 --json 不带值。", "does not take a value"),
        ("ticket list --limit x", "--limit 的值不对：应为整数。", "valid integer"),
        ("ticket list --limit 0", "--limit 的值不对：应不小于 1。", "greater than or equal to 1"),
        ("serve --port 70000", "--port 的值不对：应不大于 65535。", "less than or equal to 65535"),
        ("clock 2026-09-24 --silence yes", "--silence 的值不对：“yes”不在可写的值之中：", "'yes' is not one of"),
        ("ticket show A B C", "多写了：B C。含空格的内容请加引号。", "unexpected extra argument"),
    ],
)  # fmt: skip
def test_a_usage_error_is_told_in_chinese_with_english_beside_it(
    line: str, zh: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(line.split())
    said = capsys.readouterr()
    assert left.value.code == UserError.exit_code
    assert said.out == ""
    assert zh in said.err.replace("\n", "")
    assert en in said.err.replace("\n", " ")
    assert said.err.index(zh[:4]) < said.err.index(en[:7])


def test_a_usage_error_says_how_the_command_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ticket", "show", "--json"])
    fault = json.loads(capsys.readouterr().err)
    assert fault["kind"] == "user_error" and fault["where"] == "shuyuan ticket show"
    for said in (fault["zh"], fault["en"]):
        assert "shuyuan ticket show [OPTIONS] {ticket}" in said and "shuyuan ticket show --help" in said


def test_a_sentence_that_is_not_known_is_quoted() -> None:
    assert in_chinese("Something new.") == "命令写得不对：Something new."


@pytest.mark.parametrize(("typed", "offered"), [("ti", "ticket"), ("policy sh", "show")])
def test_words_are_completed(typed: str, offered: str) -> None:
    words = f"shuyuan {typed}"
    said = subprocess.run(
        [sys.executable, "-c", "from portal.cli.app import main; main([])"], capture_output=True, text=True, check=True, cwd=ROOT,
        env={
            **os.environ, "_SHUYUAN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
    )  # fmt: skip
    assert offered in said.stdout.split()
