"""Which standard data element an item is: by what it declares, by a title of the standard, or by what its title means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from rapidfuzz import fuzz, process

from catalog.matching.context import kind_of, topics_of
from catalog.matching.titles import CALLED, CODE, NAME, Reading, fold, read
from catalog.matching.told import Told
from catalog.matching.vocabulary import words
from standards import elements
from standards.elements import Element

ALIKE = 72.0
"""Least likeness of two titles (0 to 100) at which a person is asked (tuned on the part ``tune`` of the labels)."""

_COMPLETED = frozenset({"code", "name", "kind", "state", "level", "amount", "document_number", "area", "use"})
"""What a title that says nothing else needs its resource for: the 种类 of a penalty."""
_DATES = frozenset({"date", "timestamp"})


class Ground(StrEnum):
    """On what an answer rests."""

    CODE = "code"
    """The declared element, or a code list that one element alone has."""
    ALIAS = "alias"
    """A title of the standard, letter for letter."""
    MEANING = "meaning"
    """The words of the title say the same."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """One answer.

    Attributes:
        element: the element.
        ground: on what the answer rests.
        score: 0 to 1.
        certain: whether it is taken; otherwise a person is asked.
        zh, en: why.
    """

    element: str
    ground: Ground
    score: float
    certain: bool
    zh: str
    en: str


def recognise(told: Told) -> Recognised | None:
    """The element that an item is, or may be (``certain`` is false); None where none is near."""
    return known(told) or _alike(told, read(told.title, told.resource))


@lru_cache(maxsize=400_000)
def known(told: Told) -> Recognised | None:
    """`recognise` without looking for titles that are merely alike."""
    reading = read(told.title, told.resource)
    titled = _by_title(told, reading)
    if told.element is None:
        return titled
    if titled is not None and titled.certain and titled.element != told.element and _says_more(titled, told.element):
        return titled
    title = _elements()[told.element].title if told.element in _elements() else told.element
    return Recognised(
        told.element, Ground.CODE, 1.0, True,
        f"声明为数据元 {told.element}（{title}）", f"declares the element {told.element}",
    )  # fmt: skip


def _says_more(titled: Recognised, declared: str) -> bool:
    """Whether the title names a narrower fact than the element declared for its form: 母亲公民身份号码 beside citizen_id."""
    one, other = _elements()[titled.element], _elements().get(declared)
    return other is not None and one.type == other.type and titled.ground in (Ground.ALIAS, Ground.MEANING)


def _by_title(told: Told, reading: Reading) -> Recognised | None:
    for answer in _answers(told, reading):
        settled = _in_topic(answer, told)
        if _fits(told, settled.element):
            return settled
    return None


def _answers(told: Told, reading: Reading) -> Iterator[Recognised]:
    """Answers, the surest first."""
    kind, table = kind_of(told), _index()
    exact = table.titles.get(reading.plain) or table.titles.get(reading.bare)
    bare_kind = words().bare.get(exact) if exact and reading.says <= _COMPLETED and not reading.kinds else None
    if _needs_completion(reading):
        yield from _completed(told, reading)
    if exact is not None and bare_kind is not None and kind is None and told.resource is not None:
        yield _maybe(exact, 0.7, told)
    elif exact is not None and (bare_kind is None or kind in (None, bare_kind)):
        ground = Ground.ALIAS if reading.plain in table.titles else Ground.MEANING
        yield _certain(exact, ground, 1.0, f"题名“{told.title}”", f"the title '{told.title}' is one")
    if bare_kind is not None:
        return
    meant = _apart(one for one in table.meanings.get(reading.meaning, ()) if _of_kind(one, reading, kind))
    if len(meant) == 1:
        yield _certain(meant[0], Ground.MEANING, 0.95, f"“{told.title}”与", f"'{told.title}' means the same as")
    yield from _of_thing(told, reading)
    yield from (_maybe(one, 0.7, told) for one in meant if len(meant) > 1)
    if (
        told.code_list is not None
        and not reading.roles
        and len(owners := table.code_lists.get(told.code_list, ())) == 1
    ):
        yield _certain(
            owners[0], Ground.CODE, 0.9, f"代码表 {told.code_list}", f"its code list {told.code_list} is one of"
        )
    if reading.bare.isascii() and 2 <= len(reading.bare) <= 24:
        spoken = table.spoken.get(reading.bare, ())
        if len(spoken) == 1:
            # Two letters fit too many words to be taken without asking.
            sure = len(reading.bare) > 2
            yield _answer(
                spoken[0], Ground.MEANING, 0.9 if sure else 0.75, sure, f"拼音“{told.title}”", "pinyin of a title of"
            )


def _apart(found: Iterable[str]) -> list[str]:
    """Elements without those under which the same fact stands."""
    return list({words().one_of_same.get(one, one): one for one in reversed(list(found))}.values())


def _needs_completion(reading: Reading) -> bool:
    return not reading.roles and not reading.kinds and bool(reading.says) and reading.says <= _COMPLETED


def _completed(told: Told, reading: Reading) -> Iterator[Recognised]:
    """A bare title with what its resource is about: 名称 of 街道 is 街道名称, 种类 of 行政处罚 is 处罚种类."""
    if told.resource is None:
        return
    about = read(told.resource)
    for word in sorted((about.says | about.kinds) - words().heads):
        for more in ({word}, {word, NAME}):
            meant = _index().meanings.get((frozenset(), reading.says | more), ())
            if len(meant) == 1 and not word.startswith("="):
                where = (f"“{told.resource}”的“{told.title}”即", f"'{told.title}' of '{told.resource}' is")
                yield _certain(meant[0], Ground.MEANING, 0.9, *where)


def _of_thing(told: Told, reading: Reading) -> Iterator[Recognised]:
    """An address, a telephone, an outline of the thing that the title itself names: 街道范围, 学校电话."""
    rest = reading.says - set(words().things)
    if reading.roles or not rest or rest == reading.says:
        return
    meant = [one for one in _index().meanings.get((frozenset(), rest), ()) if words().about_of.get(one) == "kind"]
    if len(meant) == 1:
        yield _certain(meant[0], Ground.MEANING, 0.9, f"“{told.title}”即该对象的", f"'{told.title}' is the thing's own")


def _in_topic(answer: Recognised, told: Told) -> Recognised:
    for topic in topics_of(told):
        other = words().in_topic.get(topic, {}).get(answer.element)
        if other is not None:
            return _answer(
                other, answer.ground, answer.score, answer.certain, f"“{told.resource}”的“{told.title}”即", "here is"
            )
    return answer


def _of_kind(element: str, reading: Reading, kind: str | None) -> bool:
    """Whether an element can be said of what the title speaks of: 企业名称 is of an organisation, 学生名称 is not."""
    about = words().about_of.get(element)
    own = next(iter(reading.kinds)) if len(reading.kinds) == 1 else None
    if about in ("person", "organisation") and (own or kind) not in (None, about):
        return own is None and kind not in ("person", "organisation", "animal", "goods", "point")
    return not (element in words().bare and own is None and kind not in (None, words().bare[element]))


def _fits(told: Told, element: str) -> bool:
    """Whether code list and type of the item, where they are declared, are those of the element."""
    meant = _elements()[element]
    if told.code_list is not None and meant.code_list is not None and told.code_list != meant.code_list:
        return False
    if told.type is None or told.type == "text":
        return True
    if told.type in _DATES:
        return meant.type in _DATES
    return meant.type == told.type or (meant.type == "text" and told.type in ("integer", "decimal"))


def _alike(told: Told, reading: Reading) -> Recognised | None:
    """The element whose title is most alike, with the same persons in it; for a person to decide."""
    among = _index().by_roles.get(reading.roles, {})
    if len(reading.bare) < 2 or reading.bare.isascii():
        return None
    found = process.extract(reading.bare, among.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=3)
    for title, score, _ in found:
        if _fits(told, among[title]):
            return _maybe(among[title], score / 100, told)
    return None


def _certain(element: str, ground: Ground, score: float, zh: str, en: str) -> Recognised:
    return _answer(element, ground, score, True, zh, en)


def _maybe(element: str, score: float, told: Told) -> Recognised:
    return _answer(
        element, Ground.MEANING, min(score, 0.85), False, f"“{told.title}”近似于", f"'{told.title}' is near to"
    )


def _answer(element: str, ground: Ground, score: float, certain: bool, zh: str, en: str) -> Recognised:
    title = _elements()[element].title
    return Recognised(element, ground, score, certain, f"{zh}数据元 {element}（{title}）", f"{en} {element}")


@dataclass(frozen=True)
class _Index:
    titles: Mapping[str, str]
    meanings: Mapping[tuple[frozenset[str], frozenset[str]], tuple[str, ...]]
    code_lists: Mapping[str, tuple[str, ...]]
    spoken: Mapping[str, tuple[str, ...]]
    by_roles: Mapping[frozenset[str], Mapping[str, str]]


@cache
def _elements() -> dict[str, Element]:
    return {one.id: one for one in elements.elements()}


@cache
def _index() -> _Index:
    """All that is looked up, made once from the standard and the vocabulary."""
    from pypinyin import Style, lazy_pinyin  # reads a dictionary for half a second

    titles: dict[str, str] = {}
    meanings: dict[tuple[frozenset[str], frozenset[str]], dict[str, None]] = defaultdict(dict)
    code_lists: dict[str, list[str]] = defaultdict(list)
    spoken: dict[str, dict[str, None]] = defaultdict(dict)
    by_roles: dict[frozenset[str], dict[str, str]] = defaultdict(dict)
    for one in _elements().values():
        more = words().elements.get(one.id, [])
        for title in (one.title, *one.aliases, *more):
            reading = read(title)
            titles.setdefault(fold(title), one.id)
            by_roles[reading.roles].setdefault(reading.bare, one.id)
            # 主体名称 is a holder's and 法人姓名 a representative's only as a whole: without their first word they are others'.
            whole = bool(reading.kinds) and (title in more or words().about_of.get(one.id) not in reading.kinds)
            # So it is with 标识码, which is a parcel's: a bare number or name is the thing's own, whatever that is.
            whole = whole or (_needs_completion(reading) and one.id not in words().bare)
            if not reading.unknown and reading.says and not whole:
                meanings[reading.meaning].setdefault(one.id)
                if one.code_list is not None and reading.says != {CALLED}:
                    meanings[reading.roles, reading.says | {CODE}].setdefault(one.id)
            if not reading.bare.isascii():
                for style in (Style.FIRST_LETTER, Style.NORMAL):
                    spoken["".join(lazy_pinyin(reading.bare, style=style)).upper()].setdefault(one.id)
        if one.code_list is not None:
            code_lists[one.code_list].append(one.id)
    return _Index(
        titles,
        {meaning: tuple(found) for meaning, found in meanings.items()},
        {name: tuple(found) for name, found in code_lists.items()},
        {name: tuple(found) for name, found in spoken.items()},
        by_roles,
    )
