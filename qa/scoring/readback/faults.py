"""What is wrong at home: kinds of fault from how people put them, compared by sound.

A paraphrase counts as the same fault (屋里冰凉 for 暖气不热). What no kind covers is compared by
the words that both sides use.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from qa.scoring.addresses import common_sound
from qa.scoring.readback.fault_words import (
    COLD_ELSEWHERE,
    CORES,
    FAULTS,
    HYPOTHETICAL,
)
from qa.scoring.readback.findings import Detail, State
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.syllables import sounds
from qa.scoring.track import Track

SHORT_MATCH = 2
ELSEWHERE = re.compile(COLD_ELSEWHERE)
MAIN = (
    "cold",
    "degrees",
    "leak",
    "noise",
    "broken",
    "smell",
    "uneven",
    "change",
    "pressure",
    "billing",
)
KIN = {
    "degrees": ("cold",),
    "uneven": ("cold",),
    "cold": ("uneven", "pressure"),
    "smell": ("leak",),
    "leak": ("smell",),
}
"""Kinds that people use for each other: 半截凉 is 不热."""
QUESTION = (
    r"(?<![地水电])([热冷漏响滴渗通坏])不\1|热不热[呢啊呀吗]|大不大|厉不厉害|有没有|(?<!不)热吗"
    "|(?<!在)漏吗|停暖以后|漏得厉"
)
"""How the agent asks about a fault without repeating it; 地热不热 says that 地热 is not warm."""
LEAD_CHARS = 12
"""Characters before a fault in which the agent says that it only may come."""
SCRIPT = (
    "您好|大龙|供暖|报修|为您服务|请问|有什么问题|什么可以帮|具体地址|姓名|联系电话|请留|"
    "留一下|维修人员|尽快|联系|感谢|来电|再见|登记|记录"
    "|好的|的时候|我给您|帮您|师傅|没问题|什么问题|给您添麻烦|对不起|不好意思|久等|单子|"
    "维修站|打电话|小区|号楼|单元|地址|电话|现在|一下"
    "|有什么|问题|暖气|我们|您家|我家|你们|这个|那个|就是"
)
SHARED_LIKENESS = 0.9
BLANK = "\u3000"
MIN_SHARED = 4
"""Syllables in a row that make the agent's words a repetition of the customer's."""
ROOMS = (
    "厨房|客厅|卧室|主卧|次卧|卫生间|厕所|阳台|书房|小屋|大屋|走廊|楼道|单元门|洗手间|餐厅|"
    "地下室|暖气片|地暖|立管|分水器|阀门|管道|管子|接头"
)


def judge_problem(talk: Talk) -> Detail:
    """Say how the fault was read back."""
    given = _given(talk)
    detail = Detail("problem", State.UNSURE)
    if not given:
        return _unknown(talk, detail)
    first = min(at for at, _, _ in given)
    at, end = next((a, b) for a, b, _ in given if a == first)
    quote = talk.customer.match(
        max(talk.customer.sentence_start(at), at - 10), end, expected="problem", similarity=1.0
    )
    detail = replace(detail, given=quote)
    repeated = _repeated(talk, given) or _repeated(talk, _wanted(talk))
    if repeated:
        match = talk.agent.match(*repeated, expected="problem", similarity=1.0)
        return replace(detail, state=State.RIGHT, repeated=match, value="problem")
    if named := _in_other_words(talk, given):
        match = talk.agent.match(*named[0], expected="problem", similarity=0.9)
        return replace(detail, state=named[1], repeated=match)
    if shared := _shared_words(talk, first):
        match = talk.agent.match(*shared[1:], expected="problem", similarity=round(shared[0], 3))
        return replace(detail, state=State.RIGHT, repeated=match, value="problem")
    if shared := _shared_words(talk, first, WEAK_LIKENESS):
        match = talk.agent.match(*shared[1:], expected="problem", similarity=round(shared[0], 3))
        return replace(detail, state=State.UNSURE, repeated=match)
    if not talk.is_certain and (near := _core_word(talk, given)):
        match = talk.agent.match(*near, expected="problem", similarity=0.5)
        return replace(detail, state=State.UNSURE, repeated=match)
    if near := _near(talk, first):
        match = talk.agent.match(*near, expected="problem", similarity=0.5)
        return replace(detail, state=State.UNSURE, repeated=match)
    return replace(detail, state=State.MISSING)


def customer_faults(talk: Talk) -> list[tuple[int, int, str]]:
    """Find what the customer says is wrong: positions and kind, in order."""
    return talk.scene.shared("readback:faults", lambda: _find(talk, talk.customer))


def _given(talk: Talk) -> list[tuple[int, int, str]]:
    """Return the faults that the customer described; other grievances only without any."""
    found = list(customer_faults(talk))
    main = [one for one in found if one[2] in MAIN and one[2] not in ("billing", "change")]
    return main or found


def _in_other_words(
    talk: Talk, given: list[tuple[int, int, str]]
) -> tuple[tuple[int, int], State] | None:
    """Find a fault that the agent states of another kind than the customer's words were taken for.

    Right where the clause holds a word of the customer's (回水堵了: 回水管不热), where the customer
    agrees, or where of the customer's words no fault was understood; else open.
    """
    begin = talk.time(talk.customer, min((at for at, _, _ in given), default=0))
    kinds = {kind for _, _, kind in given if kind not in VAGUE}
    for start, end, kind in _stated(talk):
        if kinds and not any(_akin(kind, one) for one in kinds):
            continue  # 漏水 is not repeated as 不热
        clause = talk.agent.clause_start(start), talk.agent.clause_end(end - 1)
        later = talk.time(talk.agent, start) >= begin
        told = later and (not kinds or _has_word_of(talk, clause))
        if told or talk.agreed_to(end - 1):
            return (start, end), State.RIGHT
        if later:
            return (start, end), State.UNSURE
    return None


def _stated(talk: Talk) -> Iterator[tuple[int, int, str]]:
    """Yield faults that the agent states, neither asks about nor takes for possible."""
    asked = [m.span() for m in sound_regex(QUESTION).finditer(talk.agent_sounds)]
    for start, end, kind in _find(talk, talk.agent, tuple(k for k in MAIN if k not in VAGUE)):
        if kind == "degrees" or any(a < end and start < b for a, b in asked):
            continue
        if _may_come(talk, start, end) or talk.objected_to(end - 1):
            continue
        clause = talk.agent.clause_start(start), talk.agent.clause_end(end - 1)
        if not sound_regex("[^不]吗$|呢$|没有?$").search(talk.agent_sounds, *clause):
            yield start, end, kind


def _akin(left: str, right: str) -> bool:
    """Whether two kinds of fault may be one: 回水堵了 and 不热, but not 漏水 and 不热."""
    return "broken" in (left, right) or (left in COLD) is (right in COLD)


COLD = ("cold", "uneven", "degrees", "pressure")
VAGUE = ("billing", "change", "conduct")
"""Kinds of grievance that come with a fault as often as by themselves."""


def _has_word_of(talk: Talk, clause: tuple[int, int]) -> bool:
    """Whether a clause holds two neighbouring syllables of the customer's earlier words."""
    at = talk.time(talk.agent, clause[0])
    _, said = talk.between(talk.customer, 0, at)
    mine = _blanked(talk.customer.text[max(0, said - 80) : said], "_")
    theirs = _blanked(talk.agent.text[slice(*clause)], BLANK)
    pairs = {theirs[k : k + 2] for k in range(len(theirs) - 1)}
    return any(BLANK not in pair and pair in mine for pair in pairs)


