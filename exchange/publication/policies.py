"""May this release be published, given its document and the city's rules? Nothing here looks at a row.

A release needs the consent of every source of its library, two independent approvals, a security assessment where the
rules ask for one, and a measure of safety not below the floor. Under rules that bar personal privacy (Haishu 32), a
dataset with personal data is refused whatever its mask; a statistic is not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import Field

from catalog.register import Library
from exchange.publication.release import Release
from ground.documents import Declared
from ground.errors import RefusedData
from policy.profile import Profile, cited_as

REVIEWS_NEEDED = 2


class OpeningRules(Declared):
    """What the rules in force ask of a release.

    ``personal_libraries`` hold a person per row, ``personal_items`` are about a person wherever they stand. Floors: k of a
    dataset, and of one with personal data k and l (docs/decisions/0007).
    """

    privacy_barred: bool
    privacy_ground: str
    """Article that bars or allows, as it is cited in a refusal."""
    assessment_first: bool = True
    min_cell: int = Field(default=5, ge=2)
    min_k: int = Field(default=5, ge=2)
    personal_min_k: int = Field(default=11, ge=2)
    personal_min_l: int = Field(default=3, ge=1)
    personal_libraries: frozenset[str] = frozenset({"population"})
    personal_items: frozenset[str] = frozenset({"citizen_id", "legal_representative", "phone"})

    @classmethod
    def of(cls, profile: Profile) -> OpeningRules:
        """The rules of a city's profile, with our own floors where the instrument gives none."""
        privacy = profile.opening.personal_privacy
        ground = cited_as(privacy.article) if privacy.article else f"（{privacy.house}）"
        title = privacy.instrument or f"《{profile.instrument.title_zh}》"
        return cls(
            privacy_barred=privacy.value == "barred",
            privacy_ground=f"{title}{ground}",
            assessment_first=profile.opening.assessment_first.value,
            min_cell=profile.statistics.min_cell.value,
        )


def sources_of(library: Library, department_of: Mapping[str, str]) -> frozenset[str]:
    """Departments whose resources contribute to a library.

    Args:
        library: its register of sources.
        department_of: resource -> department.
    """
    return frozenset(department_of[resource] for resource in library.key_in)


def holds_personal_data(release: Release, rules: OpeningRules) -> bool:
    """Whether rows about persons would leave, masked or not. Counts of persons are none."""
    if release.masking is None:
        return False
    items = {name.split("__")[0] for name in release.masking.reads}
    techniques = any(release.masking.form(name).personal for name in release.masking.published)
    return release.library in rules.personal_libraries or bool(items & rules.personal_items) or techniques


def check_can_publish(release: Release, rules: OpeningRules, sources: Collection[str]) -> None:
    """Refuse a release that may not be published; every reason at once.

    Raises:
        RefusedData: with each reason, its article or what is missing.
    """
    reasons = [*_barred(release, rules), *_floors(release, rules), *_papers(release, rules, sources)]
    if reasons:
        raise RefusedData("\n".join(zh for zh, _ in reasons), "\n".join(en for _, en in reasons), where=release.id)


def can_publish(release: Release, rules: OpeningRules, sources: Collection[str]) -> bool:
    """`check_can_publish` as a yes or no."""
    try:
        check_can_publish(release, rules, sources)
    except RefusedData:
        return False
    return True


Reason = tuple[str, str]


def _barred(release: Release, rules: OpeningRules) -> list[Reason]:
    if not (rules.privacy_barred and holds_personal_data(release, rules)):
        return []
    return [
        (
            f"依据{rules.privacy_ground}，涉及个人隐私的数据不得向社会开放，脱敏后亦不得；请改为统计（kind: statistic）。",
            f"Under {rules.privacy_ground} personal data is not opened, masked or not; publish a statistic instead.",
        )
    ]


def _floors(release: Release, rules: OpeningRules) -> list[Reason]:
    plan = release.masking
    if plan is None:
        return []
    personal = holds_personal_data(release, rules)
    k, l = (rules.personal_min_k, rules.personal_min_l) if personal else (rules.min_k, 1)  # noqa: E741
    reasons = []
    if plan.k < k:
        reasons.append((f"方案的 k={plan.k} 低于下限 {k}，请提高。", f"The plan's k={plan.k} is below the floor {k}."))
    if (plan.l.at_least if plan.l else 1) < l:
        reasons.append((f"个人数据须声明 l≥{l}。", f"Personal data needs a declared l of at least {l}."))
    return reasons


def _papers(release: Release, rules: OpeningRules, sources: Collection[str]) -> list[Reason]:
    reasons = []
    missing = sorted(set(sources) - {release.department} - {one.department for one in release.consents})
    if missing:
        names = "、".join(missing)
        reasons.append(
            (f"缺少来源部门的同意文件：{names}。", f"The consent of these sources is not on record: {names}.")
        )
    if rules.assessment_first and release.assessment is None:
        reasons.append(("缺少开放前的安全风险评估文件（assessment）。", "No security risk assessment is on record."))
    if any(one.verdict == "rejected" for one in release.reviews):
        reasons.append(("有审核人不同意发布。", "A reviewer rejected the release."))
    approvers = {one.reviewer for one in release.reviews if one.verdict == "approved"}
    if len(approvers) < REVIEWS_NEEDED:
        reasons.append(
            (
                f"须有 {REVIEWS_NEEDED} 名不同审核人同意，现有 {len(approvers)} 名。",
                f"{REVIEWS_NEEDED} different reviewers must approve; {len(approvers)} did.",
            )
        )
    return reasons
