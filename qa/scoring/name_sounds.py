"""Characters of names that are read in more ways than one: 覃 is Qin or Tan, 晟 Sheng or Cheng.

Which reading somebody's name has stands on no ticket, and a recogniser writes a homophone of the
one it heard, so two names sound the same if any of their readings agree. Only readings that people
bear are listed: a dictionary would make 沈 a Chen, and 陈 a Zhen.
"""

from functools import lru_cache

from qa.scoring.syllables import substitution_cost, syllable_of

POLYPHONES: dict[str, str] = {
    "覃": "秦谭", "曾": "增层", "单": "善丹", "解": "谢姐", "仇": "求愁", "尉": "玉为", "乐": "月",
    "区": "欧趋", "查": "扎察", "朴": "飘普", "盖": "葛丐", "缪": "庙谋谬", "翟": "宅敌",
    "员": "运元", "贠": "运元", "种": "虫重", "冼": "显洗", "黑": "贺嘿", "召": "绍照",
    "繁": "婆凡",
    "折": "舌哲", "能": "耐", "祭": "债季", "秘": "毕密", "谌": "陈深", "隗": "伟葵", "句": "勾巨",
    "薄": "博包", "长": "常掌", "宓": "密伏", "牟": "木谋", "宿": "素朽", "柏": "百博",
    "费": "废毕", "盛": "胜成", "褚": "楚主", "郇": "环寻", "俟": "其四", "郗": "西吃",
    "都": "嘟兜",
    "莘": "新深", "郄": "切西", "阚": "看", "行": "形航", "重": "众虫", "朝": "超招",
    "传": "船赚", "晟": "胜成", "茜": "西欠", "娜": "纳挪", "赟": "晕彬", "炅": "窘贵",
    "蔚": "卫玉", "琢": "桌昨", "藏": "藏葬", "校": "笑叫", "颉": "节协", "莎": "沙缩",
    "率": "帅绿",
    "芾": "费福", "圩": "需维", "屏": "平丙", "澄": "成邓", "芎": "兄", "筠": "云军",
}  # fmt: skip
"""Characters, each with one character for every reading it has in names."""


@lru_cache(maxsize=10_000)
def readings(char: str) -> frozenset[str]:
    """Return the toneless readings that a character has in names; one for most characters."""
    return frozenset(map(syllable_of, POLYPHONES.get(char, "") + char))


@lru_cache(maxsize=20_000)
def name_cost(expected: str, heard: str) -> float:
    """Price of hearing one character of a name for another, 0–1, by their nearest readings."""
    if expected == heard:
        return 0.0
    return min(substitution_cost(a, b) for a in readings(expected) for b in readings(heard))


def same_name(left: str, right: str) -> bool:
    """Whether two names of the same length may sound the same."""
    return len(left) == len(right) and all(map(_alike, left, right))


def holds_name(name: str, text: str) -> bool:
    """Whether a name may sound like a stretch of a text."""
    size = len(name)
    return any(same_name(name, text[k : k + size]) for k in range(len(text) - size + 1))


def _alike(left: str, right: str) -> bool:
    return name_cost(left, right) == 0
