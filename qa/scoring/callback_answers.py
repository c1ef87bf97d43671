"""Read the answers of a callback from the customer's words: solved, attitude, charged, points.

Each kind of answer has one regular expression whose named groups are what an answer may mean.
They read characters; `callback_sounds` comes in where recognition wrote homophones. An answer
that leaves a choice (还行吧, 八九分吧) has several values: it agrees with nothing and contradicts
little.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from qa.scoring.numbers import CLEAR_DIGITS

SOLVED, ATTITUDE, CHARGED, POINTS, REMARK = "solved", "attitude", "charged", "points", "remark"
YES, NO = "yes", "no"
GOOD, FAIR, BAD = "满意", "普通", "不满意"
UNRATED = "-"
"""The customer cannot rate the repairer: nobody came, or nobody was seen."""
OPEN = "?"
"""Stands for any value: the customer took an answer back, and what came instead was not read."""
PAUSE = "，"
"""Stands between two clauses in the text that is read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was said in answer to a question.

    Attributes:
        values: what it may mean; several where it leaves a choice.
        start, end: positions in the text that was read, half-open.
        firm: whether it may contradict a keyed answer; 嗯 or a number by sound may not.
        bare: whether it means something only as a reply (没有).
    """

    values: frozenset[str]
    start: int
    end: int
    firm: bool = True
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """How a question was put, which decides what a bare 没有 or 嗯 means.

    Attributes:
        agreeing, denying: values of 嗯 and of 没有; None where they say nothing.
    """

    agreeing: str | None = None
    denying: str | None = None


_END = rf"(?={PAUSE}|$)"
_BEGIN = rf"(?:(?<={PAUSE})|^)"
_NUMERAL = "[零一二两三四五六七八九十百几半0-9]"

# 问题解决了吗
_SOLVED_SKIP = (
    r"(?:等(?!了)|先[给把帮]|赶紧|赶快|快点儿?|尽快|抓紧|什么时候|啥时候|多会儿|能不能|要是|如果|希望|最好|"
    r"麻烦|让你们|不是说)[^，]{0,6}?(?:修好|弄好|解决|处理好|热|好)|解决没解决|热不热|好没好|"
    r"修没修好?|[解决好热]了(?:吗|没有?)(?=，|$)|(?:刚开始|一开始|开始|本来|原来|原先|之前|以前|当时|"
    r"报修[那的]?(?:时候|会儿|天)|没修(?:之?前|的时候))[^，]{0,6}?(?:不热|凉|没热|漏|不行|冰凉)|"
    r"(?:第一|头一|头|上一|上|前一|前几?|前两)[趟次回遍][^，]{0,6}?(?:没(?:有)?(?:修|弄|整|处理|解决)(?:好|利索|了)?|不热|没热|又漏|没好)|"
    r"没(?:有)?(?:修|热|来人?)(?:之?前|的时候|几天|多久)|[热好]了?(?:一会儿?|一阵|一天|一宿|一晚上|半天|几天|两天|没多久|几个小时|俩小时|[零一二两三四五六七八九十几半0-9]+个?(?:分钟|小时|钟头|天|宿|刻钟))|差不多[^，]{0,2}度"
)
_SOLVED_OPEN = (
    r"一半|差不多|基本上?|大概(?:是|好)|大致|好一?点儿?(?!的)|好一?些|好多了|强一?点儿?|强一?些|强多了|比(?:以前|原来|之前|上次|头)|"
    r"还行|还可以|凑合|有一?点儿?(?:热|温)|温乎|温的|温吞|不温不火|半热|时热时|时好时|有时候?|"
    r"一阵一阵|有的屋|有一?个屋|算是|应该|可能|好像|不知道|不清楚|没注意|没细?看|没试|没在家|"
    r"不在家|说不好|不好说|看看再说|观察|再看看"
)
_SOLVED_DENIED = (
    r"(?:没有?|没能|还没|未|不算|根本没|压根没)(?:给我?|彻底|完全|真正|根本|怎么|完|太|全|咋)*"
    r"(?:解决|修好|弄好|处理好?|整好|修利索|弄利索|弄明白|整明白|搞定|恢复|修完|修上|修|热|好|来人|来修|"
    r"来(?=，|$)|见好|起作用|见效|暖和|改善|(?:什么|啥)?(?:变化|效果|作用|用)(?!户))|"
    r"(?:也|还|能)叫(?:修好|解决|修|热|好)|[那这](?:也|还)?(?:能)?算(?:修好|解决|热|好)|就又?(?:凉|不热|冷|停|漏|坏)了|"
    r"还(?:是|在|得)?(?:不热|没|凉|冷|漏|那样|那个?样|老样子|一样|滴|响|堵|原样|这样|不行|不好|冰|有点儿?[凉冷漏响堵])|"
    r"又(?:不热|凉|漏|坏|冷|不行|不好|停|堵|响|犯|那样|开始漏|开始响|冰)|"
    r"没人(?:来|管|修|搭理)|不热|[冰拔哇瓦]凉|(?:是|都|挺|特别|很)凉的?|凉着呢|凉的|不好使|不管用|不顶用|白修|白来|白折腾|"
    r"跟没修|没修似的|一样凉|老样子|没动静|不行|不见好|修不好|解决不了|弄不了|弄不好|没法住|冻[死得]|"
    r"(?:解决|修好|修|弄好|好|热)(?:了)?(?:什么|啥|个[啥什屁头鬼六毛])|(?:哪儿|哪里?|上哪儿)(?:解决|修好|热|好)了?|"
    r"人影儿?(?:都|也)?没|影儿?(?:都|也)没|没(?:见|看)[着到过]?人|漏得|照样(?:凉|漏|不热)|继续漏|更(?:凉|漏|严重)"
)
_SOLVED_SOFT_DENIED = r"不(?:怎么|咋|太|大|够|算|是很|是太)热"
_SOLVED_YES = (
    r"(?:解决|修好|弄好|处理好|整好|搞定|修完|处理完|修上|修利索|弄利索|弄妥|恢复)(?!不了|了?(?:什么|啥|个[啥什屁头鬼六毛]))(?:正常)?[了啦的]?|"
    r"不(?:漏|响|滴|堵|冷|凉|冒|渗|跑)水?了|热[了啦](?!什么|啥|个)|(?:都|可|挺|很|真|老|特别|非常|倍儿|贼|够|全|屋里|家里|现在)热|"
    r"热(?:乎|得很|得|起来|上来|着|烘|的)|暖和|暖烘|烫手|烫|热气|好使了|(?:嘎嘎|贼|可|挺|老|特别|相当|都|很|真|倍儿|杠杠)好使|好使(?:着|得很)|蒸笼|正常了?(?!吗)|没(?:什么|啥)?(?:问题|毛病)[了啦]?|"
    r"没事儿?了|通了|来暖|供上|二十[^，]{0,2}度|穿(?:短袖|半袖|背心)"
)
_SOLVED_BARE_YES = (
    r"都?好[了啦]|挺好的?|可以了|行了|妥了|好着呢|好得很|都好|非常好|没问题|修了|处理了|弄了"
)

# 维修工态度如何
_ATTITUDE_SKIP = (
    r"满意，?(?:还是)?，?普通，?(?:还是|或者?|和)?，?不满意|满不满意|满意，?(?:还是)?，?不满意|满意(?:吗|度)|"
    r"普通话|不客气|不好(?:说|意思|使|用)|(?:本来|原来|以前|上回|上次)[^，]{0,6}(?:满意|好|不错)|"
    r"一般(?:都|来说|情况|人|家)|比一般|维修普通|普通(?:人|家)"
)
_ATTITUDE_SOFT_GOOD = (
    r"(?:没有?|没啥|没什么|不是|谈不上|说不上)(?:什么|啥)?(?:地方)?不满意|没(?:什么|啥)?意见"
)
_ATTITUDE_BAD = (
    r"[不没](?:太|怎么|咋|大|是很|是太|是特别|很|够|能|算|是那么|那么)?满意|谈不上满意|满意(?:不了|啥|什么|个)|"
    r"(?:能|还能|哪能|怎么能?|哪儿能)满意|哪(?:儿|里)?(?:来的|有)?满意|不咋[地的样]|不怎么[样地好]|(?:太|很|真|特别|挺|可|非常|极|有点儿?|够|相当|态度|服务)差|"
    r"差(?:劲|得很|极了|的很|评)|恶劣|糟糕|太次|不像话|[没不](?:有)?礼貌|爱[搭答]不理|不[搭答]理|不耐烦|瞪(?:眼|我)|骂(?:人|我|咧)|"
    r"凶(?:得|巴|的|我|死)|(?:挺|很|特别|太|真|可)[凶横]|蛮横|甩脸|摔(?:门|东西|打)|没好气|阴阳怪气|气人|生气|投诉|"
    r"(?:态度|服务|人|特别|很|太|真|挺|都|就是)不(?:好|行|怎么行)|没个?好态度|没素质|不尊重|不好(?=，|$)"
)
_ATTITUDE_SHORT = (
    r"差点儿?(?:意思|事儿?|火候|劲)|差强人意|不太好|不太行|不是(?:很|太|特别)好|不算好|"
    r"有待|一般偏下|马虎"
)
_ATTITUDE_FAIR = (
    r"普通|一般|马马虎虎|凑[合乎]|就那[样么](?:样|回事)?|也就那样|中等|不好不坏|中不溜|中间|过得去|说得过去|"
    r"说不上好|平平|中规中矩|不好也不坏|不冷不热|没啥特别|没什么特别"
)
_ATTITUDE_OPEN = (
    rf"还行|还可以|还好|还成|还中|[行中]吧|可以吧|{_BEGIN}(?:也|就|嗯|啊|那)*(?:行|成|可以|可以的|好|好吧)(?:啊|呀)?{_END}|"
    r"不知道|不清楚|没在家|不在家|没注意|说不好|没怎么说话"
)
_ATTITUDE_UNRATED = (
    r"(?:没|没有)(?:见|看|碰|遇)(?:见|着|到|过|上)?|没(?:来过?人|人来|上门|接触|打交道)|(?:评|打|说)不(?:了|上来?|出来?)|"
    r"(?:没法儿?|没办法|咋|怎么|让我咋|怎么能?)(?:评|给.{0,2}评|说态度)|人影儿?(?:都|也)?没|压根儿?没来|谁也没来"
)
_ATTITUDE_GOOD = (
    r"满意|(?:挺|很|非常|特别|真|可|老|相当|蛮|太|倍儿|贼|确实|真是|是真|是|都|那么|这么|十分|也|态度|人|服务|活儿?)"
    r"(?:好(?!像|多|久|几|大|长|说|不)|棒|客气|热情|有礼貌|礼貌|仔细|认真|负责|到位|周到|麻利|专业|可以|和气|耐心|和善|实在|利索|细心|敬业|没的?说)|"
    r"(?:挺|还挺)不错|不错|没得说|没的说|没话说|没得挑|没挑|挑不出|没说的|没毛病|没问题|好着呢|好得很|好极了|好评|杠杠|没治了|"
    r"棒(?=，|$)|给力|热情|客气|礼貌|周到|耐心|任劳任怨|表扬|夸"
)

# 跟您收费了吗
_CHARGED_SKIP = (
    r"[没不]?(?:有|给|开)?收[据条拾音]|收(?:到|工|尾|走工具|费[站员处大标工])|[收要]没[收要](?:了|费|钱|我)*|有没有[收要][费钱]?|"
    r"收[费钱](?:吗|没有?(?=，|$))|收[费钱]了(?:吗|没有?(?=，|$))|(?:不|没|凭啥|凭什么|为啥|为什么)(?:应)?该[收要](?:费|钱)?|凭[什啥]么?[收要]钱?|"
    r"(?:交|缴)[了过]?(?:供暖|取暖|采暖|暖气|热)费|(?:供暖|取暖|采暖|暖气|热)费(?:都|早|已经|也)*(?:交|缴)[了过]?|(?:不|不都|应该)是(?:说|讲|都)?[^，]{0,4}?(?:免费|不收费|不要钱|不收钱)[^，]{0,2}?(?=，|$)|分钟|钟头|块(?:地|砖|板)"
)
_CHARGED_OPEN = (
    r"不清楚|不知道|记不[清得]|忘了|不记得|没注意|没问|我没?在?家?不在|没在家|不在家|说不好|好像|可能|"
    r"退(?:给|了|回)|还给我|(?:要|想|说|打算|非)要?收|(?:没收|没要|没花)(?=几|太多)|问我?(?:媳妇|老公|爱人|老伴|儿子|家里)"
)
_CHARGED_YES_LITTLE = (
    r"没(?:怎么|太)?[收要花](?:我|几个|太)?(?:多少|多|几个)(?:钱|费)?|没少[收要花](?:钱)?"
)
_CHARGED_NO = (
    r"(?:没有?|未|不)(?:怎么|再|有|跟我们?|管我们?|朝我们?|向我们?|和我们?|问我们?|另外|额外|乱|给我)*"
    r"(?:[收要](?:取|过|我|我们|一|啥|什么|任何)*(?:分)?(?:费用?|钱)?(?![据条拾到音求紧票发多么小])|"
    r"(?:花|拿|提|交|掏|给|付|谈|产生)(?:过|他|他们|师傅|人家|一分|啥|什么|任何)*(?:钱|费用?|收费))|"
    r"不要(?:钱|费)?(?=，|$)|(?:他|师傅|人家|说|都|死活|也)不要|不用(?:给|花|掏|交)?钱|免费|[收要](?:啥|什么|个啥|个什么|哪门子)(?:钱|费)(?:呀|啊|哟|哦|嘛|(?=，|$))|没有费用|没费用|没(?:啥|什么)费用|没花钱|白给修|"
    r"[一半][分毛块](?:钱)?(?:都|也|儿)*(?:没|不|未)[^，]{0,2}|分文(?:未|没|不)[^，]?|一个子儿?[都也]?没|没(?:提|说)(?:钱|收费|收钱)|没这事"
)
_CHARGED_YES = (
    r"(?:收|要)(?:费|钱|取)?(?:了|过(?!来)|走)(?:我|我们|人家|他)?|收[费钱]的|(?:收|要)(?:我|我们|咱)(?:了|的?钱|"
    + _NUMERAL
    + r")|"
    r"(?:花|掏|付|给|交|拿|扣)(?:了|过)(?:他|师傅|人家|维修工|个|点儿?)*(?:"
    + _NUMERAL
    + r"+多?(?:块|元|(?=，|$|吧|左右))|钱|费|材料|配件)|"
    r"(?:花|掏|付|给|交)(?:了|过)(?=，|$)|"
    rf"{_NUMERAL}+[多来]?(?:块|元)(?:钱|多)?|收的(?=是|材料|现金|{_NUMERAL})|"
    r"(?:扫码|微信|现金|支付宝|转账)[^，]{0,3}?(?:给|付|转|交)(?:了|给|过|他|师傅)|转(?:了|给)他|"
    r"材料费"
    + _NUMERAL
    + r"+|[收要](?:个|点儿?|的)?(?:材料|配件|零件|上门|人工|工本|阀门|换件)(?:费|钱)"
)

# 请您为我们的服务打分
_DIGIT = "[零〇一二两俩三四五六七八九十0-9]"
_EARLIER = "(?:[上头前]一?[回次]|去年|以前|之前|原来)"
_POINTS_SKIP = (
    r"[一1]分?[到至](?:十|10)分?|满分(?:是|就是)?(?:十|10)分?(?=，|是|吗)|(?:十|10)分(?:制|满分的?话|是?满分吗)|"
    r"十分(?=满意|好|感谢|热情|周到|认真|不|的?满意|负责|到位|可以|客气|谢)|"
    r"(?:扣|减|差|少|再加|加|留)[了个]?[一两二三0-9]分|"
    + _DIGIT
    + r"+分(?:钟|钱|之|店|公司)|[一两]分(?:都|也)不(?:少|扣|能)|"
    rf"(?:几|多少)分|一分(?:儿|钱)?(?:都|也)?[没不未]|{_EARLIER}[^，]{{0,6}}?{_DIGIT}分"
)
_POINTS_NAMED = (
    rf"(?P<range>(?!10分)(?P<low>{_DIGIT})分?(?:[到至、，]|，?或者?，?|，?和，?){{0,1}}(?P<high>{_DIGIT})分(?![钟钱]))"
    rf"|(?P<about>(?:不到|不足|不够|最多|顶多|至少|起码|大概|差不多|接近|将近|也就)[^，]{{0,2}}?(?P<nearly>10|{_DIGIT})分?|(?P<around>10|{_DIGIT})分(?:左右|以上|以下|多|上下|半|不到))"
    rf"|(?P<point>(?:10|{_DIGIT})点(?:五|5)分?)"
    rf"|(?P<hundred>一百(?:二十)?分|100分|满分|打满|最高分|顶格|给满|拉满)"
    rf"|(?P<exact>10|{_DIGIT})分(?!半|之|多|左右)"
    rf"|(?:[打给评][个]?|就|那就|算)(?P<given>10|{_DIGIT})(?=，|$|吧|啊|呀|了)"
    rf"|{_BEGIN}(?:嗯|啊|那|就|那就|给你?们?)*(?P<counted>10|{_DIGIT})个(?=，|$|吧|啊|呀)"
    rf"|{_BEGIN}(?:嗯|啊|呃|那|就|那就|我|我给|吧|哎)*(?P<alone>10|{_DIGIT})(?:吧|啊|呀|嘛)*{_END}"
)

_MEANINGS: Final[Mapping[str, Mapping[str, tuple[frozenset[str], bool, bool]]]] = {
    SOLVED: {
        "open": (frozenset({YES, NO}), True, False),
        "denied": (frozenset({NO}), True, False),
        "softly": (frozenset({NO}), False, False),
        "yes": (frozenset({YES}), True, False),
        "fine": (frozenset({YES}), True, True),
    },
    ATTITUDE: {
        "softly": (frozenset({GOOD, FAIR}), False, False),
        "bad": (frozenset({BAD}), True, False),
        "short": (frozenset({FAIR, BAD}), True, False),
        "unrated": (frozenset({UNRATED}), False, False),
        "open": (frozenset({GOOD, FAIR}), True, False),
        "fair": (frozenset({FAIR}), True, False),
        "good": (frozenset({GOOD}), True, False),
    },
    CHARGED: {
        "open": (frozenset({YES, NO}), True, False),
        "little": (frozenset({YES}), True, False),
        "denied": (frozenset({NO}), True, False),
        "yes": (frozenset({YES}), True, False),
    },
}
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    SOLVED: re.compile(
        f"(?P<skip>{_SOLVED_SKIP})|(?P<softly>{_SOLVED_SOFT_DENIED})|(?P<yes>{_SOLVED_YES})"
        f"|(?P<denied>{_SOLVED_DENIED})|(?P<open>{_SOLVED_OPEN})|(?P<fine>{_SOLVED_BARE_YES})"
    ),
    ATTITUDE: re.compile(
        f"(?P<skip>{_ATTITUDE_SKIP})|(?P<softly>{_ATTITUDE_SOFT_GOOD})|(?P<short>{_ATTITUDE_SHORT})"
        f"|(?P<bad>{_ATTITUDE_BAD})|(?P<unrated>{_ATTITUDE_UNRATED})|(?P<fair>{_ATTITUDE_FAIR})|(?P<open>{_ATTITUDE_OPEN})"
        f"|(?P<good>{_ATTITUDE_GOOD})"
    ),
    CHARGED: re.compile(
        f"(?P<skip>{_CHARGED_SKIP})|(?P<open>{_CHARGED_OPEN})|(?P<little>{_CHARGED_YES_LITTLE})"
        f"|(?P<denied>{_CHARGED_NO})|(?P<yes>{_CHARGED_YES})"
    ),
    POINTS: re.compile(f"(?P<skip>{_POINTS_SKIP})|{_POINTS_NAMED}"),
}
_AGREEING = re.compile(
    rf"{_BEGIN}(?!对了，(?!对|是|嗯|没错))(?:[嗯啊哦唉诶呃]*)(?:对|是|是的|对的|没错|嗯|嗯呐|可不是?|那是|是啊|是呀|对啊|对呀|对对|是是|"
    rf"嗯嗯|对对对|是的是的|有|有的|必须的?|当然|那当然|肯定的?)(?:了|啊|呀|呢|吧)?{_END}"
)
_DENYING = re.compile(
    rf"{_BEGIN}(?:[嗯啊哦唉诶呃]*)(?:没有|没|没呢|还没|还没呢|没有呢|没啊|没呀|没有啊|没有没有|没没|没没没|"
    rf"哪有|哪儿呀|不|不不|不是|没有的|没有了|都没有|完全没有|那倒没有|倒没有|倒是没有|那没有)(?:啊|呀|呢|的)?{_END}"
)
_CORRECTION = re.compile(
    rf"(?:{_BEGIN}[嗯啊哎哦呃]*|(?<=[分了]))(?:不对|不是(?={PAUSE}|{_DIGIT}|$|不是)|错了|应该是|我?再想想)|说错|口误|哦不|啊不|"
    rf"{_BEGIN}[嗯啊哎哦]*不{_END}|(?:{_BEGIN}|(?<=分))不(?={_DIGIT})|{_BEGIN}(?:算了|等等|等会儿|等一下)|更正|改成|改(?=[打给{_DIGIT[1:-1]}])|收回"
)
_RESTATING = {
    SOLVED: re.compile(
        r"这回|这次|这下|末了|最终|总算|终于|现在|后来|目前|今天|这会儿|这两天|又|结果|最后|晚上|第二天|到头来|反正|总之"
    ),
    ATTITUDE: re.compile(r"那就|就算|总体|总的|整体|还是|就选|选|给个|打个|算"),
    CHARGED: re.compile(
        r"就|只|光|仅|后来|除了|但|不过|(?:材料|配件|零件|阀门?|件)[钱费]?(?:收|要|花|给)了"
    ),
    POINTS: re.compile(r"这回|这次|现在|那就|还是|要不|干脆|就给|那给|那打|最后|总共|给你?们?个"),
}


def read_answers(kind: str, text: str) -> list[Reading]:
    """Read all that a text says in answer to one kind of question.

    Args:
        text: folded clauses, joined by `PAUSE`.

    Returns:
        Readings in order; what only sounds like an answer comes from `callback_sounds`.
    """
    found = []
    for match in _PATTERNS[kind].finditer(text):
        if match["skip"]:
            continue
        if kind == POINTS:
            values, firm, bare = _points(match)
        else:
            values, firm, bare = _MEANINGS[kind][match.lastgroup or ""]
        if values:
            found.append(Reading(values, match.start(), match.end(), firm, bare))
    return found


def read_bare(text: str, form: Form) -> list[Reading]:
    """Read 嗯, 对 and 没有, which mean something only as the reply to a question.

    Args:
        text: as for `read_answers`.
        form: how the question was put.
    """
    found = []
    for pattern, value in ((_AGREEING, form.agreeing), (_DENYING, form.denying)):
        if value is None:
            continue
        for match in pattern.finditer(text):
            firm = not set(match[0]) <= set("嗯啊哦呃")
            found.append(Reading(frozenset({value}), match.start(), match.end(), firm, bare=True))
    if any(r.firm for r in found):
        found = [r for r in found if r.firm]  # 嗯，没有: the 嗯 only shows that one listens
    return sorted(found, key=lambda r: r.start)


def _points(match: re.Match[str]) -> tuple[frozenset[str], bool, bool]:
    bare = bool(match["alone"] or match["given"] or match["counted"])
    if match["range"]:
        low, high = _value(match["low"]), _value(match["high"])
        return frozenset({str(low), str(high)}), True, False
    if match["about"]:
        value = _value(match["nearly"] or match["around"])
        near = {v for v in (value - 1, value, value + 1) if 1 <= v <= 10}
        return frozenset(map(str, near)), True, False
    if match["point"]:
        value = _value(match["point"][0])
        return frozenset({str(value), str(value + 1)}), True, False
    if match["hundred"]:
        return frozenset({"10"}), True, False
    return (
        frozenset(
            {str(_value(match["exact"] or match["given"] or match["counted"] or match["alone"]))}
        ),
        True,
        bare,
    )


def _value(text: str) -> int:
    if text in ("十", "10"):
        return 10
    return 2 if text == "俩" else int(CLEAR_DIGITS[text[0]])


_NOT_GIVEN = re.compile(
    "(?:[就可是那]{0,2})(?:我?怕|给不了|就算了|不敢给|不能给|不给|舍不得|打不了|不可能|不至于|太高|太多|太满|有点[高多]|够不上)"
)
"""What follows points that are named and not given: 九分吧，十分怕你骄傲."""


def settle(kind: str, readings: Sequence[Reading], text: str) -> tuple[Reading, ...]:
    """Choose what stands after corrections.

    Returns:
        Readings that agree in one value, or those that leave it open (their values differ); empty
        for none.
    """
    explicit = [r for r in readings if not r.bare]
    if not explicit or _contested(readings, explicit, text):
        explicit = list(readings)
    if kind == POINTS:
        explicit = [r for r in explicit if not _NOT_GIVEN.match(text, r.end)] or explicit
    kept = _corrected(explicit, text)
    firm = [r for r in kept if len(r.values) == 1]
    vague = [r for r in kept if len(r.values) > 1]
    if not firm:
        return tuple(kept)
    if any(_same_clause(text, v, f) for v in vague for f in firm):
        return tuple(kept)
    values = {value for r in firm for value in r.values}
    if len(values) == 1:
        return tuple(firm)
    tail = _tail(firm)
    before = firm[len(firm) - len(tail) - 1]
    if _RESTATING[kind].search(text, before.end, tail[0].end):
        return tuple(tail)
    return tuple(firm)


def _contested(readings: Sequence[Reading], explicit: Sequence[Reading], text: str) -> bool:
    """Whether 好了 stands against what else was said: 没修好，又来了一趟，这回好了.

    修了 does not: 修是修了，还不热.
    """
    said = {value for r in explicit for value in r.values}
    return any(r.bare and "好" in text[r.start : r.end] and not r.values <= said for r in readings)


def _tail(readings: Sequence[Reading]) -> list[Reading]:
    """Return the last readings that agree with the very last (没收修理费，就收了个材料费)."""
    tail = [readings[-1]]
    for reading in reversed(readings[:-1]):
        if reading.values != tail[-1].values:
            break
        tail.append(reading)
    return tail[::-1]


def _corrected(readings: Sequence[Reading], text: str) -> list[Reading]:
    """Drop what a later 不对 takes back; where nothing readable follows it, all stays open."""
    kept = list(readings)
    for match in _CORRECTION.finditer(text):
        if any(r.start < match.end() and match.start() < r.end for r in readings):
            continue  # 不是很满意 corrects nothing
        later = [r for r in kept if r.start >= match.end()]
        if later:
            kept = later
        elif text[match.end() :].strip(PAUSE):
            kept = [replace(r, values=r.values | {OPEN}) for r in kept]
    return kept


def _same_clause(text: str, left: Reading, right: Reading) -> bool:
    first, last = sorted((left, right), key=lambda r: r.start)
    return PAUSE not in text[first.end : last.start]
