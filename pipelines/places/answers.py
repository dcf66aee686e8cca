"""Which door does a question mean? From the surest evidence to the least, each step an equality join.

A question is where in the city, along what, which number (`match.QUESTION`). Of several doors that fit, the one that
agrees best with the street, then the community, then the estate written is meant; if two agree alike, none is named.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.places.similar import similar_names
from standards.grammar import Keep


def answered(questions: ir.Table, doors: ir.Table, keep: Keep) -> ir.Table:
    """The questions with ``address_id, street_code, division, grade`` (`grades`; nothing finer than ``door`` yet).

    Args:
        questions: `match.QUESTION` and ``elsewhere``; distinct rows without nulls.
        doors: as of `doors.Doors`.
        keep: evaluates a table once.
    """
    asked = keep(questions.mutate(question=ibis.row_number()))
    local = asked.filter(~asked["elsewhere"])
    roads = keep(_roads(doors))
    exact = keep(_best(_doors_at(local, doors, "named")))
    near = keep(_best(_similar(local, exact, doors, roads, keep)))
    known = _beside(asked, exact, "question", "exact")
    known = keep(_beside(known, near, "question", "near"))
    known = _beside(known, keep(_city(doors)), ("named", "door"), "city")
    known = keep(_beside(known, roads, ("district", "named"), "road"))
    known = _beside(known, keep(_estates(doors, ["district", "estate"])), ("district", "estate"), "estate")
    along = ("district", "estate", "named")
    known = _beside(known, keep(_estates(doors, list(along))), along, "part")
    return _graded(keep(known)).select(*questions.columns, "address_id", "street_code", "division", "grade")


# --- what the register of doors holds, by what it is asked for --------------------------------------------------------


def _roads(doors: ir.Table) -> ir.Table:
    """Whether a road is there, and its street if it has only one."""
    return doors.filter(doors["named"] != "").group_by(["district", "named"]).agg(street=_alone(doors["street"]))


def _city(doors: ir.Table) -> ir.Table:
    """The door with a number along a name anywhere in the city; how many there are."""
    there = doors.filter((doors["named"] != "") & (doors["door"] != ""))
    return there.group_by(["named", "door"]).agg(
        doors=there.count(), address_id=there["address_id"].min(), street=there["street"].min(), district_of=there["district"].min()
    )  # fmt: skip


def _estates(doors: ir.Table, by: list[str]) -> ir.Table:
    """The doors of an estate, in a district or along a road of it."""
    there = doors.filter(doors["estate"] != "")
    return there.group_by(by).agg(
        doors=there.count(), address_id=there["address_id"].min(), street=_alone(there["street"])
    )


def _alone(col: ir.StringValue) -> ir.StringScalar:
    """The value, where all are the same."""
    return ibis.ifelse(col.nunique() == 1, col.min(), ibis.null("string"))


# --- doors that fit ---------------------------------------------------------------------------------------------------


def _doors_at(questions: ir.Table, doors: ir.Table, along: str) -> ir.Table:
    """Every door of the district with that number along the column ``along``, and how far it agrees with the rest."""
    numbered = questions.filter((questions["door"] != "") & (questions["district"] != ""))
    there = doors.rename({f"_{name}": name for name in doors.columns})
    found = numbered.join(
        there,
        [
            numbered["district"] == there["_district"],
            numbered[along] == there["_named"],
            numbered["door"] == there["_door"],
        ],
    )
    same = {one: (found[one] != "") & (found[one] == found[f"_{one}"]) for one in ("street", "community", "estate")}
    other = {
        one: (found[one] != "") & (found[f"_{one}"] != "") & (found[one] != found[f"_{one}"])
        for one in ("street", "estate")
    }
    weight = ibis.literal(0, "int64")
    for one, weighs in (("street", 4), ("community", 2), ("estate", 1)):
        weight += ibis.ifelse(same[one], weighs, 0)
    return found.select(
        "question",
        address_id="_address_id",
        street="_street",
        other_street=other["street"],
        other_estate=other["estate"],
        same_estate=same["estate"],
        weight=weight,
    )


def _best(found: ir.Table) -> ir.Table:
    """The door that agrees best per question; ``ties``: how many agree as well."""
    rivals = found.group_by(["question", "weight"]).agg(
        ties=found["address_id"].nunique(),
        **{name: found[name].min() for name in ("address_id", "street")},
        **{name: found[name].max() for name in ("other_street", "other_estate", "same_estate")},
    )
    window = ibis.window(group_by="question", order_by=ibis.desc("weight"))
    placed = rivals.mutate(_place=ibis.row_number().over(window))
    return placed.filter(placed["_place"] == 0).drop("_place", "weight")


def _similar(local: ir.Table, exact: ir.Table, doors: ir.Table, roads: ir.Table, keep: Keep) -> ir.Table:
    """Doors along a road that is written almost alike, where the road written does not answer.

    Where the road written is there, the estate must speak for the other one; a street or estate that speaks against
    it is heard.
    """
    held = exact.select(_question="question", _contradicted="other_estate")
    asked = local.filter((local["door"] != "") & (local["district"] != "") & (local["named"] != ""))
    asked = asked.left_join(held, asked["question"] == held["_question"])
    asked = asked.filter(asked["_question"].isnull() | asked["_contradicted"])
    known = roads.select(_district="district", _named="named")
    asked = asked.left_join(known, [asked["district"] == known["_district"], asked["named"] == known["_named"]])
    asked = keep(asked.mutate(_doubtful=asked["_named"].notnull()).drop("_district", "_named", "_question"))
    pairs = keep(similar_names(asked.select("district", "named").distinct(), roads.select("district", "named")))
    asked = asked.join(pairs, ["district", "named"])
    found = _doors_at(asked, doors, "meant")
    doubts = asked.select(_question="question", _doubtful="_doubtful").distinct()
    found = found.join(doubts, found["question"] == doubts["_question"])
    held_back = (found["_doubtful"] | found["other_street"]) & ~found["same_estate"]
    return found.filter(~held_back & ~found["other_estate"]).drop("_question", "_doubtful")


# --- the grade --------------------------------------------------------------------------------------------------------


def _beside(table: ir.Table, known: ir.Table, on: str | tuple[str, ...], prefix: str) -> ir.Table:
    """Left join with every column of ``known`` named ``<prefix>_…``; ``<prefix>_there`` says whether there was one."""
    keys = (on,) if isinstance(on, str) else on
    right = known.rename({f"{prefix}_{name}": name for name in known.columns}).mutate(
        **{f"{prefix}_there": ibis.literal(True)}
    )
    joined = table.left_join(right, [table[key] == right[f"{prefix}_{key}"] for key in keys])
    joined = joined.mutate(**{f"{prefix}_there": joined[f"{prefix}_there"].fill_null(False)})
    return joined.drop(*[f"{prefix}_{key}" for key in keys])


def _graded(known: ir.Table) -> ir.Table:
    col = known
    numbered = (col["door"] != "") & ~col["elsewhere"]
    exact, near = col["exact_there"] & ~(col["near_there"] & col["exact_other_estate"]), col["near_there"]
    # Elsewhere in the city: only where the district has no such road, or none is known.
    city = numbered & col["city_there"] & ~col["road_there"] & ~exact & ~near
    alone = city & (col["city_doors"] == 1)
    several = city & (col["city_doors"] > 1) & (~col["stated"].cast("boolean"))
    by_estate, street_by_estate = _by_estate(col)
    differs = (col["declared"] != "") & (col["declared"] != col["district"])
    grade = ibis.cases(
        (col["elsewhere"], "elsewhere"),
        (exact & (col["exact_ties"] > 1), "ambiguous"),
        (exact & differs, "door_other_division"),
        (exact & col["exact_other_estate"], "door_other_estate"),
        (exact & col["exact_other_street"], "door_other_street"),
        (exact, "door"),
        (near & (col["near_ties"] > 1), "ambiguous"),
        (near, "door_similar"),
        (alone, "door_other_division"),
        (several, "ambiguous"),
        (by_estate.notnull(), "door_by_estate"),
        (col["estate_there"], "estate"),
        (col["road_there"], "road"),
        (col["street"] != "", "street"),
        (col["district"] != "", "division"),
        else_="none",
    )
    table = known.mutate(grade=grade, _by_estate=by_estate, _street_by_estate=street_by_estate)
    exact_door = ["door", "door_other_street", "door_other_estate"]
    by_exact = table["grade"].isin(exact_door) | ((table["grade"] == "door_other_division") & table["exact_there"])
    sources = [
        (by_exact, table["exact_address_id"], table["exact_street"]),
        (table["grade"] == "door_similar", table["near_address_id"], table["near_street"]),
        (table["grade"] == "door_other_division", table["city_address_id"], table["city_street"]),
        (table["grade"] == "door_by_estate", table["_by_estate"], table["_street_by_estate"]),
    ]
    nothing, blank = ibis.null("string"), table["street"].nullif("")
    rough = ibis.cases(
        (table["grade"] == "estate", ibis.coalesce(table["_street_by_estate"], blank)),
        (table["grade"] == "road", ibis.coalesce(blank, table["road_street"])),
        (table["grade"].isin(["elsewhere", "none"]), nothing),
        else_=blank,
    )
    street = ibis.cases(*[(which, found.nullif("")) for which, _, found in sources], else_=rough)
    elsewhere = (table["grade"] == "door_other_division") & ~table["exact_there"]
    district = ibis.cases(
        (table["elsewhere"], nothing), (elsewhere, table["city_district_of"]), else_=table["district"].nullif("")
    )
    return table.mutate(
        address_id=ibis.cases(*[(which, found) for which, found, _ in sources], else_=nothing),
        street_code=street,
        division=district,
    )


def _by_estate(col: ir.Table) -> tuple[ir.StringValue, ir.StringValue]:
    """The only door of the estate where no number is written, and the estate's street.

    Where a road is written as well, only the estate's doors along it count.
    """
    loose = (col["named"] == "") | (col["named"] == col["estate"])
    unnumbered = (col["door"] == "") & ~col["elsewhere"] & col["estate_there"]
    alone = ibis.cases(
        (unnumbered & loose & (col["estate_doors"] == 1), col["estate_address_id"]),
        (unnumbered & ~loose & (col["part_doors"] == 1).fill_null(False), col["part_address_id"]),
        else_=ibis.null("string"),
    )
    return alone, ibis.ifelse(loose, col["estate_street"], ibis.coalesce(col["part_street"], col["estate_street"]))
