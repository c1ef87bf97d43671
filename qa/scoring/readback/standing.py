"""Whether what speaks against an agent in a read-back stands, or may be explained otherwise.

To convict takes more than not having found the repetition: a report was surely taken, the customer
surely gave the detail, and no words of the agent's may be the question or the repetition itself,
put in a way that is not known here. What does not stand is left to a person.
"""

from itertools import pairwise

from qa.scoring.check import Scene
from qa.scoring.name_sounds import holds_name, same_name
from qa.scoring.numbers import CLEAR_DIGITS
from qa.scoring.readback.faults import customer_faults
from qa.scoring.readback.findings import Detail, State
from qa.scoring.readback.name_given import after_lead, is_generic, surname_sounds
from qa.scoring.readback.name_read import read_names
from qa.scoring.readback.name_words import PARTICLES
from qa.scoring.readback.names import name_talk
from qa.scoring.readback.numbers_given import TAKEN_BACK, number_talk, run_at
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import NEVER_IN_A_NAME, SURNAMES
from qa.scoring.track import Track

SENDS = (
    "维修人员会|维修员会|维修师傅会|师傅会|师傅(?:马上|一会儿?|今天|明天|这就|尽快|尽早)|派单|派工|派师傅"
    "|派人|安排人|安排师傅|安排维修|上门|给您报修|报上修|工单|[跟与和]您联系|给您催|催一?[下催]"
    "|登记上|登上了|报上了|登记好"
)
"""What an agent says only where somebody is sent."""
PASSES_ON = (
    "我们修不了|修不了这|不归我们|不归供[暖热]|不是我们修|[找打问][您你]?们?(?:那儿|那边|小区|一下)?的?(?:物业|自来水|燃气|煤气|电业|社区|开发商)"
    "|(?:物业|燃气公司|煤气公司|自来水公司|电业局)的?(?:电话|号码|热线)"
)
"""How an agent passes on what is somebody else's to repair."""
NOT_HOME = frozenset(("billing", "conduct", "degrees", "change"))
"""Kinds of grievance that need no repair."""
KNOWN = (
    "还是|原来|上次|上回|以前|之前|系统|登记的|显示|记录|预留|档案|查到|来电|打来|打进来|打过来|您打的|"
    "这个号|一样|没变|没换|别的|其他|另外"
)
"""How an agent speaks of a detail that is known without asking for it."""
HEADS: dict[str, str] = {
    "phone": "电话|手机|号码|联系方式|尾号|这个号|本机|来电|打来的|打进来的|打过来的",
    "waybill": "单号|运单|面单|快递单|号码",
    "name": "姓名|名字|称呼|贵姓|户主|怎么叫|姓什么|大名|机主|联系人|收件人|寄件人|您姓",
    "address": "地址|住址|住哪|住在|小区|门牌|家住|您家在|哪栋|位置|号楼|单元",
}
"""Words by which an agent comes to speak of a detail at all."""
NO_TALK_OF_IT = (
    "[打接等来去回][个了一]{0,2}电话|电话联系|电话(?:要|请|得|别|保持|畅通|开着|通着|放|拿|关机|通知)"
    "|感谢[您你]?的?来电|谢谢[您你]?的?来电"
    "|(?:服务|投诉|物业|客服|师傅|维修站|站里|维修员|他们|公司|热线)的?(?:联系)?电话"
)
"""Phones and callers that are not the customer's number."""
KEEPS_IT = (
    "不用留|不留|不说了|不方便|不想说|不告诉|保密|没必要|匿名|(?:原来|以前|上次|上回|原先)的?那?个?"
    "|[有登]记录|有登记|[你那]儿?都?有|系统里?有"
)
"""How a customer answers a question for a detail without giving it."""
TITLES = "先生|女士|小姐|阿姨|大爷|大妈|大姐|大哥|叔叔|大叔|大娘|大姨|奶奶|爷爷|太太"
NAME_CHARS = (2, 3)
MAX_SURNAME_REACH = 3


def is_report(scene: Scene, talk: Talk) -> bool:
    """Whether something was surely taken down for a repair, and not told, praised or passed on."""
    if scene.call.ticket is not None or _says(talk, SENDS):
        return True
    numbers = any(m.kind in ("building", "unit") for m in marks_of(talk, talk.customer))
    address = numbers or talk.asked("address") is not None
    person = any(talk.asked(name) is not None for name in ("name", "phone", "waybill"))
    own = any(kind not in NOT_HOME for _, _, kind in customer_faults(talk))
    if not _told(talk):
        return True
    if person and address:
        return own or len(talk.asks) > MANY_ASKS
    begins = talk.customer_sounds[:BEGINNING]
    other = _says(talk, PASSES_ON) or sound_regex(TELLS_OTHER).search(begins)
    return own and (person or address) and not other


