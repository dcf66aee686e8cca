"""Who is this person: the account, its role, and whether its holder may come in now.

An account of a contractor is tied to the confidentiality agreement of its firm and ends with it (Longyan 29: whoever
processes public data for a department signs an agreement and is supervised).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ground.errors import UserError
from policy.clock import legal_date


class Role(StrEnum):
    """What somebody does: at the authority, at a department that provides data, at the operator, or as a reporter."""

    STEWARD = "steward"
    PROVIDER = "provider"
    OPERATOR = "operator"
    """Of who runs the platform (信息中心, 大数据中心); decides nothing (Lianyungang 4, Longyan 5)."""
    REPORTER = "reporter"


ROLE_WORDS: dict[Role, tuple[str, str]] = {
    Role.STEWARD: ("质量管理员", "steward of the authority"),
    Role.PROVIDER: ("数据提供部门经办人", "officer of a department that provides data"),
    Role.OPERATOR: ("平台运维人员", "operator of the platform"),
    Role.REPORTER: ("反馈人", "reporter: a data manager or a clerk at a service window"),
}
"""Role -> its word in Chinese and in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person's account; the password is kept elsewhere.

    Attributes:
        id: login name.
        name: of the person.
        role: what the person does.
        department: id of the department the person acts for; None for nobody's.
        email: where notices go.
        mobile: likewise.
        deputy: account id of who stands in.
        absent_from: first day away.
        absent_until: last day away; None with ``absent_from``: until further notice.
        firm: the contractor who employs the person; then there is an agreement.
        agreement: number of the confidentiality agreement; then there is a last day.
        expires_on: last day on which the account may be used, in Beijing.
        disabled_at: when it was closed for good.
    """

    id: str
    name: str
    role: Role
    department: str | None = None
    email: str | None = None
    mobile: str | None = None
    deputy: str | None = None
    absent_from: date | None = None
    absent_until: date | None = None
    firm: str | None = None
    agreement: str | None = None
    expires_on: date | None = None
    disabled_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """The holder may come in at ``now``."""
        return can_enter(self, now)

    def absent(self, today: date) -> bool:
        """The holder is away on ``today``; first and last day included."""
        return (
            self.absent_from is not None
            and self.absent_from <= today
            and (self.absent_until is None or today <= self.absent_until)
        )


def check_can_enter(account: Account, now: datetime) -> None:
    """The holder of ``account`` may come in at ``now``, or UserError says why not."""
    if account.disabled_at is not None:
        raise UserError(
            "该账号已停用。如仍需使用，请联系质量管理员。",
            "This account is disabled. If it is still needed, ask the steward.",
            where=account.id,
        )
    if account.firm is not None and (account.agreement is None or account.expires_on is None):
        raise UserError(
            "该账号属于外包单位，但没有登记保密协议及其期限，不能使用。请联系质量管理员。",
            "This account is a contractor's and has no confidentiality agreement with a last day; it cannot be used. Ask the "
            "steward.",
            where=account.id,
        )
    if account.expires_on is not None and legal_date(now) > account.expires_on:
        raise UserError(
            f"该账号的期限已于 {account.expires_on} 届满。协议续签后请质量管理员登记新的期限。",
            f"This account ended on {account.expires_on}. When the agreement is renewed the steward enters the new last day.",
            where=account.id,
        )


def can_enter(account: Account, now: datetime) -> bool:
    """`check_can_enter` as an answer."""
    try:
        check_can_enter(account, now)
    except UserError:
        return False
    return True
