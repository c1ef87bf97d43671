"""`qa backtest`: judge what people have labelled, compare, and hold a version against its gate."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from qa.batch.rulesets import RulesetLoader, Rulesets
from qa.batch.taking_over import Taker
from qa.config import Settings
from qa.records import Scope
from qa.refusals import NotProvedError
from qa.review.backtest import Found, Origin, Pair, Parity, RuleProof, Truth, parity, prove
from qa.review.exact import exact_share
from qa.review.gate import Demands, Gate, Standing, judge_gate
from qa.review.labelling import together
from qa.scoring.ruleset import Ruleset, bundled_rulesets
from qa.store.convert import chunks
from qa.store.label_sets import LabelSet, SetKind, list_sets
from qa.store.labels import FileLabel
from qa.store.scorecards import current_scorecards
from qa.store.store import Store
from qa.store.truths import agents_of, calls_in_scope, chance_calls, count_flags, load_truths
from qa.types import Match, Outcome, Scorecard, Verdict

BATCH = 200
_PREVIEW_LABELS, _PREVIEW_CALLS = 500, 100
_ALL = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked.

    Attributes:
        wanted: a ruleset id (what is in force for it) or a file.
        labels: of a file; None takes those that the database holds.
        scope: whose calls count; None for all.
        most: labelled calls judged at most, those drawn by chance first, then the newest.
        as_published: read the published scorecards instead of judging, which takes no time; some
            of them may be of an earlier version (`Backtest.outdated`).
    """

    wanted: str
    labels: Sequence[FileLabel] | None = None
    scope: Scope | None = None
    most: int = 20_000
    as_published: bool = False


@dataclass(frozen=True, slots=True)
class Backtest:
    """What labels say of a ruleset.

    Attributes:
        rules: every rule of the ruleset, in its order.
        calls: labelled calls that were judged.
        left_out: labelled calls that this ruleset does not judge, that have no transcript, or that
            are beyond the most that were asked for.
        unknown_rules: rules that labels name and the ruleset does not have.
        outdated: of `calls`, those whose scorecard is of another version.
        flags: calls that hold each rule as violated now, labelled or not.
        draws: label sets that recall rests on.
    """

    ruleset: Ruleset
    rules: tuple[RuleProof, ...]
    parity: Parity
    calls: int
    left_out: int
    outdated: int
    unknown_rules: tuple[str, ...]
    flags: Mapping[str, int]
    draws: tuple[LabelSet, ...]
    pairs: tuple[Pair, ...]

    def rule(self, rule_id: str) -> RuleProof | None:
        """Find what labels say of one rule."""
        return next((one for one in self.rules if one.rule_id == rule_id), None)


def backtest(store: Store, settings: Settings, options: BacktestOptions) -> Backtest:
    """Say how right a ruleset is, from labels; reads only.

    Raises:
        ConfigError: the ruleset, or a table that the settings name, is wrong.
    """
    rulesets = Rulesets.in_force(store, settings, options.wanted)
    return _backtest(store, rulesets, options)


def backtest_draft(
    store: Store, settings: Settings, draft: Ruleset, *, most: int = 20_000
) -> Backtest:
    """Say how right a draft is, that is not in a file.

    Raises:
        ConfigError: the ruleset of the settings is wrong.
    """
    rulesets = _of_draft(store, settings, draft)
    return _backtest(store, rulesets, BacktestOptions(draft.ruleset_id, most=most))


def _of_draft(store: Store, settings: Settings, draft: Ruleset) -> Rulesets:
    """Judge by a draft; it may be the first of its id, though the settings name that already."""
    default = settings.scoring.ruleset
    first = draft if default == draft.ruleset_id else default
    return Rulesets(RulesetLoader.of(store, settings), first, draft)


