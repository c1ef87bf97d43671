"""What labels tell of a rule: known figures, coverage by simulation, and what cannot be told."""

import random
from collections.abc import Iterator

import pytest

from qa.review.backtest import Found, Origin, Pair, Truth, curve, parity, prove
from qa.review.exact import exact_share
from qa.review.gate import Demands, Standing, judge_gate, labels_needed, standing_of
from qa.review.labelling import Stratum, allot, draw_calls, share_out, together
from qa.types import Grade, Outcome

MET, VIOLATED, UNDECIDED = Outcome.MET, Outcome.VIOLATED, Outcome.UNDECIDED


def pairs(
    count: int,
    true: Outcome,
    found: Outcome,
    *,
    stratum: str = "",
    origin: Origin = Origin.REVIEW,
    agent: str = "108",
) -> list[Pair]:
    return [
        Pair(Truth(f"{true}{found}{n}", "FP01", true, origin, stratum), Found(found), agent)
        for n in range(count)
    ]


def test_precision_is_of_flags_and_recall_is_not_told_by_reviews() -> None:
    proof = prove("FP01", Grade.FINE, pairs(45, VIOLATED, VIOLATED) + pairs(5, MET, VIOLATED), {})
    assert proof.precision == exact_share(45, 50)
    assert proof.recall is None
    assert proof.labels == 50
    assert not proof.is_few


def test_who_cannot_tell_counts_for_nothing() -> None:
    proof = prove("FP01", Grade.FINE, pairs(3, UNDECIDED, VIOLATED), {})
    assert (proof.labels, proof.cannot_tell, proof.precision) == (0, 3, None)


def test_recall_weighs_what_was_drawn() -> None:
    labels = [
        *pairs(18, VIOLATED, VIOLATED, stratum="flagged", origin=Origin.SAMPLE),
        *pairs(2, MET, VIOLATED, stratum="flagged", origin=Origin.SAMPLE),
        *pairs(1, VIOLATED, MET, stratum="clean", origin=Origin.SAMPLE),
        *pairs(49, MET, MET, stratum="clean", origin=Origin.SAMPLE),
    ]
    proof = prove("FP01", Grade.FINE, labels, {"flagged": 40, "undecided": 0, "clean": 500})
    assert proof.recall is not None
    # 40 x 18/20 = 36 found; 500 x 1/50 = 10 missed.
    assert proof.recall.value == pytest.approx(36 / 46)
    assert proof.recall.by_chance
    assert proof.recall.low < 36 / 46 < proof.recall.high
    assert proof.recall.low < 0.5  # one miss among fifty may stand for many


def test_a_stratum_without_labels_leaves_recall_open() -> None:
    labels = pairs(9, VIOLATED, VIOLATED, stratum="flagged", origin=Origin.SAMPLE)
    proof = prove("FP01", Grade.FINE, labels, {"flagged": 40, "clean": 500})
    assert proof.recall is not None
    assert (proof.recall.value, proof.recall.reason) == (None, "empty_stratum")
    assert (proof.recall.low < 0.1, proof.recall.high) == (True, 1.0)


def test_what_is_left_to_people_is_no_miss_of_theirs() -> None:
    labels = [
        *pairs(10, VIOLATED, VIOLATED, origin=Origin.FILE),
        *pairs(10, VIOLATED, UNDECIDED, origin=Origin.FILE),
        *pairs(10, MET, MET, origin=Origin.FILE),
    ]
    proof = prove("FP01", Grade.FINE, labels, {})
    assert proof.recall is not None and proof.handed_on is not None
    assert (proof.recall.value, proof.handed_on.value) == (0.5, 1.0)
    assert proof.undecided == (10, 10)
    assert not proof.recall.by_chance


def test_the_interval_of_recall_covers_the_truth() -> None:
    """Draw labels again and again from a centre whose recall is known: 100 labels, rare misses."""
    chance = random.Random(5)
    populations = {"flagged": 60, "undecided": 40, "clean": 900}
    strata = {
        "flagged": [(VIOLATED, VIOLATED)] * 50 + [(MET, VIOLATED)] * 10,
        "undecided": [(VIOLATED, UNDECIDED)] * 10 + [(MET, UNDECIDED)] * 30,
        "clean": [(VIOLATED, MET)] * 20 + [(MET, MET)] * 880,
    }
    covered, runs = 0, 300
    for _ in range(runs):
        labels = []
        for name, size in (("flagged", 40), ("undecided", 20), ("clean", 40)):
            for number, (true, found) in enumerate(chance.sample(strata[name], size)):
                truth = Truth(f"{name}{number}", "FP01", true, Origin.SAMPLE, name)
                labels.append(Pair(truth, Found(found)))
        recall = prove("FP01", Grade.FINE, labels, populations).recall
        assert recall is not None
        covered += recall.low <= 50 / 80 <= recall.high
    assert covered / runs >= 0.95


