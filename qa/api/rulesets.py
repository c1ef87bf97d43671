"""The rulesets in force, read once and kept until something about them changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.api.service import Service
from qa.batch.rulesets import RulesetLoader, is_ruleset_id
from qa.batch.values import table_values
from qa.config import Settings
from qa.errors import NotFoundError, RulesetError
from qa.scoring.ruleset import Rule, Ruleset, bundled_rulesets


@dataclass(frozen=True, slots=True)
class InForce:
    """A ruleset that judges calls now.

    Attributes:
        publication: number of its publication; None for a bundled one or a file.
        is_file: the settings name a file, which is in force whatever is published.
        is_default: whether calls that name no ruleset are judged by it.
        problem: why it cannot be used; then `ruleset` is None.
    """

    ruleset_id: str
    ruleset: Ruleset | None
    publication: int | None
    is_file: bool
    is_default: bool
    problem: str = ""


@dataclass(frozen=True)
class _Key:
    """All that decides what a ruleset says; the loader itself is no part of it."""

    name: str
    publication: int | None
    changed_ns: int
    values: str
    loader: RulesetLoader = field(compare=False)


def loader_of(service: Service) -> RulesetLoader:
    """Take what is published and the tables, as they are now."""
    return RulesetLoader.of(service.store, service.settings)


def rulesets_in_force(service: Service) -> list[InForce]:
    """List what judges, by id; a ruleset that cannot be used is listed with its problem."""
    found = _Found.of(service)
    ids = {*bundled_rulesets(), *found.loader.published_ids, found.default_id}
    return [found.in_force(ruleset_id) for ruleset_id in sorted(ids)]


def ruleset_in_force(service: Service, ruleset_id: str) -> Ruleset:
    """Read the ruleset that judges the calls of an id.

    Raises:
        NotFoundError: there is no such ruleset; a path is none.
        RulesetError: it is there and cannot be used.
    """
    found = _Found.of(service)
    known = {*bundled_rulesets(), *found.loader.published_ids, found.default_id}
    if not is_ruleset_id(ruleset_id) or ruleset_id not in known:
        raise NotFoundError("ruleset", ruleset_id)
    return found.load(ruleset_id)


def default_ruleset_id(service: Service) -> str:
    """Name the ruleset of calls that name none."""
    return _Found.of(service).default_id


def find_rule(service: Service, ruleset_id: str, rule_id: str) -> Rule | None:
    """Find a rule of a ruleset in force; None where either is gone or cannot be used."""
    try:
        return ruleset_in_force(service, ruleset_id).rule(rule_id)
    except (NotFoundError, RulesetError):
        return None


@dataclass(frozen=True)
class _Found:
    """What one request works with."""

    loader: RulesetLoader
    settings: Settings
    values: str
    default_id: str

    @classmethod
    def of(cls, service: Service) -> "_Found":
        settings = service.settings
        loader = loader_of(service)
        values = _canonical(
            {
                "values": settings.scoring.values,
                "tables": table_values(service.store, settings),
            }
        )
        default = settings.scoring.ruleset
        found = cls(loader, settings, values, default)
        if is_ruleset_id(default):
            return found
        return cls(loader, settings, values, found._read(default).ruleset_id)

    def load(self, ruleset_id: str) -> Ruleset:
        """Read the ruleset of an id: the settings' file, where that is of this id."""
        return self._read(self._name(ruleset_id))

    def in_force(self, ruleset_id: str) -> InForce:
        """Say what judges the calls of an id."""
        is_file = self._name(ruleset_id) != ruleset_id
        number = None if is_file else self.loader.publication(ruleset_id)
        is_default = ruleset_id == self.default_id
        try:
            ruleset = self.load(ruleset_id)
        except RulesetError as error:
            return InForce(ruleset_id, None, number, is_file, is_default, str(error))
        return InForce(ruleset_id, ruleset, number, is_file, is_default)

    def _name(self, ruleset_id: str) -> str:
        default = self.settings.scoring.ruleset
        return default if ruleset_id == self.default_id else ruleset_id

    def _read(self, name: str) -> Ruleset:
        is_id = is_ruleset_id(name)
        changed_ns = 0 if is_id else _changed_ns(name)
        number = self.loader.publication(name) if is_id else None
        return _load(_Key(name, number, changed_ns, self.values, self.loader))


@lru_cache(maxsize=32)
def _load(key: _Key) -> Ruleset:
    return key.loader.load(key.name)


def _changed_ns(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0  # reading it says what is wrong


def _canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule of some ruleset in force, by its id: its title and its page."""

    title: str
    link: str


def known_rules(service: Service, lang: str) -> dict[str, KnownRule]:
    """Name every rule in force; of one that several rulesets have, the default's wording."""
    found: dict[str, KnownRule] = {}
    for one in sorted(rulesets_in_force(service), key=lambda one: one.is_default):
        for rule in one.ruleset.rules if one.ruleset else ():
            title = rule.title_en if lang == "en" and rule.title_en else rule.title
            found[rule.rule_id] = KnownRule(title, f"/rules/{one.ruleset_id}/{rule.rule_id}")
    return found
