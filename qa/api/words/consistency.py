"""Words of the page about 四个一样."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "same_title": Wording("四个一样", "The same for everybody"),
    "same_lead": Wording(
        "工作忙闲一个样，有无检查一个样，生人熟人一个样，班头班尾一个样：同一个人的通话，两边平均分差多少。",
        "Busy or idle, checked or not, new caller or known, begin of the shift or its end: how far "
        "the mean scores of one agent's calls lie apart.",
    ),
    "same_pairing": Wording("比较", "Compared"),
    "same_first": Wording("一边", "One side"),
    "same_second": Wording("另一边", "The other"),
    "same_difference": Wording("相差（95% 区间）", "Difference (95% interval)"),
    "same_picture": Wording("图", "Drawing"),
    "same_calls": Wording("{n} 通有分的通话", "{n} scored calls"),
    "same_calls_head": Wording("通话", "Calls"),
    "same_busy": Wording("忙与闲", "Busy and idle"),
    "same_busy_first": Wording("忙时", "busy"),
    "same_busy_second": Wording("闲时", "idle"),
    "same_about_busy": Wording(
        "按之前一小时的来电数，本人最忙的三分之一比最闲的三分之一",
        "the agent's busiest third against the idlest, by calls in the hour before",
    ),
    "same_sampled": Wording("抽没抽到", "Drawn or not"),
    "same_sampled_first": Wording("没抽到", "not drawn"),
    "same_sampled_second": Wording("随机抽到", "drawn by chance"),
    "same_about_sampled": Wording(
        "只算随机抽到的抽查；按风险抽的本来就偏低，不算",
        "only checks drawn by chance; those drawn by risk are lower from the start",
    ),
    "same_repeat": Wording("熟客与生客", "Known and new callers"),
    "same_repeat_first": Wording("来过电的", "called before"),
    "same_repeat_second": Wording("新来电的", "new"),
    "same_about_repeat": Wording(
        "同一号码 {days} 天内打来过；没有号码的不算", "the number had called within {days} days"
    ),
    "same_shift": Wording("班尾与班头", "End and begin of shift"),
    "same_shift_first": Wording("班尾", "end"),
    "same_shift_second": Wording("班头", "begin"),
    "same_about_shift": Wording(
        "一个班的最后三分之一比最前三分之一；心情听不出，用它代替“情绪好坏”",
        "the last third of a shift against the first; it stands for moods, which nobody can hear",
    ),
    "same_few": Wording("太少，不比", "too few"),
    "same_differs": Wording("有差别", "differs"),
    "same_note": Wording(
        "两边都用机器的分，每边至少 {n} 通才比（Welch 区间）；"
        "“有差别”已按同时比较的次数校正（Holm）。"
        "差别不等于过错：忙时的来电本来就可能更难。",
        "Both sides have the machine's score, and at least {n} calls each (Welch's interval); "
        "“differs” is corrected for how many are compared at once (Holm). A difference is no "
        "fault: calls of busy hours may be harder.",
    ),
    "same_link": Wording("四个一样", "The same for everybody"),
}
