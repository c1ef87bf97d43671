"""The greeting of the day: festival greeting inside a notified window, plain outside (GR03)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import closest, compile_all
from qa.scoring.syllables import sound_similarity
from qa.scoring.windows import opening, span_of
from qa.types import Match, Outcome, Span, Verdict

HEARD = 0.72
BRAND_HEARD = 0.78
"""Firmer, because 是供暖报修 alone shares four of six syllables with the brand."""
FLOOR = 0.55
MISHEARD = 0.7
MARGIN = 0.12
"""By so much a festival must beat the others: 国庆节快乐 and 中秋节快乐 share three of five
syllables, so likeness alone tells nothing."""

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
    """What the opening holds: festivals (several when they sound alike), plain greeting, brand."""

    festivals: frozenset[str]
    plain: bool
    unsure: bool
    brand: str | None
    match: Match | None


@dataclass(frozen=True)
class FestivalGreeting(Check):
    """The greeting and its brand are the ones due on the day of the call.

    Why: a notice says from which day to which day the festival greeting is used.
    Mistakes: festivals that sound too much alike in the recording are undecided. Where notices
    overlap, either greeting is right. A greeting of a festival without a notice is never due. A
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
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        if scene.call.started_at is None and scene.call.notices:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "started_at"),))
        start, end = opening(scene)
        heard = self._listen(scene, start, end)
        searched = span_of(scene, start, end)
        if heard.unsure:
            return Verdict(
                Outcome.UNDECIDED, "festival_unsure", searched=searched, nearest=heard.match
            )
        due = self._due(scene)
        return self._festival_day(heard, due, searched) if due else self._plain_day(heard, searched)

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
        if heard.brand == self.festival_brand and self._sounds_plain(due):
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
        brand, brand_match = self._brand(scene, start, end)
        ranked = sorted((m.similarity for m in best.values() if m), reverse=True)
        top = ranked[0] if ranked else 0.0
        festivals = frozenset(
            name for name, m in best.items() if m and m.similarity == top and top >= HEARD
        )
        rival = max(
            (m.similarity for n, m in best.items() if m and n not in festivals), default=0.0
        )
        chosen = next((best[name] for name in sorted(festivals)), None)
        has_plain = bool(plain and plain.similarity >= HEARD)
        unsure = bool(festivals) and top - rival < MARGIN
        if not festivals and not has_plain and brand is None and top >= HEARD - MARGIN:
            unsure = True
        match = chosen or (plain if has_plain else brand_match)
        return _Heard(festivals, has_plain, unsure, brand, match)

    def _brand(self, scene: Scene, start: int, end: int) -> tuple[str | None, Match | None]:
        """Tell which brand was said.

        The festival brand is the plain one less 供暖, which recognition may drop, so it only counts
        when its characters stand there.
        """
        plain = _closest(scene, (self.plain_brand,), start, end)
        if plain and plain.similarity >= BRAND_HEARD:
            return self.plain_brand, plain
        festival = _closest(scene, (self.festival_brand,), start, end)
        if festival and self.festival_brand in scene.agent.text[start:end]:
            return self.festival_brand, festival
        return None, None


def _closest(scene: Scene, notations: tuple[str, ...], start: int, end: int) -> Match | None:
    found = closest(compile_all(notations), scene.agent, start, end, FLOOR)
    return scene.agent.hit_match(found.hit, found.text) if found else None
