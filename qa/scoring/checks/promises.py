"""Promises that the agent may not make (IP01), and a record of all that are made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from qa.scoring.anonymous import if_nobody_said, unexcused
from qa.scoring.answered import Answer, wrong_answers
from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.phrases import judge_sightings, unsure
from qa.scoring.due import due_time, find_times
from qa.scoring.grammar import GAP, Pattern, as_regex, compile_all
from qa.scoring.reach import Reach, nearby, reach_of, spotted, written
from qa.scoring.resembling import if_resembling, in_context, known_class
from qa.scoring.spotting import Guards, Policy, Sighting, is_quoted, spot
from qa.scoring.suspicion import hear_out
from qa.types import Match, Outcome, Promise, Role, Verdict

_FORMS = {
    "promises": ["[保证|一定]…[修好|退费|到]"],
    "allowed": ["尽快", "反映", "争取"],
    "guards": {"negated_by": ["不能", "不"], "quoted_after": ["师傅说", "您说"]},
}
_ANSWERED = {**_FORMS, "answers": [{"asked": ["还会~漏"], "said": ["漏不了"]}]}
DENIED_INSIDE = re.compile(
    "(?:不[能敢好便]|没法儿?|没办法|无法|不可能|谁也不敢)(?:[跟给向和对][您你])?"
    "(?:说|讲|答应|保证|承诺|许诺|打包票)(?:是|就|说|今[天儿]|明[天儿])*"
    "(?:一定|肯定|绝对|保证|准|必|百分|$)"
)
"""A refusal to promise, which may begin after a form's first part: 按规定走，我不能跟您说一定退."""
_Place = tuple[tuple[int, int], Match]
"""Where the agent committed to something, and the evidence."""
TIME_REACH = 15
"""Characters between a time and what is to be done by then; further off, a comma was not heard."""
_SOME_DAY = datetime(2001, 1, 1, tzinfo=UTC)
"""Tells times apart from other words in a call whose own time is unknown."""


