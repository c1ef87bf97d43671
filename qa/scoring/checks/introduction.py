"""The agent introduces company and self (GS01, PE01)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.courtesy import not_concerned
from qa.scoring.grammar import compile_all
from qa.scoring.slots import UNSURE, Slot, judge_slot
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import looks_like_a_name, sounds_like_a_name
from qa.scoring.track import Track
from qa.scoring.windows import opening, span_of
from qa.text import fold
from qa.types import Direction, Outcome, SlotStatus, SlotVerdict, Verdict

_FUNCTIONS = (
    r"客服中心|客服部|客服热线|客户服务中心|客户服务|客服代表|客服专员|客服人员|客服小姐|客服|克服|课服|客户部|服务中心|服务热线|服务专员|"
    r"呼叫中心|热线|前台|总机|话务员|接线员|值班员|值班人员|坐席|座席|业务员|业务经理|业务部|业务|客户经理|经理|"
    r"设计部|设计师|工程部|工程|市场部|市场|销售部|销售|售后部|售后|财务部|家装顾问|装修顾问|顾问|专员|助理|"
    r"24小时|二十四小时|家装|公司|集团|分公司|有限公司|工作人员|抢修中心|抢修|调度中心|调度|营业厅|人员|这边|这里|我们|咱们|本人|您的|"
    r"很高兴|非常高兴|高兴|竭诚|诚挚|随时|正在|现在|今天|为您|给您|帮您"
)
_PARTICLES = frozenset("由将来的啊呢是部组员")
_ANNOUNCED = r"我是|我叫|我姓|免贵姓|我的名字叫|我的名字是|本姓|敝姓|我这边是|这边是|这里是"
_CALLED = r"我叫|我姓|免贵姓|我的名字|本姓|敝姓"
_FOLLOWS = re.compile(
    r"请问|请讲|请说|为您|很高兴|您|你|有什么|打扰|想|跟|给|之前|负责|号|可以|现在|咱|我|在这|来电|是不是"
)
"""What may follow a name without a pause that the recogniser wrote down."""
_NUMBER = re.compile(
    r"(?:工号|编号)[是为]?[0-9零〇一二三四五六七八九幺两洞拐勾十百]{1,6}"
    r"|[0-9零〇一二三四五六七八九幺两洞拐勾十百]{1,6}号(?!线|楼|院)"
    r"|[0-9零〇一二三四五六七八九幺两洞拐勾]{2,6}"
    r"(?![0-9零〇一二三四五六七八九幺两洞拐勾十百]|小时|个|天|年|楼|元|块|分|点|句|件|次)"
)
_SERVICE = r"为您服务|给您服务|为您解答|为您效劳|接听您的"
CALLED = 4
"""Characters up to which whatever stands behind 我叫 is a name."""
LONGEST = 6
"""Characters up to which what stands behind 我是 may be a name as a whole."""
_EXAMPLE = {"company": "安民燃气"}
_ORDERED = {"company": "大地装饰", "ordered": True}


@dataclass(frozen=True)
class Introduction(Check):
    """The agent greets, names the company and gives a name or a number of their own.

    Why: the regulations ask for 您好, then unit and name, so that the caller knows who answered.
    Mistakes: which name is right is not known, so any name counts; a name is known by where it
    stands (我是…, …为您服务, behind the company) and by its surname, and what stands there but is
    not built like a name is undecided.

    Attributes:
        company: how the company names itself, in the notation of `qa.scoring.grammar`.
        greeting: phrases that greet.
        ordered: whether the greeting must come before company and name.
        direction: only calls of this direction are concerned.
    """

    kind = "introduction"
    company: str
    greeting: tuple[str, ...] = ("[您|你]好",)
    ordered: bool = False
    direction: Direction | None = None
    examples = (
        Example(_EXAMPLE, "坐席: 您好，安民燃气，我是客服林晓。", Outcome.MET),
        Example(_EXAMPLE, "坐席: 您好，安民燃气三零六号为您服务。", Outcome.MET),
        Example(_EXAMPLE, "坐席: 您好，安民燃气，很高兴为您服务。", Outcome.VIOLATED),
        Example(_EXAMPLE, "坐席: 您好，我是林晓。", Outcome.VIOLATED),
        Example(_EXAMPLE, "坐席: 您好，安民燃气，我是可可西里。", Outcome.UNDECIDED),
        Example(_ORDERED, "坐席: 您好，大地装饰方圆，请讲。", Outcome.MET),
        Example(_ORDERED, "坐席: 大地装饰，您好，我是方圆。", Outcome.VIOLATED),
        Example(_EXAMPLE, "未知: 您好，安民燃气。", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not compile_all((self.company, *self.greeting)):
            raise ValueError("company must not be empty")

    @cached_property
    def _slots(self) -> tuple[Slot, Slot]:
        return Slot("greeting", self.greeting), Slot("brand", (self.company,))

    def run(self, scene: Scene) -> Verdict:
        """Look for greeting, company and an own name or number in the opening."""
        if early := not_concerned(scene, self.direction) or unheard(scene):
            return early
        start, end = opening(scene)
        greeting, brand = (judge_slot(slot, scene, start, end) for slot in self._slots)
        name = _own_name(scene.agent, start, end, _brand_end(scene.agent, brand))
        slots = (greeting, brand, name)
        searched = span_of(scene, start, end)
        said = [s.match for s in slots if s.match]
        matches = tuple(sorted(said, key=lambda m: m.span))
        gone = [s.name for s in slots if s.status in (SlotStatus.MISSING, SlotStatus.WRONG)]
        unsure = [s.name for s in slots if s.status is SlotStatus.UNSURE]
        if not gone and not unsure:
            if self.ordered and _is_late(greeting, brand, name):
                reason = "greeting_not_first"
                return Verdict(Outcome.VIOLATED, reason, (), matches, searched, None, slots)
            return Verdict(Outcome.MET, "slots_all_said", matches=matches, slots=slots)
        nearest = max(
            (s.nearest for s in slots if s.nearest), key=lambda m: m.similarity, default=None
        )
        return Verdict(
            Outcome.VIOLATED if gone else Outcome.UNDECIDED,
            "slots_missing" if gone else "slots_unsure",
            (("slots", ",".join(gone or unsure)),),
            matches,
            searched,
            nearest,
            slots,
        )


def _is_late(greeting: SlotVerdict, *others: SlotVerdict) -> bool:
    first = greeting.match
    return first is not None and any(
        other.match is not None and other.match.span.start_ms < first.span.start_ms
        for other in others
    )


def _brand_end(track: Track, brand: SlotVerdict) -> int | None:
    """Position behind the company's name as it was heard; None where it was not."""
    match = brand.match or brand.nearest
    if match is None or match.similarity < UNSURE:
        return None
    quote = fold(match.quote).text
    at = track.text.find(quote)
    return at + len(quote) if at >= 0 else None


