"""Promises follow the published scorecard, and tickets tell what became of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qa.batch.judging import score_pending
from qa.batch.runner import ingest_folder
from qa.config import Settings
from qa.errors import NotFoundError
from qa.records import User, UserRole
from qa.refusals import InvalidRequestError, NotAllowedError
from qa.review.promises import PromiseState, TicketTimes, state_of
from qa.store.promise_rulings import PromisePlace, rule_promise
from qa.store.promises import PromiseFilter, PromiseLine, list_promises
from qa.store.queries import call_detail
from qa.store.scorecards import publish
from qa.store.store import Store
from qa.types import Match, Promise, Role, Scorecard, Span
from tests.call_folders import hear_all, make_folder, open_store, rows_of, settings_for, settled
from tests.people import person

DUE = datetime(2025, 11, 18, 10, 0, tzinfo=UTC)
NOW = datetime(2025, 11, 18, 9, 0, tzinfo=UTC)
WORDS = "今天下午六点前给您修好"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def store(tmp_path: Path, settings: Settings) -> Iterator[Store]:
    """Three judged calls with ticket numbers; the first two promise something."""
    with open_store(settings) as store:
        ingest_folder(store, make_folder(tmp_path / "in", 3))
        hear_all(store)
        score_pending(store, settings)
        promise(store, "A0", DUE, None)
        promise(store, "A1", DUE + timedelta(days=1))
        yield store


def card_of(store: Store, call_id: str) -> Scorecard:
    with store.reading() as session:
        card = call_detail(session, call_id, store.zone).scorecard
    assert card is not None
    return card


def promise(store: Store, call_id: str, *dues: datetime | None) -> None:
    """Publish the call's card again with promises, as if under a later ruleset."""
    card = card_of(store, call_id)
    promises = tuple(
        Promise(Match(0, Role.AGENT, Span(n * 100, n * 100 + 50), WORDS, WORDS, 1.0), due)
        for n, due in enumerate(dues)
    )
    line = replace(card.lines[-1], verdict=replace(card.lines[-1].verdict, promises=promises))
    other = replace(card, lines=(*card.lines[:-1], line), context=f"{card.context[:40]}{len(dues)}")
    with store.writing() as session:
        publish(session, [other], NOW)


def listed(store: Store, now: datetime = NOW, **wanted: object) -> list[PromiseLine]:
    with store.reading() as session:
        chosen = PromiseFilter(**wanted)  # type: ignore[arg-type]
        return list(list_promises(session, chosen, store.zone, now))


def tickets(store: Store, tmp_path: Path, *rows: str) -> None:
    settled(tmp_path / "in" / "tickets.csv", "\n".join(("ticket_id,completed_at", *rows)) + "\n")
    ingest_folder(store, tmp_path / "in")


def states(store: Store, now: datetime = NOW) -> list[tuple[str, str, bool]]:
    return [(p.call_id, p.state.value, p.overdue) for p in listed(store, now)]


def test_promises_are_listed_by_due_time_with_their_words(store: Store) -> None:
    first, second, undated = listed(store)
    assert (first.call_id, first.quote, first.due) == ("A0", WORDS, DUE)
    assert first.due is not None
    assert first.due.utcoffset() == timedelta(hours=8)
    assert (second.call_id, undated.due, undated.state) == ("A1", None, PromiseState.UNKNOWN)
    assert undated.start_ms == 100
    assert [p.call_id for p in listed(store, agent_id="108")] == ["A0", "A1", "A0"]
    assert listed(store, agent_id="109") == []
    assert [p.call_id for p in listed(store, state=PromiseState.UNKNOWN)] == ["A0"]
    assert listed(store, until=datetime(2025, 11, 18, 1, 0, tzinfo=UTC)) == []
    assert len(rows_of(store, "SELECT 1 FROM promises")) == 3


