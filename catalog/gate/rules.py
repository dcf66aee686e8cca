"""What a city's rules say of the gate, in their own words and with their articles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from policy.cited import Cited, Silence
from policy.periods import Period
from policy.profile import ClassName, Profile, cited_as
from policy.sections.catalogue import ClassNeeds

Said = tuple[str, str]
Act = Literal["sharing", "opening"]
CLASSES: tuple[ClassName, ...] = ("unconditional", "conditional", "not")

_SHARE_WORDS = {"unconditional": "无条件共享", "conditional": "有条件共享", "not": "不予共享"}
_OPEN_WORDS = {"unconditional": "无条件开放", "conditional": "有条件开放", "not": "不开放"}
ONE_SOURCE = ("一数一源（自定规则）", "one number, one source (house rule)")
NOT_LISTED = (
    "共享获得的数据不列入本单位目录（自定规则：由来源部门编目，再列一次，同一数就有两个来源）",
    "what was obtained by sharing is not listed as one's own (house rule: its source lists it; listed again it has two sources)",
)
BASIS_STATED = (
    "本平台要求写明依据（自定规则：不写明，主管部门和使用部门无从核对为何不能无条件{act}）",
    "this platform asks for the basis (house rule: without it nobody can judge why {act} is not unconditional)",
)
HOUSE_RULE = ("自定规则", "house rule")
_ACTS = {"sharing": ("共享", "sharing"), "opening": ("开放", "opening")}


@dataclass(frozen=True, slots=True)
class GateRules:
    """The rules the gate acts on; without a city it refuses all the same, as a house rule.

    Attributes:
        one_source: the article that bars collecting again, in Chinese and English.
        shared_in: that what was shared in is not listed, and by which article or as whose rule.
        class_basis: what the city asks of a class of sharing, with its article; a class that is not here, and every class of
            opening, states its basis as a house rule: the five instruments ask for none there.
        words: the city's word for each class of sharing.
        open_words: the city's word for each class of opening.
        answer_within: until when the provider answers an application; None where the city does not say.
        answer_ground: on what that rests: the city's article, or that of a higher law.
        instead: what may be had of data that are not shared: a comparison (核验比对), a masked variant, or nothing that the
            city names.
    """

    one_source: Said = ONE_SOURCE
    shared_in: Said = NOT_LISTED
    class_basis: dict[str, Said] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=lambda: dict(_SHARE_WORDS))
    open_words: dict[str, str] = field(default_factory=lambda: dict(_OPEN_WORDS))
    answer_within: Period | None = None
    answer_ground: Said = HOUSE_RULE
    instead: Literal["compare_only", "masked_variant"] | None = None

    @classmethod
    def of(cls, profile: Profile) -> GateRules:
        """The rules of a city."""
        said, sharing = profile.catalogue, profile.sharing
        needs = {"conditional": said.conditional_needs, "not": said.not_shared_needs}
        asked = {name: _needs(profile, name, needs[name]) for name in CLASSES if name in needs}
        return cls(
            one_source=_article(profile, profile.gathering.recollection_barred) or ONE_SOURCE,
            shared_in=_shared_in(profile),
            class_basis={name: one for name, one in asked.items() if one is not None},
            words={name: profile.share_class(name) for name in CLASSES},
            open_words={name: profile.open_class(name) for name in CLASSES},
            answer_within=None if isinstance(sharing.answer_within, Silence) else sharing.answer_within.value,
            answer_ground=_article(profile, sharing.answer_within) or HOUSE_RULE,
            instead=None if isinstance(sharing.not_shared_service, Silence) else sharing.not_shared_service.value,
        )

    def word(self, act: Act, name: str) -> str:
        """The city's word for a class of sharing or of opening."""
        return (self.words if act == "sharing" else self.open_words)[name]

    def basis(self, act: Act, name: str) -> Said:
        """What asks that a class states its basis, as a clause: the city's article, or the house."""
        if act == "sharing" and name in self.class_basis:
            return self.class_basis[name]
        zh, en = _ACTS[act]
        return BASIS_STATED[0].format(act=zh), BASIS_STATED[1].format(act=en)

    def how(self, name: str, department: str) -> Said:
        """How data of a class are had, in Chinese and English.

        Args:
            name: the class of sharing.
            department: the department that holds them, as it is called.
        """
        word = self.words[name]
        if name == "unconditional":
            return f"属{word}，可在平台直接获取", f"shared without conditions ({word}): take it from the platform"
        if name == "conditional":
            until = until_en = ""
            if self.answer_within is not None:
                until = f"，对方须在{self.answer_within.zh}内答复（{self.answer_ground[0]}）"
                until_en = f", answered within {self.answer_within.en} ({self.answer_ground[1]})"
            return (
                f"属{word}，请通过平台向{department}申请共享{until}",
                f"shared on conditions ({word}): apply to {department} on the platform{until_en}",
            )
        if self.instead == "compare_only":
            return (
                f"属{word}，可申请核验比对，或请数据主管部门协调",
                f"not shared ({word}): apply to have values compared, or ask the data authority",
            )
        if self.instead == "masked_variant":
            return (
                f"属{word}，可申请提供脱敏处理后的数据，或请数据主管部门协调",
                f"not shared ({word}): apply for a masked variant, or ask the data authority",
            )
        return f"属{word}，请数据主管部门协调", f"not shared ({word}): ask the data authority to coordinate"


