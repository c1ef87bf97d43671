"""Phrases that the agent never says: abuse, shirking, negative answers, impatience (FP01–FP04)."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from qa.scoring.anonymous import if_nobody_said, unexcused
from qa.scoring.answered import Answer, wrong_answers
from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.private_call import PrivateCall
from qa.scoring.grammar import Pattern, compile_all
from qa.scoring.reach import Reach, nearby, reach_of, spotted
from qa.scoring.resembling import if_resembling, in_context, known_class
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.scoring.suspicion import hear_out
from qa.scoring.windows import span_of
from qa.types import Match, Outcome, Role, Verdict

_ANSWERED = {"phrases": ["爱告告去"], "answers": [{"asked": ["投诉"], "whole": ["随便"]}]}


def judge_sightings(scene: Scene, sightings: list[Sighting], kind: str) -> Verdict:
    """Turn sightings into a verdict.

    Args:
        kind: `phrase` or `promise`; chooses the reasons and the name of the detail.
    """
    track = scene.agent
    sure = [s for s in sightings if s.sure]
    doubts = [s for s in sightings if not s.sure]
    if sure:
        matches = _evidence(scene, sure)
        return Verdict(Outcome.VIOLATED, f"{kind}_heard", ((kind, sure[0].found.text),), matches)
    searched = span_of(scene, 0, len(track.text))
    if doubts:
        nearest = max(_evidence(scene, doubts), key=lambda m: m.similarity)
        details = ((kind, nearest.expected),)
        return Verdict(
            Outcome.UNDECIDED, f"{kind}_unsure", details, searched=searched, nearest=nearest
        )
    return Verdict(Outcome.MET, f"{kind}_absent", searched=searched)


def unsure(sightings: list[Sighting]) -> list[Sighting]:
    """Sightings of doubtful wordings: none convicts, and what only sounds like one is dropped."""
    return [replace(s, sure=False) for s in sightings if s.sure]


def _evidence(scene: Scene, sightings: list[Sighting]) -> tuple[Match, ...]:
    return tuple(scene.agent.hit_match(s.found.hit, s.found.text) for s in sightings)


@dataclass(frozen=True)
class PhraseAbsent(Check):
    """The agent never says a listed phrase.

    Why: forbidden phrases bring complaints, and the regulations name their classes.
    Mistakes: a phrase that the recogniser garbled beyond likeness is missed; one that only sounds
    like it is put to the sound, and undecided while that cannot tell. What the customer says,
    quotations and harmless wordings do not count. What is said to family or friends is not aimed
    at a customer: in a private call a phrase only makes the rule undecided.

    Attributes:
        phrases: in the notation of `qa.scoring.grammar`.
        guards: what makes a phrase harmless.
        policy: how alike convicts.
        doubtful: wordings that only make the rule undecided; a person hears them.
        asked: the commonest phrases, put to the sound where unsure words come near them.
        resembles: the class of `qa.scoring.turn_classes` that gives a second opinion: where no
            wording is found, likeness makes the rule undecided, and unlikeness puts a wording in
            doubt. None where it is empty.
        private, business: as for `private_call`; both or neither.
        answers: what the customer said, and answers that are forbidden after it only (我要投诉你！
            您随便).
    """

    kind = "phrase_absent"
    phrases: tuple[str, ...]
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(default_factory=Policy)
    doubtful: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    resembles: str = ""
    private: tuple[str, ...] = ()
    business: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    examples = (
        Example({"phrases": ["不归我们管"]}, "坐席: 这个不归我们管。", Outcome.VIOLATED),
        Example({"phrases": ["不归我们管"]}, "坐席: 这个不归我们馆。", Outcome.VIOLATED),
        Example({"phrases": ["不归我们管"]}, "客户: 这个不归我们管。\n坐席: 好。", Outcome.MET),
        Example({"phrases": ["不知道"]}, "坐席: 布置到。", Outcome.MET),
        Example(
            {"phrases": ["不知道"], "guards": {"unless": ["不知道您的地址"]}},
            "坐席: 我不知道您的地址，请您说一下。",
            Outcome.MET,
        ),
        Example(
            {"phrases": ["不归我们管"], "guards": {"quoted_after": ["师傅说"]}},
            "坐席: 师傅说不归我们管，是吗？",
            Outcome.MET,
        ),
        Example(
            {"phrases": ["不归我们管"], "doubtful": ["归物业管"]},
            "坐席: 这个归物业管。",
            Outcome.UNDECIDED,
        ),
        Example({"phrases": ["不归我们管"]}, "未知: 这个不归我们管。", Outcome.UNDECIDED),
        Example(
            {"phrases": ["不归我们管"], "resembles": "FP02"},
            "坐席: 您跟我说没用，该找谁找谁去。",
            Outcome.UNDECIDED,
        ),
        Example(
            {"phrases": ["你傻啊"], "private": ["咱妈", "打麻将"], "business": ["报修"]},
            "坐席: 喂，咱妈呢？\n客户: 打麻将去了。\n坐席: 你傻啊。",
            Outcome.UNDECIDED,
        ),
        Example(_ANSWERED, "客户: 我要投诉你。\n坐席: 随便。", Outcome.VIOLATED),
        Example(_ANSWERED, "客户: 上午来还是下午来？\n坐席: 随便。", Outcome.MET),
    )

    def __post_init__(self) -> None:
        if not self._expanded:
            raise ValueError("phrases must not be empty")
        compile_all(self.doubtful)
        compile_all(self.asked)
        known_class(self.resembles)
        if self.private or self.business:
            PrivateCall(self.private, self.business)

    @cached_property
    def _expanded(self) -> tuple[Pattern, ...]:
        return compile_all(self.phrases)

    @cached_property
    def _unexcused(self) -> "PhraseAbsent":
        return unexcused(self)

    def reach(self, before: Check) -> Reach | None:
        """Say which calls other phrases can reach."""
        spot_it = spotted(Role.AGENT, self.policy)
        lists = {"phrases": spot_it, "doubtful": spot_it, "asked": nearby}
        return reach_of(before, self, lists, Role.AGENT)

    def run(self, scene: Scene) -> Verdict:
        """Spot the phrases in the agent's words."""
        if not scene.roles_known:
            return if_nobody_said(self._unexcused, scene)
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        found = spot(scene.agent, self._expanded, policy=self.policy, guards=self.guards)
        found = self._with_answers(scene, found)
        found = hear_out(scene, found, asked=self.asked, guards=self.guards)
        found = in_context(scene, found, self.resembles)
        if any(s.sure for s in found) and self._is_private(scene):
            found = unsure(found)
        found += unsure(
            spot(
                scene.agent,
                compile_all(self.doubtful),
                policy=self.policy,
                guards=self.guards,
            )
        )
        return if_resembling(scene, judge_sightings(scene, found, "phrase"), self.resembles)

    def _with_answers(self, scene: Scene, found: list[Sighting]) -> list[Sighting]:
        """Add what only counts as an answer, where nothing else was spotted in its place."""
        kept = list(found)
        for answer in self.answers:
            for sighting in wrong_answers(scene, answer, self.guards):
                hit = sighting.found.hit
                if not any(
                    o.found.hit.start < hit.end and hit.start < o.found.hit.end for o in kept
                ):
                    kept.append(sighting)
        return sorted(kept, key=lambda s: s.found.hit.start)

    def _is_private(self, scene: Scene) -> bool:
        """Whether the call is surely one with family or friends; a doubt acquits nobody."""
        if not self.private:
            return False
        return PrivateCall(self.private, self.business).run(scene).outcome is Outcome.VIOLATED
