"""Several sources that speak of the same calls: read one after the other, joined as one."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from qa.ingest.rows import Intake, Source


class MergedSource:
    """Sources of one place, for example recordings, tables and call records.

    Args:
        parts: at least one; the first names the place (`Intake.origin`).
        name: of the source in the settings; None for a folder named on the command line.
    """

    def __init__(self, parts: Sequence[Source], name: str | None = None) -> None:
        self._parts = tuple(parts)
        self._name = name

    def read(self) -> Intake:
        """Read every part; what one says adds to what the others say.

        Raises:
            IngestError: a part as a whole cannot be read.
        """
        intakes = [part.read() for part in self._parts]
        joined: dict[str, Any] = {}
        for field in fields(Intake):
            if field.name in ("origin", "source"):
                continue
            values = [getattr(intake, field.name) for intake in intakes]
            told = [value for value in values if value is not None]
            joined[field.name] = tuple(item for v in told for item in v) if told else None
        return Intake(origin=intakes[0].origin, source=self._name, **joined)
