"""What the customer says of others: praise, complaints, suggestions, events (PR01, EV01–EV09)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import GAP, as_regex, compile_all
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.reach import Reach, reach_of, spotted, written
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.scoring.track import BACKCHANNEL_CHARS, Track
from qa.text import fold
from qa.types import Match, Outcome, Role, Verdict

REACH = 60
"""Characters back within which a person who was named is still the one that is spoken of."""
AHEAD = 8
"""Characters on within which he may be named afterwards: 修得真好，那个师傅."""
REACH_ASKED = 12
ASIDE_REACH = 8
"""Characters before a name within which a comparison or a quotation leads up to it."""
COMPARED = re.compile("(?:比|当着)[^你您]{0,6}$")
DISCOURSE = re.compile("(?<=[跟给和对])[你您]|[你您](?:说(?![话得的明])|看|想想|听听|瞅|瞧|评评)")
"""我跟你说, 你说这叫什么事: nobody is named."""
VISITED = re.compile("[来去修]过|上门|修[的了]|态度|服务|没有|吗|如何|怎么样")
"""After a name in the agent's words: who came and how he was is the question, and the 您 after it
(师傅去过您家没有) is the customer."""
QUOTING = re.compile(
    "(?:来|撂|甩|扔|喊|嚷|吼|骂|怼|噎|呛|回|说|问|训|吆喝)[了着我下出过]{0,3}(?:一?[句嗓通顿][子话]?|道|是|就是)?$"
)
EMPTY_WORDS = frozenset("好行嗯啊哎对是的了吧嘞再见拜谢您你")
"""What a turn consists of that says nothing of anybody."""
ADDRESSED = "agent"
"""Kind of the person who is spoken to. In 他冲我来一句你不会看墙上啊 it is not the agent."""
WEIGHED = 2
"""Doubtful wordings that are put to the sound at most; each costs the engine some 50 ms."""
WEIGHED_LENGTH = 5
_POLICY = Policy(
    convict_similarity=0.88, convict_chars=0.65, unsure_similarity=0.85, unsure_chars=0.6
)
_SUBJECTS = {"repairer": ["师傅"], "collector": ["收费员"], "agent": ["你", "姑娘"]}
_PRAISE = {
    "about": "repairer",
    "subjects": _SUBJECTS,
    "said_of": ["真好", "利索"],
    "mild": ["挺好"],
    "prompts": ["态度如何"],
}


@dataclass(frozen=True)
class CustomerMentions(Check):
    """The customer mentions something: MET when heard, NOT_APPLICABLE when not.

    `phrases` count by themselves, unless they name another person than the rule is about.
    `said_of` and `mild` count when they are about the right person: the one named last before
    them in the customer's own words (up to 60 characters back), else right after them, else in
    what the agent said just before, else in the customer's turn before.

    Why: praise belongs in the monthly sheet, and events must be reported the same day; people
    mention both in passing and hardly ever in the regulation's words.
    Mistakes: irony is not understood. A hint is shown to a person and moves no points.

    Attributes:
        phrases: in the notation of `qa.scoring.grammar`, as all the following.
        said_of: judgements of a person.
        mild: judgements that count too, but not as an answer to `prompts` (态度如何？挺好).
        about: whom the rule is about, a key of `subjects`; empty where only `phrases` count.
        subjects: words that name a person, by kind of person.
        unnamed: whether `said_of` and `mild` count too when nobody was named.
        prompts: questions of the agent.
        prompted: wordings that count in an answer to `prompts` only.
        guards: what makes a wording harmless.
        policy: how alike counts.
    """

    kind = "customer_mentions"
    phrases: tuple[str, ...] = ()
    said_of: tuple[str, ...] = ()
    mild: tuple[str, ...] = ()
    about: str = ""
    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unnamed: bool = False
    prompts: tuple[str, ...] = ()
    prompted: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)
    policy: Policy = _POLICY
    examples = (
        Example({"phrases": ["提个建议"]}, "客户: 我提个建议啊。", Outcome.MET),
        Example(
            {"phrases": ["提个建议"]}, "坐席: 您提个建议。\n客户: 没有。", Outcome.NOT_APPLICABLE
        ),
        Example(_PRAISE, "客户: 上回那个师傅，活儿干得利索。", Outcome.MET),
        Example(_PRAISE, "客户: 你们师傅挺好的。", Outcome.MET),
        Example(_PRAISE, "客户: 那个收费员态度真好。", Outcome.NOT_APPLICABLE),
        Example(_PRAISE, "坐席: 师傅态度如何？\n客户: 挺好。", Outcome.NOT_APPLICABLE),
        Example(_PRAISE, "坐席: 师傅态度如何？\n客户: 真好，没说的。", Outcome.MET),
        Example(_PRAISE, "客户: 真好。", Outcome.NOT_APPLICABLE),
        Example({**_PRAISE, "unnamed": True}, "客户: 服务真好。", Outcome.MET),
        Example(_PRAISE, "未知: 上回那个师傅真好。", Outcome.UNDECIDED),
        Example(_PRAISE, "未知: 我家暖气不热。", Outcome.NOT_APPLICABLE),
    )

    def __post_init__(self) -> None:
        if not (self.phrases or self.said_of or self.prompted):
            raise ValueError("phrases, said_of or prompted must not be empty")
        if (self.said_of or self.mild) and self.about not in self.subjects:
            raise ValueError("about must be one of the subjects")
        for notations in (*self.subjects.values(), self.phrases, self.said_of, self.mild):
            compile_all(notations)
        compile_all(self.prompts + self.prompted)

    def reach(self, before: Check) -> Reach | None:
        """Say which calls other wordings can reach; whether there are prompts at all matters."""
        spot_it = spotted(Role.CUSTOMER, self.policy)
        lists = dict.fromkeys(("phrases", "said_of", "mild", "prompted"), spot_it)
        if isinstance(before, CustomerMentions) and before.prompts and self.prompts:
            lists["prompts"] = written(Role.AGENT)
        return reach_of(before, self, lists, Role.CUSTOMER)

    def run(self, scene: Scene) -> Verdict:
        """Spot the wordings in the customer's words and ask of each whom it is about."""
        if not scene.roles_known:
            return self._whoever(scene)
        if not scene.customer.text:
            return Verdict(Outcome.NOT_APPLICABLE, "no_customer_speech")
        return self._verdict(scene, self._spotted(_Talk(scene, scene.customer, self)))

    def _whoever(self, scene: Scene) -> Verdict:
        """Judge words of unknown speakers: what nobody said the customer did not say either."""
        whole = not (scene.agent.text or scene.customer.text)
        if whole and not [s for s in self._spotted(_Talk(scene, scene.unknown, self)) if s.sure]:
            return Verdict(Outcome.NOT_APPLICABLE, "mention_absent")
        return Verdict(Outcome.UNDECIDED, "role_unknown")

    def _spotted(self, talk: "_Talk") -> list[Sighting]:
        """Spot the wordings that are about the right person and stand in the right place."""
        track = talk.track
        found = [s for s in self._spot(track, self.phrases) if not self._is_of_other(s, talk)]
        if self.unnamed or talk.may_be_about(self.about):
            found += [s for s in self._spot(track, self.said_of) if self._is_meant(s, talk)]
            found += [
                s
                for s in self._spot(track, self.mild)
                if not self._answers(s, talk) and self._is_meant(s, talk)
            ]
        if self.prompted and talk.was_asked(self.prompts):
            found += [s for s in self._spot(track, self.prompted) if self._answers(s, talk)]
        return sorted(found, key=lambda s: s.found.hit.start)

    def _spot(self, track: Track, notations: tuple[str, ...]) -> list[Sighting]:
        if not notations:
            return []
        return spot(track, compile_all(notations), policy=self.policy, guards=self.guards)

    def _is_meant(self, sighting: Sighting, talk: "_Talk") -> bool:
        person = talk.person(sighting.found.hit.start, sighting.found.hit.end)
        return person == self.about or (person is None and self.unnamed)

    def _is_of_other(self, sighting: Sighting, talk: "_Talk") -> bool:
        """Whether a phrase names somebody else inside itself: 你们那个师傅真有耐心."""
        if not self.about:
            return False
        person = talk.inside(sighting.found.hit.start, sighting.found.hit.end)
        return person is not None and person != self.about

    def _answers(self, sighting: Sighting, talk: "_Talk") -> bool:
        before = talk.before(sighting.found.hit.start)
        return bool(self.prompts) and as_regex(self.prompts).search(before) is not None

    def _verdict(self, scene: Scene, sightings: list[Sighting]) -> Verdict:
        sure = [s for s in sightings if s.sure]
        doubts = [s for s in sightings if not s.sure and _can_be_weighed(s)][:WEIGHED]
        if not sure and doubts:
            track = scene.customer
            findings = {_weighed(scene, s): s for s in reversed(doubts)}
            if Finding.SAID in findings:
                sure = [replace(findings[Finding.SAID], sure=True)]
            elif set(findings) != {Finding.NOT_SAID}:
                nearest = max(_evidence(track, doubts), key=lambda m: m.similarity)
                details = (("phrase", nearest.quote),)
                return Verdict(Outcome.UNDECIDED, "mention_unsure", details, nearest=nearest)
        if not sure:
            return Verdict(Outcome.NOT_APPLICABLE, "mention_absent")
        matches = _evidence(scene.customer, sure)
        return Verdict(Outcome.MET, "mention_heard", (("phrase", matches[0].quote),), matches)


