"""The agent's own number (工号), spoken and compared with the telephone system's (GR02)."""

from dataclasses import dataclass

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import compile_all, find_all
from qa.scoring.hypotheses import Finding, Kind, weigh_places
from qa.scoring.match import best_hit
from qa.scoring.numbers import (
    CLEAR_DIGITS,
    UNIT_CHARS,
    digit_by_sound,
    digit_by_syllable,
    similarity,
    spoken_value,
    syllable_runs,
)
from qa.scoring.rivals import number_rivals, spoken_forms
from qa.scoring.track import Track
from qa.scoring.windows import opening, span_of
from qa.text import FILLERS
from qa.types import Outcome, Verdict

ANCHOR = 0.72
"""Similarity from which 为您服务 or 工号 counts as heard."""
ANNOUNCED = 0.9
"""Firmer for 工号 in the middle of a call: two syllables are soon alike."""
SURE = 0.75
"""Similarity by sound from which an unclear number is the agent's own: the question is only
whether *this* number was said, not which of a thousand."""
BELIEVED = 0.9
"""Word confidence from which each digit convicts without the sound being asked."""
MAX_NUMBER = 6
GARBLED_DIGITS = 2
"""Digits among what follows 工号 from which a number was said, if not which."""


@dataclass(frozen=True)
class OwnNumber(Check):
    """The number that the agent gives equals the agent's number in the call's metadata.

    Why: operators swap lines at noon, so only the spoken number says who answered.
    Mistakes: a number that is neither clear nor close by sound is undecided; another number counts
    only when every syllable of it is a digit's.

    Attributes:
        before: the phrase that follows the number in the greeting.
        after: words that announce the number elsewhere in the call.
    """

    kind = "own_number"
    before: str = "为您服务"
    after: tuple[str, ...] = ("工号是", "工号", "我是")
    examples = (
        Example({}, "坐席: 您好，幺零八为您服务。", Outcome.MET, {"agent_id": "108"}),
        Example({}, "坐席: 您好，要领吧为您服务。", Outcome.MET, {"agent_id": "108"}),
        Example({}, "坐席: 您好，二幺二为您服务。", Outcome.VIOLATED, {"agent_id": "217"}),
        Example(
            {},
            "坐席: 您好，为您服务。\n客户: 您贵姓？\n坐席: 我工号是两零五。",
            Outcome.MET,
            {"agent_id": "205"},
        ),
        Example({}, "坐席: 您好，为您服务。", Outcome.VIOLATED, {"agent_id": "205"}),
        Example({}, "坐席: 您好，大龙摇扇为您服务。", Outcome.UNDECIDED, {"agent_id": "108"}),
        Example({}, "坐席: 您好，幺零八为您服务。", Outcome.UNDECIDED, {"agent_id": None}),
        Example({}, "未知: 您好，大龙报修幺零八位辞入。", Outcome.MET, {"agent_id": "108"}),
        Example({}, "未知: 您好。\n未知: 我住五零二。", Outcome.UNDECIDED, {"agent_id": "108"}),
    )

    def __post_init__(self) -> None:
        compile_all((self.before, *self.after))

    def run(self, scene: Scene) -> Verdict:
        """Read the number in the greeting, or where it is announced, and compare."""
        expected = scene.call.agent_id
        if not expected or not expected.isascii() or not expected.isdigit():
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "agent_id"),))
        track = scene.agent_or_anyone
        if not track.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        return self._judge(scene, expected)

    def _judge(self, scene: Scene, expected: str) -> Verdict:
        """Compare every place where a number may stand; only the first can convict.

        Where the number in its own place cannot be told, other places may still acquit: digits
        elsewhere in the opening may be a house number.
        """
        track, details = scene.agent_or_anyone, (("expected", expected),)
        places = self._greeted(scene, len(expected))
        if scene.roles_known:  # else 我是 may be the customer's
            places += self._announced(track, len(expected))
        elsewhere = [] if places else _digit_runs(scene, len(expected))
        verdicts = [_compare(track, *place, expected) for place in places + elsewhere]
        equal = next((v for v in verdicts if v and v.outcome is Outcome.MET), None)
        if not scene.roles_known:  # another number may be the customer's house number
            verdicts, elsewhere = verdicts[: len(places)], []
        decided = (verdicts[0] if verdicts else None) or equal
        if decided and decided.outcome is Outcome.MET:
            return decided
        if decided or places:
            place = (places or elsewhere)[0]
            if decided is None:
                nearest = track.match(*place, expected=expected, similarity=0.0)
                decided = Verdict(
                    Outcome.UNDECIDED, "number_unsure", details, (), nearest.span, nearest
                )
            return _by_sound(scene, place, expected, decided)
        searched = span_of(scene, 0, len(track.text))
        missing = Verdict(Outcome.VIOLATED, "number_missing", details, searched=searched)
        anchor = best_hit(self.before, track, *opening(scene))
        if anchor is None or anchor.similarity < ANCHOR:
            unsure = Verdict(Outcome.UNDECIDED, "number_unsure", details, (), searched)
            return missing if scene.roles_known else unsure
        # Recognition may have lost the number, or made other words of it (都两管 of 洞两拐).
        first = max(0, anchor.start - len(expected))
        return _by_sound(scene, (first, anchor.start), expected, missing)

    def _greeted(self, scene: Scene, digits: int) -> list[tuple[int, int]]:
        """Return the place right before 为您服务 in the opening, if a number may stand there."""
        track = scene.agent_or_anyone
        start, end = opening(scene)
        anchor = best_hit(self.before, track, start, end)
        if anchor is None or anchor.similarity < ANCHOR:
            return []
        first = _number_start(track, start, anchor.start, digits)
        return [(first, anchor.start)] if first < anchor.start else []

    def _announced(self, track: Track, digits: int) -> list[tuple[int, int]]:
        """Find numbers right after 工号 or 我是, by sound, anywhere in the call."""
        places = []
        for pattern in compile_all(self.after):
            for found in find_all(pattern, track, 0, len(track.text), ANNOUNCED):
                first, end = found.hit.end, track.turn_at(found.hit.start)[1]
                while first < end and track.text[first] in FILLERS:
                    first += 1
                places += _numbers_at(track.text, first, end, digits)
        return places


