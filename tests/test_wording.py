"""Every code that the program can give has words in both languages."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import wording
from qa.errors import RecordingFault
from qa.types import Direction, Grade, Outcome, ReleasedBy, Role, SlotStatus, Verdict

ROOT = Path(__file__).resolve().parents[1]


def verdict_reasons() -> Iterator[tuple[str, str]]:
    """Where the code builds a `Verdict` with a literal reason: (place, reason)."""
    for path in sorted((ROOT / "qa" / "scoring").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            reasons = [k.value for k in node.keywords if k.arg == "reason"]
            if name == "Verdict":
                reasons += node.args[1:2]
            for reason in reasons:
                for part in ast.walk(reason):
                    if (
                        isinstance(part, ast.Constant)
                        and isinstance(part.value, str)
                        and part.value
                    ):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", part.value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_reason_in_the_code_has_wording() -> None:
    found = list(verdict_reasons())
    assert {reason for _, reason in found} >= {"rings_over", "check_failed"}
    ends = tuple(wording.REASONS)  # "_heard" stands for f"{kind}_heard"
    missing = [
        f"{place}: {reason}"
        for place, reason in found
        if not any(
            known == reason or (reason[0] == "_" and known.endswith(reason)) for known in ends
        )
    ]
    assert missing == []


@pytest.mark.parametrize("reason", wording.REASONS)
def test_both_languages_say_the_same_values(reason: str) -> None:
    words = wording.REASONS[reason]
    assert words.zh and words.en and words.zh != words.en
    assert placeholders(words.zh) == placeholders(words.en)
    assert not words.zh.endswith("。") and not words.en.endswith(".")


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (wording.OUTCOMES, Outcome),
        (wording.GRADES, Grade),
        (wording.ROLES, Role),
        (wording.SLOT_STATUSES, SlotStatus),
        (wording.DIRECTIONS, Direction),
        (wording.RELEASED, ReleasedBy),
        (wording.FAULTS, RecordingFault),
    ],
)
def test_every_code_has_wording(table: object, codes: type) -> None:
    assert set(table) == set(codes)  # type: ignore[call-overload]


def test_reasons_are_filled_in() -> None:
    verdict = Verdict(Outcome.VIOLATED, "rings_over", (("limit", "3"), ("rings", "5")))
    assert wording.reason_text(verdict) == "振铃 5 次才接听（上限 3 次）"
    assert wording.reason_text(verdict, "en") == "answered only after 5 rings (limit 3)"


def test_values_that_are_codes_are_named() -> None:
    verdict = Verdict(Outcome.VIOLATED, "slots_missing", (("slots", "agent_no,question"),))
    assert wording.reason_text(verdict) == "没有说：工号、请问您有什么问题"
    assert wording.reason_text(verdict, "en") == "not said: own number, “what is the problem?”"
    missing = Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "ring_count"),))
    assert wording.reason_text(missing, "en") == "metadata is missing: ring count"


def test_what_is_unknown_is_shown_as_it_is() -> None:
    assert wording.reason_text(Verdict(Outcome.MET, "no_such_reason")) == "no_such_reason"
    assert wording.slot_name("no_such_slot") == "no_such_slot"
    assert wording.reason_text(Verdict(Outcome.MET, "rings_over")).count("?") == 2


def test_a_value_with_braces_is_not_a_placeholder() -> None:
    verdict = Verdict(Outcome.VIOLATED, "phrase_heard", (("phrase", "{0.__class__}"),))
    assert wording.reason_text(verdict).endswith("{0.__class__}")
