"""Judge calls again, and only by the rules that changed.

A verdict follows from the rule's check, the transcript, what the sound answered, and what the
systems know of the call. Where a call's published scorecard followed from the same three, a rule
whose hash is the one that judged then would find the same: its line is taken over as it is stored,
under the head that the rule has now. A line whose check broke is never taken over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qa.batch.rulesets import Rulesets
from qa.codec import card_lines, decode
from qa.packed.scorecards import (
    Laid,
    lay,
    outcome_of,
    outline,
    read_verdict,
    reason_of,
    rule_of,
    with_head,
)
from qa.scoring.check import Scene
from qa.scoring.ruleset import Rule, Ruleset
from qa.scoring.scorecard import (
    Basis,
    context_revision,
    hearings_revision,
    judge_rule,
    line_of,
    scorecard_of,
    transcript_key,
)
from qa.store.convert import chunks
from qa.store.publishing import BROKEN
from qa.store.scorecards import (
    CardSummary,
    Standing,
    StoredCard,
    load_rule_hashes,
    load_standing,
    load_transcripts,
)
from qa.store.store import Store
from qa.types import Call, Scorecard, ScoreLine, Transcript, Verdict

TOGETHER = 25
"""Calls whose words are looked through at once."""


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A call judged again.

    Attributes:
        before: its published scorecard; None where it had none.
        card: as judging in full gives it. Where `laid` is given, verdicts that were taken over may
            be in outline (`qa.packed.scorecards.outline`).
        laid: the card's lines as they are to be stored; None where they stand in the card.
        is_current: whether the published scorecard is this very one.
    """

    call: Call
    before: CardSummary | None
    card: Scorecard
    laid: tuple[Laid, ...] | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A call judged again, its scorecard before and after in full."""

    call: Call
    before: Scorecard | None
    card: Scorecard


@dataclass(frozen=True, slots=True)
class _Task:
    """A call and the ruleset that judges it.

    Attributes:
        basis: what verdicts follow from besides the rules.
        old: the lines of its published scorecard by rule id.
        kept: those of them whose verdict holds.
    """

    standing: Standing
    ruleset: Ruleset
    basis: Basis
    old: Mapping[str, Laid]
    kept: Mapping[str, Laid]

    @property
    def changed(self) -> list[Rule]:
        """The rules that must judge."""
        return [rule for rule in self.ruleset.rules if rule.rule_id not in self.kept]


class Taker:
    """Judges calls of an archive again; remembers what their old rulesets were.

    Args:
        full: judge by every rule, whatever stands.
    """

    def __init__(self, store: Store, rulesets: Rulesets, *, full: bool = False) -> None:
        self._store, self._rulesets, self._full = store, rulesets, full
        self._unchanged: dict[tuple[str, str], frozenset[str]] = {}
        self._outlines: dict[tuple[str, str, str], ScoreLine] = {}

    def rejudge(self, call_ids: Sequence[str]) -> Iterator[Rejudged]:
        """Judge calls, in order; those that no ruleset judges are left out."""
        for task, verdicts in self._judged(call_ids):
            stored = task.standing.card
            lines = tuple(
                [
                    self._taken_over(task.ruleset, rule, task.kept[rule.rule_id])
                    if rule.rule_id in task.kept
                    else line_of(rule, verdicts[rule.rule_id])
                    for rule in task.ruleset.rules
                ]
            )
            yield Rejudged(
                task.standing.call,
                _summary(stored, task.old) if stored else None,
                scorecard_of(task.basis, task.ruleset, lines),
                _laid(lines, task.kept) if task.kept else None,
                is_current=stored is not None
                and stored.ruleset_hash == task.ruleset.hash
                and not task.changed,
            )

    def compare(self, call_ids: Sequence[str]) -> Iterator[Compared]:
        """Judge calls, in order, and read all of their scorecards before and after."""
        for task, verdicts in self._judged(call_ids):
            stored = task.standing.card
            before = decode(Scorecard, stored.blob) if stored else None
            known = {line.rule_id: line.verdict for line in before.lines} if before else {}
            lines = [
                line_of(rule, (known if rule.rule_id in task.kept else verdicts)[rule.rule_id])
                for rule in task.ruleset.rules
            ]
            after = scorecard_of(task.basis, task.ruleset, tuple(lines))
            yield Compared(task.standing.call, before, after)

    def _judged(self, call_ids: Sequence[str]) -> Iterator[tuple[_Task, Mapping[str, Verdict]]]:
        """Judge calls by the rules that changed; a call without any costs no transcript."""
        with self._store.reading() as session:
            standing = load_standing(session, call_ids, self._store.zone)
            tasks = [task for one in standing if (task := self._task(one)) is not None]
            for some in chunks(tasks, TOGETHER):
                wanted = [task.basis.call_id for task in some if task.changed]
                transcripts = dict(load_transcripts(session, wanted)) if wanted else {}
                yield from _by_changed(some, transcripts)

    def _task(self, standing: Standing) -> _Task | None:
        ruleset = self._rulesets.of(standing.call)
        if ruleset is None:
            return None
        call, stored = standing.call, standing.card
        basis = Basis(
            call.call_id, standing.transcript_key, context_revision(call), standing.hearings
        )
        old, kept = {}, {}
        if stored is not None:
            old = {rule_of(laid): laid for laid in card_lines(stored.blob)}
            if not self._full and stored.basis(call.call_id) == basis:
                unchanged = self._same_rules(stored.ruleset_hash, ruleset)
                kept = {
                    rule_id: laid
                    for rule_id, laid in old.items()
                    if rule_id in unchanged and reason_of(laid) != BROKEN
                }
        return _Task(standing, ruleset, basis, old, kept)

    def _same_rules(self, old: str, ruleset: Ruleset) -> frozenset[str]:
        """Name the rules that judge now as they did in an old ruleset, which is named by hash."""
        key = (old, ruleset.hash)
        known = self._unchanged.get(key)
        if known is None:
            with self._store.reading() as session:
                before = load_rule_hashes(session, old)
            same = [r.rule_id for r in ruleset.rules if before.get(r.rule_id) == r.hash]
            known = self._unchanged[key] = frozenset(same)
        return known

    def _taken_over(self, ruleset: Ruleset, rule: Rule, laid: Laid) -> ScoreLine:
        verdict = outline(laid)
        if verdict is None:
            return line_of(rule, read_verdict(laid))
        key = (ruleset.hash, rule.rule_id, verdict.outcome.value)
        line = self._outlines.get(key)
        if line is None:
            line = self._outlines[key] = line_of(rule, verdict)
        return line


def _by_changed(
    tasks: Sequence[_Task], transcripts: Mapping[str, Transcript]
) -> Iterator[tuple[_Task, Mapping[str, Verdict]]]:
    """Judge calls by the rules that changed, or by all where the transcript changed meanwhile.

    A call whose transcript is gone is left out.
    """
    together: list[Scene] = []
    scenes: list[tuple[_Task, Scene | None]] = []
    for task in tasks:
        transcript = transcripts.get(task.basis.call_id)
        if not task.changed:
            scenes.append((task, None))
        elif transcript is not None:
            scene = Scene(transcript, task.standing.call, beside=together)
            scenes.append((_as_it_is(task, transcript), scene))
            if scene.roles_known:
                together.append(scene)
    for task, judged in scenes:
        if judged is None:
            yield task, {}
        else:
            yield task, {rule.rule_id: judge_rule(rule, judged) for rule in task.changed}
    together.clear()  # else each scene would hold all the others


def _as_it_is(task: _Task, transcript: Transcript) -> _Task:
    """Name the transcript that is judged; none of the lines holds if it is another one by now."""
    key, hearings = transcript_key(transcript), hearings_revision(transcript.hearings)
    if (key, hearings) == (task.basis.transcript_key, task.basis.hearings):
        return task
    return replace(task, basis=replace(task.basis, transcript_key=key, hearings=hearings), kept={})


def _laid(lines: Sequence[ScoreLine], kept: Mapping[str, Laid]) -> tuple[Laid, ...]:
    return tuple(
        [
            with_head(line, kept[line.rule_id]) if line.rule_id in kept else lay(line)
            for line in lines
        ]
    )


def _summary(card: StoredCard, lines: Mapping[str, Laid]) -> CardSummary:
    return CardSummary(card.total, {rule_id: outcome_of(laid) for rule_id, laid in lines.items()})
