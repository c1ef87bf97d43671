"""List a bucket as a folder is listed: by the same rules about names, without links."""

import unicodedata

from qa.ingest.objects import ObjectFile, ObjectFolder, ObjectState
from qa.ingest.rows import FoundFile, Issue
from qa.ingest.scan import (
    AUDIO_SUFFIXES,
    DONE,
    MAX_DEPTH,
    TABLE_ENDINGS,
    Listing,
    is_hidden,
    is_safe,
    safe_text,
)


def list_objects(folder: ObjectFolder) -> Listing:
    """Look at everything below a prefix; what begins with a point is passed over.

    Raises:
        IngestError: the bucket cannot be listed.
    """
    listing = Listing()
    for key, file, state in folder.below():
        _put(key, file, state, listing)
    return listing


def list_object_tables(folder: ObjectFolder) -> tuple[list[FoundFile], list[Issue]]:
    """Look at the CSV and JSON Lines objects at the top of a prefix only.

    Raises:
        IngestError: the bucket cannot be listed.
    """
    listing = Listing()
    for key, file, state in folder.below(deep=False):
        if "/" not in key and key.lower().endswith(TABLE_ENDINGS) and not is_hidden(key):
            _put(key, file, state, listing, top_tables=True)
    return listing.tables, listing.issues


def _put(
    key: str, file: ObjectFile, state: ObjectState, listing: Listing, *, top_tables: bool = False
) -> None:
    parts = key.split("/")
    if any(is_hidden(part) for part in parts):
        return
    relative = unicodedata.normalize("NFC", safe_text(key))
    ending = file.suffix.lower()
    is_table = ending in TABLE_ENDINGS and (len(parts) > 1 or top_tables)
    if ending == DONE:
        listing.markers.add(relative[: -len(DONE)])
        return
    if ending not in AUDIO_SUFFIXES and ending != ".json" and not is_table:
        return
    if not is_safe(key) or "" in parts or ".." in parts:
        reason = "the name holds control characters or empty parts; rename it"
        listing.issues.append(Issue(relative, None, True, "bad_file_name", reason))
    elif len(parts) > MAX_DEPTH:
        reason = f"more than {MAX_DEPTH} folders deep; move it up"
        listing.issues.append(Issue(relative, None, True, "unreadable_folder", reason))
    else:
        found = FoundFile(file, relative, state.st_size, state.st_mtime_ns)
        (listing.tables if is_table else listing.files).append(found)
