"""What a section of the settings is, and sections that stand for themselves."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Place = Annotated[
    Annotated[str, StringConstraints(pattern=r"^s3://[a-zA-Z0-9][a-zA-Z0-9._-]*(/.*)?$")] | Path,
    Field(union_mode="left_to_right"),
]
"""A folder, or an address in S3-compatible storage, which must not pass through `Path`."""


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
        description="file of keys (`qa archive new-key`), one a line: the first seals, "
        "all open; QA_ARCHIVE_KEYS in the environment goes before it",
    )
    verify_days: int = Field(
        30, ge=1, le=3650, description="days within which every recording is read and hashed again"
    )
    min_reason_chars: int = Field(
        10, ge=1, le=500, description="shortest reason of a request to delete, characters"
    )


class LedgerSettings(Section):
    """How the regulations' fines and rewards are read where their text leaves it open.

    Every reading stands on each assessment sheet. A closed month keeps the readings of its time.
    """

    dry_run: bool = Field(
        True, description="only reckon and show what would be booked; false books entries"
    )
    window: Literal["month", "quarter", "year", "ever"] = Field(
        "month", description="within which cases are counted for 'more than three times' (001)"
    )
    repeat: Literal["add", "instead"] = Field(
        "add",
        description="from the fourth case: add is 10 + 50 yuan each, instead is 50 yuan each (001)",
    )
    counts_per: Literal["call", "flag"] = Field(
        "call",
        description="what one case is: all confirmed flags of a call together, or each of them",
    )
    books_at: Literal["final", "released"] = Field(
        "final",
        description="when a confirmed fine counts: once the appeal window has passed or the appeal "
        "is decided, or as soon as the call is released",
    )
    abuse_is_fined: bool = Field(
        False,
        description="whether the 50 yuan for shouting (000) cover abusive words as well",
    )
    joint_person: str = Field(
        "",
        max_length=64,
        description="login of the department head on whom the joint penalty falls (002); without "
        "one none is booked",
    )
    joint_covers: Literal["reports", "all"] = Field(
        "reports",
        description="fines that the joint penalty follows: those for a missing report, or all",
    )
    excellent_score: int = Field(
        95, ge=1, le=100, description="mean score of a month from which it is excellent (003)"
    )
    excellent_calls: int = Field(
        20, ge=1, description="scored calls in a month that an excellent one needs"
    )
    streak_repeats: Literal["every_month", "every_third"] = Field(
        "every_month",
        description="after three excellent months: reward each further one, or each further third",
    )
    reward_fen: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="reward for three excellent months, fen; the regulation names no sum",
    )
    regulations: dict[str, Literal["000", "001", "002", "none"]] = Field(
        default_factory=dict,
        description="which regulation's sums hold for rulesets of your own, by ruleset id",
    )


class EventSettings(Section):
    """When abnormal events become overdue."""

    file_within_hours: int = Field(
        24,
        ge=1,
        le=720,
        description="hours after which an event that was found, or heard by somebody, and not "
        "filed becomes a candidate for 漏报 or 知情不报",
    )
    repair_hours: int = Field(
        4, ge=1, le=720, description="a repair that takes longer than so many hours is event 3"
    )
    look_back_days: int = Field(
        31, ge=1, le=3660, description="older events become no candidates, days"
    )


class ProofSettings(Section):
    """What a ruleset version must show before it is published, and how consistency is measured."""

    min_precision: float = Field(
        0.8,
        ge=0,
        le=1,
        description="share of right flags, 0-1, that the lower end of each fine rule's 95 % "
        "interval must reach",
    )
    min_labels: int = Field(
        30, ge=1, le=100_000, description="labelled flags of a fine rule that this takes"
    )
    max_changed: float = Field(
        0.3, ge=0, le=1, description="share of calls, 0-1, whose score a new version may change"
    )
    change_calls: int = Field(
        500, ge=0, le=100_000, description="calls, drawn by chance, that this is measured on"
    )
    unproved: Literal["allow", "refuse"] = Field(
        "allow",
        description="whether a version whose fine rules have too few labels may be published; "
        "'allow' writes down that it is not proved",
    )
    repeat_days: int = Field(
        90, ge=1, le=3660, description="a caller who called within so many days is a repeat caller"
    )
    shift_break_hours: float = Field(
        4.0, gt=0, le=24, description="a longer time without a call begins another shift"
    )
    shift_hours: float = Field(
        3.0, gt=0, le=24, description="shorter shifts are not compared, begin against end"
    )


class ClusterSettings(Section):
    """Workers on many machines, by Ray (docs/how-to/cluster.md); without any this machine works."""

    address: str | None = Field(
        None,
        description="the cluster's head, such as 10.0.0.1:6379 (default: RAY_ADDRESS, else the "
        "node that runs on this machine)",
    )
    cpu_workers: int = Field(0, ge=0, le=10_000, description="workers on processors, in all")
    gpu_workers: int = Field(0, ge=0, le=10_000, description="workers on GPUs, in all")
    gpus_per_worker: float = Field(
        1.0, gt=0, le=1, description="share of a GPU that a worker takes; 0.5 lets two use one"
    )
    patience_s: float = Field(
        300.0,
        ge=1,
        description="seconds that a run waits for a cluster that was lost, or for a first worker",
    )

    @property
    def workers(self) -> int:
        """Workers in all; 0 means that the run works on this machine alone."""
        return self.cpu_workers + self.gpu_workers


class S3Settings(Section):
    """S3-compatible storage of recordings; its credentials stand in no setting of ours.

    Each machine has its own: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the file that
    AWS_SHARED_CREDENTIALS_FILE names.
    """

    endpoint_url: str | None = Field(
        None,
        pattern=r"^https?://[^/@]+/?$",
        description="address of the storage, such as https://s3.example.com (default: Amazon's)",
    )
    region: str | None = Field(None, description="region of the storage, where it has one")
    path_style: bool = Field(
        True, description="whether the bucket stands in the path, not in the name of the host"
    )
    timeout_s: float = Field(
        30.0, gt=0, le=600, description="seconds after which a silent storage has failed"
    )
