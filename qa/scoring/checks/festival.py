"""The greeting of the day: festival greeting inside a notified window, plain outside (GR03)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import Found, closest, compile_all
from qa.scoring.hypotheses import Finding, Kind, weigh_places
from qa.scoring.syllables import sound_similarity
from qa.scoring.track import CLAUSE_ENDS
from qa.scoring.windows import opening, span_of
from qa.text import fold
from qa.types import Match, Outcome, Span, Verdict

HEARD = 0.72
BRAND_HEARD = 0.78
"""Firmer, because 是供暖报修 alone shares four of six syllables with the brand."""
FLOOR = 0.55
MISHEARD = 0.7
MARGIN = 0.12
"""By so much a festival must beat the others: 国庆节快乐 and 中秋节快乐 share three of five
syllables, so likeness alone tells nothing."""

CLEAR = 0.95
"""Word confidence from which 您好 is no misheard 新年好."""
_ASKED = ("festival_unsure", "festival_due_not_said", "festival_not_due")
"""Reasons that rest on how a greeting of a few syllables was recognised."""
LONGEST_GREETING = 8
GARBLED_SYLLABLES = 2
"""Syllables before a greeting that may be its own, misheard."""

_PLAIN_PHRASES = {"元旦": ["新年好"], "国庆节": ["国庆节快乐"]}
_EXAMPLE = {
    "plain_greeting": ["您好"],
    "festival_greetings": _PLAIN_PHRASES,
    "plain_brand": "大龙供暖报修",
    "festival_brand": "大龙报修",
}
_NOTICE = {"festival": "国庆节", "first_day": "2025-10-01", "last_day": "2025-10-08"}


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the opening holds: festivals (several when they sound alike), plain greeting, brand.

    Attributes:
        place: where in the agent's words the greeting stands, or must stand if it was garbled.
        confidence: of the greeting's words, 0–1; 0 where none was recognised.
    """

    festivals: frozenset[str]
    plain: bool
    unsure: bool
    brand: str | None
    match: Match | None
    place: tuple[int, int] | None
    confidence: float


