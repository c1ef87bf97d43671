"""`qa events`: abnormal events, from finding them to what was kept back."""

from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.review.events import Event, EventAction

app = typer.Typer(
    name="events",
    help="Abnormal events (异常事件): find, list, file and follow them; what was kept back.",
    no_args_is_help=True,
)
_MOST = 500
AsOption = Annotated[
    str, typer.Option("--as", metavar="LOGIN", help="Who does it; needs their right and scope.")
]


@app.command("find")
def find(as_json: JsonOption = False) -> None:
    """Find events on new scorecards and tickets, and raise candidates; part of every night."""
    from datetime import UTC, datetime

    from qa.batch.fines import follow_events

    with opened_store() as (store, settings):
        work = follow_events(store, settings, datetime.now(UTC))
    if as_json:
        print_json(work)
    else:
        typer.echo(f"{work.found} found, {work.gone} gone, {work.candidates} candidates to decide")


@app.command("list")
def list_all(
    login: AsOption,
    open_only: Annotated[bool, typer.Option("--open", help="Only those without a result.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the events that a person may see, the newest first."""
    from qa.store.accounts import user_by_login
    from qa.store.events import OPEN_STATES, EventFilter, list_events

    wanted = EventFilter(states=OPEN_STATES if open_only else ())
    with opened_store() as (store, _), store.reading() as session:
        user = user_by_login(session, login)
        found = list_events(session, user, wanted, limit=_MOST)
    if as_json:
        print_json([_plain(event) for event in found])
        return
    for event in found:
        typer.echo(_line(event))
    if not found:
        typer.echo("no events")


@app.command("step")
def step(
    event_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the event.")],
    action: Annotated[
        str,
        typer.Argument(metavar="ACTION", help="file, escalate, follow, close, dismiss or reopen."),
    ],
    login: AsOption,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="What was done.")] = "",
    as_json: JsonOption = False,
) -> None:
    """File an event, pass it on, follow it up, write its result, dismiss or reopen it."""
    from datetime import UTC, datetime

    from qa.store.accounts import user_by_login
    from qa.store.events import take_step

    with opened_store() as (store, _), store.writing() as session:
        user = user_by_login(session, login)
        chosen = _action(action)
        event = take_step(session, user, event_id, chosen, text, now=datetime.now(UTC))
    if as_json:
        print_json(_plain(event))
    else:
        typer.echo(_line(event))


@app.command("candidates")
def candidates(login: AsOption, as_json: JsonOption = False) -> None:
    """List undecided candidates for 漏报 and 知情不报. Exit code 1: there are some."""
    from qa.store.accounts import user_by_login
    from qa.store.omissions import list_omissions

    with opened_store() as (store, _), store.reading() as session:
        found = list_omissions(session, user_by_login(session, login), limit=_MOST)
    plain = [
        {
            "omission_id": one.omission_id,
            "kind": one.kind.value,
            "event_id": one.event.event_id,
            "agent_id": one.agent_id,
            "user_id": one.user_id,
            "known_since": one.known_since.isoformat(),
            "audit_entries": list(one.evidence),
        }
        for one in found
    ]
    if as_json:
        print_json(plain)
    else:
        for one in found:
            about = f"user {one.user_id}" if one.user_id else f"agent {one.agent_id or '-'}"
            line = f"{one.omission_id:>5}  {one.kind.value:<9}event {one.event.event_id}  {about}"
            typer.echo(clean(line))
        typer.echo(f"{len(found)} to decide")
    if found:
        raise typer.Exit(1)


def _action(text: str) -> "EventAction":
    from qa.review.events import EventAction

    try:
        return EventAction(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no step with an event") from None


def _plain(event: "Event") -> dict[str, object]:
    return {
        "event_id": event.event_id,
        "kind": event.kind.value,
        "state": event.state.value,
        "call_id": event.call_id,
        "agent_id": event.agent_id,
        "happened_at": event.happened_at.isoformat(),
        "filed_at": event.filed_at.isoformat() if event.filed_at else None,
        "steps": len(event.steps),
    }


def _line(event: "Event") -> str:
    about = f"agent {event.agent_id or '-'}  call {event.call_id or '-'}"
    return clean(f"{event.event_id:>5}  {event.kind.value}  {event.state.value:<10}{about}")
