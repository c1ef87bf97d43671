"""Words of the queue."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "flagged": Wording("有问题", "Flagged"),
    "all": Wording("全部", "All"),
    "all_agents": Wording("全部坐席", "all agents"),
    "all_rules": Wording("全部质检项", "all rules"),
    "more_undecided": Wording("另有 {n} 项待定", "{n} more undecided"),
    "no_flags": Wording("没有违规，也没有待定项", "Nothing violated, nothing undecided"),
    "keys_list": Wording("<J> <K> 上下移动　<Enter> 打开", "<J> <K> move   <Enter> open"),
    "nothing_flagged": Wording("没有需要复核的通话。", "No call needs a look."),
    "nothing_matches": Wording("没有符合条件的通话。", "No call matches."),
    "nothing_yet": Wording("还没有通话。", "There are no calls yet."),
    "nothing_yet_advice": Wording(
        "把录音和 calls.csv 放进一个文件夹，然后运行：",
        "Put recordings and calls.csv into a folder, then run:",
    ),
    # what did not work
    "problems": Wording("未能处理", "Not processed"),
    "problems_none": Wording("所有录音都已处理。", "Every recording was processed."),
    "failed": Wording("读取失败的录音", "Recordings that failed"),
    "no_metadata": Wording("没有随录数据的录音", "Recordings without metadata"),
    "no_recording": Wording("没有录音的通话", "Calls without a recording"),
    "issues": Wording("导入时的问题", "Remarks of the last ingest"),
    "rejected": Wording("已拒绝", "rejected"),
    "notice": Wording("提醒", "notice"),
    "line_number": Wording("第 {line} 行", "line {line}"),
    "more": Wording("另有 {n} 条：qa recordings", "{n} more: qa recordings"),
}
