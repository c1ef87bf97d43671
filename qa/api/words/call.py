"""Words of one call's page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "next_call": Wording("下一通", "Next call"),
    "previous_call": Wording("上一通", "Previous call"),
    "rings": Wording("振铃", "Rings"),
    "rings_n": Wording("{n} 次", "{n}"),
    "released": Wording("挂机", "Ended"),
    "caller": Wording("主叫", "Caller"),
    "source": Wording("来源", "Source"),
    "file": Wording("录音文件", "Recording"),
    "ticket_name": Wording("姓名", "Name"),
    "ticket_phone": Wording("电话", "Phone"),
    "ticket_address": Wording("地址", "Address"),
    "ticket_problem": Wording("问题", "Problem"),
    "ticket_station": Wording("站点", "Station"),
    "notices": Wording("节日通知", "Festival notice"),
    "critical_failure": Wording("一票否决", "Critical failure"),
    "critical_rule": Wording("一票否决项", "critical rule"),
    "of_100": Wording("满分 100", "of 100"),
    "rest": Wording("合格与不适用", "Met, or of no concern"),
    "heard": Wording("听到的情况", "Heard from the customer"),
    "heard_note": Wording("不影响得分", "moves no points"),
    "promises": Wording("作出的承诺", "Promises made"),
    "due": Wording("期限 {due}", "due {due}"),
    "no_due": Wording("期限不明", "due time unknown"),
    "ticket_says": Wording("工单{detail}", "ticket, {detail}"),
    "can_hear": Wording("可由录音作答：", "The recording can tell:"),
    "nearest": Wording("最接近", "nearest"),
    "expected": Wording("应说", "expected"),
    "searched": Wording("查找范围", "searched"),
    "play_all": Wording("播放录音", "Play the recording"),
    "clip": Wording("下载片段", "Download clip"),
    "keys_call": Wording(
        "<J> <K> 切换问题　<空格> 播放或停止　<←> <→> 前后 3 秒　<N> 下一通　<U> 返回",
        "<J> <K> between flags   <Space> play or stop   <←> <→> 3 s   <N> next call   <U> back",
    ),
    "unsure_legend": Wording(
        "虚线：识别把握不大的字", "dotted: words the recogniser was not sure of"
    ),
    "role_unsure": Wording("说话人不确定", "speaker not certain"),
    "no_transcript": Wording("没有转写文字。", "There is no transcript."),
    "no_speech": Wording("录音里没有听到说话。", "No speech was heard in the recording."),
    "history": Wording("历次评分", "Earlier scorecards"),
    "history_line": Wording(
        "{date}　{ruleset}　总分 {total}（已被取代）",
        "{date}  {ruleset}  score {total} (superseded)",
    ),
    "audio_missing": Wording(
        "录音文件已不在原处，无法播放。移回原处，或在新位置重新运行 qa run。",
        "The recording is no longer where it was, so nothing can be played. Put it back, or run "
        "qa run on its new folder.",
    ),
    "audio_changed": Wording(
        "录音文件的内容已经改变，不再是评分时的录音，因此不播放。请恢复原文件，或重新运行 qa run。",
        "The file's bytes have changed: it is not the recording that was judged, so it is not "
        "played. Restore the file, or run qa run again.",
    ),
    "audio_unreadable": Wording(
        "录音文件现在无法读取，不能播放。", "The recording cannot be read now, so it is not played."
    ),
    "audio_error": Wording(
        "录音无法播放，请刷新页面查看原因。", "Playing failed; reload to see why."
    ),
    "needs_script": Wording(
        "播放证据需要浏览器允许脚本。", "Playing the evidence needs scripts enabled."
    ),
}
