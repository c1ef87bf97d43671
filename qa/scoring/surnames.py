"""Chinese names as operators give them: surnames, and words that only look like a name."""

import re
from functools import cache

from qa.scoring.syllables import syllable_of

SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    "叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔"
    "贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷"
    "祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解"
    "强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏"
    "栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银"
    "扬明沙薄伏岑习胥保和蔺水云昌凤酆俎皮卡元顿平和宣幸韶"
    "裘佘仝昝鄂逯亢桓隗邝晁湛逄郗郇雍雒仉訾嵇濮尧荀阚麦伊扈揣"
) - frozenset("都来来应和保原水全官台时路成向")
"""Single surnames that stand first in a name; those that are common words otherwise are left out,
so that 都来, 应该 or 全部 begin no name."""

DOUBLE_SURNAMES = frozenset(
    ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "慕容", "皇甫", "尉迟", "公孙", "令狐", "夏侯")
)
NICKNAME_SOUNDS = frozenset(("xiao", "lao", "a"))
NAME_LIKE = re.compile(
    r"高兴|方便|何事|何时|任何|马上|谢谢|万一|白天|温馨|常规|平时|明天|明白|明年|金牌|安排|安装|包括|关于|"
    r"单位|单号|项目|计划|连接|解决|解答|成功|文明|平台|公司|武汉|成都|宁波|金额|高级|全屋|严格|强烈|简单"
)
"""Words that begin with a surname and are no name."""

NEVER_IN_A_NAME = re.compile(
    "[不没了的着过吗呢吧啊嘛呀哦嗯咯啦这哪怎您你我他她它们也都就还再很给被把跟在或]"
)
"""Characters of which no name is made: 关不死, 解开了."""

NO_NAME = re.compile(
    r"[哪那][里儿位]|说|讲|什么|有事|有什么|何|啥|咋|怎么|您|你|喂|请|为|需要|欢迎|感谢|谢谢|对不起|不好意思|"
    r"抱歉|打扰|就是|是|好|嗯|可以|现在|热线|服务|二十四|24"
)
"""Beginnings of what stands in a greeting and is no name, whatever it sounds like."""


@cache
def _surname_sounds() -> frozenset[str]:
    return frozenset(map(syllable_of, SURNAMES))


def sounds_like_a_name(text: str) -> bool:
    """Whether a text of two or three characters may be a misheard name (小沉, 零小); never sure."""
    return (
        2 <= len(text) <= 3
        and not NO_NAME.match(text)
        and not NAME_LIKE.match(text)
        and syllable_of(text[0]) in _surname_sounds() | NICKNAME_SOUNDS
    )


def looks_like_a_name(text: str) -> bool:
    """Whether a text of two to four characters is built like a name: 林晓, 欧阳晓雪, 小王."""
    if not 2 <= len(text) <= 4 or NAME_LIKE.match(text) or NEVER_IN_A_NAME.search(text):
        return False
    if text[0] in "小老阿" and len(text) == 2:
        return text[1] not in "时区心于" and syllable_of(text[1]) in _surname_sounds()
    if text[:2] in DOUBLE_SURNAMES:
        return len(text) > 2
    return text[0] in SURNAMES and len(text) <= 3
