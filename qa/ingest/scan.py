"""List a folder that others write into: what is there, and what of it is safe to open.

One look is one `scandir` per folder and one `stat` per file; no file is opened.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qa.errors import IngestError
from qa.ingest.rows import FoundFile, Issue

AUDIO_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("wav", "wave", "mp3", "ogg", "oga", "opus", "m4a", "mp4", "aac", "amr", "awb"),
        *("gsm", "flac", "wma", "au", "aif", "aiff", "webm", "3gp"),
    )
)
DONE = ".done"
MAX_DEPTH = 40
TABLE_ENDINGS = (".csv", ".jsonl")
# Control characters, line separators and the marks that turn the reading direction round.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class Listing:
    """What one look at a folder found.

    Attributes:
        files: recordings and JSON files, in order of folder and name.
        markers: relative paths of `.done` markers, without that ending.
        tables: tables (`.csv`, `.jsonl`) in folders further down.
        issues: what is there and cannot be taken.
    """

    files: list[FoundFile] = field(default_factory=list)
    markers: set[str] = field(default_factory=set)
    tables: list[FoundFile] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def list_folder(folder: Path) -> Listing:
    """Look at everything below a folder; hidden files and folders are passed over.

    Links are followed only to files inside the folder: an inbox that others write into must not
    name a file elsewhere. Links to folders are not followed.

    Raises:
        IngestError: the folder itself cannot be listed.
    """
    root, listing = os.path.realpath(folder), Listing()
    top = _Place(folder, "", 0)
    stack = [(top, _top_entries(folder))]
    while stack:
        place, entries = stack.pop()
        below = [p for entry in entries for p in _look_at(entry, place, root, listing)]
        for inner in reversed(below):
            try:
                if inner.depth > MAX_DEPTH:
                    raise OSError(None, f"more than {MAX_DEPTH} folders deep; move it up")
                stack.append((inner, _entries(inner.path)))
            except OSError as error:
                reason = f"the folder cannot be read: {error.strerror}"
                name = inner.prefix.rstrip("/")
                listing.issues.append(Issue(name, None, True, "unreadable_folder", reason))
    return listing


def list_tables(folder: Path) -> tuple[list[FoundFile], list[Issue]]:
    """Look at the CSV and JSON Lines files at the top of a folder only.

    Raises:
        IngestError: the folder cannot be listed.
    """
    root, listing = os.path.realpath(folder), Listing()
    for entry in _top_entries(folder):
        if not is_hidden(entry.name) and entry.name.lower().endswith(TABLE_ENDINGS):
            listing.tables.extend(_found(entry, _Place(folder, "", 0), root, listing))
    return listing.tables, listing.issues


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder that is looked at; `prefix` is its path below the top, as it is shown."""

    path: Path
    prefix: str
    depth: int

    def below(self, name: str) -> "_Place":
        return _Place(self.path / name, f"{self.prefix}{safe_text(name)}/", self.depth + 1)


def safe_text(name: str) -> str:
    """Write a file's name as text that can be stored and printed, whatever its bytes."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def is_safe(name: str) -> bool:
    """Whether a name can be shown and stored as it is."""
    return _UNSAFE.search(name) is None


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is passed over."""
    return name.startswith((".", "~$"))


def is_unchanged(file: FoundFile) -> bool:
    """Whether a file still has the size and time it was found with."""
    try:
        state = file.path.stat()
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (file.size_bytes, file.mtime_ns)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _top_entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        return _entries(folder)
    except OSError as error:
        raise IngestError(str(folder), f"cannot be read: {error.strerror}") from error


def _look_at(
    entry: "os.DirEntry[str]", place: _Place, root: str, listing: Listing
) -> Iterator[_Place]:
    """Put one entry where it belongs; yield it where it is a folder to go into."""
    if is_hidden(entry.name):
        return
    try:
        if entry.is_dir(follow_symlinks=False):
            yield place.below(entry.name)
            return
        if entry.is_symlink() and entry.is_dir():
            reason = "links to folders are not followed; move the folder here"
            name = place.prefix + safe_text(entry.name)
            listing.issues.append(Issue(name, None, True, "linked_folder", reason))
            return
    except OSError:
        pass  # what it is cannot be told: it is judged by its name, as a file
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122  # a path object per file is slow
    if suffix == DONE:
        relative = unicodedata.normalize("NFC", place.prefix + safe_text(entry.name))
        listing.markers.add(relative[: -len(DONE)])
    elif suffix in AUDIO_SUFFIXES or suffix == ".json":
        listing.files.extend(_found(entry, place, root, listing))
    elif suffix in TABLE_ENDINGS and place.depth:
        listing.tables.extend(_found(entry, place, root, listing))


def _found(
    entry: "os.DirEntry[str]", place: _Place, root: str, listing: Listing
) -> Iterator[FoundFile]:
    path = place.path / entry.name
    name = place.prefix + safe_text(entry.name)
    problem = _problem(entry, path, root)
    if problem is not None:
        listing.issues.append(Issue(name, None, True, *problem))
        return
    try:
        state = entry.stat()
        if not entry.is_file():
            return
    except OSError as error:
        reason = f"cannot be looked at: {error.strerror}"
        listing.issues.append(Issue(name, None, True, "unreadable_file", reason))
        return
    relative = unicodedata.normalize("NFC", name)
    yield FoundFile(path, relative, state.st_size, state.st_mtime_ns)


def _problem(entry: "os.DirEntry[str]", path: Path, root: str) -> tuple[str, str] | None:
    """Say why an entry must not be opened; None when it may."""
    try:
        entry.path.encode()
    except UnicodeEncodeError:
        reason = "the file name is not UTF-8; rename it (convmv -f gbk -t utf-8 does it for many)"
        return "bad_file_name", reason
    if _UNSAFE.search(entry.name):
        return "bad_file_name", "the file name holds control characters; rename it"
    if entry.is_symlink():
        target = os.path.realpath(path)
        if not os.path.exists(target):  # noqa: PTH110
            return "broken_link", "the link leads nowhere"
        if os.path.commonpath((root, target)) != root:
            return "link_outside", "the link leads out of the folder; put the file itself here"
    return None
