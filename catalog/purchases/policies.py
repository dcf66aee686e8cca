"""May a step of a purchase be taken now, under the city's rules? Who may take it is `catalog.purchases.permissions`."""

from __future__ import annotations

from datetime import date, datetime

from catalog.cases.machine import Words
from catalog.cases.model import Case
from catalog.purchases.duplicates import Match
from catalog.purchases.states import PURCHASE
from ground.errors import Conflict, UserError
from ledger.chain import check_text
from policy.cited import SILENT, Cited, Silence
from policy.clock import legal_date
from policy.profile import Profile, Projects

TAKEN = ("直接从平台获取", "take it from the platform")
ASKED_FOR = ("通过平台向提供部门申请", "apply for it to its provider on the platform")
ASKED_OF_AUTHORITY = ("向数据主管部门申请，从平台获取", "apply to the data authority, then take it from the platform")


def check_can(case: Case | None, event: str, subject: str) -> None:
    """Whether the step exists where the purchase stands; Conflict says what does."""
    PURCHASE.check_can(case.state if case is not None else None, event, subject)


def check_told_here(rules: Projects, city: Words) -> None:
    """The city has purchases told beforehand (Wuhan 34), or Conflict says that it does not."""
    said = rules.purchases_told
    if isinstance(said, Silence) or not said.value:
        raise Conflict(
            f"{city[0]}的规则未要求购买数据前告知主管部门，此事项不适用。",
            f"The rules of {city[1]} do not ask that purchases are told to the authority; this does not exist here.",
            where="purchase",
        )


def check_is_sound(title: str, seller: str) -> None:
    """A purchase may be told like this, or UserError says why not."""
    for name, text in (("title", title), ("seller", seller)):
        check_text(text, name)
        if not text.strip():
            raise UserError("请写明拟购数据名称与来源单位。", "Name the data and who sells them.", where=name)


def check_clearing(reason: str) -> None:
    """Finding that a hit is no duplicate states why."""
    if not reason.strip():
        raise UserError("请写明为何不属重复购买。", "State why it is no duplicate purchase.", where="reason")


def check_bought(contract: str, day: date, now: datetime) -> None:
    """A purchase is noted with its contract and a day that is not to come."""
    if not contract.strip():
        raise UserError("请写明合同编号。", "Give the number of the contract.", where="contract")
    if day > legal_date(now):
        raise UserError(f"购买日期 {day} 尚未到。", f"The day of purchase, {day}, is to come.", where="day")


def how_to_obtain(match: Match, profile: Profile) -> Words:
    """How a resource is had in this city, by its class."""
    if match.sharing != "unconditional":
        return ASKED_FOR
    route: Cited[str] | Silence = profile.sharing.unconditional_route  # type: ignore[assignment] # a literal is a text
    asked = route is not SILENT and isinstance(route, Cited) and route.value == "application_to_authority"
    return ASKED_OF_AUTHORITY if asked else TAKEN
