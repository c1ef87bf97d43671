"""Single lines of scorecards beside what to hear of them: for appeals, agents and spot checks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qa.api.display import format_moment
from qa.api.views import LineView, card_view
from qa.api.written import hide_in
from qa.masking import Heard, listen, mask_call, mask_scorecard
from qa.review.reviewing import ReviewedLine
from qa.store import queries_queue
from qa.store.convert import load_calls
from qa.store.review_rows import CallReview, load_reviews
from qa.types import Call, Outcome, Scorecard


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
    """A call with its review, ready to take lines from; names and numbers are hidden in those.

    Hiding them takes longer than loading, so only the lines that are taken are worked on.
    """

    review: CallReview
    _call: Call
    """Without what is personal."""
    _heard: Heard

    def clip(self, rule_id: str, zone: ZoneInfo, lang: str) -> ClipView | None:
        """Lay out one rule's line; None where the scorecard has none."""
        reviewed = self.review.card.line(rule_id)
        judged = self.review.card.card
        line = next((line for line in judged.lines if line.rule_id == rule_id), None)
        if reviewed is None or line is None:
            return None
        call = self._call
        shown = mask_scorecard(replace(judged, lines=(line,)), self._heard)
        return ClipView(
            call_id=call.call_id,
            when=_when(call.started_at, zone),
            agent_id=call.agent_id or "",
            points=reviewed.points,
            line=_view(shown, call, lang),
        )

    def written(self, text: str) -> str:
        """Give a text that somebody wrote about the call, without what is personal."""
        return hide_in(self._heard)(text)

    def flags(self) -> Sequence[ReviewedLine]:
        """List the lines that the machine flagged."""
        return self.review.card.flags

    def met_rules(self) -> list[str]:
        """List the rules that the machine found met, in the scorecard's order."""
        lines = self.review.card.card.lines
        return [line.rule_id for line in lines if line.verdict.outcome is Outcome.MET]


def read_calls(
    session: Any, call_ids: Iterable[str], zone: ZoneInfo, now: datetime
) -> dict[str, ReadCall]:
    """Load calls with their reviews, all at once; the caller has checked the scope.

    Calls without a scorecard are left out.
    """
    reviews = load_reviews(session, list(dict.fromkeys(call_ids)), now)
    calls = load_calls(session, list(reviews), zone)
    keys = {call_id: review.card.card.transcript_key for call_id, review in reviews.items()}
    said = queries_queue.transcripts_as_heard(session, set(keys.values()))
    found = {}
    for call_id, review in reviews.items():
        call = calls[call_id]
        found[call_id] = ReadCall(review, mask_call(call), listen(said.get(keys[call_id]), call))
    return found


def _view(card: Scorecard, call: Call, lang: str) -> LineView:
    laid = card_view(card, call, lang)
    folds = (*laid.doubts, *laid.met)
    lines = (*laid.flags, *laid.news, *laid.idle, *(line for fold in folds for line in fold.lines))
    return lines[0]


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    return format_moment(moment.astimezone(zone)) if moment else ""
