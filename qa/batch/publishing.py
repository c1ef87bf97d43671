"""Put a draft ruleset in force, and take it back: checked first, one step each, all of it kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from qa.batch.proving import gate_json, require_gate
from qa.batch.rulesets import RulesetLoader, is_ruleset_id
from qa.config import Settings
from qa.errors import ConfigError, RulesetError
from qa.records import User
from qa.scoring.check import Scene
from qa.scoring.ruleset import Ruleset, bundled_rulesets, parse_ruleset, ruleset_text
from qa.scoring.scorecard import judge_rule
from qa.store.problems import count_other_rulesets
from qa.store.publications import (
    Draft,
    Publication,
    Signature,
    history,
    in_force,
    publish_ruleset,
    published_texts,
    roll_back,
)
from qa.store.publishing import BROKEN
from qa.store.store import Store

_MAX_FAILURES = 10


@dataclass(frozen=True, slots=True)
class Step:
    """A step in what is in force, and what it leaves to do.

    Attributes:
        ruleset: what is in force now for the id.
        outdated: published scorecards that another ruleset of this id gave.
    """

    publication: Publication
    ruleset: Ruleset
    outdated: int


@dataclass(frozen=True, slots=True)
class InForce:
    """What judges the calls of one ruleset id.

    Attributes:
        origin: `published`, `bundled`, or `file` (the setting `scoring.ruleset` names a file).
        detail: number of the publication, or path of the file; empty for a bundled one.
        is_default: whether calls that name no ruleset are judged by it.
    """

    ruleset_id: str
    version: int
    ruleset_hash: str
    origin: str
    detail: str
    is_default: bool


def publish_file(store: Store, settings: Settings, path: Path, signature: Signature) -> Step:
    """Make a file's draft the ruleset in force for its id; see `publish_text`."""
    return publish_text(store, settings, ruleset_text(str(path)), str(path), signature)


def publish_text(
    store: Store, settings: Settings, text: str, source: str, signature: Signature
) -> Step:
    """Make a draft the ruleset in force for its id.

    Args:
        source: name of the draft for error messages.

    Raises:
        RulesetError: it is wrong, or one of its examples comes out differently.
        ConfigError: the settings name a file for this id, which is in force whatever is published.
        ConflictError: a run is going on; or exactly this ruleset is in force already.
        NotProvedError: it does not pass its gate, and the signature gives no reason to override it.
    """
    ruleset = check_draft(store, settings, text, source)
    gate = require_gate(store, settings, ruleset, signature.override)
    if not gate.stops:  # there is nothing to override
        signature = replace(signature, override=None)
    kept = gate_json(gate, signature.at)
    draft = Draft(ruleset.ruleset_id, ruleset.version, ruleset.hash, text, kept)
    with store.run_lock(), store.writing() as session:
        publication = publish_ruleset(session, draft, signature)
    return _step(store, settings, publication)


def check_draft(store: Store, settings: Settings, text: str, source: str) -> Ruleset:
    """Make sure that a draft could be published; nothing is written.

    Raises:
        RulesetError: it is wrong, or one of its examples comes out differently.
        ConfigError: the settings name a file for this id, which is in force whatever is published.
    """
    loader = RulesetLoader.of(store, settings)
    ruleset = loader.parse(text, source)
    _refuse_failing_examples(text, source)
    _refuse_file_of_settings(loader, settings, ruleset.ruleset_id)
    return ruleset


def take_back(
    store: Store, settings: Settings, ruleset_id: str, signature: Signature, *, to: int | None
) -> Step:
    """Put in force again what was in force before, or an earlier publication.

    Raises:
        ConflictError: a run is going on; or nothing is published for this id.
        NotFoundError: there is no publication of that number.
        RulesetError: what would be in force cannot be used by this program; nothing has changed.
    """
    with store.run_lock(), store.writing() as session:
        publication = roll_back(session, ruleset_id, signature, to=to)
        published = published_texts(session)
        loader = RulesetLoader.of(store, settings)
        # Read before the commit: a step that leaves nothing to judge by is not taken.
        loader.with_published(published).load(ruleset_id)
    return _step(store, settings, publication)


def list_in_force(store: Store | None, settings: Settings) -> list[InForce]:
    """List what judges, for every id that is bundled, published, or named by the settings.

    Raises:
        ConfigError: a ruleset, or a table that the settings name, is wrong.
    """
    loader = RulesetLoader.of(store, settings)
    default = settings.scoring.ruleset
    by_file = None if is_ruleset_id(default) else loader.load(default)
    default_id = by_file.ruleset_id if by_file else default
    ids = dict.fromkeys((*bundled_rulesets(), *loader.published_ids, default_id))
    found = []
    for ruleset_id in sorted(ids):
        if by_file is not None and ruleset_id == by_file.ruleset_id:
            ruleset, origin, detail = by_file, "file", default
        else:
            ruleset = loader.load(ruleset_id)
            number = loader.publication(ruleset_id)
            origin, detail = ("published", str(number)) if number else ("bundled", "")
        is_default = ruleset_id == default_id
        found.append(InForce(ruleset_id, ruleset.version, ruleset.hash, origin, detail, is_default))
    return found


def list_history(store: Store, ruleset_id: str | None = None) -> Sequence[Publication]:
    """List the steps of one id, or of all, the last one first."""
    with store.reading() as session:
        return history(session, ruleset_id)


def sign(
    by: str, note: str | None = None, user: User | None = None, *, override: str | None = None
) -> Signature:
    """Say who takes a step now, and why; `override` lets it pass a gate that stops it."""
    return Signature(by, datetime.now(UTC), note, user, (override or "").strip() or None)


def published_now(store: Store, ruleset_id: str) -> Publication | None:
    """Find the step that counts for an id; None where nothing was ever published."""
    with store.reading() as session:
        return in_force(session, ruleset_id)


def _step(store: Store, settings: Settings, publication: Publication) -> Step:
    ruleset = RulesetLoader.of(store, settings).load(publication.ruleset_id)
    with store.reading() as session:
        outdated = count_other_rulesets(session, [ruleset.hash], ruleset.ruleset_id)
    return Step(publication, ruleset, outdated)


def _refuse_failing_examples(text: str, source: str) -> None:
    """Run every example with the ruleset's own values: those of the settings are not meant."""
    ruleset = parse_ruleset(text, source=source)
    failures = [
        f"line {example.line}: rule {rule.rule_id}: an example comes out as "
        f"{verdict.outcome.value}, not {example.outcome.value}"
        for rule in ruleset.rules
        for example in rule.examples
        for verdict in (judge_rule(rule.judging(example), Scene(example.transcript, example.call)),)
        if verdict.outcome is not example.outcome or verdict.reason == BROKEN
    ]
    if failures:
        more = len(failures) - _MAX_FAILURES
        shown = failures[:_MAX_FAILURES] + ([f"{more} more"] if more > 0 else [])
        raise RulesetError(source, "\n  ".join([*shown, "`qa rules test FILE` shows them all"]))


def _refuse_file_of_settings(loader: RulesetLoader, settings: Settings, ruleset_id: str) -> None:
    default = settings.scoring.ruleset
    if not is_ruleset_id(default) and loader.load(default).ruleset_id == ruleset_id:
        raise ConfigError(
            f"scoring.ruleset names the file {default}, which is in force whatever is published; "
            f'set scoring.ruleset = "{ruleset_id}" to judge by what is published'
        )
