"""The service as a user runs it (`qa demo`, then `qa serve`), and a browser to use it with."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, PartMissingError, axe_script, find_chromium
from tests.support.demo_archive import put_golden_transcripts
from tests.support.waiting import SLOW_S

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
QA = (sys.executable, "-c", "from qa.cli.app import main; main()")
TIMEOUT_MS = SLOW_S * 1000
expect.set_options(timeout=TIMEOUT_MS)
SERIOUS = ("serious", "critical")


@dataclass(frozen=True, slots=True)
class Site:
    """A running service.

    Attributes:
        accounts: log-in name and password by role.
        data_dir: its database and files.
    """

    address: str
    accounts: dict[str, tuple[str, str]]
    data_dir: Path


@contextmanager
def serving(data_dir: Path, log: Path) -> Iterator[str]:
    """Run `qa serve` on a folder; gives its address."""
    environment = os.environ | {"QA_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*QA, "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://\S+", line):
                    yield found.group().rstrip("/")
                    break
            else:
                pytest.fail(f"qa serve did not start:\n{log.read_text()}")
        finally:
            process.terminate()
            process.wait(SLOW_S)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[str, str]]]:
    """Inspect the bundled calls as `qa demo` does, once for all browser tests."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    put_golden_transcripts(folder)
    done = subprocess.run(
        [*QA, "demo", "--no-serve", "--data-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = re.findall(r"^\s*(agent|lead|head|admin)\s+(\S+)\s+(\S+)", done.stdout, re.MULTILINE)
    accounts = {role: (login, password) for role, login, password in found}
    assert set(accounts) == {"agent", "lead", "head", "admin"}, done.stdout[-2000:]
    return folder, accounts


@pytest.fixture(scope="session")
def site(
    demo: tuple[Path, dict[str, tuple[str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The service on the demo's calls."""
    folder, accounts = demo
    log = tmp_path_factory.mktemp("serve") / "log"
    with serving(folder, log) as address:
        yield Site(address, accounts, folder)
        # Before it is ended: a process that is just starting then complains.
        assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole session."""
    try:
        path = find_chromium()
    except PartMissingError as missing:
        pytest.skip(str(missing))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person at a browser, and everything that went wrong on the pages they saw."""

    page: Page
    site: Site
    complaints: list[str]

    def open(self, path: str) -> None:
        """Go to a page of the service."""
        self.page.goto(self.site.address + path)

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def new_context(browser: Browser, **options: object) -> BrowserContext:
    """Open a fresh profile, 1440 wide unless told otherwise."""
    given: dict[str, object] = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
    context = browser.new_context(**(given | options))  # type: ignore[arg-type]
    context.set_default_timeout(TIMEOUT_MS)
    return context


def watch(page: Page, complaints: list[str]) -> None:
    """Note script errors, what the content policy blocked, failed requests, and any dialog."""
    page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    page.on(
        "console",
        lambda message: (
            complaints.append(f"console: {message.text}") if message.type == "error" else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            complaints.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
        ),
    )

    def unexpected(dialog: object) -> None:
        complaints.append("a dialog opened")
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", unexpected)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Open the service as a role: `visit("lead")`, or `visit(None)` without logging in.

    At the end of the test nothing may have gone wrong on any page.
    """
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def enter(role: str | None, **options: object) -> Visitor:
        context = new_context(browser, **options)
        contexts.append(context)
        visitor = Visitor(context.new_page(), site, [])
        watch(visitor.page, visitor.complaints)
        visitors.append(visitor)
        if role is not None:
            log_in(visitor, role)
        return visitor

    yield enter
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def log_in(visitor: Visitor, role: str) -> None:
    """Log in through the page, as a person does."""
    login, password = visitor.site.accounts[role]
    visitor.open("/login")
    visitor.page.fill("input[name=login]", login)
    visitor.page.fill("input[name=password]", password)
    visitor.page.press("input[name=password]", "Enter")
    visitor.page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source."""
    try:
        return axe_script()
    except PartMissingError as missing:
        pytest.skip(str(missing))


def serious_problems(page: Page, axe: str) -> list[str]:
    """What axe finds serious or critical on the page as it stands, a line each."""
    page.evaluate(axe)
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {json.dumps(node['target'])} {node.get('failureSummary', '')}"
        for found in result["violations"]
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]
