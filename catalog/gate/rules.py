"""What a city's rules say of the gate, in their own words and with their articles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from policy.cited import SILENT, Cited, Silence
from policy.periods import Period
from policy.profile import Profile, cited_as

_CLASS_WORDS = {"unconditional": "无条件共享", "conditional": "有条件共享", "not": "不予共享"}
ONE_SOURCE = ("一数一源（自定规则）", "one number, one source (house rule)")


@dataclass(frozen=True, slots=True)
class GateRules:
    """The rules the gate acts on; without a city it refuses all the same, as a house rule.

    Attributes:
        one_source: the article that bars collecting again, in Chinese and English.
        shared_in: the article by which what was shared in is not listed.
        class_basis: the article by which a class states its legal basis: class -> article.
        words: the city's word for each class of sharing.
        answer_within: until when the provider answers an application; None where the city does not say.
        instead: what may be had of data that are not shared: a comparison (核验比对), a masked variant, or nothing that the
            city names.
    """

    one_source: tuple[str, str] = ONE_SOURCE
    shared_in: tuple[str, str] = ONE_SOURCE
    class_basis: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=lambda: dict(_CLASS_WORDS))
    answer_within: Period | None = None
    instead: Literal["compare_only", "masked_variant"] | None = None

    @classmethod
    def of(cls, profile: Profile) -> GateRules:
        """The rules of a city."""
        said, sharing = profile.catalogue, profile.sharing
        one_source = _ground(profile, profile.gathering.recollection_barred)
        return cls(
            one_source=one_source,
            shared_in=_ground(profile, said.excludes_shared_in, otherwise=one_source),
            class_basis={
                "conditional": _ground(profile, said.conditional_needs),
                "not": _ground(profile, said.not_shared_needs),
            },
            words={name: profile.share_class(name) for name in ("unconditional", "conditional", "not")},
            answer_within=None if isinstance(sharing.answer_within, Silence) else sharing.answer_within.value,
            instead=None if isinstance(sharing.not_shared_service, Silence) else sharing.not_shared_service.value,
        )

    def how(self, name: str, department: str) -> tuple[str, str]:
        """How data of a class are had, in Chinese and English.

        Args:
            name: the class of sharing.
            department: the department that holds them, as it is called.
        """
        word = self.words[name]
        if name == "unconditional":
            return f"属{word}，可在平台直接获取", f"shared without conditions ({word}): take it from the platform"
        if name == "conditional":
            until = f"，对方须在{self.answer_within.zh}内答复" if self.answer_within is not None else ""
            until_en = f", answered within {self.answer_within.en}" if self.answer_within is not None else ""
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


def _ground(profile: Profile, said: Cited[Any] | Silence, otherwise: tuple[str, str] = ONE_SOURCE) -> tuple[str, str]:
    if said is SILENT or isinstance(said, Silence) or said.article is None or said.value is False:
        return otherwise
    article = cited_as(said.article)
    return f"{profile.title_zh}{article}", f"{profile.title_en}, article {said.article}"
