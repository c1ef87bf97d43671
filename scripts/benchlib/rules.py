"""Judging a call set: ours and the baselines on the same transcripts, beside the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchlib import baselines
from benchlib.callset import LabelledCall, build_call, load_call_set, ruleset_values
from benchlib.tables import decimal, percent, render
from benchlib.tally import Judgement, Tally, tally
from qa.scoring.check import Scene
from qa.scoring.ruleset import Ruleset, load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import ScoreLine, Transcript

OURS = "tingjian"
GOAL_FAMILIES = ("GR", "CL", "FP", "IP", "TM")


@dataclass(frozen=True)
class Bench:
    """A judged call set.

    Attributes:
        judgements: per system (ours, `exact`, `fuzzy`), one per call and labelled rule.
        lines: our score lines by call and rule, for looking at what went wrong.
        unjudged: labelled rules that the ruleset does not have.
    """

    calls: tuple[LabelledCall, ...]
    ruleset: Ruleset
    judgements: Mapping[str, tuple[Judgement, ...]]
    lines: Mapping[tuple[str, str], ScoreLine]
    unjudged: tuple[str, ...]

    def counted(self, system: str, rule_ids: Sequence[str], *, mono: bool | None = None) -> Tally:
        """Count a system's judgements of some rules; `mono` picks mono or stereo calls only."""
        chosen = {call.call_id for call in self.calls if mono is None or call.is_mono is mono}
        return tally((one for one in self.judgements[system] if one.call_id in chosen), rule_ids)

    @property
    def rule_ids(self) -> list[str]:
        """The judged rules, in ruleset order."""
        judged = {one.rule_id for one in self.judgements[OURS]}
        return [rule.rule_id for rule in self.ruleset.rules if rule.rule_id in judged]


def load_calls(folder: Path, ruleset_name: str) -> tuple[list[LabelledCall], Ruleset]:
    """Take the calls that a ruleset judges, and the ruleset with the values of their set."""
    declared = load_ruleset(ruleset_name)
    ruleset = load_ruleset(ruleset_name, values=ruleset_values(folder, declared.values))
    calls = [call for call in load_call_set(folder) if call.ruleset == ruleset.ruleset_id]
    return calls, ruleset


def judge(
    calls: Sequence[LabelledCall], transcripts: Mapping[str, Transcript], ruleset: Ruleset
) -> Bench:
    """Judge each call that has a transcript, by our checks and by the baselines."""
    found: dict[str, list[Judgement]] = {OURS: [], **{name: [] for name in baselines.FINDERS}}
    lines: dict[tuple[str, str], ScoreLine] = {}
    known = {rule.rule_id for rule in ruleset.rules}
    heard = [call for call in calls if call.call_id in transcripts]
    for labelled in heard:
        scene = Scene(transcripts[labelled.call_id], build_call(labelled))
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
        ruleset=ruleset,
        judgements={system: tuple(one) for system, one in found.items()},
        lines=lines,
        unjudged=tuple(sorted(labelled_rules - known)),
    )


def rule_table(bench: Bench, *, mono: bool | None, markdown: bool) -> str:
    """Lay out one row per rule, one per family, and one for everything."""
    families = {
        f"{family}*": [rule for rule in bench.rule_ids if rule.startswith(family)]
        for family in GOAL_FAMILIES
    }
    groups = {rule: [rule] for rule in bench.rule_ids}
    groups |= {name: rules for name, rules in families.items() if len(rules) > 1}
    groups["all"] = bench.rule_ids
    rows = [_row(bench, name, rules, mono) for name, rules in groups.items()]
    headers = ["rule", "calls", "tp", "fp", "fn", "und", "und %", "P", "R", "F1", "macro"]
    headers += [f"F1 {name}" for name in baselines.FINDERS]
    return render(headers, rows, markdown=markdown)


def _row(bench: Bench, name: str, rules: Sequence[str], mono: bool | None) -> list[str]:
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
    return [
        name,
        *map(str, counts),
        percent(ours.undecided_share),
        *(decimal(value) for value in (*rates, *peers)),
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
