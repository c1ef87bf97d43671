"""One dialogue, one rule, one verdict: what the tests of the checks share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Rule, load_ruleset
from qa.types import Call, Direction, ReleasedBy, Transcript, Verdict

CALL = Call(
    "test",
    started_at=datetime.fromisoformat("2025-11-18T09:12:30+08:00"),
    agent_id="108",
    direction=Direction.INBOUND,
    ring_count=2,
    released_by=ReleasedBy.CUSTOMER,
)
GREETING = "您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？"
EMPTY = Transcript("id", "dialogue", 5_000, 2, ())


@cache
def rules() -> Mapping[str, Rule]:
    return {rule.rule_id: rule for rule in load_ruleset("heating-repair").rules}


def judge(rule_id: str, dialogue: str | Transcript, **call: Any) -> Verdict:
    """Judge a dialogue (a line without a speaker is the agent's) by one rule of heating-repair."""
    if isinstance(dialogue, str):
        lines = [x if ": " in x else f"坐席: {x}" for x in dialogue.splitlines()]
        dialogue = parse_dialogue("\n".join(lines))
    return rules()[rule_id].check.run(Scene(dialogue, replace(CALL, **call)))
