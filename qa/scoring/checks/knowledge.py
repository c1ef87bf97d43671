"""Misguidance (MG01): the agent states or advises what the knowledge entries mark as wrong."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from qa.scoring.anonymous import if_nobody_said, unexcused
from qa.scoring.answered import Answer, wrong_answers
from qa.scoring.by_example import Heard, Statement, statements_like
from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import (
    GAP,
    Found,
    Pattern,
    as_regex,
    compile_all,
    compile_pattern,
    find_pattern,
)
from qa.scoring.hypotheses import Finding
from qa.scoring.spotting import Guards, Policy, Sighting, is_harmless, spot
from qa.scoring.suspicion import MAX_PLACES, ask
from qa.scoring.track import Hit
from qa.scoring.windows import span_of
from qa.types import Outcome, Verdict

NEGATIONS = re.compile("不|没|别|甭|未|无法|禁止|严禁|非")
NUMERALS = re.compile("[0-9零一二两三四五六七八九十百半]+(?=[度天月号年元块])")
_DIGITS = str.maketrans("零一二三四五六七八九", "0123456789")


@dataclass(frozen=True)
class Topic:
    """How wrong guidance about a usual topic sounds.

    Attributes:
        also: other names under which entries may have the topic.
        statements: wrong statements, in the notation of `qa.scoring.grammar`.
        frames: wrong statements as lists of parts: all of a list stand in one sentence, in any
            order, character by character, and no negation but theirs stands between them.
        unless: wordings near which a statement is right or about something else.
        context: words of which one has to stand somewhere in the call, whoever says it.
        answers: wrong answers to the customer's questions about it.
    """

    statements: tuple[str, ...]
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    frames: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        for notations in (self.statements, self.unless, self.context, *self.frames):
            compile_all(notations)


@dataclass(frozen=True)
class Entry:
    """Something that agents must not tell people, and what is right.

    Attributes:
        topic: one of the ruleset's topics brings its wordings along.
        statements, unless: wordings of the entry's own, in the notation of `qa.scoring.grammar`.
        examples: wrong sentences as somebody would say them; sentences close to one of them in
            sound, with the same numbers and negations, count too.
    """

    id: str
    topic: str
    wrong: str
    right: str
    statements: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        compile_all(self.statements)
        compile_all(self.unless)


_VALVE = {
    "id": "K1",
    "topic": "公共阀门",
    "wrong": "住户可以自己开公共阀门",
    "right": "公共阀门只能由维修人员操作",
}
_TOPIC = {
    "statements": ["[您|自己]…总阀…[拧开|打开]"],
    "unless": ["师傅~打开"],
    "frames": [["总阀", "[拧|转]", "圈"]],
    "answers": [{"asked": ["能不能~[开|动]~总阀"], "said": ["您随意"], "brief": ["[能|可以]"]}],
}
_GUARDS = {"negated_by": ["不能", "别"], "denied_by": ["千万别"], "asked_with": ["吗"]}
_TAUGHT = {
    "knowledge": [_VALVE],
    "topics": {"公共阀门": _TOPIC},
    "guards": _GUARDS,
}
_BY_EXAMPLE = {
    "knowledge": [{**_VALVE, "topic": "烟囱", "examples": ["烟囱您自己上房顶掏一下就行"]}],
}


@dataclass(frozen=True)
class Misguidance(Check):
    """The agent says nothing that the knowledge entries mark as wrong.

    Why: wrong guidance costs residents money, or damages the system.
    Mistakes: wrong statements in unlisted words are missed, and so are answers that only make sense
    together with a question (是的，可以) unless the topic names both. Negated statements,
    questions, quotations and the customer's words do not count.

    Attributes:
        knowledge: the entries.
        topics: wordings of usual topics by name; an entry takes those of its topic.
        guards: as for forbidden phrases.
        policy: how alike convicts.
    """

    kind = "knowledge"
    knowledge: tuple[Entry, ...]
    topics: Mapping[str, Topic] = field(default_factory=dict)
    guards: Guards = field(default_factory=Guards)
    policy: Policy = field(
        default_factory=lambda: Policy(convict_chars=0.5, parted_chars=0.5, parted_unsure_chars=0.5)
    )
    examples = (
        Example(_TAUGHT, "坐席: 您把那个总阀拧开就热了。", Outcome.VIOLATED),
        Example(_TAUGHT, "坐席: 您千万别把总阀拧开。", Outcome.MET),
        Example(_TAUGHT, "坐席: 您自己不能动，总阀等师傅打开。", Outcome.MET),
        Example(_TAUGHT, "坐席: 您不用把总阀拧开。", Outcome.MET),
        Example(_TAUGHT, "坐席: 拧三圈就行，那个总阀。", Outcome.VIOLATED),
        Example(_TAUGHT, "坐席: 别拧那三圈，那是总阀。", Outcome.MET),
        Example(_TAUGHT, "客户: 您让我把总阀拧开？\n坐席: 没有的。", Outcome.MET),
        Example(_TAUGHT, "坐席: 您家总阀打开了吗？", Outcome.MET),
        Example(_TAUGHT, "客户: 我能不能动那个总阀？\n坐席: 可以啊。", Outcome.VIOLATED),
        Example(_TAUGHT, "客户: 我能不能动那个总阀？\n坐席: 您等师傅。", Outcome.MET),
        Example(_BY_EXAMPLE, "坐席: 那个烟囱您自己上房顶掏掏就行。", Outcome.VIOLATED),
        Example(_BY_EXAMPLE, "坐席: 烟囱您不能自己上房顶掏。", Outcome.MET),
        Example({"knowledge": []}, "坐席: 您好。", Outcome.NOT_APPLICABLE),
        Example(_TAUGHT, "未知: 您把总阀拧开。", Outcome.UNDECIDED),
    )

    @cached_property
    def _taught(self) -> tuple["_Taught", ...]:
        """What each entry is known by; an entry comes with the wordings of its topic."""
        return tuple(self._with_topic(entry) for entry in self.knowledge)

    def _with_topic(self, entry: Entry) -> "_Taught":
        known = [
            topic
            for name, topic in self.topics.items()
            if any(n in entry.topic or entry.topic in n for n in (name, *topic.also))
        ]
        return _Taught(
            entry,
            entry.statements + tuple(s for topic in known for s in topic.statements),
            entry.unless + tuple(u for topic in known for u in topic.unless),
            tuple(c for topic in known for c in topic.context),
            tuple(a for topic in known for a in topic.answers),
            tuple(Statement.of(e) for e in entry.examples),
            tuple(f for topic in known for f in topic.frames),
        )

    @cached_property
    def _owners(self) -> dict[str, "_Taught"]:
        """Which entry a wording belongs to; the first one where two share it."""
        return {s: t for t in reversed(self._taught) for s in t.statements}

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
        return compile_all(tuple(self._owners))

    @cached_property
    def _unexcused(self) -> "Misguidance":
        return unexcused(self)

    def run(self, scene: Scene) -> Verdict:
        """Look for wrong statements in the agent's words."""
        if not self.knowledge:
            return Verdict(Outcome.NOT_APPLICABLE, "knowledge_empty")
        if not scene.roles_known:
            return if_nobody_said(self._unexcused, scene)
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        found = sorted(self._said(scene), key=lambda f: (not f[1].sure, f[1].found.hit.start))
        for taught, sighting in found[:MAX_PLACES]:
            finding = Finding.SAID if sighting.sure else ask(scene, sighting)
            if finding is Finding.NOT_SAID:
                continue
            outcome = Outcome.VIOLATED if finding is Finding.SAID else Outcome.UNDECIDED
            return _verdict(scene, outcome, taught.entry, sighting)
        searched = span_of(scene, 0, len(scene.agent.text))
        return Verdict(Outcome.MET, "misguidance_absent", searched=searched)

    def _said(self, scene: Scene) -> Iterator[tuple["_Taught", Sighting]]:
        for sighting in spot(scene.agent, self._patterns, policy=self.policy, guards=self.guards):
            taught = self._owners[sighting.notation]
            if _agrees(scene, sighting) and _holds(taught, scene, sighting):
                yield taught, sighting
        heard = Heard(scene.agent)
        for taught in self._taught:
            for sighting in statements_like(taught.examples, heard, self.guards):
                if _holds(taught, scene, sighting):
                    yield taught, sighting
            for frame in taught.frames:
                for sighting in _framed(scene, frame, self.guards):
                    if _holds(taught, scene, sighting):
                        yield taught, sighting
            for answer in taught.answers:
                for sighting in wrong_answers(scene, answer, self.guards):
                    yield taught, sighting


