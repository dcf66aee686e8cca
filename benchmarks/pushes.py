"""A thousand small deliveries that a system pushed: what the door takes for each, and what one run takes for all.

``python benchmarks/pushes.py [deliveries]``. Every delivery is a JSON document of three records. The same number is taken
together, as the product does, and a hundred one after another, as files are. Seconds of the clock and of the processor.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from catalog.feed import Feed
from hub.hub import Hub, init_home
from pipelines.intake import together
from pipelines.intake.pushing import Sent
from pipelines.intake.store import Delivery, Outcome
from policy.clock import SHANGHAI

NOW = datetime(2026, 11, 21, 15, tzinfo=SHANGHAI)
RECORDS, KEYS, SINGLY = 3, 5_000, 100
FEED = """\
id: parking
resource:
  id: parking
  title: 停车场余位
  department: bureau
  system: 停车管理系统
  storage_format: database
  provision_mode: interface
  share_until: 长期
  sharing: {class: unconditional}
  opening: {class: unconditional}
  update_cycle: real_time
  key: [lot_no]
  observed_at: updated_at
  items:
    - {id: lot_no, title: 停车场编号, required: true}
    - {id: free, title: 余位, type: integer}
    - {id: updated_at, title: 更新时间, type: timestamp}
source: {kind: push}
format: {kind: json}
mode: increment
columns: {lot: lot_no, free: free, at: updated_at}
"""


def main(many: int) -> None:
    """Print one line of the table for each way."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        init_home(home)
        (home / "city" / "feeds").mkdir(parents=True, exist_ok=True)
        (home / "city" / "feeds" / "parking.yaml").write_text(FEED, encoding="utf-8")
        hub = Hub(home)
        numbers = itertools.count()
        print(f"door, {many} deliveries: {per(many, lambda: push(hub, numbers, many))}")
        print(f"one run, together: {per(many, lambda: taken(hub, many))}")
        push(hub, numbers, SINGLY)
        with mock.patch.object(together, "groups", singly):
            print(f"one run, one after another: {per(SINGLY, lambda: taken(hub, SINGLY))}")
        hub.close()


def push(hub: Hub, numbers: Iterator[int], many: int) -> None:
    """Send deliveries through the door, without the network."""
    wanted = hub.pushes.check_open("parking", "bureau", NOW)
    for number in itertools.islice(numbers, many):
        with hub.pushes.receiving(wanted) as body:
            body.write(document(number))
            hub.pushes.take_in(wanted, body, Sent(f"evt-{number}", "k_0"), NOW + timedelta(seconds=number))


def document(number: int) -> bytes:
    """The state of a few lots."""
    at = f"{NOW + timedelta(seconds=number):%Y-%m-%d %H:%M:%S}"
    rows = [{"lot": f"L{(number * 7 + n) % KEYS:05d}", "free": (number + n) % 300, "at": at} for n in range(RECORDS)]
    return json.dumps(rows).encode()


def taken(hub: Hub, many: int) -> None:
    """One run of intake; every delivery is taken."""
    settled = hub.intake.run("parking", NOW + timedelta(hours=1))
    assert [one.outcome for one in settled] == [Outcome.TAKEN] * many, "a delivery was not taken"


def singly(feed: Feed, landed: Sequence[Delivery]) -> Iterator[list[Delivery]]:  # noqa: ARG001
    """Every delivery alone."""
    return ([one] for one in landed)


def per(many: int, work: Callable[[], None]) -> str:
    """How long it took, whole and for each."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    spent, used = time.perf_counter() - clock, time.process_time() - processor
    return f"{spent:.1f} s ({used:.1f} s of the processor), {1000 * spent / many:.0f} ms each"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
