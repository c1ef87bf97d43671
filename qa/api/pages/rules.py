"""Reading the rules: which there are, what each listens for, what to say instead."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from qa.api.access import Viewer, needs
from qa.api.rendering import language, page
from qa.api.rule_views import RuleView, rule_view
from qa.api.rulesets import ruleset_in_force, rulesets_in_force
from qa.api.service import Service, running_service
from qa.errors import NotFoundError
from qa.records import Right
from qa.scoring.ruleset import Ruleset
from qa.store.team_figures import Selection, totals
from qa.store.team_figures import rules as count_rules

SHARE_DAYS = 90

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_RULES))]


@router.get("/rules")
def show_rulesets(request: Request, service: Running, viewer: Reader) -> Response:
    """Show which rulesets judge calls."""
    values = {"viewer": viewer, "rulesets": rulesets_in_force(service)}
    return page(request, "rulesets.html", values)


@router.get("/rules/{ruleset_id}")
def show_ruleset(request: Request, ruleset_id: str, service: Running, viewer: Reader) -> Response:
    """Show the rules of one ruleset, by section."""
    ruleset = ruleset_in_force(service, ruleset_id)
    lang = language(request)
    views = [rule_view(rule, ruleset, lang) for rule in ruleset.rules]
    values = {
        "viewer": viewer,
        "rulesets": rulesets_in_force(service),
        "ruleset": ruleset,
        "sections": _sections(views),
        **_shares(service, viewer, ruleset),
    }
    return page(request, "ruleset.html", values)


@router.get("/rules/{ruleset_id}/{rule_id}")
def show_rule(
    request: Request, ruleset_id: str, rule_id: str, service: Running, viewer: Reader
) -> Response:
    """Show all about one rule."""
    ruleset = ruleset_in_force(service, ruleset_id)
    rule = ruleset.rule(rule_id)
    if rule is None:
        raise NotFoundError("rule", rule_id)
    at = ruleset.rules.index(rule)
    shares = _shares(service, viewer, ruleset)
    values = {
        "viewer": viewer,
        "ruleset": ruleset,
        "rule": rule_view(rule, ruleset, language(request)),
        "hit": shares["hits"].get(rule.rule_id),
        "hit_calls": shares["hit_calls"],
        "previous": _id_at(ruleset, at - 1),
        "next": _id_at(ruleset, at + 1),
    }
    return page(request, "rule.html", values)


def _shares(service: Service, viewer: Viewer, ruleset: Ruleset) -> dict[str, Any]:
    """Count how often each rule was violated lately, in the calls that this person may see."""
    now = datetime.now(UTC)
    wanted = Selection(
        viewer.scope, now - timedelta(days=SHARE_DAYS), now, ruleset_id=ruleset.ruleset_id
    )
    calls, hits = 0, {}
    if viewer.may(Right.READ_CALLS):
        with service.store.reading() as session:
            mean = totals(session, wanted).mean
            calls = mean.calls if mean else 0
            hits = {one.rule_id: one.violated for one in count_rules(session, wanted)}
    return {"hits": hits, "hit_calls": calls, "hit_days": SHARE_DAYS}


def _sections(views: Sequence[RuleView]) -> list[tuple[str, list[RuleView]]]:
    """Put rules of one section together, in the order of their first rule."""
    sections: dict[str, list[RuleView]] = {}
    for view in views:
        sections.setdefault(view.group, []).append(view)
    return list(sections.items())


def _id_at(ruleset: Ruleset, at: int) -> str:
    return ruleset.rules[at].rule_id if 0 <= at < len(ruleset.rules) else ""
