"""Read what a recorder writes into file names, by a pattern with named fields.

`{agent}_{started:%Y%m%d-%H%M%S}_{caller}.wav` reads agent, time and caller of
`108_20251118-091230_13900000000.wav`. A pattern is checked when it is made, so that a wrong one
stops before any file is read by it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from qa.errors import ConfigError
from qa.ingest.entries import YEARS, Fault, call_values
from qa.ingest.rows import CallEntry, FoundFile, Issue, Voice
from qa.ingest.scan import AUDIO_SUFFIXES

FIELDS = {
    "agent": "agent_id",
    "call": "call_id",
    "caller": "caller_number",
    "direction": "direction",
    "extension": "extension",
    "ticket": "ticket_id",
}
STARTED = "started"
IGNORED = "*"
_WIDTHS = {
    **{"Y": r"[0-9]{4}", "y": r"[0-9]{2}", "m": r"[0-9]{2}", "d": r"[0-9]{2}", "j": r"[0-9]{3}"},
    **{
        "H": r"[0-9]{2}",
        "M": r"[0-9]{2}",
        "S": r"[0-9]{2}",
        "f": r"[0-9]{3,6}",
        "z": r"(?:Z|[+-][0-9]{4})",
    },
    **{"s": r"[0-9]{9,11}"},
}
_PART = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")
_EXAMPLE = "{agent}_{started:%Y%m%d-%H%M%S}_{caller}.wav"


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A checked pattern; make it with `compile_pattern`.

    Attributes:
        depth: how many parts of the path it reads, the file's name included.
        time_format: what `{started:…}` reads; None where the pattern has no time.
        ending: such as `.wav`; empty where any ending will do.
    """

    text: str
    regex: re.Pattern[str]
    depth: int
    time_format: str | None
    ending: str

    def cells(self, relative: str) -> dict[str, str] | None:
        """Read a path; None when the pattern does not fit."""
        stem, _, ending = "/".join(relative.split("/")[-self.depth :]).rpartition(".")
        if self.ending and f".{ending.lower()}" != self.ending:
            return None
        found = self.regex.fullmatch(stem)
        return None if found is None else {k: v for k, v in found.groupdict().items() if v}


def compile_pattern(text: str) -> NamePattern:
    """Check a pattern and make it ready.

    Fields are `{agent}`, `{call}`, `{caller}`, `{direction}`, `{extension}`, `{ticket}`,
    `{started:FORMAT}` and `{*}` for what is not needed; `{agent:3}` has exactly three characters. A
    field ends where the text after it begins, so that a name is never read in two ways.

    Raises:
        ConfigError: the pattern is wrong; the message says where.
    """
    if not text or len(text) > 500:
        raise ConfigError(f"a name pattern needs 1 to 500 characters, such as {_EXAMPLE}")
    suffix = PurePosixPath(text).suffix.lower()
    ending = suffix if suffix in AUDIO_SUFFIXES else ""
    parts = _parts(text.removesuffix(PurePosixPath(text).suffix) if ending else text)
    regex, time_format = "", None
    used: list[str] = []
    for number, (name, argument, literal) in enumerate(parts):
        if name is None:
            regex += re.escape(literal)
            continue
        following = parts[number + 1] if number + 1 < len(parts) else None
        if name in used:
            raise _wrong(text, f"the field {{{name}}} stands twice")
        if name == STARTED:
            time_format = argument
            regex += f"(?P<{STARTED}>{_time_regex(text, argument)})"
            used.append(name)
        elif name == IGNORED or name in FIELDS:
            group = "" if name == IGNORED else f"?P<{FIELDS[name]}>"
            regex += f"({group}{_field_regex(text, name, argument, following)})"
            used += [] if name == IGNORED else [name]
        else:
            known = ", ".join(f"{{{n}}}" for n in (*FIELDS, f"{STARTED}:%Y%m%d-%H%M%S", IGNORED))
            raise _wrong(text, f"there is no field {{{name}}}; there are {known}")
    if not used:
        raise _wrong(text, "it reads nothing; name at least one field")
    return NamePattern(text, re.compile(regex), text.count("/") + 1, time_format, ending)


