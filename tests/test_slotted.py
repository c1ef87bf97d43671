"""Dataclasses whose fields are set through their slots are like all others."""

import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from qa.slotted import made_quickly
from qa.types import Match, Outcome, Role, ScoreLine, Span, Verdict


@dataclass(frozen=True, slots=True)
class _Plain:
    first: int
    second: str = "b"

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError("below zero")


@made_quickly
@dataclass(frozen=True, slots=True)
class _Quick:
    first: int
    second: str = "b"

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError("below zero")


def test_it_takes_and_holds_what_the_plain_one_does() -> None:
    assert inspect.signature(_Quick) == inspect.signature(_Plain)
    for one in (_Quick(1), _Quick(first=1, second="b"), _Quick(1, "b")):
        assert (one.first, one.second) == (1, "b")
    assert _Quick(1) == _Quick(1, "b") != _Quick(2)
    assert repr(_Quick(1)) == repr(_Plain(1)).replace("_Plain", "_Quick")
    assert replace(_Quick(1), second="c") == _Quick(1, "c")
    assert hash(_Quick(1)) == hash(_Quick(1, "b"))
    assert pickle.loads(pickle.dumps(_Quick(1, "c"))) == _Quick(1, "c")


def test_it_stays_frozen_and_checks_what_it_gets() -> None:
    with pytest.raises(FrozenInstanceError):
        _Quick(1).first = 2  # type: ignore[misc]
    with pytest.raises(ValueError, match="below zero"):
        _Quick(-1)
    with pytest.raises(TypeError):
        _Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        _Quick(1, "b", 3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="not a span"):
        Span(2, 1)


def test_verdicts_compare_and_travel() -> None:
    match = Match(0, Role.AGENT, Span(0, 10), "您好", "您好", 1.0)
    verdict = Verdict(Outcome.MET, "said", matches=(match,), nearest=None)
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert replace(verdict, reason="other") != verdict
    assert "verdict" in inspect.signature(ScoreLine).parameters


def test_what_has_no_slot_or_a_made_default_is_refused() -> None:
    @dataclass(frozen=True)
    class Open:
        first: int

    @dataclass(frozen=True, slots=True)
    class Filled:
        first: list[int] = field(default_factory=list)

    for cls in (Open, Filled):
        with pytest.raises(TypeError, match="cannot be set through a slot"):
            made_quickly(cls)
