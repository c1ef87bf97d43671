"""Which rules of a ruleset judge as those of an earlier one did, and which calls the others reach.

A rule whose hash is another one judges anew; but where only its lists changed, and its check can
say what a call must hold for that to matter, calls that hold nothing of the kind keep their lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.scoring.reach import Reach
from qa.scoring.ruleset import Rule, Ruleset, check_of
from qa.scoring.sweep import Said, Sweep
from qa.store.scorecards import load_rule_contents, load_rule_hashes, load_said
from qa.store.store import Store


@dataclass(frozen=True, slots=True)
class Kinship:
    """How a ruleset stands to an earlier one.

    Attributes:
        unchanged: ids of the rules that judge every call as they did.
        narrow: ids of the rules that do so on calls that `sweep` does not name.
    """

    unchanged: frozenset[str]
    narrow: frozenset[str] = frozenset()
    sweep: Sweep | None = None


class Kin:
    """Compares rulesets with earlier ones, and remembers what it found."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Kinship] = {}

    def of(self, old: str, ruleset: Ruleset) -> Kinship:
        """Compare a ruleset with an earlier one, which is named by its hash."""
        key = (old, ruleset.hash)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _kinship(self._store, old, ruleset)
        return known


def _kinship(store: Store, old: str, ruleset: Ruleset) -> Kinship:
    with store.reading() as session:
        before = load_rule_hashes(session, old)
        contents = load_rule_contents(session, list(before.values()))
    same = frozenset(r.rule_id for r in ruleset.rules if before.get(r.rule_id) == r.hash)
    others = [r for r in ruleset.rules if r.rule_id in before and r.rule_id not in same]
    reaches: dict[str, Reach] = {}
    for rule in others:
        reach = _reach(rule, contents.get(before[rule.rule_id]))
        if reach is not None:
            reaches[rule.rule_id] = reach
    return Kinship(same, frozenset(reaches), Sweep(reaches) if reaches else None)


def _reach(rule: Rule, content: str | None) -> Reach | None:
    """Say which calls a rule may judge otherwise than it did; None for any."""
    check = check_of(content) if content is not None else None
    return None if check is None else rule.check.reach(check)


def reached_rules(
    store: Store, transcripts: Mapping[str, str], sweep: Sweep
) -> dict[str, frozenset[str]]:
    """Name for each call the rules that may judge it otherwise than they did.

    Args:
        transcripts: by call id, the key of the transcript that was judged.

    Returns:
        By call id; calls of which that cannot be told are left out.
    """
    with store.reading() as session:
        found = load_said(session, list(transcripts))
    told: list[tuple[str, Said]] = []
    for call_id, (key, texts) in found.items():
        if texts is not None and key == transcripts[call_id]:
            told.append((call_id, Said(*texts)))
    return _by_call(told, sweep)


def _by_call(told: Sequence[tuple[str, Said]], sweep: Sweep) -> dict[str, frozenset[str]]:
    reached = sweep.reached([texts for _, texts in told])
    return {call_id: rules for (call_id, _), rules in zip(told, reached, strict=True)}
