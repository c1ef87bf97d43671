"""What a person heard is what the log says: not what the browser fetched, not what was opened."""

import json
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.model]
PHONE = {"width": 390, "height": 844}


def wait_until(page: Page, seconds: float) -> None:
    """Wait until the recording has played so far; a script made here would be blocked."""
    until(lambda: position(page) > seconds)


def position(page: Page) -> float:
    """How far the recording has played, seconds."""
    return float(page.evaluate("document.getElementById('audio').currentTime"))


def test_what_was_played_is_reported_and_nothing_else(visit: Callable[..., Visitor]) -> None:
    lead = visit("lead")
    page = lead.page
    asked: list[tuple[str, str, str]] = []
    page.on("request", lambda one: asked.append((one.method, one.url, one.post_data or "")))
    lead.open("/calls/bad")
    page.wait_for_load_state("networkidle")
    assert [url for _, url, _ in asked if "/audio/" in url] == [], "only opened, nothing fetched"
    with page.expect_response("**/listens") as answer:
        page.locator("#toggle").click()
        wait_until(page, 1.5)
        page.locator("#toggle").click()
    assert answer.value.status == 204
    stopped = position(page) * 1000
    (heard,) = json.loads(answer.value.request.post_data or "")["spans"]
    assert heard["from_ms"] == 0 and heard["to_ms"] == pytest.approx(stopped, abs=50)
    # Played on from elsewhere, then left: told while the page goes.
    page.evaluate("document.getElementById('audio').currentTime = 5")
    page.locator("#toggle").click()
    wait_until(page, 6)
    left = position(page)
    whole = float(page.evaluate("document.getElementById('audio').duration"))
    lead.open("/messages")
    head = visit("head")
    until(lambda: len(spans_told(head)) > 1)
    spans = spans_told(head)
    first, *rest = spans
    assert first[0] == 0 and first[1] == pytest.approx(stopped / 1000, abs=0.2), spans
    assert 4.9 <= rest[0][0] <= 5.3 and left - 0.1 <= rest[-1][1] <= whole + 0.1, spans
    assert all(one[1] == other[0] for one, other in pairwise(rest)), spans


def spans_told(head: Visitor) -> list[tuple[float, float]]:
    """What the log says was heard, seconds, in the recording's order."""
    head.open("/audit?action=call.listen&subject=bad")
    text = head.page.locator("main table").inner_text()
    found = re.findall(r"从 00:(\d\d\.\d) · 到 00:(\d\d\.\d)", text)
    return sorted((float(one), float(other)) for one, other in found)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_does_not_scroll_sideways(visit: Callable[..., Visitor], lang: str) -> None:
    lead = visit("lead", viewport=PHONE)
    for path in ("/", "/calls/bad", "/calls/mono", "/checks", "/appeals"):
        lead.open(f"{path}?lang={lang}")
        lead.page.wait_for_load_state("networkidle")
        width = lead.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
        lead.shoot(f"phone-{lang}-{path.strip('/').replace('/', '-') or 'queue'}")
    boxes = lead.page.goto(lead.site.address + "/calls/bad") and lead.page.evaluate(
        "[...document.querySelectorAll('.callhead > *')].map((e) => e.getBoundingClientRect())"
        ".map((b) => [b.left, b.top, b.right, b.bottom])"
    )
    for at, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, (boxes[at], other)
