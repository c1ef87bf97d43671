"""Judging a call set: ours and the baselines on the same transcripts, beside the labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchlib import baselines
from benchlib.callset import LabelledCall, build_call, load_call_set, ruleset_values
from benchlib.tables import decimal, percent, render
from benchlib.tally import Judgement, Tally, tally
from qa.scoring.check import Scene
from qa.scoring.ruleset import Ruleset, bundled_rulesets, load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import Grade, ScoreLine, Transcript

OURS = "tingjian"
ALL = "all"


@dataclass(frozen=True)
class Bench:
    """A judged call set.

    Attributes:
        rulesets: by id, with the values of the set.
        judgements: per system (ours, `exact`, `fuzzy`), one per call and labelled rule.
        lines: our score lines by call and rule, for looking at what went wrong.
        unjudged: labelled rules that the rulesets do not have.
    """

    calls: tuple[LabelledCall, ...]
    rulesets: Mapping[str, Ruleset]
    judgements: Mapping[str, tuple[Judgement, ...]]
    lines: Mapping[tuple[str, str], ScoreLine]
    unjudged: tuple[str, ...]

    def counted(self, system: str, rule_ids: Sequence[str], *, mono: bool | None = None) -> Tally:
        """Count a system's judgements of some rules; `mono` picks mono or stereo calls only."""
        chosen = {call.call_id for call in self.calls if mono is None or call.is_mono is mono}
        return tally((one for one in self.judgements[system] if one.call_id in chosen), rule_ids)

    @property
    def rule_ids(self) -> list[str]:
        """The judged rules, in the order of the rulesets, each once."""
        judged = {one.rule_id for one in self.judgements[OURS]}
        ordered = (rule.rule_id for ruleset in self.rulesets.values() for rule in ruleset.rules)
        return [rule for rule in dict.fromkeys(ordered) if rule in judged]

    def macro_f1(self, system: str = OURS, *, mono: bool | None = None) -> float | None:
        """Mean F1 over the rules that have something to find."""
        f1s = (self.counted(system, [rule], mono=mono).f1 for rule in self.rule_ids)
        known = [f1 for f1 in f1s if f1 is not None]
        return sum(known) / len(known) if known else None

    def fine_rules(self) -> list[str]:
        """List the judged rules of grade `fine` in any ruleset."""
        fine = {r.rule_id for s in self.rulesets.values() for r in s.rules if r.grade is Grade.FINE}
        return [rule for rule in self.rule_ids if rule in fine]


def load_calls(folder: Path, name: str) -> tuple[list[LabelledCall], dict[str, Ruleset]]:
    """Take the calls that a ruleset judges, and the ruleset with the values of their set.

    Args:
        name: a bundled name, the path of a ruleset, or `all` for every bundled ruleset that any
            call of the set names.
    """
    calls = load_call_set(folder)
    named = {call.ruleset for call in calls}
    names = [one for one in bundled_rulesets() if one in named] if name == ALL else [name]
    rulesets = {}
    for one in names:
        declared = load_ruleset(one)
        ruleset = load_ruleset(one, values=ruleset_values(folder, declared.values))
        rulesets[ruleset.ruleset_id] = ruleset
    rulesets = dict(sorted(rulesets.items(), key=lambda entry: -len(entry[1].rules)))
    return [call for call in calls if call.ruleset in rulesets], rulesets


def judge(
    calls: Sequence[LabelledCall],
    transcripts: Mapping[str, Transcript],
    rulesets: Mapping[str, Ruleset],
) -> Bench:
    """Judge each call that has a transcript, by our checks and by the baselines."""
    found: dict[str, list[Judgement]] = {OURS: [], **{name: [] for name in baselines.FINDERS}}
    lines: dict[tuple[str, str], ScoreLine] = {}
    known = {rule.rule_id for ruleset in rulesets.values() for rule in ruleset.rules}
    heard = [call for call in calls if call.call_id in transcripts]
    for labelled in heard:
        scene = Scene(transcripts[labelled.call_id], build_call(labelled))
        ruleset = rulesets[labelled.ruleset]
        for line in score_call(scene.transcript, scene.call, ruleset).lines:
            if line.rule_id not in labelled.labels:
                continue
            lines[labelled.call_id, line.rule_id] = line
            got = {OURS: line.verdict.outcome, **baselines.judge(scene, ruleset, line.rule_id)}
            for system, outcome in got.items():
                expected = labelled.labels[line.rule_id]
                found[system].append(Judgement(labelled.call_id, line.rule_id, expected, outcome))
    labelled_rules = {rule for call in heard for rule in call.labels}
    return Bench(
        calls=tuple(heard),
        rulesets=rulesets,
        judgements={system: tuple(one) for system, one in found.items()},
        lines=lines,
        unjudged=tuple(sorted(labelled_rules - known)),
    )


