"""Measures the steps of many entries through the office of a home: drafted, submitted by forty departments, reviewed, published, loaded.

    python benchmarks/entry_steps.py [entries]

The entries are those of `catalogue.declare`: nearly every item looks like others, so that the authority is asked more than in life. Seconds
are those of the processor; the wall is told beside them, since a publication waits for the disk.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import yaml
from catalogue import declare

from catalog.cases.person import Part, Person
from catalog.model import Resource
from hub.hub import Hub, init_home
from policy.clock import SHANGHAI

NOW = datetime(2026, 11, 27, 10, tzinfo=SHANGHAI)
BUREAU = Person("person:bureau", Part.AUTHORITY, "bureau")


def step(name: str, what: Callable[[], object]) -> None:
    """Take a step and tell how long it took."""
    cpu, wall = time.process_time(), time.perf_counter()
    what()
    print(f"{name}: {time.process_time() - cpu:.1f} s, wall {time.perf_counter() - wall:.1f} s", flush=True)


def made(folder: Path, count: int) -> tuple[Path, dict[str, list[Resource]]]:
    """A home whose catalogue is empty, and the entries of each department."""
    declared, home = declare(folder / "declared", count), folder / "home"
    init_home(home)
    units = yaml.safe_load((declared / "departments.yaml").read_text(encoding="utf-8"))["departments"]
    units.append({"id": "bureau", "name": "大数据局", "kind": "authority"})
    text = yaml.safe_dump({"departments": units}, allow_unicode=True)
    (home / "city" / "departments.yaml").write_text(text, encoding="utf-8")
    entries: dict[str, list[Resource]] = defaultdict(list)
    for number, path in enumerate(sorted((declared / "resources").glob("*.yaml"))):
        said = yaml.safe_load(path.read_text(encoding="utf-8")) | {"code": f"1001001001/{number:06}"}
        entries[said["department"]].append(Resource.model_validate(said))
    return home, entries


def main(count: int) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as held:
        home, entries = made(Path(held), count)
        hub = Hub(home)
        hub.load_catalogue(NOW)
        ids = [one.id for several in entries.values() for one in several]
        people = {name: Person(f"person:{name}", Part.PROVIDER, name) for name in entries}
        step("drafted", lambda: [hub.entries.draft_many(own, people[name], NOW) for name, own in entries.items()])
        step(
            f"submitted by {len(entries)} departments",
            lambda: [hub.entries.submit([one.id for one in own], people[name], NOW) for name, own in entries.items()],
        )
        print(f"tasks of the authority: {len(hub.catalogue_tasks.listed(open_only=True))}")
        step("reviewed together", lambda: hub.entries.review(ids, BUREAU, NOW))
        step("published together", lambda: hub.entries.publish(ids, BUREAU, NOW))
        hub.close()
        again = Hub(home)
        step("loaded", lambda: again.load_catalogue(NOW))
        again.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