def _by_sound(scene: Scene, place: tuple[int, int], expected: str, unheard: Verdict) -> Verdict:
    """Ask the sound of a place for the number, before the text alone convicts or gives up."""
    track = scene.agent_or_anyone
    narrow = _digits_only(track, *place)
    said = "".join(digit_by_syllable(c) or "" for c in track.text[slice(*place)])
    others = (spoken_forms(said)[0],) if len(said) == len(expected) and said != expected else ()
    rivals = tuple(dict.fromkeys((*others, *number_rivals(expected, 3))))
    forms = spoken_forms(expected)
    lost = [(place[1], place[1])] if unheard.reason == "number_missing" else []
    places = [narrow, place, *lost]
    heard = weigh_places(scene, track, places, forms, rivals, kind=Kind.NUMBER)
    details = (("expected", expected),)
    match = track.match(*place, expected=expected, similarity=0.8) if place[0] < place[1] else None
    matches = (match,) if match else ()
    if heard.finding is Finding.SAID:
        return Verdict(Outcome.MET, "number_equal", (*details, ("said", expected)), matches)
    if heard.finding is Finding.UNSURE:
        return Verdict(Outcome.UNDECIDED, "number_unsure", details, (), unheard.searched, match)
    if heard.finding is Finding.NOT_SAID and unheard.outcome is Outcome.UNDECIDED:
        return Verdict(Outcome.VIOLATED, "number_not_said", details, matches)
    if heard.finding is Finding.OPEN and unheard.reason == "number_differs":
        believed = min(track.confidence(k, k + 1) for k in range(*place))
        if believed < BELIEVED:  # one digit for another, and nobody asked the sound yet
            span = unheard.searched or track.span(*place)
            return Verdict(Outcome.UNDECIDED, "number_unsure", details, (), span, match)
    return unheard


