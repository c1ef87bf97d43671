"""`qa review`: where calls stand with the people who review them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import (
    AgentOption,
    JsonOption,
    SinceOption,
    clean,
    opened_store,
    parse_since,
    print_json,
)
from qa.records import ReviewState
from qa.review.lists import Show

if TYPE_CHECKING:
    from qa.store.queue_lines import QueueLine
    from qa.store.review_rows import CallReview

app = typer.Typer(
    name="review",
    help="Reviewing: what waits for people, and what they decided.",
    no_args_is_help=True,
)


@app.command("list")
def list_calls(
    show: Annotated[
        Show,
        typer.Option(
            "--show",
            help="review: what waits, most serious first; flagged: all with something that "
            "counts; all: the newest first.",
        ),
    ] = Show.REVIEW,
    state: Annotated[
        ReviewState | None, typer.Option("--state", help="Only calls in this state.")
    ] = None,
    agent: AgentOption = None,
    team: Annotated[
        str | None, typer.Option("--team", metavar="NAME", help="Calls of this team.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="ID", help="This rule is flagged.")
    ] = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List scored calls with their state, score and flags."""
    from qa.records import Scope
    from qa.store.queue import QueueFilter, queue_page

    with opened_store() as (store, _):
        wanted = QueueFilter(
            show=show,
            agent_id=agent,
            team=team,
            rule_id=rule,
            since=parse_since(since, store),
            states=frozenset({state} if state else ()),
        )
        everything = Scope(everything=True)
        with store.reading() as session:
            page = queue_page(session, wanted, everything, zone=store.zone, limit=limit)
    if as_json:
        print_json(list(page.lines))
    elif page.lines:
        _print_lines(page.lines)
    else:
        typer.echo("no calls")


@app.command("show")
def show_call(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="Call id.")],
    as_json: JsonOption = False,
) -> None:
    """Show what people decided about a call: flags, releases, appeals.

    Reasons and appeals are in the JSON only: people may have written names into them.
    """
    from datetime import UTC

    from qa.records import Scope
    from qa.store.reviews import review_of

    with opened_store() as (store, _), store.reading() as session:
        review = review_of(session, Scope(everything=True), call_id, datetime.now(UTC))
    if as_json:
        print_json(_summary(review))
    else:
        _print_review(review)


@app.command("rebuild")
def rebuild_all() -> None:
    """Make the states of all calls anew from scorecards and decisions.

    They are always kept up to date; this is for a database that was changed by other hands.
    """
    from datetime import UTC

    from qa.store.call_status import rebuild

    with opened_store() as (store, _), store.run_lock(), store.writing() as session:
        count = rebuild(session, datetime.now(UTC))
    typer.echo(f"made anew: {count} calls")


def _print_lines(lines: "tuple[QueueLine, ...]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from qa.cli.show import terminal

    table = Table(box=box.SIMPLE_HEAD)
    for title in ("call", "started", "agent", "state", "score", "basis", "flags"):
        table.add_column(title, overflow="fold")
    for line in lines:
        flags = " ".join(_marked(flag.rule_id, flag.outcome, flag.action) for flag in line.flags)
        table.add_row(
            Text(clean(line.call_id)),
            f"{line.started_at:%Y-%m-%d %H:%M}" if line.started_at else "",
            Text(clean(line.agent_id or "")),
            line.state.value + (" (judged anew)" if line.is_judged_anew else ""),
            str(line.score),
            line.basis.value,
            Text(flags),
        )
    terminal().print(table)


def _marked(rule_id: str, outcome: str, action: str | None) -> str:
    """Write a flag: `?` undecided; then what a person made of it: confirmed, rejected, changed."""
    signs = {"confirm": "✓", "reject": "✗", "change": "~"}
    mark = "?" if outcome == "UNDECIDED" else ""
    return f"{rule_id}{mark}{signs.get(action or '', '')}"


def _summary(review: "CallReview") -> dict[str, Any]:
    """Lay out a review without the machine's evidence, which `qa show --json` has."""
    return {
        "call_id": review.call_id,
        "scorecard_id": review.scorecard_id,
        "current_scorecard_id": review.current_id,
        "is_judged_anew": review.is_judged_anew,
        "state": review.state,
        "basis": review.basis,
        "score": review.score,
        "machine": review.card.machine,
        "flags": [
            {
                "rule_id": line.line.rule_id,
                "grade": line.line.grade,
                "critical": line.line.critical,
                "found": line.line.verdict.outcome,
                "counts": line.outcome,
                "points": line.points,
                "must_be_decided": line.must_be_decided,
                "history": line.history,
            }
            for line in review.card.flags
        ],
        "releases": review.steps,
        "appeals": (*review.past_appeals, *review.appeals),
    }


def _print_review(review: "CallReview") -> None:
    from qa.cli.show import terminal

    console = terminal()
    anew = ", judged anew since" if review.is_judged_anew else ""
    console.print(
        f"{clean(review.call_id)}  {review.state.value}  {review.score} points "
        f"({review.basis.value}{anew}; machine {review.card.machine})",
        style="bold",
        markup=False,
        highlight=False,
    )
    for line in review.card.flags:
        verdict = line.line.verdict.outcome.value
        text = f"  {line.line.rule_id:<6} {line.line.grade.value:<6} {verdict:<10}"
        if line.decision is None:
            text += "open" + (", must be decided" if line.must_be_decided else "")
        else:
            decision = line.decision
            carried = ", carried over" if decision.carried_from else ""
            text += f"{decision.action.value} by user {decision.decided_by}{carried}"
        console.print(f"{text}  -{line.points}", markup=False, highlight=False)
    for step in review.steps:
        who = f"user {step.done_by}" if step.done_by else "the program"
        console.print(f"  {step.action.value} by {who}, {step.score} points", markup=False)
    for appeal in review.appeals:
        about = appeal.rule_id or "the whole call"
        console.print(f"  appeal {appeal.appeal_id} about {about}: {appeal.state.value}")
