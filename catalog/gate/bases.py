"""Whether a text that stands where a law should names one: by its form, which is all that can be seen from here.

A citation names its instrument in 《》, an article (第十六条), a document number (〔2021〕47号, 令第309号), or ends in what
instruments are called (条例, 办法 …). What says that there is none (无法律依据, 暂缺), or names a need in its place (工作需要),
is empty in substance. Whether the law says what it is cited for, nobody can tell but the authority.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class Basis(StrEnum):
    """What a stated legal basis is."""

    CITED = "cited"
    """It has the form of a citation."""
    DOUBTFUL = "doubtful"
    """It says something, and names no law: the authority looks at it."""
    NONE = "none"
    """Nothing is said, or that there is nothing."""


_CITATION = re.compile(
    r"《[^》《]*[\u4e00-\u9fff]{2}[^》《]*》"
    r"|第[〇零一二两三四五六七八九十百千\d]+条"
    r"|[〔\[(（【]\d{4}[〕\])）】]第?\d+号"
    r"|令?第\d+号令?"
)
"""Instrument, article, or document number; blanks taken out, width folded."""

_NAMED = re.compile(
    r"[\u4e00-\u9fff]{2,}(?:法|法典|条例|办法|规定|决定|意见|通知|目录|细则|标准|规范|规程|批复)(?:试行|暂行|修订|修正|草案)?"
)
"""A name that ends as instruments do, of four characters and more (`_cited`)."""

_METHOD = re.compile(r"(?:方|想|做|看|说|无|依|合|执|违|用|算|手|司|立|守)法$")
"""法 that is no law: 工作方法, 依法."""

_MARKS = re.compile(r"第?[〇零一二两三四五六七八九十百千\d]+(?:条|款|项|号令?)|令")
"""Article and number, which name nothing by themselves."""

_ANY = re.compile(
    r"(?:按照?|依据?|根据|参照|国家|自治区|省|市|区县?|县|上级|本级|本|我|部门|单位|局|内部|相关|有关|现行|各类|各项|其他|法律|法规|规章|政策"
    r"|文件|行业|领导|会议|工作|业务|管理|的|及|和|与|或|等|规定|意见|通知|办法|条例|标准|决定|要求|目录|细则|规范)+"
)
"""Words that would stand before the name of any law, or of none: 国家有关规定, 上级通知."""

_NOTHING = re.compile(
    r"(?:目前|现在?|暂时?|尚|还|均|都)*(?:无|没有?|未|缺|空|待)"
    r"(?:有|任何|明确|明文|具体|专门|直接|相关|有关|对应|上位|的|法律|法规|规章|政策|制度|条文|条款|文件|规定|依据|根据|办法|条例|标准|法|出台|制定"
    r"|确定|确认|核实|定|知|填写?|写|补充?|缺|查到?|找到|完善|提供|及|和|或|与)*"
    r"|暂缺|暂略|空白|略|同上|同前|如上|见上|上同|不详|不明|不清楚?|不知道?|不适用|否|是|有"
    r"|(?:详?见|参见|请见|如|以)?(?:附件|附表|附后|备注|文件|正文|说明|上表|前述)\d*(?:为准)?"
    r"|.{0,6}(?:工作|业务|履职|职责|管理|内部|实际|安全|保密)(?:的)?(?:需要|需求|原因|考虑|安排)"
    r"|(?:na|none|null|nil|tbd|todo|unknown|yes|no|x+)"
)
"""Texts that say there is nothing, point elsewhere, or name a need."""


@lru_cache(maxsize=50_000)
def kind_of_basis(text: str | None) -> Basis:
    """What a stated legal basis is.

    Args:
        text: as it was written.
    """
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or ""))
    # NFKC leaves 〔〕《》【】 and makes （） plain; what was written in them counts, the marks do not.
    said = re.sub(r"[\W_×✕]", "", folded).lower()
    if len(said) < 2:
        return Basis.NONE
    # A mark of citation lends no substance to what says that there is none: 《工作需要》, 无法律依据第一条.
    if _NOTHING.fullmatch(said) or _NOTHING.fullmatch(_MARKS.sub("", said)):
        return Basis.NONE
    if any(not _empty(one) for one in _CITATION.findall(folded)):
        return Basis.CITED
    parts = [re.sub(r"[\W_]", "", one) for one in re.split(r"[;,、。；，]", folded)]
    return Basis.CITED if any(_cited(one) for one in parts) else Basis.DOUBTFUL


def _empty(citation: str) -> bool:
    """Whether what stands in 《》 says that there is nothing."""
    return bool(_NOTHING.fullmatch(re.sub(r"[\W_]", "", citation).lower()))


def _cited(part: str) -> bool:
    """Whether a part is the name of an instrument: 税收征收管理法, 政务数据共享条例."""
    return (
        len(part) >= 4 and bool(_NAMED.fullmatch(part)) and not _METHOD.search(part)
        and not _ANY.fullmatch(part) and not _NOTHING.fullmatch(part)
    )  # fmt: skip
