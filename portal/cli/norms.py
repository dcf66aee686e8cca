"""``norm list`` and ``collector list``: what rules and entries rest on, and who collects what by law."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.citations import Citation, CitedBy, Standing, bound, check_cited
from catalog.collectors import Certainty, holders
from catalog.departments import KIND_WORDS as UNIT_WORDS
from catalog.norms import FIELDS, NormKind
from policy.clock import legal_date
from portal.cli import norm_domains, output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from standards.elements import elements

if TYPE_CHECKING:
    from catalog.city import City
    from hub.hub import Hub

norms = Noun()
collectors = Noun()

KIND_WORDS: dict[NormKind, str] = {
    NormKind.LAW: "法律法规",
    NormKind.NATIONAL: "国家",
    NormKind.INDUSTRY: "行业",
    NormKind.LOCAL: "地方",
    NormKind.CITY: "本市",
    NormKind.PLATFORM: "本平台",
}
CERTAINTY_WORDS: dict[Certainty, str] = {Certainty.HIGH: "高", Certainty.MEDIUM: "中", Certainty.LOW: "低"}


@norms.command("list")
def list_norms(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """列出标准规范、编制规范与未落到有效版本的依据 List the norms, the template of compilation, and citations that are not bound."""
    when = moment(now)
    with opened(home) as hub:
        city, cited = hub.city, list(cited_texts(hub))
        day = legal_date(when)
        sets = norm_domains.rule_sets(hub, day)
    loose = check_cited(cited, city.norms, day)
    loose += [CitedBy(name, one) for name, one in sets if one.standing is not Standing.BOUND]
    template = city.norms.compilation_on(day)
    times = Counter(
        one.norm.cited for _, one in bound(cited, city.norms, day) if one.norm and one.standing is Standing.BOUND
    )
    if json:
        output.as_json(
            {
                "norms": [one.model_dump(mode="json") | {"in_force": one.in_force(day), "cited": times[one.cited]} for one in city.norms],
                "compilation": template.model_dump(mode="json") if template else None,
                "unbound": [_loose(one) for one in loose],
            }
        )  # fmt: skip
        return
    output.table(
        f"标准规范 norms（{day}）",
        ["编号 number", "名称 title", "类别 kind", "施行 from", "至 until", "有效 in force", "把握 sure", "引用 cited"],
        [
            (one.cited, one.title, KIND_WORDS[one.kind], one.effective_from, one.effective_to, "是" if one.in_force(day) else "否",
             CERTAINTY_WORDS[one.certainty], times[one.cited] or None)
            for one in sorted(city.norms, key=lambda one: (list(NormKind).index(one.kind), one.number, one.version or ""))
        ],
    )  # fmt: skip
    if template is not None and template.compilation is not None:
        asked = template.compilation
        output.line(
            f"[bold]编制规范 what an entry states[/bold]：{output.shown(template.title)} {template.version or ''}"
        )
        output.line(f"  一般 all：{_titles(asked.fields)}")
        for kind, fields in asked.by_kind.items():
            output.line(f"  {UNIT_WORDS[kind][0]} {kind}：{_titles(fields)}")
        if asked.where_conditional:
            output.line(f"  有条件的另须 where conditional：{_titles(asked.where_conditional)}")
    output.table(
        "未落到有效版本的依据 citations that are not bound",
        ["谁引用 cited by", "依据 text", "情况 standing"],
        [(one.subject, one.citation.text, one.citation.message()[0]) for one in loose],
    )


@collectors.command("list")
def list_collectors(
    subject: Annotated[
        str | None, typer.Option("--subject", help="只看一类对象 of one subject: person, legal_person …")
    ] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """列出采集责任清单与本市对应的部门 List who collects what by law, and which departments of the city that are."""
    moment(now)
    with opened(home) as hub:
        city = hub.city
    rows = [one for one in city.collectors.classes.values() if subject is None or one.subject == subject]
    if json:
        output.as_json(
            [
                one.model_dump(mode="json")
                | {"departments": [held.id for held in holders(city.departments, one.lawful)]}
                for one in rows
            ]
        )
        return
    output.table(
        "采集责任清单 lawful collectors",
        ["事实类别 class", "对象 subject", "法定采集 collector", "共同采集 joint", "本市部门 departments", "把握 sure", "依据 source"],
        [
            (
                one.title,
                city.collectors.subjects[one.subject].title,
                city.collectors.titled([one.collector]) if one.collector else "商定 by agreement",
                city.collectors.titled(one.joint),
                "、".join(held.id for held in holders(city.departments, one.lawful)),
                CERTAINTY_WORDS[one.certainty],
                one.source,
            )
            for one in rows
        ],
    )  # fmt: skip
    _show_agreed(city)


norm_domains.register(norms)


def cited_texts(hub: Hub) -> Iterator[tuple[str, str]]:
    """Who rests on what: every rule that a steward declared, and every data element."""
    for name in sorted(hub.rulebook.sets):
        yield from ((rule.id, rule.basis) for rule in hub.rulebook.sets[name].rules)
    yield from ((f"element {one.id}", one.standard) for one in elements() if one.standard)


def _show_agreed(city: City) -> None:
    output.table(
        "商定的权威来源 authorities by agreement",
        ["库 library", "项 item", "权威来源 authority", "商定文件 document"],
        [
            (library.title, item.title, item.authority, item.agreed)
            for library in city.register.libraries.values()
            for item in library.items.values()
            if item.agreed
        ],
    )


def _titles(fields: list[str]) -> str:
    return "、".join(FIELDS[one][0] for one in fields)


def _loose(one: CitedBy) -> dict[str, object]:
    citation: Citation = one.citation
    zh, en = citation.message()
    return {
        "subject": one.subject,
        "text": citation.text,
        "standing": citation.standing.value,
        "norm": citation.norm.cited if citation.norm else None,
        "instead": citation.instead.cited if citation.instead else None,
        "zh": zh,
        "en": en,
    }
