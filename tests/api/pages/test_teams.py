"""Teams and centre: figures that reconcile to rows, no ranking on few calls, other teams 404."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from qa.api.app import create_app
from qa.records import Scope, UserRole
from qa.review.statistics import mean_of, quantile, share_of
from qa.store.tables_review import CallStatusRow
from qa.store.team_figures import Selection, histogram, rules, totals, weekly, weeks_until
from tests.api.pages.conftest import BASE, DAYS, HOSTILE, Browser, Open, Site
from tests.support.people import log_in, person

EVERYTHING = Scope(everything=True)
SINCE = datetime(2025, 12, 1, tzinfo=UTC)
UNTIL = datetime(2026, 1, 12, tzinfo=UTC)


def test_the_centre_shows_every_agent_and_escapes_names(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get(f"/centre?{DAYS}")
    for agent in ("108", "112", "301", "400"):
        assert f"/agents/{agent}" in page
    assert HOSTILE not in page and "&lt;img src=x" in page
    assert 'style="' not in page


def test_the_last_days_end_on_the_newest_call_of_an_old_archive(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get("/centre")
    assert "2025-12-13 至 2026-01-11（此后没有通话）" in page and "/agents/108" in page


def test_agents_of_few_calls_stand_apart(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get(f"/centre?{DAYS}&sort=mean")
    compared, _, apart = page.partition("不作比较")
    assert apart, "agents of few calls are listed apart"
    assert "312 蒋一鸣" not in compared and "312 蒋一鸣" in apart
    # How few that is, a setting says.
    review = site.settings.review.model_copy(update={"min_ranked_calls": 2})
    app = create_app(site.store, site.settings.model_copy(update={"review": review}))
    with TestClient(app, base_url=BASE) as client:
        log_in(client, site.store, site.people.head)
        page = client.get(f"/centre?{DAYS}&sort=mean").text
    assert "312 蒋一鸣" in page.partition("不作比较")[0]


def test_a_lead_sees_the_own_team_only(site: Site, opened: Open) -> None:
    lead = opened(site.people.lead)
    assert (
        lead.client.get("/teams", follow_redirects=False).headers["location"].startswith("/teams/")
    )
    page = lead.get(f"/teams/一组?{DAYS}")
    assert "108 陈晨" in page and "203 赵敏" not in page
    assert lead.client.get("/teams/二组").status_code == 404
    assert lead.client.get("/teams/" + "无此组").status_code == 404
    together = lead.get(f"/centre?{DAYS}")
    assert "203 赵敏" not in together and "运行情况" not in together


def test_an_agent_sees_no_team(site: Site, opened: Open) -> None:
    agent = opened(site.people.agents["112"])
    for address in ("/teams", "/teams/一组", "/centre"):
        assert agent.client.get(address).status_code == 403, address


def test_figures_reconcile_to_rows(site: Site) -> None:
    wanted = Selection(EVERYTHING, SINCE, UNTIL)
    with site.store.reading() as session:
        scores = list(session.scalars(select(CallStatusRow.score)))
        found = totals(session, wanted)
        counted = histogram(session, wanted)
        count = session.scalar(select(func.count()).select_from(CallStatusRow))
    assert found.mean is not None and found.mean.calls == len(scores) == count
    assert found.mean.value == pytest.approx(sum(scores) / len(scores))
    assert sum(counted.values()) == len(scores)
    assert sum(score * calls for score, calls in counted.items()) == sum(scores)


def test_weeks_add_up(site: Site) -> None:
    weeks = weeks_until(datetime(2026, 1, 11).date(), 8, site.store.zone)
    assert all(until - since >= timedelta(days=6, hours=23) for since, until in weeks)
    assert weeks[-1][0].weekday() == 0
    with site.store.reading() as session:
        sums = weekly(session, Selection(EVERYTHING, SINCE, UNTIL), weeks)
        total = session.scalar(
            select(func.count())
            .select_from(CallStatusRow)
            .where(
                CallStatusRow.sorted_at >= weeks[0][0],
                CallStatusRow.sorted_at < weeks[-1][1],
                CallStatusRow.agent_id.is_not(None),
            )
        )
    assert sum(one.calls for one in sums) == total and total
    assert {one.week for one in sums} <= set(range(8))


def test_what_a_person_rejected_is_no_violation(site: Site) -> None:
    with site.store.reading() as session:
        found = {one.rule_id: one for one in rules(session, Selection(EVERYTHING, SINCE, UNTIL))}
        machine = session.execute(
            select(func.count()).select_from(CallStatusRow).where(CallStatusRow.flags > 0)
        ).scalar()
    rejected = [one for one in found.values() if one.rejected]
    assert rejected and machine
    assert all(one.violated >= 0 for one in found.values())


def test_an_empty_archive_is_no_error(nobody_called: Callable[..., Browser]) -> None:
    head = nobody_called(UserRole.HEAD)
    assert "还没有班组" in head.get("/teams")
    assert "没有已评分的通话" in head.get("/centre")


def test_bad_days_are_refused(site: Site, opened: Open) -> None:
    head = opened(site.people.head)
    for query in ("since=no", "since=2026-01-11&until=2026-01-01", "days=0"):
        assert head.client.get(f"/centre?{query}").status_code == 400, query


def test_english_and_the_table_of_each_chart(site: Site, opened: Open) -> None:
    page = opened(site.people.head).get(f"/centre?{DAYS}&lang=en")
    assert "Mean score" in page and "平均分" not in page
    assert page.count("<figure") == page.count("Figures as a table") == 3
    assert len(re.findall(r'<script type="application/json">', page)) == 3


def test_means_say_what_few_calls_are_worth() -> None:
    one = mean_of(1, 80, 6400)
    assert one is not None and one.low is None and not one.is_comparable(2)
    two = mean_of(2, 160, 80**2 + 80**2)
    assert two is not None and two.low == two.high == 80
    ten = mean_of(10, 900, sum(s * s for s in [80, 100] * 5))
    assert ten is not None and ten.low is not None and ten.high is not None
    assert ten.is_comparable(10) and not ten.is_comparable(11)
    # sd 10.54, t(9) 2.262: half 7.54
    assert ten.low == pytest.approx(82.46, abs=0.02) and ten.high == pytest.approx(97.54, abs=0.02)
    assert mean_of(0, 0, 0) is None


def test_shares_and_quantiles() -> None:
    assert share_of(0, 0) is None
    found = share_of(1, 10)
    assert found is not None
    assert found == pytest.approx((0.1, 0.0179, 0.4042), abs=0.001)
    assert quantile([], 0.5) is None
    assert quantile([1, 2, 3, 10], 0.5) == 2.5


def test_a_lead_without_teams_sees_none(site: Site, opened: Open) -> None:
    nobody = person(site.store, UserRole.LEAD, teams=("没有人",))
    assert "还没有班组" in opened(nobody).get("/teams")
