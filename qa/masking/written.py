"""Texts that people wrote about a call: reasons, remarks, appeals, answers, results of checks.

Nobody asked for a name before it was written, and nobody checks what stands there: so these are
read more strictly than what was said. Hiding a word too many costs little here, a name left does.
"""

import re
from collections.abc import Iterator
from itertools import chain

from qa.masking.apply import MARK, Heard, mask_text
from qa.masking.kept import kept_positions
from qa.scoring.surnames import DOUBLE_SURNAMES, NAME_LIKE, SURNAMES

Stretch = tuple[int, int]
_MAX_BARE = 6
"""Characters after 住 that are a compound's name although nothing in them says so."""
_HAN = "\u4e00-\u9fff"
_TITLES = (
    "先生|女士|小姐|老板|阿姨|大爷|大妈|大姐|大哥|大叔|叔叔|太太|"
    "老师|师傅|经理|主任|班长|部长|总|某"
)
_PERSONS = (
    "客户|顾客|用户|业主|住户|租户|房东|房客|户主|机主|联系人|报修人|来电人|投诉人|申请人|收件人|当事人|"
    "老公|老婆|丈夫|妻子|爱人|儿子|女儿|父亲|母亲|家属"
)
_NAMED = "姓名|名字|名叫|真名|全名|叫做|叫作|本人|我叫|他叫|她叫"
_LINK = r"(?:的?(?:姓名|名字))?[是叫为:：\s“”\"「『（(【《,，、·-]*"
_STRONG = re.compile(f"(?:{_PERSONS}|{_NAMED}){_LINK}")
_WEAK = re.compile("(?<![不只都还就要若但可凡])[是叫姓](?![是叫])")
_UNLIKE = re.compile(f"(?:{_TITLES}|[{_HAN}](?:方|家|属|户|于))")
_NO_NAME = re.compile(
    "申诉|管理|管道|管线|平均|平常|查[找询看无实不]|范围|单元|方[态面式法案向位]|周[旋围期边末日一二三四五六]|"
    "高[峰温压层度]|常[见常用]|经[过常]|时[间候]|任[务意]|金额|白[天跑]|安[抚慰全]|全[程部家]|应[答当该]|连[续接]|"
    "能[够否]|许[多久]|强[硬调]|包[含括]|关[闭机门阀]|温[度和]|水[管温压]|程[序度]|车位|房[子屋间东]|费用|卡号|"
    "毕竟|严[重格]|胡[说乱]|顾[虑及客]|左[右边]|祝[您福愿]|谈话|迟迟|莫名|余额|段[时落]|路[上线口]|何[况时]|"
    "解[释决答]|明[确显白]|成[立功绩]|万[分一]|易[怒]|牛[气]|都[是不]|冷[静漠]|计[划时]|相[关同]|石[材]|季[节度]|"
    "孔[洞]|叶[片]|雷[同]|宣[传布]|符合|席位|原[因来话]|元[旦]|华丽"
)
_OWN_THING = re.compile("的?(?:电话|手机|号码|地址|姓名|名字|住址|家)")
_TELLS_OF = re.compile(
    "先生|女士|小姐|来电|反映|反馈|投诉|报修|催|说|称|住|家住|家|的|打|要求|电话|手机|表示|再次|[\\s,，、:：（(]"
)
# Characters that begin what a customer did, and hardly ever stand in a given name.
_GOES_ON = frozenset(
    "说讲住来打的在已要电反报投问表提称没不是和与给跟让把被对向从到也都就还很会可又再未无您你我他她它们这那哪个"
    "昨今前后认觉应着过了吗吧呢啊先女接听回拒挂骂催付退换当等按因如则而且或及用做去拿看找叫请您号手座家处者"
    "强但却只才所自主多次有本该此"
)
# Surnames that are ordinary words as well: 客户常说, 客户高温.
_WORDS = frozenset(
    "常高方于金周时何任文明白安万成许单都能连向经查解应当相管包强保计全花关游曲程段温易牛马毛米乐宁"
    "平项路江石田车边房钟左焦冷沿位符席原台衣和水元严毕商冀费宣申查范迟胡顾"
)
_CLAUSE = re.compile(f"(?<![{_HAN}0-9A-Za-z])(?=[{_HAN}])")
_END = re.compile(rf"[^{_HAN}]|$")
_NUMBERED = re.compile(
    rf"([{_HAN}]{{2,16}}?)(?=[\s,，、的]?(?:[0-9零〇一二三四五六七八九十百两]{{1,4}}|[A-Za-z])"
    r"(?:号楼|号院|号(?=[0-9])|栋|幢|座|单元|#|楼(?=[0-9])|[-－—/][0-9]{1,2}[-－—/][0-9]{2,4}))"
)
_COMPOUND = re.compile(
    rf"([{_HAN}]{{1,12}}?)(?:小区|社区|家园|花园|嘉园|公寓|新村|新城|家属院|家属楼|雅苑|名苑|佳苑|名都|华府|"
    "豪庭|山庄|庭院|国际城|世纪城|大厦|广场|胡同|大街|大道|街道|家苑|华庭|名邸|公馆|别墅|宿舍)"
)
_ROAD = re.compile(rf"([{_HAN}]{{1,10}}?)[路街巷弄道][0-9零一二三四五六七八九十百]{{1,5}}(?:号|弄)")
_LIVES = re.compile(
    rf"(?:家住在?|住在|住址[是为在]?|住(?!院|户|宅|房|址|的|家里)|家在|位于|地址[是为在]?)[\s:：,，“「（(]*"
    rf"(?P<place>[{_HAN}]{{2,12}})"
)
_ENDING = re.compile("[苑里村城府园湾庄庭邸郡都院街路巷弄区镇县乡屯寓墅厂]")
_THEN = re.compile("报修|反映|投诉|来电|要求|暖气|暖|漏|停|的|说|称|家|，|楼|单元|打|已|且|并|想")
_TO_PLACE = re.compile(
    f"^.*(?:家住在?|住在|住(?!宅)|地址[是为在]?|住址[是为在]?|位于|来自|[是在到去为说从叫，]|{_PERSONS})(?=.)"
)
_ANY_PLACE = re.compile(
    "(?:这个|那个|该|本|此|整个|我们|你们|他们|您|同一?个?|全|某个?|哪个|什么|其他|别的|老旧?|旧|新|的|个|一个|"
    "几个|多个|各个?|所说|说的|所住|住的|提到的|按照?|根据|所有|有的|问清|核实|确认|没有?问|未问|复述|没复述|未复述|物业|所在)*"
)
_NO_PLACE = re.compile(
    "什么|怎么|[不没未]|有误|可能|有问题|以及|复述|核实|确认|询问|没问|未问|不对|不全|错误|记录|登记|信息|完整|准确|清楚|重复|听清|说的|"
    "漏说|不一致|已经|坐席|客户|电话|姓名|一共|总共|大约|这里|那里|哪里|这边|那边|几号|多少|具体|现场|附近"
)


