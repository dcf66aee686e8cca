"""A real browser before a really running desk; any console message or request to another host fails the test."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from desk_city import MONDAY, PASSWORD, make_desk_city
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, sync_playwright
from running_desk import RunningDesk

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--lang=zh-CN",
]  # fmt: skip
WIDTH, HEIGHT = 1366, 768


def chromium() -> str | None:
    """The browser of the machine; the one that playwright would fetch for itself is not used."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; skips loudly, or fails with CI=true, where there is none."""
    path = chromium()
    if path is None:
        reason = "NOT RUN: no Chromium on this machine (run `make browser` as root, or install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


class Desk(RunningDesk):
    """A desk with its visitors, and what their browsers complained about."""

    def __init__(self, home: Path, browser: Browser) -> None:
        super().__init__(home, MONDAY)
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []
        self.expected: set[str] = set()

    def stop(self) -> None:
        for context in self._contexts:
            context.close()
        super().stop()

    def visitor(self, *, scripts: bool = True) -> Page:
        """A page of somebody else: a browser of his own, watched."""
        context = self._browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN", java_script_enabled=scripts
        )
        context.set_default_timeout(15_000)
        context.route("**/*", self._own_host_only)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda fault: self.faults.append(f"script: {fault}"))
        page.on("requestfailed", self._failed)
        self._contexts.append(context)
        return page

    def signed_in(self, account: str) -> Page:
        """A page of somebody who has signed in."""
        page = self.visitor()
        page.goto(self.url)
        page.get_by_label("登录名").fill(account)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("button", name="退出").wait_for()
        return page

    @contextlib.contextmanager
    def answering(self, status: int) -> Iterator[None]:
        """The browser itself writes to its console that a page came with this status; here that is meant."""
        said = f"status of {status}"
        self.expected.add(said)
        yield
        self.expected.discard(said)

    def _heard(self, message: ConsoleMessage) -> None:
        if any(said in message.text for said in self.expected):
            return
        self.faults.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Whoever goes on before the sign of the page has come aborts its request.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} {request.failure}")

    def _own_host_only(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc == self.host:
            route.continue_()
        else:
            self.faults.append(f"foreign request: {route.request.url}")
            route.abort()


@pytest.fixture(scope="session")
def desk_home(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """A city that is built, made once: without a browser it is not made at all."""
    home = tmp_path_factory.mktemp("desk") / "home"
    make_desk_city(home)
    return home


@pytest.fixture
def desk(desk_home: Path, browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A desk over a copy of the city; what the browser complained about fails the test."""
    home = tmp_path / "home"
    shutil.copytree(desk_home, home)
    running = Desk(home, browser)
    running.start()
    try:
        yield running
    finally:
        running.stop()
    assert running.faults == []
