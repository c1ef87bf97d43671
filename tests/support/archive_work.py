"""What people do with the archive of `review_archive`: reviews, releases, appeals, spot checks."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from qa.records import FlagAction, User, UserRole
from qa.review.sampling import Plan
from qa.store.appeals import AppealRuling, decide_appeal, submit_appeal
from qa.store.check_draw import DrawSettings, draw_checks
from qa.store.review_rows import load_reviews
from qa.store.reviews import decide_flag, release_call
from qa.store.spot_checks import checks_for, record_result
from qa.store.store import Store
from qa.store.tables import CallRow
from qa.store.tables_review import CallStatusRow
from qa.types import Outcome
from tests.support.people import person
from tests.support.review_archive import TEAMS, UNTIL

_DRAW = DrawSettings(
    daily=Plan(2, 0.5), weekly=Plan(5, 0.4), seed="archive", due_hours=24, weekly_due_hours=72
)


@dataclass(frozen=True)
class Crew:
    """People with accounts who work on the archive: a lead for 一组, one for the other teams."""

    head: User
    lead: User
    other_lead: User
    agents: Mapping[str, User]


def add_crew(store: Store) -> Crew:
    """Give accounts to a head, two leads and three agents; nobody has a password."""
    own = ("112", "208", "312")
    return Crew(
        head=person(store, UserRole.HEAD),
        lead=person(store, UserRole.LEAD, teams=TEAMS[:1]),
        other_lead=person(store, UserRole.LEAD, teams=TEAMS[1:]),
        agents={number: person(store, UserRole.AGENT, agent_id=number) for number in own},
    )


def work(store: Store, crew: Crew, *, until: datetime = UNTIL, seed: int = 11) -> None:
    """Review most calls but the newest, release them, appeal against some, and do spot checks."""
    chance = random.Random(seed)
    for row in _to_review(store, until - timedelta(days=4)):
        if chance.random() < 0.8:
            _review(store, crew, row, chance)
    with store.writing() as session:
        for days in (2, 1, 0):
            day = (until - timedelta(days=days)).astimezone(store.zone).date()
            draw_checks(session, day, until, _DRAW, store.zone)
    _check_some(store, crew, until, chance)


def _to_review(store: Store, before: datetime) -> list[tuple[str, str, str | None, datetime]]:
    with store.reading() as session:
        rows = session.execute(
            select(
                CallStatusRow.call_id,
                CallStatusRow.agent_id,
                CallStatusRow.team,
                CallStatusRow.started_at,
            )
            .where(CallStatusRow.started_at < before, CallStatusRow.state == "open")
            .order_by(CallStatusRow.started_at)
        )
        return [(row[0], row[1] or "", row[2], row[3] or before) for row in rows]


def _review(
    store: Store,
    crew: Crew,
    row: tuple[str, str, str | None, datetime],
    chance: random.Random,
) -> None:
    call_id, agent_id, team, started = row
    lead = crew.lead if team == TEAMS[0] else crew.other_lead if team else crew.head
    now = started + timedelta(days=1, minutes=chance.randrange(400))
    with store.writing() as session:
        review = load_reviews(session, [call_id], now)[call_id]
        for line in review.card.flags:
            if line.must_be_decided or chance.random() < 0.5:
                action, reason = _ruling(chance)
                rule_id = line.line.rule_id
                decide_flag(
                    *(session, lead, call_id, review.scorecard_id, rule_id, action),
                    reason=reason,
                    now=now,
                )
        release_call(session, lead, call_id, review.scorecard_id, now=now)
    if agent_id in crew.agents and chance.random() < 0.25:
        _appeal(store, crew, call_id, now + timedelta(days=1), chance)


def _ruling(chance: random.Random) -> tuple[FlagAction, str]:
    if chance.random() < 0.82:
        return FlagAction.CONFIRM, ""
    return FlagAction.REJECT, chance.choice(("识别错了，坐席说的不是这个。", "前面已经说过了。"))


def _appeal(store: Store, crew: Crew, call_id: str, now: datetime, chance: random.Random) -> None:
    with store.writing() as session:
        review = load_reviews(session, [call_id], now)[call_id]
        held = [line for line in review.card.flags if line.outcome is Outcome.VIOLATED]
        agent_id = session.get_one(CallRow, call_id).agent_id or ""
        if not held:
            return
        text = "这句我说了，请再听一遍录音。"
        appeal = submit_appeal(
            session, crew.agents[agent_id], call_id, held[0].line.rule_id, text, now=now
        )
        if chance.random() < 0.6:
            upheld = chance.random() < 0.5
            answer = "听了录音，确实说了，撤销。" if upheld else "听了录音，没有说到，维持。"
            ruling = AppealRuling(upheld=upheld, answer=answer)
            later = now + timedelta(hours=20)
            decide_appeal(session, crew.head, appeal.appeal_id, ruling, now=later)


def _check_some(store: Store, crew: Crew, now: datetime, chance: random.Random) -> None:
    with store.writing() as session:
        for lead in (crew.lead, crew.other_lead):
            for check in checks_for(session, lead):
                if chance.random() < 0.4:
                    record_result(
                        session, lead, check.check_id, "全程听过，判定准确，语气平稳。", now=now
                    )
