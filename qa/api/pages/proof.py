"""The proof of the rules: how right each is, by what people found, and what cannot be told."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.charts import Chart, Series
from qa.api.rendering import language, page
from qa.api.rulesets import default_ruleset_id, rulesets_in_force
from qa.api.service import Service, service_of
from qa.api.words import word
from qa.batch.proving import Backtest, BacktestOptions, backtest, demands_of
from qa.errors import NotFoundError
from qa.records import Right
from qa.review.backtest import RuleProof
from qa.review.gate import Standing, labels_needed, standing_of
from qa.types import Grade

MOST = 3000
"""Labelled calls that the page judges at most; `qa backtest` takes more."""

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_TEAMS))]
Name = Annotated[str, Query(max_length=100)]


@router.get("/proof")
def show_proof(
    request: Request, service: Running, viewer: Reader, ruleset: Name = "", rule: Name = ""
) -> Response:
    """Show what labels say of a ruleset in force, within the reader's scope."""
    usable = [one for one in rulesets_in_force(service) if one.ruleset is not None]
    wanted = ruleset or default_ruleset_id(service)
    chosen = next((one for one in usable if one.ruleset_id == wanted), None)
    if chosen is None or chosen.ruleset is None:
        raise NotFoundError("ruleset", wanted)
    name = service.settings.scoring.ruleset if chosen.is_file else wanted
    options = BacktestOptions(name, scope=viewer.scope, most=MOST, as_published=True)
    found = backtest(service.store, service.settings, options)
    titles = {one.rule_id: (one.title, one.title_en) for one in found.ruleset.rules}
    lang = language(request)
    known = [one for one in found.rules if one.labels or one.cannot_tell]
    shown = found.rule(rule) if rule else next((one for one in known if one.curve), None)
    demands = demands_of(service.settings)
    values: dict[str, Any] = {
        "viewer": viewer,
        "rulesets": usable,
        "ruleset_id": wanted,
        "found": found,
        "known": known,
        "silent": [one for one in found.rules if not one.labels and not one.cannot_tell],
        "titles": {
            key: pair[1] if lang == "en" and pair[1] else pair[0] for key, pair in titles.items()
        },
        "standing_of_rule": {
            one.rule_id: standing_of(one, demands).value
            for one in found.rules
            if one.grade is Grade.FINE
        },
        "more": {
            one.rule_id: labels_needed(one, demands)
            for one in found.rules
            if one.grade is Grade.FINE
        },
        "whole": _whole(found, service),
        "demands": demands,
        "chosen": shown,
        "curve": _curve(shown, lang) if shown is not None and shown.curve else None,
        "sees_all": viewer.scope.everything,
        "may_draw": viewer.may(Right.PUBLISH_RULES),
    }
    return page(request, "proof.html", values)


def _whole(found: Backtest, service: Service) -> str:
    """Say what the ruleset as a whole is: no better than its worst fine rule."""
    demands = demands_of(service.settings)
    fine = [standing_of(one, demands) for one in found.rules if one.grade is Grade.FINE]
    for standing in (Standing.REFUTED, Standing.NOT_PROVED):
        if standing in fine:
            return standing.value
    return Standing.PROVED.value


def _curve(proof: RuleProof, lang: str) -> Chart:
    points: Sequence[Any] = proof.curve
    return Chart(
        title=word("proof_curve", lang),
        head=word("proof_threshold", lang),
        labels=[f"{point.threshold:.2f}" for point in points],
        series=(
            Series(
                word("proof_precision", lang),
                [100 * point.precision for point in points],
                counts=[point.flagged for point in points],
            ),
            Series(
                word("proof_recall", lang), [100 * point.recall for point in points], tone="met"
            ),
        ),
        unit="%",
        lowest=0,
        highest=100,
    )
