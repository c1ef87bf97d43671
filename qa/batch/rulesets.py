"""Which ruleset judges a call, and with which values: the one place that decides it.

A ruleset named by id is the published one (`qa rules publish`), else the bundled one. Where the
setting `scoring.ruleset` is a path, that file is in force itself, also for calls that name its id.
"""

import re
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from qa.codec import squeeze
from qa.config import Settings
from qa.errors import RulesetError
from qa.scoring.ruleset import Rule, Ruleset, load_ruleset, parse_ruleset
from qa.types import Call

if TYPE_CHECKING:  # not loaded by worker processes, which get rulesets and have no database
    from qa.store.scorecards import RulesetRecord
    from qa.store.store import Store

_ID = re.compile(r"[a-z][a-z0-9-]*")


class RulesetLoader:
    """Reads rulesets by id or path as they are in force now; can be pickled for other processes."""

    def __init__(
        self, settings: Settings, published: dict[str, tuple[int, str]], tables: dict[str, Any]
    ) -> None:
        self._values = settings.scoring.values
        self._published = published
        self._tables = tables

    @classmethod
    def of(cls, store: "Store | None", settings: Settings, *, tables: bool = True) -> Self:
        """Take what is published and the tables from the database, where there is one yet.

        Args:
            tables: with the values that tables fill.

        Raises:
            ConfigError: a table that the settings name is wrong.
        """
        from qa.batch.values import table_values
        from qa.store.publications import published_texts

        published: dict[str, tuple[int, str]] = {}
        if store is not None:
            with store.reading() as session:
                published = published_texts(session)
        return cls(settings, published, table_values(store, settings) if tables else {})

    def load(self, name_or_path: str) -> Ruleset:
        """Read the ruleset in force for an id, or a file.

        Raises:
            RulesetError: there is none, or it is wrong.
        """
        number, text = self._published.get(name_or_path, (0, ""))
        if not text:
            return load_ruleset(name_or_path, values=self._values, tables=self._tables)
        source = f"{name_or_path} (publication {number})"
        return self.parse(text, source)

    def parse(self, text: str, source: str) -> Ruleset:
        """Check the text of a ruleset with the values in force.

        Raises:
            RulesetError: it is wrong.
        """
        return parse_ruleset(text, source=source, values=self._values, tables=self._tables)

    @property
    def published_ids(self) -> tuple[str, ...]:
        """The ids for which a ruleset is published now."""
        return tuple(sorted(self._published))

    def publication(self, ruleset_id: str) -> int | None:
        """Return the number of the publication in force; None where the bundled one counts."""
        return self._published[ruleset_id][0] if ruleset_id in self._published else None

    def with_published(self, published: dict[str, tuple[int, str]]) -> "RulesetLoader":
        """Return a loader for which this is published instead."""
        loader = copy(self)
        loader._published = published
        return loader


def is_ruleset_id(name_or_path: str) -> bool:
    """Whether a ruleset is named by its id, and not by a path."""
    return _ID.fullmatch(name_or_path) is not None


class Rulesets:
    """The rulesets in force, each read once; can be pickled for worker processes.

    Args:
        loader: reads them.
        default: the setting `scoring.ruleset`, or a ruleset that is not there yet under its id.
        only: judge by this ruleset, and only the calls that it is meant for.

    Raises:
        RulesetError: the ruleset of the settings is wrong. One that only some calls name is found
            out later, and costs only those.
    """

    def __init__(
        self, loader: RulesetLoader, default: str | Ruleset, only: Ruleset | None = None
    ) -> None:
        self._loader = loader
        self._default = loader.load(default) if isinstance(default, str) else default
        self._only = only
        self._named: dict[str, Ruleset | None] = {self._default.ruleset_id: self._default}
        self.problems: dict[str, str] = {}

    @classmethod
    def in_force(cls, store: "Store | None", settings: Settings, only: str | None = None) -> Self:
        """Find the rulesets in force now.

        Args:
            only: id or path of the ruleset that alone shall judge.

        Raises:
            ConfigError: a ruleset, or a table that the settings name, is wrong.
        """
        loader = RulesetLoader.of(store, settings)
        chosen = loader.load(only) if only is not None else None
        return cls(loader, settings.scoring.ruleset, chosen)

    @property
    def default(self) -> Ruleset:
        """The ruleset of calls that name none."""
        return self._default

    @property
    def only(self) -> Ruleset | None:
        """The ruleset that alone shall judge, if any."""
        return self._only

    def of(self, call: Call) -> Ruleset | None:
        """Find the ruleset that judges a call; None where it cannot be used or is not wanted."""
        name = call.ruleset or self._default.ruleset_id
        if self._only is not None:
            return self._only if self._only.ruleset_id == name else None
        if name not in self._named:
            try:
                self._named[name] = self._loader.load(name)
            except RulesetError as error:
                self._named[name], self.problems[name] = None, str(error)
        return self._named[name]

    def used(self) -> list["RulesetRecord"]:
        """List what may have judged so far."""
        rulesets = [*self._named.values(), self._only]
        return [record_of(r) for r in rulesets if r is not None]


def record_of(ruleset: Ruleset) -> "RulesetRecord":
    """Say what is kept of a ruleset that judges."""
    from qa.store.scorecards import RulesetRecord

    hashes = tuple((rule.rule_id, rule.hash) for rule in ruleset.rules)
    contents = tuple(_squeezed(rule) for rule in ruleset.rules)
    return RulesetRecord(ruleset.hash, ruleset.ruleset_id, ruleset.title, hashes, contents)


def _squeezed(rule: Rule) -> tuple[str, bytes]:
    if rule.hash not in _contents:
        if len(_contents) >= _MAX_CONTENTS:  # rulesets come and go: begin again
            _contents.clear()
        _contents[rule.hash] = squeeze(rule.content)
    return rule.hash, _contents[rule.hash]


_MAX_CONTENTS = 1_000
_contents: dict[str, bytes] = {}
"""Contents of rules, compressed, by hash: each batch of calls names the rules that judged it."""
