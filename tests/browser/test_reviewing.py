"""One flagged call on its way: the lead decides by keyboard, the agent appeals, the head rules."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.model]

SAVED = "**/review/*"


def press(page: Page, key: str, *, saves: bool = False) -> None:
    """Press a key; `saves` waits until the service has answered."""
    if not saves:
        page.keyboard.press(key)
        return
    with page.expect_response(SAVED) as answer:
        page.keyboard.press(key)
    assert answer.value.ok
    # A key pressed while the last decision is being saved decides nothing.
    expect(page.locator("form.is-busy")).to_have_count(0)


def test_a_call_is_reviewed_appealed_and_settled(visit: Callable[..., Visitor]) -> None:
    review_by_keyboard(visit("lead"))
    appeal(visit("agent"))
    uphold(visit("head"))
    page = (visitor := visit("agent")).page
    visitor.open("/calls/bad")
    expect(page.locator("#standing, .callhead").first).to_contain_text("终评")
    visitor.shoot("call-agent-final")


def review_by_keyboard(lead: Visitor) -> None:
    """Open the most serious call of the queue and decide every flag without the mouse."""
    page = lead.page
    lead.open("/")
    lead.shoot("queue-lead")
    press(page, "Enter")
    page.wait_for_url("**/calls/bad*")
    lead.shoot("call-lead")
    flags = page.locator("#flags > .flag")
    total = flags.count()
    assert total >= 5
    expect(page.locator("#release-button")).to_be_disabled()
    # The second needs a reason, picked by its number; everything else is confirmed.
    press(page, "c", saves=True)
    press(page, "r")
    press(page, "1", saves=True)
    while page.locator("#flags > .flag.is-open.violated").count():
        press(page, "c", saves=True)
    expect(page.locator("#release-button")).to_be_enabled()
    lead.shoot("call-lead-decided")
    before = page.url
    press(page, "l", saves=True)
    page.wait_for_url(lambda url: url != before)
    lead.open("/calls/bad")
    expect(page.locator(".release.done")).to_be_visible()


def appeal(agent: Visitor) -> None:
    """Read the released call and object to one flag."""
    page = agent.page
    agent.open("/messages")
    expect(page.locator("main")).to_contain_text("bad")
    agent.shoot("messages-agent")
    agent.open("/calls/bad")
    assert page.locator("form.decide").count() == 0
    details = page.locator("details.appeal").first
    page.locator("#flags > .flag").first.click()
    details.locator("summary").click()
    details.locator("textarea").fill("我当时在提醒同事，不是对客户说的。")
    agent.shoot("call-agent-appeal")
    details.locator("button").click()
    expect(page.locator("main")).to_contain_text("申诉")
    agent.open("/appeals")
    expect(page.locator(".appeal-open")).to_have_count(1)
    agent.shoot("appeals-agent")


def uphold(head: Visitor) -> None:
    """Decide the appeal, with an answer."""
    page = head.page
    head.open("/appeals")
    row = page.locator("li.appeal").first
    row.locator("textarea[name=answer]").fill("复听确认，申诉成立。")
    head.shoot("appeals-head")
    row.locator("button[value=uphold]").click()
    expect(page.locator("main")).not_to_contain_text("我当时在提醒同事")
    head.open("/appeals?view=all")
    expect(page.locator(".appeal-upheld")).to_have_count(1)


def test_a_flag_is_heard_and_its_words_light_up(visit: Callable[..., Visitor]) -> None:
    visitor = visit("lead")
    page = visitor.page
    visitor.open("/calls/bad")
    # A decided flag is folded up.
    flag = page.locator("#flags > .flag:has(button.hear.play:visible)").first
    start_ms = int(flag.get_attribute("data-start") or -1)
    flag.locator("button.hear.play").click()
    expect(page.locator(".w.now, .w.is-now, .w.on").first).to_be_attached()
    at = page.evaluate("document.getElementById('audio').currentTime")
    # A clip begins a second before its evidence.
    assert start_ms / 1000 - 1.3 <= at <= start_ms / 1000 + 3
    word = page.locator(".w[data-t]").nth(10)
    started_ms = int((word.get_attribute("data-t") or "").split(",")[0])
    # Where it is set to, not where it has come to: how fast this machine is does not matter.
    page.evaluate(
        "document.getElementById('audio').addEventListener('seeking', (event) => {"
        "document.body.dataset.from ??= event.target.currentTime; })"
    )
    word.click()
    expect(page.locator("body[data-from]")).to_be_attached()
    begun = float(page.locator("body").get_attribute("data-from") or "nan")
    assert begun == pytest.approx(max(0, started_ms / 1000 - 1), abs=0.25)


def test_an_agent_sees_no_call_of_others(visit: Callable[..., Visitor]) -> None:
    visitor = visit("agent")
    visitor.open("/calls/promise")
    expect(visitor.page.locator("main")).to_contain_text(re.compile("没有|不存在|找不到"))
    visitor.complaints.clear()  # the browser notes the 404 on its console
    visitor.open("/")
    assert "promise" not in visitor.page.content()


def test_the_list_of_keys_opens_and_closes(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit("lead")).page
    visitor.open("/calls/bad")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
