"""Questions whose answers are known: what was said in a place of a labelled call, and what was not.

A trial is put the way a check puts a question (`qa.scoring.hypotheses.weigh`): a place in the
recognised words, texts that may have been said there, and rivals. The true turns say whether they
were. Where recognition got the words right nobody would ask, so such places are left out.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from benchlib.callset import LabelledCall, build_call, true_transcript
from qa.scoring.check import Scene
from qa.scoring.hypotheses import Kind, Weighed, weigh
from qa.scoring.match import best_hit
from qa.scoring.numbers import digit_by_syllable
from qa.scoring.rivals import CONFUSED_DIGITS, number_rivals, spoken_forms, text_rivals
from qa.scoring.syllables import substitution_cost, syllables
from qa.scoring.track import Track
from qa.text import fold
from qa.types import Transcript

DIGIT = {c: str(i % 10) for i, c in enumerate("零一二三四五六七八九洞幺两三四五六拐八勾")}
NUMBER = re.compile(f"[{''.join(DIGIT)}]{{3,11}}")
LEAST_LIKE = 0.4
"""Places less alike than this are not asked about by any check."""
SAME = 0.8
"""From this likeness on, a text counts as said in a true turn, and is no negative trial there."""
SLACK = 4
"""Characters beside its time that a turn may have been recognised in."""
STRANGE = 0.8
"""Mean cost of a syllable from which recognised words are no version of a value."""
FAMILIES = ("FP", "IP", "MG")
SWAPS = {
    "供暖": ("热力", "客服"),
    "报修": ("投诉", "查询"),
    "问题": ("事情",),
    "您": ("你",),
    "维修": ("施工",),
    "联系": ("答复",),
    "来电": ("支持",),
}
"""Words of scripts and what is said instead of them, wrongly."""


@dataclass(frozen=True)
class Trial:
    """One question and its true answer.

    Attributes:
        said: whether a target was said in the place.
        sort: where the targets come from: `own` words, `near` in sound, `nearest` of other
            calls, `swapped` word or digit.
        place: in what the agent said.
    """

    call_id: str
    kind: Kind
    said: bool
    sort: str
    place: tuple[int, int]
    targets: tuple[str, ...]
    rivals: tuple[str, ...]

    def weigh(self, scene: Scene) -> Weighed:
        """Put the question as a check does."""
        return weigh(scene, scene.agent, self.place, self.targets, self.rivals, kind=self.kind)


@dataclass(frozen=True)
class Turn:
    """A true turn of the agent, and where it should stand in the recognised words."""

    text: str
    clauses: tuple[tuple[int, int], ...]
    start: int
    end: int


@dataclass(frozen=True)
class Heard:
    """A labelled call with its transcript."""

    labelled: LabelledCall
    transcript: Transcript

    @cached_property
    def scene(self) -> Scene:
        """The recognised call."""
        return Scene(self.transcript, build_call(self.labelled))

    @cached_property
    def truth(self) -> Scene:
        """The true call."""
        return Scene(true_transcript(self.labelled), build_call(self.labelled))

    @property
    def track(self) -> Track:
        """What was recognised of the agent."""
        return self.scene.agent

    @cached_property
    def turns(self) -> list[Turn]:
        """The agent's true turns that have recognised words near."""
        middles = [sum(self.track.time_at(k)) / 2 for k in range(len(self.track.text))]
        found = []
        for turn in self.labelled.truth["turns"]:
            start, end = turn["start"] * 1000, turn["end"] * 1000
            inside = [k for k, at in enumerate(middles) if start <= at <= end]
            if turn["role"] == "agent" and inside:
                # Words stand a little beside their true time, stretched over pauses above all.
                first, last = max(0, inside[0] - SLACK), inside[-1] + 1 + SLACK
                text, clauses = _clauses(turn["spoken"])
                found.append(Turn(text, clauses, first, min(len(middles), last)))
        return found

    def was_said(self, text: str, turn: Turn) -> bool:
        """Whether a text, or what sounds nearly the same, is among the true words of a turn."""
        track = self.truth.agent
        at = track.text.find(turn.text)
        hit = best_hit(text, track, at, at + len(turn.text), floor=SAME) if at >= 0 else None
        return hit is not None

    def is_garbled(self, text: str, turn: Turn) -> bool:
        """Whether recognition lost a text in its turn, so that a check would ask."""
        return text not in self.track.text[turn.start : turn.end]


