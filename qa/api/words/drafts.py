"""Words of the pages where a draft ruleset is tried and published."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "drafts_title": Wording("试算与发布", "What-if and publish"),
    "drafts_lead": Wording(
        "贴上修改过的规则文件，先检查，再用全部录音的转写重新评一遍，看每一项、每个人、每通电话会怎么变，"
        "然后决定要不要发布。试算不改动任何成绩。",
        "Paste a changed ruleset: it is checked, then every call is judged by it from its "
        "transcript, and you see what would change per rule, agent and call. A trial moves no "
        "score.",
    ),
    "drafts_text": Wording("规则草稿（YAML）", "Draft ruleset (YAML)"),
    "drafts_file": Wording("从文件读入", "Read from a file"),
    "drafts_hint": Wording(
        "命令 qa rules new 给出一个起点；qa rules source 列出现有的规则文件。",
        "qa rules new gives a starting point; qa rules source prints a ruleset's file.",
    ),
    "drafts_days": Wording("范围", "Range"),
    "drafts_all_days": Wording("全部通话", "all calls"),
    "drafts_last_days": Wording("近 {n} 天", "last {n} days"),
    "drafts_try": Wording("检查并试算", "Check and try"),
    "drafts_problems": Wording("草稿不能使用：", "The draft cannot be used:"),
    "drafts_go_to_line": Wording("到第 {line} 行", "to line {line}"),
    "drafts_tries": Wording("最近的试算", "Latest trials"),
    "drafts_no_tries": Wording("还没有试算过。", "Nothing was tried yet."),
    "drafts_run": Wording("第 {n} 次运行", "run {n}"),
    "drafts_state_waiting": Wording("排队等候", "waits"),
    "drafts_state_running": Wording("正在试算", "running"),
    "drafts_state_done": Wording("已完成", "done"),
    "drafts_state_failed": Wording("没有成功", "failed"),
    "drafts_state_interrupted": Wording("被中断", "interrupted"),
    "drafts_progress": Wording("已评 {done} / {total} 通", "{done} of {total} calls judged"),
    "drafts_waiting_note": Wording(
        "排在其他任务之后；本页会自动更新。", "It waits for other runs; this page follows it."
    ),
    "drafts_failed_note": Wording("试算没有完成：{fault}", "The trial did not finish: {fault}"),
    "drafts_result": Wording("会有哪些变化", "What would change"),
    "drafts_compared": Wording(
        "重新评了 {calls} 通，其中 {changed} 通（{share}）结果会变。",
        "{calls} calls were judged again; {changed} of them ({share}) would change.",
    ),
    "drafts_since": Wording("只含 {since} 以后的通话", "only calls since {since}"),
    "drafts_mean": Wording("平均分", "mean score"),
    "drafts_points": Wording("扣分合计", "points off"),
    "drafts_fines": Wording("可罚款的违规", "finable violations"),
    "drafts_violated": Wording("违规", "violated"),
    "drafts_undecided": Wording("待定", "undecided"),
    "drafts_critical": Wording("一票否决", "critical"),
    "drafts_was": Wording("原 {before}", "was {before}"),
    "drafts_without_card": Wording(
        "另有 {n} 通还没有评分，无从比较。", "{n} more calls have no score to compare with."
    ),
    "drafts_outdated": Wording(
        "其中 {n} 通现在的结果不是按现行规则评的，变化里也含有现行规则带来的部分。",
        "The results of {n} of them are not of the rules in force; part of the change is due to "
        "those.",
    ),
    "drafts_open_questions": Wording(
        "{calls} 通还有 {n} 个问题要听录音才能回答，现在算作待定。",
        "{n} questions of {calls} calls still need the sound; they count as undecided now.",
    ),
    "drafts_broken": Wording("{rule}：检查出错 {n} 次", "{rule}: its check broke {n} times"),
    "drafts_by_rule": Wording("按质检项", "By rule"),
    "drafts_by_agent": Wording("按坐席", "By agent"),
    "drafts_by_call": Wording("变化最大的通话", "Calls that change most"),
    "drafts_changed_calls": Wording("变化的通话", "calls that change"),
    "drafts_only_points": Wording("扣分变化", "points change"),
    "drafts_nothing": Wording("没有任何结果会变。", "Nothing would change."),
    "drafts_publish": Wording("发布这份规则", "Publish this ruleset"),
    "drafts_publish_lead": Wording(
        "发布后，新通话按它评；已经评过的通话保持原结果，直到重新评分。",
        "From then on new calls are judged by it; calls judged already keep their results until "
        "they are judged again.",
    ),
    "drafts_note": Wording("为什么（必填，写入发布记录）", "Why (required; kept in the history)"),
    "drafts_no_note": Wording("请写明为什么发布。", "Say why it is published."),
    "drafts_gone": Wording(
        "这份草稿现在不能发布：规则或程序已经改变，请重新检查。",
        "This draft cannot be published now: rules or program have changed; check it again.",
    ),
    "drafts_conflict": Wording(
        "现在不能发布：正在运行任务，或现行的就是这份规则。",
        "It cannot be done now: a run is going on, or exactly this ruleset is in force.",
    ),
    "drafts_in_force": Wording("现行规则", "In force"),
    "drafts_history": Wording("发布记录", "Publications"),
    "drafts_no_history": Wording(
        "还没有发布过，现行的都是随产品提供的规则。",
        "Nothing was published; the bundled rulesets are in force.",
    ),
    "drafts_action_publish": Wording("发布", "published"),
    "drafts_action_rollback": Wording("退回", "rolled back"),
    "drafts_to_bundled": Wording("随产品提供的规则", "the bundled ruleset"),
    "drafts_roll_back": Wording("退回上一版", "Roll back"),
    "drafts_put_back": Wording("恢复这一版", "Put in force again"),
    "drafts_roll_back_note": Wording("退回原因", "Why"),
    "drafts_back": Wording("返回试算与发布", "Back to what-if"),
    "flash_drafts_published": Wording("规则已发布。", "The ruleset is in force."),
    "flash_drafts_rolled_back": Wording("已退回。", "Rolled back."),
}