@dataclass(frozen=True)
class PromiseAbsent(Check):
    """The agent promises nothing that nobody can promise: a time, a result, money.

    Why: promises to the public are fined, because the company must keep them.
    Mistakes: a promise in unlisted words is missed. Promises that the ruleset allows, negated or
    conditional ones, questions and quotations do not count.

    Each promise, and each allowed commitment that names a time, is recorded with the moment by
    which it is due.

    Attributes:
        promises: forms of promising, in the notation of `qa.scoring.grammar`.
        allowed: words that, inside the form, make it an allowed commitment (一定给您反映).
        guards: as for forbidden phrases.
        policy: how alike convicts.
        doubtful: wordings that only make the rule undecided; a person hears them.
        asked: the commonest forms, put to the sound where unsure words come near them.
        resembles: as for forbidden phrases.
        pledges: forms that stake something on a condition (再漏您拿我是问); conditions and
            questions in the sentence do not excuse them.
        commitments: what agents say that somebody will do; recorded when a time stands with it.
        eta_allowed: whether a sentence that gives a time may promise it, save in firm words.
        firm: words of guarantee, result and money that `eta_allowed` does not excuse.
        answers: questions of the customer, and the answers to them that promise (会再漏吗？漏不了).
    """

    kind = "promise_absent"
    promises: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(default_factory=Policy)
    doubtful: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    resembles: str = ""
    pledges: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    eta_allowed: bool = False
    firm: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    examples = (
        Example(_FORMS, "坐席: 您放心，保证今天下午给您修好。", Outcome.VIOLATED),
        Example(_FORMS, "坐席: 我不能保证今天一定修好。", Outcome.MET),
        Example(_FORMS, "坐席: 我一定给您反映，争取早点修好。", Outcome.MET),
        Example(_FORMS, "坐席: 师傅说保证给您修好，是吧？", Outcome.MET),
        Example(
            {**_FORMS, "pledges": ["拿我是问"]}, "坐席: 要是再漏您拿我是问。", Outcome.VIOLATED
        ),
        Example(_FORMS, "客户: 你保证今天修好？\n坐席: 我给您登记。", Outcome.MET),
        Example({**_FORMS, "doubtful": ["错不了"]}, "坐席: 五点通暖，错不了。", Outcome.UNDECIDED),
        Example({**_FORMS, "eta_allowed": True}, "坐席: 明天中午之前一定到。", Outcome.MET),
        Example(
            {**_FORMS, "eta_allowed": True, "firm": ["保证"]},
            "坐席: 保证明天中午之前到。",
            Outcome.VIOLATED,
        ),
        Example({**_FORMS, "eta_allowed": True}, "坐席: 一定给您退费。", Outcome.VIOLATED),
        Example(_ANSWERED, "客户: 还会漏吗？\n坐席: 漏不了，您放心。", Outcome.VIOLATED),
        Example(_ANSWERED, "客户: 还会漏吗？\n坐席: 说不好，您先观察。", Outcome.MET),
        Example(_FORMS, "未知: 保证今天修好。", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not self._expanded:
            raise ValueError("promises must not be empty")
        for notations in (self.allowed, self.doubtful, self.asked, self.commitments, self.firm):
            compile_all(notations)
        compile_all(self.pledges)
        known_class(self.resembles)

    @cached_property
    def _expanded(self) -> tuple[Pattern, ...]:
        return compile_all(self.promises)

    @cached_property
    def _unexcused(self) -> "PromiseAbsent":
        return unexcused(self)

    def reach(self, before: Check) -> Reach | None:
        """Say which calls other forms can reach."""
        spot_it, exact = spotted(Role.AGENT, self.policy), written(Role.AGENT)
        lists = {
            **dict.fromkeys(("promises", "pledges", "doubtful"), spot_it),
            **dict.fromkeys(("allowed", "commitments", "firm"), exact),
            "asked": nearby,
        }
        return reach_of(before, self, lists, Role.AGENT)

    def run(self, scene: Scene) -> Verdict:
        """Spot the forms in the agent's words, less those with an allowed commitment inside."""
        if not scene.roles_known:
            return if_nobody_said(self._unexcused, scene)
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        found = [s for s in self._spot(scene, self._expanded) if not self._is_eta(scene, s)]
        found += self._pledged(scene)
        found += [s for s in self._answered(scene) if not self._is_eta(scene, s)]
        found = hear_out(scene, found, asked=self.asked, guards=self.guards)
        found = in_context(scene, found, self.resembles)
        doubts = unsure(self._spot(scene, compile_all(self.doubtful)))
        found += [s for s in doubts if not self._is_eta(scene, s)]
        verdict = if_resembling(scene, judge_sightings(scene, found, "promise"), self.resembles)
        return replace(verdict, promises=tuple(self._recorded(scene, found)))

    def _spot(self, scene: Scene, patterns: tuple[Pattern, ...]) -> list[Sighting]:
        found = spot(
            scene.agent, patterns, policy=self.policy, guards=self.guards, allowed=self.allowed
        )
        return [
            s
            for s in found
            if not self._is_quoted_inside(scene, s) and not _is_denied_inside(scene, s)
        ]

    def _is_quoted_inside(self, scene: Scene, sighting: Sighting) -> bool:
        """Whether a quotation begins between the parts of a form: 昨天他跟您说一定能好."""
        found = sighting.found
        first = _sentence(scene, found.hit.start, found.hit.end)[0]
        last = found.hit.end - len(found.text.rpartition(GAP)[2])
        return GAP in found.text and is_quoted(scene.agent.text[first:last], self.guards)

    @cached_property
    def _unconditional(self) -> Guards:
        return replace(self.guards, asked_with=())

    def _pledged(self, scene: Scene) -> list[Sighting]:
        """Spot what is staked on a condition; only what was surely said, it is rare."""
        pledges = compile_all(self.pledges)
        found = spot(scene.agent, pledges, policy=self.policy, guards=self._unconditional)
        return [sighting for sighting in found if sighting.sure]

    def _answered(self, scene: Scene) -> Iterator[Sighting]:
        """Spot answers that promise only together with their question."""
        for answer in self.answers:
            yield from wrong_answers(scene, answer, self.guards)

    def _is_eta(self, scene: Scene, sighting: Sighting) -> bool:
        """Whether a form only gives an expected time, where the ruleset wants one to be given."""
        if not self.eta_allowed:
            return False
        hit = sighting.found.hit
        start, end = _sentence(scene, hit.start, hit.end)
        sentence = scene.agent.text[start:end]
        return not as_regex(self.firm).search(sentence) and bool(find_times(sentence, _SOME_DAY))

    def _recorded(self, scene: Scene, found: list[Sighting]) -> list[Promise]:
        """List what was promised and what was committed to with a time, in time order."""
        places: list[_Place] = []
        for sighting in sorted(found, key=lambda s: not s.sure):
            hit = sighting.found.hit
            where = hit.start, hit.end
            if not any(w[0] < where[1] and where[0] < w[1] for w, _ in places):
                places.append((where, scene.agent.hit_match(hit, sighting.found.text)))
        said = [_sentence(scene, *where) for where, _ in places]
        places += [p for p in self._committed(scene) if _sentence(scene, *p[0]) not in said]
        return [Promise(match, _due(scene, *w)) for w, match in sorted(places, key=lambda p: p[0])]

    def _committed(self, scene: Scene) -> Iterator[_Place]:
        """Find sentences in which somebody's doing stands near a time, said as the agent's own."""
        track, action = scene.agent, as_regex(self.commitments)
        foreign = as_regex((*self.guards.quoted_after, *self.guards.asked_with))
        at = 0
        while self.commitments and (match := action.search(track.text, at)):
            start, end = _sentence(scene, match.start(), match.end())
            at = max(end, match.end())
            left = max(start, match.start() - TIME_REACH)
            times = find_times(track.text[left : min(end, match.end() + TIME_REACH)], _SOME_DAY)
            if not times or foreign.search(track.text, start, end):
                continue
            first = min(match.start(), left + times[0].start)
            last = max(match.end(), left + max(time.end for time in times))
            evidence = track.match(first, last, expected=match[0], similarity=1.0)
            yield (first, last), evidence


def _is_denied_inside(scene: Scene, sighting: Sighting) -> bool:
    """Whether all that is certain about a form is what the agent says nobody can promise."""
    hit = sighting.found.hit
    inside = scene.agent.text[hit.start : hit.end]
    kept = DENIED_INSIDE.sub("", inside)
    return kept != inside and not CERTAIN.search(kept)


CERTAIN = re.compile("一定|肯定|绝对|保证|准|必|指定|铁定|百分|包")
"""What is left of a promise where one of two was refused: 不敢说一定退，但肯定修好."""


def _sentence(scene: Scene, start: int, end: int) -> tuple[int, int]:
    track = scene.agent
    turn = track.turn_at(start)
    return max(turn[0], track.sentence_start(start)), track.sentence_end(end - 1)


def _due(scene: Scene, start: int, end: int) -> datetime | None:
    """By when a promise is due: the time in its words, else the one in its sentence."""
    left, right = _sentence(scene, start, end)
    inside, around = scene.agent.text[start:end], scene.agent.text[left:right]
    now = scene.call.started_at
    return due_time(inside, now) or due_time(around, now)
