"""What a check is, and the scene it looks at."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from qa.scoring.reach import Reach
from qa.scoring.track import Track, build_track
from qa.types import Call, Outcome, Question, Role, Span, Transcript, Utterance, Verdict

_Shared = TypeVar("_Shared")
MIN_ROLE_CONFIDENCE = 0.6
"""Below this, who spoke is a guess, and rules about the agent's words abstain."""
MAX_DOUBTFUL = 0.25
"""Share of the characters whose speaker may be unknown in a call that is judged by roles."""


@dataclass(frozen=True)
class Scene:
    """One call as the checks see it: what was said, and what the systems know.

    Attributes:
        asked: questions of the running check that the sound has not answered yet; whoever runs the
            check takes them out (`judge_rule`).
        beside: scenes that are judged at the same time, this one among them; whoever judges them
            fills the list and empties it.
    """

    transcript: Transcript
    call: Call
    asked: list[Question] = field(default_factory=list, compare=False)
    beside: list["Scene"] = field(default_factory=list, compare=False, repr=False)

    @cached_property
    def _margins(self) -> dict[tuple[int, Span, str], float]:
        return {(h.channel, h.span, h.text): h.margin for h in self.transcript.hearings if not h.by}

    def margins(self, question: Question) -> dict[str, float] | None:
        """Return the margin in nats of each hypothesis; None, and noted, while any is unknown."""
        place = (question.channel, question.span)
        if not all((*place, text) in self._margins for text in question.hypotheses):
            self.asked.append(question)
            return None
        return {text: self._margins[*place, text] for text in question.hypotheses}

    def read_again(self, question: Question) -> str | None:
        """Return what a second recogniser reads at a place; None, and noted, while unknown."""
        place = (question.channel, question.span)
        for hearing in self.transcript.hearings:
            if hearing.by and (hearing.channel, hearing.span) == place:
                return hearing.text
        self.asked.append(question)
        return None

    @cached_property
    def _kept(self) -> dict[Hashable, Any]:
        return {}

    def shared(self, name: Hashable, make: Callable[[], _Shared]) -> _Shared:
        """Return what several checks look at (who asked what when), made by the first of them.

        Args:
            name: a name of its own for each thing that is kept.
        """
        if name not in self._kept:
            self._kept[name] = make()
        kept: _Shared = self._kept[name]
        return kept

    @cached_property
    def agent(self) -> Track:
        """What the agent said."""
        track, beside = build_track(self.transcript, Role.AGENT), self.beside
        if beside:  # the list, not the scene: it would hold its own track
            track.beside = lambda: [scene.agent for scene in beside]
        return track

    @cached_property
    def customer(self) -> Track:
        """What the customer said."""
        track, beside = build_track(self.transcript, Role.CUSTOMER), self.beside
        if beside:
            track.beside = lambda: [scene.customer for scene in beside]
        return track

    @cached_property
    def everyone(self) -> Track:
        """What anybody said, whoever it was: what nobody said, the agent did not say either."""
        if all(u.role is Role.UNKNOWN for u in self.transcript.utterances):
            return build_track(self.transcript, Role.UNKNOWN)
        anonymous = tuple(replace(u, role=Role.UNKNOWN) for u in self.transcript.utterances)
        return build_track(replace(self.transcript, utterances=anonymous), Role.UNKNOWN)

    @cached_property
    def as_agent(self) -> "Scene":
        """The call as if all that anybody said were the agent's; questions are noted here too."""
        spoken = tuple(
            replace(u, role=Role.AGENT, role_confidence=1.0) for u in self.transcript.utterances
        )
        return Scene(replace(self.transcript, utterances=spoken), self.call, self.asked)

    @cached_property
    def readings(self) -> "tuple[Scene, Scene] | None":
        """The call read twice where a little of it is nobody's for certain (two people at once).

        Returns:
            With the doubtful utterances as the customer's and as the agent's. None where all is
            certain, and where more than `MAX_DOUBTFUL` of the characters are doubtful: then nobody
            knows who spoke.
        """
        spoken = self.transcript.utterances
        sure = [_is_sure(utterance) for utterance in spoken]
        doubtful = sum([len(u.text) for u, known in zip(spoken, sure, strict=True) if not known])
        if not doubtful or doubtful > MAX_DOUBTFUL * sum([len(u.text) for u in spoken]):
            return None

        def read(role: Role) -> Scene:
            told = tuple(
                u if known else replace(u, role=role, role_confidence=1.0)
                for u, known in zip(spoken, sure, strict=True)
            )
            return Scene(replace(self.transcript, utterances=told), self.call, self.asked)

        return read(Role.CUSTOMER), read(Role.AGENT)

    @property
    def agent_or_anyone(self) -> Track:
        """The agent's words; where the roles are not known, everybody's."""
        return self.agent if self.roles_known else self.everyone

    @cached_property
    def unknown(self) -> Track:
        """What was said by nobody knows whom (a mono recording)."""
        return build_track(self.transcript, Role.UNKNOWN)

    @cached_property
    def roles_known(self) -> bool:
        """Whether it is known who said what, surely enough to judge by it; so if nobody spoke."""
        return all(_is_sure(utterance) for utterance in self.transcript.utterances)


def _is_sure(utterance: Utterance) -> bool:
    return utterance.role != Role.UNKNOWN and utterance.role_confidence >= MIN_ROLE_CONFIDENCE


def unheard(scene: Scene) -> Verdict | None:
    """Return the verdict where nobody can tell what the agent said; None where it can be told."""
    if not scene.roles_known:
        return Verdict(Outcome.UNDECIDED, "role_unknown")
    if not scene.agent.text:
        return Verdict(Outcome.UNDECIDED, "no_agent_speech")
    return None


@dataclass(frozen=True)
class Example:
    """A dialogue with the outcome that a check (or a rule) must give on it.

    Attributes:
        parameters: the check's parameters; empty for a rule's example, which has its own.
        dialogue: lines of `坐席: …` and `客户: …`, read by `qa.scoring.dialogue`.
        call: metadata by the field names of `qa.types.Call`, as written in YAML.
    """

    parameters: Mapping[str, Any]
    dialogue: str
    outcome: Outcome
    call: Mapping[str, Any] | None = None


class Check(ABC):
    """A way of judging. Each kind is a frozen dataclass in its own file under `checks/`.

    The fields of the dataclass are the check's parameters: a ruleset fills them, pydantic
    validates them. A check computes; it never formats, renders, opens files or asks the time.
    """

    kind: ClassVar[str]
    examples: ClassVar[tuple[Example, ...]] = ()
    by_words: ClassVar[bool] = True
    """Whether its violations rest on words, and not on counts, times and levels alone."""

    @abstractmethod
    def run(self, scene: Scene) -> Verdict:
        """Judge one call."""

    def reach(self, before: "Check") -> Reach | None:
        """Say which calls this check may judge otherwise than an earlier version of it did.

        Returns:
            None where it may be any: each kind of check answers for the lists that people change
            daily, and for nothing that it is not sure of.
        """
        return None
