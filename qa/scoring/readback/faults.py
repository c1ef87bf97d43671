"""What is wrong at home: kinds of fault from how people put them, compared by sound.

A paraphrase counts as the same fault (屋里冰凉 for 暖气不热). What no kind covers is compared by
the words that both sides use.
"""

from dataclasses import replace

from qa.scoring.addresses import common_sound
from qa.scoring.match import Track
from qa.scoring.readback.findings import Detail, State
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.syllables import sounds

FAULTS: dict[str, str] = {
    "cold": "不热|不暖|不咋热|没热|冰凉|冰块|跟冰|像冰|温度没有|没有温度|没暖和|没热气|冰冷|[太挺真好很这么]冷|冷[死的得]|凉的|都凉|又凉|"
    "是凉|拔凉|哇凉|透凉|瓦凉|半截凉"
    "|没有?热乎|没有?暖气|没温度|温度低|温度不够|温度上不|热度|低温|不达标|不够热|不太热|"
    "不怎么热|没来暖气|没来气|没供|没通暖"
    "|供不上|室温|家里冷|屋里冷|屋子冷|家冷|屋冷|热不起来|上不来|冻[得死手]|发凉|凉飕飕|"
    "温吞|温乎|不烫|[零一二三四五六七八九十][多来几]?度",
    "leak": "[漏路落露]水|漏了|漏[得着]|在漏|又漏|往外漏|还漏|直漏|漏气|漏点|渗水|渗漏|往外渗|"
    "渗[着了]|就是渗|冒水|冒汽|滴水|滴答|往下滴"
    "|一直滴|直滴|滋水|往外滋|喷水|呲水|次水|成河|发大水|一地水|都是水|流水|水流|跑水|淌水|往外淌|淌了|湿了|阴湿|返潮|泡了|"
    "爆[了管]|管爆|裂了|开裂|砂眼|锈穿",
    "noise": "响声|有声音|声响|出声|有响|[直老总一]响|异响|声音大|噪音|噪声|咕噜|咕嘟|哗啦|嗡嗡|咚咚|咣当|"
    "呲呲|吱吱|嗒嗒|流水声|水声|动静|响得|响个",
    "broken": "坏了|坏掉|坏的|[拧打掰拨关]不[动开上]|关不[严住]|拧不|转不动|断了|掉[了下]|"
    "脱落|松了|松动|生锈|锈死|锈了|锈住|卡住|卡死|滑丝|失灵"
    "|不走字|没反应|没电|打不着|点不着|不点火|不着火|不打火|没火|不显示|报警|堵了|堵塞|不通|"
    "不循环|不转|故障",
    "smell": "味儿|气味|异味|有味|臭味|燃气味|煤气味|怪味|糊味|闻到|泄漏|漏气",
    "uneven": "半截|上热下|下边不热|下面不热|一半热|有的热|一组不热|时热时|忽冷忽热|一会儿热|"
    "一会热",
    "pressure": "压力|水压|气压|没压",
    "billing": "退费|多收|收费|缴费|交费|欠费|发票|票[也没]|暖气费|取暖费|热费",
    "change": "想换|更换|换一?个|换新|改管|改管道|加一?组|加片|拆[了下除]|安装|装一?个|"
    "接管|清洗|冲洗|排气|放气|放水|测温|开通|开栓|停供|报停",
    "conduct": "态度|投诉|收费员|维修工|没人来|没来人|没人管|没处理|催一",
}
"""Kinds of fault, each with the ways to put it; searched in toneless syllables."""
CORES: dict[str, str] = {
    "cold": "热冷凉冰暖冻温度烫",
    "leak": "水漏渗冒滴滋喷淌爆裂泡湿潮汽气锈砂",
    "noise": "响声音咕哗嗡咚噪异呲吱动",
    "broken": "坏拧打掰拨关断掉脱松锈卡滑灵字反电火显警堵通循转障",
    "smell": "味闻漏",
    "uneven": "热冷半",
    "pressure": "压",
    "billing": "费票收",
    "change": "换改拆装洗排放温通停管片组",
    "conduct": "度诉费修人理催",
}
"""Characters of which a short match must hold one: 以为 sounds like 异味, 东人 like 冻人."""
SHORT_MATCH = 2
MAIN = ("cold", "leak", "noise", "broken", "smell", "uneven", "change", "pressure", "billing")
KIN = {"uneven": ("cold",), "cold": ("uneven", "pressure"), "smell": ("leak",), "leak": ("smell",)}
"""Kinds that people use for each other: 半截凉 is 不热."""
QUESTION = "[热冷漏响滴渗通坏]不[热冷漏响滴渗通坏]|大不大|厉不厉害|有没有|热吗|漏吗|停暖以后|漏得厉"
"""How the agent asks about a fault without repeating it."""
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
    repeated = _repeated(talk, given)
    if repeated:
        match = talk.agent.match(*repeated, expected="problem", similarity=1.0)
        return replace(detail, state=State.RIGHT, repeated=match, value="problem")
    if shared := _shared_words(talk, first):
        match = talk.agent.match(*shared[1:], expected="problem", similarity=round(shared[0], 3))
        return replace(detail, state=State.RIGHT, repeated=match, value="problem")
    if shared := _shared_words(talk, first, WEAK_LIKENESS):
        match = talk.agent.match(*shared[1:], expected="problem", similarity=round(shared[0], 3))
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


