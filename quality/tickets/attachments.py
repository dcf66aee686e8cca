"""What people attach to a report or an answer: looked at, kept once per content, read again as it was.

The bytes lie below a folder under their SHA-256; the name that a person gave stands in the table alone and never becomes
a path. Whatever is refused is not written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ground.errors import InternalFault, NotFound, Unavailable, UserError
from ledger.chain import check_text
from quality.tickets.attachment_kinds import MEDIA_TYPES, FileKind, checked_name, kind_of
from quality.tickets.attachment_tables import attachment
from warehouse.operational import OperationalDatabase

LARGEST = 10 << 20
"""Bytes of one attachment."""
MOST = 10
"""Attachments of one ticket, and of one report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file that somebody attached.

    Attributes:
        id: of this attachment; the same content attached twice has two.
        ticket: id of the ticket it was attached to; None for a report that has none yet.
        report: id of the report it came with; None for an answer.
        name: as the person named it, without path.
        kind: what its content is.
        size: in bytes.
        sha256: of its content.
        kept_by: who attached it.
        kept_at: when.
    """

    id: str
    ticket: str | None
    report: str | None
    name: str
    kind: FileKind
    size: int
    sha256: str
    kept_by: str
    kept_at: datetime

    @property
    def media_type(self) -> str:
        """What a door says it is; it hands it out as a download (``Content-Disposition: attachment``) all the same."""
        return MEDIA_TYPES[self.kind]


class AttachmentStore:
    """Attachments below ``directory``, listed in ``db``.

    Args:
        directory: made when the first is kept; for its owner alone.
        db: the operational database.
    """

    def __init__(self, directory: Path, db: OperationalDatabase) -> None:
        self._directory = directory
        self._db = db

    def keep(
        self,
        ticket: str | None,
        report: str | None,
        name: str,
        content: bytes,
        by: str,
        now: datetime,
        connection: Connection | None = None,
    ) -> Attachment:
        """Keep a file. The same content under the same name at the same place is kept once and answered again.

        Args:
            ticket: id of the ticket it is attached to.
            report: id of the report it comes with; one of the two at least.
            name: as the person named it.
            content: the whole file.
            by: account or key that brings it.
            now: when.
            connection: the caller's transaction, which the entry becomes part of; None for one of its own.

        Raises:
            UserError: it is refused, and why; nothing was written.
            Unavailable: the disk took it not.
        """
        if ticket is None and report is None:
            raise InternalFault("附件不属于任何工单或反馈。", "An attachment belongs to no ticket and no report.")
        plain = checked_name(name)
        check_size(content, plain)
        kind = kind_of(plain, content)
        check_text(by, "by")
        one = Attachment(
            id=f"a_{secrets.token_hex(8)}",
            ticket=ticket,
            report=report,
            name=plain,
            kind=kind,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            kept_by=by,
            kept_at=now,
        )
        with self._db.begin() if connection is None else contextlib.nullcontext(connection) as turn:
            _take_turn(turn)
            beside = _rows(turn, _at(ticket, report))
            same = [kept for kept in beside if (kept.name, kept.sha256) == (plain, one.sha256)]
            if same:
                return same[0]
            check_count(len(beside), plain)
            # The bytes before the row: a row never names a file that is not there.
            self._write(one.sha256, content)
            turn.execute(sa.insert(attachment).values(_as_row(one)))
        return one

    def of(self, ticket: str, reports: Collection[str] = ()) -> Sequence[Attachment]:
        """Attachments of a ticket and of the reports that it answers, in the order they came in."""
        with self._db.begin() as connection:
            return _rows(connection, (attachment.c.ticket == ticket) | attachment.c.report.in_(list(reports)))

    def of_report(self, report: str) -> Sequence[Attachment]:
        """Attachments of a report, in the order they came in."""
        with self._db.begin() as connection:
            return _rows(connection, attachment.c.report == report)

    def get(self, attachment_id: str) -> Attachment:
        """One attachment.

        Raises:
            NotFound: there is none.
        """
        with self._db.begin() as connection:
            found = _rows(connection, attachment.c.id == attachment_id.replace("\x00", ""))
        if not found:
            raise NotFound("没有这个附件。", "There is no such attachment.", where="attachment")
        return found[0]

    def read(self, attachment_id: str) -> bytes:
        """The bytes of an attachment, as they were kept.

        Raises:
            NotFound: there is none.
            InternalFault: its file is gone or was altered.
        """
        one = self.get(attachment_id)
        try:
            content = self._place(one.sha256).read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != one.sha256:
            raise InternalFault(
                "附件的文件已丢失或被改动，未提供。请从备份恢复。",
                "The file of this attachment is gone or was altered; it is not handed out. Restore it from a copy.",
                where=one.id,
            )
        return content

    def _place(self, sha256: str) -> Path:
        return self._directory / sha256[:2] / sha256

    def _write(self, sha256: str, content: bytes) -> None:
        """Write whole or not at all, readable for the owner alone; what is there already is this very content."""
        place = self._place(sha256)
        try:
            if place.exists() and place.stat().st_size == len(content):
                return
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            handle, fresh = tempfile.mkstemp(dir=place.parent, prefix=".")  # of mode 0600
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                Path(fresh).replace(place)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(fresh).unlink()
                raise
        except OSError as fault:
            raise Unavailable(
                f"附件未能写入磁盘（{type(fault).__name__}）。请检查磁盘空间与权限后重试。",
                f"The attachment could not be written ({type(fault).__name__}). Check the disk and its permissions, then try again.",
                where="attachments",
            ) from None


def check_size(content: bytes, name: str) -> None:
    """``content`` is neither empty nor too large, or UserError says which."""
    if not content:
        raise UserError("文件为空。请核对后再上传。", "The file is empty; check it and attach it again.", where=name)
    if len(content) > LARGEST:
        raise UserError(
            f"文件为 {len(content):,} 字节，超过 {LARGEST >> 20} MB。请压缩图片或分开上传。",
            f"The file has {len(content):,} bytes, more than {LARGEST >> 20} MB. Make the pictures smaller, or attach it in parts.",
            where=name,
        )


def check_count(standing: int, name: str) -> None:
    """One more may be attached where ``standing`` are, or UserError says that there are enough."""
    if standing >= MOST:
        raise UserError(
            f"此处已有 {standing} 个附件，最多 {MOST} 个。",
            f"There are {standing} attachments here; {MOST} is the most.",
            where=name,
        )


def _take_turn(connection: Connection) -> None:
    """One at a time from here on, so that two who attach the tenth at once do not both succeed."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    elif not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        # The driver begins late and shared; already in a transaction means that something was written in it.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


_LOCK = 0x5348_5559_4154_5443  # "SHUYATTC"


def _at(ticket: str | None, report: str | None) -> sa.ColumnElement[bool]:
    """Where it is attached: the ticket if there is one, else the report."""
    return attachment.c.ticket == ticket if ticket is not None else attachment.c.report == report


def _rows(connection: Connection, where: sa.ColumnElement[bool]) -> list[Attachment]:
    found = sa.select(attachment).where(where).order_by(attachment.c.kept_at, attachment.c.id)
    return [_as_attachment(row) for row in connection.execute(found).mappings()]


def _as_row(one: Attachment) -> dict[str, object]:
    return {**{field.name: getattr(one, field.name) for field in fields(one)}, "kind": one.kind.value}


def _as_attachment(row: RowMapping) -> Attachment:
    return Attachment(
        **{**{field.name: row[field.name] for field in fields(Attachment)}, "kind": FileKind(row["kind"])}
    )
