"""The archive's part of a night: copies, proofs, deletions that were approved, hashes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from qa.batch.archive import ArchiveReport, keep_copies, verify
from qa.batch.deleting import carry_out, prove
from qa.config import Settings
from qa.errors import QAError
from qa.store import archive as rows
from qa.store.deletions import DeletionState
from qa.store.store import Store

PROOFS_A_NIGHT = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ArchiveNight:
    """What a night did for the archive.

    Attributes:
        copied, verified: how many went well, and which did not, with why.
        proofs: recordings looked at because they may be empty.
        deleted: deletions that were carried out.
        problems: what could not be done at all, and why.
    """

    copied: ArchiveReport
    verified: ArchiveReport
    proofs: int
    deleted: int
    problems: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether all was done, and every recording that was touched is as it should be."""
        return not (self.copied.failed or self.verified.failed or self.problems)


def do_archive(store: Store, settings: Settings) -> ArchiveNight:
    """Do the archive's work of one night; a part that fails keeps none of the others.

    A key file that is away is such a failure: all else of the night is done by then.
    """
    problems: dict[str, str] = {}  # what is wrong, and with which part it was met first

    def done(part: str, act: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return act()
        except QAError as error:
            problems.setdefault(str(error), part)
            return otherwise

    def read_again() -> ArchiveReport:
        return verify(store, settings, limit=nightly_share(store, settings))

    copied = done("copy", lambda: keep_copies(store, settings), ArchiveReport(0))
    proofs = done("prove", lambda: prove(store, settings, limit=PROOFS_A_NIGHT), 0)
    deleted = done("delete", lambda: _deleted(store, settings), 0)
    verified = done("read again", read_again, ArchiveReport(0))
    told = tuple(f"{part}: {problem}" for problem, part in problems.items())
    return ArchiveNight(copied, verified, proofs, deleted, told)


def _deleted(store: Store, settings: Settings) -> int:
    return sum(one.state is DeletionState.DONE for one in carry_out(store, settings))


def nightly_share(store: Store, settings: Settings) -> int:
    """Say how many recordings a night reads so that all are read within the days of the setting."""
    with store.reading() as session:
        total = rows.standing(session, datetime.now(UTC)).recordings
    return max(100, -(-total * 5 // (4 * settings.archive.verify_days)))
