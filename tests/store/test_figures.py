"""What is missed most, praise, appeals: as far as it still counts, within scope and days."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from qa.records import FlagAction, Scope
from qa.store.appeals import submit_appeal
from qa.store.figures import appeals_about, missed_rules, praised_calls, review_minutes
from qa.store.reviews import decide_flag, release_call, review_of
from qa.store.team_figures import Selection
from qa.types import Outcome
from tests.support.call_folders import open_store, settings_for
from tests.support.review_house import DAY, NOW, House, house

EVERYTHING = Scope(everything=True)
__all__ = ["open_store", "settings_for"]  # their names run this module on both databases


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as centre:
        for n, marks in enumerate(("CL01 IP01", "CL01 +PR01", "CL01", "?CL01", "IP01")):
            centre.judged(f"a{n}", "108", marks, NOW - n * DAY)
        centre.judged("b0", "136", "CL01 ID01", NOW)
        yield centre


def of(agent_id: str | None = None, scope: Scope = EVERYTHING, days: int = 30) -> Selection:
    return Selection(scope, NOW - days * DAY, NOW + DAY, agent_id=agent_id)


def decide(centre: House, call_id: str, rule_id: str, hours: int = 1) -> None:
    then = NOW + timedelta(hours=hours)
    with centre.store.writing() as session:
        number = review_of(session, EVERYTHING, call_id, then).current_id
        args = (call_id, number, rule_id, FlagAction.REJECT)
        decide_flag(session, centre.people["lead3"], *args, reason="说了", now=then)


def test_what_a_person_rejected_is_not_missed(centre: House) -> None:
    decide(centre, "a0", "CL01")
    with centre.store.reading() as session:
        missed = missed_rules(session, of("108"))
        assert [(one.rule_id, one.times, one.points) for one in missed] == [
            ("IP01", 2, 40), ("CL01", 2, 20)
        ]  # fmt: skip
        (example, _) = missed[1].examples
        assert (example.call_id, example.start_ms, example.end_ms) == ("a1", 1000, 1500)
        assert [one.rule_id for one in missed_rules(session, of("108"), limit=1)] == ["IP01"]
        assert [len(one.examples) for one in missed_rules(session, of("108"), examples=1)] == [1, 1]


def test_few_calls_show_all_that_is_missed(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        for n, marks in enumerate(("CL01", "IP01", "ID01", "CL01 IP01 ID01", "CL01 IP01")):
            centre.judged(f"a{n}", "108", marks, NOW - n * DAY)
        with centre.store.reading() as session:
            once = missed_rules(session, of("108"), examples=1)
            twice = missed_rules(session, of("108"), examples=2)
        assert {place.call_id for one in once for place in one.examples} == {"a3"}
        shown = {one.rule_id: [place.call_id for place in one.examples] for one in twice}
        assert shown == {"CL01": ["a3", "a4"], "IP01": ["a3", "a4"], "ID01": ["a2", "a3"]}


def test_a_flag_that_was_changed_to_met_is_not_missed(centre: House) -> None:
    with centre.store.writing() as session:
        number = review_of(session, EVERYTHING, "b0", NOW).current_id
        args = ("b0", number, "ID01", FlagAction.CHANGE)
        head = centre.people["head"]
        decide_flag(session, head, *args, outcome=Outcome.MET, reason="报了工号", now=NOW)
    with centre.store.reading() as session:
        assert [one.rule_id for one in missed_rules(session, of("136"))] == ["CL01"]


def test_scope_and_days_bound_everything(centre: House) -> None:
    with centre.store.reading() as session:
        assert missed_rules(session, of("108", Scope(agent_id="136"))) == []
        assert missed_rules(session, of("108", Scope(teams=frozenset({"二组"})))) == []
        recent = missed_rules(session, of("108", days=0))
        assert {one.rule_id: one.times for one in recent} == {"CL01": 1, "IP01": 1}
        assert praised_calls(session, of("136")) == []


def test_calls_with_praise_are_listed_newest_first_within_the_scope(centre: House) -> None:
    with centre.store.reading() as session:
        assert praised_calls(session, of("108")) == ["a1"]
        assert praised_calls(session, of("108", Scope(teams=frozenset({"二组"})))) == []


def test_appeals_and_the_time_that_calls_wait(centre: House) -> None:
    with centre.store.reading() as session:
        assert review_minutes(session, of()) is None
    decide(centre, "a0", "CL01", hours=1)
    decide(centre, "a0", "IP01", hours=50)  # the first decision on a call counts
    decide(centre, "b0", "CL01", hours=3)
    with centre.store.writing() as session:
        number = review_of(session, EVERYTHING, "a0", NOW).current_id
        release_call(session, centre.people["lead3"], "a0", number, now=NOW)
        submit_appeal(session, centre.people["amy"], "a0", None, "整通都不对", now=NOW)
    with centre.store.reading() as session:
        assert review_minutes(session, of()) == pytest.approx(120)
        assert [one.call_id for one in appeals_about(session, of("108"))] == ["a0"]
        assert appeals_about(session, of("136")) == []