def rule_table(
    bench: Bench, *, mono: bool | None, markdown: bool, without: Bench | None = None
) -> str:
    """Lay out one row per rule, one per family, and one for everything.

    Args:
        without: the same calls judged without hearings; adds their F1 and undecided share.
    """
    rows = [_row(bench, name, rules, mono, without) for name, rules in _groups(bench)]
    headers = ["rule", "calls", "tp", "fp", "fn", "und", "und %", "P", "R", "F1", "macro"]
    headers += [f"F1 {name}" for name in baselines.FINDERS]
    if without is not None:
        headers += ["F1 unheard", "und % unheard"]
    return render(headers, rows, markdown=markdown)


def _groups(bench: Bench) -> Iterable[tuple[str, list[str]]]:
    rules = bench.rule_ids
    yield from ((rule, [rule]) for rule in rules)
    for family in dict.fromkeys(rule[:2] for rule in rules):
        members = [rule for rule in rules if rule.startswith(family)]
        if len(members) > 1:
            yield f"{family}*", members
    yield "all", rules


def _row(
    bench: Bench, name: str, rules: Sequence[str], mono: bool | None, without: Bench | None
) -> list[str]:
    ours = bench.counted(OURS, rules, mono=mono)
    counts = (
        len(ours.judgements),
        ours.hits,
        ours.false_alarms,
        ours.misses,
        ours.undecided,
    )
    rates = (ours.precision, ours.recall, ours.f1, ours.macro_accuracy)
    peers = [bench.counted(peer, rules, mono=mono).f1 for peer in baselines.FINDERS]
    row = [
        name,
        *map(str, counts),
        percent(ours.undecided_share),
        *(decimal(value) for value in (*rates, *peers)),
    ]
    if without is not None:
        unheard = without.counted(OURS, rules, mono=mono)
        row += [decimal(unheard.f1), percent(unheard.undecided_share)]
    return row


def summary(bench: Bench, *, mono: bool | None) -> list[str]:
    """Say the figures that the goals are about, a line each."""
    fine = [(rule, bench.counted(OURS, [rule], mono=mono)) for rule in bench.fine_rules()]
    rated = [(rule, t.precision) for rule, t in fine if t.precision is not None]
    low = [f"{rule} {decimal(precision)}" for rule, precision in rated if precision < 0.97]
    everything = bench.counted(OURS, bench.rule_ids, mono=mono)
    return [
        f"macro F1 over rules: {decimal(bench.macro_f1(mono=mono))}",
        f"fine rules below precision 0.97: {', '.join(low) or 'none'}",
        f"undecided: {percent(everything.undecided_share)}"
        f" ({everything.undecided_rightly} of {everything.undecided} labelled so)",
    ]


def wrong_lines(bench: Bench, *, show_text: bool) -> list[str]:
    """Name each wrong call and rule; words of the call only when asked for."""
    lines = []
    for one in bench.judgements[OURS]:
        if not one.is_wrong:
            continue
        verdict = bench.lines[one.call_id, one.rule_id].verdict
        found = f"expected {one.expected}, got {one.got} ({verdict.reason})"
        lines.append(f"{one.call_id} {one.rule_id}: {found}")
        if show_text:
            lines += [f"    {m.expected} ← {m.quote} {m.similarity:.2f}" for m in verdict.matches]
            near = [verdict.nearest, *(slot.nearest for slot in verdict.slots)]
            lines += [f"    nearest {m.expected} ← {m.quote} {m.similarity:.2f}" for m in near if m]
    return lines


def to_plain(bench: Bench) -> dict[str, object]:
    """Turn a bench into what `--json` prints: counts and rates, no words."""
    systems: dict[str, dict[str, object]] = {system: {} for system in bench.judgements}
    for scope, mono in (("all", None), ("stereo", False), ("mono", True)):
        for system, scopes in systems.items():
            scopes[scope] = {
                rule: _plain(bench.counted(system, [rule], mono=mono)) for rule in bench.rule_ids
            }
    wrong = [
        {"call_id": o.call_id, "rule_id": o.rule_id, "expected": o.expected, "got": o.got}
        for o in bench.judgements[OURS]
        if o.is_wrong
    ]
    return {"systems": systems, "wrong": wrong, "unjudged": bench.unjudged}


def _plain(counted: Tally) -> dict[str, float | int | None]:
    return {
        "calls": len(counted.judgements),
        "tp": counted.hits,
        "fp": counted.false_alarms,
        "fn": counted.misses,
        "undecided": counted.undecided,
        "undecided_rightly": counted.undecided_rightly,
        "precision": counted.precision,
        "recall": counted.recall,
        "f1": counted.f1,
        "macro_accuracy": counted.macro_accuracy,
    }
