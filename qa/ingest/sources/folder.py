"""One folder with everything in it: recordings anywhere below it, tables at its top."""

from zoneinfo import ZoneInfo

from qa.ingest.objects import Folder
from qa.ingest.rows import Intake
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingsSource
from qa.ingest.sources.tables import TablesSource


class FolderSource:
    """Recordings anywhere below a folder, and the tables (`calls`, `tickets`, …) in it.

    Args:
        folder: the top folder.
        zone: of times that are written without one.
    """

    def __init__(self, folder: Folder, zone: ZoneInfo) -> None:
        self._parts = MergedSource((RecordingsSource(folder, zone), TablesSource(folder, zone)))

    def read(self) -> Intake:
        """Find the recordings and read the tables.

        Raises:
            IngestError: there is no such folder, or it cannot be listed.
        """
        return self._parts.read()
