"""`qa list`, `show`, `agents`, `recordings`: what is in the store."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import (
    AgentOption,
    JsonOption,
    LangOption,
    Language,
    SinceOption,
    clean,
    opened_store,
    parse_since,
    print_json,
)

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from qa.cli.show import AgentSummary, Counted
    from qa.store.agent_totals import AgentTotals
    from qa.store.attributing import CallAttribution
    from qa.store.queries import CallDetail, CallLine
    from qa.types import Transcript

_PEOPLES = ("reviewed", "final")
_STATUS = {
    "scored": ("scored", "green"),
    "unscored": ("not judged", "yellow"),
    "waiting": ("waiting", "yellow"),
    "no_recording": ("no recording", "yellow"),
    "failed": ("failed", "red"),
}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("list")(list_calls)
    app.command("show")(show_call)
    app.command("agents")(show_agents)
    app.command("recordings")(show_recordings)


def list_calls(
    flagged: Annotated[
        bool, typer.Option("--flagged", help="Only calls with a violation or an open question.")
    ] = False,
    agent: AgentOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0 is all.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List calls with score and flags, in order of time.

    The score is the one that counts: what may be fined counts nothing before it is confirmed.
    """
    from qa.cli.show import terminal
    from qa.store import queries

    with opened_store() as (store, _), store.reading() as session:
        wanted = queries.CallFilter(flagged, agent, parse_since(since, store), limit)
        lines = list(queries.list_calls(session, wanted, store.zone))
    if as_json:
        print_json(lines)
    elif lines:
        terminal().print(_calls_table(lines))
    else:
        typer.echo("no calls match", err=True)


def show_call(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="Call id, from `qa list`.")],
    transcript: Annotated[
        bool, typer.Option("--transcript", help="Also what was said, line by line.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Every rule with its evidence, not only flags.")
    ] = False,
    lang: LangOption = Language.ZH,
    as_json: JsonOption = False,
) -> None:
    """Show one call: its scorecard with the evidence, and the history."""
    from qa.cli.attribution import attribution_lines
    from qa.cli.show import print_scorecard, terminal
    from qa.store import queries

    with opened_store() as (store, _), store.reading() as session:
        detail = queries.call_detail(session, call_id, store.zone)
        heard = None
        if transcript and detail.scorecard:  # what was judged, not what was heard since
            heard = queries.transcript_by_key(session, detail.scorecard.transcript_key)
        elif transcript and detail.recording_id:
            heard = queries.current_transcript(session, detail.recording_id)
    if as_json:
        print_json(_detail_json(detail, heard, transcript))
        return
    console = terminal()
    for text in attribution_lines(detail.attribution, lang.value) if detail.attribution else ():
        console.print(clean(text), style="bold yellow", markup=False, highlight=False)
    if detail.scorecard:
        print_scorecard(
            console,
            detail.scorecard,
            lang.value,
            full=full,
            call=detail.call,
            counted=counted(detail.line),
        )
    else:
        console.print(_why_unscored(detail), style="yellow", markup=False)
    for version in detail.history:
        if not version.is_current:
            console.print(
                f"superseded: {version.ruleset_id} {version.ruleset_hash[:12]}, total "
                f"{version.total}, of {version.created_at.astimezone(store.zone):%Y-%m-%d %H:%M}",
                style="dim",
            )
    for line in transcript_lines(heard, lang.value) if heard else ():
        console.print(line)


def counted(line: "CallLine") -> "Counted | None":
    """Take the score that counts from a listed call; None before it is judged."""
    from qa.cli.show import Counted

    if line.score is None or line.basis is None:
        return None
    return Counted(line.score, line.basis)


def show_agents(since: SinceOption = None, as_json: JsonOption = False) -> None:
    """Sum up the judged calls of each agent, by the scores that count."""
    from qa.cli.show import print_agents_summary, terminal
    from qa.store.agent_totals import agent_totals

    with opened_store() as (store, _), store.reading() as session:
        totals = agent_totals(session, parse_since(since, store))
    if as_json:
        print_json(totals)
        return
    if not totals:
        typer.echo("no call has been judged yet", err=True)
        return
    print_agents_summary(terminal(), agent_summaries(totals))


def agent_summaries(totals: "Sequence[AgentTotals]") -> "list[AgentSummary]":
    """Turn what the store sums up into what the terminal shows."""
    from qa.cli.show import AgentSummary

    return [
        AgentSummary(
            agent_id=agent.agent_id,
            name=agent.name,
            calls=agent.calls,
            mean_score=agent.mean_score,
            lowest_score=agent.lowest_score,
            critical_failures=agent.critical_failures,
            violated=agent.violated,
            undecided=agent.undecided,
            worst_rules=agent.missed,
        )
        for agent in totals
    ]


