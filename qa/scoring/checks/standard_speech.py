"""普通话: dialect or another language in the agent's words (GS03)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.grammar import as_regex, compile_all
from qa.scoring.track import Track
from qa.scoring.windows import span_of
from qa.types import Match, Outcome, Verdict

FOREIGN_LETTERS = 10
"""Letters in a row that are no brand or abbreviation any more; spaces do not count."""
TRUSTED = 0.5
"""Mean confidence from which odd words are the agent's and not the recogniser's."""
_FOREIGN = re.compile(r"[A-Za-z][A-Za-z',.?!\s]+")
_STRONG = {"marks": ["啥子", "唔该"], "colloquial": ["啥", "咋"]}


@dataclass(frozen=True)
class StandardSpeech(Check):
    """The agent speaks 普通话: no dialect words, no other language.

    Why: the regulation asks for it, so that every caller understands.
    Mistakes: only words betray a dialect here; an accent is not judged, and a low confidence of
    the recogniser alone convicts nobody. A recogniser that renders dialect as 普通话 hides it. What
    the customer says does not count. A word quoted from the customer does.

    Attributes:
        marks: words that only a dialect has, in the notation of `qa.scoring.grammar`; two
            different ones convict, or one that stands twice.
        colloquial: words of the spoken language of many places; never held against anybody alone,
            but with one mark they convict, and `many` different ones make the rule undecided.
        many: how many.
        allowed: wordings with such words in them that are 普通话.
        foreign_allowed: foreign words that everybody uses (WiFi), in small letters.
    """

    kind = "standard_speech"
    marks: tuple[str, ...]
    colloquial: tuple[str, ...] = ()
    many: int = 5
    allowed: tuple[str, ...] = ()
    foreign_allowed: tuple[str, ...] = (
        "app",
        "wifi",
        "ok",
        "vip",
        "pos",
        "id",
        "ic",
        "bye",
        "hello",
    )
    examples = (
        Example(_STRONG, "坐席: 请问您家是哪个小区？", Outcome.MET),
        Example(_STRONG, "坐席: 你说啥子嘛，啥子地址？", Outcome.VIOLATED),
        Example(_STRONG, "坐席: 啥子？", Outcome.UNDECIDED),
        Example(_STRONG, "坐席: 咋回事，您家啥时候开始的？", Outcome.MET),
        Example(_STRONG, "客户: 啥子嘛，啥子地址？\n坐席: 请您再说一遍。", Outcome.MET),
        Example(_STRONG, "坐席: Sorry I can not help you today.", Outcome.VIOLATED),
        Example(_STRONG, "未知: 啥子嘛，啥子地址？", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.marks) or self.many < 1:
            raise ValueError("marks must not be empty and many must be at least 1")
        compile_all(self.colloquial)
        compile_all(self.allowed)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
        return as_regex(self.marks), as_regex(self.colloquial), as_regex(self.allowed)

    @cached_property
    def _brands(self) -> re.Pattern[str]:
        words = sorted(self.foreign_allowed, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, words)) or "(?!)")

    def run(self, scene: Scene) -> Verdict:
        """Count dialect words and foreign runs in the agent's words."""
        if early := unheard(scene):
            return early
        track = scene.agent
        marks, colloquial, allowed = self._patterns
        text = allowed.sub(lambda m: " " * len(m[0]), track.text)
        strong = [m.span() for m in marks.finditer(text)]
        foreign = list(self._foreign(track))
        weak = {m.group() for m in colloquial.finditer(text)} if self.colloquial else set()
        trusted = [s for s in strong + foreign if track.confidence(*s) >= TRUSTED]
        matches = tuple(_match(track, span) for span in sorted(strong + foreign))
        heard = ",".join(dict.fromkeys(m.quote for m in matches))
        if any(s in foreign for s in trusted) or len(trusted) >= 2 or (trusted and len(weak) >= 2):
            return Verdict(Outcome.VIOLATED, "dialect_heard", (("words", heard),), matches)
        searched = span_of(scene, 0, len(track.text))
        if strong or foreign or len(weak) >= self.many:
            words = heard or ",".join(sorted(weak))
            nearest = matches[0] if matches else None
            return Verdict(
                Outcome.UNDECIDED,
                "dialect_unsure",
                (("words", words),),
                searched=searched,
                nearest=nearest,
            )
        return Verdict(Outcome.MET, "dialect_absent", searched=searched)

    def _foreign(self, track: Track) -> list[tuple[int, int]]:
        """Find runs of foreign words, as ranges of the track's text."""
        found = []
        for k, (_, utterance) in enumerate(track.utterances):
            for run in _FOREIGN.finditer(utterance.text):
                letters = re.sub(r"[^a-z]", "", self._brands.sub("", run.group().lower()))
                if len(letters) < FOREIGN_LETTERS:
                    continue
                inside = [
                    track.starts[k] + n
                    for n, place in enumerate(track.origins[k])
                    if run.start() <= place < run.end()
                ]
                found.append((inside[0], inside[-1] + 1))
        return found


def _match(track: Track, span: tuple[int, int]) -> Match:
    return track.match(*span, expected="", similarity=1.0)