def test_a_later_ticket_marks_a_promise_kept_or_broken(store: Store, tmp_path: Path) -> None:
    assert states(store) == [("A0", "open", False), ("A1", "open", False), ("A0", "unknown", False)]
    late = DUE + timedelta(hours=1)
    assert states(store, late)[0] == ("A0", "open", True)
    scorecards = rows_of(store, "SELECT count(*) FROM scorecards")
    tickets(store, tmp_path, "T0,2025-11-18 18:00", "T1,2025-11-20 09:00")
    assert states(store, late)[:2] == [("A0", "kept", False), ("A1", "broken", False)]
    tickets(store, tmp_path, "T0,2025-11-18 18:00:01")
    assert states(store, late)[0] == ("A0", "broken", False)
    tickets(store, tmp_path, "T0,")
    assert states(store, late)[0] == ("A0", "open", True)
    assert rows_of(store, "SELECT count(*) FROM scorecards") == scorecards


def test_a_call_without_a_ticket_tells_nothing(store: Store, tmp_path: Path) -> None:
    text = (tmp_path / "in" / "calls.csv").read_text("utf-8")
    settled(tmp_path / "in" / "calls.csv", text.replace(",T0", ","))
    ingest_folder(store, tmp_path / "in")
    assert {p.state for p in listed(store) if p.call_id == "A0"} == {PromiseState.UNKNOWN}


def test_promises_of_superseded_scorecards_are_not_listed(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    ingest_folder(store, tmp_path / "in")  # renews the contexts that `promise` made up
    assert score_pending(store, settings).scored == 2
    assert listed(store) == []
    assert len(rows_of(store, "SELECT 1 FROM promises")) == 3


@pytest.mark.parametrize(
    ("quote", "times", "expected"),
    [
        ("一个小时内到您家", {"completed_at": 1}, "unknown"),
        ("一个小时内到您家", {"completed_at": -1}, "kept"),
        ("一个小时内到您家", {"arrived_at": 1, "completed_at": 2}, "broken"),
        ("一个小时内到您家", {"arrived_at": -1, "completed_at": 2}, "kept"),
        ("一个小时内到您家", {}, "open"),
        ("半小时内跟您联系", {"contacted_at": 0, "completed_at": 9}, "kept"),
        ("半小时内跟您联系", {"contacted_at": 1, "completed_at": 9}, "broken"),
        ("半小时内跟您联系", {"arrived_at": -1, "completed_at": 9}, "kept"),
        ("师傅两小时内上门，今天修好", {"arrived_at": -1, "completed_at": 1}, "broken"),
        ("明天给您安排", {"completed_at": 1}, "unknown"),
        ("明天给您安排", {"completed_at": -1}, "kept"),
    ],
)
def test_a_promise_is_held_against_the_time_that_it_is_about(
    quote: str, times: dict[str, int], expected: str
) -> None:
    ticket = TicketTimes(**{name: DUE + timedelta(hours=h) for name, h in times.items()})
    assert state_of(quote, DUE, ticket).value == expected
    assert state_of(quote, DUE, None) is state_of(quote, None, ticket) is PromiseState.UNKNOWN


def test_a_person_overrules_with_a_reason_and_takes_it_back(store: Store) -> None:
    head, agent = person(store, UserRole.HEAD), person(store, UserRole.AGENT, agent_id="108")
    place = PromisePlace("A0", listed(store)[0].rule_id, 0, 50)

    def rule(user: User, state: PromiseState | None, reason: str, at: PromisePlace = place) -> None:
        with store.writing() as session:
            rule_promise(session, user, at, (state, reason), now=NOW)

    with pytest.raises(InvalidRequestError):
        rule(head, PromiseState.BROKEN, "  ")
    with pytest.raises(NotAllowedError):
        rule(agent, PromiseState.KEPT, "mine")
    with pytest.raises(NotFoundError):
        rule(head, PromiseState.KEPT, "where", replace(place, start_ms=7))
    rule(head, PromiseState.BROKEN, "the customer rang again")
    first = listed(store)[0]
    assert (first.state, first.by_ticket) == (PromiseState.BROKEN, PromiseState.OPEN)
    assert [p.call_id for p in listed(store, state=PromiseState.BROKEN)] == ["A0"]
    assert (first.rulings[0].reason, first.rulings[0].ruled_by) == (
        "the customer rang again",
        head.user_id,
    )
    rule(head, None, "wrong ticket")
    again = listed(store)[0]
    assert again.state is PromiseState.OPEN and len(again.rulings) == 2
    actions = rows_of(store, "SELECT action FROM audit_log WHERE action = 'promise.rule'")
    assert len(actions) == 2