def _find(talk: Talk, track: Track) -> list[tuple[int, int, str]]:
    found = [
        (match.start(), match.end(), kind)
        for kind, words in FAULTS.items()
        for match in sound_regex(words).finditer(talk.sounds(track))
        if _is_meant(kind, track.text[match.start() : match.end()])
    ]
    return sorted(found)


def _is_meant(kind: str, text: str) -> bool:
    """Whether a match is of its kind and not only of its sound."""
    core = any(char in CORES[kind] for char in text)
    return "楼" not in text and (core or len(text) > SHORT_MATCH)


def _repeated(talk: Talk, given: list[tuple[int, int, str]]) -> tuple[int, int] | None:
    """Find the agent's words of the same kind of fault after the customer's."""
    asked = [m.span() for m in sound_regex(QUESTION).finditer(talk.agent_sounds)]
    kinds: dict[str, int] = {}
    for at, _, kind in given:
        for one in (kind, *KIN.get(kind, ())):
            kinds.setdefault(one, talk.time(talk.customer, at))
    for start, end, kind in _find(talk, talk.agent):
        if kind not in kinds or talk.time(talk.agent, start) < kinds[kind]:
            continue
        if any(a < end and start < b for a, b in asked):
            continue
        return max(talk.agent.clause_start(start), start - 12), end
    return None


def _unknown(talk: Talk, detail: Detail) -> Detail:
    """Judge a fault of no known kind, or one that was misheard, by the words alone."""
    if not talk.asks or not talk.customer.text:
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
    spoken = sound_regex(f"{SCRIPT}|嗯|您的|呢").sub("", talk.agent_sounds[start:asked])
    silent = len(spoken) <= FEW and not _find(talk, talk.agent)
    return replace(detail, state=State.MISSING if silent else State.UNSURE)


FEW = 2
WEAK_LIKENESS = 0.75


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


def _near(talk: Talk, first: int) -> tuple[int, int] | None:
    """Find the room or the part named by both, without what is wrong with it."""
    begin = talk.time(talk.customer, first)
    start, stop = talk.between(talk.agent, begin, begin + 15_000)
    mine = {m[0] for m in sound_regex(ROOMS).finditer(talk.customer_sounds)}
    for match in sound_regex(ROOMS).finditer(talk.agent_sounds, start, stop):
        if match[0] in mine:
            return match.start(), match.end()
    return None
