"""`qa config`: every setting, its value, and where the value comes from."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from qa.cli.console import results


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("config")(show_settings)


def show_settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show all settings: value, default, meaning and source.

    A setting comes from the default, then ./qa.toml (or --config FILE), then an environment
    variable such as QA_HEARING__MODEL, then a command's own option. Passwords are masked.
    """
    from qa.config import explain_settings, load_settings

    infos = explain_settings(load_settings())
    if as_json:
        typer.echo(json.dumps([asdict(info) for info in infos], ensure_ascii=False, indent=2))
        return
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


def _plain(value: object) -> str:
    """Write a value as it stands in a settings file; a dash where there is none."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
