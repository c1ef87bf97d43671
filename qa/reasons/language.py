"""What rules about words find."""

from collections.abc import Mapping
from typing import Final

from qa.reasons.words import Wording

LANGUAGE: Final[Mapping[str, Wording]] = {
    # phrases and promises
    "phrase_absent": Wording("没有发现服务忌语", "no forbidden phrase was heard"),
    "phrase_heard": Wording("说了服务忌语：{phrase}", "forbidden phrase heard: {phrase}"),
    "phrase_unsure": Wording(
        "疑似服务忌语，需人工听：{phrase}", "may be a forbidden phrase, please listen: {phrase}"
    ),
    "turn_resembles": Wording(
        "没有词表里的话，但整句像这一类的说法，需人工听",
        "no listed wording, but the sentence as a whole is like this class, please listen",
    ),
    "promise_absent": Wording("没有发现无效承诺", "no invalid promise was heard"),
    "promise_heard": Wording("作了无效承诺：{promise}", "invalid promise heard: {promise}"),
    "promise_unsure": Wording(
        "疑似无效承诺，需人工听：{promise}", "may be an invalid promise, please listen: {promise}"
    ),
    # disputes and wrong guidance
    "dispute_absent": Wording("没有与客户争辩", "no dispute was heard"),
    "dispute_heard": Wording("与客户争辩了 {turns} 轮", "argued over {turns} turns"),
    "knowledge_empty": Wording("没有知识条目，无从判断", "there are no knowledge entries"),
    "misguidance_absent": Wording("没有发现错误引导", "no wrong guidance was heard"),
    "misguidance_heard": Wording(
        "错误引导（{topic}，{entry}）；正确的是：{right}",
        "wrong guidance ({topic}, {entry}); right is: {right}",
    ),
    "misguidance_unsure": Wording(
        "疑似错误引导，需人工听（{topic}，{entry}）；正确的是：{right}",
        "may be wrong guidance, please listen ({topic}, {entry}); right is: {right}",
    ),
    # selling, hours, language, private calls
    "pressure_absent": Wording("没有发现强势推销", "no pressure selling was heard"),
    "pressure_heard": Wording("强势推销：{pressure}", "pressure selling heard: {pressure}"),
    "pressure_unsure": Wording(
        "疑似强势推销，需人工听：{pressure}", "may be pressure selling, please listen: {pressure}"
    ),
    "hours_avoided": Wording(
        "{time} 呼出，避开了用餐和午休时间（{hours}）",
        "placed at {time}, outside meal and nap hours ({hours})",
    ),
    "hours_not_avoided": Wording(
        "{time} 呼出，在用餐或午休时间内（{hours}）",
        "placed at {time}, within meal or nap hours ({hours})",
    ),
    "dialect_absent": Wording("使用普通话", "standard Mandarin was spoken"),
    "dialect_heard": Wording(
        "没有使用普通话：{words}", "dialect or another language heard: {words}"
    ),
    "dialect_unsure": Wording(
        "疑似没有使用普通话，需人工听：{words}",
        "may be dialect or another language, please listen: {words}",
    ),
    "business_call": Wording("业务通话（{seconds} 秒）", "a business call ({seconds} s)"),
    "private_call": Wording(
        "私人通话，{seconds} 秒（未超过 {limit} 秒）",
        "a private call of {seconds} s (not over {limit} s)",
    ),
    "private_call_long": Wording(
        "私人通话，{seconds} 秒，超过 {limit} 秒", "a private call of {seconds} s, over {limit} s"
    ),
    "private_call_unsure": Wording(
        "疑似私人通话（{seconds} 秒），需人工听",
        "may be a private call ({seconds} s), please listen",
    ),
}