def _parts(text: str) -> list[tuple[str | None, str, str]]:
    """Split into (name, argument, "") for fields and (None, "", literal) for texts."""
    parts: list[tuple[str | None, str, str]] = []
    for found in _PART.finditer(text):
        inside, literal, brace = found.groups()
        if brace:
            raise _wrong(text, f"'{brace}' at character {found.start() + 1} has no partner")
        if literal:
            parts.append((None, "", literal))
        else:
            name, _, argument = inside.partition(":")
            parts.append((name.strip(), argument, ""))
    return parts


def _field_regex(
    text: str, name: str, argument: str, following: tuple[str | None, str, str] | None
) -> str:
    """Make the expression of one field: a fixed width, or all up to the text that follows."""
    if argument:
        if not (argument.isascii() and argument.isdigit() and 0 < int(argument) <= 200):
            raise _wrong(text, f"{{{name}:{argument}}}: a width is a whole number from 1 to 200")
        return f"[^/]{{{int(argument)}}}"
    if following is None:
        return "[^/]+"
    if following[0] is not None:
        reason = (
            f"{{{name}}} and {{{following[0]}}} stand side by side; write a width: {{{name}:3}}"
        )
        raise _wrong(text, reason)
    stop = re.escape(following[2][0])
    return "[^/]+" if following[2][0] == "/" else f"[^/{stop}]+"


def _time_regex(text: str, time_format: str) -> str:
    if not time_format:
        raise _wrong(text, f"{{{STARTED}}} needs its format: {{{STARTED}:%Y%m%d-%H%M%S}}")
    regex = ""
    used: list[str] = []
    for found in re.finditer(r"%(.?)|([^%]+)", time_format, re.DOTALL):
        directive, literal = found.groups()
        if literal:
            regex += re.escape(literal)
        elif directive in _WIDTHS and directive not in used:
            regex += _WIDTHS[directive]
            used.append(directive)
        else:
            known = ", ".join(f"%{d}" for d in _WIDTHS)
            raise _wrong(text, f"%{directive} cannot be read, or stands twice; there are {known}")
    day = {"m", "d"} <= set(used) or "j" in used
    if not ("s" in used or ({"H", "M"} <= set(used) and day and {"Y", "y"} & set(used))):
        raise _wrong(text, f"{{{STARTED}}} needs year, month, day, hour and minute, or %s")
    if "s" in used and used != ["s"]:
        raise _wrong(text, "%s is a whole time and stands alone")
    return regex


def _wrong(text: str, reason: str) -> ConfigError:
    return ConfigError(f"the name pattern '{text}' is wrong: {reason}")


def entry_of(
    file: FoundFile, patterns: Sequence[NamePattern], zone: ZoneInfo
) -> tuple[CallEntry | None, tuple[Issue, ...]]:
    """Read a recording's name by the first pattern that fits.

    Returns:
        The entry, or None where no pattern fits or a field is wrong; and what is to be told. The
        recording is taken in either way.
    """
    for pattern in patterns:
        cells = pattern.cells(file.relative)
        if cells is not None:
            return _entry(file, pattern, cells, zone)
    reason = "the name fits no pattern of the setting names; it says nothing of the call"
    return None, (Issue(file.relative, None, False, "name_not_understood", reason),)


def _entry(
    file: FoundFile, pattern: NamePattern, cells: dict[str, str], zone: ZoneInfo
) -> tuple[CallEntry | None, tuple[Issue, ...]]:
    time_text = cells.pop(STARTED, None)
    values, faults = call_values(cells, zone)
    if time_text is not None:
        started_at = _parse_time(time_text, pattern.time_format or "", zone)
        if started_at is None:
            faults += (Fault("started_at", "bad_time", "there is no such date and time"),)
        values["started_at"] = started_at
    if faults:
        reason = "; ".join(f"{fault.field} of the name: {fault.reason}" for fault in faults)
        return None, (Issue(file.relative, None, False, faults[0].code, reason),)
    moments = (values["started_at"],) if values.get("started_at") else ()
    call_id = cells.get("call_id")
    values.pop("call_id", None)
    entry = CallEntry(
        file.relative, 0, call_id, file.relative, values, voice=Voice.NAME, moments=moments
    )
    return entry, ()


def _parse_time(text: str, time_format: str, zone: ZoneInfo) -> datetime | None:
    try:
        if time_format == "%s":
            time = datetime.fromtimestamp(int(text), UTC)
        else:
            time = datetime.strptime(text, time_format)
        if time.year not in YEARS:
            return None
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
