"""Spot phrases that must not be said: sound nominates, characters and context convict.

By toneless syllable 不指导 equals 不知道, so likeness alone convicts nobody. A short phrase
convicts only when its characters stand there; a longer one may have slips, because so many equal
syllables in a row are no accident. What lies between is unsure, and a person decides.
"""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache

from qa.scoring.grammar import (
    EDGE,
    GAP,
    Found,
    Pattern,
    as_regex,
    compile_all,
    compile_pattern,
    find_all,
)
from qa.scoring.match import slips
from qa.scoring.shortlist import LONG, SHORT, SHORT_SIMILARITY, shortlist, shortlist_of
from qa.scoring.syllables import (
    SURE,
    SURE_SLIP_COST,
    TONE_COST,
    keys,
    sounds,
    syllable_of,
    syllables,
    tone_of,
)
from qa.scoring.track import Track


@dataclass(frozen=True, slots=True)
class Policy:
    """When a hit convicts and when it is at least unsure; all ratios 0–1.

    Attributes:
        convict_similarity: by sound, for phrases of `LONG` syllables or more.
        convict_chars: share of the characters that must stand there.
        unsure_similarity, unsure_chars: the same for being worth a person's ear.
        parted_chars, parted_unsure_chars: the same shares for phrases in parts (您自己…打听), which
            need more of their characters: each part is short, and with words between, equal
            syllables in a row do not speak for it (您自己去大厅).
    """

    convict_similarity: float = 0.9
    convict_chars: float = 0.6
    unsure_similarity: float = 0.82
    unsure_chars: float = 0.45
    parted_chars: float = 0.75
    parted_unsure_chars: float = 0.6


@dataclass(frozen=True)
class Guards:
    """What makes a phrase harmless, each in the notation of `qa.scoring.grammar`.

    Attributes:
        unless: wordings that contain the phrase but mean something else (声音不清楚).
        quoted_after: words that introduce somebody else's words, earlier in the sentence.
        negated_by: words right before the phrase that turn it round (不能 before 保证).
        denied_by: words earlier in the clause that do so from further away (谁也不敢, 应该).
        asked_with: words anywhere in the sentence that make it a question or a condition.
        excused_by: a way forward anywhere in the same turn.
        no_excuse: wordings that only look like one (没法给您查); left out before looking.
        script: what the script makes every agent say (维修人员会尽快跟您联系); it excuses nothing
            but in the very utterance of the phrase.
    """

    unless: tuple[str, ...] = ()
    quoted_after: tuple[str, ...] = ()
    negated_by: tuple[str, ...] = ()
    denied_by: tuple[str, ...] = ()
    asked_with: tuple[str, ...] = ()
    excused_by: tuple[str, ...] = ()
    no_excuse: tuple[str, ...] = ()
    script: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for notations in astuple(self):
            compile_all(notations)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A phrase in its place; `sure` when it convicts.

    Attributes:
        notation: which of the patterns it was; empty where it was none.
    """

    found: Found
    sure: bool
    notation: str = ""


NEGATION_REACH = 3
"""Characters before the phrase within which a negation turns it round."""
ADDRESSEE = "[跟|给|向|和|对|为|替][您|你]"
"""To whom: stands between a negation and its phrase (不能跟您保证), compared by sound."""
OWN_WORDS = re.compile(
    "(^|[我都也可就先再])[跟给和对告][诉]?[您你](说|讲)|说话"
    "|[您你](说|讲|问|提|反映|提到)的(这[个种]|那[个种]|情况|问题|事情)"
    "|[您你](说|讲)(得|话|来说去|了半天|了这么|了那么)"
    "|[您你就去][跟找问和冲上向去][^我您你]{1,4}(说|讲|要|反映|告诉)"
    "|[您你][得要去直接就]{0,2}问(?![的我是])"
    "|我[^师他她站物]{0,6}[跟给和对][您你](说|讲)"
    "|[别甭少][跟冲对朝和]我(喊|嚷|吼|叫|说)"
    "|[你您]说[你您]这|你说你(?!们)"
    "|我们?(保证|承诺|答应)|说到(做到|就)|说一不二|[没不][得的用]说|别说|说(实|白|真|句|老实)"
)
"""我跟您说 introduces the agent's own words, although it holds 您说; 您说的这个 names a matter, and
您跟师傅说 sends somebody."""
TAG = re.compile("(?:[是对好行]吧|吗|[是对]不[是对])$")
"""How a clause ends that sums up what the other side said, before the agent's own answer."""
NEGATIVE = re.compile("不|没|别|甭")
_NEGATIVE_SYLLABLES = frozenset(("bu", "mei", "bie", "beng"))
HARMLESS_SIMILARITY = 0.9
HARMLESS_CHARS = 0.7
"""A harmless wording needs its characters too: 保证今 (天) sounds like 保证金."""
MIN_CONFIDENCE = 0.3
"""Mean word confidence under which a phrase only makes a call unsure; text that looked invented
twice is kept at 0.2."""


