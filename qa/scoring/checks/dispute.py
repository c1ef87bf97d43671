"""Whether the agent argues with the customer over several turns (FP05)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import Pattern, as_regex, compile_all
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.scoring.windows import span_of
from qa.text import fold
from qa.types import Outcome, Role, Verdict

_FORMS = {
    "arguing": ["不可能", "您[看|记]错了", "我没有~[犟|吵]"],
    "insisting": ["就是[没有|够]", "没[有|]问题"],
    "objections": ["怎么", "我没", "不是"],
}
_QUARREL = """坐席: 管道没有问题。
客户: 怎么没问题？我家不热。
坐席: 压力就是够的。
客户: 我没瞎说，邻居也不热。
坐席: 不可能，您记错了。
客户: 你怎么跟我犟？
坐席: 我没有跟您犟。"""


@dataclass(frozen=True)
class Dispute(Check):
    """The agent does not argue with the customer turn after turn.

    Why: a quarrel that the agent wins loses the customer; the regulations forbid to argue.
    Mistakes: whether a contradiction was called for is not judged, a person decides; an argument
    in calm and unlisted words is missed.

    Attributes:
        arguing: contradicting, blaming or justifying oneself, in the notation of
            `qa.scoring.grammar`.
        insisting: wordings that only argue in a turn that answers an objection.
        objections: customer's words that object; looked for exactly, in what the customer said
            since the agent's turn before.
        guards: as for forbidden phrases.
        policy: how alike counts.
        min_turns: arguing turns that make a dispute.
        within: of how many agent turns in a row.
    """

    kind = "dispute"
    arguing: tuple[str, ...]
    insisting: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(default_factory=Policy)
    min_turns: int = 3
    within: int = 8
    examples = (
        Example(_FORMS, _QUARREL, Outcome.VIOLATED),
        Example(_FORMS, "坐席: 不可能，您记错了。不可能，我没有跟您吵。", Outcome.MET),
        Example(_FORMS, "坐席: 不可能吧？\n客户: 真的。\n坐席: 我给您报上。", Outcome.MET),
        Example(
            _FORMS,
            "坐席: 管道没有问题。\n客户: 好的。\n坐席: 压力没有问题。\n客户: 行，谢谢。\n"
            "坐席: 阀门也没有问题。",
            Outcome.MET,
        ),
        Example(_FORMS, "客户: 不可能！\n坐席: 好的。\n客户: 您记错了！", Outcome.MET),
        Example(_FORMS, "未知: 不可能，您记错了。", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.arguing):
            raise ValueError("arguing must not be empty")
        if not 2 <= self.min_turns <= self.within:
            raise ValueError("min_turns lies between 2 and within")
        compile_all(self.insisting)
        compile_all(self.objections)

    @cached_property
    def _strong(self) -> frozenset[str]:
        return frozenset(self.arguing)

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
        return compile_all(self.arguing + self.insisting)

    def run(self, scene: Scene) -> Verdict:
        """Count the agent's arguing turns."""
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        turns = self._arguing_turns(scene)
        quarrel = self._quarrel(turns)
        if quarrel:
            matches = tuple(scene.agent.hit_match(s.found.hit, s.found.text) for s in quarrel)
            details = (("turns", str(len(quarrel))),)
            return Verdict(Outcome.VIOLATED, "dispute_heard", details, matches)
        searched = span_of(scene, 0, len(scene.agent.text))
        details = (("turns", str(len(turns))),)
        return Verdict(Outcome.MET, "dispute_absent", details, searched=searched)

    def _arguing_turns(self, scene: Scene) -> dict[int, Sighting]:
        """Find what argues in each turn of the agent, by the turn's place among them."""
        turns: dict[int, Sighting] = {}
        objected: set[int] | None = None
        for sighting in spot(scene.agent, self._patterns, policy=self.policy, guards=self.guards):
            if not sighting.sure:
                continue
            turn = scene.agent.turns.index(scene.agent.turn_at(sighting.found.hit.start))
            strong = sighting.notation in self._strong
            if not strong:
                if objected is None:
                    objected = set(self._objected(scene))
                if turn not in objected:
                    continue
            known = turns.get(turn)
            if known is None or (strong and known.notation not in self._strong):
                turns[turn] = sighting
        return turns

    def _objected(self, scene: Scene) -> Iterator[int]:
        """Which of the agent's turns answer words of the customer that object."""
        objection = as_regex(self.objections)
        agent = scene.agent
        firsts = {
            agent.utterances[agent.utterance_at(start)][0]: turn
            for turn, (start, _) in enumerate(agent.turns)
        }
        said = ""
        for index, utterance in enumerate(scene.transcript.utterances):
            if utterance.role is Role.CUSTOMER:
                said += fold(utterance.text).text
            elif index in firsts:
                if objection.search(said):
                    yield firsts[index]
                said = ""

    def _quarrel(self, turns: dict[int, Sighting]) -> tuple[Sighting, ...]:
        """Arguing turns close enough together, one of them at least in strong words."""
        order = sorted(turns)
        for first in range(len(order)):
            near = [turns[k] for k in order[first:] if k - order[first] < self.within]
            if len(near) < self.min_turns:
                break
            if any(s.notation in self._strong for s in near):
                return tuple(near)
        return ()
