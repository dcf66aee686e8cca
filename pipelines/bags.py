"""Archive packages: one tar that holds one bag of the BagIt layout (RFC 8493), written once and read back.

::

    <name>/data/deliveries/<feed>/<period>/<number>/payload.csv   the bytes as they came
    <name>/data/deliveries/<feed>/<period>/<number>/outcome.json  what became of them
    <name>/data/holdings.json                                     every delivery: sha256, rows, department
    <name>/data/catalogue.json                                    the catalogue in force
    <name>/bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt

Any program that knows BagIt checks a package, and ``tar`` with ``sha256sum -c`` does as well, without this software.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from ground.errors import Unavailable
from pipelines.intake.landing import CHUNK, full_disk

_BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST, _TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a package: names of members, never their content.

    Attributes:
        broken: why it could not be read to its end; None where it could.
        altered: members whose digest is not that of the manifest.
        missing: named by a manifest and not there.
        unnamed: there and named by no manifest.
    """

    broken: str | None = None
    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.broken or self.altered or self.missing or self.unnamed)

    def as_json(self) -> dict[str, object]:
        """The faults as events carry them."""
        return {
            "broken": self.broken,
            "altered": [*self.altered],
            "missing": [*self.missing],
            "unnamed": [*self.unnamed],
        }


@dataclass
class BagWriter:
    """Writes one package; nothing stands under its name before `close`.

    Args:
        path: of the tar.
        made_at: moment written into the package, aware.
    """

    path: Path
    made_at: datetime
    _digests: dict[str, str] = field(default_factory=dict)
    _size: int = 0

    def __post_init__(self) -> None:
        self._partial = self.path.with_name(f".{self.path.name}.partial")
        self._name = self.path.name.removesuffix(".tar")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._tar = tarfile.open(self._partial, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed in `close`
        except OSError as fault:
            raise full_disk(fault, self.path.name) from fault

    def add(self, name: str, source: Path) -> str:
        """Copy a file to ``data/<name>``; its sha256 as it was copied."""
        try:
            with source.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                return self._add(f"data/{name}", stream, size)
        except OSError as fault:
            raise full_disk(fault, name) from fault

    def add_bytes(self, name: str, content: bytes) -> None:
        """Write bytes to ``data/<name>``."""
        try:
            self._add(f"data/{name}", io.BytesIO(content), len(content))
        except OSError as fault:
            raise full_disk(fault, name) from fault

    def close(self, info: Mapping[str, str]) -> tuple[str, int]:
        """Write the tag files, bring the package to the disk and under its name; its sha256 and size in bytes.

        Args:
            info: what ``bag-info.txt`` says beside the size of the payload.
        """
        said = {**info, "Payload-Oxum": f"{self._size}.{len(self._digests)}"}
        tags = {
            "bagit.txt": _BAGIT,
            "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in said.items()),
            _MANIFEST: _written(self._digests),
        }
        try:
            written = {name: self._tag(name, text) for name, text in tags.items()}
            self._tag(_TAG_MANIFEST, _written(written))
            self._tar.close()
            digest, size = hashlib.sha256(), 0
            with self._partial.open("rb") as stream:
                os.fsync(stream.fileno())
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
            self._partial.replace(self.path)
        except OSError as fault:
            self.abandon()
            raise full_disk(fault, self.path.name) from fault
        return digest.hexdigest(), size

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._tar.close()
        self._partial.unlink(missing_ok=True)

    def _add(self, name: str, stream: IO[bytes], size: int) -> str:
        counted = _Counted(stream)
        self._tar.addfile(self._member(name, size), counted)
        self._digests[name] = counted.digest.hexdigest()
        self._size += size
        return self._digests[name]

    def _tag(self, name: str, text: str) -> str:
        content = text.encode()
        self._tar.addfile(self._member(name, len(content)), io.BytesIO(content))
        return hashlib.sha256(content).hexdigest()

    def _member(self, name: str, size: int) -> tarfile.TarInfo:
        member = tarfile.TarInfo(f"{self._name}/{name}")
        member.size, member.mode, member.mtime = size, 0o644, int(self.made_at.timestamp())
        return member


def check_bag(path: Path) -> Faults:
    """Read a package from its first to its last byte and hold every member to the manifests.

    Raises:
        Unavailable: there is no such file, or it may not be read.
    """
    found: dict[str, str] = {}
    tags: dict[str, str] = {}
    name = path.name.removesuffix(".tar")
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream is None or not member.name.startswith(f"{name}/"):
                    return Faults(broken=f"unexpected member {member.name[:120]}")
                inner = member.name.removeprefix(f"{name}/")
                digest, kept = hashlib.sha256(), b""
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    kept += chunk if not inner.startswith("data/") else b""
                found[inner] = digest.hexdigest()
                if not inner.startswith("data/"):
                    tags[inner] = kept.decode("utf-8", errors="replace")
    except tarfile.TarError as fault:
        return Faults(broken=f"{type(fault).__name__}")
    except OSError as fault:
        raise Unavailable(
            f"归档包无法读取（{fault.strerror}），请检查 archive 目录。",
            f"The archive package could not be read ({fault.strerror}); check the folder archive.",
            where=path.name,
        ) from fault
    if _MANIFEST not in tags or _TAG_MANIFEST not in tags:
        return Faults(broken="no manifest")
    named = _read(tags[_MANIFEST]) | _read(tags[_TAG_MANIFEST])
    return Faults(
        altered=tuple(sorted(one for one, digest in named.items() if one in found and found[one] != digest)),
        missing=tuple(sorted(set(named) - set(found))),
        unnamed=tuple(sorted(set(found) - set(named) - {_TAG_MANIFEST})),
    )


class _Counted(io.RawIOBase):
    """A stream whose bytes are digested as they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


def _written(digests: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {_escaped(name)}\n" for name, digest in sorted(digests.items()))


def _read(manifest: str) -> dict[str, str]:
    lines = [line.split("  ", 1) for line in manifest.splitlines() if "  " in line]
    return {name.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"): digest for digest, name in lines}


def _escaped(name: str) -> str:
    """A path as a manifest writes it (RFC 8493, 2.1.3)."""
    return name.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
