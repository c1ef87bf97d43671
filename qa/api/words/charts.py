"""Words of charts, of clips to hear, and of the choice of days."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "chart_table": Wording("看数字", "Figures as a table"),
    "chart_empty": Wording("这段时间还没有数据。", "There are no figures for these days."),
    "clips_hear_place": Wording("听这一段", "hear this place"),
    "clips_trouble": Wording("这段录音现在不能播放。", "This recording cannot be played now."),
    "rows_key_move": Wording("上下移动", "move"),
    "rows_key_open": Wording("打开", "open"),
    "rows_key_write": Wording("写", "write"),
    "rows_key_hear": Wording("听证据", "hear the evidence"),
    "rows_key_send": Wording("提交", "send"),
    "days_from": Wording("从", "From"),
    "days_until": Wording("到", "To"),
    "days_last": Wording("近 {n} 天", "{n} days"),
    "days_choose": Wording("选择日期", "Choose days"),
    "days_show": Wording("查看", "Show"),
    "days_shown": Wording("{since} 至 {until}", "{since} to {until}"),
    "days_to_newest": Wording(
        "{since} 至 {until}（此后没有通话）", "{since} to {until} (no calls since)"
    ),
    "print_page": Wording("打印", "Print"),
}
