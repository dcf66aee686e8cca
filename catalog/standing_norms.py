"""How a city's technical norms stand to what its rules ask: a norm in every domain, issued by the authority with the market regulator.

Source: Haishu 30. National standards and laws count where a reader asks what holds in a domain; the article speaks of norms
that the authority itself has written, so that its remarks look at the city's own alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from catalog.city import City
from catalog.infrastructure import infrastructure_of
from catalog.norms import DOMAIN_WORDS, Norm, NormDomain, NormKind
from catalog.remark import Asked, Remark, Severity, about
from policy.profile import Profile

MARKET_REGULATION = "market_regulation"
"""The function of the market regulator, in the words of ``collectors.yaml``."""


@dataclass(frozen=True, slots=True)
class DomainStanding:
    """What holds in one domain on a day.

    Attributes:
        domain: which.
        norms: every norm in force that is about it, the city's own first.
        own: those of them that the city issued.
        alone: those of the city's own that lack one of the joint issuers.
    """

    domain: NormDomain
    norms: tuple[Norm, ...]
    own: tuple[Norm, ...]
    alone: tuple[Norm, ...]


def domains_on(city: City, day: date) -> list[DomainStanding]:
    """The seven domains and what holds in each.

    Args:
        city: departments and norms.
        day: on which it is looked at.
    """
    held = [one for one in city.norms if one.in_force(day)]
    return [_standing(city, domain, [one for one in held if domain in one.domains]) for domain in NormDomain]


def lacking_issuers(city: City, norm: Norm) -> tuple[str, ...]:
    """Which of the two that issue a norm together did not: ``authority``, ``market_regulator``; none where both did."""
    issued = set(norm.issued_by)
    found = []
    if not issued & {one.id for one in city.organisation.leading}:
        found.append("authority")
    if not issued & {one.id for one in city.departments if MARKET_REGULATION in one.functions}:
        found.append("market_regulator")
    return tuple(found)


ISSUER_WORDS: dict[str, tuple[str, str]] = {
    "authority": ("数据主管部门", "the data authority"),
    "market_regulator": ("市场监督管理部门", "the market regulator"),
}
"""What `lacking_issuers` names -> its words."""


def norm_remarks(city: City, day: date, rules: Profile) -> Iterator[Remark]:
    """Domains without a norm of the city's own, and norms that one of the two issued without the other (Haishu 30)."""
    top = next(iter(city.organisation.leading), None)
    if top is None:
        return
    asked = Asked.by(rules, infrastructure_of(rules.id).technical_norms)
    standings = domains_on(city, day)
    without = [one.domain for one in standings if not one.own]
    if without:
        zh = "、".join(DOMAIN_WORDS[one][0] for one in without)
        en = ", ".join(DOMAIN_WORDS[one][1] for one in without)
        yield about(top)(
            "norm_domains_missing",
            asked.milder(Severity.GRADUAL),
            f"没有本市现行技术规范的方面：{zh}。请会同市场监督管理部门组织制定，并在 city/norms.yaml 登记（domains、issued_by）",
            f"the city has no norm of its own in force on: {en}. Have them written with the market regulator, and register them "
            "in city/norms.yaml (domains, issued_by)",
        )
    alone = {norm.id: norm for one in standings for norm in one.alone}
    if alone:
        zh = "、".join(f"{one.title}（缺 {_words(city, one, 0)}）" for one in alone.values())
        en = ", ".join(f"{one.id} (lacks {_words(city, one, 1)})" for one in alone.values())
        yield about(top)(
            "norms_not_issued_together",
            asked,
            f"技术规范未会同制定：{zh}。请补齐会同单位，或更正 city/norms.yaml 的 issued_by",
            f"norms that were not issued together: {en}. Issue them together, or correct issued_by in city/norms.yaml",
        )


def _standing(city: City, domain: NormDomain, norms: list[Norm]) -> DomainStanding:
    order = list(NormKind)
    ranked = sorted(norms, key=lambda one: (one.kind is not NormKind.CITY, order.index(one.kind), one.number))
    own = tuple(one for one in ranked if one.kind is NormKind.CITY)
    return DomainStanding(domain, tuple(ranked), own, tuple(one for one in own if lacking_issuers(city, one)))


def _words(city: City, norm: Norm, language: int) -> str:
    return ("、", " and ")[language].join(ISSUER_WORDS[one][language] for one in lacking_issuers(city, norm))
