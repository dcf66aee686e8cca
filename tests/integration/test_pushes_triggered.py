"""What was pushed is asked for at the sensor's next look, and the run that it asks for takes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from intake_home import NOW, Home, citizen, feed, resource

from assets.definitions import build_defs
from assets.jobs import INTAKE
from assets.resources import Clock, HubResource
from assets.sensors import AGAIN, pushes_sensor
from catalog.documents import load_city
from hub.hub import Hub
from pipelines.gathering_delays import Basis, Verdict
from pipelines.intake.pushing import PushDoor, Receipt, Sent
from pipelines.intake.store import Delivery, DeliveryStore, Outcome
from warehouse.operational import OperationalDatabase

LIVE = feed("live", "increment", source={"kind": "push"}, format={"kind": "jsonl"})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home", LIVE, feed("full"), entry=resource(update_cycle="real_time"), whole=True)
    yield made
    made.close()


def push(home: Home, number: int) -> None:
    hub = Hub(home.root)
    line = json.dumps({"公民身份号码": citizen(number), "姓名": "甲", "电话": "1", "更新时间": "2026-11-21 08:00:00"})
    wanted = hub.pushes.check_open("live", "ga", NOW)
    with hub.pushes.receiving(wanted) as body:
        body.write(f"{line}\n".encode())
        hub.pushes.take_in(wanted, body, Sent(f"evt-{number}", "k_0"), NOW)
    hub.close()


def look(home: Home, at: datetime) -> tuple[list[Any], str]:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, resources={"hub": HubResource(home=str(home.root)), "clock": Clock(fixed=at.isoformat())},
            repository_def=build_defs(home=home.root).get_repository_def(),
        )  # fmt: skip
        data = pushes_sensor.evaluate_tick(context)
    return list(data.run_requests or []), data.skip_message or ""


def deliveries(home: Home) -> list[Delivery]:
    return home.store.of("live")


@pytest.mark.duty("R-062")
def test_what_was_pushed_is_asked_for_and_taken_in_the_run(home: Home) -> None:
    requests, why = look(home, NOW)
    assert (requests, "Nothing that was pushed waits" in why) == ([], True)
    for number in range(3):
        push(home, number)
    (request,), _ = look(home, NOW)
    assert (request.tags["shuyuan/feed"], request.run_key) == ("live", look(home, NOW)[0][0].run_key)

    later = NOW + timedelta(seconds=30)
    defs = build_defs(home=home.root, resource_overrides={"clock": Clock(fixed=later.isoformat())})
    with dg.DagsterInstance.ephemeral() as instance:
        ran = defs.resolve_job_def(INTAKE).execute_in_process(
            instance=instance, asset_selection=list(request.asset_selection)
        )
    assert ran.success
    assert [(one.outcome, one.settled_at) for one in deliveries(home)] == [(Outcome.TAKEN, later)] * 3
    assert look(home, later)[0] == []

    hub = Hub(home.root)
    (measured,) = hub.delays.report(later).resources
    hub.close()
    assert (measured.measured, measured.basis, measured.worst) == (3, Basis.ARRIVAL, timedelta(seconds=30))
    assert measured.verdict is Verdict.KEPT


def test_what_still_waits_is_asked_for_again_after_a_while_and_what_came_since_at_once(home: Home) -> None:
    push(home, 1)
    first, soon, later = (look(home, NOW + timedelta(seconds=s))[0][0].run_key for s in (0, 30, AGAIN + 30))
    assert first == soon != later
    push(home, 2)
    assert look(home, NOW)[0][0].run_key not in (first, later)


def test_the_door_gives_out_no_number_twice_on_either_database(
    operational: OperationalDatabase, tmp_path: Path
) -> None:
    """Six systems at once, two of them with one key; deliveries by hand take numbers of the same row."""
    made = Home(tmp_path / "home", LIVE, entry=resource(update_cycle="real_time"))
    city = load_city(made.root / "city")
    door = PushDoor(made.root, lambda: city, operational, in_force=lambda *_: True)
    receipts: list[Receipt] = []

    def send(key: str) -> None:
        wanted = door.check_open("live", "ga", NOW)
        with door.receiving(wanted) as body:
            body.write(
                f'{{"公民身份号码": "{citizen(1)}", "姓名": "甲", "电话": "1", "更新时间": "2026-11-21"}}\n'.encode()
            )
            receipts.append(door.take_in(wanted, body, Sent(key, "k_0"), NOW))

    threads = [threading.Thread(target=send, args=(key,)) for key in ("a", "b", "c", "d", "d", "e")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.delivery.number for one in receipts) == sorted([1, 2, 3, 4, 5, *(
        one.delivery.number for one in receipts if one.repeated
    )])  # fmt: skip
    assert sum(one.repeated for one in receipts) == 1
    assert [one.number for one in DeliveryStore(operational).of("live")] == [1, 2, 3, 4, 5]
    made.close()


def test_a_key_that_is_registered_at_the_same_moment_has_one_receipt(
    operational: OperationalDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two looked for the key before either was registered: PostgreSQL lets both go on, and the second meets the first's row."""
    made = Home(tmp_path / "home", LIVE, entry=resource(update_cycle="real_time"))
    city = load_city(made.root / "city")
    door = PushDoor(made.root, lambda: city, operational, in_force=lambda *_: True)
    look, blind = PushDoor._earlier, [False, False, True, True]

    def late(self: PushDoor, *asked: Any) -> Receipt | None:
        return None if blind and blind.pop(0) else look(self, *asked)

    monkeypatch.setattr(PushDoor, "_earlier", late)
    receipts = []
    for _ in range(2):
        wanted = door.check_open("live", "ga", NOW)
        with door.receiving(wanted) as body:
            body.write(
                f'{{"公民身份号码": "{citizen(1)}", "姓名": "甲", "电话": "1", "更新时间": "2026-11-21"}}\n'.encode()
            )
            receipts.append(door.take_in(wanted, body, Sent("d", "k_0"), NOW))
    assert blind == [] and [one.repeated for one in receipts] == [False, True]
    assert receipts[0].delivery == receipts[1].delivery
    assert [one.number for one in DeliveryStore(operational).of("live")] == [1]
    made.close()