BEGINNING = 60
"""Characters of the customer's in which it is said what the call is about."""
TELLS_OTHER = (
    "要我说|你们[该得就]|建议|应该|反映|意见|投诉|表扬|感谢|谢谢你们|提个|想问|问一?下|咨询"
)
"""How somebody begins who has nothing repaired."""


def _told(talk: Talk) -> bool:
    """Whether the caller said anything before the first question for a detail."""
    first = talk.asks[0].begin_ms if talk.asks else FOREVER
    start, stop = talk.between(talk.customer, 0, first)
    return stop - start > FEW


FEW = 3
"""Syllables that tell nothing: 喂, 你好."""
MANY_ASKS = 2
"""Questions for details from which a call without a known fault is a report all the same."""


def stands(talk: Talk, detail: Detail) -> bool:
    """Whether the case against an agent about one detail may be believed."""
    if detail.state in (State.NOT_ASKED, State.MISSING) and _may_be_known(talk, detail):
        return False
    if detail.name == "name":
        return _name_stands(talk, detail)
    if detail.name in ("phone", "waybill"):
        return detail.state is not State.WRONG or not _is_mended(talk, detail)
    return True


def _says(talk: Talk, words: str) -> bool:
    return sound_regex(words).search(talk.agent_sounds) is not None


def _may_be_known(talk: Talk, detail: Detail) -> bool:
    """Whether the agent speaks of a detail as of one that is known already, or at all.

    Where nothing was given, any word of it may be the question; where the customer did give it,
    only what refers to the records.
    """
    if detail.name not in HEADS:
        return False
    if detail.state is State.MISSING and _gave(talk, detail):
        return detail.name == "name" and _keeps_it(talk, detail)
    if detail.name == "phone" and _means_this_number(talk):
        return False
    other = [m.span() for m in sound_regex(NO_TALK_OF_IT).finditer(talk.agent_sounds)]
    for match in sound_regex(HEADS[detail.name]).finditer(talk.agent_sounds):
        start, end = talk.agent.turn_at(match.start())
        if start == 0 or any(a < match.end() and match.start() < b for a, b in other):
            continue
        if detail.state is State.NOT_ASKED or _refers_to_records(talk, start, end):
            return True
    return detail.state is State.MISSING and _keeps_it(talk, detail)


def _means_this_number(talk: Talk) -> bool:
    """Whether the agent takes the number that the call comes from, which has to be read out."""
    this = sound_regex(THIS_NUMBER).search(talk.agent_sounds)
    return this is not None and not _says(talk, OLD)


THIS_NUMBER = (
    "(?:这个|现在的?|打来的?|打进来的?|打过来的?|来电的?|来电显示的?)(?:这个)?(?:电话|手机|号)"
)
"""How the agent speaks of the caller's own number."""
OLD = "上次|上回|原来|以前|之前|原先|预留|档案|系统"
"""What says that a number was read out in an earlier call."""


def _gave(talk: Talk, detail: Detail) -> bool:
    """Whether the customer surely gave a detail in numbers or as a name."""
    if detail.name == "name":
        return _is_clear(talk, name_talk(talk).answer)
    if detail.name == "address":
        return any(m.kind != "loose" for m in marks_of(talk, talk.customer))
    return bool(number_talk(talk, detail.name).customer.digits)


def _refers_to_records(talk: Talk, start: int, end: int) -> bool:
    return sound_regex(KNOWN).search(talk.agent_sounds, start, end) is not None


def _keeps_it(talk: Talk, detail: Detail) -> bool:
    """Whether the customer answers the question with a refusal or a word of the records."""
    for begin, _ in talk.zones(detail.name):
        start, stop = talk.between(talk.customer, begin, begin + ANSWER_MS)
        if sound_regex(KEEPS_IT).search(talk.customer_sounds, start, stop):
            return True
    return False


ANSWER_MS = 15_000


def _name_stands(talk: Talk, detail: Detail) -> bool:
    if detail.state is State.NOT_ASKED:
        return not (_titled(talk) or read_names(talk) or _said_by_both(talk))
    if detail.state is State.MISSING:
        return _is_clear(talk, name_talk(talk).answer)
    return detail.state is not State.WRONG or not _heard_from_both(talk, detail)


