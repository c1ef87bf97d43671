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
from qa.review.promises import Fate, PromiseState, TicketTimes, Unclear, fate_of
from qa.store import promise_pages
from qa.store.promise_rulings import PromisePlace, rule_promise
from qa.store.promises import PromiseFilter, PromiseLine, list_promises
from qa.store.queries import call_detail
from qa.store.scorecards import publish
from qa.store.store import Store
from qa.types import Match, Promise, Role, Scorecard, Span
from tests.support.call_folders import (
    hear_all,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    settled,
)
from tests.support.people import person

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


def test_a_ticket_that_never_came_tells_nothing_once_it_is_due(
    store: Store, tmp_path: Path
) -> None:
    """The calls name T0 and T1; of neither has any table said anything."""
    late = DUE + timedelta(hours=1)
    assert states(store) == [("A0", "open", False), ("A1", "open", False), ("A0", "unknown", False)]
    assert states(store, late) == [
        ("A0", "unknown", False),
        ("A1", "open", False),
        ("A0", "unknown", False),
    ]
    first, second, undated = listed(store, late)
    assert (first.unclear, second.unclear) == (Unclear.NO_TICKET, None)
    assert undated.unclear is Unclear.NO_TIME
    assert listed(store, late, overdue=True) == []
    assert listed(store, late, unclear=Unclear.NO_TICKET) == [first]
    tickets(store, tmp_path, "T0,")
    assert states(store, late)[0] == ("A0", "open", True), "a ticket that is there, and open"


def test_a_person_may_say_what_no_ticket_tells(store: Store) -> None:
    late = DUE + timedelta(hours=1)
    lead = person(store, UserRole.HEAD)
    first = listed(store, late)[0]
    place = PromisePlace(first.call_id, first.rule_id, first.start_ms, first.end_ms)
    with store.writing() as session:
        rule_promise(session, lead, place, (PromiseState.UNKNOWN, "住户也记不清"), now=late)
    again = listed(store, late)[0]
    assert (again.state, again.unclear) == (PromiseState.UNKNOWN, None), "it is not the ticket now"


def test_pages_hold_every_promise_once_and_counts_agree(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(store, "A2", DUE, DUE + timedelta(days=2))
    late = DUE + timedelta(hours=1)
    for at_once, looked_at in ((100, 500), (1, 500), (2, 1)):
        monkeypatch.setattr(promise_pages, "_AT_ONCE", at_once)
        monkeypatch.setattr(promise_pages, "LOOKED_AT", looked_at)
        for wanted in (
            PromiseFilter(),
            PromiseFilter(state=PromiseState.OPEN),
            PromiseFilter(unclear=Unclear.NO_TICKET),
            PromiseFilter(overdue=True),
        ):
            assert by_pages(store, wanted, late) == placed(listed(store, late, **plain(wanted)))
    monkeypatch.setattr(promise_pages, "LOOKED_AT", 500)
    with store.reading() as session:
        counts = promise_pages.promise_counts(session, PromiseFilter(), store.zone, late)
    states_now = [line.state.value for line in listed(store, late)]
    assert counts.is_whole and counts.by_state["all"] == len(states_now) == 5
    for name in ("open", "unknown"):
        assert counts.by_state[name] == states_now.count(name)
    assert counts.by_state["no_ticket"] == 2
    monkeypatch.setattr(promise_pages, "LOOKED_AT", 2)
    with store.reading() as session:
        counts = promise_pages.promise_counts(session, PromiseFilter(), store.zone, late)
    assert not counts.is_whole and counts.by_state["all"] < 5, "at least so many"


def plain(wanted: PromiseFilter) -> dict[str, object]:
    return {"state": wanted.state, "unclear": wanted.unclear, "overdue": wanted.overdue}


def placed(lines: list[PromiseLine]) -> list[tuple[str, int]]:
    return sorted((line.call_id, line.start_ms) for line in lines)


def by_pages(store: Store, wanted: PromiseFilter, now: datetime) -> list[tuple[str, int]]:
    """Go through the pages to the end; newest calls first."""
    lines: list[PromiseLine] = []
    after = None
    for _ in range(20):
        with store.reading() as session:
            found = promise_pages.promise_page(
                session, wanted, store.zone, now, after=after, limit=1
            )
        lines += found.lines
        after = found.after
        if after is None:
            break
    assert after is None
    times = [line.started_at for line in lines]
    assert times == sorted(times, reverse=True)
    return placed(lines)


def test_a_later_ticket_marks_a_promise_kept_or_broken(store: Store, tmp_path: Path) -> None:
    assert states(store) == [("A0", "open", False), ("A1", "open", False), ("A0", "unknown", False)]
    late = DUE + timedelta(hours=1)
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
    found = fate_of(quote, DUE, ticket)
    assert found.state.value == expected
    assert found.why is (Unclear.NOT_TOLD if expected == "unknown" else None)
    assert fate_of(quote, DUE, None) == Fate(PromiseState.UNKNOWN, Unclear.NO_TICKET)
    assert fate_of(quote, DUE, None, awaited=True) == Fate(PromiseState.OPEN)
    assert fate_of(quote, None, ticket).why is Unclear.NO_TIME


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
