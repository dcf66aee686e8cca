"""``policy``: the cities' rules, side by side, and which of them this home goes by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ground.errors import UserError
from ground.files import place
from hub.settings import FILE, read_settings
from policy.clock import legal_date
from policy.parameters import BY_PATH, SECTIONS, Told, told
from policy.profile import cited_as
from policy.profiles import Pending, Profiles, Version
from policy.value_words import said_en, said_plain, said_zh
from portal.cli import output, policy_checks
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

app = Noun()

City = Annotated[
    str | None,
    typer.Argument(
        help="城市或版本，如 wuhan、haishu@2022-01-01；默认为本工作目录所用 city or version; this home's by default."
    ),
]


@app.command("list")
def listed(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """列出各城市的规则、版本与效力状态 Cities, versions and status of their rules."""
    day = legal_date(moment(now))
    profiles, used = _profiles(home)
    rows = [
        (one, profiles.file_of(one), profiles.on(one.id, day).profile.version == one.version)
        for city in profiles.cities()
        for one in profiles.versions(city)
    ]
    if json:
        output.as_json(
            [
                {
                    "city": one.id, "version": one.version, "title": one.title_zh, "instrument": one.instrument.title_zh,
                    "number": one.instrument.number, "effective_from": one.effective_from, "effective_to": one.effective_to,
                    "status": one.status_on(day), "note": one.status_note_zh, "file": file, "current": current, "used_here": one.id == used,
                }
                for one, file, current in rows
            ]
        )  # fmt: skip
        return
    output.table(
        "城市规则 city rules",
        ["版本 version", "城市 city", "制度 instrument", "状态 status", "说明 note", "选用 used"],
        [
            (one.version, one.title_zh, f"{one.instrument.title_zh}\n{one.instrument.number}", f"{one.status_zh(day)}\n{one.status_en(day)}",
             one.status_note_zh, ("本目录 here" if one.id == used and current else ""))
            for one, _, current in rows
        ],
    )  # fmt: skip


@app.command("show")
def show(city: City = None, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """逐项显示一个城市的规则：值、条款或自定理由、未规定的项 Every parameter with its article, house reason or silence."""
    profiles, used = _profiles(home)
    when = moment(now)
    version, day = _version(profiles, city or used, when), legal_date(when)
    if json:
        output.as_json(_facts(version, day))
        return
    _banner(version, day)
    facts = list(told(version.profile))
    for section, (zh, en) in SECTIONS.items():
        output.table(
            f"{zh} {en}",
            ["参数 parameter", "规定 rule", "依据 ground"],
            [
                (f"{one.parameter.zh}\n{one.parameter.en}", _said(one), _ground(version, one))
                for one in facts
                if one.parameter.section == section
            ],
        )
    _warn([version])


@app.command("diff")
def diff(
    first: Annotated[str, typer.Argument(help="城市或版本 city or version.")],
    second: Annotated[str, typer.Argument(help="另一城市或版本 another.")],
    every: Annotated[bool, typer.Option("--all", help="相同的项也显示 show what is equal, too.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """并排比较两个城市的规则，默认只列不同 Two cities side by side; only what differs, unless --all."""
    profiles, _ = _profiles(home)
    when = moment(now)
    one, other = _version(profiles, first, when), _version(profiles, second, when)
    pairs = [
        (left, right)
        for left, right in zip(told(one.profile), told(other.profile), strict=True)
        if every or (left.silent, said_plain(left.value)) != (right.silent, said_plain(right.value))
    ]
    if json:
        output.as_json(
            {
                "versions": [one.name, other.name],
                "parameters": [
                    {"parameter": left.parameter.path, one.name: _plain(left), other.name: _plain(right)}
                    for left, right in pairs
                ],
            }
        )
        return
    day = legal_date(when)
    _banner(one, day)
    _banner(other, day)
    columns = [
        "参数 parameter",
        *(f"{side.profile.named_zh(day)} {side.profile.named_en(day)}" for side in (one, other)),
    ]
    for section, (zh, en) in SECTIONS.items():
        rows = [
            (f"{left.parameter.zh}\n{left.parameter.en}", *(_beside(side, said) for side, said in ((one, left), (other, right))))
            for left, right in pairs
            if left.parameter.section == section
        ]  # fmt: skip
        if rows:
            output.table(f"{zh} {en}", columns, rows)
    total = len(list(told(one.profile)))
    output.line(f"共 {total} 项，不同 {_differing(pairs)} 项 {_differing(pairs)} of {total} parameters differ")
    _warn([one, other])


@app.command("use")
def use(
    city: Annotated[str, typer.Argument(help="城市，如 wuhan the city.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """改用另一城市的规则；已立的工单沿用其立案时的版本 Go by another city's rules; open cases keep their version."""
    when = moment(now)
    profiles, before = _profiles(home)
    read_settings(home.resolve())  # a folder that is no home is refused
    if "@" in city:
        raise UserError(
            "请写城市（如 wuhan），版本由立案之日决定。",
            "Name the city (such as wuhan); the day on which a case is filed decides the version.",
            where=city,
        )
    version = profiles.on(city, legal_date(when))
    path = home / FILE
    place(path, with_profile(path.read_text(encoding="utf-8"), city).encode())
    with opened(home) as hub:
        kept: dict[str, int] = {}
        for one in hub.tickets.list():
            if one.is_open:
                name = hub.clock.of(one.profile).profile
                kept[name] = kept.get(name, 0) + 1
    if json:
        output.as_json({"before": before, "profile": city, "version": version.name, "open_cases": kept})
        return
    _banner(version, legal_date(when))
    output.line(
        f"自现在起新立的案件依 {output.shown(version.name)} 办理（原为 {before}）。 "
        f"New cases go by {output.shown(version.name)} (before: {before})."
    )
    for name, number in sorted(kept.items()):
        output.line(
            f"在办工单 {number} 张沿用 {output.shown(name)} 的期限与答复方式，直至办结。 "
            f"{number} open ticket(s) keep {output.shown(name)} to their end."
        )
    _warn([version])


