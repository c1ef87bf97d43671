"""The reminder to pay the heating fee: due to the satisfied who owe it, and to no other (CBF)."""

from dataclasses import dataclass

from qa.scoring.callback import Interview, interview
from qa.scoring.callback_answers import ATTITUDE, GOOD
from qa.scoring.callback_hearing import heard_answer
from qa.scoring.callback_questions import EXAMPLE_SCRIPT, CallbackScript
from qa.scoring.callback_windows import Answer
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.checks.asked_question import answer_match, broke_off, unavailable
from qa.scoring.grammar import as_regex, compile_all, find_all
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.shortlist import shortlist
from qa.scoring.track import Track
from qa.scoring.windows import span_of
from qa.types import Match, Outcome, Verdict

HEARD, NEAR = 0.8, 0.68
"""Similarity from which the reminder was said, and from which it may have been."""
HEARD_CHARS = 0.5


@dataclass(frozen=True)
class PaymentReminder(Check):
    """The agent reminds of the fee if and only if the customer is satisfied and owes it.

    Why: the regulations make the reminder depend on the answer to b and on the billing.
    Mistakes: a satisfied customer is one who says so of the repairer, so a doubtful answer leaves
    the rule undecided. Where the customer brings up the fee first, an answer about it is no
    reminder, and a person decides.

    Attributes:
        script: what is said in a callback.
        phrases: the reminder, in the notation of `qa.scoring.grammar`.
        unless: words in the same clause that make it something else (已经交了).
        brought_up: the customer's words that bring up the fee.
    """

    kind = "payment_reminder"
    script: CallbackScript
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()
    brought_up: tuple[str, ...] = ()
    examples = (
        Example(
            {"script": EXAMPLE_SCRIPT, "phrases": ["交纳供暖费"]},
            "坐席: 问题解决了吗？\n客户: 解决了。",
            Outcome.MET,
            {"fee_unpaid": False},
        ),
        Example(
            {"script": EXAMPLE_SCRIPT, "phrases": ["交纳供暖费"]},
            "坐席: 问题解决了吗？\n客户: 解决了。\n坐席: 请您交纳供暖费。",
            Outcome.VIOLATED,
            {"fee_unpaid": False},
        ),
        Example(
            {"script": EXAMPLE_SCRIPT, "phrases": ["交纳供暖费"]},
            "坐席: 问题解决了吗？\n客户: 解决了。",
            Outcome.UNDECIDED,
            {"fee_unpaid": None},
        ),
        Example(
            {"script": EXAMPLE_SCRIPT, "phrases": ["交纳供暖费"]},
            "坐席: 现在方便吗？\n客户: 不方便。",
            Outcome.NOT_APPLICABLE,
            {"fee_unpaid": True},
        ),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.phrases):
            raise ValueError("phrases must not be empty")
        compile_all(self.unless + self.brought_up)

    def run(self, scene: Scene) -> Verdict:
        """Say whether the reminder was due, and whether it was given."""
        if early := unheard(scene):
            return early
        talk = interview(scene, self.script)
        if talk.available is False:
            return unavailable(talk)
        if talk.available is None:
            return Verdict(Outcome.UNDECIDED, "availability_unsure")
        unpaid = scene.call.fee_unpaid
        if unpaid is None:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "fee_unpaid"),))
        said, sure = self._reminder(scene, talk)
        due = self._due(heard_answer(scene, talk, ATTITUDE)) if unpaid else False
        evidence = tuple(m for m in (self._satisfaction(talk), said) if m)
        return self._verdict(scene, talk, due, (said, sure, evidence))

    def _verdict(
        self,
        scene: Scene,
        talk: Interview,
        due: bool | None,
        heard: tuple[Match | None, bool, tuple[Match, ...]],
    ) -> Verdict:
        said, sure, evidence = heard
        searched = span_of(scene, 0, len(talk.agent.text))
        if said and not sure:
            return Verdict(Outcome.UNDECIDED, "reminder_unsure", searched=searched, nearest=said)
        if due is None:
            return Verdict(Outcome.UNDECIDED, "satisfaction_unsure", (), evidence, searched)
        if due and not said and broke_off(scene, talk):
            return Verdict(Outcome.UNDECIDED, "call_broke_off", (), evidence, searched)
        if due:
            if said:
                return Verdict(Outcome.MET, "reminder_due_said", (), evidence)
            return Verdict(Outcome.VIOLATED, "reminder_due_not_said", (), evidence, searched)
        if said and self._brought_up(talk, said):
            return Verdict(Outcome.UNDECIDED, "reminder_asked_for", (), evidence)
        if said:
            return Verdict(Outcome.VIOLATED, "reminder_not_due", (), evidence)
        return Verdict(Outcome.MET, "reminder_not_due_not_said", searched=searched)

    def _due(self, answer: Answer | None) -> bool | None:
        """Whether the customer is satisfied; None where it cannot be told."""
        if answer is None or answer.value is None or not (answer.firm and answer.asked):
            return False if answer and GOOD not in answer.values and answer.asked else None
        return answer.value == GOOD

    def _satisfaction(self, talk: Interview) -> Match | None:
        answer = talk.answer(ATTITUDE)
        return answer_match(talk, answer) if answer else None

    def _reminder(self, scene: Scene, talk: Interview) -> tuple[Match | None, bool]:
        """Find the reminder, and whether it surely is one."""
        track = talk.agent
        best: tuple[float, Match, bool] | None = None
        if exact := self._word_for_word(track):
            return exact, True
        for likely in shortlist(self.phrases, NEAR, strict=False).likely(track):
            places = [
                found
                for turn in likely.turns
                for found in find_all(likely.pattern, track, *turn, likely.floor)
            ]
            for found in places:
                hit = found.hit
                clause = track.text[track.clause_start(hit.start) : track.clause_end(hit.end - 1)]
                if as_regex(self.unless).search(clause):
                    continue
                match = track.hit_match(hit, found.text)
                sure = hit.similarity >= HEARD and hit.same_chars >= HEARD_CHARS
                if not sure and track.confidence(hit.start, hit.end) >= 1.0:
                    continue  # nobody had to guess the words: 跟您要钱了没有 is no 把钱交了
                if not sure:
                    words = found.text.replace("…", "")
                    heard = weigh(scene, track, (hit.start, hit.end), (words,), kind=Kind.SLOT)
                    if heard.finding is Finding.NOT_SAID:
                        continue
                    sure = heard.finding is Finding.SAID
                if best is None or (sure, hit.similarity) > (best[2], best[0]):
                    best = hit.similarity, match, sure
        return (best[1], best[2]) if best else (None, False)

    def _word_for_word(self, track: Track) -> Match | None:
        """Find the reminder as it is written; that is quick, and most are said so."""
        for hit in as_regex(self.phrases).finditer(track.text):
            start, end = track.clause_start(hit.start()), track.clause_end(hit.start())
            if hit.end() <= end and not as_regex(self.unless).search(track.text[start:end]):
                return track.match(*hit.span(), expected=hit[0], similarity=1.0)
        return None

    def _brought_up(self, talk: Interview, reminder: Match) -> bool:
        """Whether the customer spoke of the fee shortly before."""
        start = reminder.span.start_ms
        text = talk.window(max(0, start - 15_000), start).text
        return as_regex(self.brought_up).search(text) is not None