@dataclass(frozen=True)
class _Taught:
    """An entry with all it is known by."""

    entry: Entry
    statements: tuple[str, ...]
    unless: tuple[str, ...]
    context: tuple[str, ...]
    answers: tuple[Answer, ...]
    examples: tuple[Statement, ...]
    frames: tuple[tuple[str, ...], ...]


def _framed(scene: Scene, frame: tuple[str, ...], guards: Guards) -> Iterator[Sighting]:
    """Find the sentences in which all parts of a frame stand, in whatever order."""
    track = scene.agent
    parts = [as_regex((part,)) for part in frame]
    if not all(part.search(track.text) for part in parts):
        return
    start = 0
    while start < len(track.text):
        end = track.sentence_end(start)
        found = [part.search(track.text, start, end) for part in parts]
        start = end
        hits = [match for match in found if match]
        if len(hits) < len(parts):
            continue
        place = min(m.start() for m in hits), max(m.end() for m in hits)
        named = "".join(dict.fromkeys(m[0] for m in hits))
        if len(NEGATIONS.findall(track.text[slice(*place)])) > len(NEGATIONS.findall(named)):
            continue
        text = GAP.join(m[0] for m in sorted(hits, key=lambda m: m.start()))
        sighting = Sighting(Found(text, len(text), Hit(*place, 1.0, 1.0)), sure=True)
        if not is_harmless(track, sighting.found, guards):
            yield sighting


