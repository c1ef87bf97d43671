"""`qa consistency`: whether agents serve alike, busy or idle, checked or not, known or unknown."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from qa.cli.shared import AgentOption, JsonOption, clean, opened_store, print_json


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("consistency")(consistency)


def consistency(
    agent: AgentOption = None,
    team: Annotated[
        str | None, typer.Option("--team", metavar="NAME", help="Agents of this team.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="The last so many.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """Compare each agent's calls with each other (四个一样), by the machine's own score.

    Busy against idle, not drawn for a spot check against drawn by chance, repeat against new
    callers, end of a shift against its begin; each with its 95 % interval.
    """
    from qa.batch.consistency import consistency_of
    from qa.records import Scope
    from qa.store.team_figures import Selection

    until = datetime.now(UTC)
    wanted = Selection(
        Scope(everything=True), until - timedelta(days=days), until, team=team, agent_id=agent
    )
    with opened_store() as (store, settings):
        found = consistency_of(store, settings, wanted)
    if as_json:
        print_json(found)
        return
    if not found.agents:
        typer.echo(f"there are no scored calls of the last {days} days; --days looks further back")
        return
    typer.echo(f"{found.ruleset_id}: first side less second, points (95 % interval)")
    for one in found.agents:
        typer.echo(f"{clean(one.agent_id)}  {len(one.comparisons)} comparisons, {one.calls} calls")
        for each in one.comparisons:
            sides = f"{each.first.calls} and {each.second.calls} calls"
            if each.difference is None:
                typer.echo(f"  {each.pairing.value}: too few ({sides})")
            elif each.low is None or each.high is None:
                typer.echo(f"  {each.pairing.value}: {each.difference:+.1f}, no spread ({sides})")
            else:
                mark = "  differs" if each.differs else ""
                typer.echo(
                    f"  {each.pairing.value}: {each.difference:+.1f} "
                    f"({each.low:+.1f} to {each.high:+.1f}) {sides}{mark}"
                )
