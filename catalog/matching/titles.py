"""One title read: which words it has, of whom or what it speaks, and what it says.

Two titles with the same reading say the same of the same: 死亡日期 and 去世时间, 母亲身份证号 and 生母证件号码.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

import opencc

from catalog.matching.vocabulary import Word, words
from ground.labels import UNSEEN

_PARENTHESES = re.compile(r"[(\[{【〔][^)\]}】〕]*[)\]}】〕]")
_BETWEEN = re.compile(r"[\s_\-/、，,．.·:：;；*#]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ASIDE = str.maketrans("", "", "()[]{}【】〔〕")

CODE, NAME, PERSON_NAME, CALLED, OTHER_NUMBER, CITIZEN_NUMBER = (
    "code", "name", "person_name", "called", "document_number", "citizen_number",
)  # fmt: skip
_WITH_DATE = {"birthday": frozenset({"birth", "date"})}
_NUMBERED = frozenset(
    {
        "citizen_number",
        "credit_number",
        "organisation_number",
        "registration_number",
        "plate",
        "vin",
        "passport",
        "phone",
    }
)
"""Of these 号码, 编码 or 代码 beside them says nothing new."""
FACETS = frozenset({"household", "residence", "seat", "premises"})
"""Which address of a person or a body it is."""
_DAYS = frozenset({"valid_from", "valid_to"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a title says.

    Attributes:
        plain: the title folded: simplified characters, half width, capitals, no blanks.
        bare: the same without what stands in parentheses, a Latin name translated.
        kinds: of what kind the row's own thing is, where the title says so.
        roles: whose it is, if not the row's own, or of which time or place.
        says: what is said; words that are not known stand in it as they are, behind an equals sign.
    """

    plain: str
    bare: str
    kinds: frozenset[str]
    roles: frozenset[str]
    says: frozenset[str]

    @property
    def meaning(self) -> tuple[frozenset[str], frozenset[str]]:
        """Whose, and what: titles that agree in it mean the same."""
        return self.roles, self.says

    @property
    def unknown(self) -> frozenset[str]:
        """Words that are not in the vocabulary."""
        return frozenset(one for one in self.says if one.startswith("="))


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """A title in simplified characters, half width, capitals, without blanks and without what nobody sees."""
    seen = UNSEEN.sub("", unicodedata.normalize("NFKC", _simplified().convert(UNSEEN.sub("", text))))
    return re.sub(r"\s+", "", seen).upper()


def read(title: str, resource: str | None = None) -> Reading:
    """Read one title.

    Args:
        title: as a department wrote it.
        resource: title of its resource: a word that is not known otherwise but stands there names the row's own thing, as
            停车场 in 停车场位置 of a list of 停车场.
    """
    reading = _read(title, frozenset())
    if resource is None or not reading.unknown:
        return reading
    around = fold(resource)
    own = frozenset(one for one in reading.unknown if len(one) > 2 and one[1:] in around)
    return _read(title, own) if own else reading


@lru_cache(maxsize=400_000)
def _read(title: str, own: frozenset[str]) -> Reading:
    """A title read, without the unknown words that name the row's own thing."""
    plain = fold(title)
    bare = _BETWEEN.sub("", _PARENTHESES.sub("", plain)) or plain.translate(_ASIDE)
    if bare.isascii():
        bare = _translated(unicodedata.normalize("NFKC", title)) or bare
    kinds: set[str] = set()
    roles: set[str] = set()
    says: set[str] = set()
    for piece in words().cut(bare):
        if not isinstance(piece, Word):
            if f"={piece}" not in own:
                says.add(f"={piece}")
        elif piece.what == "own":
            kinds.add(piece.name)
        elif piece.what == "role":
            roles.add(piece.name)
        elif piece.what == "concept":
            says |= _WITH_DATE.get(piece.name, {piece.name})
    return Reading(plain, bare, frozenset(kinds), frozenset(roles), _settled(kinds, roles, says))


def _settled(kinds: set[str], roles: set[str], says: set[str]) -> frozenset[str]:
    """What is said, in one form where the language has several."""
    if roles and (not says or says & {NAME, PERSON_NAME}):
        # 户主, 户主姓名; 发证机关, 发证机关名称
        says = (says - {NAME, PERSON_NAME}) | {CALLED}
    if OTHER_NUMBER in says and (roles - {"holder", "issuer", "authority"} or "person" in kinds):
        says = (says - {OTHER_NUMBER}) | {CITIZEN_NUMBER}
    if len(says) > 1 and says & _NUMBERED:
        says = says - {CODE}
    if says & FACETS:
        # 户籍地址 and 户籍所在地, 经营场所 and 经营场所地址
        says = says - {"address"}
    if says & _DAYS:
        says = says - {"date"}
    if not says and kinds:
        says = {CALLED}
    return frozenset(says)


@lru_cache(maxsize=50_000)
def _translated(name: str) -> str | None:
    """The Chinese of a Latin column name; None where a word of it is not known."""
    whole = re.sub(r"[^A-Za-z]", "", name).lower()
    table = words()
    if whole in table.latin:
        return table.latin[whole]
    parts = [one.lower() for one in _CAMEL.findall(name)]
    if not parts or any(one not in table.english for one in parts):
        return None
    return "".join(table.english[one] for one in parts)


@cache
def _simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
