"""An apology before anything else when the call was answered late (TM02)."""

from dataclasses import dataclass

from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.rings import heard_rings
from qa.scoring.grammar import closest, compile_all
from qa.scoring.windows import opening, span_of
from qa.types import Direction, Outcome, Verdict

HEARD = 0.72
UNSURE = 0.55
FIRST_CHARS = 4
"""Characters that may stand before the apology: 喂, 嗯, 您好."""


@dataclass(frozen=True)
class LateApology(Check):
    """After more than so many rings the agent apologises before anything else.

    Why: the regulations ask for 对不起 or 对不起，您久等了 first.
    Mistakes: a greeting of up to four characters (喂，您好) may come first. An apology that comes
    later, after a complaint, is too late.

    Attributes:
        max_rings: rings up to which no apology is due.
        phrases: apologies, in the notation of `qa.scoring.grammar`.
    """

    kind = "late_apology"
    max_rings: int = 3
    phrases: tuple[str, ...] = ("对不起", "不好意思", "[抱歉|很抱歉]", "[让|]您久等了")
    examples = (
        Example({}, "坐席: 对不起，让您久等了。您好。", Outcome.MET, {"ring_count": 5}),
        Example({}, "坐席: 您好，大龙供暖报修。", Outcome.VIOLATED, {"ring_count": 5}),
        Example(
            {},
            "坐席: 您好，大龙供暖报修。\n客户: 怎么才接电话啊？\n坐席: 对不起。",
            Outcome.VIOLATED,
            {"ring_count": 6},
        ),
        Example({}, "坐席: 您好。", Outcome.NOT_APPLICABLE, {"ring_count": 2}),
        Example({}, "坐席: 您好。", Outcome.UNDECIDED, {"ring_count": None}),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.phrases):
            raise ValueError("phrases must not be empty")

    def run(self, scene: Scene) -> Verdict:
        """Look for an apology at the very start of the agent's opening."""
        call = scene.call
        if call.direction is Direction.OUTBOUND:
            return Verdict(Outcome.NOT_APPLICABLE, "outbound")
        count = call.ring_count
        if count is None:
            count = heard_rings(scene.transcript.sound, self.max_rings)
        if count is None:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "ring_count"),))
        rings = (("rings", str(count)),)
        if count <= self.max_rings:
            return Verdict(Outcome.NOT_APPLICABLE, "not_late", rings)
        if not scene.roles_known:
            verdict = self._apology(scene.as_agent)
            late = verdict.reason == "apology_late"  # the customer's 不好意思, for all we know
            return Verdict(Outcome.UNDECIDED, "role_unknown") if late else verdict
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        return self._apology(scene)

    def _apology(self, scene: Scene) -> Verdict:
        track = scene.agent
        start, end = opening(scene)
        patterns = compile_all(self.phrases)
        longest = max(len(a) for pattern in patterns for a in pattern.parts[0])
        # Whatever the customer says first (怎么才接？) makes an apology after it a late one.
        first_turn = track.turns[0][1]
        limit = min(end, first_turn, start + FIRST_CHARS + longest)
        # One by one: 让您等半天了，真不好意思 begins with an apology, whichever comes closer.
        tried = [closest((pattern,), track, start, limit, UNSURE) for pattern in patterns]
        early_ones = [f for f in tried if f and f.hit.start <= start + FIRST_CHARS]
        first = max(early_ones, key=lambda f: f.hit.similarity, default=None)
        then = closest(
            patterns, track, min(first_turn, start + FIRST_CHARS), len(track.text), HEARD
        )
        early = track.hit_match(first.hit, first.text) if first else None
        late = track.hit_match(then.hit, then.text) if then else None
        searched = span_of(scene, start, end)
        if early and early.similarity >= HEARD:
            return Verdict(Outcome.MET, "apology_first", matches=(early,))
        if early:
            return Verdict(Outcome.UNDECIDED, "apology_unsure", searched=searched, nearest=early)
        if late:
            return Verdict(Outcome.VIOLATED, "apology_late", (), (late,), searched)
        return Verdict(Outcome.VIOLATED, "apology_missing", searched=searched)
