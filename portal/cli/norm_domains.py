"""``norm domains``: what holds in each of the seven domains of technical norms, and what the city's rules ask besides (Haishu 30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from catalog.citations import Citation, bound_to
from catalog.norms import DOMAIN_WORDS, Norm, NormDomain, NormKind
from catalog.standing_norms import ISSUER_WORDS, DomainStanding, domains_on, lacking_issuers, norm_remarks
from policy.clock import legal_date
from portal.cli import output
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from datetime import date

    from catalog.city import City
    from hub.hub import Hub


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("domains")(domains)


def domains(
    domain: Annotated[NormDomain | None, typer.Option("--domain", help="只看一个方面 this domain only.")] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """按方面列出技术规范、缺规范的方面、未会同制定的规范，以及规则集所依的版次 Norms by domain, what lacks, and the version each set of rules is bound to."""
    when = moment(now)
    day = legal_date(when)
    with opened(home) as hub:
        city, rules = hub.city, hub.rules_on(when).profile
        sets = rule_sets(hub, day)
    found = [one for one in domains_on(city, day) if domain is None or one.domain is domain]
    remarks = list(norm_remarks(city, day, rules))
    if json:
        output.as_json(
            {
                "domains": [_facts(city, one) for one in found],
                "remarks": remarks,
                "rule_sets": [
                    {
                        "rules": name, "text": one.text, "standing": one.standing.value,
                        "norm": one.norm.cited if one.norm else None, "instead": one.instead.cited if one.instead else None,
                    }
                    for name, one in sets
                ],
            }
        )  # fmt: skip
        return
    output.table(
        f"技术规范 technical norms（{day}）",
        ["方面 domain", "编号 number", "名称 title", "施行 from", "制定单位 issued by", "会同 together"],
        [row for one in found for row in _rows(city, one)],
    )
    for remark in remarks:
        bound = remark.article or "本市规则未作要求 not asked by the city's rules"
        output.line(f"[yellow]{output.shown(remark.zh)}[/yellow]（{output.shown(bound)}）\n  {output.shown(remark.en)}")
    output.table(
        "规则集所依规范 the norm each set of rules is bound to",
        ["规则集 rules", "规范 norm", "情况 standing"],
        [(name, one.text, one.message()[0]) for name, one in sets],
    )


def rule_sets(hub: Hub, day: date) -> list[tuple[str, Citation]]:
    """Every set of rules that names the version of a norm, and how that stands on a day."""
    sets = hub.rulebook.sets
    return [
        (f"rules/{name}.yaml", bound_to(named, hub.city.norms, day))
        for name in sorted(sets)
        if (named := sets[name].norm) is not None
    ]


def _rows(city: City, one: DomainStanding) -> list[tuple[object, ...]]:
    word = " ".join(DOMAIN_WORDS[one.domain])
    if not one.norms:
        return [(word, None, "没有现行规范 none in force", None, None, None)]
    return [
        (word if norm is one.norms[0] else None, norm.cited, norm.title, norm.effective_from, _issuers(city, norm), _together(city, norm))
        for norm in one.norms
    ]  # fmt: skip


def _issuers(city: City, norm: Norm) -> str | None:
    return "、".join(city.department(one).name for one in norm.issued_by) or norm.issuer


def _together(city: City, norm: Norm) -> str | None:
    if norm.kind is not NormKind.CITY:
        return None  # the article is about the city's own
    lacking = lacking_issuers(city, norm)
    return f"缺 lacks {'、'.join(ISSUER_WORDS[one][0] for one in lacking)}" if lacking else "是 yes"


def _facts(city: City, one: DomainStanding) -> dict[str, object]:
    return {
        "domain": one.domain, "zh": DOMAIN_WORDS[one.domain][0],
        "norms": [norm.model_dump(mode="json", exclude={"compilation"}) | {"cited": norm.cited} for norm in one.norms],
        "own": [norm.id for norm in one.own],
        "issued_alone": {norm.id: lacking_issuers(city, norm) for norm in one.alone},
    }  # fmt: skip
