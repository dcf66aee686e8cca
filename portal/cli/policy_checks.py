"""``policy check``: a file of rules before it is put into a home, or all that a home has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from ground.documents import read_document
from ground.errors import DocumentError, UserError
from hub.settings import FILE, read_settings
from policy.clock import legal_date
from policy.overlays import Overlay
from policy.parameters import told
from policy.profile import read_profile
from policy.profiles import Profiles
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment

_KINDS = ("profiles", "overlays")


def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="规则文件或上位法文件；默认为工作目录 city/profiles/ 与 city/overlays/ 的全部 "
            "a profile or an overlay; all of the home's by default.",
            show_default=False,
        ),
    ] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """检查规则文件：格式、各项依据、版本是否重叠 Check a profile or overlay file, and that no two versions overlap."""
    day = legal_date(moment(now))
    if file is not None:
        facts = _facts(file, file.name, home, day)
        _tell([facts], json=json, shown=facts)
        return
    read_settings(home.resolve())  # a folder that is no home is refused
    found = [
        (path, f"city/{kind}/{path.name}") for kind in _KINDS for path in sorted((home / "city" / kind).glob("*.yaml"))
    ]
    _refuse_wrong(found)
    Profiles.standard(home / "city")
    every = [{"file": name, **_facts(path, name, home, day)} for path, name in found]
    _tell(every, json=json, shown=every)
    if not every and not json:
        output.line(
            "city/profiles/ 与 city/overlays/ 中没有文件，按随软件提供的规则办理。"
            "No file in city/profiles/ or city/overlays/: the rules that come with the software hold."
        )


def city_folder(home: Path) -> Path | None:
    """The folder ``city`` of a home; None where there is no home."""
    return home / "city" if (home / FILE).exists() else None


def register(app: Noun) -> None:
    """Add the command to ``policy``."""
    app.command("check")(check)


def _refuse_wrong(found: Iterable[tuple[Path, str]]) -> None:
    """Every file that is wrong, at once."""
    wrong: list[UserError] = []
    for path, name in found:
        try:
            _read(path, name)
        except UserError as fault:
            wrong.append(fault)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        places = [f"[{one.where}] " if one.where else "" for one in wrong]
        raise DocumentError(
            "\n".join(f"{place}{one.zh}" for place, one in zip(places, wrong, strict=True)),
            "\n".join(f"{place}{one.en}" for place, one in zip(places, wrong, strict=True)),
        )


def _read(file: Path, name: str) -> Any:
    """What a file holds: an `Overlay` where it lists numbers, else a `Profile`."""
    overlay = re.search(r"^numbers:", _text(file), re.MULTILINE)
    return read_document(file, Overlay, name=name) if overlay else read_profile(file, name=name)


def _facts(file: Path, name: str, home: Path, day: date) -> dict[str, Any]:
    """What is to be known of a file that is right, beside the other rules of a home."""
    read = _read(file, name)
    if isinstance(read, Overlay):
        return {"overlay": read.id, "verified": sum(one.verified for one in read.numbers), "all": len(read.numbers)}
    profiles = Profiles.standard(city_folder(home))
    beside = {
        profiles.file_of(one): one
        for city in profiles.cities()
        for one in profiles.versions(city)
        if one.version != read.version
    }
    said = list(told(read))
    return {
        "version": read.version,
        "on_this_day": Profiles({**beside, name: read}).on(read.id, day).name,
        "cited": sum(one.article is not None for one in said),
        "house": sum(one.house is not None for one in said),
        "silent": sum(one.silent for one in said),
    }


def _tell(every: Iterable[dict[str, Any]], *, json: bool, shown: Any) -> None:
    if json:
        output.as_json(shown)
        return
    for one in every:
        if "overlay" in one:
            output.line(
                f"可用：上位法 {output.shown(one['overlay'])}，已核实 {one['verified']}/{one['all']} 项 "
                f"valid: {one['verified']} of {one['all']} numbers verified"
            )
            continue
        output.line(
            f"可用：{output.shown(one['version'])}，有条款 {one['cited']} 项，自定 {one['house']} 项，未规定 {one['silent']} 项；"
            f"今日有效的是 {output.shown(one['on_this_day'])}"
        )
        output.line(
            f"valid: {one['cited']} cited, {one['house']} of the house, {one['silent']} silent; "
            f"in force today: {output.shown(one['on_this_day'])}"
        )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UserError("找不到文件，或不是 UTF-8。", "No such file, or it is not UTF-8.", where=str(file)) from None
