"""What the commands on calls have in common: opening the store, options, JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.logs import hide_mobiles

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.store.store import Store


class Language(StrEnum):
    """A language of the output."""

    ZH = "zh"
    EN = "en"


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="MINUTES",
        min=0,
        help="Wait so long while another run works (batch.wait_s).",
    ),
]
LangOption = Annotated[Language, typer.Option("--lang", help="Language of names and reasons.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Calls that started on or after, 2025-11-18."),
]
AgentOption = Annotated[
    str | None, typer.Option("--agent", metavar="ID", help="Calls of this agent (工号).")
]
CpuWorkersOption = Annotated[
    int | None,
    typer.Option("--cpu-workers", min=0, help="Workers on processors of the cluster, in all."),
]
GpuWorkersOption = Annotated[
    int | None,
    typer.Option("--gpu-workers", min=0, help="Workers on GPUs of the cluster, in all."),
]


def cluster_overrides(cpu_workers: int | None, gpu_workers: int | None) -> dict[str, Any]:
    """Turn the two options into settings; what is not given leaves what is in force."""
    given = {"cpu_workers": cpu_workers, "gpu_workers": gpu_workers}
    chosen = {name: count for name, count in given.items() if count is not None}
    return {"cluster": chosen} if chosen else {}


@contextmanager
def opened_store(**overrides: Any) -> "Iterator[tuple[Store, Settings]]":
    """Read the settings and open the database that they name.

    Args:
        overrides: settings from command flags, by name.

    Raises:
        ConfigError: a setting is wrong.
        StoreError: the database cannot be opened.
    """
    from qa.config import load_settings
    from qa.store.store import Store

    settings = load_settings(**overrides)
    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        store.wait_for_others(settings.batch.wait_s, _say_waiting)
        yield store, settings


def waiting_s(minutes: float | None) -> float | None:
    """Turn what a person gave into seconds; None leaves it to the settings."""
    return None if minutes is None else minutes * 60


def _say_waiting() -> None:
    text = "qa: another run is working on this database; waiting for it (batch.wait_s)"
    typer.echo(text, err=True)


def has_store(settings: "Settings") -> bool:
    """Whether there is a database: one that the settings name, or the file of the data folder."""
    return settings.database.url is not None or (settings.data_dir / "qa.sqlite3").is_file()


@contextmanager
def existing_store(settings: "Settings") -> "Iterator[Store | None]":
    """Open the database if there is one; reading the rules makes none.

    Raises:
        StoreError: it is there and cannot be opened.
    """
    if not has_store(settings):
        yield None
        return
    from qa.store.store import Store

    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        yield store


def parse_since(text: str | None, store: "Store") -> datetime | None:
    """Read a date, or a date and time, in the call centre's zone.

    Raises:
        typer.BadParameter: it is neither.
    """
    from qa.ingest.entries import parse_time

    if text is None:
        return None
    time = parse_time(text, store.zone) or parse_time(f"{text} 0:00", store.zone)
    if time is None:
        raise typer.BadParameter(f"'{text}' is no date such as 2025-11-18", param_hint="--since")
    return time


def print_json(value: Any) -> None:
    """Print a dataclass, or dicts and lists of them, as indented JSON."""
    from qa.codec import to_plain

    typer.echo(json.dumps(to_plain(value), ensure_ascii=False, indent=2))


def loggable(text: str) -> str:
    """Say what came from outside, in what ends in a log as well: without mobile numbers."""
    return hide_mobiles(clean(text))


def clean(text: str) -> str:
    """Drop what could steer a terminal: ids and paths come from outside."""
    return "".join(character for character in text if character.isprintable())