policy_checks.register(app)


def with_profile(text: str, city: str) -> str:
    """Settings with another profile; everything else, comments too, as it was."""
    line = re.compile(r"^profile[ \t]*:[ \t]*[^\s#]*", re.MULTILINE)
    if line.search(text):
        return line.sub(f"profile: {city}", text, count=1)
    return f"profile: {city}\n{text}"


# --- parts -------------------------------------------------------------------------------------------------------------


def _profiles(home: Path) -> tuple[Profiles, str]:
    """All versions, and which city this home goes by; without a home those shipped, and the default."""
    if (home / FILE).exists():
        return Profiles.standard(home / "city"), read_settings(home).profile
    return Profiles.standard(), "haishu"


def _version(profiles: Profiles, name: str, when: datetime) -> Version:
    return profiles.version(name) if "@" in name else profiles.on(name, legal_date(when))


def _banner(version: Version, day: date) -> None:
    profile = version.profile
    colour = "green" if profile.status_on(day) == "in_force" else "yellow"
    output.line(
        f"[bold]{output.shown(profile.title_zh)} {output.shown(profile.title_en)}[/bold]  {output.shown(version.name)}  "
        f"[{colour}]{version.status_zh(day)} {version.status_en(day)}[/{colour}]"
    )
    output.line(f"  {output.shown(profile.status_note_zh)} [dim]{output.shown(profile.status_note_en)}[/dim]")


