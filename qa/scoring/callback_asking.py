"""How the five questions of a callback are asked: what is asked about, and forms of asking.

A ruleset lists wordings; people have more. Here each question is a topic (态度, 费用, 意见 …) with
a form of asking about it (…吗, …没有, 有没有…, 怎么样, a choice, an invitation) behind or before
it, within one sentence. It reads characters only, word for word, and is quick; what recognition
wrote with other characters is found by sound (`callback_questions.find_places`).
"""

import re
from dataclasses import dataclass
from typing import Final

from qa.scoring.callback_answers import ATTITUDE, CHARGED, PAUSE, POINTS, REMARK, SOLVED
from qa.scoring.track import Track

STOP = "。"
"""Stands between two sentences in the text that is read."""
_IGNORED = frozenset("呃唔嗯")

_END = r"(?=[啊呀哈呢哦了的嘞呗]{0,2}(?:[，。]|$))"
_ASK = r"(?:吗|嘛|么|没有?|没呢|吧|不|呢|是吧|对吧|是吗|对吗|是不是|对不对)" + _END
_HOW = (
    r"(?:怎么样|怎样|怎么个样|咋样|咋个样|咋的|咋地|如何|啥样|什么样|行不行|好不好|中不中|可不可以|过不过关|"
    r"到不到位|(?:满不|满意不)满意|满意(?:还是|普通|，普通|，一般)|是否满意|"
    r"(?:还行|还可以|还好|还成|不错|挺好|还过得去|行|可以|好|满意|到位|客气|周到|热情|礼貌|耐心|认真|合格)(?:的)?"
    r"(?:吗|嘛|么|吧|不|没|是吧|对吧))"
)
_REPAIRER = (
    r"(?:师傅|维修工|维修员|维修的|维修人员|修理工|修理的|修暖气的|工人|工作人员|小伙子?|小哥|大哥|"
    r"上门的|上门人员|来修的|去修的|干活的|人家)"
)
_MANNER = r"(?:态度|服务|表现|为人|人品|人怎|人咋|人还|人好|说话|工作|干活|活儿?|手艺)"
_GOOD = r"满意"
_FAIR = r"(?:普通|一般|还行)"
_BAD = r"不满意"
_OR = r"[，还是或者呢啊跟和]{0,4}"

_MONEY = r"(?:费用?|钱|现金|红包|小费)"
_TAKE = r"(?:收取|收费|收钱|收|要钱|要|花|掏|付|给|交|拿|产生)"

_REMARK = r"(?:意见|建议|看法|宝贵意见)"
_WHAT = (
    r"(?:有没有|有无|是否有|是不是有|还有|有什么|有啥|什么|啥|哪些|哪方面|哪块|哪点|别的|其他|其它)"
)
_BETTER = (
    r"(?:改进|改善|改改|要改|该改|得改|能改|提高|加强|完善|进步|做得更好|做得?[^，。]{0,3}不(?:好|够|对|到位)|"
    r"不到位|不周|不足|欠缺|不称心|别扭|不满意)"
)
_WISH = (
    r"(?:想|要|需要)(?:给我们|跟我们|和我们|对我们|向我们)?(?:反映|提|补充|说|讲|吐槽|交代|嘱咐)"
)

_MENDED = (
    r"(?:解决|修好|修利索|弄利索|修妥|弄妥|弄好|整好|搞好|修理好|维修好|处理好|处理完|处理|办好|搞定|修完|"
    r"修上|恢复正常|恢复|正常|好使|管用|热乎|热起来|热上来|暖和|排除|消除|见好|通水|利索|"
    r"不(?:漏|响|滴|凉|堵|冒)水?)"
)
_THING = (
    r"(?:暖气片?|家里|屋里|屋子|屋|地暖|地热|温度|室内|问题|毛病|故障|修得?|处理得?|弄得?|整得?|效果|"
    r"情况|那事儿?|这事儿?|报修的?|现在)"
)

