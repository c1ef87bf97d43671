"""Words of the appeals' page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "appeals_title": Wording("申诉", "Appeals"),
    "appeals_lead": Wording(
        "听一听证据，看双方怎么说，再裁决。复核过这通电话的人不能裁决它的申诉。",
        "Hear the evidence, read both sides, then decide. Whoever reviewed a call does not decide "
        "its appeal.",
    ),
    "appeals_lead_own": Wording(
        "您提出的申诉和答复都在这里。裁决之前分数和罚款都不生效。",
        "Your appeals and their answers. Until one is decided, no points or fines count.",
    ),
    "appeals_hidden": Wording(
        "另有 {n} 条申诉的通话您正在盲评，交卷之后才显示。",
        "Not shown: {n} about calls that you are labelling blind, until the labels are handed in.",
    ),
    "appeals_hidden_labels": Wording("去盲评", "Label now"),
    "appeals_views": Wording("申诉清单", "Lists of appeals"),
    "appeals_view_open": Wording("待裁决", "To decide"),
    "appeals_view_all": Wording("全部", "All"),
    "appeals_state_open": Wording("待裁决", "waits"),
    "appeals_state_withdrawn": Wording("已撤回", "withdrawn"),
    "appeals_state_upheld": Wording("成立", "upheld"),
    "appeals_state_dismissed": Wording("维持原结果", "dismissed"),
    "appeals_whole_call": Wording("整通电话", "the call as a whole"),
    "appeals_says": Wording("坐席说", "The agent says"),
    "appeals_you_say": Wording("您的理由", "Your reason"),
    "appeals_reviewer_says": Wording("复核人说", "The reviewer says"),
    "appeals_no_reason": Wording("（没有写理由）", "(no reason given)"),
    "appeals_machine_only": Wording(
        "只有机评，没有人复核过。", "Found by the machine; nobody decided."
    ),
    "appeals_answer": Wording("答复", "Answer"),
    "appeals_answer_hint": Wording(
        "写给坐席看：听到了什么，为什么这样裁决。", "For the agent: what you heard, and why."
    ),
    "appeals_uphold": Wording("申诉成立", "Uphold"),
    "appeals_dismiss": Wording("维持原结果", "Dismiss"),
    "appeals_points": Wording("改为扣分（空着即撤销）", "Points instead (empty: drop it)"),
    "appeals_rules": Wording("成立时撤销这些项", "Drop these when upheld"),
    "appeals_withdraw": Wording("撤回申诉", "Withdraw"),
    "appeals_own_decision": Wording(
        "这通电话由您复核，须由别人裁决。", "You reviewed this call; somebody else decides."
    ),
    "appeals_open_call": Wording("看整通电话", "The whole call"),
    "appeals_now": Wording("现在的分数", "Score now"),
    "appeals_none_open": Wording("没有待裁决的申诉。", "No appeal waits."),
    "appeals_none": Wording("没有申诉。", "There are no appeals."),
    "appeals_none_own": Wording(
        "还没有申诉。通话发布后，可以在那通电话的页面上提出。",
        "You have no appeals. Once a call is released you can appeal on its page.",
    ),
    "appeals_more": Wording("更多", "More"),
    "appeals_action_confirm": Wording("确认", "confirmed"),
    "appeals_action_reject": Wording("撤销", "rejected"),
    "appeals_action_change": Wording("更改", "changed"),
    "appeals_action_note": Wording("备注", "noted"),
    "flash_appeals_uphold": Wording("申诉成立，已通知坐席。", "Upheld; the agent is told."),
    "flash_appeals_dismiss": Wording("已维持原结果并答复坐席。", "Dismissed; the agent is told."),
    "flash_appeals_withdrawn": Wording("申诉已撤回。", "The appeal is withdrawn."),
}
