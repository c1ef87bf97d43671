"""Recordings anywhere below a folder, with what their names and the JSON files beside them say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from qa.ingest.finished import Finished, Settled, tell
from qa.ingest.listing_objects import list_objects
from qa.ingest.names import NamePattern, entry_of
from qa.ingest.objects import Folder, ObjectFolder
from qa.ingest.rows import CallEntry, FoundFile, Intake, Issue
from qa.ingest.scan import Listing, list_folder
from qa.ingest.sources.sidecars import read_sidecar
from qa.ingest.sources.tables import is_table

_Told = tuple[CallEntry | None, tuple[Issue, ...]]


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """How a folder of recordings is read.

    Attributes:
        finished: decides which files may be taken now.
        names: patterns of the file names, the first that fits counts; empty where names say
            nothing.
        sidecars: whether `a.json` or `a.wav.json` beside `a.wav` tells of it.
    """

    finished: Finished = field(default_factory=Settled)
    names: Sequence[NamePattern] = ()
    sidecars: bool = True


class RecordingsSource:
    """Recordings anywhere below a folder.

    Args:
        folder: the top folder.
        zone: of times that are written without one.
        rules: how the folder is read.
    """

    def __init__(self, folder: Folder, zone: ZoneInfo, rules: RecordingRules | None = None) -> None:
        self._folder = folder.absolute()
        self._zone = zone
        self._rules = rules or RecordingRules()
        self._names: dict[str, _Told] = {}

    def read(self) -> Intake:
        """Find the recordings, and read what their names and sidecars say.

        Raises:
            IngestError: there is no such folder, or it cannot be listed.
        """
        listing = _listed(self._folder)
        issues = [*listing.issues, *_deep_tables(listing)]
        finished = self._rules.finished
        waiting = finished.waiting(listing.files, listing.markers)
        issues += tell(finished, waiting)
        ready = [f for f in listing.files if f.relative not in waiting]
        files = [f for f in ready if not _is_json(f)]
        told = [
            *(self._sidecars(listing, ready) if self._rules.sidecars else ()),
            *(self._named(files) if self._rules.names else ()),
        ]
        calls = tuple(entry for entry, _ in told if entry)
        issues += [issue for _, some in told for issue in some]
        return Intake(str(self._folder), tuple(files), calls, issues=tuple(issues))

    def _sidecars(self, listing: Listing, ready: Sequence[FoundFile]) -> Iterator[_Told]:
        recordings = {f.relative for f in listing.files if not _is_json(f)}
        for file in ready:
            if _is_json(file) and not is_table(file.relative):
                yield read_sidecar(file, recordings, self._zone)

    def _named(self, files: Sequence[FoundFile]) -> Iterable[_Told]:
        """Read the names of files, but for those that were read at the last look."""
        known = self._names
        self._names = {
            f.relative: known.get(f.relative) or entry_of(f, self._rules.names, self._zone)
            for f in files
        }
        return self._names.values()


def _listed(folder: Folder) -> Listing:
    return list_objects(folder) if isinstance(folder, ObjectFolder) else list_folder(folder)


def _deep_tables(listing: Listing) -> list[Issue]:
    """Tell of tables that lie where tables are not read."""
    reason = "only tables at the top of the folder are read; ingest this folder too"
    return [
        Issue(file.relative, None, False, "deep_table", reason)
        for file in listing.tables
        if is_table(file.relative)
    ]


def _is_json(file: FoundFile) -> bool:
    return file.relative.endswith((".json", ".JSON"))
