"""Single lines of scorecards beside what to hear of them: for appeals, agents and spot checks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from qa.api.display import format_moment
from qa.api.kept import Kept
from qa.api.views import LineView, card_view
from qa.api.written import hide_in
from qa.codec import decode
from qa.masking import Heard, mask_call, mask_scorecard
from qa.review.reviewing import ReviewedLine
from qa.store import queries_queue
from qa.store.convert import load_calls
from qa.store.personal import Kept as Found
from qa.store.personal import heard_in
from qa.store.review_rows import CallReview, load_reviews
from qa.types import Call, Outcome, Scorecard, Transcript

_VIEWS: Kept[LineView] = Kept(5_000)
"""Lines laid out, names and numbers hidden; they follow from what is hashed and nothing else."""


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

    Hiding them takes longer than loading, so only the lines that are taken are worked on, and only
    if they were not shown lately.
    """

    review: CallReview
    _call: Call
    _listen: Callable[[], Heard]

    def clip(self, rule_id: str, zone: ZoneInfo, lang: str) -> ClipView | None:
        """Lay out one rule's line; None where the scorecard has none."""
        reviewed = self.review.card.line(rule_id)
        judged = self.review.card.card
        line = next((line for line in judged.lines if line.rule_id == rule_id), None)
        if reviewed is None or line is None:
            return None
        call, alone = self._call, replace(judged, lines=(line,))

        def view() -> LineView:
            return _view(mask_scorecard(alone, self._listen()), mask_call(call), lang)

        return ClipView(
            call_id=call.call_id,
            when=_when(call.started_at, zone),
            agent_id=call.agent_id or "",
            points=reviewed.points,
            # The words that were said follow from the transcript's key, which `alone` names.
            line=_VIEWS.get((alone, call, lang), view),
        )

    def written(self, text: str) -> str:
        """Give a text that somebody wrote about the call, without what is personal."""
        return hide_in(self._listen())(text)

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
    numbers = [review.scorecard_id for review in reviews.values()]
    said = queries_queue.stored_as_heard(session, numbers)
    return {
        call_id: ReadCall(
            review, calls[call_id], _listener(said.get(review.scorecard_id), calls[call_id])
        )
        for call_id, review in reviews.items()
    }


def _listener(said: tuple[bytes, Found | None] | None, call: Call) -> Callable[[], Heard]:
    """Put off what takes long until a line needs it."""
    blob, found = said or (None, None)
    return cache(lambda: heard_in(decode(Transcript, blob) if blob else None, call, found))


def _view(card: Scorecard, call: Call, lang: str) -> LineView:
    laid = card_view(card, call, lang)
    folds = (*laid.doubts, *laid.met)
    lines = (*laid.flags, *laid.news, *laid.idle, *(line for fold in folds for line in fold.lines))
    return lines[0]


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    return format_moment(moment.astimezone(zone)) if moment else ""