def mask_written(text: str, heard: Heard) -> str:
    """Hide what is personal in a text that somebody wrote about a call.

    More than `mask_text` finds: names after 客户, 业主, 姓名, 是 and before a telephone number,
    compounds and streets before a building's number, after 住 and by their endings. Numbers of
    agents and rules, times, days, points and scores stay.

    Args:
        heard: what `listen` found in the call; of a call that is not at hand, of an empty one.

    Returns:
        The text with a mark for each hidden character; as long as it was.
    """
    masked = mask_text(text, heard)
    kept = kept_positions(text)
    chars = [text[k] if k in kept else char for k, char in enumerate(masked)]
    names = list(_names(text))
    for start, end in chain(names, _repeated(text, names), _places(text)):
        for k in range(start, end):
            if text[k].isalnum() and k not in kept:
                chars[k] = MARK
    return "".join(chars)


def _names(text: str) -> Iterator[Stretch]:
    for lead in _STRONG.finditer(text):
        if size := _name_at(text, lead.end()):
            yield lead.end(), lead.end() + size
    for lead in _WEAK.finditer(text):
        size = _name_at(text, lead.end())
        if size and (text[lead.end()] not in _WORDS or _ends(text, lead.end() + size)):
            yield lead.end(), lead.end() + size
    yield from _names_by_number(text)
    for thing in _OWN_THING.finditer(text):
        if size := _name_before(text, thing.start()):
            yield thing.start() - size, thing.start()
    for clause in _CLAUSE.finditer(text):
        at = clause.end()
        size = _name_at(text, at)
        if size > 1 and text[at] not in _WORDS and _TELLS_OF.match(text, at + size):
            yield at, at + size


