"""The clock over the catalogue's cases in a whole home: reminders, lateness, and the calendar that comes late."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from catalog.cases import store
from catalog.cases.machine import DUE_RECOMPUTED, OVERDUE
from catalog.cases.person import Part, Person
from catalog.entries.states import ENTRY
from hub.case_clock import tick
from hub.hub import Hub
from notices.tables import notice
from policy.clock import SHANGHAI

AUTHORITY = Person("person:anna", Part.AUTHORITY)


def provider(department: str) -> Person:
    return Person("person:ben", Part.PROVIDER, department)


@pytest.fixture
def home(small_city: Path, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    shutil.copytree(small_city, home)
    settings = home / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("profile: haishu", "profile: wuhan"), "utf-8")
    return home


def asked(hub: Hub, now: datetime) -> str:
    """A change of an entry, asked for by its department."""
    hub.load_catalogue(now)
    entry = hub.city.resources[0]
    changed = entry.model_copy(update={"title": f"{entry.title}（改）"})
    hub.entries.request_change([changed], provider(entry.department), now, cause="data_changed")
    return entry.id


def told(hub: Hub, entry: str) -> list[tuple[str, str]]:
    """Topic and recipient of every notice about an entry; the data that have not come yet are another matter."""
    with hub.database.begin() as connection:
        found = connection.execute(notice.select().order_by(notice.c.seq)).mappings()
        return [(row["topic"], row["recipient"]) for row in found if entry in row["about"]]


@pytest.mark.duty("R-029")
def test_the_review_of_a_change_is_reminded_then_overdue_and_never_approved_by_silence(home: Path):
    hub, now = Hub(home), datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
    hub.upgrade()
    entry = asked(hub, now)
    for day in range(60):
        tick(hub, now + timedelta(days=day))
    with hub.database.begin() as connection:
        case = store.get(connection, ENTRY, entry)
        trail = [one.event for one in store.events(connection, "entry", entry)]
    authority = hub.city.organisation.authority_of(case.department)
    assert case.state == "change_submitted"
    assert case.facts["published"]["title"] != case.facts["draft"]["title"]
    assert trail.count(OVERDUE) == 1
    assert told(hub, entry) == [
        ("catalogue_reminder", f"department:{authority.id}"),
        ("catalogue_reminder", f"department:{authority.id}"),
        ("catalogue_overdue", f"department:{authority.id}"),
    ]
    hub.close()


def test_a_notice_by_command_moves_the_review_of_an_entry_too(home: Path, tmp_path: Path):
    hub, now = Hub(home), datetime(2026, 12, 30, 10, tzinfo=SHANGHAI)
    hub.upgrade()
    entry = asked(hub, now)
    hub.close()
    years = {
        "years": {
            2027: {
                "status": "confirmed",
                "source": "国务院办公厅关于2027年部分节假日安排的通知（测试）",
                "rest": [
                    {"first": "2027-01-01", "last": "2027-01-04", "festival": "new_year"},
                    {"first": "2027-02-05", "last": "2027-02-11", "festival": "spring_festival"},
                    {"first": "2027-04-03", "last": "2027-04-05", "festival": "qingming"},
                    {"first": "2027-05-01", "last": "2027-05-05", "festival": "labour_day"},
                    {"first": "2027-06-09", "last": "2027-06-09", "festival": "dragon_boat"},
                    {"first": "2027-09-15", "last": "2027-09-15", "festival": "mid_autumn"},
                    {"first": "2027-10-01", "last": "2027-10-07", "festival": "national_day"},
                ],
            }
        }
    }
    file = tmp_path / "2027.yaml"
    file.write_text(yaml.safe_dump(years, allow_unicode=True), "utf-8")
    command = [str(Path(sys.executable).parent / "shuyuan"), "calendar", "import", str(file), "--home", str(home)]
    done = subprocess.run([*command, "--now", "2026-12-31", "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    moved = [one for one in json.loads(done.stdout)["moved"] if one["kind"] == "entry"]
    assert [one["id"] for one in moved] == [entry]
    hub = Hub(home)
    with hub.database.begin() as connection:
        case = store.get(connection, ENTRY, entry)
        last = store.events(connection, "entry", entry)[-1]
    assert last.event == DUE_RECOMPUTED
    assert not case.limit.provisional
    assert (moved[0]["was"], moved[0]["due"]) == (last.facts["was"], case.limit.due.isoformat())
    with hub.database.begin() as connection:
        (said,) = connection.execute(notice.select().where(notice.c.topic == "due_moved"))
    authority = hub.city.organisation.authority_of(case.department)
    assert (said.about, said.recipient) == (f"entry:{entry}", f"department:{authority.id}")
    for words in (said.body_zh, said.body_en):
        assert moved[0]["was"] in words and moved[0]["due"] in words and "2027年部分节假日安排的通知" in words
    hub.close()


def test_the_clock_notes_what_was_done_by_hand_before_it_writes_a_document(home: Path):
    hub, now = Hub(home), datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
    hub.upgrade()
    hub.load_catalogue(now)
    entry = next(one for one in hub.city.resources if (home / "city" / "resources" / f"{one.id}.yaml").exists())
    hub.entries.override(
        [entry.id], provider(entry.department), now, to="not", until=(now + timedelta(days=1)).date(), reason="防汛"
    )
    hub.close()
    path = home / "city" / "resources" / f"{entry.id}.yaml"
    text = path.read_text(encoding="utf-8").replace(f"title: {entry.title}\n", f"title: {entry.title}（改）\n")
    path.write_text(text, encoding="utf-8")
    later = Hub(home)
    tick(later, now + timedelta(days=3))
    with later.database.begin() as connection:
        case = store.get(connection, ENTRY, entry.id)
        trail = [one.event for one in store.events(connection, "entry", entry.id)]
    again = Hub(home)
    stands = again.city.resource(entry.id)
    again.close()
    assert (stands.title, stands.sharing) == (f"{entry.title}（改）", entry.sharing), (
        "the edit stays, the class goes on its day"
    )
    assert (case.state, case.title) == ("redeclared", f"{entry.title}（改）")
    assert trail.index("redeclared") < trail.index("override_ended")
    later.close()
