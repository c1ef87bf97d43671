"""The main points of a call repeated before its end (PE02)."""

import re
from dataclasses import dataclass
from itertools import pairwise

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.courtesy import broke_off, not_concerned
from qa.scoring.grammar import as_regex, compile_all
from qa.scoring.sounds import sound_regex
from qa.scoring.track import Track
from qa.scoring.windows import span_of
from qa.types import Direction, Match, Outcome, Verdict

MIN_PAIRS = 2
"""Pairs of neighbouring syllables that a customer's words must share with the agent's to have been
repeated; one alone is chance."""
SHARE = 0.5
"""Of a short answer (姓叶) so much must come back."""
SUMMARY_POINTS = 2
"""A turn that repeats two things said at different times is a summary, announced or not."""
PIECEWISE, PIECEWISE_UNSURE = 0.75, 0.4
"""Share of the customer's points that came back one by one: from the first they count as repeated,
below the second they were not; between, a person decides."""
WHOLE_PAIRS, WHOLE_SHARE = 5, 0.5
"""Pairs, and their share, of the customer's longest words that make one turn a repetition of it."""
LONG_MESSAGE = 12
"""Pairs of words that are a message by themselves: of them something has to come back."""
NUMERALS = frozenset("0123456789零一二三四五六七八九幺两洞拐勾")
SMALL_WORDS = frozenset("我你您他的了吗呢啊吧呀是想要就也都把给")
FEW_SYLLABLES = range(3, 7)
INFORMATIVE = 3
"""Pairs from which a customer's words are a point at all; 嗯，好的 is none."""
CHECKS_BACK = (
    "是吧|对吧|(?<!么)(?<!有)是吗|对吗|是不是|对不对|没错吧|您反映|您是说"
    "|您说的|您的意思|也就是|核对|确认|复述|重复"
)
"""How an agent says in other words what the customer said (地板弄坏了, 木地面损坏)."""
_IDLE = re.compile(
    r"好的|好好|嗯嗯|对对|行行|谢谢你?您?|麻烦你?您?了?|不客气|再见|拜拜|你好|您好|喂喂?|没有了?|没了|可以的?|是的|就是|"
    r"这个|那个|我们|你们|咱们|他们|什么|怎么|一下|时候|知道了?|请问|不是|不用|需要|我想|想问|是不是|有没有|能不能|行不行|"
    r"好吧|行吧|对吧|不对|就这样|就行|的话|然后|现在|应该|可能|还是|已经|觉得|这么|那么|一个|有点|一点|点儿|儿的|"
    r"咨询|问一下|帮我|给我|我家|我是|我叫|我姓|我的|我这|你这|你那|跟你|跟您|没事|不着急|反正|因为|所以|但是|那就|"
    r"打电话|电话|联系|打错了?|拨错了?|错了|对不起|不好意思|不是吧?"
)
"""Words that carry no point; they are cut out before pairs are formed."""
_INBOUND = {"direction": "inbound"}
_ORDER = """
坐席: 您好，大地装饰。
客户: 我想把阳光花园的量房改到礼拜天下午两点。
坐席: 好的，您贵姓？
客户: 免贵姓叶，树叶的叶，电话幺三七四八八零。
坐席: {}
客户: 行，再见。
"""


