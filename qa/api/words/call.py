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
    "file": Wording("录音文件", "Recording"),
    "request_deletion": Wording("申请删除录音", "Request deletion"),
    "ticket_name": Wording("姓名", "Name"),
    "ticket_phone": Wording("电话", "Phone"),
    "ticket_address": Wording("地址", "Address"),
    "ticket_problem": Wording("问题", "Problem"),
    "ticket_station": Wording("站点", "Station"),
    "notices": Wording("节日通知", "Festival notice"),
    "critical_failure": Wording("一票否决", "Critical failure"),
    "critical_rule": Wording("一票否决项", "critical rule"),
    "rest": Wording("合格与不适用", "Met, or of no concern"),
    "heard": Wording("听到的情况", "Heard from the customer"),
    "heard_note": Wording("不影响得分", "moves no points"),
    "promises": Wording("作出的承诺", "Promises made"),
    "due": Wording("期限 {due}", "due {due}"),
    "no_due": Wording("期限不明", "due time unknown"),
    "ticket_says": Wording("工单{detail}", "ticket, {detail}"),
    "can_hear": Wording("可由录音作答：", "The recording can tell:"),
    "second_ear": Wording("第二识别模型听到", "the second recogniser hears"),
    "nearest": Wording("最接近", "nearest"),
    "expected": Wording("应说", "expected"),
    "searched": Wording("查找范围", "searched"),
    "clip": Wording("下载片段", "Download clip"),
    "unsure_sample": Wording("虚线", "dotted"),
    "unsure_legend": Wording("识别把握不大的字", "words the recogniser was not sure of"),
    "heard_as": Wording("听到：", "heard: "),
    "corrected_sample": Wording("波浪线", "wavy"),
    "corrected_legend": Wording(
        "按词表改写，悬停看原来听到的", "corrected by the lexicon; point at it for what was heard"
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
    "audio_no_access": Wording(
        "录音存放在对象存储中，存储拒绝本服务器读取，因此不能播放。请管理员检查访问密钥及其读取权限。",
        "The recording lies in object storage that refuses this server, so it is not played. An "
        "administrator checks the access keys and their right to read.",
    ),
    "audio_storage_away": Wording(
        "录音存放在对象存储中，存储现在没有回应，暂时不能播放。请稍后刷新页面。",
        "The recording lies in object storage that does not answer now. Reload the page later.",
    ),
    "audio_error": Wording(
        "录音无法播放，请刷新页面查看原因。", "Playing failed; reload to see why."
    ),
    "needs_script": Wording(
        "播放证据需要浏览器允许脚本。", "Playing the evidence needs scripts enabled."
    ),
    "recording": Wording("录音", "Recording"),
    "customer": Wording("客户", "Customer"),
    "read_only_call": Wording("只读：复核由领班进行", "Read-only: your lead reviews it"),
    "judged_anew": Wording(
        "这通电话已按新规则或新转写重新评分；这里显示的仍是发布时的评分，有人看过新结果之前不变。",
        "This call has been judged again since. What you see is the scorecard that was released; "
        "it stays until a person has looked at the new one.",
    ),
    "settle_keep": Wording("维持原结果", "Keep the result"),
    "settle_reopen": Wording("按新结果重新复核", "Review the new one"),
    "not_reviewed_yet": Wording(
        "这是机器的初评，还没有人复核；复核并发布之后才算数，也才能申诉。",
        "This is the machine's first judgement. It counts only once a person has reviewed and "
        "released it; then you can appeal, too.",
    ),
    "not_guilt": Wording(
        "待定不等于违规：机器无法判断，没有扣分。",
        "Undecided is not guilt: the machine cannot tell, and takes no points.",
    ),
    "speed": Wording("播放速度", "Speed"),
    "zoom": Wording("缩放", "Zoom"),
    "zoom_in": Wording("放大波形", "Zoom in"),
    "zoom_out": Wording("缩小波形", "Zoom out"),
    "skip_silence": Wording("跳过静音", "Skip silence"),
    "masked": Wording("个人信息已隐藏", "personal data hidden"),
    "masked_title": Wording(
        "姓名、电话、地址用＊代替；查看原文需要单独授权，并会记入审计日志。",
        "Names, numbers and addresses are starred out; seeing them is a right of its own, and "
        "every look is written to the audit log.",
    ),
    "personal_show": Wording("显示个人信息（记入审计）", "Show personal data (audited)"),
    "personal_hide": Wording("隐藏个人信息", "Hide personal data"),
    "undecided_n": Wording("{n} 项待定，未扣分", "{n} undecided, no points taken"),
    # deciding a flag
    "act_confirm_violated": Wording("成立", "Uphold"),
    "act_reject_violated": Wording("不成立", "Reject"),
    "act_change_violated": Wording("改判", "Change"),
    "act_confirm_undecided": Wording("仍待定", "Leave undecided"),
    "act_reject_undecided": Wording("判合格", "It is met"),
    "act_change_undecided": Wording("判违规", "It is violated"),
    "act_note": Wording("备注", "Note"),
    "did_confirm_violated": Wording("✓ 成立", "✓ upheld"),
    "did_confirm_undecided": Wording("仍待定", "left undecided"),
    "did_reject_violated": Wording("不成立", "rejected"),
    "did_reject_undecided": Wording("判合格", "met"),
    "did_change": Wording("改判：{outcome}", "changed: {outcome}"),
    "did_change_points": Wording("改判：{outcome}，扣 {points}", "changed: {outcome}, −{points}"),
    "did_note": Wording("备注", "note"),
    "once_upheld": Wording("确认后扣 {points}", "−{points} once upheld"),
    "carried": Wording("沿用上次评分的判定", "carried over from the scorecard before"),
    "new_outcome": Wording("改为", "Change to"),
    "outcome_violated": Wording("违规", "violated"),
    "outcome_met": Wording("合格", "met"),
    "outcome_not_applicable": Wording("不适用", "not applicable"),
    "outcome_undecided": Wording("待定", "undecided"),
    "new_points": Wording("扣分", "Points"),
    "reason": Wording("理由", "Reason"),
    "reason_hint": Wording(
        "理由：按数字键选一条，或写下来按 Enter", "Why: press a number, or write it and press Enter"
    ),
    "quick_reasons": Wording("常用理由", "Frequent reasons"),
    "why_misheard": Wording("识别有误", "misheard by the machine"),
    "why_quoted": Wording("转述客户的话", "quotes the customer"),
    "why_context": Wording("结合上下文不构成", "not so in its context"),
    "why_said_later": Wording("后面已补说", "made good later"),
    "why_exempt": Wording("情况特殊，可免", "exempt in this case"),
    "why_other_speaker": Wording("不是坐席说的", "not said by the agent"),
    "why_heard_well": Wording("听录音确认合格", "heard it: met"),
    "why_not_due": Wording("这通不需要说", "not due in this call"),
    "why_unclear": Wording("录音听不清", "the recording is unclear"),
    "say_instead": Wording("应该这样说", "Say instead"),
    "rule_text": Wording("规则与制度原文", "The rule and its regulation"),
    "rule_page": Wording("规则详情", "All about this rule"),
    # releasing
    "release_call": Wording("发布给坐席", "Release to the agent"),
    "release_ready": Wording("可以发布", "Ready to release"),
    "release_score": Wording("得分 {score}", "score {score}"),
    "release_undecided": Wording(
        "另有 {n} 项未看，不影响发布", "{n} not looked at, which is allowed"
    ),
    "release_waits": Wording("还有 {n} 项要判定", "{n} still to decide"),
    "release_waits_why": Wording("判定完才能发布", "then the call can be released"),
    "released_by": Wording("{who} 于 {when} 发布", "released by {who}, {when}"),
    "take_back": Wording("撤回发布", "Take the release back"),
    "take_back_hint": Wording("为什么撤回（坐席会看到）", "Why (the agent sees it)"),
    "releases_of_call": Wording("发布记录", "Releases"),
    "step_release": Wording("发布，得分 {score}", "released, score {score}"),
    "step_take_back": Wording("撤回", "taken back"),
    "step_reopen": Wording("重新复核", "reviewed again"),
    "step_keep": Wording("维持原结果", "kept as it was"),
    # appeals, as far as one call shows them
    "appeals_of_call": Wording("申诉", "Appeals"),
    "appealed_open": Wording("申诉中", "open"),
    "appealed_withdrawn": Wording("已撤回", "withdrawn"),
    "appealed_upheld": Wording("申诉成立", "upheld"),
    "appealed_dismissed": Wording("申诉驳回", "dismissed"),
    "appeal_flag": Wording("申诉这一项", "Appeal against this"),
    "appeal_call": Wording("申诉整通电话的评分", "Appeal against the call as a whole"),
    "appeal_until": Wording("申诉截至 {until}", "appeals until {until}"),
    "appeal_text": Wording("申诉理由", "Your reasons"),
    "appeal_hint": Wording(
        "说明实际情况，例如哪一句、当时为什么这样说", "What really happened: which words, and why"
    ),
    "appeal_send": Wording("提交申诉", "Send the appeal"),
    # keys
    "key_space": Wording("空格", "Space"),
    "key_confirm": Wording("成立（待定项：仍待定）", "uphold (undecided: leave it so)"),
    "key_reject": Wording(
        "不成立 / 判合格，再按数字选理由", "reject, then a number for the reason"
    ),
    "key_change": Wording("改判结果或扣分", "change the outcome or the points"),
    "key_note": Wording("写备注", "write a note"),
    "key_quick": Wording("常用理由", "frequent reasons"),
    "key_undo": Wording("回到上一项，重新判定", "go back to the last one and decide anew"),
    "key_release": Wording("发布给坐席，并打开下一通", "release, and open the next call"),
    "key_flags": Wording("下一项、上一项", "next, previous flag"),
    "key_calls": Wording("下一通、上一通", "next, previous call"),
    "key_back": Wording("返回列表", "back to the list"),
    "key_play": Wording("播放、停止", "play, stop"),
    "key_clip": Wording("听当前这一项的片段", "hear the clip of this flag"),
    "key_seek": Wording("后退、前进 3 秒", "back, forward 3 s"),
    "key_speed": Wording("慢一档、快一档", "slower, faster"),
    "key_zoom": Wording("放大、缩小波形", "zoom in, out"),
    "key_silence": Wording("跳过静音", "skip silence"),
    # what the page says after a key
    "say_undo_none": Wording("这一通还没有判定过的项。", "Nothing has been decided here yet."),
    "say_undo_again": Wording(
        "按 C、R 或 E 重新判定；新的判定取代原来的，两次都留有记录。",
        "Press C, R or E to decide anew; both decisions stay on record.",
    ),
    "say_saved": Wording("已保存", "Saved"),
    "say_not_saved": Wording("没有保存：", "Not saved: "),
    "say_offline": Wording(
        "没有保存：连不上服务。请检查网络后重试。",
        "Not saved: the service cannot be reached. Check the network and try again.",
    ),
    "say_reason_needed": Wording("请选或写一条理由。", "Choose or write a reason."),
    "say_points_needed": Wording("请填扣几分。", "Say how many points."),
    "say_all_decided": Wording("全部判定完，按 L 发布。", "All decided: press L to release."),
    "say_not_released_yet": Wording(
        "还有未判定的项，不能发布。", "Flags are still to decide, so it cannot be released."
    ),
    "say_last_call": Wording("已是最后一通。", "This is the last call."),
    "say_first_call": Wording("已是第一通。", "This is the first call."),
    "say_autoplay_off": Wording("按空格开始播放。", "Press space to play."),
}
