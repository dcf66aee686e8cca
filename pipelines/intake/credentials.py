"""Fills in ``${NAME}`` from the environment, at the last moment before a source is asked.

What is filled in goes to the source and nowhere else: not into a message, a log, the catalogue or landing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ground.errors import UserError

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def filled(text: str, environment: Mapping[str, str], *, where: str) -> str:
    """``text`` with every ``${NAME}`` replaced.

    Raises:
        UserError: a variable is not set; names the variables, not their values.
    """
    refuse_unset([text], environment, where=where)
    return _VARIABLE.sub(lambda match: environment[match[1]], text)


def filled_all(texts: Mapping[str, str], environment: Mapping[str, str], *, where: str) -> dict[str, str]:
    """Every value of a mapping, filled in; all variables that are missing are named at once."""
    refuse_unset(texts.values(), environment, where=where)
    return {name: filled(text, environment, where=where) for name, text in texts.items()}


def refuse_unset(texts: Iterable[str], environment: Mapping[str, str], *, where: str) -> None:
    """Refuse texts that name variables which are not set.

    Raises:
        UserError: names them all.
    """
    missing = [name for text in texts for name in _VARIABLE.findall(text) if name not in environment]
    if missing:
        raise UserError(
            f"来源地址用到的环境变量未设置：{'、'.join(missing)}。请在运行前设置。",
            f"Environment variables named in the source are not set: {', '.join(missing)}.",
            where=where,
        )