def _own_name(track: Track, start: int, end: int, brand_end: int | None) -> SlotVerdict:
    """Find a name or a number that the agent gives as their own; the surest place wins.

    Args:
        brand_end: position behind the company's name, which is no name of a person.
    """
    text = track.text[start:end]
    if number := _NUMBER.search(text):
        return _said(track, start + number.start(), start + number.end())
    places = _announced(track, start, end, brand_end)
    places += _served(track, start, end, brand_end)
    if brand_end is not None:
        places += _beside(track, brand_end, end)
    for first, last, sure in places:
        if sure:
            return _said(track, first, last)
    if places:
        first, last, _ = places[0]
        near = track.match(first, last, expected="姓名或工号", similarity=0.6)
        return SlotVerdict("own_name", SlotStatus.UNSURE, nearest=near)
    return SlotVerdict("own_name", SlotStatus.MISSING)


def _said(track: Track, first: int, last: int) -> SlotVerdict:
    match = track.match(first, last, expected="姓名或工号", similarity=1.0)
    return SlotVerdict("own_name", SlotStatus.SAID, match=match)


def _announced(
    track: Track, start: int, end: int, brand_end: int | None
) -> list[tuple[int, int, bool]]:
    """Places right after 我是 or 我叫, up to the end of the clause, the company left out."""
    found = []
    for announced in sound_regex(_ANNOUNCED).finditer(track.sounds, start, end):
        at, stop = announced.end(), min(end, track.clause_end(announced.end() - 1))
        if brand_end is not None and at < brand_end <= stop:
            at = brand_end
        called = sound_regex(_CALLED).match(track.sounds, announced.start()) is not None
        pieces = _pieces(track, at, stop)
        for first, last in pieces:
            found += _names(track.text, _tails(track, first, last))
            length = last - first
            found.append((first, last, length in (2, 3) or (called and length <= CALLED)))
    return found


def _served(
    track: Track, start: int, end: int, brand_end: int | None
) -> list[tuple[int, int, bool]]:
    """Names right before 为您服务, back to the company or the beginning of the clause."""
    found = []
    for service in sound_regex(_SERVICE).finditer(track.sounds, start, end):
        first = max(start, track.clause_start(service.start()))
        if brand_end is not None and first < brand_end <= service.start():
            first = brand_end
        found += _names(track.text, _tails(track, first, service.start()))
    return found


def _beside(track: Track, at: int, end: int) -> list[tuple[int, int, bool]]:
    """Names behind the company (大地装饰方圆), in its clause or in the one after it."""
    found = []
    for _ in range(2):
        stop = min(end, track.clause_end(at)) if at < end else at
        found += _names(track.text, _pieces(track, at, stop))
        at = stop
    return found


def _names(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    found = [(a, b, True) for a, b in pieces if looks_like_a_name(text[a:b])]
    return found or [(a, b, False) for a, b in pieces if sounds_like_a_name(text[a:b])]


def _pieces(track: Track, first: int, last: int) -> list[tuple[int, int]]:
    """Cut a stretch down to what may be a name: functions and what follows it are left out."""
    if follows := _FOLLOWS.search(track.text, first, last):
        last = follows.start()
    first, last = _stripped(track, first, last)
    if first >= last:
        return []
    return [(first, last)] if last - first <= LONGEST else _tails(track, first, last)


def _tails(track: Track, first: int, last: int) -> list[tuple[int, int]]:
    """Return the last two to four characters: a department may stand before the name."""
    first, last = _stripped(track, first, last)
    return [(last - k, last) for k in (3, 2, 4) if last - k >= first]


def _stripped(track: Track, first: int, last: int) -> tuple[int, int]:
    """Leave out functions (客服, 话务员) on both sides, by sound, and particles."""
    functions, text = sound_regex(_FUNCTIONS), track.text
    while first < last:
        if found := functions.match(track.sounds, first, last):
            first = found.end()
        elif text[first] in _PARTICLES:
            first += 1
        else:
            break
    ending = sound_regex(f"(?:{_FUNCTIONS})$")
    while first < last:
        if found := ending.search(track.sounds[first:last]):
            last = first + found.start()
        elif text[last - 1] in _PARTICLES:
            last -= 1
        else:
            break
    return first, last
