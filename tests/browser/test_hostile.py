"""What people write never runs: two hundred texts, wherever a page shows one."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site, Visitor, log_in, new_context, serving, watch
from tests.browser.hostile import STRINGS, hostile_archive

pytestmark = pytest.mark.browser

LISTS = ("/", "/?show=all", "/agents", "/centre", "/teams", "/appeals", "/checks", "/messages")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, list[str]]]:
    """The service on an archive full of hostile texts."""
    folder = tmp_path_factory.mktemp("hostile")
    ids, accounts = hostile_archive(folder / "data")
    known = {one.role: (one.login, one.password) for one in accounts}
    with serving(folder / "data", folder / "log") as address:
        yield Site(address, known, folder / "data"), ids
        assert "Traceback" not in (folder / "log").read_text()


def test_there_are_two_hundred() -> None:
    assert len(set(STRINGS)) >= 200


def test_nothing_that_people_write_runs(browser: Browser, hostile: tuple[Site, list[str]]) -> None:
    site, ids = hostile
    context = new_context(browser)
    visitor = Visitor(context.new_page(), site, [])
    watch(visitor.page, visitor.complaints)
    log_in(visitor, "head")
    places = [*LISTS, *(f"/calls/{quote(one, safe='')}" for one in ids)]
    shown = 0
    for place in places:
        for language in ("zh", "en"):
            visitor.open(f"{place}{'&' if '?' in place else '?'}lang={language}")
            for element in visitor.page.locator("main [autofocus], main button.hear").all()[:2]:
                element.focus()
            assert visitor.page.evaluate("window.hacked") is None, place
        shown += visitor.page.content().count("window.hacked=1")
    # They were really there, as text.
    assert shown > len(STRINGS)
    expect(visitor.page.locator("main")).to_be_visible()
    context.close()
    assert visitor.complaints == []


def test_rules_and_drafts_run_nothing_either(
    browser: Browser, hostile: tuple[Site, list[str]], tmp_path: Path
) -> None:
    site, _ = hostile
    context = new_context(browser)
    visitor = Visitor(context.new_page(), site, [])
    watch(visitor.page, visitor.complaints)
    log_in(visitor, "head")
    visitor.open("/try")
    dialogue = "\n".join(f"坐席: 今天保证给您修好{text}" for text in STRINGS[:40])
    visitor.page.locator("textarea").first.fill(dialogue)
    visitor.page.locator("main form button.primary").first.click()
    visitor.page.wait_for_load_state("networkidle")
    assert visitor.page.evaluate("window.hacked") is None
    assert "window.hacked=1" in visitor.page.content()
    context.close()
    assert visitor.complaints == []