def _digits_only(track: Track, start: int, end: int) -> tuple[int, int]:
    """Leave out what stands before the first digit: a lost digit drew the brand's last word in."""
    text = track.text[start:end]
    first = next((k for k, c in enumerate(text) if digit_by_syllable(c) is not None), 0)
    return start + first, end


def _digit_runs(scene: Scene, digits: int) -> list[tuple[int, int]]:
    """Find runs of digits in the opening, as many as the number has; a digit's syllable counts."""
    runs = syllable_runs(scene.agent_or_anyone.text, *opening(scene))
    return [run for run in runs if run[1] - run[0] == digits]


def _numbers_at(text: str, first: int, end: int, digits: int) -> list[tuple[int, int]]:
    """Where a number may end that begins at a position: as far as it goes, then at full length.

    A stuttered 幺幺零八 must be seen whole before its first three digits are; a garbled 将零八
    counts as a place, though not as a number.
    """
    stop = first
    while stop < min(end, first + MAX_NUMBER) and _is_numeral(text[stop]):
        stop += 1
    places = []
    if stop - first >= digits or any(c in UNIT_CHARS for c in text[first:stop]):
        places.append((first, stop))
    short = text[first : min(first + digits, end)]
    exact = sum(digit_by_syllable(c) is not None for c in short)
    if short and (all(map(digit_by_sound, short)) or exact >= GARBLED_DIGITS):
        places.append((first, first + len(short)))
    return list(dict.fromkeys(places))


def _number_start(track: Track, start: int, end: int, digits: int) -> int:
    """Go back from 为您服务 over what may be a number.

    Characters that are digits, or have exactly a digit's syllable, are followed as far as they go;
    where they are too few, the number is taken to have its full length if any of it is a digit.
    A digit may stand before others that only resemble one (摇扇).
    """
    first = end
    while first > start and end - first < MAX_NUMBER and _is_numeral(track.text[first - 1]):
        first -= 1
    if end - first >= digits:
        return first
    while first > start and end - first < digits and digit_by_sound(track.text[first - 1]):
        first -= 1
    if any(map(_is_numeral, track.text[first:end])):
        return max(start, end - digits)
    return end


def _is_numeral(char: str) -> bool:
    return char in UNIT_CHARS or digit_by_syllable(char) is not None


def _compare(track: Track, start: int, end: int, expected: str) -> Verdict | None:
    """Compare what stands in a place with the number; None when it cannot be told."""
    text = track.text[start:end]
    close = similarity(expected, text)
    said = spoken_value(text) or "".join(digit_by_syllable(c) or "" for c in text)
    clear = all(map(_is_numeral, text))
    match = track.match(start, end, expected=expected, similarity=close)
    details = (("expected", expected), ("said", said))
    if clear and said == expected:
        return Verdict(Outcome.MET, "number_equal", details, (match,))
    if _ends_with(track, start, end, expected):
        return Verdict(Outcome.MET, "number_equal", (details[0], ("said", expected)), (match,))
    if clear and len(said) >= len(expected) and not _is_within(expected, said):
        return Verdict(Outcome.VIOLATED, "number_differs", details, (match,))
    if not clear and close >= SURE and _no_clear_difference(text, expected):
        details = (("expected", expected), ("said", expected))
        return Verdict(Outcome.MET, "number_equal", details, (match,))
    return None


def _ends_with(track: Track, start: int, end: int, expected: str) -> bool:
    """Whether the number stands whole after a pause: 幺零，幺零八, or 幺幺八，不好意思，幺零八."""
    first = end - len(expected)
    digits = "".join(CLEAR_DIGITS.get(char, "?") for char in track.text[first:end])
    return first > start + 1 and first in track.pauses and digits == expected


def _is_within(expected: str, said: str) -> bool:
    """Whether the number stands in what was heard once stuttered or doubled digits are dropped."""
    rest = iter(said)
    return all(digit in rest for digit in expected)


def _no_clear_difference(text: str, expected: str) -> bool:
    """Whether no digit of the text contradicts the number in its place."""
    return len(text) == len(expected) and all(
        (digit_by_syllable(char) or digit) == digit
        for char, digit in zip(text, expected, strict=True)
    )
