"""Customers' names: given on question, spelt out (弓长张), with a title, repeated by the agent."""

import re
from functools import cache

from qa.masking.sheet import Line, Sheet
from qa.masking.spans import Kind
from qa.masking.topics import Topic
from qa.scoring.numbers import CLEAR_DIGITS
from qa.scoring.readback.name_words import GENERIC, LEADS, SPELT
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import DOUBLE_SURNAMES, NAME_LIKE, NEVER_IN_A_NAME, SURNAMES
from qa.scoring.syllables import keys, sounds, syllable_of
from qa.types import Role

_TITLES = "先生|女士|小姐|老板|阿姨|大爷|大妈|大姐|大哥|大叔|叔叔|太太|同志|美女|帅哥|老弟|老人家"
_KIN_TITLES = re.compile("姨|大娘|大伯|伯伯|奶奶|爷爷|婶")
_STAFF_TITLES = "师傅|老师|经理|主任|总|哥|姐"
"""Titles of which most belong to staff: hidden only where the surname is the customer's."""
_LEAD = re.compile(f"^(?:{LEADS})+")
_TELLS = (
    "我叫|本人叫|名字叫|名字是|姓名是|姓名叫|户主是|户主叫|住户叫|户主姓|住户姓|免贵姓|我姓|本人姓|"
    "机主是|机主叫|联系人是|联系人叫|业主叫|业主是"
)
_SURNAME_LEAD = re.compile("(?<![贵么您名])姓(?!名|什么|啥|氏|.的?[小大老]?师傅)")
_TAIL = re.compile("(?:先生|女士|小姐|吧|的|呢|啊|就行|就好|行吗|可以吗|了|是吧|对吧|对吗)+$")
_NO_ANSWER = re.compile(
    f"(?:{GENERIC}|喂|没有|不用|方便|不方便|听|清|怎么|干嘛|问|你|记对|重复|一遍|要|得|匿名|满意|普通|爱人|老伴儿?|老公|媳妇|老婆|[我你他]?[爸妈]|孩子|拜拜|姑娘|小伙子?|晓得|查[到了]|来得及)+"
)
_SPELT_SIGNS = re.compile("[双草木口弓耳文武点人立古]")
"""What a character of three syllables is spelt with: 双木林, 文武斌."""
_FAREWELL = re.compile("再见|拜拜|谢谢|感谢|辛苦|麻烦|尽快|问题|暖气|电话|师傅")
MAX_SPELLING = 14
MAX_NAME = 4
ANSWER, ECHO = 5, 3
"""Lines after the question within which the customer answers and the agent repeats."""


def hide_names(sheet: Sheet, topics: list[Topic]) -> None:
    """Hide the customer's names and how they are spelt out."""
    for line in sheet.lines:
        _titled(sheet, line)
        if line.role is not Role.AGENT:
            _told(sheet, line)
    answering = 0
    for number, (line, topic) in enumerate(zip(sheet.lines, topics, strict=True)):
        if topic.holds("name", len(line.text)):
            if any(name == "name" for name, _ in topic.asked):
                answering = number
            _answered(sheet, line, number - answering, topic)
    for line, topic in zip(sheet.lines, topics, strict=True):
        _known(sheet, line, topic.holds("name", len(line.text)))
    for number, line in enumerate(sheet.lines):
        near = any(NAME in sheet.lines[k].hidden for k in range(max(0, number - 2), number + 1))
        if near:
            _spelt(sheet, line)


NAME = Kind.NAME


def _titled(sheet: Sheet, line: Line) -> None:
    """Hide what stands before 先生 and 女士, as far as it is built like a name."""
    places = [m.start() for m in sound_regex(_TITLES).finditer(line.sounds)]
    for at in places + [m.start() for m in _KIN_TITLES.finditer(line.text)]:
        floor = line.clause(at)[0] if at not in line.starts else at
        before = _LEAD_OF_TITLE.sub("", line.text[floor:at])
        if len(before) == 1 and before not in _NO_SURNAME:
            line.hide(at - 1, at, NAME)
        for size in (4, 3, 2, 1):
            text = before[-size:]
            if len(text) == size and _is_name(text):
                line.hide(at - size, at, NAME)
                if size > 1:
                    sheet.known.names.add(text)
                break


_LEAD_OF_TITLE = re.compile(
    "^(?:请问|您好|你好|您是|好的?|是|嗯|哦|那|喂|对|行|谢谢|就?写|我姓|免贵姓|姓|叫|找一?下?)*"
)
_NO_SURNAME = "我这那位各个老小大您你他她女男的两俩咱啊哎呀了吧呢啥几"


def _is_name(text: str) -> bool:
    if NEVER_IN_A_NAME.search(text) or NAME_LIKE.search(text):
        return False
    if text[:2] in DOUBLE_SURNAMES:
        return True
    return text[0] in SURNAMES and len(text) <= 3


def _told(sheet: Sheet, line: Line) -> None:
    """Hide names that are told with a lead-in: 我叫王建国, 免贵姓王, 户主是我妈李桂英."""
    for found in re.finditer(_TELLS, line.text):
        _hide_name(sheet, line, found.end(), line.clause(found.end() - 1)[1])
    for match in _SURNAME_LEAD.finditer(line.text):
        end = line.clause(match.start())[1]
        if match.end() < end and line.text[match.end()] in SURNAMES:
            size = 2 if line.text[match.end() : match.end() + 2] in DOUBLE_SURNAMES else 1
            line.hide(match.end(), match.end() + size, NAME)
            sheet.known.names.add(line.text[match.end() : match.end() + size])


