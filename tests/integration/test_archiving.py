"""Archive packages: packed once, read back, receipted; damage is seen, and what was damaged is packed again (Haishu 14)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from project_office import BUREAU, CENTRE, GA, NOW, city_of, feed, resource

from catalog.cases import store
from catalog.cases.model import Case, apply
from catalog.cases.person import HUB
from ground.errors import Forbidden, InternalFault, NotFound, Unavailable
from pipelines.archiving import ARCHIVE, Archived, ArchiveService
from pipelines.bags import BagWriter, check_bag
from pipelines.intake.landing import Landing
from pipelines.intake.store import Delivery, DeliveryStore, Outcome
from policy.profiles import Profiles
from warehouse.operational import OperationalDatabase

CITY = city_of(resource("ga_household"), feeds=(feed("ga_household"),))


@dataclass
class Room:
    """A landing folder with deliveries, and the archive over it."""

    database: OperationalDatabase
    root: Path

    def __post_init__(self) -> None:
        self.deliveries = DeliveryStore(self.database)
        self.landing = Landing(self.root / "landing")
        self.archive = ArchiveService(
            self.root / "archive", self.database, self.landing, deliveries=self.deliveries.of, city=lambda: CITY,
            rules=lambda _: Profiles.standard().newest("haishu"),
        )  # fmt: skip

    def land(
        self, content: bytes, *, days_ago: int = 0, outcome: Outcome | None = Outcome.TAKEN, suffix: str = ".csv"
    ) -> Delivery:
        """One delivery with its bytes; ``outcome`` None leaves it unsettled."""
        at = NOW - timedelta(days=days_ago)
        source = self.root / f"in{suffix}"
        source.write_bytes(content)
        kept = self.landing.keep(source)
        one = self.deliveries.add(
            feed="ga_household", resource="ga_household", period=f"{at:%Y-%m-%d}", name=source.name, sha256=kept.sha256,
            size=kept.size, now=at, outcome=Outcome.LANDED,
        )  # fmt: skip
        self.landing.settle_in(kept.path, one, suffix)
        if outcome is not None:
            one = self.deliveries.settle(one, outcome, at, rows_in=2, rows_taken=2)
            self.landing.write_outcome(one, at)
        return one

    def run(self, until: date | None = None) -> Archived:
        return self.archive.run(CENTRE, NOW, until=until)

    def path(self, package: Case) -> Path:
        return self.archive.path_of(package)

    def originals(self) -> dict[str, bytes]:
        return {
            str(p.relative_to(self.root)): p.read_bytes() for p in (self.root / "landing").rglob("*") if p.is_file()
        }


@pytest.fixture
def room(operational, tmp_path: Path) -> Room:
    return Room(operational, tmp_path)


def receipt_of(done: Archived) -> Case:
    assert done.receipt is not None
    return done.receipt


@pytest.mark.duty("R-066")
def test_what_landed_is_packed_with_its_manifest_read_back_and_receipted_and_stays_where_it_is(room: Room) -> None:
    first, refused = room.land("编号,姓名\n1,甲\n".encode()), room.land(b"broken", outcome=Outcome.REFUSED)
    before = room.originals()

    receipt = receipt_of(done := room.run())

    assert done.packed == (first.id, refused.id)
    assert room.originals() == before
    path = room.path(receipt)
    assert receipt.facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (receipt.facts["rows"], receipt.facts["catalogue"], receipt.facts["bytes"]) == (
        4,
        CITY.digest,
        path.stat().st_size,
    )
    with tarfile.open(path) as tar:
        payload = tar.extractfile(f"{receipt.id}/data/deliveries/{first.id}/payload.csv")
        holdings = tar.extractfile(f"{receipt.id}/data/holdings.json")
        assert payload is not None
        assert holdings is not None
        assert payload.read() == "编号,姓名\n1,甲\n".encode()
        held = json.loads(holdings.read())
    assert [(one["delivery"], one["sha256"], one["outcome"], one["department"]) for one in held] == [
        (first.id, first.sha256, "taken", "ga"), (refused.id, refused.sha256, "refused", "ga"),
    ]  # fmt: skip
    assert held[0]["rows"] == {"in": 2, "taken": 2, "quarantined": None}


@pytest.mark.duty("R-066")
def test_a_package_is_checked_without_this_software(room: Room, tmp_path: Path) -> None:
    room.land(b"1,2\n")
    receipt = receipt_of(room.run())
    with tarfile.open(room.path(receipt)) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    folder = tmp_path / "out" / receipt.id
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        done = subprocess.run(["sha256sum", "-c", "--strict", manifest], cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    size = sum(p.stat().st_size for p in (folder / "data").rglob("*") if p.is_file())
    count = sum(p.is_file() for p in (folder / "data").rglob("*"))
    assert f"Payload-Oxum: {size}.{count}\n" in (folder / "bag-info.txt").read_text()


def test_a_second_run_packs_only_what_came_since(room: Room) -> None:
    room.land(b"a")
    first = room.run()
    assert room.run() == Archived(None, (), (), ())
    later = room.land(b"b")
    second = room.run()
    assert second.packed == (later.id,)
    assert receipt_of(first).id != receipt_of(second).id


def test_until_packs_what_was_received_up_to_that_day(room: Room) -> None:
    old, new = room.land(b"a", days_ago=3), room.land(b"b")
    assert room.run(date(2026, 11, 21)).packed == ()
    assert room.run(date(2026, 11, 22)).packed == (old.id,)
    assert room.run().packed == (new.id,)


def test_what_is_not_settled_waits_and_the_same_bytes_again_are_registered_without_any(room: Room) -> None:
    first = room.land(b"a")
    room.land(b"unsettled", outcome=None)
    again = room.deliveries.add(
        feed="ga_household", resource="ga_household", period="2026-11-25", name="again.csv", sha256=first.sha256, size=1,
        now=NOW, outcome=Outcome.UNCHANGED,
    )  # fmt: skip
    done = room.run()
    assert done.packed == (first.id, again.id)
    with tarfile.open(room.path(receipt_of(done))) as tar:
        assert [name for name in tar.getnames() if "payload" in name and again.id in name] == []


def test_bytes_that_are_gone_or_altered_are_told_and_not_archived(room: Room) -> None:
    sound, gone, altered = room.land(b"a"), room.land(b"b"), room.land(b"c")
    room.landing.payload(gone).unlink()
    room.landing.payload(altered).write_bytes(b"C")
    done = room.run()
    assert (done.packed, done.missing, done.altered) == ((sound.id,), (gone.id,), (altered.id,))


def _flip(content: bytes, needle: bytes) -> bytes:
    at = content.index(needle)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.duty("R-066")
@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        (lambda content: _flip(content, b"payload-of-a"), "altered"),
        (lambda content: content[: len(content) // 2], "broken"),
        (lambda _: None, "broken"),
    ],
)
def test_damage_is_seen_and_what_was_damaged_is_packed_again(
    room: Room, harm: Callable[[bytes], bytes | None], seen: str
) -> None:
    one = room.land(b"payload-of-a" * 2000)
    package = receipt_of(room.run())
    path = room.path(package)
    harmed = harm(path.read_bytes())
    if harmed is None:
        path.unlink()
    else:
        path.write_bytes(harmed)

    (found,) = room.archive.verify(CENTRE, NOW)

    assert found.package.state == "damaged"
    assert getattr(found.faults, seen)
    again = room.run()
    assert again.packed == (one.id,)
    with room.database.begin() as connection:
        assert store.get(connection, ARCHIVE, package.id).state == "replaced"
    (sound,) = room.archive.verify(CENTRE, NOW)
    assert (sound.package.id, sound.package.state) == (receipt_of(again).id, "kept")


def test_another_sound_package_under_the_same_name_is_no_proof(room: Room) -> None:
    room.land(b"a")
    package = receipt_of(room.run())
    bag = BagWriter(room.path(package), NOW)
    bag.add_bytes("holdings.json", b"[]")
    bag.close({})
    assert not check_bag(room.path(package)).any
    (found,) = room.archive.verify(CENTRE, NOW)
    assert found.package.state == "damaged"


def test_a_package_that_was_put_back_is_kept_again(room: Room) -> None:
    room.land(b"a")
    package = receipt_of(room.run())
    aside = room.path(package).rename(room.root / "aside")
    room.archive.verify(CENTRE, NOW)
    aside.rename(room.path(package))
    (found,) = room.archive.verify(HUB, NOW, package.id)
    assert found.package.state == "kept"
    with room.database.begin() as connection:
        trail = store.events(connection, ARCHIVE.kind, package.id)
    assert [one.event for one in trail] == ["packed", "found_damaged", "verified"]
    again: Case | None = None
    for event in trail:
        again = apply(ARCHIVE, again, event)
    assert again == found.package


def test_a_run_that_was_killed_before_its_receipt_is_made_good_by_the_next(room: Room, monkeypatch) -> None:
    one = room.land(b"a")

    def killed(*_: object) -> Case:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(store, "happen", killed)
        room.run()
    assert room.archive.listed() == []
    done = room.run()
    assert done.packed == (one.id,)
    assert [v.faults.any for v in room.archive.verify(CENTRE, NOW)] == [False]


@pytest.mark.duty("R-066")
def test_a_package_that_does_not_read_back_as_written_is_refused_and_not_receipted(room: Room, monkeypatch) -> None:
    one = room.land(b"1,2\n")
    closing = BagWriter.close

    def spoilt(bag: BagWriter, info: dict[str, str]) -> tuple[str, int]:
        """The disk keeps another byte of the payload than it was given."""
        written = closing(bag, info)
        (path,) = (room.root / "archive").glob("*.tar")
        path.write_bytes(path.read_bytes().replace(b"1,2\n", b"1,3\n", 1))
        return written

    with monkeypatch.context() as patched, pytest.raises(InternalFault, match="回读与写入不符"):
        patched.setattr(BagWriter, "close", spoilt)
        room.run()
    assert (list((room.root / "archive").glob("*.tar")), room.archive.listed()) == ([], [])
    assert room.run().packed == (one.id,)


def test_a_full_disk_leaves_no_package_and_no_receipt(room: Room, monkeypatch) -> None:
    room.land(b"a")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(Unavailable, match="磁盘已满"):
        patched.setattr(tarfile.TarFile, "addfile", full)
        room.run()
    assert [p.name for p in (room.root / "archive").iterdir() if p.name != ".lock"] == []
    assert room.archive.listed() == []


def test_two_runs_at_once_do_not_pack_the_same(room: Room) -> None:
    room.land(b"a")
    (room.root / "archive").mkdir()
    with FileLock(room.root / "archive" / ".lock"), pytest.raises(Unavailable, match="另一归档任务"):
        room.run()


def test_the_operator_the_authority_and_the_clock_archive_and_no_department(room: Room) -> None:
    room.land(b"a")
    with pytest.raises(Forbidden):
        room.archive.run(GA, NOW)
    with pytest.raises(Forbidden):
        room.archive.verify(GA, NOW)
    for person in (CENTRE, BUREAU, HUB):
        room.archive.run(person, NOW)
    with pytest.raises(NotFound):
        room.archive.verify(CENTRE, NOW, "A-20260101-0001")


@pytest.mark.parametrize("name", ["100%.csv", "换行\n名.csv", "c\r.csv"])
def test_odd_names_survive_the_manifest(tmp_path: Path, name: str) -> None:
    path = tmp_path / "A.tar"
    bag = BagWriter(path, NOW)
    bag.add_bytes(name, b"x")
    bag.close({})
    assert not check_bag(path).any


def test_a_member_that_no_manifest_names_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "A.tar"
    bag = BagWriter(path, NOW)
    bag.add_bytes("a", b"x")
    bag.close({})
    with tarfile.open(path, "a") as tar:
        extra = tmp_path / "extra"
        extra.write_bytes(b"y")
        tar.add(extra, "A/data/extra")
    assert check_bag(path).unnamed == ("data/extra",)