@dataclass(frozen=True)
class FestivalGreeting(Check):
    """The greeting and its brand are the ones due on the day of the call.

    Why: a notice says from which day to which day the festival greeting is used.
    Mistakes: festivals that sound too much alike in the recording are undecided. Where notices
    overlap, either greeting is right; a notice may prescribe its own opening, whose first clause is
    the greeting. A greeting of a festival without a notice is never due. A
    notice whose festival has no phrases here convicts nobody: nobody knows what was due.

    Attributes:
        plain_greeting: phrases of the everyday greeting.
        festival_greetings: festival → phrases; two festivals may share a phrase (新年好).
        plain_brand, festival_brand: how the company names itself with either.
    """

    kind = "festival_greeting"
    plain_greeting: tuple[str, ...]
    festival_greetings: Mapping[str, tuple[str, ...]]
    plain_brand: str
    festival_brand: str
    examples = (
        Example(
            _EXAMPLE,
            "坐席: 国庆节快乐，大龙报修。",
            Outcome.MET,
            {"started_at": "2025-10-08T23:59:00+08:00", "notices": [_NOTICE]},
        ),
        Example(
            _EXAMPLE,
            "坐席: 国庆节快乐，大龙报修。",
            Outcome.VIOLATED,
            {"started_at": "2025-10-09T00:00:00+08:00", "notices": [_NOTICE]},
        ),
        Example(
            _EXAMPLE,
            "坐席: 您好，大龙供暖报修。",
            Outcome.VIOLATED,
            {"started_at": "2025-10-01T00:00:00+08:00", "notices": [_NOTICE]},
        ),
        Example(_EXAMPLE, "坐席: 您好，大龙供暖报修。", Outcome.MET),
        Example(_EXAMPLE, "坐席: 喂，哪里？", Outcome.NOT_APPLICABLE),
        Example(
            _EXAMPLE,
            "坐席: 双节快乐，大龙报修。",
            Outcome.MET,
            {
                "started_at": "2025-10-06T10:00:00+08:00",
                "notices": [{**_NOTICE, "script": "双节快乐！大龙报修为您服务"}],
            },
        ),
        Example(
            _EXAMPLE,
            "坐席: 您好，大龙供暖报修。",
            Outcome.UNDECIDED,
            {"started_at": None, "notices": [_NOTICE]},
        ),
    )

    def __post_init__(self) -> None:
        for phrases in (self.plain_greeting, *self.festival_greetings.values()):
            compile_all(phrases)

    def run(self, scene: Scene) -> Verdict:
        """Compare the greeting that was heard with the one due on the call's day."""
        if not scene.agent_or_anyone.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        if scene.call.started_at is None and scene.call.notices:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "started_at"),))
        start, end = opening(scene)
        if any(notice.script for notice in scene.call.notices):
            return replace(self, festival_greetings=self._prescribed(scene))._judge(
                scene, start, end
            )
        return self._judge(scene, start, end)

    def _prescribed(self, scene: Scene) -> Mapping[str, tuple[str, ...]]:
        """Lay the greetings that notices prescribe over the ruleset's own."""
        greetings = dict(self.festival_greetings)
        for notice in scene.call.notices:
            clauses = re.split(f"[{CLAUSE_ENDS}\\s]", (notice.script or "").strip())
            if greeting := fold(clauses[0]).text:
                greetings[notice.festival] = (greeting,)
        return greetings

    def _judge(self, scene: Scene, start: int, end: int) -> Verdict:
        heard = self._listen(scene, start, end)
        searched = span_of(scene, start, end)
        due = self._due(scene)
        if heard.unsure:
            verdict = Verdict(
                Outcome.UNDECIDED, "festival_unsure", searched=searched, nearest=heard.match
            )
        elif due:
            verdict = self._festival_day(heard, due, searched)
        else:
            verdict = self._plain_day(heard, searched)
        if verdict.reason in _ASKED and heard.place:
            return self._by_sound(scene, heard, due, verdict)
        return verdict

    def _by_sound(
        self, scene: Scene, heard: _Heard, due: frozenset[str], unheard: Verdict
    ) -> Verdict:
        """Ask the sound of the greeting which one it is, before likeness convicts or gives up."""
        assert heard.place is not None  # the caller looked
        festive = {
            name: self._readings(phrases) for name, phrases in self.festival_greetings.items()
        }
        right = {text for name in due for text in festive.get(name, ())}
        texts = {text for readings in festive.values() for text in readings}
        plain = set(self._readings(self.plain_greeting))
        targets = right or plain
        rivals = (texts | plain) - targets
        if not right and due:
            return unheard  # a festival without phrases: nobody knows what was due
        start, end = heard.place
        # 新年好 heard as 解释您好: what stands before may belong to the greeting.
        places = [(max(0, start - k), end) for k in range(GARBLED_SYLLABLES + 1)]
        answer = weigh_places(
            scene,
            scene.agent_or_anyone,
            places,
            sorted(targets),
            sorted(rivals),
            kind=Kind.PHRASE,
        )
        names = (("festival", ",".join(sorted(due))),) if due else ()
        matches = (
            scene.agent_or_anyone.match(*heard.place, expected=min(targets), similarity=0.8),
        )
        if answer.finding is Finding.SAID:
            if due and heard.brand == self.plain_brand:
                return Verdict(Outcome.VIOLATED, "festival_brand_wrong", names, matches)
            reason = "festival_due_said" if due else "plain_due_said"
            return Verdict(Outcome.MET, reason, names, matches)
        if answer.finding is Finding.UNSURE:
            return Verdict(
                Outcome.UNDECIDED, "festival_unsure", (), (), unheard.searched, matches[0]
            )
        if answer.finding is Finding.NOT_SAID and unheard.outcome is Outcome.UNDECIDED:
            reason = "festival_due_not_said" if due else "festival_not_due"
            said = names or (("said", ",".join(sorted(heard.festivals)) or "?"),)
            return Verdict(Outcome.VIOLATED, reason, said, matches, unheard.searched)
        return unheard

    @staticmethod
    def _readings(phrases: tuple[str, ...]) -> tuple[str, ...]:
        patterns = compile_all(tuple(phrases))
        return tuple(pattern.parts[0][0] for pattern in patterns if len(pattern.parts) == 1)

    def _due(self, scene: Scene) -> frozenset[str]:
        if scene.call.started_at is None:
            return frozenset()
        day: date = scene.call.started_at.date()
        return frozenset(
            notice.festival
            for notice in scene.call.notices
            if notice.first_day <= day <= notice.last_day
        )

    def _festival_day(self, heard: _Heard, due: frozenset[str], searched: Span) -> Verdict:
        names = (("festival", ",".join(sorted(due))),)
        matches = (heard.match,) if heard.match else ()
        if heard.festivals & due:
            if heard.brand == self.plain_brand:
                return Verdict(Outcome.VIOLATED, "festival_brand_wrong", names, matches, searched)
            return Verdict(Outcome.MET, "festival_due_said", names, matches)
        clear = heard.confidence >= CLEAR
        if heard.brand == self.festival_brand and self._sounds_plain(due) and not clear:
            return Verdict(
                Outcome.UNDECIDED, "festival_unsure", searched=searched, nearest=heard.match
            )
        if any(not self.festival_greetings.get(name) for name in due):
            return Verdict(Outcome.UNDECIDED, "festival_unknown", names, (), searched)
        if heard.festivals or heard.plain or heard.brand:
            return Verdict(Outcome.VIOLATED, "festival_due_not_said", names, matches, searched)
        return Verdict(Outcome.NOT_APPLICABLE, "greeting_not_heard", searched=searched)

    def _sounds_plain(self, due: frozenset[str]) -> bool:
        """Whether a due greeting may be misheard as the plain one: 新年好 ends like 您好."""
        return any(
            sound_similarity(plain, greeting[-len(plain) :]) >= MISHEARD
            for name in due
            for festival in compile_all(tuple(self.festival_greetings.get(name, ())))
            for greeting in festival.parts[0]
            for pattern in compile_all(self.plain_greeting)
            for plain in pattern.parts[0]
        )

    def _plain_day(self, heard: _Heard, searched: Span) -> Verdict:
        matches = (heard.match,) if heard.match else ()
        if heard.festivals:
            said = (("said", ",".join(sorted(heard.festivals))),)
            return Verdict(Outcome.VIOLATED, "festival_not_due", said, matches, searched)
        if heard.brand == self.festival_brand:
            return Verdict(Outcome.VIOLATED, "festival_brand_not_due", (), matches, searched)
        if heard.plain or heard.brand:
            return Verdict(Outcome.MET, "plain_due_said", matches=matches)
        return Verdict(Outcome.NOT_APPLICABLE, "greeting_not_heard", searched=searched)

    def _listen(self, scene: Scene, start: int, end: int) -> _Heard:
        best = {
            name: _closest(scene, phrases, start, end)
            for name, phrases in self.festival_greetings.items()
        }
        plain = _closest(scene, self.plain_greeting, start, end)
        brand, spoken_brand = self._brand(scene, start, end)
        ranked = sorted((f.hit.similarity for f in best.values() if f), reverse=True)
        top = ranked[0] if ranked else 0.0
        festivals = frozenset(
            name for name, f in best.items() if f and f.hit.similarity == top and top >= HEARD
        )
        rival = max(
            (f.hit.similarity for n, f in best.items() if f and n not in festivals), default=0.0
        )
        chosen = next((best[name] for name in sorted(festivals)), None)
        has_plain = bool(plain and plain.hit.similarity >= HEARD)
        unsure = bool(festivals) and top - rival < MARGIN
        if not festivals and not has_plain and brand is None and top >= HEARD - MARGIN:
            unsure = True
        greeting = chosen or (plain if has_plain else None)
        match = _match(scene, greeting or spoken_brand)
        place = _place(start, greeting, spoken_brand)
        sure = scene.agent_or_anyone.confidence(*place) if place and greeting else 0.0
        return _Heard(festivals, has_plain, unsure, brand, match, place, sure)

    def _brand(self, scene: Scene, start: int, end: int) -> tuple[str | None, Found | None]:
        """Tell which brand was said.

        The festival brand is the plain one less 供暖, which recognition may drop, so it only counts
        when its characters stand there.
        """
        plain = _closest(scene, (self.plain_brand,), start, end)
        if plain and plain.hit.similarity >= BRAND_HEARD:
            return self.plain_brand, plain
        festival = _closest(scene, (self.festival_brand,), start, end)
        if festival and self.festival_brand in scene.agent_or_anyone.text[start:end]:
            return self.festival_brand, festival
        return None, None


def _closest(scene: Scene, notations: tuple[str, ...], start: int, end: int) -> Found | None:
    return closest(compile_all(notations), scene.agent_or_anyone, start, end, FLOOR)


def _match(scene: Scene, found: Found | None) -> Match | None:
    return scene.agent_or_anyone.hit_match(found.hit, found.text) if found else None


def _place(start: int, greeting: Found | None, brand: Found | None) -> tuple[int, int] | None:
    """Say where the greeting stands; one that was not recognised stands before the brand."""
    if greeting:
        return greeting.hit.start, greeting.hit.end
    if brand and 0 < brand.hit.start - start <= LONGEST_GREETING:
        return start, brand.hit.start
    return None
