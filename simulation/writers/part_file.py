"""A file that appears in the inbox whole or not at all."""

from __future__ import annotations

from pathlib import Path


def part_of(path: Path) -> Path:
    """The hidden name under which ``path`` is written until it is whole; its folder is made, an old rest removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    return part


def finish(part: Path, path: Path) -> Path:
    """Give the finished file its name."""
    part.replace(path)
    return path


class TextFile:
    """A text file in one encoding, written in pieces; between them it is closed, so that a failure leaves nothing open.

    Args:
        path: where it appears when it is closed.
        encoding: a character that it lacks is a fault of the simulation and fails.
        byte_order_mark: whether it begins with one (UTF-8 only).
    """

    def __init__(self, path: Path, encoding: str, *, byte_order_mark: bool = False) -> None:
        self._path, self._encoding = path, encoding
        self._part = part_of(path)
        self._part.write_bytes(b"\xef\xbb\xbf" if byte_order_mark else b"")

    def write(self, text: str) -> None:
        """Write on."""
        with self._part.open("ab") as stream:
            stream.write(text.encode(self._encoding))

    def close(self) -> Path:
        """Finish the file."""
        return finish(self._part, self._path)