def spot(
    track: Track,
    patterns: Sequence[Pattern],
    *,
    policy: Policy,
    guards: Guards,
    allowed: tuple[str, ...] = (),
) -> list[Sighting]:
    """Find what convicts and what is unsure, guards applied.

    Args:
        allowed: words that make a phrase harmless when they stand inside it (一定给您反映).

    Returns:
        Sightings in time order, the strongest one where several overlap.
    """
    sightings: list[Sighting] = []
    strict = policy.convict_similarity >= SHORT_SIMILARITY
    chars = policy.unsure_chars
    index = shortlist_of(tuple(patterns), policy.unsure_similarity, strict=strict, chars=chars)
    for likely in index.likely(track):
        for start, end in likely.turns:
            for found in find_all(likely.pattern, track, start, end, likely.floor, chars=chars):
                sure = _convicts(found, policy) and _is_trusted(track, found, policy)
                if not sure and not _is_unsure(found, policy):
                    continue
                # Before overlaps are settled: a harmless phrase must not hide a guilty one.
                inside = track.text[found.hit.start : found.hit.end]
                if not (_lone_syllables_stand(found, inside) and _is_as_negative(found, inside)):
                    continue
                if _is_torn(track, found):
                    continue
                permitted = _contains(allowed, inside.replace("不可能", "")) if allowed else False
                if not permitted and not is_harmless(track, found, guards):
                    sightings.append(Sighting(found, sure, likely.pattern.notation))
    return _strongest(sightings)


def _lone_syllables_stand(found: Found, inside: str) -> bool:
    """Whether the parts of one syllable stand there as such: 以后有什么 is not 吼…什么."""
    if GAP not in found.text:
        return True
    at = 0
    for part in found.text.split(GAP):
        if len(part) == 1:
            at = inside.find(part, at) + 1
            if not at:
                return False
    return True


def _is_torn(track: Track, found: Found) -> bool:
    """Whether a phrase in one part is pieced together across a comma: 不是我们的，这是 (事)."""
    hit = found.hit
    exact = hit.similarity == 1.0 and hit.same_chars == 1.0  # 报修，好 sounds like 包修好
    return not exact and GAP not in found.text and track.clause_end(hit.start) < hit.end


def _is_as_negative(found: Found, inside: str) -> bool:
    """Whether each 不 or 没 of the phrase was heard: 也是我们负责 is not 不是我们负责."""
    due = len(NEGATIVE.findall(found.text))
    return due <= len(NEGATIVE.findall(inside)) or due <= sum(
        heard in _NEGATIVE_SYLLABLES for heard in syllables(inside)
    )


def _convicts(found: Found, policy: Policy) -> bool:
    if found.length < LONG:
        return found.hit.same_chars == 1.0 and found.hit.similarity == 1.0
    chars = policy.convict_chars
    if GAP in found.text:
        chars = max(chars, policy.parted_chars)
    return found.hit.similarity >= policy.convict_similarity and found.hit.same_chars >= chars


def _is_trusted(track: Track, found: Found, policy: Policy) -> bool:
    """Whether the recogniser itself believes the words; nobody is convicted on a guess.

    Other characters than the phrase's speak the louder against it the surer the recogniser is of
    them, and where their tone is another one.
    """
    hit = found.hit
    if track.confidence(hit.start, hit.end) < MIN_CONFIDENCE:
        return False
    if hit.same_chars == 1.0:
        return True
    against = 0.0
    for char, position in slips(found.text.replace(GAP, ""), track, hit.start, hit.end):
        heard = track.text[position]
        if syllable_of(heard) == syllable_of(char) and tone_of(heard) != tone_of(char):
            against += TONE_COST
        if track.confidence(position, position + 1) >= SURE:
            against += SURE_SLIP_COST
    return hit.similarity - against / found.length >= policy.convict_similarity - 1e-9


def _is_unsure(found: Found, policy: Policy) -> bool:
    """Short phrases need equal sound and most characters, or chance would fill the queue."""
    if found.length < LONG:
        slips = round((1 - found.hit.same_chars) * found.length)
        return found.hit.similarity == 1.0 and slips <= 1 and 2 * slips < found.length
    if found.length < SHORT and found.hit.similarity < SHORT_SIMILARITY:
        return False
    if GAP in found.text and found.hit.same_chars < policy.parted_unsure_chars:
        return False
    return found.hit.same_chars >= policy.unsure_chars


def is_harmless(track: Track, found: Found, guards: Guards) -> bool:
    """Whether any guard makes a phrase in its place harmless."""
    hit = found.hit
    turn_start, turn_end = track.turn_at(hit.start)
    start, end = max(turn_start, track.sentence_start(hit.start)), track.sentence_end(hit.end - 1)
    text = track.text
    clause = max(start, track.clause_start(hit.start))
    return (
        is_quoted(text[start : hit.start], guards)
        or _is_negated(guards.negated_by, text[start : hit.start], hit.start - clause)
        or _is_denied(guards.denied_by, text[clause : hit.start])
        or _contains(guards.asked_with, text[_after_tag(track, start, clause) : end])
        or _is_excused(track, found, guards, (turn_start, turn_end))
        or any(
            other.hit.start < hit.end and hit.start < other.hit.end
            for other in _harmless(track, guards.unless, (turn_start, turn_end))
            if other.hit.same_chars >= HARMLESS_CHARS
        )
    )


