"""The page of lives is drawn from the machines that act."""

from __future__ import annotations

import pytest

from catalog import states_page
from catalog.cases.machine import Machine, Step

LAMP = Machine(
    "lamp", ("灯", "lamp"), {"off": ("灭", "off"), "broken": ("坏", "broken")}, frozenset({"broken"}),
    (
        Step("made", (None,), "off", "制成", "made", "anybody", "-"),
        Step("dusted", ("off",), None, "擦拭", "dusted", "anybody", "-"),
        Step("dropped", ("off",), "broken", "摔坏", "dropped", "anybody", "-"),
    ),
)  # fmt: skip


def test_a_life_is_drawn_with_its_arrows_and_its_tables():
    page = states_page.render([LAMP]).splitlines()
    for line in (
        "    [*] --> off: 制成", "    off --> broken: 摔坏", "    broken --> [*]",
        "| `dusted` 擦拭: dusted | `off` | 不变 unchanged | anybody | - |",
    ):  # fmt: skip
        assert line in page
    assert not [one for one in page if "擦拭" in one and "-->" in one]
    assert not [one for one in page if "`overdue`" in one]


@pytest.mark.parametrize("kept", ["", "stale"])
def test_a_stale_page_is_told(tmp_path, monkeypatch, capsys, kept):
    monkeypatch.setattr(states_page, "COMMITTED", tmp_path / "page.md")
    if kept:
        (tmp_path / "page.md").write_text(kept, encoding="utf-8")
    assert states_page.main(["--check"]) == 1
    assert "catalogue-states.md" in capsys.readouterr().err
    states_page.write(tmp_path / "page.md")
    assert states_page.main(["--check"]) == 0
