"""Spot checks, appeals and messages: whose they are, what they need, and what becomes of them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from qa.records import AppealState, Scope, UserRole
from qa.store.appeals import list_appeals
from qa.store.labels import close_set
from qa.store.messages import MessageKind, tell_user
from qa.store.spot_checks import CheckFilter, list_checks
from qa.store.tables_labels import LabelSetRow, LabelTaskRow
from qa.store.tables_review import SpotCheckRow
from tests.api.pages.conftest import HOSTILE, Browser, Open, Site
from tests.support.people import person

EVERYTHING = Scope(everything=True)


def open_checks(site: Site, assigned_to: int) -> list[int]:
    with site.store.reading() as session:
        wanted = CheckFilter(assigned_to=assigned_to, only_open=True)
        return [check.check_id for check in list_checks(session, EVERYTHING, wanted)]


def test_checks_are_the_own_ones_and_overdue_ones_stand_out(site: Site, opened: Open) -> None:
    page = opened(site.people.lead).get("/checks")
    assert "已超期" in page and "task overdue" in page
    assert "203 赵敏" not in page
    own = open_checks(site, site.people.lead.user_id)
    assert own and all(f"/checks/{number}" in page for number in own)


def test_a_head_sees_the_whole_centre(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get("/checks?view=team")
    assert "112 孙佳" in page and "203 赵敏" in page


def test_agents_do_no_checks(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    assert agent.client.get("/checks").status_code == 403
    number = open_checks(site, site.people.lead.user_id)[0]
    assert agent.post(f"/checks/{number}", result="听过了，没有问题。")[0] == 403


def test_a_check_is_done_only_in_writing(site: Site, opened: Open) -> None:
    lead = opened(site.people.lead)
    number = open_checks(site, site.people.lead.user_id)[0]
    status, _, page = lead.post(f"/checks/{number}", result=" 好 ")
    assert status == 422 and "结果太短" in page and "> 好 </textarea>" in page
    assert number in open_checks(site, site.people.lead.user_id)
    written = f"全程听过，判得对。{HOSTILE}"
    status, address, _ = lead.post(f"/checks/{number}", result=written)
    assert status == 303 and address.startswith("/checks")
    assert number not in open_checks(site, site.people.lead.user_id)


def test_other_teams_checks_are_not_there(site: Site, opened: Open) -> None:
    number = open_checks(site, site.people.other_lead.user_id)[0]
    lead = opened(site.people.lead)
    assert lead.post(f"/checks/{number}", result="听过了，没有问题，都好。")[0] == 404
    assert lead.post("/checks/999999", result="听过了，没有问题，都好。")[0] == 404


def test_nothing_to_check(nobody_called: Callable[..., Browser]) -> None:
    assert "今天的抽查都完成了" in nobody_called(UserRole.LEAD, teams=("一组",)).get("/checks")


def open_appeals(site: Site) -> list[int]:
    with site.store.reading() as session:
        found = list_appeals(session, EVERYTHING)
    return [line.appeal.appeal_id for line in found]


def test_appeals_show_both_sides_and_the_evidence(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get("/appeals")
    assert open_appeals(site), "the archive has open appeals"
    assert "这句我说了，请再听一遍录音" in page and "复核人说" in page and "/clips/" in page
    assert 'value="uphold"' in page


def test_who_reviewed_a_call_does_not_decide_its_appeal(site: Site, opened: Open) -> None:
    with site.store.reading() as session:
        found = list_appeals(session, EVERYTHING)
    for line in found:
        user = site.people.lead if line.agent_id == "112" else site.people.other_lead
        lead = opened(user)
        assert "您复核" in lead.get("/appeals")
        number = line.appeal.appeal_id
        status, _, page = lead.post(f"/appeals/{number}", decision="dismiss", answer="维持")
        assert status == 403 and "须由别人裁决" in page
    assert open_appeals(site) == [line.appeal.appeal_id for line in found]


def test_an_answer_is_required_and_the_agent_is_told(site: Site, opened: Open) -> None:
    number = open_appeals(site)[0]
    head = opened(site.people.head)
    status, _, page = head.post(f"/appeals/{number}", decision="uphold", answer=" ")
    assert status == 422 and "请写明理由" in page
    answer = f"听了录音，确实说了。{HOSTILE}"
    status, address, _ = head.post(f"/appeals/{number}", decision="uphold", answer=answer)
    assert (status, address) == (303, "/appeals")
    assert number not in open_appeals(site)
    page = head.get("/appeals?view=all")
    assert "听了录音，确实说了。&lt;img" in page and HOSTILE not in page
    status, _, _ = head.post(f"/appeals/{number}", decision="dismiss", answer="不成立")
    assert status == 409
    with site.store.reading() as session:
        line = next(
            one
            for one in list_appeals(session, EVERYTHING, only_open=False)
            if one.appeal.appeal_id == number
        )
    assert line.appeal.state is AppealState.UPHELD
    agent = opened(site.people.agents[line.agent_id or ""])
    assert "申诉成立，成绩已更正" in agent.get("/messages")


def test_agents_see_and_withdraw_their_own(site: Site, opened: Open) -> None:
    with site.store.reading() as session:
        found = list_appeals(session, EVERYTHING)
    own = next((line for line in found if line.agent_id in site.people.agents), None)
    assert own is not None and own.agent_id is not None
    others = [user for number, user in site.people.agents.items() if number != own.agent_id]
    stranger = opened(others[0])
    address = f"/appeals/{own.appeal.appeal_id}/withdraw"
    assert stranger.post(address)[0] == 404
    agent = opened(site.people.agents[own.agent_id])
    assert "撤回申诉" in agent.get("/appeals")
    assert agent.post(address)[0] == 303
    assert own.appeal.appeal_id not in open_appeals(site)
    assert agent.post(address)[0] == 409


def test_no_appeals(nobody_called: Callable[..., Browser]) -> None:
    assert "没有待裁决的申诉" in nobody_called(UserRole.HEAD).get("/appeals")
    assert "还没有申诉" in nobody_called(UserRole.AGENT, agent_id="9").get("/appeals")


def test_administrators_have_no_appeals(site: Site, opened: Open) -> None:
    for grants in ({}, {"reads_calls": True}):
        admin = opened(person(site.store, UserRole.ADMIN, **grants))
        assert admin.client.get("/appeals").status_code == 403


def test_messages_are_new_until_read(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["208"])
    page = agent.get("/messages")
    assert "通话已复核发布" in page and "row new" in page
    last = re.search(r'name="last" value="(\d+)"', page)
    assert last is not None
    assert agent.post("/messages/read", last=last[1])[0] == 303
    page = agent.get("/messages")
    assert "row new" not in page and "通话已复核发布" in page


def test_messages_are_ones_own(site: Site, opened: Open) -> None:
    first = opened(site.people.agents["312"]).get("/messages")
    others = opened(site.people.agents["112"]).get("/messages")
    assert re.findall(r"/calls/[^\"]*-112-", others)
    assert not re.findall(r"/calls/[^\"]*-112-", first)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_of_message_has_its_sentence(
    site: Site, opened: Open, kind: MessageKind
) -> None:
    user = person(site.store, UserRole.HEAD)
    with site.store.writing() as session:
        tell_user(session, kind, user.user_id, None, datetime.now(UTC))
    for lang in ("zh", "en"):
        page = opened(user).get(f"/messages?lang={lang}")
        assert page.count('class="row new"') == 1


def test_older_messages_are_on_the_next_page(site: Site, opened: Open) -> None:
    user = person(site.store, UserRole.HEAD)
    with site.store.writing() as session:
        for _ in range(45):
            tell_user(session, MessageKind.CHECK_ASSIGNED, user.user_id, None, datetime.now(UTC))
    head = opened(user)
    page = head.get("/messages")
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None and page.count('class="row new"') == 40
    assert head.get(older[1]).count('class="row new"') == 5


def test_no_messages(nobody_called: Callable[..., Browser]) -> None:
    assert "还没有消息" in nobody_called(UserRole.ADMIN).get("/messages")


def test_a_check_of_long_ago_shows_as_done_when_it_was_done(site: Site, opened: Open) -> None:
    lead, head = site.people.lead, site.people.head
    number = open_checks(site, lead.user_id)[-1]
    with site.store.writing() as session:
        session.execute(
            update(SpotCheckRow)
            .where(SpotCheckRow.check_id == number)
            .values(day=date.today() - timedelta(days=40))
        )
    assert opened(lead).post(f"/checks/{number}", result="补听了，判得对，没有问题。")[0] == 303
    assert opened(head).post(f"/checks/{number}", result="部长复听，同意上面的结论。")[0] == 303
    page = opened(head).get("/checks?view=done")
    row = page.split(f'id="check-{number}"')[1].split("</li>")[0]
    assert "补听了，判得对，没有问题。" in row
    assert "部长复听，同意上面的结论。" in row and head.name in row and lead.name in row


def test_an_appeal_against_a_call_that_one_labels_blind_waits(site: Site, opened: Open) -> None:
    with site.store.reading() as session:
        lines = list_appeals(session, EVERYTHING, only_open=False)
    blind = lines[0].appeal
    head, now = person(site.store, UserRole.HEAD), datetime.now(UTC)
    about = {"ruleset_id": "heating-repair", "ruleset_hash": "f" * 64, "rules": "[]"}
    with site.store.writing() as session:
        row = LabelSetRow(
            kind="calibration", title="校准", **about, strata="{}", seed="s", made_at=now
        )
        session.add(row)
        session.flush()
        set_id, who = row.set_id, head.user_id
        task = {"position": 1, "call_id": blind.call_id, "stratum": "rest", "user_id": who}
        session.add(LabelTaskRow(set_id=set_id, **task))
    shown = [f'id="appeal-{line.appeal.appeal_id}"' for line in lines]
    browser = opened(head)
    page = browser.get("/appeals?view=all&lang=zh")
    assert [one in page for one in shown] == [False] + [True] * (len(shown) - 1)
    assert "另有 1 条申诉" in page and blind.call_id not in page
    assert "Not shown: 1" in browser.get("/appeals?view=all&lang=en")
    with site.store.writing() as session:
        close_set(session, site.people.head, set_id, now)
    page = browser.get("/appeals?view=all&lang=zh")
    assert all(one in page for one in shown) and "另有" not in page