def show_recordings(
    failed: Annotated[
        bool, typer.Option("--failed", help="Recordings that could not be transcribed.")
    ] = False,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="Recordings or metadata without the other half.")
    ] = False,
    issues: Annotated[
        bool, typer.Option("--issues", help="Rows and files that the last ingest complained of.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what did not work and why; without an option, all three kinds."""
    from qa.store import problems

    everything = not (failed or unmatched or issues)
    found: dict[str, Any] = {}
    with opened_store() as (store, _), store.reading() as session:
        if failed or everything:
            found["failed"] = problems.failed_recordings(session)
        if unmatched or everything:
            found["no_metadata"] = [
                {"call_id": call_id, "path": path}
                for call_id, path in problems.calls_without_metadata(session)
            ]
            found["no_recording"] = problems.calls_without_recording(session)
        if issues or everything:
            found["issues"] = problems.ingest_issues(session)
    if as_json:
        print_json(found)
    else:
        _print_problems(found)


def transcript_lines(transcript: "Transcript", lang: str) -> "Iterator[Text]":
    """Lay out a transcript, one line an utterance: time, who, words."""
    from rich.text import Text

    from qa.cli.show import format_time
    from qa.wording import role_name

    for utterance in transcript.utterances:
        line = Text(f"{format_time(utterance.span.start_ms)} ", style="cyan")
        line.append(f"{role_name(utterance.role, lang)} ", style="dim")
        line.append(clean(utterance.text), style="default")
        yield line


def _calls_table(lines: Sequence["CallLine"]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("call", overflow="fold")
    table.add_column("started", no_wrap=True)
    table.add_column("agent", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("violated", ratio=1, overflow="fold")
    table.add_column("undecided", ratio=1, overflow="fold")
    for line in lines:
        status, style = _STATUS[line.status]
        started = f"{line.started_at:%Y-%m-%d %H:%M}" if line.started_at else ""
        table.add_row(
            Text(clean(line.call_id)),
            started,
            Text(clean(line.agent_id or "")),
            Text(f"{status}: {line.fault}" if line.status == "failed" else status, style=style),
            _score(line),
            Text(_some(line.violated_rules), style="red"),
            Text(_some(line.undecided_rules), style="yellow"),
        )
    return table


def _score(line: "CallLine") -> "Text":
    """Show the score that counts, and whose word it is where that is a person's."""
    from rich.text import Text

    text = Text("" if line.score is None else str(line.score))
    return text.append(f" {line.basis}", style="dim") if line.basis in _PEOPLES else text


def _some(rules: Sequence[str], most: int = 9) -> str:
    """Name rules, and count those that would make the table hard to read."""
    more = len(rules) - most + 1
    return " ".join(rules if more <= 1 else [*rules[: most - 1], f"+{more}"])


def _detail_json(
    detail: "CallDetail", heard: "Transcript | None", with_transcript: bool
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "call": detail.call,
        "status": detail.line.status,
        "score": detail.line.score,
        "basis": detail.line.basis,
        "path": detail.path,
        "recording_id": detail.recording_id,
        "fault": detail.line.fault,
        "advice": detail.advice,
        "scorecard": detail.scorecard,
        "history": detail.history,
        "attribution": detail.attribution and _attribution_json(detail.attribution),
    }
    if with_transcript:
        document["transcript"] = heard
    return document


def _attribution_json(attribution: "CallAttribution") -> dict[str, Any]:
    from qa.codec import to_plain

    return {**to_plain(attribution), "disagrees": attribution.disagrees}


def _why_unscored(detail: "CallDetail") -> str:
    call_id = clean(detail.call.call_id)
    if detail.line.status == "failed":
        return f"{call_id} has no scorecard: {detail.line.fault}: {clean(detail.advice or '')}"
    reasons = {
        "no_recording": "its recording has not been found; put it into the folder and run again",
        "waiting": "it waits for transcription: qa run DIR",
        "unscored": "it is transcribed but not judged: qa score",
    }
    return f"{call_id} has no scorecard: {reasons[detail.line.status]}"


def _print_problems(found: dict[str, Any]) -> None:
    from qa.cli.show import terminal

    console = terminal()

    def heading(text: str) -> None:
        console.print(text, style="bold", markup=False)

    def line(text: str) -> None:
        console.print(f"  {clean(text)}", markup=False, highlight=False)

    if "failed" in found:
        heading(f"{len(found['failed'])} recordings failed")
        for failure in found["failed"]:
            line(f"{failure.call_id}: {failure.fault}: {failure.advice}")
    if "no_metadata" in found:
        heading(f"{len(found['no_metadata'])} recordings without metadata")
        for row in found["no_metadata"]:
            line(f"{row['call_id']}: {row['path']}")
        heading(f"{len(found['no_recording'])} calls without a recording")
        for call_id in found["no_recording"]:
            line(call_id)
    if "issues" in found:
        heading(f"{len(found['issues'])} remarks of the last ingest")
        for issue in found["issues"]:
            place = f"{issue.file}, line {issue.line}" if issue.line else issue.file
            line(f"{'rejected' if issue.rejected else 'notice'}: {place}: {issue.reason}")
