"""Words of the page of runs; kinds and states of runs are said as on the pages of teams."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "runs_title": Wording("运行记录", "Runs"),
    "runs_lead": Wording(
        "每晚和手动的运行：处理了多少、失败多少、为什么失败、速度多少。同一时间只有一个在运行。",
        "Runs of every night and by hand: what they did, what failed and why, how fast. One works "
        "at a time.",
    ),
    "runs_now": Wording("正在进行", "Going on now"),
    "runs_nothing_now": Wording("现在没有运行。", "Nothing is running now."),
    "runs_past": Wording("以往的运行", "Past runs"),
    "runs_number": Wording("编号", "Run"),
    "runs_took": Wording("用时", "Took"),
    "runs_undecided": Wording("未决", "Undecided"),
    "runs_rate": Wording("录音小时/小时", "Audio hours an hour"),
    "runs_earlier": Wording("更早的运行", "Earlier runs"),
    "runs_newest": Wording("最新的运行", "Newest runs"),
    "runs_since": Wording("{when} 开始", "since {when}"),
    "runs_progress": Wording("第 {n} 次运行的进度", "Progress of run {n}"),
    "runs_stage_ingest": Wording("导入文件", "taking in files"),
    "runs_stage_transcribe": Wording("转写", "transcribing"),
    "runs_stage_hear": Wording("复听", "listening again"),
    "runs_stage_score": Wording("评分", "judging"),
    "runs_done_of": Wording("{done} / {total}", "{done} of {total}"),
    "runs_per_minute": Wording("每分钟 {n} 个", "{n} a minute"),
    "runs_left": Wording("约剩 {time}", "about {time} left"),
    "runs_failed_so_far": Wording("失败 {n}", "{n} failed"),
    "runs_lost": Wording(
        "与服务的连接断开，请刷新页面。", "The connection to the service was lost; reload the page."
    ),
    "runs_silent": Wording(
        "{n} 分钟没有消息，可能已经中断；下一次运行会接着做",
        "silent for {n} minutes, so perhaps broken off; the next run goes on with it",
    ),
    "runs_by_hand": Wording("由账号启动", "started by an account"),
    "runs_fault": Wording("原因", "Why"),
    "runs_count_files": Wording("查看文件", "files looked at"),
    "runs_count_new_calls": Wording("新通话", "new calls"),
    "runs_count_changed_calls": Wording("有变化的通话", "changed calls"),
    "runs_count_violated": Wording("违规", "violations"),
    "runs_count_undecided": Wording("未决", "undecided"),
    "runs_count_drawn": Wording("抽查", "spot checks drawn"),
    "runs_count_closed": Wording("定案", "calls became final"),
    "runs_trouble_failed": Wording("录音失败", "Recordings that failed"),
    "runs_trouble_rejected": Wording("未接收", "Not taken in"),
    "runs_trouble_broken_checks": Wording("出错的检查", "Checks that broke"),
    "runs_why_worker_died": Wording(
        "处理时进程三次中断，已隔离", "killed its worker three times; set aside"
    ),
    "runs_why_engine_failed": Wording("识别程序出错", "the recogniser failed"),
    "runs_why_no_scratch_space": Wording("临时空间不足", "no scratch space"),
    "runs_why_source_unreadable": Wording("来源无法读取", "a source could not be read"),
    "runs_why_bad_file_name": Wording("文件名不能用", "unusable file name"),
    "runs_why_unreadable_file": Wording("文件无法读取", "unreadable file"),
    "runs_why_unreadable_folder": Wording("文件夹无法读取", "unreadable folder"),
    "runs_why_unreadable_table": Wording("表格无法读取", "unreadable table"),
    "runs_why_linked_folder": Wording("文件夹是链接", "folder is a link"),
    "runs_why_ambiguous_file": Wording("同名录音不止一个", "several recordings of one name"),
    "runs_why_contradiction": Wording("来源互相矛盾", "sources contradict each other"),
    "runs_why_unfinished_file": Wording("文件还在写入", "file is still being written"),
    "runs_why_not_marked": Wording("没有完成标记", "no .done marker"),
    "runs_why_bad_value": Wording("字段的值不对", "a field's value is wrong"),
    "runs_why_bad_encoding": Wording("文字编码不对", "wrong text encoding"),
    "runs_why_bad_json": Wording("JSON 无法读取", "unreadable JSON"),
    "runs_why_duplicate_call": Wording("通话编号重复", "call id given twice"),
    "runs_why_no_header": Wording("表格没有表头", "table without a header"),
    "runs_why_unknown_column": Wording("表格有未知的列", "unknown column"),
}
