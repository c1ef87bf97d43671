"""Two simple ways to judge a transcript, from the same phrase lists: exact and fuzzy search.

`exact` finds a phrase where its characters stand in a sentence; `fuzzy` where RapidFuzz's
`partial_ratio` of phrase and sentence is at least 80 (of a sentence shorter than the phrase, the
whole ratio: else 好 would hold every phrase with a 好 in it). Both see sentences without
punctuation and judge as a short script would: a slot is said when any of its phrases is found in
the window where it is due; a forbidden phrase counts unless one of its guards (negations,
quotations, harmless wordings, allowed commitments) is found in the same sentence, or a way forward
in the same turn; a number is said when any spoken form of it stands there. Where the roles are
unknown they leave a rule about words undecided, as we do. Rules that no search for phrases can
judge (metadata, timing, comparisons of values) have none.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qa.scoring.check import Check, Scene
from qa.scoring.checks.festival import FestivalGreeting
from qa.scoring.checks.late_apology import LateApology
from qa.scoring.checks.own_number import OwnNumber
from qa.scoring.checks.phrases import PhraseAbsent
from qa.scoring.checks.promises import PromiseAbsent
from qa.scoring.checks.script_slots import ScriptSlots
from qa.scoring.grammar import Pattern, compile_all
from qa.scoring.ruleset import Ruleset
from qa.scoring.slots import Slot
from qa.scoring.windows import closing, opening
from qa.types import Direction, Outcome

Finder = Callable[[str, str], bool]
JUDGED = (LateApology, ScriptSlots, OwnNumber, FestivalGreeting, PhraseAbsent, PromiseAbsent)
FUZZY_CUTOFF = 80
_SPOKEN = {
    **{"0": "0零洞", "1": "1一幺", "2": "2二两", "3": "3三", "4": "4四"},
    **{"5": "5五", "6": "6六", "7": "7七拐", "8": "8八", "9": "9九勾"},
}


def find_exact(phrase: str, sentence: str) -> bool:
    """Find a phrase word for word."""
    return phrase in sentence


def find_fuzzy(phrase: str, sentence: str) -> bool:
    """Find a phrase by RapidFuzz on the whole sentence."""
    from rapidfuzz import fuzz

    ratio = fuzz.partial_ratio if len(sentence) >= len(phrase) else fuzz.ratio
    return float(ratio(phrase, sentence)) >= FUZZY_CUTOFF


FINDERS: Mapping[str, Finder] = {"exact": find_exact, "fuzzy": find_fuzzy}


@dataclass(frozen=True)
class _Search:
    """A finder over what the agent said in one call."""

    scene: Scene
    finds: Finder

    def sentences(self, start: int, end: int) -> list[str]:
        """Cut a range of the agent's words where sentences and utterances end."""
        track = self.scene.agent
        edges = [start, *(stop for stop in track.stops if start < stop < end), end]
        cut = [track.text[a:b] for a, b in itertools.pairwise(edges)]
        return [sentence for sentence in cut if sentence]

    def any_said(self, notations: Sequence[str], sentences: Sequence[str]) -> bool:
        """Whether any of the phrases is found in any of the sentences."""
        patterns = compile_all(tuple(notations))
        return any(self._holds(p, sentence) for p in patterns for sentence in sentences)

    def _holds(self, pattern: Pattern, sentence: str) -> bool:
        return all(
            any(self.finds(alternative, sentence) for alternative in part) for part in pattern.parts
        )


def judge(scene: Scene, ruleset: Ruleset, rule_id: str) -> dict[str, Outcome]:
    """Judge one rule by each baseline; empty where no search for phrases can judge it."""
    rule = ruleset.rule(rule_id)
    if rule is None or not isinstance(rule.check, JUDGED):
        return {}
    return {name: _outcome(rule.check, _Search(scene, finds)) for name, finds in FINDERS.items()}


def _outcome(check: Check, search: _Search) -> Outcome:
    if isinstance(check, LateApology):
        return _late_apology(check, search)
    if not search.scene.roles_known or not search.scene.agent.text:
        return Outcome.UNDECIDED
    if isinstance(check, ScriptSlots):
        whole = (0, len(search.scene.agent.text))
        windows = {"opening": opening(search.scene), "closing": closing(search.scene)}
        sentences = search.sentences(*windows.get(check.window, whole))
        return _met(all(_slot_said(slot, sentences, search) for slot in check.slots))
    if isinstance(check, OwnNumber):
        return _own_number(search)
    if isinstance(check, FestivalGreeting):
        return _festival(check, search)
    assert isinstance(check, PhraseAbsent | PromiseAbsent)  # nothing else is in JUDGED
    return _met(not _forbidden_said(check, search))


def _met(is_met: bool) -> Outcome:
    return Outcome.MET if is_met else Outcome.VIOLATED


def _slot_said(slot: Slot, sentences: Sequence[str], search: _Search) -> bool:
    if not slot.digits:
        return search.any_said(slot.any_of, sentences)
    digit = f"[{''.join(_SPOKEN.values())}]"
    return any(re.search(f"{digit}{{{slot.digits},}}", sentence) for sentence in sentences)


def _own_number(search: _Search) -> Outcome:
    number = search.scene.call.agent_id
    if not number or any(digit not in _SPOKEN for digit in number):
        return Outcome.UNDECIDED
    said = ["".join(forms) for forms in itertools.product(*(_SPOKEN[d] for d in number))]
    text = search.scene.agent.text
    return _met(search.any_said(said, search.sentences(0, len(text))))


def _festival(check: FestivalGreeting, search: _Search) -> Outcome:
    call, sentences = search.scene.call, search.sentences(*opening(search.scene))
    if call.started_at is None:
        return Outcome.UNDECIDED
    day = call.started_at.date()
    due = {n.festival for n in call.notices if n.first_day <= day <= n.last_day}
    said = {
        name
        for name, phrases in check.festival_greetings.items()
        if search.any_said(phrases, sentences)
    }
    plain = search.any_said((*check.plain_greeting, check.plain_brand), sentences)
    if not said and not plain:
        return Outcome.NOT_APPLICABLE
    return _met(bool(said & due) if due else not said)


def _forbidden_said(check: PhraseAbsent | PromiseAbsent, search: _Search) -> bool:
    promise = isinstance(check, PromiseAbsent)
    phrases = check.promises if promise else check.phrases
    guards = check.guards
    harmless = (*guards.unless, *guards.quoted_after, *guards.negated_by, *guards.asked_with)
    if promise:
        harmless = (*harmless, *check.allowed)
    for start, end in search.scene.agent.turns:
        sentences = search.sentences(start, end)
        if search.any_said(guards.excused_by, sentences):
            continue
        for sentence in sentences:
            if search.any_said(phrases, [sentence]) and not search.any_said(harmless, [sentence]):
                return True
    return False


def _late_apology(check: LateApology, search: _Search) -> Outcome:
    call = search.scene.call
    if call.direction is Direction.OUTBOUND:
        return Outcome.NOT_APPLICABLE
    if call.ring_count is None:
        return Outcome.UNDECIDED
    if call.ring_count <= check.max_rings:
        return Outcome.NOT_APPLICABLE
    if not search.scene.roles_known:
        return Outcome.UNDECIDED
    first = search.sentences(*opening(search.scene))[:1]
    return _met(search.any_said(check.phrases, first))
