"""Label sets: drawn, labelled blind, handed in, and only then seen and counted."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from qa.errors import NotFoundError
from qa.records import Scope, UserRole
from qa.refusals import InvalidRequestError, NotAllowedError, TransitionError
from qa.review.backtest import Origin
from qa.store.agreement import agreement_of
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.blind import closed_calls
from qa.store.consistency import calls_by_agent, main_ruleset
from qa.store.label_sets import (
    LabelSet,
    SetDraft,
    SetKind,
    find_task,
    list_sets,
    make_set,
    tasks_of,
)
from qa.store.labels import FileLabel, add_labels, close_set, hand_in, put_labels
from qa.store.tables import CallRow
from qa.store.team_figures import Selection
from qa.store.truths import calls_in_scope, chance_calls, load_truths
from qa.types import Outcome
from tests.support.people import person
from tests.support.review_store import CALLS, NOW, Review, review_store

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED
RULES = ("FP01", "IP01")


@pytest.fixture
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    with review_store(tmp_path_factory.mktemp("labels")) as review:
        yield review


@pytest.fixture
def head(review: Review):  # type: ignore[no-untyped-def]
    return person(review.store, UserRole.HEAD)


@pytest.fixture
def leads(review: Review):  # type: ignore[no-untyped-def]
    return [person(review.store, UserRole.LEAD, teams=("一组",)) for _ in range(2)]


def drawn(review: Review, head, people, kind=SetKind.CALIBRATION, **given) -> LabelSet:  # type: ignore[no-untyped-def]
    values = {"size": 4, "seed": "s", "rules": RULES, **given}
    draft = SetDraft(
        kind,
        "十一月校准",
        "heating-repair",
        "f" * 64,
        people=tuple(one.user_id for one in people),
        **values,
    )
    with review.store.writing() as session:
        return make_set(session, head, draft, NOW)


def label_all(review: Review, user, found: LabelSet, outcomes) -> None:  # type: ignore[no-untyped-def]
    with review.store.writing() as session:
        for task in tasks_of(session, found.set_id, user.user_id):
            given = {rule: (outcome, "") for rule, outcome in outcomes.items()}
            put_labels(session, user, (found.set_id, task.position), given, NOW)


def test_everybody_gets_the_same_calls_and_sees_nothing_before_the_end(  # type: ignore[no-untyped-def]
    review: Review, head, leads
) -> None:
    found = drawn(review, head, leads)
    store, (first, second) = review.store, leads
    assert (found.calls, found.is_open, sum(found.strata.values())) == (4, True, len(CALLS))
    with store.reading() as session:
        assert tasks_of(session, found.set_id, first.user_id) == tasks_of(
            session, found.set_id, second.user_id
        )
        call_id = tasks_of(session, found.set_id, first.user_id)[0].call_id
        assert call_id in closed_calls(session, first.user_id)
        assert call_id not in closed_calls(session, head.user_id)
    with store.writing() as session:
        own = session.get_one(CallRow, call_id)
        names = {"call_id": "earlier-id", "replaced_by": call_id, "context": own.context}
        session.add(CallRow(**names, recording_id=own.recording_id, has_metadata=False))
    with store.reading() as session:
        assert "earlier-id" in closed_calls(session, first.user_id), (
            "another name for the same sound"
        )
        with pytest.raises(TransitionError):
            agreement_of(session, found.set_id)
    label_all(review, first, found, {"FP01": MET, "IP01": VIOLATED})
    with store.writing() as session:
        hand_in(session, first, found.set_id, NOW)
    with store.reading() as session:
        with pytest.raises(TransitionError):  # the other one has not
            agreement_of(session, found.set_id)
        assert load_truths(session, "heating-repair") == {}
    label_all(review, second, found, {"FP01": MET, "IP01": MET})
    with store.writing() as session:
        assert not hand_in(session, second, found.set_id, NOW).is_open
    with store.reading() as session:
        result = agreement_of(session, found.set_id)
        truths = load_truths(session, "heating-repair")
        assert call_id not in closed_calls(session, first.user_id)
    assert result.together is not None
    assert result.together.share == 0.5
    assert len(result.differing) == 4
    assert {one.rule_id for one in result.differing} == {"IP01"}
    assert truths[call_id, "FP01"].outcome is MET
    assert truths[call_id, "IP01"].outcome is Outcome.UNDECIDED  # one against one


def test_handed_in_is_handed_in(review: Review, head, leads) -> None:  # type: ignore[no-untyped-def]
    found = drawn(review, head, leads)
    first = leads[0]
    with review.store.writing() as session, pytest.raises(InvalidRequestError):
        hand_in(session, first, found.set_id, NOW)
    label_all(review, first, found, dict.fromkeys(RULES, MET))
    label_all(review, first, found, {"FP01": VIOLATED})  # another mind, before the end
    with review.store.writing() as session:
        hand_in(session, first, found.set_id, NOW)
    with review.store.writing() as session:
        with pytest.raises(TransitionError):
            put_labels(session, first, (found.set_id, 1), {"FP01": (MET, "")}, NOW)
        with pytest.raises(TransitionError):
            hand_in(session, first, found.set_id, NOW)
    with review.store.writing() as session:
        close_set(session, head, found.set_id, NOW)
    with review.store.writing() as session, pytest.raises(TransitionError):
        close_set(session, head, found.set_id, NOW)
    with review.store.reading() as session:
        truths = load_truths(session, "heating-repair")
        actions = [one.action for one in list_entries(session, AuditFilter(), limit=50)]
    assert {one.outcome for (_, rule), one in truths.items() if rule == "FP01"} == {VIOLATED}
    assert {"labels.draw", "labels.hand_in", "labels.close"} <= set(actions)


def test_a_sample_is_shared_out_and_keeps_its_strata(review: Review, head, leads) -> None:  # type: ignore[no-untyped-def]
    found = drawn(review, head, leads, SetKind.SAMPLE, size=6, twice=0.0)
    assert found.strata == {"flagged": 2, "undecided": 1, "clean": 3}
    with review.store.reading() as session:
        own = [tasks_of(session, found.set_id, one.user_id) for one in leads]
    assert [len(tasks) for tasks in own] == [3, 3]
    label_all(review, leads[0], found, dict.fromkeys(RULES, MET))
    with review.store.writing() as session:
        close_set(session, head, found.set_id, NOW)
    with review.store.reading() as session:
        truths = load_truths(session, "heating-repair")
    assert len(truths) == 3 * len(RULES)
    assert {one.origin for one in truths.values()} == {Origin.SAMPLE}
    assert all(one.stratum.startswith(f"{found.set_id}:") for one in truths.values())


def test_nobody_labels_their_own_calls_or_those_of_others(  # type: ignore[no-untyped-def]
    review: Review, head, leads
) -> None:
    own = person(review.store, UserRole.LEAD, teams=("一组",), agent_id="136")
    found = drawn(review, head, [own, leads[0]], size=6)
    assert found.calls == 4  # two of the six are of agent 136
    with review.store.reading() as session, pytest.raises(NotFoundError):
        find_task(session, leads[1], found.set_id, 1)
    with review.store.writing() as session, pytest.raises(NotFoundError):
        put_labels(session, leads[1], (found.set_id, 1), {"FP01": (MET, "")}, NOW)
    with review.store.writing() as session, pytest.raises(InvalidRequestError):
        put_labels(session, own, (found.set_id, 1), {"CL01": (MET, "")}, NOW)


def test_who_may_draw_and_what(review: Review, head, leads) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotAllowedError):
        drawn(review, leads[0], leads)
    agent = person(review.store, UserRole.AGENT, agent_id="108")
    for people, given in (
        ([agent], {}),
        ([], {}),
        (leads, {"rules": ()}),
        (leads, {"since": NOW + timedelta(days=900)}),
    ):
        with pytest.raises(InvalidRequestError):
            drawn(review, head, people, **given)
    with review.store.writing() as session, pytest.raises(NotAllowedError):
        close_set(session, leads[0], 1, NOW)


def test_labels_of_a_file_count_at_once(review: Review, head) -> None:  # type: ignore[no-untyped-def]
    draft = SetDraft(SetKind.FILE, "旧标注", "heating-repair", "f" * 64, ("FP01",), (), 2, "")
    labels = [FileLabel("clean", "FP01", VIOLATED), FileLabel("none", "FP01", MET)]
    with review.store.writing() as session:
        found, missing = add_labels(session, head, draft, labels, NOW)
    assert (found.is_open, missing) == (False, 1)
    with review.store.reading() as session:
        (truth,) = load_truths(session, "heating-repair").values()
        assert [one.set_id for one in list_sets(session)] == [found.set_id]
    assert (truth.call_id, truth.outcome, truth.origin) == ("clean", VIOLATED, Origin.FILE)


def test_scopes_and_chance(review: Review) -> None:
    with review.store.reading() as session:
        everything = calls_in_scope(session, Scope(everything=True), list(CALLS))
        team = calls_in_scope(session, Scope(teams=frozenset({"一组"})), list(CALLS))
        some = chance_calls(session, "heating-repair", 3)
        assert chance_calls(session, "heating-repair", 3) == some
        assert chance_calls(session, "other", 3) == []
    assert everything == set(CALLS)
    assert team == {"clean", "open"}
    assert len(some) == 3


def test_repeat_callers_are_found_across_agents(review: Review) -> None:
    wanted = Selection(Scope(everything=True), NOW - timedelta(days=30), NOW + timedelta(days=30))
    with review.store.reading() as session:
        assert main_ruleset(session, wanted) == "heating-repair"
        agents = calls_by_agent(session, wanted, repeat_days=90)
        near = calls_by_agent(session, wanted, repeat_days=1)
    calls = [call for one in agents for call in one.calls]
    # All six have one number; only the first of them, whoever took it, was new.
    assert sorted(call.is_repeat is True for call in calls) == [False] + [True] * 5
    assert all(call.is_sampled is False for call in calls)
    assert sum(call.is_repeat is True for one in near for call in one.calls) == 5
