"""What rules about timing, sound and courtesy find."""

from collections.abc import Mapping
from typing import Final

from qa.reasons.words import Wording

CONDUCT: Final[Mapping[str, Wording]] = {
    # answering in time
    "rings_within": Wording(
        "振铃 {rings} 次（上限 {limit} 次）", "answered after {rings} rings (limit {limit})"
    ),
    "rings_over": Wording(
        "振铃 {rings} 次才接听（上限 {limit} 次）",
        "answered only after {rings} rings (limit {limit})",
    ),
    "rings_within_heard": Wording(
        "录音里振铃 {rings} 次（上限 {limit} 次）",
        "{rings} rings are on the recording (limit {limit})",
    ),
    "rings_over_heard": Wording(
        "录音里振铃 {rings} 次才接听（上限 {limit} 次）",
        "answered only after the {rings} rings on the recording (limit {limit})",
    ),
    "rings_cut_off": Wording(
        "录音开始时已在振铃，只录到 {rings} 次（上限 {limit} 次）",
        "the recording begins while it rings; {rings} rings are on it (limit {limit})",
    ),
    "apology_first": Wording("接听迟，先道了歉", "answered late and apologised first"),
    "apology_missing": Wording("接听迟，没有道歉", "answered late and did not apologise"),
    "apology_late": Wording(
        "接听迟，道了歉，但不是第一句", "answered late; apologised, but not before anything else"
    ),
    "apology_unsure": Wording(
        "接听迟，没有听清是否道歉", "answered late; it was not clear whether the agent apologised"
    ),
    "not_late": Wording("振铃 {rings} 次，接听及时", "answered in time, after {rings} rings"),
    # hanging up, interruption, dead air, rate, loudness
    "customer_released": Wording("客户先挂机", "the customer hung up first"),
    "customer_heard_leaving": Wording(
        "录音表明客户先挂机", "the sound shows that the customer hung up first"
    ),
    "released_at_once": Wording(
        "客户话音落下 {seconds} 秒坐席就挂机（至少应等 {limit} 秒）",
        "the agent hung up {seconds} s after the customer's last word (at least {limit} s are due)",
    ),
    "released_before_closing": Wording(
        "没有说结束语，坐席就挂机了", "the agent hung up without having closed the call"
    ),
    "released_after_closing": Wording(
        "说完结束语，客户话音落下 {seconds} 秒后坐席才挂机",
        "the agent closed the call and hung up {seconds} s after the customer's last word",
    ),
    "closing_unsure": Wording(
        "坐席先挂机，没有听清是否说了结束语",
        "the agent hung up; it was not clear whether the call had been closed",
    ),
    "interruptions_many": Wording(
        "打断客户 {count} 次（{limit} 次算违规）",
        "cut the customer short {count} times ({limit} are a violation)",
    ),
    "interruptions_few": Wording(
        "打断客户 {count} 次（{limit} 次才算违规）",
        "cut the customer short {count} times (only {limit} are a violation)",
    ),
    "overlap_unheard": Wording(
        "双方录在同一声道，听不清是否同时说话",
        "both sides are on one channel, where it cannot be heard whether they spoke at once",
    ),
    "dead_air": Wording(
        "双方沉默 {seconds} 秒（上限 {limit} 秒），事先没有请客户稍等",
        "both sides silent for {seconds} s (limit {limit} s), and nobody had asked for a moment",
    ),
    "dead_air_none": Wording(
        "最长沉默 {seconds} 秒（上限 {limit} 秒）", "longest silence {seconds} s (limit {limit} s)"
    ),
    "dead_air_asked": Wording(
        "沉默 {seconds} 秒，事先请过对方稍等",
        "silent for {seconds} s, but a moment had been asked for",
    ),
    "dead_air_unsure": Wording(
        "沉默 {seconds} 秒（上限 {limit} 秒），没有听清事先是否请过稍等",
        "silent for {seconds} s (limit {limit} s); it was not clear whether a moment was asked for",
    ),
    "one_side_only": Wording(
        "只录到一方的声音，不能判断是否双方都沉默",
        "only one side was heard, so it is not known whether both were silent",
    ),
    "rate_inside": Wording(
        "语速每分钟 {rate} 字（{low}–{high}）", "{rate} characters a minute ({low}–{high})"
    ),
    "rate_above": Wording(
        "语速过快：每分钟 {rate} 字（上限 {high}）",
        "too fast: {rate} characters a minute (at most {high})",
    ),
    "rate_below": Wording(
        "语速过慢：每分钟 {rate} 字（下限 {low}）",
        "too slow: {rate} characters a minute (at least {low})",
    ),
    "rate_too_little_speech": Wording(
        "坐席只说了 {seconds} 秒，每分钟 {rate} 字，不足以判断语速",
        "the agent spoke for {seconds} s only, at {rate} characters a minute: too little to judge",
    ),
    "level_inside": Wording(
        "音量平均 {level} dBFS，没有喊叫", "usual level {level} dBFS, and nothing was shouted"
    ),
    "level_above": Wording(
        "音量过大：{level} dBFS（上限 {high}）", "too loud: {level} dBFS (at most {high})"
    ),
    "level_below": Wording(
        "音量过小：{level} dBFS（下限 {low}）", "too soft: {level} dBFS (at least {low})"
    ),
    "shouted": Wording(
        "喊叫：比本人平时响 {above} 分贝", "shouted: {above} dB above the agent's usual level"
    ),
    "level_not_measured": Wording("没有测量音量", "the level was not measured"),
    # what the customer says about others
    "mention_heard": Wording("客户说：{phrase}", "the customer says: {phrase}"),
    "mention_absent": Wording("没有听到", "not heard"),
    "mention_unsure": Wording(
        "疑似提到，需人工听：{phrase}", "may have been mentioned, please listen: {phrase}"
    ),
    "no_customer_speech": Wording("录音中没有客户的话", "the customer is not heard at all"),
    # courtesies of the other regulations
    "greeting_not_first": Wording(
        "单位或姓名报在了问候之前", "company or name came before the greeting"
    ),
    "no_cause": Wording("客户的话里没有需要这样做的缘由", "the customer gave no cause for it"),
    "time_named": Wording("告知了预计的处理时间", "an expected time was named"),
    "time_not_named": Wording(
        "客户投诉后，没有告知预计的处理时间", "no expected time was named after the complaint"
    ),
    "time_unsure": Wording(
        "不能确定是否告知了预计的处理时间", "cannot be sure whether an expected time was named"
    ),
    "hold_asked": Wording("让客户等候前说了请稍等", "asked the customer to wait before the hold"),
    "hold_not_asked": Wording(
        "没有请客户稍等，就让客户等了 {seconds} 秒",
        "left the customer waiting for {seconds} s without asking",
    ),
    "hold_announced": Wording(
        "让客户等了 {seconds} 秒，之前说了去查，但没有请客户稍等",
        "left the customer waiting for {seconds} s; said what for, but did not ask",
    ),
    "no_hold": Wording("没有让客户等候", "the customer was not kept waiting"),
    "points_repeated": Wording("复述了来电要点", "the main points were repeated"),
    "points_repeated_singly": Wording(
        "没有集中复述，但 {points} 条要点中逐条重复了 {repeated} 条",
        "no summary, but {repeated} of {points} points were repeated one by one",
    ),
    "points_not_repeated": Wording(
        "没有复述来电要点（{points} 条中重复了 {repeated} 条）",
        "the main points were not repeated ({repeated} of {points})",
    ),
    "points_unsure": Wording(
        "不能确定是否复述了来电要点（{points} 条中重复了 {repeated} 条）",
        "cannot be sure that the main points were repeated ({repeated} of {points})",
    ),
    "no_points": Wording("客户没有留下需要复述的内容", "the customer left nothing to repeat"),
    "polite_address": Wording(
        "对客户称“您”（您 {polite} 次，你 {informal} 次）",
        "the customer was addressed as 您 ({polite} times, 你 {informal} times)",
    ),
    "informal_address": Wording(
        "对客户称“你” {informal} 次（您 {polite} 次）",
        "the customer was addressed as 你 {informal} times (您 {polite} times)",
    ),
    "address_unsure": Wording(
        "没有听清说的是“您”还是“你”", "it was not clear whether 您 or 你 was said"
    ),
}
