"""Answers that are kept: the same for the same question, never for another, and bounded."""

import pickle
from dataclasses import replace

import pytest

from qa.api import kept as kept_module
from qa.api.clip_views import _VIEWS
from qa.api.kept import Kept, KeptOf, Rested
from qa.masking import mask_call
from qa.types import Call, Ticket


def test_an_answer_is_made_once() -> None:
    kept: Kept[list[int]] = Kept(2)
    first = kept.get(("a", 1), lambda: [1])
    assert kept.get(("a", 1), lambda: [2]) is first


def test_whatever_the_answer_follows_from_makes_another() -> None:
    kept: Kept[str] = Kept(10)
    call = Call("c1", ticket=Ticket("t", name="张伟"))
    assert kept.get((call, "zh"), lambda: "one") == "one"
    assert kept.get((replace(call, ticket=Ticket("t", name="张薇")), "zh"), lambda: "two") == "two"
    assert kept.get((call, "en"), lambda: "three") == "three"
    assert kept.get((Call("c1", ticket=Ticket("t", name="张伟")), "zh"), lambda: "no") == "one"


def test_the_oldest_are_dropped() -> None:
    kept: Kept[int] = Kept(2)
    for number in (1, 2, 1, 3):
        kept.get(number, lambda number=number: number)  # type: ignore[misc]
    assert kept.get(1, lambda: -1) == 1
    assert kept.get(2, lambda: -2) == -2


def test_what_was_asked_is_not_in_the_memory() -> None:
    kept: Kept[str] = Kept(10)
    kept.get(Call("c1", caller_number="13812345678"), lambda: "138****5678")
    assert b"13812345678" not in pickle.dumps(dict(kept._kept))
    assert all(len(key) == 16 for key in _VIEWS._kept)


def test_a_call_without_texts_is_masked_without_listening() -> None:
    ticket = Ticket("t", name="张伟", address="幸福小区3号楼", phone="13812345678")
    shown = mask_call(Call("c1", caller_number="13812345678", ticket=ticket))
    assert shown.ticket is not None
    assert (shown.caller_number, shown.ticket.phone) == ("138****5678", "138****5678")
    assert (shown.ticket.name, shown.ticket.address) == ("张*", "*" * 7)


def test_what_follows_from_an_object_is_made_once_for_each_object() -> None:
    kept: KeptOf[str] = KeptOf(2)
    one, other = Call("c1"), Call("c1")  # alike, and yet not the same
    assert kept.get(one, "zh", lambda: "one") == "one"
    assert kept.get(one, "zh", lambda: "two") == "one"
    assert kept.get(other, "zh", lambda: "three") == "three"
    assert kept.get(one, "en", lambda: "four") == "four"
    assert kept.get(other, "zh", lambda: "five") == "five"  # there were too many


def test_a_dear_answer_rests_as_long_as_it_was_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(kept_module.time, "monotonic", lambda: now[0])
    rested: Rested[int] = Rested()
    archive, made = object(), iter(range(10))

    def make() -> int:
        now[0] += 2.0
        return next(made)

    assert rested.get(archive, make) == 0
    now[0] = 2 + 2 * 60 - 1
    assert rested.get(archive, make) == 0
    now[0] += 2
    assert rested.get(archive, make) == 1
    assert rested.get(object(), make) == 2
