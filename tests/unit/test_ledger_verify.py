"""What the stand-alone verifier finds, says, and honestly cannot find."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from ledger import verify_ledger
from ledger.chain import GENESIS
from ledger.entry import Kind, Use, write_entry

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def chain(purposes, *, seq=0, last=GENESIS):
    lines = []
    for number, purpose in enumerate(purposes, start=seq + 1):
        use = Use(
            kind=Kind.QUERY, user="用户", purpose=purpose, approver="a", content={"n": number}, mode="m", medium="n"
        )
        entry = write_entry(use, seq=number, at=NOW, prev_hash=last)
        text = (
            f'{{"about":null,"approver":"a","at":"2026-03-02T00:00:00.000000Z","content":{{"n":{number}}},"grant":null,'
            f'"kind":"query","medium":"n","mode":"m","phase":"use","purpose":"{purpose}","seq":{number},"user":"用户"}}'
        )
        lines.append(verify_ledger.line(text, entry.hash, last))
        last = entry.hash
    return lines, last


def write(directory, lines, *, head=None, per_file=4):
    directory.mkdir(exist_ok=True)
    for first in range(0, len(lines), per_file):
        (directory / f"ledger-{first + 1:012d}.jsonl").write_text("".join(lines[first : first + per_file]), "utf-8")
    count, last = head or (len(lines), json.loads(lines[-1])["hash"])
    facts = {"count": count, "last_hash": last, "exported_at": "2026-03-02T00:00:00.000000Z"}
    (directory / "head.json").write_text(json.dumps(facts))
    return directory


@pytest.fixture
def good():
    return chain([f"p{number}" for number in range(10)])


def run(directory, capsys, *more):
    code = verify_ledger.main([str(directory), *map(str, more)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_an_untouched_ledger_is_intact(good, tmp_path, capsys):
    lines, last = good
    code, shown = run(write(tmp_path / "x", lines), capsys)
    assert code == 0
    assert last in shown
    assert "10" in shown


def changed_field(lines):
    lines[4] = lines[4].replace('"purpose":"p4"', '"purpose":"p5"')
    return 5, "the entry was changed"


def changed_own_hash(lines):
    own = json.loads(lines[4])["hash"]
    lines[4] = lines[4].replace(own, "f" * 64)
    return 5, "the entry was changed"


def changed_prev_hash(lines):
    lines[4] = lines[4].replace(json.loads(lines[4])["prev_hash"], "f" * 64)
    return 5, "prev_hash"


def removed(lines):
    del lines[4]
    return 5, "found 6"


def removed_first(lines):
    del lines[0]
    return 1, "found 2"


def swapped(lines):
    lines[4], lines[5] = lines[5], lines[4]
    return 5, "found 6"


def doubled(lines):
    lines.insert(5, lines[4])
    return 6, "found 5"


def truncated(lines):
    del lines[8:]
    return 9, "head.json says 10"


def cut_in_the_middle_of_a_line(lines):
    lines[9] = lines[9][:-40]
    return 10, "not a whole ledger entry"


def garbage(lines):
    lines[2] = "]]]\n"
    return 3, "not a whole ledger entry"


def blank_line(lines):
    lines.insert(3, "\n")
    return 4, "not a whole ledger entry"


def rewritten_with_blanks(lines):
    lines[4] = json.dumps(json.loads(lines[4]), ensure_ascii=False) + "\n"
    return 5, "changed"


def one_entry_replaced_with_a_right_hash(lines):
    lines[4:5] = chain(["forged"], seq=4, last=json.loads(lines[4])["prev_hash"])[0]
    return 6, "prev_hash"


def extra_at_the_end(lines):
    lines.extend(chain(["extra"], seq=10, last=json.loads(lines[9])["hash"])[0])
    return 11, "head.json says 10"


def tail_hashed_anew(lines):
    lines[6:] = chain(["forged", "forged", "forged", "forged"], seq=6, last=json.loads(lines[5])["hash"])[0]
    return 10, "last hash"


@pytest.mark.duty("R-149")
@pytest.mark.parametrize(
    "tamper",
    [
        changed_field,
        changed_own_hash,
        changed_prev_hash,
        removed,
        removed_first,
        swapped,
        doubled,
        truncated,
        cut_in_the_middle_of_a_line,
        garbage,
        blank_line,
        rewritten_with_blanks,
        one_entry_replaced_with_a_right_hash,
        extra_at_the_end,
        tail_hashed_anew,
    ],
)
def test_tampering_is_found_and_placed(good, tmp_path, capsys, tamper):
    lines, last = good
    seq, says = tamper(lines)
    code, shown = run(write(tmp_path / "x", lines, head=(10, last)), capsys)
    assert code == 1
    assert f"at entry {seq}:" in shown
    assert says in shown


def test_a_missing_segment_is_a_gap(good, tmp_path, capsys):
    directory = write(tmp_path / "x", good[0])
    (directory / "ledger-000000000005.jsonl").unlink()
    code, shown = run(directory, capsys)
    assert (code, "at entry 5: expected entry 5, found 9" in shown) == (1, True)


def test_a_number_written_wrong_is_found_even_where_the_hash_fits(tmp_path, capsys):
    """A chain whose own seq jumps, hashed rightly by whoever forged it."""
    first, last = chain(["a"])
    second, _ = chain(["b"], seq=4, last=last)
    code, shown = run(write(tmp_path / "x", first + second), capsys)
    assert (code, "expected entry 2, found 5" in shown) == (1, True)


def test_a_whole_forged_export_passes_by_itself_and_fails_against_a_head_kept_elsewhere(good, tmp_path, capsys):
    """The documented limit: everything written anew, head included, shows only from outside."""
    lines, _ = good
    kept = shutil.copy(write(tmp_path / "march", lines[:8]) / "head.json", tmp_path / "kept.json")
    honest = write(tmp_path / "honest", lines)
    assert run(honest, capsys, "--known", kept)[0] == 0
    lines[6:] = chain(["forged"] * 4, seq=6, last=json.loads(lines[5])["hash"])[0]
    forged = write(tmp_path / "forged", lines)
    assert run(forged, capsys)[0] == 0
    code, shown = run(forged, capsys, "--known", kept)
    assert (code, "at entry 8" in shown) == (1, True)


def test_a_head_noted_at_a_greater_count_shows_a_lost_end(good, tmp_path, capsys):
    kept = shutil.copy(write(tmp_path / "full", good[0]) / "head.json", tmp_path / "kept.json")
    code, shown = run(write(tmp_path / "less", good[0][:7]), capsys, "--known", kept)
    assert (code, "at entry 8" in shown) == (1, True)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"count": "x", "last_hash": ""}', "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_head_that_cannot_be_read_is_not_readable(good, tmp_path, capsys, content):
    directory = write(tmp_path / "x", good[0])
    (directory / "head.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert run(directory, capsys)[0] == 2


def test_no_directory_and_no_argument_are_not_readable(tmp_path, capsys):
    assert run(tmp_path / "nowhere", capsys)[0] == 2
    assert verify_ledger.main([]) == 2
    assert "usage" in capsys.readouterr().err
