"""A small call centre for tests of reviewing: teams, people, and calls judged as a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, update

from qa.records import User, UserRole
from qa.scoring.scorecard import FULL_POINTS
from qa.store import accounts
from qa.store.accounts import UserDraft
from qa.store.call_status import teams_changed
from qa.store.scorecards import RulesetRecord, publish, put_rulesets
from qa.store.store import Store
from qa.store.tables import AgentRow, CallRow, RecordingRow, TranscriptRow
from qa.types import (
    Grade,
    GroupScore,
    Match,
    Outcome,
    Role,
    Scorecard,
    ScoreLine,
    Span,
    Verdict,
)
from tests.support.call_folders import open_store, settings_for

NOW = datetime(2025, 11, 20, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# rule id: grade, whether it fails the call, points
RULES = {
    "FP01": (Grade.FINE, True, 30),
    "IP01": (Grade.FINE, False, 20),
    "CL01": (Grade.SCORE, False, 10),
    "ID01": (Grade.SCORE, True, 5),
    "SP01": (Grade.HINT, False, 0),
    "PR01": (Grade.HINT, False, 0),
}
AGENTS = {"108": "一组", "136": "二组", "169": "二组", "200": None}
PEOPLE = {
    "amy": ("agent", "108", ()),
    "sun": ("agent", "136", ()),
    "lead1": ("lead", None, ("一组",)),
    "lead2": ("lead", "169", ("二组",)),
    "lead3": ("lead", None, ("一组", "二组")),
    "head": ("head", None, ()),
    "head2": ("head", None, ()),
    "admin": ("admin", None, ()),
}


def line(rule_id: str, outcome: Outcome, *, at_ms: int = 1000) -> ScoreLine:
    """A line as scoring lays it out; `at_ms` is where its evidence lies."""
    grade, critical, points = RULES[rule_id]
    match = Match(0, Role.AGENT, Span(at_ms, at_ms + 500), "保证", "保证", 0.9)
    verdict = Verdict(outcome, "phrase_found", matches=(match,))
    costs = outcome is Outcome.VIOLATED and grade is not Grade.HINT
    return ScoreLine(rule_id, rule_id, "all", grade, critical, verdict, points if costs else 0)


def card(call_id: str, marks: str, *, version: str = "v1", at_ms: int = 1000) -> Scorecard:
    """A scorecard from marks such as `IP01 ?CL01 +PR01`: violated, undecided, met; others n/a.

    Args:
        version: a card of another version is judged on another context.
    """
    found = {}
    for mark in marks.split():
        outcome = {"?": Outcome.UNDECIDED, "+": Outcome.MET}.get(mark[0], Outcome.VIOLATED)
        found[mark.lstrip("?+")] = outcome
    lines = tuple(
        line(rule_id, found.get(rule_id, Outcome.NOT_APPLICABLE), at_ms=at_ms) for rule_id in RULES
    )
    failed = any(one.critical and one.verdict.outcome is Outcome.VIOLATED for one in lines)
    total = max(0, FULL_POINTS - sum(one.points for one in lines))
    return Scorecard(
        call_id=call_id,
        transcript_key=f"r-{call_id}:e",
        context=version,
        ruleset_id="heating-repair",
        ruleset_hash="f" * 64,
        total=0 if failed else total,
        critical_failure=failed,
        groups=(GroupScore("all", "全部", sum(one.points for one in lines), 0, 0, "All"),),
        lines=lines,
    )


@dataclass(frozen=True)
class House:
    """The open store and its people by login."""

    store: Store
    people: dict[str, User]

    def add_call(
        self, call_id: str, agent_id: str | None, started_at: datetime | None = NOW
    ) -> None:
        """Put a call with recording and transcript into the tables, not judged yet."""
        recording = {"recording_id": f"r-{call_id}", "size_bytes": 1, "first_seen_at": NOW}
        with self.store.writing() as session:
            session.execute(insert(RecordingRow).values(**recording, duration_ms=60_000))
            session.execute(
                insert(TranscriptRow).values(
                    transcript_key=f"r-{call_id}:e",
                    recording_id=f"r-{call_id}",
                    engine="e",
                    created_at=NOW,
                    is_current=True,
                    blob=b"",
                )
            )
            session.execute(
                insert(CallRow).values(
                    call_id=call_id,
                    recording_id=f"r-{call_id}",
                    has_metadata=True,
                    started_at=started_at,
                    agent_id=agent_id,
                    context="v1",
                )
            )

    def judge(self, *cards: Scorecard, now: datetime = NOW) -> None:
        """Publish scorecards."""
        with self.store.writing() as session:
            publish(session, cards, now)

    def judged(
        self, call_id: str, agent_id: str | None, marks: str, started_at: datetime | None = NOW
    ) -> None:
        """Add a call and publish its first scorecard."""
        self.add_call(call_id, agent_id, started_at)
        self.judge(card(call_id, marks))

    def move(self, agent_id: str, team: str | None) -> None:
        """Put an agent into another team."""
        with self.store.writing() as session:
            own = AgentRow.agent_id == agent_id
            session.execute(update(AgentRow).where(own).values(team=team))
            teams_changed(session, [agent_id])


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Open a call centre with people and no calls."""
    with open_store(settings_for(folder)) as store:
        with store.writing() as session:
            put_rulesets(session, [RulesetRecord("f" * 64, "heating-repair", "规则")], NOW)
            for agent_id, team in AGENTS.items():
                session.execute(insert(AgentRow).values(agent_id=agent_id, team=team))
            people = {}
            for login, (role, agent_id, teams) in PEOPLE.items():
                draft = UserDraft(login, login, UserRole(role), agent_id, teams)
                people[login] = accounts.add_user(
                    session, draft, password_hash=None, actor=None, now=NOW
                )
        yield House(store, people)