def _warn(versions: Iterable[Version]) -> None:
    """Numbers of higher law that nobody has confirmed, law by law."""
    laws: dict[str, dict[str, Pending]] = {}
    for version in versions:
        for one in version.pending:
            laws.setdefault(one.overlay.id, {})[one.number.parameter] = one
    for pending in laws.values():
        overlay = next(iter(pending.values())).overlay
        output.line(
            f"[yellow]上位法《{output.shown(overlay.instrument.title_zh)}》（{output.shown(overlay.instrument.number)}，"
            f"{overlay.effective_from} 起）：{output.shown(overlay.note_zh)}[/yellow] [dim]{output.shown(overlay.note_en)}[/dim]"
        )
        output.table(
            "未核实的数字 unverified numbers",
            ["参数 parameter", "数字 number", "出处 source"],
            [
                (f"{BY_PATH[name].zh}\n{name}", said_zh(one.number.typed), one.number.source)
                for name, one in pending.items()
            ],
        )
        output.line(
            f"  核对原文后在 city/overlays/{overlay.id}.yaml 确认 confirm with the text in city/overlays/{overlay.id}.yaml"
        )


def _said(one: Told) -> str:
    if one.silent:
        return "未规定\nsilent"
    zh, en = _both(one)
    note = f"\n（{one.note}）" if one.note else ""
    return f"{zh}{note}\n{en}" if _is_english(en, zh) else f"{zh}{note}"


def _ground(version: Version, one: Told) -> str:
    pending = "\n".join(f"⚠ {said.overlay.instrument.title_zh}：{said_zh(said.number.typed)}（未核实 unverified）" for said in version.pending_of(one.parameter.path))  # fmt: skip
    return "\n".join(part for part in (_rests_on(one), pending) if part)


def _rests_on(one: Told) -> str:
    if one.article is not None:
        return f"{one.instrument or ''}{cited_as(one.article)}"
    return f"自定 house：{one.house}" if one.house else ""


def _beside(version: Version, one: Told) -> str:
    if one.silent:
        return "\n".join(part for part in ("未规定 silent", _ground(version, one)) if part)
    ground = "自定 house" if one.house else _rests_on(one)
    zh, en = _both(one)
    return "\n".join([zh, *([en] if _is_english(en, zh) else []), *([f"— {ground}"] if ground else [])])


def _both(one: Told) -> tuple[str, str]:
    if one.value is None and one.parameter.path == "problem_data.law_says":
        return "条文已写明天数", "the days are stated"
    return said_zh(one.value), said_en(one.value)


def _is_english(en: str, zh: str) -> bool:
    """What is quoted from an instrument is Chinese in both, and said once."""
    return en != zh and re.search("[A-Za-z]", en) is not None


def _differing(pairs: Iterable[tuple[Told, Told]]) -> int:
    return sum(
        (left.silent, said_plain(left.value)) != (right.silent, said_plain(right.value)) for left, right in pairs
    )


def _plain(one: Told) -> Any:
    if one.silent:
        return "silent"
    parts = {
        "value": said_plain(one.value),
        "article": one.article,
        "house": one.house,
        "note": one.note,
        "instrument": one.instrument,
    }
    return {name: part for name, part in parts.items() if part is not None}  # fmt: skip


def _use(one: Told) -> dict[str, Any]:
    """Where a parameter counts; of what a list says, the values that act and those that wait for supervision."""
    kind, where = one.parameter.use
    if not one.parameter.acting:
        return {"kind": kind, "where": where}
    values = [] if one.silent else one.value
    acts = [value for value in values if value in one.parameter.acting]
    waits = [value for value in values if value not in one.parameter.acting]
    return {"kind": kind, "where": where, "acts": acts, "waits": waits}


def _facts(version: Version, day: date) -> dict[str, Any]:
    profile = version.profile
    return {
        "version": version.name,
        "city": profile.id,
        "title": {"zh": profile.title_zh, "en": profile.title_en},
        "status": {"value": profile.status_on(day), "zh": version.status_zh(day), "en": version.status_en(day)},
        "note": {"zh": profile.status_note_zh, "en": profile.status_note_en},
        "parameters": {
            one.parameter.path: {
                "zh": one.parameter.zh, "en": one.parameter.en, "said": _plain(one),
                "use": _use(one),
            }
            for one in told(profile)
        },
        "unverified": [
            {"parameter": one.number.parameter, "value": one.number.value, "source": one.number.source, "zh": one.zh, "en": one.en}
            for one in version.pending
        ],
    }  # fmt: skip
