"""The proof of the rules, blind labels, and 四个一样 on the pages and through the API."""

import re
from datetime import UTC, datetime

import pytest

from qa.store.label_sets import LabelSet, SetDraft, SetKind, make_set, tasks_of
from qa.store.labels import put_labels
from qa.types import Outcome
from tests.api.pages.conftest import DAYS, Open, Site

RULES = ("FP02", "IP01")


@pytest.fixture(scope="module")
def drawn(site: Site) -> LabelSet:
    """A calibration of two leads, open."""
    crew = site.people
    draft = SetDraft(
        SetKind.CALIBRATION,
        "一月校准会",
        "heating-repair",
        "h",
        RULES,
        (crew.lead.user_id, crew.other_lead.user_id),
        4,
        "s",
    )
    with site.store.writing() as session:
        return make_set(session, crew.head, draft, datetime.now(UTC))


def call_ids(site: Site, drawn: LabelSet) -> list[str]:
    with site.store.reading() as session:
        return [t.call_id for t in tasks_of(session, drawn.set_id, site.people.lead.user_id)]


def test_the_proof_says_what_it_cannot_tell(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get("/proof")
    assert "标注不足" in page and "无法判断" in page
    assert re.search(r"IP01.*?\d+%", page, re.DOTALL)
    assert "还没有随机抽样的盲评" in page or "随机抽样" in page
    english = opened(site.people.lead).get("/proof?lang=en")
    assert "Only calls of your teams" in english
    assert "203" not in re.findall(r'<th scope="row">(\d+)</th>', english)


def test_a_ruleset_without_labels_is_not_proved(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get("/proof?ruleset=gas-service&lang=zh")
    assert "还没有人判过这套规则" in page


def test_a_blind_sheet_shows_nothing_that_anybody_found(
    site: Site, opened: Open, drawn: LabelSet
) -> None:
    page = opened(site.people.lead).get(f"/labels/{drawn.set_id}/1?lang=zh")
    assert not [call_id for call_id in call_ids(site, drawn) if call_id in page]
    for word in ("机器判", "扣", "score", "badge", 'VIOLATED" checked'):
        assert word not in page.replace("/static/", "")
    assert page.count('type="radio"') == 4 * len(RULES)


def test_who_still_labels_cannot_open_the_call(site: Site, opened: Open, drawn: LabelSet) -> None:
    lead = opened(site.people.lead)
    for call_id in call_ids(site, drawn):
        answer = lead.client.get(f"/calls/{call_id}", follow_redirects=False)
        assert answer.status_code in (303, 404)
        api = lead.client.get(f"/api/v1/calls/{call_id}/scorecard")
        assert api.status_code in (403, 404)
    assert lead.client.get(f"/labels/{drawn.set_id}/1").status_code == 200
    assert opened(site.people.agents["112"]).client.get("/labels").status_code == 403


def test_labels_are_kept_handed_in_and_then_shown(
    site: Site, opened: Open, drawn: LabelSet
) -> None:
    crew = site.people
    lead = opened(crew.lead)  # one client: whoever was opened last
    address = f"/labels/{drawn.set_id}"
    status, _, page = lead.post(f"{address}/hand-in")
    assert status == 409 and "没标完" in page
    status, to, _ = lead.post(
        f"{address}/1", **{f"outcome-{rule}": "MET" for rule in RULES}, **{"note-FP02": "清楚"}
    )
    assert (status, to) == (303, f"{address}/2")
    with site.store.writing() as session:
        for user, outcome in ((crew.lead, Outcome.MET), (crew.other_lead, Outcome.VIOLATED)):
            for task in tasks_of(session, drawn.set_id, user.user_id):
                given = {"FP02": (outcome, ""), "IP01": (Outcome.MET, "")}
                place = (drawn.set_id, task.position)
                put_labels(session, user, place, given, datetime.now(UTC))
    assert lead.post(f"{address}/hand-in")[0] == 303
    assert "意见不同" not in lead.get(address)
    assert (
        opened(crew.head).client.get(f"/api/v1/label-sets/{drawn.set_id}/result").status_code == 409
    )
    assert opened(crew.other_lead).post(f"{address}/hand-in")[0] == 303
    page = opened(crew.lead).get(address)
    assert "意见不同" in page and "Krippendorff" in page
    found = opened(crew.other_lead).client.get(f"/api/v1/label-sets/{drawn.set_id}/result").json()
    assert found["together"]["share"] == 0.5
    assert {one["rule_id"] for one in found["differing"]} == {"FP02"}


def test_a_head_draws_and_others_do_not(site: Site, opened: Open) -> None:
    crew = site.people
    form = {
        "ruleset_id": "heating-repair",
        "title": "抽样",
        "kind": "sample",
        "size": "5",
        "days": "3660",
        "people": str(crew.head.user_id),
    }
    head = opened(crew.head)
    status, to, _ = head.post("/labels", **form)
    assert status == 303
    assert "抽样" in head.get(to)
    status, _, page = head.post("/labels", **(form | {"rules": "XX99"}))
    assert status == 422 and "没有这个质检项" in page
    assert opened(crew.lead).post("/labels", **form)[0] == 403


def test_consistency_is_said_of_oneself_and_of_ones_teams(site: Site, opened: Open) -> None:
    crew = site.people
    own = opened(crew.agents["112"]).get(f"/consistency?{DAYS}")
    assert "四个一样" in own and "112 孙佳" in own and "太少，不比" in own
    assert opened(crew.agents["112"]).client.get("/consistency/203").status_code == 404
    team = opened(crew.lead).get(f"/consistency?{DAYS}")
    assert "112 孙佳" in team and "203" not in re.findall(r"/consistency/(\d+)", team)
    found = opened(crew.head).client.get(f"/api/v1/consistency?{DAYS}").json()
    assert found["ruleset_id"] == "heating-repair"
    assert len(found["agents"]) > 5


def test_the_api_gives_curves_and_how_false_alarms_fall(site: Site, opened: Open) -> None:
    crew = site.people
    found = opened(crew.head).client.get("/api/v1/proof/heating-repair").json()
    by_rule = {one["rule_id"]: one for one in found["rules"]}
    ip01 = by_rule["IP01"]
    assert ip01["standing"] in ("proved", "not_proved", "refuted")
    assert (ip01["more_labels"] == 0) is (ip01["standing"] == "proved")
    assert all(one["more_labels"] is None for one in found["rules"] if one["grade"] != "fine")
    curves = [one["curve"] for one in found["rules"] if one["curve"]]
    for curve in curves:
        assert [p["threshold"] for p in curve] == sorted(p["threshold"] for p in curve)
        assert [p["flagged"] for p in curve] == sorted((p["flagged"] for p in curve), reverse=True)
    agents = {one["agent_id"]: one["wrong"] for one in found["parity"]["agents"]}
    assert agents and sum(one["whole"] for one in agents.values()) == sum(
        one["precision"]["whole"] for one in found["rules"] if one["precision"]
    )
    of_team = opened(crew.lead).client.get("/api/v1/proof/heating-repair").json()
    assert {one["agent_id"] for one in of_team["parity"]["agents"]} < agents.keys()
