"""Words of an agent's own page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "agent_mine": Wording("我的成绩", "My scores"),
    "agent_hello": Wording("{name}，您好", "{name}"),
    "agent_fair": Wording(
        "待定的项没有扣分；可罚款的项经人确认才算。对结果有异议，可以在通话发布后申诉。",
        "Undecided lines cost nothing, and finable ones count only once a person confirmed them. "
        "If you disagree, appeal once the call is released.",
    ),
    "agent_few": Wording(
        "这段时间只有 {n} 通已评分的通话，平均分还说明不了什么。",
        "Only {n} calls of these days have a score: the mean says little yet.",
    ),
    "agent_score": Wording("平均分", "Mean score"),
    "agent_based": Wording(
        "{calls} 通：{machine} 通仅机评，{reviewed} 通经复核，{final} 通已定",
        "{calls} calls: {machine} by machine only, {reviewed} reviewed, {final} final",
    ),
    "agent_flags": Wording("问题项", "Flags"),
    "agent_flags_open": Wording("等待复核", "to review"),
    "agent_flags_confirmed": Wording("已确认", "confirmed"),
    "agent_flags_rejected": Wording("已撤销", "rejected"),
    "agent_flags_changed": Wording("已更改", "changed"),
    "agent_flags_undecided": Wording("待定（未扣分）", "undecided, no points"),
    "agent_praised": Wording("受到表扬", "Praised"),
    "agent_trend": Wording("每周平均分", "Mean by week"),
    "agent_trend_note": Wording(
        "空心点：那一周通话很少。班组不足 4 名坐席的那一周不画班组。",
        "Hollow points: few calls that week. The team is drawn in weeks of four or more agents.",
    ),
    "agent_own": Wording("平均分", "own mean"),
    "agent_team_band": Wording("同组坐席的中间一半", "middle half of the team"),
    "agent_team_median": Wording("同组中位数", "the team's median"),
    "agent_missed": Wording("可以做得更好的地方", "What to do better"),
    "agent_missed_none": Wording(
        "这段时间没有违规项，做得很好。", "Nothing was missed. Well done."
    ),
    "agent_missed_times": Wording("{n} 次", "{n} times"),
    "agent_instead": Wording("可以这样说", "Say instead"),
    "agent_heard": Wording("听一听", "Hear it"),
    "agent_see_rule": Wording("看这一项的说明", "About this rule"),
    "agent_praise": Wording("客户的表扬", "Praise from customers"),
    "agent_praise_none": Wording("这段时间还没有听到客户的表扬。", "None was heard in these days."),
    "agent_appeals": Wording("申诉", "Appeals"),
    "agent_appeals_none": Wording("没有申诉。", "There are no appeals."),
    "agent_all_appeals": Wording("全部申诉", "All appeals"),
    "agent_promises": Wording("答应客户的事", "Promises to customers"),
    "agent_promises_none": Wording("这段时间没有听到承诺。", "No promise was heard in these days."),
    "agent_promise_open": Wording("待办", "open"),
    "agent_promise_overdue": Wording("已过期限", "overdue"),
    "agent_promise_kept": Wording("已做到", "kept"),
    "agent_promise_broken": Wording("没有按时", "broken"),
    "agent_promise_unknown": Wording("无从得知", "unknown"),
    "agent_promise_due": Wording("期限 {due}", "due {due}"),
    "agent_calls": Wording("通话", "Calls"),
    "agent_calls_none": Wording("还没有已评分的通话。", "No call has a score yet."),
    "agent_older": Wording("更早的通话", "Older calls"),
    "agent_newest": Wording("最新的通话", "Newest calls"),
    "agent_call_flags": Wording("{n} 项", "{n} flags"),
    "agent_call_undecided": Wording("{n} 项待定", "{n} undecided"),
    "agent_no_team": Wording("没有班组", "no team"),
}