def _backtest(store: Store, rulesets: Rulesets, options: BacktestOptions) -> Backtest:
    ruleset = rulesets.only
    assert ruleset is not None  # both callers name one
    with store.reading() as session:
        draws = [
            one
            for one in list_sets(session, ruleset_id=ruleset.ruleset_id)
            if one.kind is SetKind.SAMPLE and not one.is_open
        ]
        if options.labels is None:
            truths = load_truths(session, ruleset.ruleset_id)
            if not (options.scope or _ALL).everything:
                draws = []  # strata were counted over everybody's calls
        else:
            truths, draws = _of_file(options.labels), []
        agents = agents_of(session, {call_id for call_id, _ in truths})
        visible = calls_in_scope(session, options.scope or _ALL, sorted(agents))
        flags = count_flags(session, ruleset.ruleset_id)
    chosen = _chosen(truths, visible, options.most)
    known = {rule.rule_id for rule in ruleset.rules}
    found, outdated = _found(store, rulesets, chosen, as_published=options.as_published)
    pairs = [
        Pair(truth, found[call_id][rule_id], agents.get(call_id))
        for (call_id, rule_id), truth in truths.items()
        if call_id in found and rule_id in found[call_id]
    ]
    judged = set(found)
    return Backtest(
        ruleset=ruleset,
        rules=_proofs(ruleset, pairs, draws),
        parity=parity(pairs),
        calls=len(judged),
        left_out=len({call_id for call_id, _ in truths} & (visible | _gone(truths, agents)))
        - len(judged),
        outdated=outdated,
        unknown_rules=tuple(sorted({rule_id for _, rule_id in truths} - known)),
        flags=flags,
        draws=tuple(draws),
        pairs=tuple(pairs),
    )


def _gone(truths: Mapping[tuple[str, str], Truth], agents: Mapping[str, str | None]) -> set[str]:
    """Name labelled calls that the database does not hold."""
    return {call_id for call_id, _ in truths if call_id not in agents}


def _chosen(truths: Mapping[tuple[str, str], Truth], visible: set[str], most: int) -> list[str]:
    """Choose which calls to judge: those drawn by chance, then the others, newest label last."""
    drawn = {one.call_id for one in truths.values() if one.origin is Origin.SAMPLE} & visible
    newest_first = [call_id for call_id, _ in reversed(list(truths))]
    rest = [call_id for call_id in dict.fromkeys(newest_first) if call_id in visible - drawn]
    return [*sorted(drawn), *rest][:most]


def _of_file(labels: Sequence[FileLabel]) -> dict[tuple[str, str], Truth]:
    """Read a file's labels; where it names a call and rule twice, both must say the same."""
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    for one in labels:
        outcomes.setdefault((one.call_id, one.rule_id), []).append(one.outcome)
    return {key: Truth(*key, together(said), Origin.FILE) for key, said in outcomes.items()}


def _found(
    store: Store, rulesets: Rulesets, call_ids: Sequence[str], *, as_published: bool
) -> tuple[dict[str, dict[str, Found]], int]:
    """Judge calls, or read their scorecards; those that the ruleset is not for are left out."""
    found, outdated, taker = {}, 0, Taker(store, rulesets)
    assert rulesets.only is not None
    ruleset_id, wanted = rulesets.only.ruleset_id, rulesets.only.hash
    for ids in chunks(call_ids, BATCH):
        if not as_published:
            found.update({one.call.call_id: _findings(one.card) for one in taker.compare(ids)})
            continue
        with store.reading() as session:
            cards = current_scorecards(session, ids)
        for call_id, card in cards.items():
            if card.ruleset_id == ruleset_id:
                found[call_id] = _findings(card)
                outdated += card.ruleset_hash != wanted
    return found, outdated


def _findings(card: Scorecard) -> dict[str, Found]:
    return {
        line.rule_id: Found(line.verdict.outcome, strength_of(line.verdict)) for line in card.lines
    }


def strength_of(verdict: Verdict) -> float | None:
    """Say how strongly the evidence of a rule that listens for words speaks for a violation, 0–1.

    Only for rules that are violated by something said: the similarity of what was heard or almost
    heard, 0 where nothing was. None where similarity did not decide: words that were heard and
    allowed, slots, something that was missing.
    """
    if verdict.slots:
        return None
    if verdict.outcome is Outcome.VIOLATED:
        heard: Sequence[Match] = () if verdict.searched is not None else verdict.matches
        return max((match.similarity for match in heard), default=None)
    if verdict.nearest is not None:
        return verdict.nearest.similarity
    return None if verdict.matches else 0.0


