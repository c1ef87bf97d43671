"""Words of the rules' pages: reading rules, and trying them on a dialogue."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "rules_title": Wording("质检项", "Rules"),
    "rules_lead": Wording(
        "每一条质检项都来自规章里的一句话。点开可以看到它听什么、怎样算合格、怎样算违规，以及应当怎么说。",
        "Every rule comes from a sentence of the regulations. Open one to see what it listens for, "
        "what is met and what is not, and what to say instead.",
    ),
    "rules_tab_read": Wording("查看", "Read"),
    "rules_tab_try": Wording("试一段对话", "Try a dialogue"),
    "rules_tab_drafts": Wording("试算与发布", "What-if and publish"),
    "rules_tab_notices": Wording("节日通知", "Festival notices"),
    "rules_views": Wording("质检项的页面", "Pages of the rules"),
    "rules_sets": Wording("规则集", "Rulesets"),
    "rules_count": Wording("{n} 项", "{n} rules"),
    "rules_default": Wording("未指明规则的通话用它", "for calls that name none"),
    "rules_bundled": Wording("随产品提供", "bundled"),
    "rules_published": Wording("第 {n} 次发布", "publication {n}"),
    "rules_from_file": Wording("来自设置里的文件", "a file of the settings"),
    "rules_version": Wording("版本 {n}", "version {n}"),
    "rules_broken": Wording("这套规则现在不能用：", "This ruleset cannot be used now:"),
    "rules_find": Wording("查找质检项", "Find a rule"),
    "rules_none_found": Wording("没有符合的质检项。", "No rule matches."),
    "rules_looks": Wording("听什么", "What it listens for"),
    "rules_grade": Wording("后果", "Grade"),
    "rules_points": Wording("扣分", "Points"),
    "rules_share": Wording("命中率", "Hit rate"),
    "rules_share_note": Wording(
        "近 {days} 天里，您能看到的、用这套规则评分的通话中，算作违规的比例；待定和被撤销的不算。",
        "Share of the calls that you may see, of the last {days} days and judged by this ruleset, "
        "that count as violated; undecided and rejected ones do not.",
    ),
    "rules_share_of": Wording("{n} / {calls} 通", "{n} of {calls} calls"),
    "rules_no_points": Wording("不扣分", "no points"),
    "rules_critical": Wording("一票否决", "Critical"),
    "rules_critical_note": Wording("违反即总分为 0", "a violation makes the score 0"),
    "rules_regulation": Wording("规章原文", "Regulation"),
    "rules_limits": Wording("标准", "Limits"),
    "rules_slots": Wording("话术的各部分", "Parts of the script"),
    "rules_phrases": Wording("听的话", "Phrases"),
    "rules_notation": Wording(
        "〔 〕任选其一，（ ）可有可无，… 中间可以有别的话；同音字也算，识别结果和录音都会核对。",
        "〔 〕 one of these, （ ） may be missing, … other words may stand between; words of the "
        "same sound count, and doubts are put to the recording.",
    ),
    "rules_phrases_warning": Wording(
        "以下是从规章整理的不文明用语，仅供培训。",
        "What follows is offensive language, listed for training only.",
    ),
    "rules_show_all": Wording("全部 {n} 条", "all {n}"),
    "rules_knowledge": Wording("业务知识", "Knowledge entries"),
    "rules_topic": Wording("主题", "Topic"),
    "rules_wrong": Wording("不能这样说", "Wrong"),
    "rules_right": Wording("正确的说法", "Right"),
    "rules_say": Wording("应当怎么说", "What to say"),
    "rules_examples": Wording("例子", "Examples"),
    "rules_examples_note": Wording(
        "每个例子都会自动测试：规则若判得不一样，就不能发布。",
        "Every example runs as a test: a ruleset that decides otherwise cannot be published.",
    ),
    "rules_example_metadata": Wording("随录数据", "Call data"),
    "rules_next": Wording("下一项", "Next rule"),
    "rules_previous": Wording("上一项", "Previous rule"),
    "rules_back": Wording("返回规则集", "Back to the ruleset"),
    "rules_try_this": Wording("用对话试这套规则", "Try this ruleset on a dialogue"),
    "rules_key_find": Wording("查找", "find"),
    # trying
    "try_title": Wording("试一段对话", "Try a dialogue"),
    "try_lead": Wording(
        "写一段对话，看规则怎样判。什么都不会保存，也不影响任何人的成绩。",
        "Write a dialogue and see what the rules make of it. Nothing is stored and no score moves.",
    ),
    "try_dialogue": Wording("对话", "Dialogue"),
    "try_dialogue_hint": Wording(
        "每行一句，写“坐席：”或“客户：”。（停顿 12秒）是静音，行首可写时间 [00:12]。",
        "One line each, 坐席: or 客户:. (停顿 12秒) is a silence; [00:12] may begin a line.",
    ),
    "try_example": Wording(
        "坐席：您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？\n"
        "客户：我家暖气不热，从昨天晚上就凉了。\n"
        "坐席：好的，请问您的具体地址？",
        "坐席：您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？\n"
        "客户：我家暖气不热，从昨天晚上就凉了。\n"
        "坐席：好的，请问您的具体地址？",
    ),
    "try_agent_id": Wording("坐席工号", "Agent's number"),
    "try_started": Wording("通话时间", "Started"),
    "try_direction": Wording("方向", "Direction"),
    "try_unknown": Wording("不指明", "not given"),
    "try_rings": Wording("响铃次数", "Rings"),
    "try_released": Wording("谁先挂机", "Who hung up"),
    "try_by_agent": Wording("坐席", "agent"),
    "try_by_customer": Wording("客户", "customer"),
    "try_festival": Wording("当天有通知的节日", "Festival notice of that day"),
    "try_no_festival": Wording("没有", "none"),
    "try_more": Wording("工单", "Ticket"),
    "try_go": Wording("判一下", "Judge it"),
    "try_result": Wording("判定结果", "What the rules found"),
    "try_unconfirmed": Wording(
        "总分按全部成立计算；可罚款的项目要经人工确认才扣分。",
        "The total counts everything found; what carries a fine counts only once a person "
        "confirmed it.",
    ),
    "try_not_stored": Wording("试判，未保存", "a trial, not stored"),
    "try_too_long": Wording(
        "对话太长，最多 {n} 字。", "The dialogue is too long; at most {n} characters."
    ),
    "try_bad_line": Wording("第 {line} 行看不懂：{problem}", "line {line}: {problem}"),
    "try_bad_value": Wording("“{name}”填得不对。", "“{name}” cannot be read."),
    "try_bad_ruleset": Wording("没有这套规则，或它现在不能用。", "This ruleset cannot be used."),
    "try_rest": Wording("合格与不适用的 {n} 项", "{n} rules met or not concerned"),
}