def test_a_curve_shows_the_trade() -> None:
    strong = [0.95, 0.9, 0.85, 0.6]
    weak = [0.8, 0.5, 0.4, 0.3]
    labels = [
        Pair(Truth(f"{n}{true}", "FP01", true, Origin.FILE), Found(VIOLATED, strength))
        for true, strengths in ((VIOLATED, strong), (MET, weak))
        for n, strength in enumerate(strengths)
    ]
    points = curve(labels)
    assert [point.threshold for point in points] == sorted([*strong, *weak])
    assert (points[0].precision, points[0].recall) == (0.5, 1.0)
    at_85 = next(point for point in points if point.threshold == 0.85)
    assert (at_85.precision, at_85.recall) == (1.0, 0.75)
    assert curve(pairs(9, VIOLATED, VIOLATED)) == ()


def test_false_alarms_on_one_agent_show() -> None:
    labels = [
        *pairs(10, MET, VIOLATED, agent="305"),
        *pairs(2, VIOLATED, VIOLATED, agent="305"),
        *pairs(30, VIOLATED, VIOLATED, agent="108"),
        *pairs(30, VIOLATED, VIOLATED, agent="417"),
        *pairs(2, MET, VIOLATED, agent="136"),
    ]
    found = parity(labels)
    by_agent = {one.agent_id: one for one in found.agents}
    assert found.chance is not None and found.chance < 0.01
    assert by_agent["305"].chance is not None and by_agent["305"].chance < 0.001
    assert by_agent["136"].chance is None  # two flags say nothing of anybody
    assert (by_agent["108"].wrong.value, by_agent["108"].wrong.whole) == (0.0, 30)


def test_even_false_alarms_are_no_finding() -> None:
    labels = [
        pair
        for agent in ("108", "305", "417")
        for pair in (
            *pairs(2, MET, VIOLATED, agent=agent),
            *pairs(8, VIOLATED, VIOLATED, agent=agent),
        )
    ]
    found = parity(labels)
    assert found.chance == 1.0
    assert all(one.chance == 1.0 for one in found.agents)
    assert parity([]).chance is None


# --- the draw ---


def calls(flagged: int, undecided: int, clean: int) -> Iterator[tuple[str, Stratum]]:
    for stratum, count in zip(Stratum, (flagged, undecided, clean), strict=True):
        yield from ((f"{stratum}-{n}", stratum) for n in range(count))


def test_labels_are_allotted_whole() -> None:
    assert list(allot(dict(zip(Stratum, (500, 500, 500), strict=True)), 100).values()) == [
        40,
        20,
        40,
    ]
    assert list(allot(dict(zip(Stratum, (3, 0, 500), strict=True)), 100).values()) == [3, 0, 97]
    assert list(allot(dict(zip(Stratum, (3, 2, 5), strict=True)), 100).values()) == [3, 2, 5]


def test_a_draw_can_be_repeated_and_hides_the_machine() -> None:
    sizes, drawn = draw_calls("seed", calls(50, 10, 400), 60)
    assert list(sizes.values()) == [50, 10, 400]
    again = draw_calls("seed", reversed(list(calls(50, 10, 400))), 60)[1]
    assert drawn == again
    assert draw_calls("other", calls(50, 10, 400), 60)[1] != drawn
    assert [one.position for one in drawn] == list(range(1, 61))
    first_half = {one.stratum for one in drawn[:20]}
    assert len(first_half) > 1  # the order of the tasks gives nothing away


def test_tasks_are_shared_out_and_some_doubled() -> None:
    _, drawn = draw_calls("seed", calls(50, 10, 400), 20)
    tasks = share_out(drawn, [1, 2, 3], twice=0.2)
    assert len(tasks) == 24
    assert len(set(tasks)) == 24
    twice = [call for call in drawn if sum(one is call for one, _ in tasks) == 2]
    assert len(twice) == 4
    assert len(share_out(drawn, [1], twice=0.5)) == 20


