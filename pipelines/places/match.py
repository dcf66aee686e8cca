"""Joins written addresses to doors, buildings, streets and divisions: tables in, tables out, set by set.

An address is parsed once per distinct text, and looked up once per distinct question (where in the city, along which
road, which number): a million people of a hundred thousand doors ask some hundred thousand questions. Every join is an
equality join; nothing is compared with everything.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.places.answers import answered
from pipelines.places.divisions import COMMUNITY, DISTRICT, STREET, names
from pipelines.places.doors import Doors, index, named
from pipelines.places.household import housed
from standards import address
from standards.grammar import Keep

PLACE_COLUMNS = ("address_id", "building_id", "street_code", "division", "grade", "old_name", "old_name_until")
"""What `match` says of a key: see there."""
QUESTION = ("district", "stated", "declared", "street", "community", "named", "door", "estate")
"""What makes two addresses the same question to the register of doors."""
_ANSWER = ("address_id", "street_code", "division", "grade")

_PERHAPS = "[镇乡]$|[路街道镇乡].*街道$"
"""Names of streets that may be cut out of something else."""
_IN_VILLAGE = "^[^0-9号]{1,10}?村"


def match(
    candidates: ir.Table,
    doors: ir.Table,
    buildings: ir.Table,
    divisions: ir.Table,
    keep: Keep,
    *,
    city: str | None = None,
) -> ir.Table:
    """Join addresses to the registers of places.

    Args:
        candidates: ``key, address`` (text or null), ``division`` (declared beside the address: six digits or more, or
            null); one row per key.
        doors: ``address_id`` and `catalog.register.DOOR_ITEMS`.
        buildings: ``building_id`` and `catalog.register.BUILDING_ITEMS`.
        divisions: `catalog.register.DIVISION_ITEMS`, closed rows included.
        keep: evaluates a table once, such as the engine's ``stage``.
        city: name of this city (武汉市); an address that names another one is not looked up.

    Returns:
        One row per key: ``key``; ``address_id`` and ``building_id``, null where no door or building is named;
        ``street_code`` (12 digits) and ``division`` (six digits) in force today; ``grade`` (`grades.GRADES`);
        ``old_name`` (``renamed``, ``merged``, ``abolished``, or null) and ``old_name_until`` (date): whether the
        street was found by a former name, and until when it bore it.
    """
    asked = keep(
        candidates.select(
            "key", text=address.normal(candidates["address"]), declared=candidates["division"].left(6).nullif("")
        )
    )
    distinct = keep(asked.filter(asked["text"].nullif("").notnull()).select("text", "declared").distinct())
    places = keep(_placed(distinct, index(doors, buildings, divisions, keep), divisions, keep, city))
    answers = places.rename(_text="text", _declared="declared")
    same = asked["declared"].fill_null("") == answers["_declared"]
    joined = asked.left_join(answers, [asked["text"] == answers["_text"], same])
    return joined.select(
        "key",
        **{
            name: joined[name] if name != "grade" else joined["grade"].fill_null("none")
            for name in PLACE_COLUMNS
            if name != "division"
        },
        division=ibis.coalesce(joined["division"], joined["declared"]),
    ).select("key", *PLACE_COLUMNS)


def _placed(distinct: ir.Table, registers: Doors, divisions: ir.Table, keep: Keep, city: str | None) -> ir.Table:
    """`PLACE_COLUMNS` for every distinct text and declared division."""
    known = keep(names(divisions, keep))
    texts = keep(distinct.select("text").distinct())
    parts = address.localise(keep(_mended(address.divide(texts, keep), known, keep)), keep)
    located = keep(_located(keep(distinct.join(parts, "text")), known, keep, city))
    questions = keep(located.select(*QUESTION, "elsewhere").distinct())
    answers = answered(questions, registers.doors, keep).drop("elsewhere")
    answers = keep(answers.rename({f"_{one}": one for one in QUESTION}))
    found = located.join(answers, [located[one] == answers[f"_{one}"] for one in QUESTION])
    found = keep(found.select("text", "declared", "building", "unit", "room", "old_name", "old_name_until", *_ANSWER))
    return housed(found, registers.buildings)


def _mended(parts: ir.Table, known: ir.Table, keep: Keep) -> ir.Table:
    """Correct the cut where only the register of divisions can tell what a word is.

    水乡花园 is an estate unless there is a town called 水乡; 西山村文昌大道 is a road in a village if 西山村 is one.
    """
    towns = keep(known.filter(known["level"] == STREET).select(_town="name").distinct())
    villages = keep(known.filter(known["level"] == COMMUNITY).select(_village="name").distinct())
    joined = parts.left_join(towns, parts["street"] == towns["_town"])
    mistaken = joined["_town"].isnull() & joined["street"].re_search(_PERHAPS)
    whole = joined["street"] + joined["community"] + joined["local"]
    mended = keep(
        joined.mutate(
            local=ibis.ifelse(mistaken, whole, joined["local"]),
            street=ibis.ifelse(mistaken, "", joined["street"]),
            community=ibis.ifelse(mistaken, "", joined["community"]),
        ).drop("_town")
    )
    mended = keep(mended.mutate(village=ibis.coalesce(mended["local"].re_extract(_IN_VILLAGE, 0), "")))
    joined = mended.left_join(villages, mended["village"] == villages["_village"])
    found = joined["_village"].notnull() & (joined["community"] == "")
    return joined.mutate(
        local=ibis.ifelse(found, joined["local"].substr(joined["village"].length()), joined["local"]),
        community=ibis.ifelse(found, joined["village"], joined["community"]),
    ).drop("village", "_village")


def _located(parts: ir.Table, known: ir.Table, keep: Keep, city: str | None) -> ir.Table:
    """The district and street that each address names, by present or former names.

    Adds ``district`` (code; the one written, else that of the street written, else the one declared), ``stated``
    (whether it was written), ``elsewhere``, and of the street ``street`` (code), ``old_name``, ``old_name_until``.
    """
    districts = known.filter(known["level"] == DISTRICT).select(_name="name", _district="code")
    districts = (
        districts.group_by("_name")
        .agg(_district=districts["_district"].min())
        .mutate(_district=ibis._["_district"].left(6))
    )
    districts = keep(districts)
    table = parts.left_join(districts, parts["district"] == districts["_name"])
    streets = keep(known.filter(known["level"] == STREET))
    alone = streets.group_by("name").agg(_alone=streets["district"].min(), _times=streets["district"].nunique())
    alone = keep(alone.filter(alone["_times"] == 1).select(_street_name="name", _alone="_alone"))
    table = table.left_join(alone, table["street"] == alone["_street_name"])
    stated = ibis.coalesce(
        table["_district"], ibis.ifelse(table["district"] == "", table["_alone"], ibis.null("string"))
    )
    elsewhere = (
        ibis.literal(False)
        if city is None
        else (table["city"] != "") & (table["city"] != city) & table["_district"].isnull()
    )
    scoped = table.select(
        "text", "community", "road", "door", "estate", "building", "unit", "room",
        written_street="street", elsewhere=elsewhere, stated=stated.notnull(),
        declared=ibis.coalesce(table["declared"], ""), scope=ibis.coalesce(stated, table["declared"], ""),
    )  # fmt: skip
    return _streets_in_force(keep(_communities_in_force(keep(scoped), known, keep)), streets)


def _streets_in_force(scoped: ir.Table, streets: ir.Table) -> ir.Table:
    named_streets = streets.select(
        _scope="district", _name="name", street="code", old_name="via", old_name_until="until"
    )
    same = [scoped["scope"] == named_streets["_scope"], scoped["written_street"] == named_streets["_name"]]
    joined = scoped.left_join(named_streets, same)
    # A street that was merged across a district's border lies in another district today.
    moved = joined["street"].notnull() & joined["old_name"].notnull()
    return joined.select(
        "text", "declared", "elsewhere", "stated", "community", "door", "estate", "building", "unit", "room",
        "old_name", "old_name_until",
        district=ibis.ifelse(moved, joined["street"].left(6), joined["scope"]),
        street=joined["street"].fill_null(""),
        named=named(joined["road"], joined["community"], joined["estate"]),
    )  # fmt: skip


def _communities_in_force(scoped: ir.Table, known: ir.Table, keep: Keep) -> ir.Table:
    """A village or community by its present name where it was renamed or merged."""
    rows = known.filter(known["level"] == COMMUNITY)
    present = keep(rows.filter(rows["via"].isnull()).select(_code="code", _present="name"))
    former = keep(rows.filter(rows["via"].notnull()).select(_scope="district", _former="name", _to="code"))
    former = keep(former.join(present, former["_to"] == present["_code"]).select("_scope", "_former", "_present"))
    joined = scoped.left_join(former, [scoped["scope"] == former["_scope"], scoped["community"] == former["_former"]])
    return joined.mutate(community=ibis.coalesce(joined["_present"], joined["community"])).drop(
        "_scope", "_former", "_present"
    )
