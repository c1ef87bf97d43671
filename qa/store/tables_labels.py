"""Tables of labels: what people find of calls, apart from each other and from the machine.

They change only together with a migration. Everything is added, nothing overwritten: of a person's
labels of one rule of one call the last one counts.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, CallRow, ShortText, Table, UtcDateTime
from qa.store.tables_people import UserRow


class LabelSetRow(Table):
    """Calls that people are to label: drawn by chance, for a calibration, or from a file.

    `rules` is a JSON list of rule ids, `strata` a JSON object of how many calls each stratum had
    when they were drawn; `ruleset_hash` judged them then. `seed` reproduces the draw.
    """

    __tablename__ = "label_sets"

    set_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(ShortText)
    ruleset_id: Mapped[str] = mapped_column(ShortText, index=True)
    ruleset_hash: Mapped[str] = mapped_column(ShortText)
    rules: Mapped[str] = mapped_column(Text)
    strata: Mapped[str] = mapped_column(Text)
    seed: Mapped[str] = mapped_column(ShortText)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None] = mapped_column(ForeignKey(UserRow.user_id))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LabelTaskRow(Table):
    """One call that one person is to label; `position` counts the calls of a set from 1."""

    __tablename__ = "label_tasks"

    task_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    set_id: Mapped[int] = mapped_column(ForeignKey(LabelSetRow.set_id))
    position: Mapped[int] = mapped_column(Integer)
    call_id: Mapped[str] = mapped_column(ForeignKey(CallRow.call_id), index=True)
    stratum: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = mapped_column(ForeignKey(UserRow.user_id))

    __table_args__ = (
        Index("one_label_task", "set_id", "position", "user_id", unique=True),
        Index("label_tasks_by_person", "user_id", "set_id"),
    )


class LabelRow(Table):
    """What a person found of one rule on one call."""

    __tablename__ = "labels"

    label_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    set_id: Mapped[int] = mapped_column(ForeignKey(LabelSetRow.set_id))
    call_id: Mapped[str] = mapped_column(ForeignKey(CallRow.call_id), index=True)
    rule_id: Mapped[str] = mapped_column(String(50))
    outcome: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, server_default="")
    labelled_by: Mapped[int | None] = mapped_column(ForeignKey(UserRow.user_id))
    labelled_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("labels_by_set", "set_id", "call_id", "rule_id"),)


class LabelStepRow(Table):
    """A person handed in all of their labels of a set, or the set was closed (`action`)."""

    __tablename__ = "label_steps"

    step_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    set_id: Mapped[int] = mapped_column(ForeignKey(LabelSetRow.set_id), index=True)
    action: Mapped[str] = mapped_column(String(20))
    done_by: Mapped[int | None] = mapped_column(ForeignKey(UserRow.user_id))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)
