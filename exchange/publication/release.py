"""The release document: what is published from which library, how it is masked, who consented and who reviewed it.

One YAML file in ``releases/``. It holds no data and decides nothing by itself; whether it may be published is
`exchange.publication.policies`.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from catalog.model import Identifier, UpdateCycle
from ground.documents import Declared
from masking.plan import MaskingPlan
from masking.statistics import StatisticSpec


class Consent(Declared):
    """A source department's consent to opening what it contributed to a library."""

    department: Identifier
    document: str = Field(min_length=1)
    dated: date


class Assessment(Declared):
    """The security risk assessment made before opening (Haishu 32)."""

    document: str = Field(min_length=1)
    dated: date
    by: str = Field(min_length=1)


class Review(Declared):
    """One reviewer's verdict; two different reviewers are needed."""

    reviewer: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    document: str = Field(min_length=1)
    dated: date
    verdict: Literal["approved", "rejected"]


class Period(Declared):
    """Span of time that the data are about; both days are inside."""

    start: date
    end: date

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end < self.start:
            raise ValueError("temporal 的 end 早于 start；temporal ends before it starts")
        return self


class Release(Declared):
    """What is published under one name, again with each snapshot.

    ``where`` narrows the rows: column -> allowed values. A ``dataset`` has ``masking``, a ``statistic`` has ``statistic``.
    """

    id: Identifier
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    library: Identifier
    kind: Literal["statistic", "dataset"]
    department: Identifier
    """The lead department of the library, which publishes."""
    update_cycle: UpdateCycle
    licence: str = Field(min_length=1)
    themes: list[str] = Field(min_length=1)
    keywords: list[str] = Field(default_factory=list)
    temporal: Period | None = None
    where: dict[Identifier, list[str]] = Field(default_factory=dict)
    masking: MaskingPlan | None = None
    statistic: StatisticSpec | None = None
    consents: list[Consent] = Field(default_factory=list)
    assessment: Assessment | None = None
    reviews: list[Review] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        wrong = (self.masking is None) != (self.kind == "statistic") or (self.statistic is None) != (
            self.kind == "dataset"
        )
        if wrong:
            raise ValueError(
                "kind: dataset 必须有 masking 且不写 statistic，kind: statistic 必须有 statistic 且不写 masking；"
                "a dataset has masking, a statistic has statistic, never both or none"
            )
        return self

    @property
    def reads(self) -> list[str]:
        """Columns of the library whose values leave in some form, and those that narrow the rows."""
        plan = self.masking.reads if self.masking else []
        dimensions = [one.source for one in self.statistic.dimensions] if self.statistic else []
        return sorted({*plan, *dimensions, *self.where})

    @property
    def slug(self) -> str:
        """The name in addresses and folders."""
        return self.id.replace("_", "-")
