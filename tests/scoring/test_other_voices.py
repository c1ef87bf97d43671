"""Wordings of other speakers, with near misses: quoted, denied, asked, allowed."""

from pathlib import Path

import pytest
import yaml

from qa.types import Outcome
from tests.scoring.judging import judge

WORDINGS: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "fixtures/wordings.yaml").read_text(encoding="utf-8")
)
RULES = [(outcome, rule) for outcome, rules in WORDINGS.items() for rule in rules]


@pytest.mark.parametrize(("outcome", "rule"), RULES)
def test_other_speakers_are_judged_right(outcome: str, rule: str) -> None:
    for said in WORDINGS[outcome][rule]:
        asked, _, answer = said.rpartition("||")
        dialogue = f"客户: {asked}\n坐席: {answer}" if asked else f"坐席: {answer}"
        assert judge(rule, dialogue).outcome is Outcome[outcome.upper()], said
