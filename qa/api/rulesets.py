"""The rulesets in force, read once and kept until something about them changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from qa.api.service import Service
from qa.batch.rulesets import RulesetLoader, is_ruleset_id
from qa.batch.values import table_values
from qa.config import Settings
from qa.errors import NotFoundError, RulesetError
from qa.scoring.ruleset import Rule, Ruleset, bundled_rulesets
from qa.store.publications import last_step, published_texts
from qa.store.stations import load_stations
from qa.store.store import Store


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


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What shows, for little, whether anything that decides about rulesets has changed.

    Attributes:
        step: up to where the history of publications goes; it only grows.
        stations: as folders handed them in; they have no date, so they are compared themselves.
        files: of each table that the settings name what changes when it is written.
    """

    step: tuple[object, ...]
    stations: dict[str, str]
    files: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read under a stamp."""

    stamp: _Stamp
    settings: Settings
    loader: RulesetLoader
    values: str


_kept: WeakKeyDictionary[Store, _Kept] = WeakKeyDictionary()
_keeping = Lock()


def loader_of(service: Service) -> RulesetLoader:
    """Take what is published and the tables, as they are now."""
    return _kept_of(service).loader


def _kept_of(service: Service) -> _Kept:
    """Give what was read before, where nothing has changed; read it anew otherwise.

    The stamp is taken first: what changes while the rest is read shows at the next request.
    """
    store, settings = service.store, service.settings
    stamp = _stamp(store, settings)
    with _keeping:
        kept = _kept.get(store)
    if kept is not None and kept.settings is settings and kept.stamp == stamp:
        return kept
    with store.reading() as session:
        published = published_texts(session)
    tables = table_values(store, settings)
    values = _canonical({"values": settings.scoring.values, "tables": tables})
    kept = _Kept(stamp, settings, RulesetLoader(settings, published, tables), values)
    with _keeping:
        _kept[store] = kept
    return kept


def _stamp(store: Store, settings: Settings) -> _Stamp:
    tables = settings.scoring.tables
    named = [path for path in (tables.stations, tables.knowledge) if path is not None]
    files = tuple(_version(path) for path in named)
    with store.reading() as session:
        stations = load_stations(session) if tables.stations is None else {}
        return _Stamp(last_step(session), stations, files)


def _version(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)  # reading it says what is wrong
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def rulesets_in_force(service: Service) -> list[InForce]:
    """List what judges, by id; a ruleset that cannot be used is listed with its problem."""
    found = Current.of(service)
    return [found.in_force(ruleset_id) for ruleset_id in found.ids()]


def ruleset_in_force(service: Service, ruleset_id: str) -> Ruleset:
    """Read the ruleset that judges the calls of an id.

    Raises:
        NotFoundError: there is no such ruleset; a path is none.
        RulesetError: it is there and cannot be used.
    """
    return Current.of(service).find(ruleset_id)


def default_ruleset_id(service: Service) -> str:
    """Name the ruleset of calls that name none."""
    default = service.settings.scoring.ruleset
    return default if is_ruleset_id(default) else Current.of(service).default_id


def find_rule(service: Service, ruleset_id: str, rule_id: str) -> Rule | None:
    """Find a rule of a ruleset in force; None where either is gone or cannot be used."""
    try:
        return ruleset_in_force(service, ruleset_id).rule(rule_id)
    except (NotFoundError, RulesetError):
        return None


@dataclass(frozen=True)
class Current:
    """The rulesets as they are at one moment: what one request works with.

    Attributes:
        default_id: the ruleset of calls that name none.
    """

    loader: RulesetLoader
    settings: Settings
    values: str
    default_id: str

    @classmethod
    def of(cls, service: Service) -> "Current":
        """Take them as they are now.

        Raises:
            ConfigError: a table or the ruleset that the settings name is wrong.
        """
        settings, kept = service.settings, _kept_of(service)
        default = settings.scoring.ruleset
        found = cls(kept.loader, settings, kept.values, default)
        if is_ruleset_id(default):
            return found
        return cls(kept.loader, settings, kept.values, found._read(default).ruleset_id)

    def ids(self) -> list[str]:
        """List the ids that judge, in order, without reading the rulesets."""
        return sorted({*bundled_rulesets(), *self.loader.published_ids, self.default_id})

    def find(self, ruleset_id: str) -> Ruleset:
        """Read the ruleset that judges the calls of an id.

        Raises:
            NotFoundError: there is no such ruleset; a path is none.
            RulesetError: it is there and cannot be used.
        """
        if not is_ruleset_id(ruleset_id) or ruleset_id not in self.ids():
            raise NotFoundError("ruleset", ruleset_id)
        return self.load(ruleset_id)

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