def _hide_name(sheet: Sheet, line: Line, start: int, end: int) -> None:
    """Hide the name that a stretch begins with; all of it where it is short."""
    rest = line.text[start:end]
    if tail := _TAIL.search(rest):
        rest = rest[: tail.start()]
    if not rest or not _may_be_name(rest[:MAX_NAME]):
        return
    size = len(rest)
    if size > MAX_NAME:
        fits = [n for n in (3, 2, 4) if _is_name(rest[:n])]
        if not fits:
            return
        size = fits[0]
    line.hide(start, start + size, NAME)
    if size > 1:
        sheet.known.names.add(rest[:size])


def _answered(sheet: Sheet, line: Line, age: int, topic: Topic) -> None:
    """Hide the name in the answer to a question for it, and in the agent's echo."""
    for start, end in line.clauses():
        if not topic.holds("name", start) or _FAREWELL.search(line.text, start, end):
            continue
        lead = _LEAD.match(line.text[start:end])
        first = start + (lead.end() if lead else 0)
        if lead and first == end and end - start > 1:
            continue
        first = min(first, end)
        rest = line.text[first:end]
        if tail := _TAIL.search(rest):
            rest = rest[: tail.start()]
        near = age <= (ECHO if line.role is Role.AGENT else ANSWER)
        named = near and bool(rest) and _sounds_like_name(rest)
        short = line.role is not Role.AGENT and age <= 1 and len(rest) in (2, 3)
        short = short and not any(NAME is k for k in line.hidden[:start])
        if len(rest) <= MAX_NAME and _may_be_name(rest) and (named or short):
            line.hide(first, first + len(rest), NAME)
            if len(rest) > 1 or rest in SURNAMES:
                sheet.known.names.add(rest)


def _may_be_name(text: str) -> bool:
    """Whether nothing in a text says that it is no name."""
    if NEVER_IN_A_NAME.search(text) or NAME_LIKE.search(text) or _NO_ANSWER.fullmatch(text):
        return False
    return "什么" not in text and not any(c in CLEAR_DIGITS for c in text[:2])


def _sounds_like_name(text: str) -> bool:
    if _is_name(text):
        return True
    if len(text) not in (2, 3) or NEVER_IN_A_NAME.search(text) or NAME_LIKE.search(text):
        return False
    return not _NO_ANSWER.match(text) and syllable_of(text[0]) in _common_sounds()


@cache
def _common_sounds() -> frozenset[str]:
    """Return how common surnames sound; rarer ones sound like too many words."""
    return frozenset(map(syllable_of, _COMMON))


_COMMON = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎潘杜"
    "戴夏钟田任范方石姚谭廖邹熊金郝孔白崔康毛邱秦顾侯邵孟龙万段雷钱汤尹常乔赖龚文"
)


def _known(sheet: Sheet, line: Line, in_topic: bool) -> None:
    """Hide what is known already: by its characters anywhere, by sound where that is safe."""
    for name in sorted(sheet.known.names, key=len, reverse=True):
        if len(name) == 1:
            _hide_surname(line, name)
            continue
        _hide_all(line, line.text, name)
        given = name[1:] if len(name) == 3 else name[2:] if len(name) == 4 else ""
        if given:
            _hide_all(line, line.text, given)
        if len(name) > 2 or in_topic:
            _hide_all(line, line.sounds, sounds(name))
        if in_topic:
            _hide_all(line, keys(line.text), keys(name))
            if given:
                _hide_all(line, line.sounds, sounds(given))
        _hide_surname(line, name[:2] if name[:2] in DOUBLE_SURNAMES else name[0])


def _hide_all(line: Line, text: str, sought: str) -> None:
    at = text.find(sought)
    while at >= 0:
        line.hide(at, at + len(sought), NAME)
        at = text.find(sought, at + 1)


def _hide_surname(line: Line, surname: str) -> None:
    """Hide the customer's surname before a title: 王先生, 王师傅, 老王, 小王."""
    titles = sound_regex(f"{_TITLES}|{_STAFF_TITLES}")
    at = line.text.find(surname)
    while at >= 0:
        end = at + len(surname)
        titled = titles.match(line.sounds, end) and line.role is not Role.CUSTOMER
        if titled or (at and line.text[at - 1] in "姓"):
            line.hide(at, end, NAME)
        at = line.text.find(surname, at + 1)


def _spelt(sheet: Sheet, line: Line) -> None:
    """Hide clauses that spell a character of a known name: 建设的建, 草字头那个董, 弓长张."""
    chars = {c for name in sheet.known.names for c in name} - {"的"}
    for spelling, surname in SPELT.items():
        for found in sound_regex(f"{spelling}(?:那个|的|字)?{surname}?").finditer(line.sounds):
            if surname in chars:
                line.hide(found.start(), found.end(), NAME)
    codes = {sounds(c) for c in chars}
    for start, end in line.clauses():
        text = line.text[start:end].rstrip("吧呢啊吗")
        if not 2 < len(text) <= MAX_SPELLING or _ASKING.search(text):
            continue
        last = text[-1]
        known = last in chars or (line.role is not Role.AGENT and sounds(last) in codes)
        spells = re.search("的|字|那个|旁", text) or (len(text) == 3 and _SPELT_SIGNS.search(text))
        shape = re.search("字头|草头|字旁|三点水|单立人|偏旁", text)
        if (known and spells) or (shape and codes & set(line.sounds[start:end])):
            line.hide(start, end, NAME)


_ASKING = re.compile("请问|您的|哪|什么|吗|师傅|的$")
