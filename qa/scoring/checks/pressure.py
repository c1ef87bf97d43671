"""Pressure selling (PE07)."""

from dataclasses import dataclass, field

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.checks.phrases import judge_sightings, unsure
from qa.scoring.courtesy import not_concerned
from qa.scoring.grammar import compile_all
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.types import Direction, Outcome, Verdict

_FORMS = {"phrases": ["[今天|现在]~必须[定|交|签]"], "guards": {"negated_by": ["不是", "不用"]}}
_OUT = {"direction": "outbound"}


@dataclass(frozen=True)
class PressureAbsent(Check):
    """The agent does not press a customer to buy, in calls that the agent placed.

    Why: the regulations forbid it; it costs the company its name.
    Mistakes: pressure in unlisted words is missed; so is pressure by tone alone, or by calling
    again and again. A deadline told as information (活动到月底) is none.

    Attributes:
        phrases: ways to press, in the notation of `qa.scoring.grammar`.
        doubtful: wordings that only make the rule undecided.
        guards: what makes a phrase harmless.
        policy: how alike convicts.
        direction: only calls of this direction are concerned.
    """

    kind = "pressure_absent"
    phrases: tuple[str, ...]
    doubtful: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(default_factory=Policy)
    direction: Direction = Direction.OUTBOUND
    examples = (
        Example(_FORMS, "坐席: 您今天必须定下来。", Outcome.VIOLATED, _OUT),
        Example(_FORMS, "坐席: 您不用今天必须定。", Outcome.MET, _OUT),
        Example(_FORMS, "客户: 是今天必须定吗？\n坐席: 您考虑好再说。", Outcome.MET, _OUT),
        Example(
            _FORMS, "坐席: 您今天必须定下来。", Outcome.NOT_APPLICABLE, {"direction": "inbound"}
        ),
        Example({**_FORMS, "doubtful": ["机会难得"]}, "坐席: 机会难得。", Outcome.UNDECIDED, _OUT),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.phrases):
            raise ValueError("phrases must not be empty")
        compile_all(self.doubtful)

    def run(self, scene: Scene) -> Verdict:
        """Spot the phrases in the agent's words."""
        if early := not_concerned(scene, self.direction) or unheard(scene):
            return early
        found = self._spot(scene, self.phrases) + unsure(self._spot(scene, self.doubtful))
        return judge_sightings(scene, found, "pressure")

    def _spot(self, scene: Scene, notations: tuple[str, ...]) -> list[Sighting]:
        patterns = compile_all(notations)
        return spot(scene.agent, patterns, policy=self.policy, guards=self.guards)