def _wanted(talk: Talk) -> list[tuple[int, int, str]]:
    """Return what the customer wants done (放气, 换阀门): to repeat that is to repeat the fault."""
    return [one for one in customer_faults(talk) if one[2] in ("change", "broken")]


def _find(
    talk: Talk, track: Track, kinds: Collection[str] = tuple(FAULTS)
) -> list[tuple[int, int, str]]:
    found = [
        (match.start(), match.end(), kind)
        for kind in kinds
        for match in sound_regex(FAULTS[kind]).finditer(talk.sounds(track))
        if _is_meant(kind, track, *match.span())
    ]
    return sorted(found)


def _is_meant(kind: str, track: Track, start: int, end: int) -> bool:
    """Whether a match is of its kind and not only of its sound, and speaks of the home."""
    whole = track.text
    text = whole[start:end]
    if kind == "cold" and ("冷" in text or "凉" in text):
        around = ELSEWHERE.finditer(whole, max(0, start - 5), end + 1)
        if any(
            found.start() < end
            and start < found.end()
            and not any(found.start() < pause < found.end() for pause in track.pauses)
            for found in around
        ):  # 暖气凉，水上不来 names no 凉水
            return False
    core = any(char in CORES[kind] for char in text) or sounds(text) == sounds("不热")
    return "楼" not in text and (core or len(text) > SHORT_MATCH)


