"""The audit page says in words what the log keeps as codes; errors keep the frame."""

from qa.records import UserRole
from qa.store.audit import audit
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
