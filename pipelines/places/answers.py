"""Which door does a question mean? The steps from the surest evidence to the least, each by an equality join.

A question is where in the city, along what, which number (`match.QUESTION`). Of several doors that fit, the one that
agrees best with the street, community and estate that were written is meant; if two agree equally well, none is named.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.places.similar import similar_names
from standards.grammar import Keep


def answered(questions: ir.Table, doors: ir.Table, keep: Keep) -> ir.Table:
    """The questions with ``address_id, street_code, division, grade``.

    Args:
        questions: `match.QUESTION` and ``elsewhere``; distinct rows without nulls.
        doors: as of `doors.Doors`.
        keep: evaluates a table once.
    """
    asked = keep(questions.mutate(question=ibis.row_number()))
    local = asked.filter(~asked["elsewhere"])
    exact = keep(_best(_at(local, doors, "named")))
    near = keep(_best(_at(_misspelt(local, exact, doors, keep), doors, "meant")))
    city = keep(_only_in_city(local, doors))
    estates = keep(_estates(doors))
    roads = keep(_roads(doors))
    table = asked.left_join(exact.rename(_x="question"), asked["question"] == exact["question"].name("_x"))
    return _graded(asked, exact, near, city, estates, roads)


def _at(questions: ir.Table, doors: ir.Table, column: str) -> ir.Table:
    """Every door of the district with that number along ``column``, and what of the rest agrees with it."""
    there = doors.select(
        _district="district", _named="named", _door="door", _street="street", _community="community",
        _estate="estate", address_id="address_id",
    )  # fmt: skip
    numbered = questions.filter((questions["door"] != "") & (questions["district"] != ""))
    found = numbered.join(
        there,
        [
            numbered["district"] == there["_district"],
            numbered[column] == there["_named"],
            numbered["door"] == there["_door"],
        ],
    )
    same_estate = (found["estate"] != "") & (found["estate"] == found["_estate"])
    other_estate = (found["estate"] != "") & (found["_estate"] != "") & (found["estate"] != found["_estate"])
    same_street = (found["street"] != "") & (found["street"] == found["_street"])
    other_street = (found["street"] != "") & (found["_street"] != "") & (found["street"] != found["_street"])
    same_community = (found["community"] != "") & (found["community"] == found["_community"])
    return found.select(
        "question", "address_id", "other_street", "other_estate", "same_estate", "score", street_code="_street",
    ) if False else found.select(
        "question", "address_id", street_code="_street", other_street=other_street, other_estate=other_estate,
        same_estate=same_estate,
        score=same_street.cast("int8") * 4 + same_community.cast("int8") * 2 + same_estate.cast("int8"),
    )  # fmt: skip
