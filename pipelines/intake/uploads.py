"""What a person brings by hand (人工上传), for departments whose systems are not connected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.feed import Feed
from catalog.model import Resource
from catalog.sources import FileSource, SftpSource
from pipelines.intake import periods
from pipelines.intake.arrivals import SHANGHAI
from pipelines.intake.patterns import Pattern


@dataclass(frozen=True)
class Upload:
    """A file that a person brings by hand: who, why, and for which period (None: as its name or the day says)."""

    file: Path
    by: str
    reason: str
    period: str | None = None


def period_of(feed: Feed, resource: Resource, upload: Upload, now: datetime) -> str:
    """The period of a file from elsewhere: as stated, else as its name says, else that of the day.

    Raises:
        UserError: what was stated is no period.
    """
    if upload.period is not None:
        return periods.named(upload.period)
    source = feed.source
    named = Pattern(source.path).match_name(upload.file.name) if isinstance(source, FileSource | SftpSource) else None
    if named is not None and named.period is not None:
        return periods.canonical(named.period)
    return periods.of_day(now.astimezone(SHANGHAI).date(), resource.update_cycle)
