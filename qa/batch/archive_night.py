"""The archive's part of a night: copies, proofs, deletions that were approved, hashes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from qa.batch.archive import ArchiveReport, keep_copies, verify
from qa.batch.deleting import carry_out, prove
from qa.config import Settings
from qa.store import archive as rows
from qa.store.deletions import DeletionState
from qa.store.store import Store

PROOFS_A_NIGHT = 500


@dataclass(frozen=True, slots=True)
class ArchiveNight:
    """What a night did for the archive.

    Attributes:
        copied, verified: how many went well, and which did not, with why.
        proofs: recordings looked at because they may be empty.
        deleted: deletions that were carried out.
    """

    copied: ArchiveReport
    verified: ArchiveReport
    proofs: int
    deleted: int

    @property
    def is_well(self) -> bool:
        """Whether every recording that was touched is as it should be."""
        return not self.copied.failed and not self.verified.failed


def do_archive(store: Store, settings: Settings) -> ArchiveNight:
    """Do the archive's work of one night.

    Raises:
        ConfigError: the settings of the archive are wrong, or its key file cannot be read.
    """
    copied = keep_copies(store, settings)
    proofs = prove(store, settings, limit=PROOFS_A_NIGHT)
    deleted = sum(one.state is DeletionState.DONE for one in carry_out(store, settings))
    verified = verify(store, settings, limit=nightly_share(store, settings))
    return ArchiveNight(copied, verified, proofs, deleted)


def nightly_share(store: Store, settings: Settings) -> int:
    """Say how many recordings a night reads so that all are read within the days of the setting."""
    with store.reading() as session:
        total = rows.standing(session, datetime.now(UTC)).recordings
    return max(100, -(-total * 5 // (4 * settings.archive.verify_days)))