def _article(profile: Profile, said: Cited[Any] | Silence) -> Said | None:
    """The article that says so; None where the city is silent, says no, or the house says it."""
    if isinstance(said, Silence) or said.article is None or said.value is False:
        return None
    article = cited_as(said.article)
    if said.instrument is not None:
        return f"{said.instrument}{article}", f"{said.instrument}, article {said.article}"
    return f"{profile.title_zh}{article}", f"{profile.title_en}, article {said.article}"


def _shared_in(profile: Profile) -> Said:
    """Haishu 10 speaks of the department's catalogue, Lianyungang 11 of its open list; other cities of neither."""
    article = _article(profile, profile.catalogue.excludes_shared_in)
    if article is None:
        return NOT_LISTED
    scope = profile.scope.sharing
    if not isinstance(scope, Silence) and not scope.value:
        return (
            f"按{article[0]}，共享获得的数据不列入开放清单；{NOT_LISTED[0]}",
            f"{article[1]}, keeps what was obtained by sharing off the open list; {NOT_LISTED[1]}",
        )
    return (
        f"按{article[0]}，可通过共享获取的数据不列入本单位目录",
        f"{article[1]}, keeps what can be had by sharing out of a department's own catalogue",
    )


def _needs(profile: Profile, name: ClassName, said: Cited[ClassNeeds] | Silence) -> Said | None:
    """What a city asks of a class of sharing, as its article says it."""
    article = _article(profile, said)
    if article is None or isinstance(said, Silence):
        return None
    word = profile.share_class(name)
    zh, en = _NEEDS[said.value]
    if said.value == "state_basis" and said.note:
        # A basis or conditions will do there (Chifeng); that the basis itself is written is ours.
        zh, en = (
            f"须{said.note}；{BASIS_STATED[0].format(act='共享')}",
            f"states its basis or conditions; {BASIS_STATED[1].format(act='sharing')}",
        )
    return f"按{article[0]}，{word}{zh}", f"by {article[1]}, the class {word} {en}"


_NEEDS: dict[ClassNeeds, Said] = {
    "reason_with_legal_basis": (
        "应当说明理由，并提供法律、法规和规章依据",
        "gives its reason and its basis in laws, regulations and rules",
    ),
    "filing_with_legal_basis": (
        "应当有法律、法规或者国家有关政策作为依据，并报主管部门备案",
        "rests on laws, regulations or national policies and is filed with the authority",
    ),
    "state_basis": ("须明确依据", "states its basis"),
    "authority_review_and_government_approval": (
        "须根据法律、法规或者国家有关规定列入，经主管部门审核、本级人民政府批准",
        "rests on laws, regulations or national provisions, reviewed by the authority and approved by the government",
    ),
}
