"""`qa config`: every setting, its value, and where the value comes from."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.console import results

if TYPE_CHECKING:
    from qa.config_listing import SettingInfo


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("config")(show_settings)


def show_settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the reference page: defaults and meanings.")
    ] = False,
) -> None:
    """Show all settings: value, default, meaning and source.

    A setting comes from the default, then ./qa.toml (or --config FILE), then an environment
    variable such as QA_HEARING__MODEL, then a command's own option. Passwords are masked.
    """
    from qa.config import load_settings
    from qa.config_listing import explain_settings

    infos = explain_settings(load_settings())
    if as_json:
        typer.echo(json.dumps([asdict(info) for info in infos], ensure_ascii=False, indent=2))
    elif as_markdown:
        typer.echo(_reference_page(infos))
    else:
        _print_table(infos)


def _print_table(infos: "Sequence[SettingInfo]") -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    for title in ("value", "default", "meaning"):
        table.add_column(title)
    for info in infos:
        changed = info.source != "default"
        value = f"{_plain(info.value)}\n({info.source})" if changed else _plain(info.value)
        default = _plain(info.default) if changed else ""
        cells = (info.key, value, default, info.description)
        table.add_row(*map(escape, cells), style="bold" if changed else None)
    results().print(table)


def _reference_page(infos: "Sequence[SettingInfo]") -> str:
    """Write docs/reference/settings.md; it names no value of this machine."""
    lines = [
        "# Settings",
        "",
        "Written by `scripts/reference`. A setting is taken from its default, then from",
        "`qa.toml` in the working folder (or `--config FILE`), then from the environment, then",
        'from a command\'s option. `hearing.model` is `model = "base"` under `[hearing]` in the',
        "file and `QA_HEARING__MODEL=base` in the environment. An unknown key is refused.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for info in infos:
        lines.append(f"| `{info.key}` | `{_plain(info.default)}` | {info.description} |")
    return "\n".join(lines)


def _plain(value: object) -> str:
    """Write a value as it stands in a settings file; a dash where there is none."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
