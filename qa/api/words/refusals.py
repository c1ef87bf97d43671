"""Why something that a person asked for was refused: a sentence for each `qa.refusals.Refusal`."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "refused": Wording("没有保存", "Not saved"),
    "refusal_no_right": Wording("您的账户没有这项权限。", "Your account has no right to do this."),
    "refusal_own_call": Wording(
        "这是您自己的通话，须由别人复核。", "This is your own call; somebody else reviews it."
    ),
    "refusal_own_decision": Wording(
        "这通电话由您复核，申诉须由别人裁决。",
        "You reviewed this call, so somebody else decides the appeal.",
    ),
    "refusal_not_own_call": Wording(
        "只能对自己的通话提出申诉。", "You can appeal only against calls of your own."
    ),
    "refusal_not_assigned": Wording("这项任务不是分给您的。", "This task is not yours."),
    "refusal_text_missing": Wording("请写明理由。", "Say why, in writing."),
    "refusal_text_too_long": Wording("文字太长，最多 2000 字。", "The text is longer than 2,000."),
    "refusal_outcome_missing": Wording("请选择改成什么结果。", "Choose what it is changed to."),
    "refusal_points_missing": Wording("请填扣几分。", "Say how many points it takes off."),
    "refusal_points_wrong": Wording(
        "扣分应为 0 到 100；只有判违规的扣分项才能填。",
        "Points are 0 to 100, and only a violated rule that costs points takes any.",
    ),
    "refusal_no_change": Wording("没有任何改动。", "Nothing was changed."),
    "refusal_score_would_fall": Wording(
        "申诉不能让得分变低。", "An appeal cannot lower the score."
    ),
    "refusal_not_a_flag": Wording(
        "这一项没有违规也没有待定，不需要判定。",
        "This rule is neither violated nor undecided: there is nothing to decide.",
    ),
    "refusal_not_of_appeal": Wording("申诉没有提到这一项。", "The appeal is not about this rule."),
    "refusal_stale_scorecard": Wording(
        "这通电话已经重新评分。请刷新页面，看新的结果再判定。",
        "The call has been judged again meanwhile. Reload to see the new result first.",
    ),
    "refusal_decided_meanwhile": Wording(
        "别人刚刚判定了这一项。请刷新页面，看过再决定。",
        "Somebody has just decided this flag. Reload to see it first.",
    ),
    "refusal_flags_open": Wording(
        "还有未判定的项，不能发布。", "Flags are still to decide, so it cannot be released."
    ),
    "refusal_already_released": Wording(
        "已经发布给坐席。要改判，请先撤回发布。",
        "It has been released to the agent. Take the release back to change it.",
    ),
    "refusal_not_released": Wording("这通电话还没有发布。", "The call has not been released."),
    "refusal_appealed": Wording(
        "坐席正在申诉，裁决之前不能改动。",
        "An appeal is open; nothing changes before it is decided.",
    ),
    "refusal_final": Wording("结果已定，不能再改。", "The result is final."),
    "refusal_window_passed": Wording("申诉期限已过。", "The appeal window has passed."),
    "refusal_appeal_open": Wording(
        "这一项已经在申诉中。", "There is an open appeal about this already."
    ),
    "refusal_appeal_closed": Wording(
        "这项申诉已经撤回或裁决。", "The appeal has been withdrawn or decided already."
    ),
    "refusal_not_judged_anew": Wording(
        "这通电话没有重新评分。", "The call has not been judged again."
    ),
    "refusal_handed_in": Wording(
        "已经交卷，不能再改。", "These labels are handed in and cannot be changed."
    ),
    "refusal_set_closed": Wording("这一批已经关闭。", "The set is closed."),
    "refusal_labels_missing": Wording(
        "还有没标完的通话或质检项。", "Some calls or rules have no label yet."
    ),
    "refusal_nothing_to_draw": Wording(
        "没有符合条件的通话、质检项或人员。", "There are no such calls, rules or people."
    ),
    "refusal_blind": Wording(
        "全部交卷或关闭之后才能看结果。",
        "Results are shown when everybody has handed in, or the set is closed.",
    ),
    "refusal_report_sent": Wording(
        "报表已经发出，不能再改。", "The report is sent and never changes."
    ),
    "refusal_report_changed": Wording(
        "报表刚刚有变动，请看过新的内容再操作。",
        "The report changed meanwhile; look at it again first.",
    ),
    "refusal_report_not_reviewed": Wording(
        "报表要先审核才能发出。", "Somebody must review the report before it is sent."
    ),
    "refusal_report_differs": Wording(
        "重新核对，有数字与明细不符，不能发出。请重新生成并审核。",
        "A recount gives other figures, so it cannot be sent. Make it anew and review it.",
    ),
    "refusal_report_not_over": Wording(
        "这段日子还没有结束，报表不能发出。", "The days of this report are not over yet."
    ),
    "refusal_conflict": Wording(
        "内容已被别人改动。请刷新页面再试。", "Somebody changed it meanwhile. Reload and try again."
    ),
    "refusal_unknown": Wording(
        "没有这通电话（或这位坐席），或者不归您看。请核对后再提交。",
        "There is no such call (or agent), or it is not yours to see. Check it and send again.",
    ),
    "refusal_event_moved": Wording(
        "这件事已有进展，或者现在不能这样处理。请刷新页面。",
        "The event has moved on, or cannot be handled so now. Reload the page.",
    ),
    "refusal_event_known": Wording(
        "这通电话已有一件同类事件在处理。", "This call has an open event of this kind already."
    ),
    "refusal_event_wrong": Wording(
        "请选择事件类别；时间不能在将来。", "Choose a kind; the time must not be in the future."
    ),
    "refusal_about_oneself": Wording(
        "与您本人有关，须由别人认定。", "It is about you, so somebody else decides."
    ),
    "refusal_charge_moved": Wording(
        "这笔记录已有进展，或者现在不能这样处理。请刷新页面。",
        "The charge has moved on, or cannot be handled so now. Reload the page.",
    ),
    "refusal_charge_wrong": Wording(
        "请选择条款和一通有坐席、有时间的通话，并写明录音里的起止时间。",
        "Choose a sentence and a call with an agent and a start, and say where in its recording.",
    ),
    "refusal_own_charge": Wording(
        "由您登记或认定的，须由别人处理。", "You entered or confirmed it, so somebody else decides."
    ),
    "refusal_not_own_charge": Wording(
        "只能对自己的处罚提出异议。", "You can object only to charges against you."
    ),
    "refusal_dry_run": Wording(
        "台账现在只试算（设置 ledger.dry_run），不入账，也不能关账。",
        "The ledger only tries out (setting ledger.dry_run): nothing is booked or closed.",
    ),
    "refusal_month_not_over": Wording("这个月还没有结束。", "The month is not over."),
    "refusal_month_closed": Wording("这个月已经关账。", "The month is closed already."),
    "refusal_earlier_month_open": Wording(
        "更早的月份还没有关账，请先关更早的月份。",
        "An earlier month is still open; close it first.",
    ),
    "refusal_ruleset_as_it_is": Wording(
        "这一版规则已经是这个状态。", "The ruleset version is in that state already."
    ),
    "refusal_not_empty": Wording(
        "没有证明这段录音是空的；请改为申请删除。",
        "No proof says that the recording is empty; ask for its deletion instead.",
    ),
    "refusal_no_recording": Wording(
        "这通电话没有录音，或录音已经删除。", "The call has no recording, or it was deleted."
    ),
    "refusal_deletion_open": Wording(
        "已经有人申请删除这段录音。", "Its deletion was asked for already."
    ),
    "refusal_deletion_decided": Wording(
        "这项申请刚刚已由别人处理。", "Somebody decided this request meanwhile."
    ),
    "refusal_own_request": Wording("不能批准自己的申请。", "Nobody approves their own request."),
    "refusal_still_needed": Wording(
        "录音还有用：复核、申诉、抽查、扣款、异常事件或标注还依据它。",
        "The recording is still needed: a review, appeal, spot check, fine, event or label rests "
        "on it.",
    ),
}
