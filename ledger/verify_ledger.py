"""Checks an exported ledger. Needs Python 3 and nothing else: no database, no network, none of the hub's software.

    python verify_ledger.py DIRECTORY [--known HEAD.json ...]

核验导出的台账，只需 Python 3。退出码：0 完整，1 被改动（说明第几条、哪里不符），2 无法读取。
Exit code: 0 intact, 1 tampered (says at which entry and what differs), 2 not readable.

DIRECTORY holds ledger-*.jsonl and head.json. Each line is one entry:

    {"entry":<canonical JSON>,"hash":"<64 hex>","prev_hash":"<64 hex>"}

with hash = sha256(prev_hash as 64 characters + the canonical JSON as UTF-8), the first prev_hash being 64 zeros.
A changed, removed, added or moved entry breaks the chain; a removed end no longer fits head.json.

What this cannot see by itself: someone who can write the database and the export may alter an entry, hash everything
after it anew and write a fitting head.json. That shows only against a head noted elsewhere, at any earlier time: give
such files with --known, and each is checked against the entry it was the head of.
"""

import hashlib
import json
import sys
from pathlib import Path

GENESIS = b"0" * 64
_OPEN = b'{"entry":'
_TAIL = len(b',"hash":"%b","prev_hash":"%b"}\n' % (GENESIS, GENESIS))


class Tampered(Exception):
    """The ledger is not what was written: ``seq`` of the first entry that does not fit, and what differs."""

    def __init__(self, seq: int, zh: str, en: str) -> None:
        super().__init__(seq, zh, en)
        self.seq = seq
        self.zh = zh
        self.en = en


class Unreadable(Exception):
    """The directory is no exported ledger, or cannot be read."""


def line(canonical: str, own_hash: str, prev_hash: str) -> str:
    """One line of an export."""
    return f'{{"entry":{canonical},"hash":"{own_hash}","prev_hash":"{prev_hash}"}}\n'


def verify(directory: Path, known: list[Path] | None = None) -> tuple[int, str]:
    """Check the ledger in ``directory``.

    Args:
        directory: the export.
        known: head files kept elsewhere, from this or earlier exports.

    Returns:
        Number of entries and hash of the last.

    Raises:
        Tampered: the ledger was changed.
        Unreadable: there is no ledger to read.
    """
    count, last_hash = _head(directory / "head.json")
    noted: dict[int, bytes] = {}
    for path in known or []:
        at, noted_hash = _head(path)
        if noted.setdefault(at, noted_hash) != noted_hash:
            raise Tampered(at, "两份已知的 head 互相矛盾", "two known heads contradict each other")
    segments = sorted(directory.glob("ledger-*.jsonl"))
    seq, running = 0, GENESIS
    try:
        for segment in segments:
            seq, running = _segment(segment, seq, running, noted)
    except OSError as fault:
        raise Unreadable(f"{fault.filename}: {fault.strerror}") from None
    if seq != count:
        raise Tampered(
            min(seq, count) + 1,
            f"共 {seq} 条，head.json 记载 {count} 条：末尾被截去或增加",
            f"{seq} entries, head.json says {count}: the end was cut off or added to",
        )
    if running != last_hash:
        raise Tampered(seq, "最后一条的哈希与 head.json 不符", "the last hash is not the one in head.json")
    missing = sorted(at for at in noted if at > seq)
    if missing:
        raise Tampered(seq + 1, f"已知的 head 有 {missing[0]} 条", f"a known head has {missing[0]} entries")
    return seq, running.decode()


def _segment(path: Path, seq: int, running: bytes, noted: dict[int, bytes]) -> tuple[int, bytes]:
    """Check one file that continues the chain after entry ``seq``. Ten million lines go through this loop: keep it lean.

    ``rfind`` finds the entry's own ``seq``: keys are sorted, only ``user`` follows, and no text can hold an unescaped
    quotation mark. Anything unexpected is looked at again, slowly, by `_explain`.
    """
    sha256 = hashlib.sha256
    cut = len(_OPEN)
    if noted.get(seq, running) != running:
        raise _contradicts(seq)
    with path.open("rb") as file:
        for raw in file:
            seq += 1
            canonical = raw[cut:-_TAIL]
            digest = sha256(running + canonical).hexdigest().encode()
            if raw[-_TAIL:] != b',"hash":"%b","prev_hash":"%b"}\n' % (digest, running) or raw[:cut] != _OPEN:
                raise _explain(raw, seq, running)
            if not canonical.startswith(b',"seq":%d,"user":"' % seq, canonical.rfind(b',"seq":')):
                raise _explain(raw, seq, running)
            running = digest
            if seq in noted and noted[seq] != running:
                raise _contradicts(seq)
    return seq, running


def _contradicts(seq: int) -> Tampered:
    return Tampered(
        seq,
        "哈希与另行保存的 head 不符：此条或更早的条目被重写",
        "the hash is not the one noted elsewhere: this entry or an earlier one was written anew",
    )


def _explain(raw: bytes, seq: int, running: bytes) -> Tampered:
    """What is wrong with the line that should be entry ``seq``."""
    try:
        record = json.loads(raw)
        found, own, prev = record["entry"]["seq"], record["hash"], record["prev_hash"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Tampered(seq, "该行不是一条完整的台账记录", "the line is not a whole ledger entry")
    if found != seq:
        return Tampered(
            seq,
            f"应为第 {seq} 条，实为第 {found} 条：有条目被删除、增加或调换",
            f"expected entry {seq}, found {found}: entries were removed, added or moved",
        )
    if prev != running.decode():
        return Tampered(seq, "prev_hash 与上一条的哈希不符", "prev_hash is not the hash of the entry before")
    digest = hashlib.sha256(running + raw[len(_OPEN) : -_TAIL]).hexdigest()
    if own != digest:
        return Tampered(seq, "内容与哈希不符：条目被改动", "the content does not fit its hash: the entry was changed")
    return Tampered(seq, "该行的写法不是规范格式", "the line is not in its canonical form")


def _head(path: Path) -> tuple[int, bytes]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return int(facts["count"]), str(facts["last_hash"]).encode("ascii")
    except OSError as fault:
        raise Unreadable(f"{path}: {fault.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"{path}: 不是 head.json；not a head.json") from None


def main(arguments: list[str]) -> int:
    """The program; the exit code is what it returns."""
    known: list[Path] = []
    rest = list(arguments)
    while "--known" in rest[:-1]:
        at = rest.index("--known")
        known.append(Path(rest[at + 1]))
        del rest[at : at + 2]
    if len(rest) != 1 or rest[0].startswith("-"):
        print("用法 usage: python verify_ledger.py DIRECTORY [--known HEAD.json ...]", file=sys.stderr)
        return 2
    try:
        count, last = verify(Path(rest[0]), known)
    except Tampered as fault:
        print(f"被改动：第 {fault.seq} 条：{fault.zh}\nTAMPERED at entry {fault.seq}: {fault.en}")
        return 1
    except Unreadable as fault:
        print(f"无法读取：{fault}\nNOT READABLE: {fault}", file=sys.stderr)
        return 2
    print(f"完整：{count} 条，最后哈希 {last}\nINTACT: {count} entries, last hash {last}")
    if not known:
        print("未与另行保存的 head 比对（--known）。Not compared with a head kept elsewhere (--known).")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
