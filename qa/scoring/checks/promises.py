"""Promises that the agent may not make (IP01)."""

from dataclasses import dataclass, field
from functools import cached_property

from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.phrases import judge_sightings, unsure
from qa.scoring.grammar import Pattern, compile_all
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.types import Outcome, Verdict

_FORMS = {
    "promises": ["[保证|一定]…[修好|退费]"],
    "allowed": ["尽快", "反映", "争取"],
    "guards": {"negated_by": ["不能", "不"], "quoted_after": ["师傅说", "您说"]},
}


@dataclass(frozen=True)
class PromiseAbsent(Check):
    """The agent promises nothing that nobody can promise: a time, a result, money.

    Why: promises to the public are fined, because the company must keep them.
    Mistakes: a promise in unlisted words is missed. Promises that the ruleset allows, negated or
    conditional ones, questions and quotations do not count.

    Attributes:
        promises: forms of promising, in the notation of `qa.scoring.grammar`.
        allowed: words that, inside the form, make it an allowed commitment (一定给您反映).
        guards: as for forbidden phrases.
        policy: how alike convicts.
        doubtful: wordings that only make the rule undecided; a person hears them.
    """

    kind = "promise_absent"
    promises: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(default_factory=Policy)
    doubtful: tuple[str, ...] = ()
    examples = (
        Example(_FORMS, "坐席: 您放心，保证今天下午给您修好。", Outcome.VIOLATED),
        Example(_FORMS, "坐席: 我不能保证今天一定修好。", Outcome.MET),
        Example(_FORMS, "坐席: 我一定给您反映，争取早点修好。", Outcome.MET),
        Example(_FORMS, "坐席: 师傅说保证给您修好，是吧？", Outcome.MET),
        Example(_FORMS, "客户: 你保证今天修好？\n坐席: 我给您登记。", Outcome.MET),
        Example({**_FORMS, "doubtful": ["错不了"]}, "坐席: 五点通暖，错不了。", Outcome.UNDECIDED),
        Example(_FORMS, "未知: 保证今天修好。", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not self._expanded:
            raise ValueError("promises must not be empty")
        compile_all(self.allowed)
        compile_all(self.doubtful)

    @cached_property
    def _expanded(self) -> tuple[Pattern, ...]:
        return compile_all(self.promises)

    def run(self, scene: Scene) -> Verdict:
        """Spot the forms in the agent's words, less those with an allowed commitment inside."""
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        found = self._spot(scene, self._expanded) + unsure(
            self._spot(scene, compile_all(self.doubtful))
        )
        return judge_sightings(scene, found, "promise")

    def _spot(self, scene: Scene, patterns: tuple[Pattern, ...]) -> list[Sighting]:
        return spot(
            scene.agent, patterns, policy=self.policy, guards=self.guards, allowed=self.allowed
        )
