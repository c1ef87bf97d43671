"""The audit page says in words what the log keeps as codes; errors keep the frame."""

import ast
import re
from pathlib import Path

import qa
from qa.api.words import WORDS
from qa.api.words.audit import ACTION
from qa.records import UserRole
from qa.review.appeals import ReleaseAction
from qa.review.events import EventAction
from qa.store.audit import audit
from qa.store.charges import ChargeAction
from qa.store.reports import StepAction
from qa.store.withdrawals import REINSTATE, WITHDRAW
from tests.api.pages.conftest import Open, Site
from tests.support.people import person


def details(page: str, number: int) -> str:
    return page.split(f'<td class="num mono">{number}</td>')[1].split("</tr>")[0]


def test_details_are_said_in_words_and_a_0_is_shown(site: Site, opened: Open) -> None:
    with site.store.writing() as session:
        span = {"from_ms": 0, "to_ms": 61_500}
        heard = audit(session, None, "call.listen", "call", "gehört", span)
        facts = {"role": "lead", "sees_personal_data": True}
        added = audit(session, None, "user.change", "user", "li", facts)
        drawn = audit(session, None, "check.draw", None, None, {"checks": 0, "day": "2025-11-18"})
        odd = audit(session, None, "odd.thing", "oddity", "1", {"oddness": "very"})
    head = opened(person(site.store, UserRole.HEAD))
    page = head.get("/audit?lang=zh")
    assert ">从</span> 00:00.0" in details(page, heard)
    assert ">到</span> 01:01.5" in details(page, heard) and "通话 " in details(page, heard)
    assert ">角色</span> 领班" in details(page, added)
    assert ">可查看个人信息</span> 是" in details(page, added)
    assert "抽取抽查通话" in details(page, drawn) and ">抽查数</span> 0" in details(page, drawn)
    assert "oddity" in details(page, odd) and ">oddness</span> very" in details(page, odd)
    english = head.get("/audit?lang=en")
    assert ">role</span> Team lead" in details(english, added)


MADE_OF = {
    "charge.": [one.value for one in ChargeAction],
    "event.": [
        one.value for one in EventAction if one not in (EventAction.GONE, EventAction.FOUND)
    ],
    "ledger.ruleset_": [WITHDRAW, REINSTATE],
    "report.": [one.value for one in StepAction],
    "review.": [one.value for one in ReleaseAction],
}
"""Actions whose end is put to their beginning; what the program finds of events is not audited."""


def written_actions() -> set[str]:
    """Every action that a module which writes the audit log names."""
    begin = re.compile(rf"({'|'.join({key.split('.')[0] for key in known_actions()})})\.[a-z_]*")
    found: set[str] = set()
    for file in Path(qa.__file__).parent.rglob("*.py"):
        text = file.read_text("utf-8")
        if "audit(" not in text:
            continue
        named = [one.value for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Constant)]
        found |= {one for one in named if isinstance(one, str) and begin.fullmatch(one)}
        found -= {one for one in found if one.endswith(".html")}
    return found


def known_actions() -> set[str]:
    return {key.removeprefix(ACTION) for key in WORDS if key.startswith(ACTION)}


def test_every_action_is_said_in_words() -> None:
    written = written_actions()
    made = {begin + end for begin, ends in MADE_OF.items() if begin in written for end in ends}
    assert {"charge.confirm", "event.file", "ledger.book", "user.add"} <= written | made
    assert (written - set(MADE_OF)) | made == known_actions()


def test_an_address_that_leads_nowhere_keeps_the_frame(site: Site, opened: Open) -> None:
    user = person(site.store, UserRole.HEAD)
    browser = opened(user)
    for address in ("/nowhere", "/calls/none"):
        answer = browser.client.get(f"{address}?lang=zh")
        assert answer.status_code == 404
        assert user.name in answer.text and 'href="/audit"' in answer.text
        assert "不在库中" not in answer.text
    browser.client.cookies.clear()
    stranger = browser.client.get("/nowhere")
    assert stranger.status_code == 404 and user.name not in stranger.text


def test_a_fine_in_a_trial_counts_only_once_confirmed(site: Site, opened: Open) -> None:
    head = opened(person(site.store, UserRole.HEAD))
    dialogue = (
        "客户：我家没暖气。\n坐席：你有完没完，滚！\n客户：什么态度。\n坐席：我保证今天修好。"
    )
    _, _, page = head.post("/try", ruleset="heating-repair", dialogue=dialogue)
    assert "确认后扣" in page and "人工确认才扣分" in page
