"""The pages of the interface in a real browser: they show its requests, and load nothing from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Desk


def test_the_pages_of_the_interface_show_requests_with_examples_and_ask_nobody_else(desk: Desk) -> None:
    page = desk.visitor()

    page.goto(f"{desk.url}/api/docs")
    page.get_by_text("反馈一条问题数据 Report a problem of one record").click()

    page.get_by_text("CK-2026-000123").first.wait_for()
    assert page.get_by_text("application/problem+json").first.is_visible()
    assert page.locator(".opblock").count() == 28
