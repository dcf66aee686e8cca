"""``catalog``: the directory of what the departments hold; its commands stand in the files beside this one."""

from __future__ import annotations

import typer

app = typer.Typer(help="数据目录 The catalogue: entries, lists, checks, exchange, search.", no_args_is_help=True)
