"""The reasons that verdicts give, as codes, and their wording in both languages."""

from collections.abc import Mapping
from typing import Final

from qa.reasons.conduct import CONDUCT
from qa.reasons.details import DETAILS
from qa.reasons.language import LANGUAGE
from qa.reasons.scripts import SCRIPTS
from qa.reasons.words import Wording

__all__ = ["REASONS", "Wording"]

REASONS: Final[Mapping[str, Wording]] = {**SCRIPTS, **LANGUAGE, **CONDUCT, **DETAILS}
"""By the code that stands in a verdict."""