def _is_excused(track: Track, found: Found, guards: Guards, turn: tuple[int, int]) -> bool:
    """Whether the turn shows a way forward."""
    if not guards.excused_by:
        return False
    text, edges = track.text, track.starts
    left = max(turn[0], edges[track.utterance_at(found.hit.start)])
    right = min(turn[1], edges[track.utterance_at(found.hit.end - 1) + 1])
    before = _without(guards.script, text[turn[0] : left])
    after = _without(guards.script, text[right : turn[1]])
    said = _without(guards.no_excuse, before + text[left:right] + after)
    return _contains(guards.excused_by, said)


def _after_tag(track: Track, start: int, clause: int) -> int:
    """Where the words begin that an earlier clause with a tag does not take in: 没热是吧，您……."""
    at = clause
    while at > start:
        if TAG.search(track.text, start, at):
            return at
        at = track.clause_start(at - 1)
    return start


def is_quoted(before: str, guards: Guards) -> bool:
    """Whether the words before something introduce somebody else's."""
    return _contains(guards.quoted_after, OWN_WORDS.sub("", before))


def _harmless(track: Track, notations: tuple[str, ...], turn: tuple[int, int]) -> list[Found]:
    """Find the harmless wordings of a turn, once for all that was spotted in it."""
    if not notations:
        return []
    index = shortlist(notations, HARMLESS_SIMILARITY, strict=False, exact_below=0)
    known: list[Found] | None = track.memo.get((index, turn))
    if known is None:
        known = [
            found
            for likely in index.likely(track)
            if turn in likely.turns
            for found in find_all(likely.pattern, track, *turn, HARMLESS_SIMILARITY)
        ]
        track.memo[index, turn] = known
    return known


def _is_negated(notations: tuple[str, ...], before: str, in_clause: int) -> bool:
    """Whether a negation stands right before the phrase, by sound where it is long enough.

    A misheard negation (步能保证) must not turn a refusal into a promise; 不 alone needs its
    character, because 维修部保证 promises. Of an earlier clause only the very end counts, because
    commas are heard where none is: 不能，保证, but 您别慌，保证.

    Args:
        in_clause: how many of the characters before belong to the phrase's own clause.
    """
    addressed = any(keys(before[-2:]) == keys(a) for a in compile_pattern(ADDRESSEE).parts[0])
    left = 2 * addressed
    near = before[: len(before) - left][-NEGATION_REACH:]
    own = max(0, min(len(near), in_clause - left))
    return any(
        start >= len(near) - own or start + len(text) == len(near) - own
        for pattern in compile_all(notations)
        if len(pattern.parts) == 1
        for text in pattern.parts[0]
        for start in _places(text, near)
    )


def _is_denied(notations: tuple[str, ...], before: str) -> bool:
    """Whether words earlier in the clause turn the phrase round; 部能 is 不能 by sound."""
    if _contains(notations, before):
        return True
    heard = sounds(before)
    return any(refusal in heard for refusal in _refusals(notations))


@lru_cache(maxsize=100)
def _refusals(notations: tuple[str, ...]) -> tuple[str, ...]:
    """Sounds of those wordings of two syllables or more that begin with a negation."""
    parts = [p.parts[0] for p in compile_all(notations) if len(p.parts) == 1]
    texts = (text.strip(EDGE) for alternatives in parts for text in alternatives)
    return tuple(sounds(text) for text in texts if len(text) > 1 and text[0] in "不没无")


def _places(negation: str, near: str) -> list[int]:
    heard, sought = (keys(near), keys(negation)) if len(negation) > 1 else (near, negation)
    return [i for i in range(len(heard)) if heard.startswith(sought, i)]


def _without(notations: tuple[str, ...], text: str) -> str:
    return as_regex(notations).sub(" ", text)


def _contains(notations: tuple[str, ...], text: str) -> bool:
    """Whether any notation stands in the text, character by character, its parts in order."""
    return as_regex(notations).search(text) is not None


def _strongest(sightings: list[Sighting]) -> list[Sighting]:
    """Where sightings overlap keep the sure one, then the likest, then the longest."""
    ranked = sorted(
        sightings,
        key=lambda s: (s.sure, s.found.hit.similarity * s.found.hit.same_chars, s.found.length),
        reverse=True,
    )
    kept: list[Sighting] = []
    for sighting in ranked:
        hit = sighting.found.hit
        if not any(k.found.hit.start < hit.end and hit.start < k.found.hit.end for k in kept):
            kept.append(sighting)
    return sorted(kept, key=lambda s: s.found.hit.start)
