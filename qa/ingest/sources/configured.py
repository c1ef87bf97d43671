"""The sources of the settings: `[sources.NAME]` with a folder, call records, or both.

Everything that can be wrong in a setting is told here, before a file is opened.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from qa.config import Settings, SourceSettings
from qa.errors import ConfigError
from qa.ingest.cdr import CdrRules
from qa.ingest.finished import Finished, Marked, Settled, Watched
from qa.ingest.names import compile_pattern
from qa.ingest.objects import folder_at
from qa.ingest.rows import Source
from qa.ingest.sources.asterisk import FIELDS, AsteriskSource
from qa.ingest.sources.freeswitch import VARIABLES, FreeSwitchSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingRules, RecordingsSource
from qa.ingest.sources.tables import TablesSource

PASSED_OVER = "-"


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source of the settings, ready to read.

    Attributes:
        has_records: whether it has call records, so that a recording without one is missing it.
    """

    name: str
    source: Source
    has_records: bool


def configured_sources(
    settings: Settings, names: Sequence[str] = (), *, watching: bool = False
) -> tuple[NamedSource, ...]:
    """Make the sources that the settings describe.

    Args:
        names: only these; empty for all that have a folder or call records.
        watching: whether they are read again and again: then files must stand still between looks.

    Returns:
        Sources in order of name.

    Raises:
        ConfigError: a name is unknown, a setting is wrong, or there is no source at all.
    """
    usable = {n: s for n, s in settings.sources.items() if s.folder is not None or s.cdr}
    for name in names:
        if name not in settings.sources:
            known = ", ".join(sorted(settings.sources)) or "none"
            raise ConfigError(f"there is no source '{name}' in the settings; there are: {known}")
        if name not in usable:
            raise ConfigError(f"the source '{name}' has neither folder nor cdr in the settings")
    wanted = sorted(set(names) or usable)
    if not wanted:
        raise ConfigError(
            "no source has a folder; write one into the settings file:\n"
            '[sources.hotline]\nfolder = "/recordings"\n(docs/how-to/ingest.md)'
        )
    zone = ZoneInfo(settings.timezone)
    return tuple(_named(name, settings, zone, watching) for name in wanted)


def records_of(settings: Settings) -> frozenset[str]:
    """Name the sources that have call records."""
    return frozenset(name for name, source in settings.sources.items() if source.cdr)


def _named(name: str, whole: Settings, zone: ZoneInfo, watching: bool) -> NamedSource:
    settings = whole.sources[name]
    try:
        patterns = tuple(compile_pattern(text) for text in settings.names)
        records = _records(settings, zone)
    except ConfigError as error:
        raise ConfigError(f"sources.{name}: {error}") from error
    parts: list[Source] = []
    if settings.folder is not None:
        rules = RecordingRules(_finished(settings, watching), patterns, settings.sidecars)
        tables: Finished = Watched(settings.stable_s) if watching else Settled(settings.stable_s)
        folder = folder_at(settings.folder, whole.s3)
        parts.append(RecordingsSource(folder, zone, rules))
        parts.append(TablesSource(folder, zone, tables))
    return NamedSource(name, MergedSource((*parts, *records), name), bool(records))


def _finished(settings: SourceSettings, watching: bool) -> Finished:
    if settings.finished == "done":
        return Marked()
    return Watched(settings.stable_s) if watching else Settled(settings.stable_s)


def _records(settings: SourceSettings, zone: ZoneInfo) -> list[Source]:
    try:
        extensions = re.compile(settings.extensions)
        zone = ZoneInfo(settings.cdr_timezone) if settings.cdr_timezone else zone
    except (re.error, KeyError, ValueError, OSError) as error:
        raise ConfigError(f"extensions or cdr_timezone is wrong: {error}") from error
    rules = CdrRules(zone, extensions)
    columns = _columns(settings)
    return [_record_source(settings, file, rules, columns) for file in settings.cdr]


def _record_source(
    settings: SourceSettings, file: Path, rules: CdrRules, columns: list[str] | None
) -> Source:
    if settings.cdr_format == "freeswitch":
        return FreeSwitchSource(file, rules, columns=columns)
    custom = settings.cdr_format == "asterisk-custom"
    return AsteriskSource(file, rules, columns=columns, custom=custom)


def _columns(settings: SourceSettings) -> list[str] | None:
    """Check the order of fields; None where the usual one holds."""
    if not settings.cdr_columns:
        return None
    free = settings.cdr_format == "freeswitch"
    known = tuple(VARIABLES) if free else FIELDS
    columns = [name.strip() for name in settings.cdr_columns]
    named = [name for name in columns if name != PASSED_OVER]
    unknown = sorted({name for name in named if name not in known})
    if unknown and not free:  # FreeSWITCH has any number of variables; those unused are passed over
        raise ConfigError(
            f"cdr_columns: no field {', '.join(unknown)}; there are {', '.join(known)}, and "
            f"{PASSED_OVER} for what is not needed"
        )
    fields = [VARIABLES.get(name, "") if free else name for name in named]
    double = sorted({name for name in fields if name and fields.count(name) > 1})
    missing = [name for name in ("uniqueid", "start") if name not in fields]
    if double or missing:
        wrong = f"twice: {', '.join(double)}" if double else f"missing: {', '.join(missing)}"
        raise ConfigError(f"cdr_columns: {wrong}")
    return ["" if name == PASSED_OVER else name for name in columns]