def _name_at(text: str, start: int) -> int:
    """Return how many characters of a text are a name from a position on; 0 where none begins."""
    double = text[start : start + 2] in DOUBLE_SURNAMES
    family = 2 if double else 1
    if not double and text[start : start + 1] not in SURNAMES:
        return 0
    rest = text[start + family : start + family + 3]
    if re.match(_TITLES, rest):
        return family
    if NAME_LIKE.match(text, start) or _NO_NAME.match(text, start) or not _is_han(rest[:1]):
        return 0
    is_word = not double and text[start] in _WORDS
    if rest[0] in _GOES_ON and (is_word or not _is_han(rest[1:2]) or rest[1] in _GOES_ON):
        return 0
    if not _is_han(rest[1:2]) or rest[1] in _GOES_ON or re.match(_TITLES, rest[1:]):
        return 0 if is_word and _UNLIKE.match(text, start) else family + 1
    return family + 2


def _names_by_number(text: str) -> Iterator[Stretch]:
    """Find names that stand right before a telephone number."""
    for number in re.finditer(
        r"(?<![\d-])[\s(（:：,，]{0,2}(?=1[3-9]\d[\s-]?\d{4}|0\d{2,3}-?\d{7})", text
    ):
        at = number.start()
        if size := _name_before(text, at):
            yield at - size, at


def _name_before(text: str, end: int) -> int:
    """Return how many characters before a position are a name; 0 where none ends there."""
    sizes = (size for size in (4, 3, 2) if end >= size)
    return next((size for size in sizes if _name_at(text[:end], end - size) == size), 0)


def _repeated(text: str, names: list[Stretch]) -> Iterator[Stretch]:
    """Find the names again, and the given names of three characters by themselves."""
    found = {text[start:end] for start, end in names if end - start > 1}
    for name in found | {name[1:] for name in found if len(name) == 3}:
        yield from ((m.start(), m.end()) for m in re.finditer(re.escape(name), text))


def _places(text: str) -> Iterator[Stretch]:
    for match in chain(_COMPOUND.finditer(text), _ROAD.finditer(text)):
        start = _after_lead(text, match.start(1), match.end(1))
        if not _ANY_PLACE.fullmatch(text[start : match.end(1)]):
            yield start, match.end()
    for match in _NUMBERED.finditer(text):
        start = _after_lead(text, match.start(1), match.end(1))
        if match.end(1) - start > 1 and not _NO_PLACE.search(text, start, match.end(1)):
            yield start, match.end(1)
    for match in _LIVES.finditer(text):
        place = match["place"]
        if (then := _THEN.search(place)) and then.start() > 1:
            place = place[: then.start()]
        ending = max((m.end() for m in _ENDING.finditer(place) if m.start()), default=0)
        size = ending or len(place)
        if (ending or size <= _MAX_BARE) and not _NO_PLACE.search(place[:size]):
            yield match.start("place"), match.start("place") + size


def _after_lead(text: str, start: int, end: int) -> int:
    """Leave out what leads to a place: 客户家住, 地址是."""
    lead = _TO_PLACE.match(text[start:end])
    return start + lead.end() if lead else start


def _ends(text: str, position: int) -> bool:
    """Whether a name may end here: what follows belongs to no name."""
    return bool(_END.match(text, position)) or text[position] in _GOES_ON


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"