_FORMS: Final = {
    SOLVED: (
        rf"{_MENDED}了?{_ASK}",
        rf"(?:热|好|通|修)了(?:吗|嘛|么|没有?|吧){_END}|热(?:吗|嘛|不){_END}",
        r"解决没解决|修没修好|修好没修好|弄没弄好|好没好|热没热|热不热|暖不暖和?|漏不漏|响不响|凉不凉|解不解决|"
        r"好不好使|管不管用|正不正常|来没来修|(?:是不是|有没有|是否)(?:都|已经|给您|彻底|真的|完全){0,2}"
        rf"(?:{_MENDED}|热|好了|修)",
        rf"还(?:在)?(?:漏|响|滴|凉|冷|堵|不热|有(?:问题|毛病|漏|响声|异响))[^，。]{{0,3}}{_ASK}",
        rf"{_THING}[^，。态师服]{{0,8}}?(?:怎么样|怎样|咋样|咋个样|如何|啥样|什么样){_END}",
    ),
    ATTITUDE: (
        rf"态度[^。]{{0,14}}?{_HOW}",
        rf"{_REPAIRER}[^。分]{{0,12}}?{_MANNER}[^。分]{{0,10}}?{_HOW}",
        rf"{_REPAIRER}[^。分题]{{0,8}}?(?:(?:满不|满意不)满意|是否满意|满意(?:吗|嘛|么|吧|不|还是|，)|评价)",
        rf"{_GOOD}{_OR}{_FAIR}{_OR}{_BAD}|{_BAD}{_OR}{_FAIR}{_OR}{_GOOD}|{_GOOD}{_OR}{_BAD}{_OR}{_FAIR}",
        rf"(?:评价|评一?评|说说|谈谈|讲讲)[^，。]{{0,4}}{_REPAIRER}",
        rf"{_REPAIRER}[^，。]{{0,6}}(?:客不客气|热不热情|礼不礼貌|有没有礼貌|耐不耐心|周不周到|耐心吗|有礼貌吗|客气吗)",
        rf"{_REPAIRER}[^，。]{{0,6}}有没有[^，。]{{0,4}}(?:不礼貌|不客气|发脾气|甩脸|耍态度|不耐烦|态度不)",
    ),
    CHARGED: (
        rf"(?:有没有|有无|是否|是不是|收没收|要没要|花没花|掏没掏|付没付)[^，。]{{0,8}}?(?:收费|{_TAKE}?[^，。提]{{0,6}}?{_MONEY})",
        rf"{_TAKE}[^，。]{{0,8}}?{_MONEY}[^，。]{{0,3}}?{_ASK}",
        rf"{_MONEY}[^，。]{{0,6}}?(?:收|要|花|掏|付|产生)(?:了|过|您的?|没){{0,2}}{_ASK}",
        rf"(?:收费|收钱|要钱|掏钱|花钱|付费|付钱)[^，。]{{0,3}}?{_ASK}",
        r"(?:收没收|要没要)(?=[^，。]{0,4}(?:[，。]|$))",
        rf"免费[^，。]{{0,5}}?{_ASK}",
        rf"{_MONEY}(?:这块儿?|方面|上头?|这项|呢|的话|的事儿?|的情况)，?[^。]{{0,8}}?(?:收|要|花|有没有|没有|怎么样){_END}",
        r"(?:收|要|花|掏)了?(?:您|您家)?(?:多少|几块|几个)钱",
    ),
    POINTS: (
        r"(?<!您)(?:打|评|赏)(?:一下|下|一个|个|出个?)?分(?!是|的是|很|了)",
        r"(?:几|多少|多大)分(?!钟)",
        r"(?:打|评|给)(?:我们|咱|这次|本次|服务|工作|一下|个){0,3}(?:多少|几分|分数|打几)",
        r"(?:零|一|1|从一|从1)分?(?:到|至)(?:十|10)分?",
        r"满分(?:是|为|就是)?(?:十|10)|(?:十|10)分(?:是|为)?(?:满分|制|最高|封顶)",
    ),
    REMARK: (
        rf"{_REMARK}[^。]{{0,8}}?(?:吗|嘛|么|没有?|呢|吧|不|有没有){_END}",
        rf"{_WHAT}[^，。]{{0,8}}?(?:{_REMARK}|{_BETTER}|想反映|要反映|需要反映)",
        rf"(?:提|说|讲|留|给)[^，。的]{{0,6}}?{_REMARK}",
        rf"(?:哪里|哪儿|哪些|哪块|哪点|哪方面|哪样|啥地方|什么地方|啥|什么)[^。]{{0,14}}?{_BETTER}",
        rf"{_BETTER}[^，。]{{0,6}}(?:您|，您|，)(?:都|也)?(?:尽管|只管|随便|可以|多|直接)[^，。]{{0,4}}(?:提|说|讲)",
        rf"{_WISH}[^。]{{0,8}}?{_REMARK}",
        rf"{_REMARK}(?:都|也)?(?:行|可以|成|欢迎)|(?:欢迎|希望|盼着)您?[^，。]{{0,4}}(?:提|说)[^，。]{{0,6}}{_REMARK}",
    ),
}
_ASKED: Final = {kind: tuple(re.compile(form) for form in forms) for kind, forms in _FORMS.items()}
_UNLESS: Final = {
    SOLVED: re.compile(
        r"解决的话|修好的话|没解决的(?!吗)|没修好的|就好|就行|态度|满意|打分|几分|多少分|收费|"
        r"方便|(?:费用?|钱)|建议|意见|时间|行吗|尽快|等|处理情况|联系|(?:给|帮|为)您[^，。]{0,4}(?:处理|解决|恢复)[^，。了]*吧"
    ),
    ATTITUDE: re.compile(r"建议|意见|打分|几分|分数|一到十|多少分|评分|改进|方便"),
    CHARGED: re.compile(
        r"收费(?:工作|大厅|时间|员|处|标准|站)|(?:供暖|取暖|采暖|暖气|暖|热|热力|供热)费|建议|意见|收据|发票|收到|"
        r"打几?分|交上"
    ),
    POINTS: re.compile(r"分(?:钟|公司|店|站)|您(?:刚才)?打的?是"),
    REMARK: re.compile(
        r"随时|记录|记下|记上|上报|反映给|(?:的|这个|这条|谢谢您的?|感谢您的?)(?:建议|意见)(?!有|吗|没)|"
        r"(?:师傅|维修工|维修人员)[^，。]{0,4}(?:态度|满意)|普通|转达"
    ),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Where a question is asked word for word, in positions of the track's text."""

    kind: str
    start: int
    end: int
    text: str


def marked(track: Track) -> tuple[str, tuple[int, ...]]:
    """Write a track with its pauses and stops, and for each character its position.

    A mark has the position of the character before it. Once for each track.
    """
    known: tuple[str, tuple[int, ...]] | None = track.memo.get(marked)
    if known is None:
        known = track.memo[marked] = _marked(track)
    return known


def _marked(track: Track) -> tuple[str, tuple[int, ...]]:
    pauses, stops = set(track.pauses), set(track.stops)
    text: list[str] = []
    positions: list[int] = []
    for at, character in enumerate(track.text):
        if at and (at in pauses or at in stops):
            text.append(STOP if at in stops else PAUSE)
            positions.append(at - 1)
        if character not in _IGNORED:
            text.append(character)
            positions.append(at)
    return "".join(text), tuple(positions)


def askings(track: Track) -> list[Asking]:
    """List where the questions are asked word for word, in no order; one may come twice."""
    text, positions = marked(track)
    found = []
    for kind, forms in _ASKED.items():
        unless = _UNLESS[kind]
        for form in forms:
            for match in form.finditer(text):
                start, end = match.span()
                if not unless.search(text, _before(text, start), _after(text, end)):
                    place = positions[start], positions[end - 1] + 1
                    found.append(Asking(kind, *place, match[0]))
    return found


def _before(text: str, at: int) -> int:
    """Return where the clause begins that holds a position."""
    return max(text.rfind(PAUSE, 0, at), text.rfind(STOP, 0, at)) + 1


def _after(text: str, at: int) -> int:
    """Return where the clause ends that ends at a position or goes on there."""
    ends = [end for mark in (PAUSE, STOP) if (end := text.find(mark, at)) >= 0]
    return min(ends, default=len(text))


_PURPOSE = re.compile(r"回访|方便|占用您|耽误您|打扰您")
PURPOSE_CHARS = 40


def tells_purpose(track: Track, end: int) -> bool:
    """Whether what stands before a position is only what the call is about.

    您家报修处理得怎么样，我们做个回访，您方便吗: nobody is expected to answer the first part.
    """
    turn_end = track.turn_at(end - 1)[1]
    return _PURPOSE.search(track.text, end, min(turn_end, end + PURPOSE_CHARS)) is not None
