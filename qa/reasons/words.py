"""A wording in both languages."""

from typing import NamedTuple


class Wording(NamedTuple):
    """One meaning in both languages."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Choose the language: `en`, or Chinese for everything else."""
        return self.en if lang == "en" else self.zh
