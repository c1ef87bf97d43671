"""Words of the page that proves the rules."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "proof_title": Wording("规则验证", "Proof of the rules"),
    "rules_tab_proof": Wording("验证", "Proof"),
    "rules_tab_labels": Wording("盲评与校准", "Labels"),
    "proof_lead": Wording(
        "机器判的对不对，由人听过说了算：判违规的有多少是真的，真违规的有多少被找到。"
        "每个数都带 95% 区间；说不准的，就写说不准。",
        "Whether the machine is right is for people who listened to say: how many of its flags are "
        "true, how many true violations it finds. Every figure has its 95% interval; what cannot "
        "be told is said to be so.",
    ),
    "proof_rulesets": Wording("规则", "Rulesets"),
    "proof_proved": Wording("已验证", "proved"),
    "proof_not_proved": Wording("标注不足", "not enough labels"),
    "proof_refuted": Wording("不达标", "refuted"),
    "proof_more": Wording("照这个比例，至少再标 {n} 条", "at this share, at least {n} more"),
    "proof_more_none": Wording(
        "照这个比例，再标也达不到要求", "at this share no number of labels proves it"
    ),
    "proof_whole_proved": Wording(
        "每一项可罚款的规则都达标。", "Every rule that costs money is proved."
    ),
    "proof_whole_not_proved": Wording(
        "还有可罚款的规则，标注不足：区间太宽，既不能说它准，也不能说它不准。",
        "Some rules that cost money have not enough labels: their intervals are too wide to say "
        "that they are right, or that they are not.",
    ),
    "proof_whole_refuted": Wording(
        "有可罚款的规则，判错的太多。", "A rule that costs money is wrong too often."
    ),
    "proof_demands": Wording(
        "要求：至少 {n} 条人工标注，准确率区间的下限不低于 {share}。",
        "Asked: at least {n} labelled flags, the lower end of precision at {share} or above.",
    ),
    "proof_counted": Wording("依据 {n} 通有人判过的通话。", "From {n} calls that people judged."),
    "proof_left_out": Wording(
        "另有 {n} 通不归这套规则、没有转写，或超出本页上限。",
        "{n} more are not for this ruleset, have no transcript, or are beyond this page.",
    ),
    "proof_outdated": Wording(
        "其中 {n} 通是按另一版规则评的；qa rescore 后再看，或用 qa backtest。",
        "{n} of them were judged by another version: rescore, or use qa backtest.",
    ),
    "proof_scope": Wording(
        "只含您班组的通话；查全率只有部长按全中心抽样才能估计。",
        "Only calls of your teams; recall of all calls is a head's to see.",
    ),
    "proof_no_draw": Wording(
        "还没有随机抽样的盲评，所以说不出漏判了多少：没判违规的通话，没有人听过。",
        "No calls were drawn by chance and labelled, so nobody can say what was missed: of what "
        "was not flagged, nobody has listened to any.",
    ),
    "proof_draw": Wording("去抽一批", "Draw some"),
    "proof_rules": Wording("按质检项", "By rule"),
    "proof_flags": Wording("现判违规", "Flagged now"),
    "proof_labels": Wording("标注", "Labels"),
    "proof_precision": Wording("准确率", "Precision"),
    "proof_recall": Wording("查全率", "Recall"),
    "proof_handed_on": Wording("找到或交人工", "Found or handed on"),
    "proof_standing": Wording("结论", "Standing"),
    "proof_fine": Wording("可罚款", "fine"),
    "proof_few": Wording("太少", "few"),
    "proof_cannot_tell": Wording("无法判断", "cannot tell"),
    "proof_reason_no_violations": Wording("样本里没有真违规", "no true violation drawn"),
    "proof_reason_empty_stratum": Wording("有一层还没标", "a stratum has no labels"),
    "proof_by_chance": Wording("随机抽样 {n} 条", "{n} drawn by chance"),
    "proof_of_labels": Wording("仅就 {n} 条标注而言", "of {n} labels only"),
    "proof_unsure_note": Wording("人也说不准，或意见不一", "people could not tell or agree"),
    "proof_intervals": Wording(
        "准确率用 Clopper-Pearson 精确区间；复核时看得到机器的结果，所以复核得来的准确率可能偏高。"
        "查全率按抽样层加权，区间把误差分给各层，宁宽勿窄。",
        "Precision has the exact interval of Clopper and Pearson; a reviewer sees what the machine "
        "found, so precision from reviews may be too high. Recall weighs each stratum by its size, "
        "and its interval is wide rather than wrong.",
    ),
    "proof_silent": Wording("没有任何标注，未验证", "Not proved, no labels"),
    "proof_curve": Wording("阈值曲线", "Threshold curve"),
    "proof_curve_link": Wording("曲线", "curve"),
    "proof_threshold": Wording("相似度达到", "similarity from"),
    "proof_curve_note": Wording(
        "如果相似度达到某个值就算违规，有标注的通话会怎样。只用来比较阈值，不是对全部通话的估计。",
        "What would be of the labelled calls if similarity from some value on were a violation. It "
        "compares thresholds and estimates nothing for all calls.",
    ),
    "proof_no_curve": Wording(
        "这一项没有可比的相似度，或标注都一样。", "No measure to compare, or all labels alike."
    ),
    "proof_parity": Wording("错判是否偏向某些坐席", "Whether false alarms fall on everybody alike"),
    "proof_parity_few": Wording("标注太少，不能比较。", "Too few judged flags to compare."),
    "proof_parity_even": Wording(
        "看不出偏向：纯属偶然也有 {p} 的机会这样不均。",
        "No sign of it: chance alone spreads them so in {p} of cases.",
    ),
    "proof_parity_uneven": Wording(
        "分布不均，偶然造成的机会只有 {p}：请查是不是口音、线路或规则造成。",
        "Uneven: chance alone does so in only {p} of cases. Look for dialect, line or rule.",
    ),
    "proof_wrong": Wording("判错的违规", "Wrong flags"),
    "proof_p": Wording("偶然的机会", "by chance"),
    "proof_parity_note": Wording(
        "每人与其余所有人比（Fisher 精确检验，Holm 校正）；不足 5 条不比。"
        "各人被判的项目不同，也会造成差别。",
        "Each against all others (Fisher's exact test, corrected by Holm); not with fewer than 5. "
        "People flagged for other rules differ for that reason, too.",
    ),
    "proof_parity_none": Wording("还没有人判过的违规。", "No flags were judged yet."),
    "proof_nothing": Wording("未验证", "Not proved"),
    "proof_nothing_more": Wording(
        "还没有人判过这套规则的任何一项。复核几通，或抽一批来盲评。",
        "Nobody has judged anything of these rules yet. Review some calls, or draw some to label.",
    ),
    "gate_title": Wording("发布前的检查", "The gate"),
    "gate_stops": Wording(
        "这一版没有通过，不能发布，除非部长写明理由。",
        "This version does not pass; it can only be published with a head's written reason.",
    ),
    "gate_passes_proved": Wording("每一项可罚款的规则都已验证。", "Every fine rule is proved."),
    "gate_passes_not_proved": Wording(
        "标注不足：可罚款的规则还不能说准不准。可以发布，发布记录会写明“标注不足”。",
        "Not enough labels of fine rules to say. It may be published, and is recorded as such.",
    ),
    "gate_passes_refuted": Wording(
        "现行规则里有不达标的项，这一版没有改它；可以发布。",
        "A rule that is in force already is refuted and unchanged; it may be published.",
    ),
    "gate_changed": Wording(
        "随机 {whole} 通里有 {count} 通得分会变（{share}），上限 {most}。",
        "Of {whole} calls drawn by chance {count} get another score ({share}); at most {most}.",
    ),
    "gate_too_much": Wording("改动太大。", "That is too much."),
    "gate_unchanged": Wording("现行，未改", "in force, unchanged"),
    "gate_override": Wording("仍要发布的理由（记入审计）", "Why publish all the same (audited)"),
    "gate_refused": Wording(
        "没有通过检查：{why}。要发布，请写明理由。",
        "It does not pass: {why}. To publish it, write down why.",
    ),
    "gate_why_refuted": Wording("判错太多：{rules}", "wrong too often: {rules}"),
    "gate_why_unproved": Wording("标注不足：{rules}", "not enough labels: {rules}"),
    "gate_why_change": Wording("改变太多通话的得分", "it changes too many scores"),
    "gate_overridden": Wording("部长批准：{why}", "overridden: {why}"),
}
