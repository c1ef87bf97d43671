"""Single lines of scorecards beside what to hear of them: for appeals, agents and spot checks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qa.api.display import format_moment
from qa.api.views import LineView, card_view
from qa.errors import NotFoundError
from qa.masking import listen, mask_call, mask_scorecard
from qa.review.reviewing import ReviewedLine
from qa.store import queries
from qa.store.review_rows import CallReview, load_reviews
from qa.types import Call, Scorecard


@dataclass(frozen=True, slots=True)
class ClipView:
    """One rule on one call, with its evidence; names and numbers are hidden.

    Attributes:
        when: start of the call in the centre's zone; empty where unknown.
        points: what it takes off now, after what people decided.
        line: the machine's finding as the call's page shows it.
    """

    call_id: str
    when: str
    agent_id: str
    points: int
    line: LineView


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A call with its review, ready to take lines from."""

    review: CallReview
    call: Call
    card: Scorecard

    def clip(self, rule_id: str, zone: ZoneInfo, lang: str) -> ClipView | None:
        """Lay out one rule's line; None where the scorecard has none."""
        reviewed = self.review.card.line(rule_id)
        line = next((line for line in self.card.lines if line.rule_id == rule_id), None)
        if reviewed is None or line is None:
            return None
        return ClipView(
            call_id=self.call.call_id,
            when=_when(self.call.started_at, zone),
            agent_id=self.call.agent_id or "",
            points=reviewed.points,
            line=_view(replace(self.card, lines=(line,)), self.call, lang),
        )

    def flags(self) -> Sequence[ReviewedLine]:
        """List the lines that the machine flagged."""
        return self.review.card.flags


def read_calls(
    session: Any, call_ids: Iterable[str], zone: ZoneInfo, now: datetime
) -> dict[str, ReadCall]:
    """Load calls with their reviews, names and numbers hidden; the caller has checked the scope.

    Calls without a scorecard are left out.
    """
    reviews = load_reviews(session, list(dict.fromkeys(call_ids)), now)
    found = {}
    for call_id, review in reviews.items():
        card = review.card.card
        call = queries.call_detail(session, call_id, zone).call
        try:
            heard = listen(queries.transcript_by_key(session, card.transcript_key), call)
        except NotFoundError:
            heard = listen(None, call)
        found[call_id] = ReadCall(review, mask_call(call), mask_scorecard(card, heard))
    return found


def _view(card: Scorecard, call: Call, lang: str) -> LineView:
    laid = card_view(card, call, lang)
    folds = (*laid.doubts, *laid.met)
    lines = (*laid.flags, *laid.news, *laid.idle, *(line for fold in folds for line in fold.lines))
    return lines[0]


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    return format_moment(moment.astimezone(zone)) if moment else ""
