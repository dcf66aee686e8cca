"""What the commands are made of: nouns and their commands, with help whose own words are Chinese and English.

The door is a `Door`: it knows every command by its name and a line of text, and imports the module of the one that is called.
So asking for help, completing a word and the commands that open no home wait for no engine (decision 0029).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
import typer.main
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from portal.cli.usage import usage_error

PROGRAM = "shuyuan"
INTERRUPTED = 130
"""Exit code of a command that was stopped at its prompt, as shells have it."""

_OPTIONS = {
    "--help": "显示本说明 show this message.",
    "--install-completion": "为当前的 shell 安装命令补全 install completion for this shell.",
    "--show-completion": "显示补全脚本，供复制或调整 show the script of the completion.",
}
"""Options that Typer makes itself."""


class Command(TyperCommand):
    """One command."""

    def get_params(self, ctx: Any) -> Any:
        """Its parameters."""
        return _worded(super().get_params(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """How it is written."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Its page of help."""
        _say_both()
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """The commands of one noun."""

    def get_params(self, ctx: Any) -> Any:
        """Its parameters."""
        return _worded(super().get_params(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """How it is written."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Its page of help, with its commands."""
        _say_both()
        super().format_help(ctx, formatter)


class Noun(typer.Typer):
    """What a module fills with its commands; ``shuyuan <noun>`` alone shows them.

    Args:
        words: what they are about, in both languages; of a noun that the door lists, its table says it.
    """

    def __init__(self, words: str | None = None) -> None:
        super().__init__(help=words, cls=Group, no_args_is_help=True, add_completion=False)

    def command(self, name: str | None = None, **more: Any) -> Callable[[Any], Any]:
        """Register a function as a command."""
        return super().command(name, cls=Command, **more)


@dataclass(frozen=True, slots=True)
class Listed:
    """A command that the door knows before its module is imported.

    Attributes:
        name: as it is typed.
        place: ``module:name`` of the function, or of the `Noun`.
        words: one line in both languages; a function's docstring begins with it.
        panel: the part of the help that it stands in.
    """

    name: str
    place: str
    words: str
    panel: str

    def load(self) -> Any:
        """Import its module and make the command."""
        module, _, name = self.place.partition(":")
        thing = getattr(import_module(module), name)
        if isinstance(thing, Noun):
            group = typer.main.get_group(thing)
            group.name, group.help = self.name, self.words
            return group
        alone = Noun()
        alone.command(self.name)(thing)
        return typer.main.get_command(alone)


class _Commands(MutableMapping[str, Any]):
    """Commands by name; one is made when it is first taken."""

    def __init__(self, listed: Sequence[Listed]) -> None:
        self._listed = {one.name: one for one in listed}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._listed[name].load()
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._listed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


class Door(Group):
    """All commands: listed without being imported, imported when called; told in both languages when written wrongly."""

    listed: ClassVar[tuple[Listed, ...]] = ()

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "commands": None})
        self.commands = _Commands(self.listed)
        self._shown = {one.name: Command(one.name, help=one.words, rich_help_panel=one.panel) for one in self.listed}

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the table."""
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command as help and completion show it; `resolve_command` gives the one to run."""
        return self._shown.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, its module imported by now, and what is left of the line."""
        name, shown, rest = super().resolve_command(ctx, args)
        return name, None if shown is None or name is None else self.commands[name], rest

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command and, standing alone, exit with its code.

        Raises:
            UserError: the command was written wrongly.
        """
        try:
            code = super().main(args, PROGRAM, complete_var, standalone_mode=False, **extra)
        except TyperException as fault:
            if fault.format_message():
                raise usage_error(fault) from None
            code = fault.exit_code  # nothing was asked for, and the help was shown
        except typer.Abort:
            code = INTERRUPTED
        if standalone_mode:
            sys.exit(code or 0)
        return code


def _worded(params: Any) -> Any:
    for one in params:
        one.help = _OPTIONS.get(one.opts[0], one.help)
        if getattr(one, "is_flag", False):
            one.metavar = ""  # a switch takes no value, so none is shown
    return params


def _write_usage(command: Command | Group, ctx: Any, formatter: Any) -> None:
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix="用法 Usage: ")


def _say_both() -> None:
    """The words of Typer's help pages; it keeps them for the whole process."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数 Arguments"
    rich_utils.OPTIONS_PANEL_TITLE = "选项 Options"
    rich_utils.COMMANDS_PANEL_TITLE = "命令 Commands"
    rich_utils.DEFAULT_STRING = "[默认 default: {}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填 required]"