def _titled(talk: Talk) -> bool:
    """Whether the agent calls the customer by a surname (好，张先生)."""
    text = talk.agent.text
    return any(
        text[match.start() - k] in SURNAMES
        and not NEVER_IN_A_NAME.search(text[match.start() - k : match.start()])
        for match in sound_regex(TITLES).finditer(talk.agent_sounds)
        for k in range(1, min(MAX_SURNAME_REACH, match.start()) + 1)
    )


def _said_by_both(talk: Talk) -> bool:
    """Whether the agent repeats a clause of two or three characters that may be a rare name."""
    turns = {talk.customer.turn_at(m.start)[0] for m in marks_of(talk, talk.customer)}
    bounds = pairwise((*talk.customer.pauses, len(talk.customer.text)))
    mine = {
        talk.customer.text[a:b] for a, b in bounds if b > a and talk.customer.turn_at(a)[0] in turns
    }
    names = [name for name in mine if _may_be_a_name(name)]
    return any(same_name(name, said) for said in _clauses(talk.agent) for name in names)


def _may_be_a_name(text: str) -> bool:
    return (
        NAME_CHARS[0] <= len(text) <= NAME_CHARS[1]
        and not NEVER_IN_A_NAME.search(text)
        and not is_generic(text)
        and not any(char in CLEAR_DIGITS or char in PLACES for char in text)
    )


PLACES = "边路口旁面对楼区街栋院门店里家层户室东西南北上下"
"""Characters of what describes a place, not a person: 靠马路."""


def _clauses(track: Track) -> list[str]:
    bounds = (*track.pauses, len(track.text))
    return [track.text[a:b] for a, b in pairwise(bounds)]


def _is_clear(talk: Talk, answer: tuple[int, int]) -> bool:
    """Whether an answer holds a name, by its surname or its length."""
    start, stop = answer
    bounds = [start, *(p for p in talk.customer.pauses if start < p < stop), stop]
    places = [m.start for m in marks_of(talk, talk.customer) if m.kind != "loose"]
    for begin, end in pairwise(bounds):
        if talk.is_certain and any(begin <= place < end for place in places):
            continue  # 粮食局家属院十号楼 holds no 梁
        first, _ = after_lead(talk, begin, end)
        name = talk.customer.text[first:end].rstrip(PARTICLES)
        begun = name[: NAME_CHARS[0]]  # a recogniser writes no pauses: 罗军罗城的罗军人的军
        if not name or NEVER_IN_A_NAME.search(begun) or is_generic(name):
            continue
        by_length = begin == start and len(name) in NAME_CHARS and not NEVER_IN_A_NAME.search(name)
        if talk.customer.syllables[first] in surname_sounds() or by_length:
            return True
    return False


def _heard_from_both(talk: Talk, detail: Detail) -> bool:
    """Whether the name that the agent said instead was the customer's word, too."""
    said = detail.repeated.quote if detail.repeated else ""
    if talk.is_certain and said[:1] in SURNAMES:
        return holds_name(said, talk.customer.text)
    pairs = [said[k : k + 2] for k in range(len(said) - 1) if said[k] in SURNAMES]
    return any(holds_name(pair, talk.customer.text) for pair in pairs)


def _is_mended(talk: Talk, detail: Detail) -> bool:
    """Whether a reading that was wrong was taken back and some of it read again (哦，最后是三)."""
    numbers = number_talk(talk, detail.name)
    if not (numbers.read and numbers.agent.places):
        return False
    first = min(talk.time(talk.agent, place[1] - 1) for place in numbers.agent.places)
    start, stop = talk.between(talk.customer, first, FOREVER)
    back = sound_regex(TAKEN_BACK).search(talk.customer_sounds, start, stop)
    own = numbers.given or numbers.customer.digits
    digits = any(
        m.start >= start and (not talk.is_certain or (m.kind == "loose" and m.value in own))
        for m in marks_of(talk, talk.customer)
    )
    if back is None and not digits:
        return False
    at = talk.time(talk.customer, back.start() if back else start)
    begin, end = talk.between(talk.agent, at, at + MENDING_MS)
    again = [run_at(numbers.agent, p) for p in numbers.agent.places if p[0] >= begin]
    if again and set(again) == {numbers.read[0]}:
        return False  # the same digits once more
    if any(begin <= m.start < end for m in marks_of(talk, talk.agent)):
        return True
    return any(c in CLEAR_DIGITS and c != "一" for c in talk.agent.text[begin:end])  # 查一下


MENDING_MS = 15_000