def _proofs(
    ruleset: Ruleset, pairs: Sequence[Pair], draws: Sequence[LabelSet]
) -> tuple[RuleProof, ...]:
    by_rule: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_rule.setdefault(pair.truth.rule_id, []).append(pair)
    return tuple(
        [
            prove(
                rule.rule_id,
                rule.grade,
                _measured(by_rule.get(rule.rule_id, ())),
                _populations(rule.rule_id, draws),
            )
            for rule in ruleset.rules
        ]
    )


def _measured(pairs: Sequence[Pair]) -> Sequence[Pair]:
    """Leave strengths out where a flag has none: the rule is violated by something missing."""
    if all(one.found.strength is not None for one in pairs if one.found.is_flag):
        return pairs
    return [replace(one, found=Found(one.found.outcome)) for one in pairs]


def _populations(rule_id: str, draws: Sequence[LabelSet]) -> dict[str, int]:
    """Name the strata of the newest draw that asked for a rule."""
    for one in draws:
        if rule_id in one.rules:
            return {f"{one.set_id}:{name}": size for name, size in one.strata.items()}
    return {}


def demands_of(settings: Settings) -> Demands:
    """Read what is asked of a version."""
    proof = settings.proof
    return Demands(
        min_precision=proof.min_precision,
        min_labels=proof.min_labels,
        max_changed=proof.max_changed,
        unproved_may_publish=proof.unproved == "allow",
    )


def gate_of(store: Store, settings: Settings, draft: Ruleset, *, is_preview: bool = False) -> Gate:
    """Hold a draft against what is asked of a version; reads only.

    How much changes is measured on calls drawn by chance, the same ones each time.

    Args:
        is_preview: on few calls, so that a page need not wait; publishing looks at all.
    """
    most = _PREVIEW_LABELS if is_preview else 20_000
    tested = backtest_draft(store, settings, draft, most=most)
    proofs = {one.rule_id: one for one in tested.rules}
    loader = RulesetLoader.of(store, settings)
    before = {}
    if draft.ruleset_id in {*bundled_rulesets(), *loader.published_ids}:
        before = {rule.rule_id: rule.hash for rule in loader.load(draft.ruleset_id).rules}
    unchanged = frozenset(r.rule_id for r in draft.rules if before.get(r.rule_id) == r.hash)
    sample = settings.proof.change_calls
    if is_preview:
        sample = min(sample, _PREVIEW_CALLS)
    changed, calls = _changes(store, settings, draft, sample)
    return judge_gate(
        [(rule.rule_id, rule.grade) for rule in draft.rules],
        proofs,
        unchanged,
        exact_share(changed, calls),
        demands_of(settings),
    )


def _changes(store: Store, settings: Settings, draft: Ruleset, sample: int) -> tuple[int, int]:
    """Count how many of some calls get another score by a draft."""
    with store.reading() as session:
        ids = chance_calls(session, draft.ruleset_id, sample)
    rulesets = _of_draft(store, settings, draft)
    taker = Taker(store, rulesets)
    changed = calls = 0
    for some in chunks(ids, BATCH):
        for one in taker.rejudge(some):
            if one.before is not None:
                calls += 1
                changed += one.before.total != one.card.total
    return changed, calls


def require_gate(store: Store, settings: Settings, draft: Ruleset, override: str | None) -> Gate:
    """Let a version pass, or say why it does not.

    Args:
        override: a head's written reason; it lets everything pass, and is kept.

    Raises:
        NotProvedError: the gate stops it and no reason is given.
    """
    gate = gate_of(store, settings, draft)
    if gate.stops and not (override or "").strip():
        raise NotProvedError(*_why(gate))
    return gate


def _why(gate: Gate) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    refuted = [r.rule_id for r in gate.rules if r.stops and r.standing is Standing.REFUTED]
    open_ones = [r.rule_id for r in gate.rules if r.stops and r.standing is not Standing.REFUTED]
    return tuple(refuted), tuple(open_ones), gate.changes_too_much


def gate_json(gate: Gate, now: datetime) -> str:
    """Write down a gate as it is kept with the publication."""
    return json.dumps({**asdict(gate), "at": now.isoformat()}, separators=(",", ":"))
