"""An agent's page: one's own only, fair words, the place to hear and what to say instead."""

import re
from collections.abc import Callable

from sqlalchemy import select

from qa.records import UserRole
from qa.store.tables_review import CallStatusRow
from tests.api.pages.conftest import DAYS, HOSTILE, Browser, Open, Site
from tests.support.people import person


def test_an_agent_sees_their_own_scores(site: Site, opened: Open) -> None:
    page = opened(site.people.agents["112"]).get(f"/me?{DAYS}")
    assert "112 孙佳" in page and "108 陈晨" not in page
    assert "待定的项没有扣分" in page
    assert "可以这样说" in page and "幺零八为您服务" in page  # the script, from the ruleset
    assert "/clips/" in page  # and the place to hear
    assert 'style="' not in page


def test_customers_are_not_named(site: Site, opened: Open) -> None:
    """Numbers and addresses that were read back are hidden in what stands beside a clip."""
    with site.store.reading() as session:
        agents = list(session.scalars(select(CallStatusRow.agent_id).distinct()))
    head = opened(site.people.head)
    for agent_id in agents:
        page = head.get(f"/agents/{agent_id}?{DAYS}")
        for spoken in ("幺三五，零零二七", "零零二七", "八八四六", "13500278846"):
            clips = re.findall(r'<span class="said">([^<]*)</span>', page)
            assert not any(spoken in clip for clip in clips), agent_id


def test_agents_see_nobody_else(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    assert agent.client.get("/agents/112").status_code == 200
    assert agent.client.get("/agents/108").status_code == 404
    assert agent.client.get("/agents/nobody").status_code == 404


def test_leads_see_their_team_only(site: Site, opened: Open) -> None:
    lead = opened(site.people.lead)
    assert lead.client.get("/agents/117").status_code == 200
    assert lead.client.get("/agents/203").status_code == 404
    assert lead.client.get("/agents/400").status_code == 404  # of no team
    assert lead.client.get("/me").status_code == 404  # no agent's number


def test_names_are_escaped(site: Site, opened: Open) -> None:
    page = opened(site.people.lead).get("/agents/117")
    assert HOSTILE not in page and "&lt;img src=x" in page


def test_few_calls_are_said_to_be_few(site: Site, opened: Open) -> None:
    page = opened(site.people.agents["312"]).get(f"/me?{DAYS}")
    assert re.search(r"只有 \d 通已评分的通话，平均分还说明不了什么", page)


def test_the_list_of_calls_goes_on_where_it_ended(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    person_ids = _walk(agent, f"/me?{DAYS}")
    with site.store.reading() as session:
        known = list(
            session.scalars(
                select(CallStatusRow.call_id)
                .where(CallStatusRow.agent_id == "112")
                .order_by(CallStatusRow.sorted_at.desc(), CallStatusRow.call_id.desc())
            )
        )
    assert person_ids == known and len(known) == len(set(known))


def _walk(browser: Browser, address: str) -> list[str]:
    ids: list[str] = []
    for _ in range(20):
        page = browser.get(address)
        calls = page[page.index('id="calls"') :]
        ids += re.findall(r'<th scope="row"><a href="/calls/([^"]+)"', calls)
        more = re.search(r'rel="next" href="([^"#]+)', calls)
        if more is None:
            break
        address = more[1].replace("&amp;", "&")
    return ids


def test_a_damaged_place_is_refused(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    for place in ("x", "2026-01-01|a", "2026-01-01T00:00:00|a", "|"):
        assert agent.client.get("/me", params={"after": place}).status_code == 400, place


def test_a_new_agent_has_an_empty_page(nobody_called: Callable[..., Browser]) -> None:
    page = nobody_called(UserRole.AGENT, agent_id="7").get("/me")
    assert "还没有已评分的通话" in page and "做得很好" not in page


def test_an_administrator_without_the_grant_sees_no_agent(site: Site, opened: Open) -> None:
    admin = opened(person(site.store, UserRole.ADMIN))
    assert admin.client.get("/agents/112").status_code == 403