def _clauses(spoken: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    text, bounds = "", []
    for part in re.split(r"[，。？！；：、…—,.?!]+", spoken):
        folded = fold(part).text
        if folded:
            bounds.append((len(text), len(text) + len(folded)))
            text += folded
    return text, tuple(bounds)


def build_trials(calls: Sequence[Heard], *, per_kind: int) -> list[Trial]:
    """Build trials of every kind from labelled calls.

    Args:
        calls: with two channels, so that the roles are sure.
        per_kind: positive trials of a kind per call, at most, and as many negative ones.
    """
    scripts = _pool(calls)
    phrases = sorted({text for call in calls for text in _quotes(call)})
    names = sorted({value for call in calls for value in _values(call)})
    trials = []
    for call in calls:
        rng = random.Random(call.labelled.call_id)
        for made in (
            _slots(call, scripts, rng),
            _phrases(call, phrases, rng),
            _numbers(call, rng),
            _named(call, names, rng),
        ):
            all_made = list(made)
            for said in (True, False):
                chosen = [t for t in all_made if t.said is said]
                trials += rng.sample(chosen, min(per_kind, len(chosen)))
    return trials


def _pool(calls: Sequence[Heard]) -> list[str]:
    """Clauses of the agents' first and last turns: what scripts are made of."""
    found = set()
    for call in calls:
        for turn in [*call.turns[:1], *call.turns[-2:]]:
            found |= {turn.text[slice(*c)] for c in turn.clauses}
    return sorted(t for t in found if 4 <= len(t) <= 12 and not any(c in DIGIT for c in t))


def _quotes(call: Heard) -> Iterator[str]:
    """Clauses that inspectors quoted for forbidden words and promises."""
    for span in call.labelled.script.get("spans") or ():
        if str(span["rule"]).startswith(FAMILIES):
            text, clauses = _clauses(span["quote"])
            yield from (text[s:e] for s, e in clauses if 3 <= e - s <= 10)


def _values(call: Heard) -> Iterator[str]:
    """Take the customer's name and compound."""
    ticket = call.labelled.script.get("ticket") or {}
    if ticket.get("name"):
        yield fold(ticket["name"]).text
    compound = re.match(
        r"[\u4e00-\u9fff]{3,8}?(?=\d|[一二三四五六七八九十]+[号栋])", ticket.get("address") or ""
    )
    if compound:
        yield compound.group()


def _slots(call: Heard, scripts: Sequence[str], rng: random.Random) -> Iterator[Trial]:
    for turn in {id(t): t for t in [*call.turns[:1], *call.turns[-2:]]}.values():
        for start, end in turn.clauses:
            text = turn.text[start:end]
            if not 3 <= end - start <= 12 or any(c in DIGIT for c in text):
                continue
            if call.is_garbled(text, turn):
                yield from _at_hit(call, turn, Kind.SLOT, text, "own")
            for word, others in SWAPS.items():
                if word in text:
                    wrong = text.replace(word, rng.choice(others))
                    yield from _at_hit(call, turn, Kind.SLOT, wrong, "swapped")
        yield from _nearest(call, turn, Kind.SLOT, scripts)


def _phrases(call: Heard, phrases: Sequence[str], rng: random.Random) -> Iterator[Trial]:
    quoted = list(_quotes(call))
    for turn in call.turns:
        texts = [turn.text[s:e] for s, e in turn.clauses if 3 <= e - s <= 8]
        texts = [text for text in texts if not NUMBER.search(text)]
        for text in dict.fromkeys([*(q for q in quoted if q in turn.text), *texts]):
            if call.is_garbled(text, turn):
                yield from _at_hit(call, turn, Kind.PHRASE, text, "own")
            for near in text_rivals(text, 1):
                yield from _at_hit(call, turn, Kind.PHRASE, near, "near")
        yield from _nearest(call, turn, Kind.PHRASE, phrases)


def _at_hit(call: Heard, turn: Turn, kind: Kind, text: str, sort: str) -> Iterator[Trial]:
    """Ask about a text where it comes closest, as checks do."""
    if sort not in ("own", "near") and call.was_said(text, turn):
        return
    track = call.track
    hit = best_hit(text, track, turn.start, turn.end, floor=LEAST_LIKE)
    if hit is None or (sort != "own" and track.text[hit.start : hit.end] == text):
        return
    rivals = text_rivals(text, 2) if kind is Kind.PHRASE else ()
    place = (hit.start, hit.end)
    yield Trial(call.labelled.call_id, kind, sort == "own", sort, place, (text,), rivals)


def _nearest(call: Heard, turn: Turn, kind: Kind, texts: Sequence[str]) -> Iterator[Trial]:
    """Ask about the two texts of other calls that come closest to a turn without being in it."""
    track = call.track
    hits = []
    for text in texts:
        hit = best_hit(text, track, turn.start, turn.end, floor=0.5)
        if hit is not None and not call.was_said(text, turn):
            hits.append((hit.similarity, text))
    for _, text in sorted(hits, reverse=True)[:2]:
        yield from _at_hit(call, turn, kind, text, "nearest")


def _numbers(call: Heard, rng: random.Random) -> Iterator[Trial]:
    for turn in call.turns:
        for found in NUMBER.finditer(turn.text):
            digits = "".join(DIGIT[c] for c in found.group())
            place = _aligned(call.track, turn, found.start(), found.end())
            if place is None:
                continue
            read = call.track.text[slice(*place)]
            heard = "".join(digit_by_syllable(c) or "" for c in read)
            wrong = _other_digits(digits, rng)
            for said, number in ((True, digits), (False, wrong)):
                if heard == number:
                    continue  # recognised so: nobody asks
                others = (spoken_forms(heard)[0],) if len(heard) == len(number) else ()
                yield Trial(
                    call.labelled.call_id,
                    Kind.NUMBER,
                    said,
                    "own" if said else "swapped",
                    place,
                    spoken_forms(number)[:2],
                    tuple(dict.fromkeys((*others, *number_rivals(number, 3)))),
                )


def _other_digits(digits: str, rng: random.Random) -> str:
    at = rng.randrange(len(digits))
    # every other time the digit that recognition confuses with this one
    other = CONFUSED_DIGITS[digits[at]] if rng.random() < 0.5 else None
    other = other or rng.choice([d for d in "0123456789" if d != digits[at]])
    return digits[:at] + other + digits[at + 1 :]


def _named(call: Heard, values: Sequence[str], rng: random.Random) -> Iterator[Trial]:
    own = set(_values(call))
    for turn in call.turns:
        for value in sorted(own):
            at = turn.text.find(value)
            place = _aligned(call.track, turn, at, at + len(value)) if at >= 0 else None
            if place is None:
                continue
            heard = call.track.text[slice(*place)]
            if len(heard) != len(value) or _unlike(value, heard) > STRANGE * len(value):
                continue  # lost altogether: no check asks about words that resemble nothing
            others = [v for v in values if len(v) == len(value) and v not in own]
            wrong = [("near", v) for v in text_rivals(value, 2)]
            wrong += [("nearest", v) for v in sorted(others, key=lambda v: _unlike(v, value))[:2]]
            wrong += [("swapped", rng.choice(others))] if others else []
            for sort, text in [("own", value), *wrong]:
                if text != heard:
                    yield Trial(
                        call.labelled.call_id,
                        Kind.VALUE,
                        sort == "own",
                        sort,
                        place,
                        (text,),
                        (heard,) if heard else (),
                    )


def _unlike(left: str, right: str) -> float:
    return sum(map(substitution_cost, syllables(left), syllables(right)))


def _aligned(track: Track, turn: Turn, start: int, end: int) -> tuple[int, int] | None:
    """Where a range of a true turn stands in the recognised words, by the cheapest alignment."""
    heard = range(turn.start, turn.end)
    costs = [[(0.0, k) for k in (*heard, turn.end)]]
    paths: list[list[tuple[int, int]]] = []
    for i, char in enumerate(turn.text):
        row, path = [(costs[-1][0][0] + 1, turn.start)], [(i, 0)]
        for j, position in enumerate(heard, 1):
            price = _price(char, track.text[position])
            options = [
                (costs[-1][j - 1][0] + price, (i, j - 1)),
                (costs[-1][j][0] + 1, (i, j)),
                (row[-1][0] + 0.8, (i + 1, j - 1)),
            ]
            best = min(options, key=lambda option: option[0])
            row.append((best[0], position))
            path.append(best[1])
        costs.append(row)
        paths.append(path)
    i, j = len(turn.text), min(range(len(costs[-1])), key=lambda k: costs[-1][k][0])
    if costs[-1][j][0] > 0.6 * len(turn.text):
        return None
    after, before = {i: j}, {i: j}
    while i > 0:
        i, j = paths[i - 1][j]
        before[i] = j
        after.setdefault(i, j)
    # What was heard between two true characters belongs to neither.
    first, last = turn.start + after[start], turn.start + before[end]
    return (first, last) if first < last else None


def _price(expected: str, heard: str) -> float:
    if DIGIT.get(expected, expected) == DIGIT.get(heard, heard):
        return 0.0
    return substitution_cost(*syllables(expected + heard))