def _holds(taught: _Taught, scene: Scene, sighting: Sighting) -> bool:
    """Whether nothing near the statement makes it right, and the call is about its matter."""
    track, hit = scene.agent, sighting.found.hit
    start, end = track.sentence_start(hit.start), track.sentence_end(hit.end - 1)
    if as_regex(taught.unless).search(track.text, start, end):
        return False
    if not taught.context:
        return True
    context = as_regex(taught.context)
    return bool(context.search(track.text) or context.search(scene.customer.text))


def _agrees(scene: Scene, sighting: Sighting) -> bool:
    """Whether what was heard has the negations and numbers of the wording, and no others.

    Words before the last place where the wording begins anew do not count: 没缴费，没缴费的没法派.
    """
    hit = sighting.found.hit
    pattern = compile_pattern(sighting.notation)
    start: int | None = hit.start
    while start is not None:
        heard, expected = scene.agent.text[start : hit.end], sighting.found.text
        if len(NEGATIONS.findall(heard)) <= len(NEGATIONS.findall(expected)) and (
            _numbers(heard) == _numbers(expected)
        ):
            return True
        inner = find_pattern(pattern, scene.agent, start + 1, hit.end, 1.0)
        start = inner.hit.start if inner and inner.hit.end == hit.end else None
    return False


def _numbers(text: str) -> Counter[str]:
    return Counter(_plain_number(number) for number in NUMERALS.findall(text))


def _plain_number(spoken: str) -> str:
    """Write 十六 as 16, as recognisers do; longer numbers only have their digits exchanged."""
    if len(spoken) == 2 and spoken[0] == "十":
        spoken = "一" + spoken[1]
    return spoken.replace("十", "").translate(_DIGITS)


def _verdict(scene: Scene, outcome: Outcome, entry: Entry, sighting: Sighting) -> Verdict:
    details = (("entry", entry.id), ("right", entry.right), ("topic", entry.topic))
    match = scene.agent.hit_match(sighting.found.hit, sighting.found.text)
    if outcome is Outcome.VIOLATED:
        return Verdict(outcome, "misguidance_heard", details, (match,))
    searched = span_of(scene, 0, len(scene.agent.text))
    return Verdict(outcome, "misguidance_unsure", details, searched=searched, nearest=match)
