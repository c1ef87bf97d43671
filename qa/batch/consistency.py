"""四个一样 of agents: their calls, compared by the settings."""

from dataclasses import dataclass, replace
from datetime import timedelta

from qa.config import Settings
from qa.review.consistency import Comparison, ShiftRule, compare_agents
from qa.store.consistency import calls_by_agent, main_ruleset
from qa.store.store import Store
from qa.store.team_figures import Selection


@dataclass(frozen=True, slots=True)
class AgentConsistency:
    """One agent's comparisons."""

    agent_id: str
    team: str | None
    calls: int
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Consistency:
    """The comparisons of some agents; `ruleset_id` is None where there are no calls."""

    ruleset_id: str | None
    agents: tuple[AgentConsistency, ...]


def consistency_of(store: Store, settings: Settings, wanted: Selection) -> Consistency:
    """Compare each agent's calls with each other; only those of the ruleset with most calls.

    Chance is corrected for all agents of the selection together.
    """
    proof = settings.proof
    with store.reading() as session:
        ruleset_id = wanted.ruleset_id or main_ruleset(session, wanted)
        if ruleset_id is None:
            return Consistency(None, ())
        chosen = replace(wanted, ruleset_id=ruleset_id)
        found = calls_by_agent(session, chosen, repeat_days=proof.repeat_days)
    shift = ShiftRule(timedelta(hours=proof.shift_break_hours), timedelta(hours=proof.shift_hours))
    compared = compare_agents([one.calls for one in found], shift)
    return Consistency(
        ruleset_id,
        tuple(
            [
                AgentConsistency(one.agent_id, one.team, len(one.calls), comparisons)
                for one, comparisons in zip(found, compared, strict=True)
            ]
        ),
    )
