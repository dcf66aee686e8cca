"""What the gate says, in Chinese and in English: what was found, under which article, and what to write."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.gate.rules import Act, GateRules, Said
from catalog.matching.compare import Likeness
from catalog.model import Item, Resource

Member = tuple[Resource, Item]


def named(one: Member) -> str:
    """An item as it is shown: 《户籍登记》“姓名”（ga_household.name）."""
    resource, item = one
    return f"《{resource.title}》“{item.title}”（{resource.id}.{item.id}）"


def place(one: Member) -> str:
    """``<resource>.<item>``."""
    return f"{one[0].id}.{one[1].id}"


def duplicate(mine: Member, source: Member, department: str, how: Said | None, likeness: Likeness, rule: Said) -> Said:
    """The fact has a source already."""
    zh, en = how or ("", "")
    return (
        f"{named(mine)}已有来源：{department}{named(source)}，{likeness.zh}。按{rule[0]}不得重复采集；该来源{zh}。"
        f"若本部门持有它只为核对，请在该项写 collection: {{as: corroboration, source: {place(source)}}}；"
        "法律、法规另有规定的，写 collection: {as: exception, legal_basis: 具体条款}；都不是的，从目录中去掉，改为申请共享。"
        "用目录表的，填“采集方式”（佐证、例外）与“权威来源”或“例外采集依据”列。",
        f"{place(mine)} has a source already: {place(source)} of {source[0].department}; {likeness.en}. {rule[1]} bars collecting "
        f"it again; the source is {en}. Held only to compare: write collection: {{as: corroboration, source: {place(source)}}} "
        "at the item; where a law says otherwise: collection: {as: exception, legal_basis: …}; else take it out and apply for it. "
        "In a sheet these are the columns 采集方式, 权威来源 and 例外采集依据.",
    )


def shared_in(resource: Resource, item: Item, source: Member | None, how: Said | None, rule: Said) -> Said:
    """Obtained by sharing and listed all the same."""
    mine = (resource, item)
    zh = f"（来源{named(source)}{'，' + how[0] if how else ''}）" if source else ""
    en = f" (the source is {place(source)}{', ' + how[1] if how else ''})" if source else ""
    return (
        f"{named(mine)}系共享获得{zh}。{rule[0]}：请从目录中去掉；使用按共享申请办理。",
        f"{place(mine)} was obtained by sharing{en}; {rule[1]}. Take it out of the catalogue, and use it as shared data.",
    )


def no_source(resource: Resource, item: Item) -> Said:
    """Corroborates what is not there."""
    said = item.collection.source if item.collection else None
    return (
        f"{named((resource, item))}登记为佐证，但来源 {said or '（未写）'} 不在目录中。请在 collection.source 写明 <资源>.<信息项>。",
        f"{place((resource, item))} is registered as corroboration of {said or '(nothing)'}, which is not in the catalogue. "
        "Name an existing <resource>.<item> in collection.source.",
    )


def other_fact(mine: Member, source: Member, right: Member | None) -> Said:
    """Said to corroborate what it cannot."""
    own = source[0].id == mine[0].id
    why = "是同一资源的项，不是另一来源" if own else "不是同一事实"
    why_en = "is of the same resource, and no other source" if own else "is another fact"
    zh = (
        f"它的来源是{named(right)}：只为核对而持有的，请写 source: {place(right)}。"
        if right
        else "目录中没有与它相同的来源：由本部门采集的，请去掉 collection。"
    )
    en = (
        f"Its source is {place(right)}: held only to compare, write source: {place(right)}."
        if right
        else "No item of the catalogue is its source: where your department collects it, take collection out."
    )
    return (
        f"{named(mine)}登记为{named(source)}的佐证，但后者{why}。{zh}确为同一事实而名称不同的，请主管部门在来源登记（register.yaml）中写明。",
        f"{place(mine)} is registered as corroboration of {place(source)}, which {why_en}. {en} Where they are one fact under "
        "different names, the authority relates them in the register of sources (register.yaml).",
    )


def circle(mine: Member, members: Sequence[Member], first: Member | None) -> Said:
    """Corroboration that leads back to itself.

    Args:
        mine: the item that is looked at.
        members: of the circle, in its order.
        first: which of them is the source by the register or by law, if that is known.
    """
    way = [*members, members[0]]
    zh, en = "→".join(named(one) for one in way), " -> ".join(place(one) for one in way)
    who = f"{named(first)}，其条目去掉 collection" if first else "由实际采集它的部门，在其条目去掉 collection"
    who_en = (
        f"{place(first)}: it takes collection out"
        if first
        else "that of the department which collects it; it takes collection out"
    )
    to, to_en = (
        (f"source: {place(first)}",) * 2 if first else ("其 source: <资源>.<信息项>", "it in source: <resource>.<item>")
    )
    return (
        f"{named(mine)}登记为佐证，但来源相互指认：{zh}，没有一项是权威来源。其中应有一项是来源：{who}；其余写 {to}。"
        "部门之间不能商定的，请数据主管部门核定，并在来源登记（register.yaml）中写明。",
        f"{place(mine)} is registered as corroboration, but the sources name one another: {en}; none of them is the source. One of "
        f"them must be, {who_en}; the others name {to_en}. Where the departments do not agree, the data authority "
        "decides and writes it into the register of sources (register.yaml).",
    )


def not_its_collector(resource: Resource, item: Item, departments: list[str], source: str, rule: Said) -> Said:
    """Another department collects it by law."""
    who = "、".join(departments)
    return (
        f"{named((resource, item))}依法由{who}采集（{source}）。按{rule[0]}不得重复采集；该部门尚未编目的，请提出数据需求，"
        "由主管部门交其补充列入目录。只为核对而持有的，写 collection: {as: corroboration, source: …}；"
        "法律、法规另有规定的，写 collection: {as: exception, legal_basis: 具体条款}。",
        f"{place((resource, item))} is by law collected by {who} ({source}); {rule[1]} bars collecting it elsewhere. Where that "
        "department has not catalogued it yet, file a demand. Held only to compare: collection: {as: corroboration, source: …}; "
        "where a law says otherwise: collection: {as: exception, legal_basis: …}.",
    )


def collector_asked(resource: Resource, item: Item, departments: list[str], source: str) -> Said:
    """Another department may be the lawful collector."""
    who = "、".join(departments)
    return (
        f"{named((resource, item))}通常由{who}采集（{source}），请主管部门核定来源。",
        f"{place((resource, item))} is usually collected by {who} ({source}); the authority settles who the source is.",
    )


def no_basis(resource: Resource, attribute: Act, class_: str, rules: GateRules) -> Said:
    """A class without its law."""
    what = ("共享", "sharing") if attribute == "sharing" else ("开放", "opening")
    word, free = rules.word(attribute, class_), rules.word(attribute, "unconditional")
    rule = rules.basis(attribute, class_)
    return (
        f"《{resource.title}》（{resource.id}）的{what[0]}类型为{word}，没有写明法律、法规或政策依据。{rule[0]}：请补写 "
        f"{attribute}.legal_basis（具体条款），或改为{free}。",
        f"{resource.id}: the class of {what[1]} is '{class_}' ({word}) and states no legal basis; {rule[1]}. Write the provision in "
        f"{attribute}.legal_basis, or make it unconditional ({free}).",
    )


def basis_asked(resource: Resource, attribute: str, said: str) -> Said:
    """A class whose basis names no law."""
    what = "共享" if attribute == "sharing" else "开放"
    return (
        f"《{resource.title}》（{resource.id}）的{what}类型以“{said}”为依据，看不出是哪部法律、法规或文件的哪一条。请主管部门核定，或请部门补写条款。",
        f"{resource.id}: '{said}' in {attribute}.legal_basis names no law, article or document. The authority judges it, or the "
        "department writes the provision.",
    )


def exception_asked(resource: Resource, item: Item, *, sure: bool) -> Said:
    """An exception is looked at, whatever it cites."""
    said = (item.collection.legal_basis if item.collection else None) or ""
    form, form_en = ("", "") if sure else ("，其中看不出是哪部法律、法规的哪一条", ", which names no law or article")
    mine = (resource, item)
    return (
        f"{named(mine)}登记为例外采集，依据“{said}”{form}。请主管部门核对该条款是否允许另行采集。",
        f"{place(mine)} is collected as an exception, on '{said}'{form_en}. The authority sees whether it allows collecting again.",
    )


def no_law(resource: Resource, item: Item, rule: Said) -> Said:
    """An exception that rests on nothing."""
    return (
        f"{named((resource, item))}登记为例外采集，没有写明法律、法规依据。按{rule[0]}不得重复采集，例外只能出自法律、法规："
        "请在 collection.legal_basis 写明具体条款，或从目录中去掉。",
        f"{place((resource, item))} is registered as an exception and names no law. {rule[1]} bars collecting again, and only a law "
        "makes an exception: write the provision in collection.legal_basis, or take the item out.",
    )


def near(mine: Member, other: Member, likeness: Likeness) -> Said:
    """Two that may be one fact."""
    return (
        f"{named(mine)}与{named(other)}：{likeness.zh}。请核定：同一事实的，后者为来源，前者登记为佐证或去掉；不同的，记为不同。",
        f"{place(mine)} and {place(other)}: {likeness.en}. Decide: the same (the former is registered beside the latter, or "
        "dropped), or different.",
    )