@dataclass(frozen=True, slots=True)
class _Point:
    """Something that the customer said.

    Attributes:
        pairs: of neighbouring syllables.
        numeric: whether it is mostly digits.
        content: its syllables without small words.
    """

    pairs: frozenset[str]
    time_ms: int
    numeric: bool = False
    content: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PointsRepeated(Check):
    """Before the call ends the agent repeats the main points of what the customer wants.

    What the customer said is compared with the agent's later turns by pairs of neighbouring
    syllables. One turn that brings back two things said at different times, or that announces a
    repetition and brings back one, is a summary. Without a summary the points count as repeated
    when nearly all of them came back one by one.

    Why: the regulation asks to repeat the message, so that nothing is passed on wrongly.
    Mistakes: a summary in other words than the customer's is not seen as one; whether every detail
    of it is right is not judged here. A call in which the customer left no message (a wrong
    number, one short question) is not concerned.

    Attributes:
        announcing: how an agent announces a summary, in the notation of `qa.scoring.grammar`.
        direction: only calls of this direction are concerned.
    """

    kind = "points_repeated"
    announcing: tuple[str, ...] = ("[复述|核对|重复|确认|再说]一[下|遍]",)
    direction: Direction = Direction.INBOUND
    examples = (
        Example(
            {},
            _ORDER.format("我跟您核对一下，阳光花园的叶先生，量房改到礼拜天下午两点，对吧？"),
            Outcome.MET,
            _INBOUND,
        ),
        Example(
            {}, _ORDER.format("好的，记下了，感谢您的来电，再见。"), Outcome.VIOLATED, _INBOUND
        ),
        Example(
            {}, _ORDER.format("好的，再见。"), Outcome.NOT_APPLICABLE, {"direction": "outbound"}
        ),
        Example(
            {},
            "坐席: 您好。\n客户: 打错了。\n坐席: 没关系，再见。",
            Outcome.NOT_APPLICABLE,
            _INBOUND,
        ),
        Example({}, _ORDER.format("好的，再见。"), Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.announcing):
            raise ValueError("announcing must not be empty")

    def run(self, scene: Scene) -> Verdict:
        """Look for a summary among the agent's turns, then for the points one by one."""
        if early := not_concerned(scene, self.direction) or unheard(scene):
            return early
        points = _points(scene.customer)
        if len(points) < SUMMARY_POINTS:
            return self._hardly_any(scene, points)
        returned: set[int] = set()
        for start, end in scene.agent.turns:
            found = _repeated(scene.agent, start, end, points)
            returned |= found
            whole = _repeats_message(scene.agent, start, end, points)
            if whole or self._is_summary(scene.agent, (start, end), found, points):
                match = _turn_match(scene.agent, start, end)
                return Verdict(Outcome.MET, "points_repeated", matches=(match,))
        return _piecewise(scene, len(returned), len(points))

    def _hardly_any(self, scene: Scene, points: list[_Point]) -> Verdict:
        """Judge a call in which the customer said one thing at most."""
        if not points:
            return Verdict(Outcome.NOT_APPLICABLE, "no_points")
        for start, end in scene.agent.turns:
            if _repeated(scene.agent, start, end, points):
                match = _turn_match(scene.agent, start, end)
                return Verdict(Outcome.MET, "points_repeated", matches=(match,))
        searched = span_of(scene, 0, len(scene.agent.text))
        if _is_ignored(scene, points[0]):
            return Verdict(
                Outcome.VIOLATED, "points_not_repeated", _counts(0, 1), searched=searched
            )
        return Verdict(Outcome.UNDECIDED, "points_unsure", _counts(0, 1), searched=searched)

    def _is_summary(
        self, track: Track, turn: tuple[int, int], found: set[int], points: list[_Point]
    ) -> bool:
        """Whether a turn brings two things back, or announces a repetition and brings back one.

        After an announcement one word of a thing is enough: 跟您重复一下，您是问甲醛的事.
        """
        if len(found) >= SUMMARY_POINTS:
            return True
        announced = as_regex(self.announcing).search(track.text, *turn)
        if announced is None:
            return False
        last_ms, said = track.time_at(turn[1] - 1)[1], _pairs(track, announced.end(), turn[1])
        return bool(found) or any(p.pairs & said and p.time_ms < last_ms for p in points)


def _points(track: Track) -> list[_Point]:
    """Gather what the customer said, utterance by utterance, without idle words."""
    points = []
    for (_, utterance), start, end in zip(
        track.utterances, track.starts, track.starts[1:], strict=False
    ):
        pairs = _pairs(track, start, end)
        if len(pairs) >= INFORMATIVE:
            said = track.text[start:end]
            numeric = 2 * sum(char in NUMERALS for char in said) > len(said)
            content = frozenset(
                track.keys[k] for k in range(start, end) if track.text[k] not in SMALL_WORDS
            )
            points.append(_Point(pairs, utterance.span.start_ms, numeric, content))
    return points


def _pairs(track: Track, start: int, end: int) -> frozenset[str]:
    """Pairs of neighbouring syllable classes, none across a clause's end or an idle word."""
    text = track.text
    idle = {k for m in _IDLE.finditer(text, start, end) for k in range(*m.span())}
    stops = set(track.pauses)
    return frozenset(
        track.keys[k : k + 2]
        for k in range(start, end - 1)
        if k not in idle and k + 1 not in idle and k + 1 not in stops
    )


def _repeated(track: Track, start: int, end: int, points: list[_Point]) -> set[int]:
    """Which points come back in a turn that ends after they were made."""
    said = _pairs(track, start, end)
    last_ms = track.time_at(end - 1)[1]
    found = set()
    for number, point in enumerate(points):
        shared = len(point.pairs & said)
        enough = shared >= MIN_PAIRS and (shared > MIN_PAIRS or shared >= SHARE * len(point.pairs))
        enough = enough or _in_other_order(track, start, end, point)
        if enough and point.time_ms < last_ms:
            found.add(number)
    return found


def _in_other_order(track: Track, start: int, end: int, point: _Point) -> bool:
    """Whether one clause holds all that a few words said: 定金想退, 退定金."""
    if len(point.content) not in FEW_SYLLABLES or not point.pairs & _pairs(track, start, end):
        return False
    cuts = [start, *(p for p in track.pauses if start < p < end), end]
    return any(point.content <= set(track.keys[a:b]) for a, b in pairwise(cuts))


def _repeats_message(track: Track, start: int, end: int, points: list[_Point]) -> bool:
    """Whether a turn brings back half of the customer's longest words, and they are no number."""
    message = max(points, key=lambda point: len(point.pairs))
    if message.time_ms >= track.time_at(end - 1)[1] or message.numeric:
        return False
    shared = len(message.pairs & _pairs(track, start, end))
    return shared >= max(WHOLE_PAIRS, WHOLE_SHARE * len(message.pairs))


def _is_ignored(scene: Scene, point: _Point) -> bool:
    """Whether of a whole message (改成朝里开，插座加两个) not two syllables came back.

    Not where the agent asks whether something is right: that may be it in other words.
    """
    if len(point.pairs) < LONG_MESSAGE or broke_off(scene):
        return False
    if sound_regex(CHECKS_BACK).search(scene.agent.sounds):
        return False
    return not any(point.pairs & _pairs(scene.agent, *turn) for turn in scene.agent.turns)


def _piecewise(scene: Scene, returned: int, points: int) -> Verdict:
    searched = span_of(scene, 0, len(scene.agent.text))
    share, counts = returned / points, _counts(returned, points)
    if share >= PIECEWISE:
        return Verdict(Outcome.MET, "points_repeated_singly", counts, searched=searched)
    if broke_off(scene):
        return Verdict(Outcome.UNDECIDED, "call_broke_off", searched=searched)
    if share >= PIECEWISE_UNSURE:
        return Verdict(Outcome.UNDECIDED, "points_unsure", counts, searched=searched)
    return Verdict(Outcome.VIOLATED, "points_not_repeated", counts, searched=searched)


def _counts(returned: int, points: int) -> tuple[tuple[str, str], ...]:
    return ("points", str(points)), ("repeated", str(returned))


def _turn_match(track: Track, start: int, end: int) -> Match:
    return track.match(start, end, expected="", similarity=1.0)
