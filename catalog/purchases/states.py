"""The life of a purchase of data as data (Wuhan 34): told, looked for on the platform, bought, catalogued and shared."""

from __future__ import annotations

from catalog.cases.machine import Machine, Step

DUPLICATE, CLEAR, BOUGHT, SHARED, WITHDRAWN = "duplicate", "clear", "bought", "shared", "withdrawn"

PURCHASE = Machine(
    "purchase",
    ("数据购买", "purchase of data"),
    {
        DUPLICATE: ("平台已有，不得购买", "on the platform already: not to be bought"),
        CLEAR: ("已告知，可以购买", "told; may be bought"),
        BOUGHT: ("已购买，待编目共享", "bought; to be catalogued and shared"),
        SHARED: ("已编目共享", "catalogued and shared"),
        WITHDRAWN: ("已撤回", "withdrawn"),
    },
    frozenset({SHARED, WITHDRAWN}),
    (
        Step("told", (None,), CLEAR, "告知拟购数据", "purchase told beforehand", "the department", "what is bought, from whom"),
        Step(
            "refused_as_duplicate", (None,), DUPLICATE, "告知拟购数据，平台已有可共享的同类数据",
            "told; the platform has it and can share it", "the department", "the resources that have it",
        ),
        Step(
            "cleared", (DUPLICATE,), CLEAR, "核定不属重复购买", "found to be no duplicate", "the authority",
            "reason, document",
        ),
        Step("bought", (CLEAR,), BOUGHT, "完成购买", "bought", "the department", "contract, day"),
        Step(
            "entry_named", (BOUGHT,), None, "关联目录条目", "entry named under which it is catalogued",
            "the department", "entries",
        ),
        Step("shared", (BOUGHT,), SHARED, "完成编目共享", "catalogued and shared", "hub", "the published entries"),
        Step("withdrawn", (DUPLICATE, CLEAR), WITHDRAWN, "撤回", "withdrawn", "the department", "reason"),
    ),
)  # fmt: skip
"""The life of a purchase."""