def _repeated(talk: Talk, given: list[tuple[int, int, str]]) -> tuple[int, int] | None:
    """Find the agent's words of the same kind of fault after the customer's."""
    asked = [m.span() for m in sound_regex(QUESTION).finditer(talk.agent_sounds)]
    kinds: dict[str, int] = {}
    degrees = {talk.customer_sounds[a:b] for a, b, kind in given if kind == "degrees"}
    for at, _, kind in given:
        for one in (kind, *KIN.get(kind, ())):
            kinds.setdefault(one, talk.time(talk.customer, at))
    for start, end, kind in _find(talk, talk.agent, kinds):
        before = kind in kinds and talk.time(talk.agent, start) < kinds[kind]
        if kind not in kinds or (before and not talk.agreed_to(end - 1)):
            continue  # 家里漏水是吧？对，漏水: agreed to is as good as repeated
        if any(a < end and start < b for a, b in asked) or _may_come(talk, start, end):
            continue
        if kind == "degrees" and sounds(talk.agent.text[start:end]) not in degrees:
            continue  # 十八度 of the standard is not the 十五度 of the customer
        return max(talk.agent.clause_start(start), start - 12), end
    return None


def _may_come(talk: Talk, start: int, end: int) -> bool:
    """Whether the agent speaks of what may happen (要是再漏, 漏水的话), not of what did."""
    first = max(talk.agent.clause_start(start), start - LEAD_CHARS)
    if talk.is_certain:  # 需要师傅 sounds like 要是
        before = re.compile(HYPOTHETICAL).search(talk.agent.text, first, start)
    else:
        before = sound_regex(HYPOTHETICAL).search(talk.agent_sounds, first, start)
    return before is not None or talk.agent.text.startswith("的话", end)


def _unknown(talk: Talk, detail: Detail) -> Detail:
    """Judge a fault of no known kind, or one that was misheard, by the words alone."""
    if not talk.customer.text:
        return detail
    if named := _in_other_words(talk, []):
        match = talk.agent.match(*named[0], expected="problem", similarity=0.9)
        return replace(detail, state=named[1], repeated=match)
    if not talk.asks:
        if shared := _shared_words(talk, 0):
            match = talk.agent.match(*shared[1:], expected="problem", similarity=shared[0])
            return replace(detail, state=State.RIGHT, repeated=match, value="problem")
        return detail
    _, said = talk.between(talk.customer, 0, talk.asks[0].begin_ms)
    if said < MIN_SHARED:
        return detail
    quote = talk.customer.match(max(0, said - 40), said, expected="problem", similarity=1.0)
    detail = replace(detail, given=quote)
    if shared := _shared_words(talk, 0):
        match = talk.agent.match(*shared[1:], expected="problem", similarity=round(shared[0], 3))
        return replace(detail, state=State.RIGHT, repeated=match, value="problem")
    _, asked = talk.between(talk.agent, 0, talk.asks[0].begin_ms)
    start, _ = talk.between(talk.agent, talk.time(talk.customer, max(0, said - 1)), FOREVER)
    spoken = sound_regex(f"{SCRIPT}|{URGES}").sub("", talk.agent_sounds[start:asked])
    silent = len(spoken) <= FEW and not _find(talk, talk.agent) and not _named_later(talk, said)
    return replace(detail, state=State.MISSING if silent else State.UNSURE)


