"""``city/upstream.yaml``: which platform a home is docked to, and what may not stand in it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from ground.errors import DocumentError, Unavailable, UserError
from hub import docking
from pipelines.docking.client import CityPlatform
from pipelines.docking.upstream import read_upstream

GOOD = {"url": "https://data.city.gov.cn", "district": "east", "key": "${CITY_KEY}"}


def written(folder: Path, **over: Any) -> Path:
    city = folder / "city"
    city.mkdir(exist_ok=True)
    said = {name: value for name, value in {**GOOD, **over}.items() if value is not None}
    (city / "upstream.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return city


def test_a_whole_document_is_read(tmp_path: Path) -> None:
    one = read_upstream(written(tmp_path, url="https://data.city.gov.cn/hub/"))
    assert (one.base, one.retries, one.clear_text) == ("https://data.city.gov.cn/hub", 4, False)


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"key": "shuyuan_k_0123456789abcdef"}, "密钥不能写在文件里"),
        ({"key": None}, "key"),
        ({"url": "http://data.city.gov.cn"}, "明文传输密钥"),
        ({"url": "http://10.1.2.3:8080"}, "明文传输密钥"),
        ({"url": "https://user:secret@data.city.gov.cn"}, "不含账号"),
        ({"url": "https://data.city.gov.cn/?key=1"}, "不含账号"),
        ({"url": "ftp://data.city.gov.cn"}, "http 或 https"),
        ({"district": "东区"}, "district"),
        ({"timeout": 3}, "timeout"),
    ],
)
def test_what_may_not_stand_there_is_refused_with_its_place_and_never_repeated(
    tmp_path: Path, over: dict[str, Any], told: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read_upstream(written(tmp_path, **over))
    assert told in caught.value.zh and "city/upstream.yaml" in str(caught.value)
    assert "0123456789" not in str(caught.value) and "secret" not in caught.value.zh.replace("secret 项", "")


@pytest.mark.parametrize(
    "over",
    [{"url": "http://127.0.0.1:8080"}, {"url": "http://[::1]:8080"}, {"url": "http://10.1.2.3", "clear_text": True}],
)
def test_http_is_for_this_machine_and_for_lines_that_are_encrypted_themselves(
    tmp_path: Path, over: dict[str, Any]
) -> None:
    assert read_upstream(written(tmp_path, **over)).url == over["url"]


def test_a_home_without_it_is_docked_to_none(tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    with pytest.raises(UserError, match="docked to none"):
        read_upstream(tmp_path / "city")


@pytest.mark.parametrize("environment", [{}, {"CITY_KEY": ""}, {"CITY_KEY": "密钥"}, {"CITY_KEY": "a\nb"}])
def test_a_key_that_is_none_is_told_before_anything_leaves(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        CityPlatform(read_upstream(written(tmp_path)), environment)
    assert "密钥" in caught.value.zh or "CITY_KEY" in caught.value.zh


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        CityPlatform(read_upstream(written(tmp_path, ca_file="/nowhere.pem")), {"CITY_KEY": "k"})


def test_a_package_waits_for_the_one_before_it_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docking, "PATIENCE", 0.05)
    turn = docking.PackageTurn()
    with turn.taken("east"), pytest.raises(Unavailable, match="Another package"), turn.taken("west"):
        pytest.fail("two at once")
    with turn.taken("east"):
        pass
    with pytest.raises(UserError), turn.taken("east"):
        raise UserError("坏", "bad")
    with turn.taken("east"):  # a fault gives the turn back
        pass


def test_whoever_sends_many_packages_at_once_holds_up_no_thread_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a sender waits beside the one that is looked at; the next is refused at once, and another sender's still waits."""
    monkeypatch.setattr(docking, "PATIENCE", 60)
    turn, looked_at = docking.PackageTurn(), threading.Event()
    done: list[str] = []

    def waits(sender: str) -> None:
        with turn.taken(sender):
            done.append(sender)

    with turn.taken("east"):
        threads = [threading.Thread(target=waits, args=(one,)) for one in ("east", "west")]
        for one in threads:
            one.start()
        while turn.waiting < 3:
            looked_at.wait(0.01)
        with pytest.raises(Unavailable), turn.taken("east"):
            pytest.fail("a third of one sender")
        monkeypatch.setattr(docking, "TOGETHER", 3)
        with pytest.raises(Unavailable), turn.taken("north"):
            pytest.fail("more than a few wait")
        assert done == []
    for one in threads:
        one.join(60)
    assert sorted(done) == ["east", "west"] and turn.waiting == 0
