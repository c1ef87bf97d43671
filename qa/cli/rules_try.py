"""`qa rules try`: judge a dialogue that a person wrote."""

import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from qa.cli.rules import JsonOption, LangOption, Language, RulesetOption, load, print_json
from qa.types import Call, Direction, Notice, ReleasedBy


def register(app: typer.Typer) -> None:
    """Add the command to the group of `qa rules`."""
    app.command(name="try")(try_dialogue)


def try_dialogue(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Dialogue; default: standard input.")
    ] = None,
    ruleset: RulesetOption = None,
    agent_id: Annotated[str | None, typer.Option(help="The agent's number (工号).")] = None,
    ring_count: Annotated[int | None, typer.Option(min=0, help="Rings before the answer.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="Who placed the call.")] = None,
    released_by: Annotated[ReleasedBy | None, typer.Option(help="Who hung up.")] = None,
    started_at: Annotated[
        str | None, typer.Option("--date", metavar="DATE[THH:MM]", help="When the call began.")
    ] = None,
    festival: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FIRST..LAST",
            help="A festival notice, such as 国庆节=2025-10-01..2025-10-08.",
        ),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--call", metavar="FILE", help="YAML with more of the call: ticket, keyed answers, …"
        ),
    ] = None,
    lang: LangOption = Language.ZH,
    as_json: JsonOption = False,
) -> None:
    """Judge a written dialogue (`坐席: …` / `客户: …`) and show every verdict."""
    from qa.cli.show import print_scorecard, terminal
    from qa.codec import to_plain
    from qa.scoring.dialogue import DialogueError, parse_dialogue
    from qa.scoring.scorecard import score_call
    from qa.text import to_simplified

    rules = load(ruleset)
    call = _call(metadata, file.name if file else "try")
    call = replace(
        call,
        started_at=_start(started_at) if started_at else call.started_at,
        agent_id=agent_id or call.agent_id,
        direction=direction or call.direction,
        ring_count=call.ring_count if ring_count is None else ring_count,
        released_by=released_by or call.released_by,
        notices=tuple(map(_notice, festival or ())) or call.notices,
    )
    try:
        transcript = parse_dialogue(to_simplified(_read(file)))
    except DialogueError as error:
        raise typer.BadParameter(str(error)) from error
    scorecard = score_call(transcript, call, rules)
    if as_json:
        print_json(to_plain(scorecard))
    else:
        print_scorecard(terminal(), scorecard, lang.value, full=True, call=call)


def _call(metadata: Path | None, call_id: str) -> Call:
    """Read what the systems know of the call; the keys are those of an example's `call`."""
    from qa.errors import RulesetError
    from qa.scoring.ruleset_builder import read_call

    if metadata is None:
        return Call(call_id)
    try:
        return read_call(metadata.read_text("utf-8-sig"), str(metadata), call_id)
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise typer.BadParameter(f"{metadata}: {problem}", param_hint="--call") from error
    except RulesetError as error:
        raise typer.BadParameter(str(error), param_hint="--call") from error


def _start(text: str) -> datetime:
    from zoneinfo import ZoneInfo

    from qa.config import load_settings

    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"not a date: {text}", param_hint="--date") from None
    return start if start.tzinfo else start.replace(tzinfo=ZoneInfo(load_settings().timezone))


def _notice(text: str) -> Notice:
    name, _, days = text.partition("=")
    first, _, last = days.partition("..")
    try:
        return Notice(name, date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        problem = f"not a notice: {text}; write 国庆节=2025-10-01..2025-10-08"
        raise typer.BadParameter(problem, param_hint="--festival") from None


def _read(file: Path | None) -> str:
    """Read a dialogue; UTF-8, or GBK as older Windows programs write it."""
    if file is not None and str(file) != "-":
        try:
            data = file.read_bytes()
        except OSError as error:
            problem = f"{file}: {error.strerror}"
            raise typer.BadParameter(problem) from error
    else:
        if sys.stdin.isatty():
            typer.echo("Paste the dialogue (坐席: … / 客户: …), then press Ctrl-D.", err=True)
        data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")