URGES = "嗯|哦|啊|行|您的|您|你|呢|先|说|报|给我|告诉|讲|麻烦|把|下|请|那|来"
"""What the agent says to have a detail told, besides the script."""
FEW = 2
WEAK_LIKENESS = 0.75


def _named_later(talk: Talk, said: int) -> bool:
    """Whether some word of the description comes back anywhere in the agent's words."""
    mine = _blanked(talk.customer.text[max(0, said - 80) : said], "_")
    start, _ = talk.between(talk.agent, talk.time(talk.customer, max(0, said - 1)), FOREVER)
    theirs = _blanked(talk.agent.text[start : start + LATER_CHARS], BLANK)
    likeness = common_sound(mine, theirs, WORD)[0] if min(len(mine), len(theirs)) >= WORD else 0.0
    return likeness >= SHARED_LIKENESS


WORD = 2
LATER_CHARS = 400


def _shared_words(
    talk: Talk, first: int, floor: float = SHARED_LIKENESS
) -> tuple[float, int, int] | None:
    """Find a stretch of the customer's description in the agent's words, scripts left out."""
    begin = talk.time(talk.customer, first)
    start, stop = talk.between(talk.agent, begin, FOREVER)
    ask = next((a.begin_ms for a in talk.asks if a.begin_ms > begin), begin + 20_000)
    _, limit = talk.between(talk.agent, begin, ask)
    _, said = talk.between(talk.customer, 0, ask)
    theirs = talk.agent.text[start : min(limit, stop, start + 80)]
    mine = talk.customer.text[max(0, said - 80) : said]
    mine, theirs = _blanked(mine, "_"), _blanked(theirs, BLANK)
    if len(theirs) < MIN_SHARED or len(mine) < MIN_SHARED:
        return None
    likeness, _, at, length = common_sound(mine, theirs, MIN_SHARED, floor)
    if likeness < floor or BLANK in theirs[at : at + length]:
        return None
    return likeness, start + at, start + at + length


def _blanked(text: str, blank: str) -> str:
    """Blank what is said in every call, so that it makes no two stretches alike."""
    chars = list(text)
    for match in sound_regex(SCRIPT).finditer(sounds(text)):
        chars[match.start() : match.end()] = blank * len(match[0])
    return "".join(chars)


def _core_word(talk: Talk, given: list[tuple[int, int, str]]) -> tuple[int, int] | None:
    """Find a word of the fault's kind (暖气热, 水) that may be left of a misheard repetition."""
    begin = talk.time(talk.customer, given[0][0])
    ask = next((a.begin_ms for a in talk.asks if a.begin_ms > begin), begin + 20_000)
    start, stop = talk.between(talk.agent, begin, ask)
    cores = {char for _, _, kind in given for char in CORES[kind]}
    return next(((p, p + 1) for p in range(start, stop) if talk.agent.text[p] in cores), None)


def _near(talk: Talk, first: int) -> tuple[int, int] | None:
    """Find the room or the part named by both, without what is wrong with it."""
    begin = talk.time(talk.customer, first)
    start, stop = talk.between(talk.agent, begin, begin + 15_000)
    mine = {m[0] for m in sound_regex(ROOMS).finditer(talk.customer_sounds)}
    for match in sound_regex(ROOMS).finditer(talk.agent_sounds, start, stop):
        if match[0] in mine:
            return match.start(), match.end()
    return None
