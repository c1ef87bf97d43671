"""Judge calls again, and only by the rules that changed.

A verdict follows from the rule's check, the transcript, what the sound answered, and what the
systems know of the call. Where a call's published scorecard followed from the same three, a rule
whose hash is the one that judged then would find the same: its line is taken over as it is stored,
under the head that the rule has now. A line whose check broke is never taken over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qa.batch.narrowing import Kin, reached_rules
from qa.batch.rulesets import Rulesets
from qa.codec import CardLines, decode
from qa.packed.scorecards import (
    Laid,
    has_reason,
    head_of,
    lay,
    outline,
    read_verdict,
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
from qa.scoring.sweep import Sweep
from qa.store.convert import chunks
from qa.store.publishing import BROKEN
from qa.store.scorecards import (
    CardSummary,
    Standing,
    StoredCard,
    load_standing,
    load_transcripts,
)
from qa.store.store import Store
from qa.types import Call, Outcome, Scorecard, ScoreLine, Transcript, Verdict

_UNDECIDED = Outcome.UNDECIDED.value
TOGETHER = 100
"""Calls whose words are looked through at once, and which each rule judges in a row."""


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
        narrow: those whose verdict holds unless `sweep` names the call.
    """

    standing: Standing
    ruleset: Ruleset
    basis: Basis
    old: Mapping[str, Laid]
    kept: Mapping[str, Laid]
    narrow: Mapping[str, Laid]
    sweep: Sweep | None

    @property
    def changed(self) -> list[Rule]:
        """The rules that must judge."""
        return [rule for rule in self.ruleset.rules if rule.rule_id not in self.kept]


_Outlined = tuple[ScoreLine, bytes]
"""A line in outline and its head, the same on every call."""


class Taker:
    """Judges calls of an archive again; remembers what their old rulesets were.

    Args:
        full: judge by every rule, whatever stands.
    """

    def __init__(self, store: Store, rulesets: Rulesets, *, full: bool = False) -> None:
        self._store, self._rulesets, self._full = store, rulesets, full
        self._kin = Kin(store)
        self._cards = CardLines()
        self._outlines: dict[str, dict[tuple[str, str], _Outlined]] = {}

    def rejudge(self, call_ids: Sequence[str]) -> Iterator[Rejudged]:
        """Judge calls, in order; those that no ruleset judges are left out."""
        for task, verdicts in self._judged(call_ids):
            stored = task.standing.card
            lines, laid = self._laid_out(task, verdicts)
            yield Rejudged(
                task.standing.call,
                _summary(stored, task.old) if stored else None,
                scorecard_of(task.basis, task.ruleset, lines),
                laid if task.kept else None,
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
            tasks = _narrowed(self._store, tasks)
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
        old, kept, narrow, sweep = {}, {}, {}, None
        if stored is not None:
            lines = self._cards.read(stored.blob, stored.ruleset_hash, stored.hearings)
            old = {laid.rule_id: laid for laid in lines}
            if not self._full and stored.basis(call.call_id) == basis:
                kin = self._kin.of(stored.ruleset_hash, ruleset)
                whole = {rule_id: laid for rule_id, laid in old.items() if not _is_broken(laid)}
                kept = {i: laid for i, laid in whole.items() if i in kin.unchanged}
                if kin.sweep is not None:
                    narrow = {i: whole[i] for i in kin.narrow if i in whole}
                    sweep = kin.sweep
        return _Task(standing, ruleset, basis, old, kept, narrow, sweep)

    def _laid_out(
        self, task: _Task, verdicts: Mapping[str, Verdict]
    ) -> tuple[tuple[ScoreLine, ...], tuple[Laid, ...]]:
        """Put a card's lines together: those taken over and those judged."""
        lines, laid = [], []
        known = self._outlines.setdefault(task.ruleset.hash, {})
        for rule in task.ruleset.rules:
            rule_id = rule.rule_id
            kept = task.kept.get(rule_id)
            if kept is None:
                line = line_of(rule, verdicts[rule_id])
                lines.append(line)
                if task.kept:  # else the card is laid out as a whole
                    laid.append(lay(line))
                continue
            verdict = outline(kept)
            if verdict is None:
                line = line_of(rule, read_verdict(kept))
                head = head_of(line)
            else:
                outlined = known.get((rule_id, kept.outcome))
                if outlined is None:
                    line = line_of(rule, verdict)
                    outlined = known[rule_id, kept.outcome] = line, head_of(line)
                line, head = outlined
            lines.append(line)
            laid.append(Laid(rule_id, kept.outcome, head, kept.verdict))
        return tuple(lines), tuple(laid)


def _narrowed(store: Store, tasks: Sequence[_Task]) -> list[_Task]:
    """Keep the lines of rules that changed where the change does not reach the call."""
    sweeps = dict.fromkeys(task.sweep for task in tasks if task.sweep and task.narrow)
    reached: dict[str, frozenset[str]] = {}
    for sweep in sweeps:
        keys = {t.basis.call_id: t.basis.transcript_key for t in tasks if t.sweep is sweep}
        reached |= reached_rules(store, keys, sweep)
    narrowed = []
    for task in tasks:
        rules = reached.get(task.basis.call_id)
        if rules is not None:
            held = {i: laid for i, laid in task.narrow.items() if i not in rules}
            task = replace(task, kept={**task.kept, **held})
        narrowed.append(task)
    return narrowed


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
    yield from zip([task for task, _ in scenes], _judged_by_rule(scenes), strict=True)
    together.clear()  # else each scene would hold all the others


def _judged_by_rule(
    scenes: Sequence[tuple[_Task, Scene | None]],
) -> list[dict[str, Verdict]]:
    """Judge calls rule by rule: what one rule looks up stays near the processor meanwhile.

    Call by call, by all rules of a ruleset, the same takes a seventh longer.
    """
    verdicts: list[dict[str, Verdict]] = [{} for _ in scenes]
    by_rule: dict[tuple[str, str], list[tuple[Rule, Scene, dict[str, Verdict]]]] = {}
    for (task, scene), found in zip(scenes, verdicts, strict=True):
        if scene is not None:
            for rule in task.changed:
                its = by_rule.setdefault((task.ruleset.hash, rule.rule_id), [])
                its.append((rule, scene, found))
    for some in by_rule.values():
        for rule, scene, found in some:
            found[rule.rule_id] = judge_rule(rule, scene)
    return verdicts


def _as_it_is(task: _Task, transcript: Transcript) -> _Task:
    """Name the transcript that is judged; none of the lines holds if it is another one by now."""
    key, hearings = transcript_key(transcript), hearings_revision(transcript.hearings)
    if (key, hearings) == (task.basis.transcript_key, task.basis.hearings):
        return task
    return replace(task, basis=replace(task.basis, transcript_key=key, hearings=hearings), kept={})


def _is_broken(laid: Laid) -> bool:
    return laid.outcome == _UNDECIDED and has_reason(laid, BROKEN)


def _summary(card: StoredCard, lines: Mapping[str, Laid]) -> CardSummary:
    return CardSummary(card.total, {rule_id: laid.outcome for rule_id, laid in lines.items()})
