"""Words of the pages where people label calls blind."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "labels_title": Wording("盲评与校准", "Blind labels and calibration"),
    "labels_lead": Wording(
        "随机抽出的通话，由人单独听、单独判：看不到机器的结果，也看不到别人的。用来算漏判，也用来看大家尺度是否一致。",
        "Calls drawn by chance, for people to judge by themselves: nobody sees what the machine or "
        "anybody else found. They tell what was missed, and whether people measure alike.",
    ),
    "labels_sets": Wording("各批", "Sets"),
    "labels_set": Wording("名称", "Set"),
    "labels_kind": Wording("用途", "Purpose"),
    "labels_kind_sample": Wording("抽样盲评", "sample"),
    "labels_kind_calibration": Wording("校准会", "calibration"),
    "labels_kind_file": Wording("标注文件", "file of labels"),
    "labels_about_sample": Wording(
        "分给各人，估计漏判；两成由两人各评一次", "shared out, to estimate misses; a fifth twice"
    ),
    "labels_about_calibration": Wording(
        "每人都评同样的通话，看尺度是否一致", "everybody judges the same calls"
    ),
    "labels_rules": Wording("质检项", "Rules"),
    "labels_rules_hint": Wording(
        "空格隔开；不填就是全部可罚款的项。", "Separated by spaces; all fine rules if empty."
    ),
    "labels_no_rule": Wording("没有这个质检项。", "There is no such rule."),
    "labels_calls": Wording("通话", "Calls"),
    "labels_handed_in": Wording("已交卷", "handed in"),
    "labels_state": Wording("状态", "State"),
    "labels_open": Wording("进行中", "open"),
    "labels_closed": Wording("已结束", "closed"),
    "labels_none": Wording("还没有。", "There are none."),
    "labels_none_more": Wording(
        "部长抽出一批后，分给您的通话会出现在这里。", "Calls assigned to you appear here."
    ),
    "labels_draw": Wording("抽一批", "Draw a set"),
    "labels_draw_lead": Wording(
        "机器判违规、待定、没问题的各抽一部分，层里每一通机会相同；同一种子抽出同样的通话。没有人会抽到自己的通话。",
        "Some of what the machine flagged, left open and found clean, with equal chances in each; "
        "the same seed draws the same calls. Nobody gets a call of their own.",
    ),
    "labels_name": Wording("名称（必填）", "Name (required)"),
    "labels_ruleset": Wording("规则", "Ruleset"),
    "labels_size": Wording("多少通", "How many calls"),
    "labels_days": Wording("近多少天", "Of the last days"),
    "labels_seed": Wording("种子", "Seed"),
    "labels_seed_hint": Wording("不填用当前时间。", "The present time if empty."),
    "labels_people": Wording("谁来评", "Who labels"),
    "labels_all": Wording("全部", "All sets"),
    "labels_strata": Wording(
        "总体：违规 {flagged}，待定 {undecided}，没问题 {clean}",
        "drawn from {flagged} flagged, {undecided} undecided, {clean} clean",
    ),
    "labels_mine": Wording("我的", "Mine"),
    "labels_mine_lead": Wording(
        "全部评完才能交卷；交卷以后不能改，也才能看结果。",
        "Hand in when all is done; then nothing changes, and results are shown once all have.",
    ),
    "labels_go_on": Wording("继续评", "Go on"),
    "labels_hand_in": Wording("交卷", "Hand in"),
    "labels_finished": Wording("已交卷。", "Handed in."),
    "labels_working": Wording("在评", "at work"),
    "labels_hidden": Wording(
        "大家都交卷之前，谁也看不到结果，包括部长。",
        "Until everybody has handed in nobody sees results, heads included.",
    ),
    "labels_close": Wording("现在结束", "Close now"),
    "labels_agreement": Wording("尺度是否一致", "Agreement"),
    "labels_together": Wording("全部质检项", "All rules together"),
    "labels_alpha": Wording("Krippendorff α", "Krippendorff's alpha"),
    "labels_kappa": Wording("Cohen κ", "Cohen's kappa"),
    "labels_pair": Wording("两人", "Two people"),
    "labels_unsure": Wording("说不准或不一致", "unsure or split"),
    "labels_alike": Wording("{n} 项中 {share} 相同", "{share} alike of {n}"),
    "labels_one_answer": Wording(
        "{n} 项 {share} 相同；答案只有一种，算不出",
        "{share} alike of {n}; only one answer, no figure",
    ),
    "labels_not_twice": Wording("没有两人评过同一项", "nothing was judged twice"),
    "labels_agreement_note": Wording(
        "1 是完全一致，0 是和瞎猜一样。区间 95%；不足 30 项时只作参考。",
        "1 is full agreement, 0 what chance gives. 95% intervals; below 30 things a hint only.",
    ),
    "labels_differing": Wording("意见不同的地方", "Where people differ"),
    "labels_no_differing": Wording("没有不同意见。", "Nowhere."),
    "labels_call": Wording("第 {n} 通", "call {n}"),
    "labels_machine": Wording("机器判", "the machine found"),
    "labels_no_sound": Wording("录音放不出来。", "The sound cannot be played."),
    "labels_sheet": Wording("第 {n} 通，共 {all} 通", "Call {n} of {all}"),
    "labels_sheet_views": Wording("前后的通话", "Other calls"),
    "labels_sheet_lead": Wording(
        "只凭听到的判断。听不清，就选“说不准”。",
        "Judge by what you hear. Where you cannot tell, say so.",
    ),
    "labels_before": Wording("上一通", "previous"),
    "labels_after": Wording("下一通", "next"),
    "labels_words": Wording("转写（仅供参考）", "What was recognised (a help only)"),
    "labels_found": Wording("您的判断", "What you find"),
    "labels_hard": Wording("说不准", "cannot tell"),
    "labels_note": Wording("备注", "Note"),
    "labels_keep": Wording("保存，下一通", "Keep and go on"),
    "flash_labels_drawn": Wording("已抽好，任务已分给各人。", "Drawn; everybody has their tasks."),
    "flash_labels_kept": Wording("已保存。", "Kept."),
    "flash_labels_handed_in": Wording("已交卷。", "Handed in."),
    "flash_labels_closed": Wording("已结束。", "Closed."),
}
