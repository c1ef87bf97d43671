"""The tables of what is personal in calls, found once for many readers.

Nothing in them is a source (`qa.masking.remembered`). They change only together with a migration.
"""

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import Hash, Table, TranscriptRow


class PersonalRow(Table):
    """What is personal in a transcript of a call; worth nothing under another stamp.

    It holds people's data, as the transcript itself does, and goes with its words.
    """

    __tablename__ = "personal_found"

    transcript_key: Mapped[str] = mapped_column(
        String(1100), ForeignKey(TranscriptRow.transcript_key), primary_key=True
    )
    stamp: Mapped[bytes] = mapped_column(LargeBinary)
    found: Mapped[bytes] = mapped_column(LargeBinary)


class PersonalScanRow(Table):
    """How far scorecards' calls were searched ahead: from number `low` to `high`, both included.

    `searched_by` names the program; another one begins anew, at the newest scorecard.
    """

    __tablename__ = "personal_scan"

    scan_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    searched_by: Mapped[str] = mapped_column(Hash)
    low: Mapped[int] = mapped_column(BigInteger)
    high: Mapped[int] = mapped_column(BigInteger)