def _can_be_weighed(sighting: Sighting) -> bool:
    return GAP not in sighting.found.text and sighting.found.length >= WEIGHED_LENGTH


def _weighed(scene: Scene, sighting: Sighting) -> Finding:
    found = sighting.found
    place = found.hit.start, found.hit.end
    return weigh(scene, scene.customer, place, [found.text], kind=Kind.PHRASE).finding


def _evidence(track: Track, sightings: list[Sighting]) -> tuple[Match, ...]:
    """Quote the clauses that hold the sightings: a judgement alone does not show of whom."""
    return tuple(
        track.match(
            track.clause_start(s.found.hit.start),
            track.clause_end(s.found.hit.end - 1),
            expected=s.found.text,
            similarity=s.found.hit.similarity,
        )
        for s in sightings
    )


class _Talk:
    """The customer's words with whom they name, and what the agent said before each turn.

    Both are gathered when a wording was found, which most calls spare.
    """

    def __init__(self, scene: Scene, track: Track, rule: CustomerMentions) -> None:
        self.track = track
        self._scene, self._subjects = scene, rule.subjects
        self._answers_count = not rule.prompts  # else 师傅态度如何？没说的 would be praise

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        if self.track.role is not Role.CUSTOMER:
            return ("",) * len(self.track.turns)
        known: tuple[str, ...] | None = self.track.memo.get("asked")
        if known is None:
            known = self.track.memo["asked"] = _asked(self._scene)
        return known

    @cached_property
    def _names(self) -> tuple[tuple[int, int, str], ...]:
        key = ("named", *self._subjects.values())
        known: tuple[tuple[int, int, str], ...] | None = self.track.memo.get(key)
        if known is None:
            known = self.track.memo[key] = _named(self.track.text, self._subjects)
        return known

    def was_asked(self, prompts: tuple[str, ...]) -> bool:
        """Whether the agent asked anything of the kind."""
        return as_regex(prompts).search("\n".join(self._asked)) is not None

    def may_be_about(self, kind: str) -> bool:
        """Whether anything may be about a kind of person: somebody has to name one.

        The customer does, or the agent before more than 好，再见; most calls end this way, and
        need not be searched.
        """
        if not self._subjects.get(kind):
            return False
        key = ("may be about", self._subjects[kind])
        known: bool | None = self.track.memo.get(key)
        if known is None:
            turns = zip(self.track.turns, self._asked, strict=True)
            asked = [
                before
                for (start, end), before in turns
                if not EMPTY_WORDS.issuperset(self.track.text[start:end])
            ]
            names = as_regex(self._subjects[kind])
            known = names.search("\n".join([self.track.text, *asked])) is not None
            self.track.memo[key] = known
        return known

    def before(self, position: int) -> str:
        """Return what the agent said before the turn that holds a position."""
        turn = self.track.turn_at(position)
        return self._asked[self.track.turns.index(turn)]

    def inside(self, start: int, end: int) -> str | None:
        """Tell who is named last inside a stretch."""
        named = [kind for first, last, kind in self._names if first < end and last > start]
        return named[-1] if named else None

    def person(self, start: int, end: int) -> str | None:
        """Tell whom a stretch of the customer's words is about; None when nobody was named."""
        turn_start, turn_end = self.track.turn_at(start)
        names = self._names
        inside = [n for n in names if n[1] > max(turn_start, start - REACH) and n[0] < end]
        inside = [n for n in inside if not self._is_aside(n)] or inside
        if inside:
            return inside[-1][2]
        limit = min(turn_end, end + AHEAD, self.track.clause_end(end - 1))
        after = [n for n in self._names if end <= n[0] < limit]
        if after:
            return after[0][2]
        before = self.before(start)
        asked = _named(before, self._subjects)
        others = [n for n in asked if n[2] != ADDRESSED]
        if (
            others
            and self._answers_count
            and VISITED.search(before, others[-1][1], others[-1][1] + REACH_ASKED)
        ):
            return others[-1][2]
        if asked:
            return asked[-1][2]
        earlier = [n for n in self._names if turn_start - REACH < n[1] <= turn_start]
        return earlier[-1][2] if earlier else None

    def _is_aside(self, name: tuple[int, int, str]) -> bool:
        """Whether a name is only a yardstick (比那个师傅强) or stands in somebody's words."""
        start, _, kind = name
        before = self.track.text[max(0, start - ASIDE_REACH) : start]
        if COMPARED.search(before):
            return True
        return kind == ADDRESSED and (
            QUOTING.search(before) is not None
            or DISCOURSE.match(self.track.text, start) is not None
        )


def _named(text: str, subjects: Mapping[str, tuple[str, ...]]) -> tuple[tuple[int, int, str], ...]:
    """Find who is named; a name inside a longer one (师傅 in 物业的师傅) does not count."""
    # Notation by notation: found together, 交费大厅 would hide 大厅的工作人员.
    found = {
        (match.start(), match.end(), kind)
        for kind, words in subjects.items()
        for word in words
        for match in as_regex((word,)).finditer(text)
    }
    return tuple(
        sorted(
            one
            for one in found
            if not any(
                other is not one
                and other[0] <= one[0]
                and one[1] <= other[1]
                and other[1] - other[0] > one[1] - one[0]
                for other in found
            )
        )
    )


def _asked(scene: Scene) -> tuple[str, ...]:
    """Join, for each of the customer's turns, what the agent said since the turn before."""
    asked: list[str] = []
    said, interrupted = "", True
    for utterance in scene.transcript.utterances:
        folded = fold(utterance.text).text
        if utterance.role is not Role.CUSTOMER:
            interrupted = interrupted or len(folded) > BACKCHANNEL_CHARS
            said += folded
        elif folded:
            if interrupted or not asked:
                asked.append(said)
            said, interrupted = "", False
    return tuple(asked)
