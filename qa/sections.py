"""What a section of the settings is, and the section of the archive."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A frozen part of the settings that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ArchiveSettings(Section):
    """How recordings are kept for ever."""

    keep: Literal["in_place", "copy"] = Field(
        "in_place",
        description="in_place leaves recordings where they lie; copy keeps one of each in the "
        "archive folder, too (uploads move there)",
    )
    folder: Path | None = Field(
        None, description="the archive folder (default: archive in data_dir)"
    )
    seal: bool = Field(
        False,
        description="encrypt the archive's copies and what is cached for playing; needs keep = "
        "copy and a key (archive.key_file, or the environment variable QA_ARCHIVE_KEYS)",
    )
    key_file: Path | None = Field(
        None,
        description="file of keys, 32 bytes in base64 a line: the first seals, "
        "all open; QA_ARCHIVE_KEYS in the environment goes before it",
    )
    verify_days: int = Field(
        30, ge=1, le=3650, description="days within which every recording is read and hashed again"
    )
    min_reason_chars: int = Field(
        10, ge=1, le=500, description="shortest reason of a request to delete, characters"
    )
