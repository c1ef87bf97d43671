"""The answers that the agent keyed in agree with what the customer said (CBV)."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.scoring.callback import Interview, interview
from qa.scoring.callback_answers import ATTITUDE, BAD, CHARGED, GOOD, NO, POINTS, SOLVED, YES
from qa.scoring.callback_hearing import NUMERALS, USUAL, heard_answer
from qa.scoring.callback_questions import EXAMPLE_SCRIPT, CallbackScript
from qa.scoring.callback_windows import Answer, has_hole
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.checks.asked_question import answer_match, unavailable
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.track import Track
from qa.types import KeyedAnswers, Match, Outcome, Role, SlotStatus, SlotVerdict, Verdict

CLEAR = 0.98
"""Mean word confidence from which an answer convicts without the sound being asked: a fine must
not hang on 四分 heard for 十分."""


@dataclass(frozen=True, slots=True)
class _Compared:
    kind: str
    status: SlotStatus
    keyed: str
    said: str
    match: Match | None


@dataclass(frozen=True)
class KeyedAnswersAgree(Check):
    """What the agent keyed in for a–d is what the customer said.

    Why: the monthly figures and the repairers' pay hang on the keyed answers.
    Mistakes: an answer that leaves a choice (还行吧, 八九分吧) agrees with nothing and contradicts
    only a score that is far from it. What was said unasked counts only where it names the matter.
    An answer that recognition was not sure of is put to the sound before it convicts.

    Attributes:
        script: what is said in a callback.
    """

    kind = "keyed_answers"
    script: CallbackScript
    examples = (
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 跟您收费了吗？\n客户: 没收。",
            Outcome.MET,
            {"keyed": {"charged": False}},
        ),
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 跟您收费了吗？\n客户: 收了五十。",
            Outcome.VIOLATED,
            {"keyed": {"charged": False}},
        ),
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 跟您收费了吗？\n客户: 这我记不清了。",
            Outcome.UNDECIDED,
            {"keyed": {"charged": False}},
        ),
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 现在方便吗？\n客户: 不方便。",
            Outcome.NOT_APPLICABLE,
            {"keyed": None},
        ),
    )

    def run(self, scene: Scene) -> Verdict:
        """Compare each keyed answer with the one that was heard."""
        if early := unheard(scene):
            return early
        talk = interview(scene, self.script)
        if talk.available is False:
            return unavailable(talk)
        if talk.available is None:
            return Verdict(Outcome.UNDECIDED, "availability_unsure")
        keyed = _keyed(scene.call.keyed)
        if not keyed:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "keyed"),))
        return _verdict([_compare(scene, talk, kind, value) for kind, value in keyed])


def _keyed(answers: KeyedAnswers | None) -> list[tuple[str, str]]:
    """List the keyed answers that are not empty, in the coding of `callback_answers`."""
    if answers is None:
        return []
    yes_no = {True: YES, False: NO, None: None}
    coded = [
        (SOLVED, yes_no[answers.solved]),
        (ATTITUDE, answers.attitude.value if answers.attitude else None),
        (CHARGED, yes_no[answers.charged]),
        (POINTS, str(answers.points) if answers.points is not None else None),
    ]
    return [(kind, value) for kind, value in coded if value is not None]


def _verdict(compared: Sequence[_Compared]) -> Verdict:
    slots = tuple(
        SlotVerdict(
            c.kind,
            c.status,
            match=c.match if c.status is SlotStatus.SAID else None,
            nearest=None if c.status is SlotStatus.SAID else c.match,
        )
        for c in compared
    )
    wrong = [c for c in compared if c.status is SlotStatus.WRONG]
    open_ = [c for c in compared if c.status in (SlotStatus.UNSURE, SlotStatus.MISSING)]
    chosen = wrong or open_ or compared
    found = (c.match for c in chosen if c.match)
    matches = tuple(sorted(found, key=lambda m: m.span))
    if wrong:
        differing = (
            ("answer", ",".join(c.said for c in wrong)),
            ("answers", ",".join(c.kind for c in wrong)),
            ("keyed", ",".join(c.keyed for c in wrong)),
        )
        return Verdict(Outcome.VIOLATED, "keyed_differs", differing, matches, slots=slots)
    details = (("answers", ",".join(c.kind for c in chosen)),)
    if open_:
        return Verdict(Outcome.UNDECIDED, "keyed_unsure", details, matches, slots=slots)
    return Verdict(Outcome.MET, "keyed_agrees", details, matches, slots=slots)


def _compare(scene: Scene, talk: Interview, kind: str, keyed: str) -> _Compared:
    answer = heard_answer(scene, talk, kind)
    if answer is None:
        return _Compared(kind, SlotStatus.MISSING, keyed, "", None)
    match = answer_match(talk, answer)
    said = answer.value or "unsure"
    if answer.value == keyed:
        return _Compared(kind, SlotStatus.SAID, keyed, said, match)
    if not _contradicts(kind, answer, keyed):
        return _Compared(kind, SlotStatus.UNSURE, keyed, said, match)
    return _Compared(kind, _by_sound(scene, talk, kind, answer, keyed), keyed, said, match)


def _contradicts(kind: str, answer: Answer, keyed: str) -> bool:
    """Whether an answer can be no other than unlike the keyed one, as far as the words go."""
    if not answer.firm:
        return False
    if answer.value is not None:
        return True
    if kind == POINTS:
        return all(v.isdigit() and abs(int(v) - int(keyed)) > 1 for v in answer.values)
    return False


def _by_sound(scene: Scene, talk: Interview, kind: str, answer: Answer, keyed: str) -> SlotStatus:
    """Ask whether the keyed answer was said after all, unless the words are beyond doubt."""
    track: Track = talk.customer if answer.role is Role.CUSTOMER else talk.agent
    place = answer.start, answer.end
    if track.confidence(*place) >= CLEAR and not has_hole(track, *place):
        return SlotStatus.WRONG
    heard = track.text[answer.start : answer.end]
    targets = _targets(kind, heard, keyed)
    weighed = weigh(
        scene, track, place, targets, (heard,), kind=Kind.NUMBER if kind == POINTS else Kind.PHRASE
    )
    if weighed.finding is Finding.SAID:
        return SlotStatus.SAID
    return SlotStatus.WRONG if weighed.finding is Finding.NOT_SAID else SlotStatus.UNSURE


def _targets(kind: str, heard: str, keyed: str) -> tuple[str, ...]:
    """List what would have been said for the keyed answer: in the words heard, and as usual.

    Digits are written as they were heard, because recognition prefers its own way of writing.
    """
    if kind == POINTS:
        written = any(c.isascii() for c in heard)
        number = keyed if written else NUMERALS[int(keyed)]
        return (f"{number}分" if "分" in heard else number,)
    common: tuple[str, ...] = USUAL[kind][keyed]
    for negation in ("没有", "不太", "没", "不"):
        if keyed in (YES, GOOD) and heard.startswith(negation) and len(heard) > len(negation):
            common = (heard.removeprefix(negation), *common)
            break
    if keyed in (NO, BAD):
        common = (("不" if kind == ATTITUDE else "没") + heard.rstrip("了"), *common)
    return tuple(dict.fromkeys(t for t in common if t != heard))[:4]
