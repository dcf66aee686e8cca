"""The words of refusals: what each kind of validation or syntax error expects, in Chinese and in English.

Tables only; which of them is said where is `ground.document_faults`.
"""

from __future__ import annotations

from datetime import date

Pair = tuple[str, str]
"""The same in Chinese and in English."""

_NO_MAPPING: Pair = ("应为“键: 值”的映射", "must be a mapping of key: value")
_NO_LIST: Pair = ("应为列表（每项一行并以“- ”开头，或写作 [甲, 乙]）", "must be a list (one '- ' line each, or [a, b])")
_INTEGER: Pair = ("应为整数", "must be a whole number")
_NUMBER: Pair = ("应为数值", "must be a number")
_BOOLEAN: Pair = ("应为 true 或 false", "must be true or false")
_DAY: Pair = ("应为日期，写作 2026-11-21", "must be a date such as 2026-11-21")
_MOMENT: Pair = ("应为时间，写作 2026-11-21T09:00:00+08:00", "must be a time such as 2026-11-21T09:00:00+08:00")

WORDS: dict[str, Pair] = {
    "int_type": _INTEGER, "int_parsing": _INTEGER, "int_from_float": _INTEGER,
    "float_type": _NUMBER, "float_parsing": _NUMBER, "finite_number": _NUMBER,
    "decimal_type": _NUMBER, "decimal_parsing": _NUMBER,
    "bool_type": _BOOLEAN, "bool_parsing": _BOOLEAN,
    "list_type": _NO_LIST, "tuple_type": _NO_LIST, "set_type": _NO_LIST, "frozen_set_type": _NO_LIST,
    "dict_type": _NO_MAPPING, "model_type": _NO_MAPPING, "model_attributes_type": _NO_MAPPING,
    "mapping_type": _NO_MAPPING, "dataclass_type": _NO_MAPPING,
    "date_type": _DAY, "date_parsing": _DAY, "date_from_datetime_parsing": _DAY, "date_from_datetime_inexact": _DAY,
    "datetime_type": _MOMENT, "datetime_parsing": _MOMENT, "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": ("应写明时区，如 +08:00", "must name its time zone, such as +08:00"),
    "greater_than": ("应大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("应不小于 {ge}", "must be at least {ge}"),
    "less_than": ("应小于 {lt}", "must be less than {lt}"),
    "less_than_equal": ("应不大于 {le}", "must be at most {le}"),
    "string_too_short": ("至少 {min_length} 个字符", "needs at least {min_length} character(s)"),
    "string_too_long": ("至多 {max_length} 个字符", "takes at most {max_length} character(s)"),
    "too_short": ("至少 {min_length} 项", "needs at least {min_length} entries"),
    "too_long": ("至多 {max_length} 项", "takes at most {max_length} entries"),
}  # fmt: skip
"""Kind of validation error -> what is expected, with the numbers pydantic gives."""

_NAME: Pair = (
    "小写英文字母、数字和下划线，以字母开头",
    "lower-case letters, digits and underscores, beginning with a letter",
)
PATTERNS: dict[str, Pair] = {
    r"^[a-z][a-z0-9_]{0,62}$": (f"{_NAME[0]}，至多 63 个字符", f"{_NAME[1]}, at most 63 characters"),
    r"^[a-z][a-z0-9_]{0,31}$": (f"{_NAME[0]}，至多 32 个字符", f"{_NAME[1]}, at most 32 characters"),
    r"^[a-z][a-z0-9_]*$": _NAME,
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){2,}$": (
        "资源.信息项.内容，各部分为小写英文字母、数字和下划线", "resource.item.what, each of lower-case letters, digits and underscores"
    ),
    r"^\d{2}(\d{2}(\d{2})?)?$": ("2、4 或 6 位数字", "2, 4 or 6 digits"),
    r"^[0-9]{6}$": ("6 位数字", "6 digits"),
    r"^[a-z_]+\.[a-z_]+$": ("部分.参数，各为小写英文字母和下划线", "section.parameter, each of lower-case letters and underscores"),
    r"[0-9]+(wd|nd)": ("期限，如 10wd（10个工作日）或 60nd（60个自然日）", "a period such as 10wd (working days) or 60nd (natural days)"),
    r"[0-9]+(wd|nd)|at_once|promptly": (
        "期限（如 10wd、60nd），或 at_once（立即）、promptly（及时）", "a period such as 10wd or 60nd, or at_once, or promptly"
    ),
    r"^[1-9][0-9]{5}$": ("6 位数字，首位不为 0", "6 digits, the first not 0"),
    r"^https?://.+": ("以 http:// 或 https:// 开头的地址", "an address that begins with http:// or https://"),
    r"^SHA256:[A-Za-z0-9+/]{43}$": ("形如 SHA256:… 的公钥指纹（ssh-keygen -lf）", "a fingerprint such as SHA256:..., as ssh-keygen -lf shows it"),
    r"^R-[0-9]{3}$": ("R- 加三位数字", "R- and three digits"),
}  # fmt: skip
"""What the patterns of declared models mean; a pattern that is not here is shown as it is."""

READ_AS: list[tuple[type, Pair]] = [
    (bool, ("是/否值", "true or false")),
    (int, ("整数", "a number")),
    (float, ("小数", "a number")),
    (date, ("日期", "a date")),
    (list, ("列表", "a list")),
    (dict, ("映射", "a mapping")),
]

SYNTAX: list[tuple[str, Pair]] = [
    ("key written twice: (.*)", (r"键 \1 写了两次，只能保留一个", r"key written twice: \1")),
    ("a key is not a plain text", ("键应为普通文本", "a key must be plain text")),
    ("no such date or number", (
        "没有这样的日期或数字，请更正；若应为文本请加引号", "there is no such date or number; correct it, or quote it if it is text"
    )),
    ("mapping values are not allowed", (
        "此处不应有“: ”，请检查缩进是否对齐，含冒号的值请加引号", "no ': ' is allowed here; align the indentation, quote a value with a colon"
    )),
    ("cannot start any token", (
        "此处的字符不能开头：缩进请用空格而不是制表符，以 @ % ` * & 开头的值请加引号",
        "a value cannot begin like this: indent with blanks, not tabs; quote values that begin with @ % ` * &",
    )),
    (r"expected ',' or '[\]}]'", ("方括号或花括号没有闭合，或缺少逗号", "a bracket is not closed, or a comma is missing")),
    ("unexpected end of stream", ("引号没有闭合", "a quote is not closed")),
    ("undefined alias", ("以 * 开头的值被当作别名，请加引号", "a value that begins with * is an alias; quote it")),
    ("unknown escape", ("双引号中的反斜杠写法无效，请改用单引号", "not a valid backslash in double quotes; use single quotes")),
    ("expected", ("结构有误，请检查缩进是否对齐", "the structure is broken; check that the indentation is aligned")),
]  # fmt: skip