def test_people_together() -> None:
    assert together([MET, MET, VIOLATED]) is MET
    assert together([MET, VIOLATED]) is UNDECIDED
    assert together([VIOLATED]) is VIOLATED


# --- the gate ---

DEMANDS = Demands(min_precision=0.8, min_labels=30, max_changed=0.3, unproved_may_publish=True)


def proof_of(right: int, wrong: int) -> "object":
    labels = pairs(right, VIOLATED, VIOLATED) + pairs(wrong, MET, VIOLATED)
    return prove("FP01", Grade.FINE, labels, {})


@pytest.mark.parametrize(
    ("right", "wrong", "standing"),
    [
        (0, 0, Standing.NOT_PROVED),
        (20, 0, Standing.NOT_PROVED),  # 20 labels, though all right
        (50, 2, Standing.PROVED),
        (40, 10, Standing.NOT_PROVED),  # 80 % seen: neither 66 % nor 90 % can be ruled out
        (50, 40, Standing.REFUTED),  # 66 % at most
        (0, 5, Standing.REFUTED),  # few labels, but more than half may not be right
    ],
)
def test_three_standings(right: int, wrong: int, standing: Standing) -> None:
    assert standing_of(proof_of(right, wrong), DEMANDS) is standing  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("right", "wrong", "needed"),
    [
        (50, 2, 0),
        (0, 0, 30),  # as many as are asked for, if all are right
        (20, 0, 10),
        (40, 10, None),  # 80 % of whatever number never surely reaches 80 %
        (0, 5, None),
    ],
)
def test_how_many_labels_are_needed(right: int, wrong: int, needed: int | None) -> None:
    assert labels_needed(proof_of(right, wrong), DEMANDS) == needed  # type: ignore[arg-type]


def test_as_many_labels_as_are_said_to_be_needed_prove_a_rule_and_fewer_do_not() -> None:
    more = labels_needed(proof_of(36, 4), DEMANDS)  # type: ignore[arg-type]
    assert more is not None and more > 0
    whole = 40 + more
    wrong = -(-whole * 4 // 40)
    assert standing_of(proof_of(whole - wrong, wrong), DEMANDS) is Standing.PROVED  # type: ignore[arg-type]
    fewer = whole - 1 - -(-(whole - 1) * 4 // 40)
    assert (
        standing_of(proof_of(fewer, whole - 1 - fewer), DEMANDS)  # type: ignore[arg-type]
        is Standing.NOT_PROVED
    )


def test_a_wide_interval_stops_only_where_the_labels_fall_short() -> None:
    grades = [("FP01", Grade.FINE)]
    for right, wrong, stops in ((36, 4, False), (30, 9, True), (12, 6, False)):
        proofs = {"FP01": proof_of(right, wrong)}
        gate = judge_gate(grades, proofs, frozenset(), None, DEMANDS)  # type: ignore[arg-type]
        assert (gate.standing, gate.stops) == (Standing.NOT_PROVED, stops), (right, wrong)
        assert gate.rules[0].stops is stops


def test_the_gate_stops_what_is_refuted_and_new() -> None:
    grades = [("FP01", Grade.FINE), ("GR01", Grade.SCORE)]
    proofs = {"FP01": proof_of(0, 9)}
    stopped = judge_gate(grades, proofs, frozenset(), None, DEMANDS)  # type: ignore[arg-type]
    assert (stopped.stops, stopped.standing) == (True, Standing.REFUTED)
    assert [rule.rule_id for rule in stopped.rules] == ["FP01"]
    same = judge_gate(grades, proofs, frozenset({"FP01"}), None, DEMANDS)  # type: ignore[arg-type]
    assert (same.stops, same.standing) == (False, Standing.REFUTED)


def test_without_labels_the_gate_says_so_and_lets_through_unless_told_otherwise() -> None:
    grades = [("FP01", Grade.FINE)]
    found = judge_gate(grades, {}, frozenset(), None, DEMANDS)
    assert (found.stops, found.standing) == (False, Standing.NOT_PROVED)
    strict = Demands(0.8, 30, 0.3, unproved_may_publish=False)
    assert judge_gate(grades, {}, frozenset(), None, strict).stops


def test_too_much_change_stops() -> None:
    for changed, stops in ((20, False), (90, True)):
        share = exact_share(changed, 100)
        assert judge_gate([], {}, frozenset(), share, DEMANDS).stops is stops
    assert not judge_gate([], {}, frozenset(), exact_share(5, 5), DEMANDS).stops
