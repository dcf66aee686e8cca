"""May an account be written down like this? What every account must hold, whoever makes or changes it."""

from __future__ import annotations

import re

from accounts.model import Account, Role
from ground.errors import UserError
from ledger.chain import check_text

LOGIN_NAME = re.compile(r"[a-z][a-z0-9_.-]{1,62}")
LONGEST = 200
"""Characters of a name, a firm, a number of an agreement."""
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,189}")  # no blanks or brackets: it becomes a header of a mail
_MOBILE = re.compile(r"\+?[0-9][0-9-]{4,19}")


def check_is_sound(account: Account) -> None:
    """Everything in ``account`` is as it must be, or UserError says what is not."""
    if not LOGIN_NAME.fullmatch(account.id):
        raise UserError(
            "登录名须为 2 至 63 个字符，以小写字母开头，只含小写字母、数字、点、横线和下划线。",
            "A login name has 2 to 63 characters, begins with a lower-case letter and holds lower-case letters, digits, dots, "
            "hyphens and underscores only.",
            where="id",
        )
    _check_words(account)
    _check_contact(account)
    _check_contractor(account)
    _check_absence(account)
    if account.role is Role.PROVIDER and account.department is None:
        raise UserError(
            "数据提供部门经办人必须写明所属部门（department）。",
            "An officer of a providing department needs a department.",
            where="department",
        )


def _check_words(account: Account) -> None:
    for field in ("name", "firm", "agreement", "department"):
        text = getattr(account, field)
        if text is None:
            continue
        check_text(text, field)
        if not text.strip() or len(text) > LONGEST or not text.isprintable():
            raise UserError(
                f"{field} 不能为空，不超过 {LONGEST} 个字符，且不含控制字符。",
                f"{field} must not be empty, has at most {LONGEST} characters, and no control characters.",
                where=field,
            )


def _check_contact(account: Account) -> None:
    if account.email is not None and not _EMAIL.fullmatch(account.email):
        raise UserError(
            "电子邮箱格式不正确，应形如 name@example.gov.cn。",
            "This is no mail address; write name@example.gov.cn.",
            where="email",
        )
    if account.mobile is not None and not _MOBILE.fullmatch(account.mobile):
        raise UserError(
            "手机号格式不正确，只写数字，可带国家代码（+86）。",
            "This is no mobile number; write digits only, with a country code (+86) if you like.",
            where="mobile",
        )


def _check_contractor(account: Account) -> None:
    if account.firm is not None and account.agreement is None:
        raise UserError(
            "外包单位人员的账号须登记保密协议编号（agreement）。",
            "An account of a contractor needs the number of the confidentiality agreement.",
            where="agreement",
        )
    if account.agreement is not None and account.expires_on is None:
        raise UserError(
            "有保密协议的账号须登记期限（expires_on）：协议到期，账号即止。",
            "An account with a confidentiality agreement needs its last day (expires_on): it ends with the agreement.",
            where="expires_on",
        )


def _check_absence(account: Account) -> None:
    if account.absent_until is not None and account.absent_from is None:
        raise UserError(
            "写了外出的末日，也要写首日（absent_from）。",
            "With a last day of absence there must be a first (absent_from).",
            where="absent_from",
        )
    first, last = account.absent_from, account.absent_until
    if first is not None and last is not None and last < first:
        raise UserError("外出的末日早于首日。", "The last day of absence is before the first.", where="absent_until")
    if account.deputy == account.id:
        raise UserError("代理人不能是本人。", "Nobody can be their own deputy.", where="deputy")
