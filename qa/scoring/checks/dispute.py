"""Whether the agent argues with the customer over several turns (FP05)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import Pattern, as_regex, compile_all
from qa.scoring.resembling import if_resembling, known_class
from qa.scoring.spotting import Guards, Policy, spot
from qa.scoring.track import Track
from qa.scoring.windows import span_of
from qa.text import fold
from qa.types import Match, Outcome, Role, Verdict

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

_TAKEN_UP = {"contradictions": ["怎么了", "也不"], "commonplace": ["没有"]}
_TWISTED = """客户: 我买的可是名牌。
坐席: 名牌怎么了。
客户: 我白天也不在家。
坐席: 不在家也不会自己坏。
客户: 你怎么这么说？
坐席: 不可能。"""


@dataclass(frozen=True, slots=True)
class _Argued:
    """How a turn argues, and whether in strong words."""

    match: Match
    strong: bool


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
        contradictions: words with which a turn argues that takes up the customer's own words
            (名牌怎么了), looked for exactly in the same clause.
        commonplace: words that both sides use all the time; taking them up means nothing.
        guards: as for forbidden phrases.
        policy: how alike counts.
        min_turns: arguing turns that make a dispute.
        within: of how many agent turns in a row.
        resembles: the class of `qa.scoring.turn_classes` of which `min_turns` turns, where no
            dispute is found, make the rule undecided; none where it is empty.
    """

    kind = "dispute"
    arguing: tuple[str, ...]
    insisting: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    commonplace: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(default_factory=Policy)
    min_turns: int = 3
    within: int = 8
    resembles: str = ""
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
        Example({**_FORMS, **_TAKEN_UP}, _TWISTED, Outcome.VIOLATED),
        Example(_FORMS, _TWISTED, Outcome.MET),
        Example(_FORMS, "未知: 不可能，您记错了。", Outcome.MET),
        Example(
            _FORMS,
            "未知: 不可能。\n未知: 您记错了。\n未知: 不可能，您记错了。",
            Outcome.UNDECIDED,
        ),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.arguing):
            raise ValueError("arguing must not be empty")
        if not 2 <= self.min_turns <= self.within:
            raise ValueError("min_turns lies between 2 and within")
        compile_all(self.insisting)
        for notations in (self.objections, self.contradictions, self.commonplace):
            compile_all(notations)
        known_class(self.resembles)

    @cached_property
    def _strong(self) -> frozenset[str]:
        return frozenset(self.arguing)

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
        return compile_all(self.arguing + self.insisting)

    def run(self, scene: Scene) -> Verdict:
        """Count the agent's arguing turns."""
        if not scene.roles_known:
            return self._anonymous(scene)
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        turns = self._arguing_turns(scene)
        quarrel = self._quarrel(turns)
        if quarrel:
            details = (("turns", str(len(quarrel))),)
            return Verdict(Outcome.VIOLATED, "dispute_heard", details, quarrel)
        searched = span_of(scene, 0, len(scene.agent.text))
        details = (("turns", str(len(turns))),)
        calm = Verdict(Outcome.MET, "dispute_absent", details, searched=searched)
        return if_resembling(scene, calm, self.resembles, turns=self.min_turns)

    def _anonymous(self, scene: Scene) -> Verdict:
        """Judge where nobody knows who spoke: too few arguing words are no dispute, whoever's."""
        words = spot(scene.everyone, self._patterns, policy=self.policy, guards=self.guards)
        if sum(sighting.sure for sighting in words) >= self.min_turns:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        searched = span_of(scene, 0, len(scene.everyone.text))
        return Verdict(Outcome.MET, "dispute_absent", (("turns", "0"),), searched=searched)

    def _arguing_turns(self, scene: Scene) -> dict[int, _Argued]:
        """Find what argues in each turn of the agent, by the turn's place among them."""
        track = scene.agent
        turns: dict[int, _Argued] = {}
        said: Mapping[int, str] | None = None
        for sighting in spot(track, self._patterns, policy=self.policy, guards=self.guards):
            if not sighting.sure:
                continue
            turn = track.turns.index(track.turn_at(sighting.found.hit.start))
            strong = sighting.notation in self._strong
            if not strong:
                said = _said_before(scene) if said is None else said
                if not as_regex(self.objections).search(said.get(turn, "")):
                    continue
            if turn not in turns or (strong and not turns[turn].strong):
                match = track.hit_match(sighting.found.hit, sighting.found.text)
                turns[turn] = _Argued(match, strong)
        if any(argued.strong for argued in turns.values()):
            self._add_taken_up(scene, turns)
        return turns

    def _add_taken_up(self, scene: Scene, turns: dict[int, _Argued]) -> None:
        """Add the turns that throw the customer's own words back."""
        track, excuses = scene.agent, self.guards.excused_by + self.guards.asked_with
        for turn, said in _said_before(scene).items():
            start, end = track.turns[turn]
            if turn in turns or as_regex(excuses).search(track.text, start, end):
                continue
            said = as_regex(self.commonplace).sub(" ", said)
            words = {a + b for a, b in pairwise(said)}
            for left, right in _clauses(track, start, end):
                clause = track.text[left:right]
                if any(word in clause for word in words) and (
                    hit := as_regex(self.contradictions).search(clause)
                ):
                    match = track.match(left, right, expected=hit[0], similarity=1.0)
                    turns[turn] = _Argued(match, strong=False)
                    break

    def _quarrel(self, turns: dict[int, _Argued]) -> tuple[Match, ...]:
        """Arguing turns close enough together, one of them at least in strong words."""
        order = sorted(turns)
        for first in range(len(order)):
            near = [turns[k] for k in order[first:] if k - order[first] < self.within]
            if len(near) < self.min_turns:
                break
            if any(argued.strong for argued in near):
                return tuple(argued.match for argued in near)
        return ()


def _said_before(scene: Scene) -> Mapping[int, str]:
    """Gather what the customer said right before each turn of the agent, by the turn's place."""
    agent = scene.agent
    firsts = {
        agent.utterances[agent.utterance_at(start)][0]: turn
        for turn, (start, _) in enumerate(agent.turns)
    }
    before: dict[int, str] = {}
    said = ""
    for index, utterance in enumerate(scene.transcript.utterances):
        if utterance.role is Role.CUSTOMER:
            said += fold(utterance.text).text + " "
        elif index in firsts:
            before[firsts[index]] = said
            said = ""
    return before


def _clauses(track: Track, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = min(end, track.clause_end(start))
        yield start, stop
        start = stop
