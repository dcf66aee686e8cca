"""Publishes the releases that the city declares, from the published snapshot, in the ledger before they are visible."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from catalog.city import City
from exchange.publication import service
from exchange.publication.manifest import Manifest
from exchange.publication.policies import OpeningRules, sources_of
from exchange.publication.release import Release
from exchange.publication.service import Published
from exchange.publication.subject import Key, Subject
from ground.documents import read_document
from ground.errors import UserError
from ledger.entry import Kind
from pipelines.serving import Reader, ServingService, Session

SHANGHAI = ZoneInfo("Asia/Shanghai")


class ReleaseService:
    """Publishes releases.

    Args:
        documents: folder of the release documents.
        target: folder of what is published.
        city: what is declared.
        serving: opens the published snapshot and writes the ledger.
        rules: the city's rules of opening at a moment.
        pseudonym_key: secret of the pseudonyms; each release derives its own, so that two releases cannot be joined.
    """

    def __init__(
        self,
        documents: Path,
        target: Path,
        *,
        city: City,
        serving: ServingService,
        rules: Callable[[datetime], OpeningRules],
        pseudonym_key: bytes,
    ) -> None:
        self._documents = documents
        self._target = target
        self._city = city
        self._serving = serving
        self._rules = rules
        self._secret = pseudonym_key

    def declared(self) -> list[str]:
        """Ids of the declared releases, sorted."""
        return sorted(path.stem for path in self._documents.glob("*.yaml"))

    def document(self, release_id: str) -> Release:
        """The release document ``releases/<id>.yaml``.

        Raises:
            UserError: there is none of that name.
            DocumentError: it is not what is allowed.
        """
        if release_id not in self.declared():
            allowed = "、".join(self.declared()) or "（无）"
            raise UserError(
                f"没有名为 {release_id} 的发布文件。现有：{allowed}",
                f"There is no release document {release_id}. There are: {allowed}",
            )
        return read_document(self._documents / f"{release_id}.yaml", Release, name=f"releases/{release_id}.yaml")

    def published(self) -> list[Published]:
        """What was published so far."""
        return service.published(self._target)

    def publish(self, release_id: str, who: Reader, now: datetime) -> Published:
        """Publish one release from the published snapshot, or return what was published of that snapshot before.

        Raises:
            UserError: no such document, or it asks for what is not there.
            RefusedData: not allowed, or its measured risk is above what the plan promises; nothing is visible.
            Unavailable: nothing is built yet, or the ledger cannot be written.
        """
        release = self.document(release_id)
        library = self._city.library(release.library)
        departments = {one.id: one.department for one in self._city.resources}
        with self._serving.open() as session:
            if release.library not in session.libraries:
                raise UserError(
                    f"基础库 {release.library} 尚未建成，请先运行 build。", f"Library {release.library} is not built yet; run build.",
                    where=f"releases/{release_id}.yaml",
                )  # fmt: skip
            subject = Subject(
                table=session.libraries[release.library],
                snapshot=str(session.publication.lake_snapshot),
                as_of=session.publication.published_at.astimezone(SHANGHAI).date(),
                publisher=self._city.department(release.department).name,
                sources=sources_of(library, departments),
            )
            engine = session.reader.engine
            secret = hashlib.sha256(self._secret + release.id.encode()).digest()
            with engine.keyed(secret) as hmac:
                return service.publish(
                    release,
                    subject,
                    target=self._target,
                    now=now,
                    rules=self._rules(now),
                    to_arrow=engine.to_arrow,
                    batches=engine.batches,
                    key=Key(hashlib.sha256(b"id" + secret).hexdigest()[:12], hmac),
                    before_release=lambda made: self._record(made, session, who, now),
                )

    def _record(self, made: Manifest, session: Session, who: Reader, now: datetime) -> None:
        content: dict[str, object] = {
            "release": made.release,
            "snapshot": session.publication.lake_snapshot,
            "files": [f"{one.name} {one.sha256}" for one in made.files],
        }
        self._serving.record(Kind.SHARE, who, now, content, mode="开放发布 publication", medium="文件 file")
