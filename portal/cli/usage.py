"""A command that was written wrongly, told in Chinese with English beside it.

The library that reads the command line knows English alone. Its sentences are recognised here, and nowhere else; one that
is not stands as it is beside a general Chinese sentence.
"""

from __future__ import annotations

import re
from typing import Any

from typer.exceptions import TyperException

from ground.errors import UserError

_KINDS = {"argument": "参数", "option": "选项", "parameter": "参数"}

# What the library says -> what is said in Chinese; the groups of the pattern fill the braces. The first that fits.
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"No such command '(.*?)'\. Did you mean (.*)\?", "没有命令“{0}”，是否想用 {1}？"),
    (r"No such command '(.*)'\.", "没有命令“{0}”。"),
    (r"Missing command\.", "没有写命令。"),
    (r"No such option: (\S+) \(Possible options: (.*)\)", "没有选项 {0}，是否想用 {1}？"),
    (r"No such option: (.*)", "没有选项 {0}。"),
    (r"Option '(.*)' requires an argument\.", "选项 {0} 后须写一个值。"),
    (r"Option '(.*)' does not take a value\.", "选项 {0} 不带值。"),
    (r"Got unexpected extra argument\(s\) \((.*)\)", "多写了：{0}。含空格的内容请加引号。"),
    (r"Missing (\w+) (.+?)\. Choose from: ?(.*)", "缺少{0} {1}，可写：{2}。"),
    (r"Missing (\w+) (.+?)\.", "缺少{0} {1}。"),
    (r"Invalid value for (.+?): (.*)", "{0} 的值不对：{1}"),
    (r"Invalid value: (.*)", "值不对：{0}"),
)

# What is wrong with a value.
_VALUES: tuple[tuple[str, str], ...] = (
    (r"'(.*)' is not one of (.*)\.", "“{0}”不在可写的值之中：{1}。"),
    (r"Input should be a valid integer.*", "应为整数。"),
    (r"Input should be a valid number.*", "应为数字。"),
    (r"Input should be a valid boolean.*", "应为 true 或 false。"),
    (r"Input should be greater than or equal to (.*)", "应不小于 {0}。"),
    (r"Input should be less than or equal to (.*)", "应不大于 {0}。"),
    (r"Input should be a valid (?:date|datetime).*", "应为日期，形如 2026-12-01。"),
    (r"(?:path|file|dir|File|Directory) '(.*)' does not exist\.", "“{0}”不存在。"),
    (r"(?:path|file|dir) '(.*)' is a directory\.", "“{0}”是文件夹，应为文件。"),
    (r"(?:path|file|dir) '(.*)' is a file\.", "“{0}”是文件，应为文件夹。"),
    (r"(?:path|file|dir) '(.*)' is not readable\.", "“{0}”不可读。"),
    (r"(?:path|file|dir) '(.*)' is not writable\.", "“{0}”不可写。"),
)


def usage_error(fault: TyperException) -> UserError:
    """The fault of a command line in both languages, with how the command is written and where it is explained."""
    en = " ".join(fault.format_message().split()).replace("Value error, ", "")
    zh = in_chinese(en)
    en = en if en.endswith((".", "?", ")")) else f"{en}."
    context: Any = getattr(fault, "ctx", None)
    if context is None:
        return UserError(zh, en)
    path = context.command_path
    usage = " ".join([path, *context.command.collect_usage_pieces(context)])
    return UserError(
        f"{zh}\n  写法：{usage}；说明见 {path} --help",
        f"{en}\n  Usage: {usage}; see {path} --help",
        where=path,
    )


def in_chinese(said: str) -> str:
    """A sentence of the library in Chinese; one that is not known is quoted."""
    return _put(said, _SENTENCES) or f"命令写得不对：{said}"


def _put(said: str, sentences: tuple[tuple[str, str], ...]) -> str | None:
    for pattern, chinese in sentences:
        if match := re.fullmatch(pattern, said):
            return chinese.format(*(_word(one) for one in match.groups()))
    return None


def _word(said: str | None) -> str:
    if said is None:
        return ""
    return _KINDS.get(said) or _put(said, _VALUES) or said.replace("'", "")
